//! Unsent messages as the browser stores them: one entry a message, so that tabs do not overwrite
//! each other's. Pure.
//!
//! The code reads and writes the JSON by hand because every page loads it, and derived code is
//! larger.

use pulseboard_contract::Timestamp;
use serde_json::Value;

use super::queue::{Failure, Outgoing, Stage};

/// The beginning of an entry's key; the message's id follows.
pub(super) const PREFIX: &str = "pulseboard.unsent.";
/// A page that returns within this time keeps sending. Later it asks the author first, who may have
/// said the same elsewhere by then.
const KEEPS_SENDING_MILLIS: i64 = 120_000;

/// The storage key of a message.
pub(super) fn storage_key(id: &str) -> String {
    format!("{PREFIX}{id}")
}

/// The entry of a message; none once the server has it.
pub(super) fn to_entry(outgoing: &Outgoing) -> Option<String> {
    let failed = match &outgoing.stage {
        Stage::Waiting | Stage::Sending => None,
        // A request that fails because the page closes is a temporary failure as well.
        Stage::Failed(failure) if failure.is_temporary => None,
        Stage::Failed(failure) => Some(failure.reason.as_str()),
        Stage::Sent(_) => return None,
    };
    let Outgoing {
        room,
        user,
        text,
        time,
        ..
    } = outgoing;
    Some(serde_json::json!({ "room": room, "user": user, "text": text, "time": time.to_string(), "failed": failed }).to_string())
}

/// The message of an entry on a page that opens at `now`; none where the entry cannot be read.
pub(super) fn from_entry(key: &str, entry: &str, now: Timestamp) -> Option<Outgoing> {
    let entry: Value = serde_json::from_str(entry).ok()?;
    let text_of = |field: &str| entry.get(field).and_then(Value::as_str);
    let time: Timestamp = text_of("time")?.parse().ok()?;
    let keeps_sending = now.millis() - time.millis() < KEEPS_SENDING_MILLIS;
    // A permanent failure waits for the author's click and blocks no other message.
    let permanent = |reason: &str| {
        Stage::Failed(Failure {
            reason: reason.to_owned(),
            is_temporary: false,
        })
    };
    let stage = match text_of("failed") {
        None if keeps_sending => Stage::Waiting,
        None => permanent("The page was closed before this was sent."),
        Some(reason) => permanent(reason),
    };
    Some(Outgoing {
        id: key.strip_prefix(PREFIX)?.to_owned(),
        room: text_of("room")?.to_owned(),
        user: text_of("user")?.to_owned(),
        text: text_of("text")?.to_owned(),
        time,
        stage,
        is_stored: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(stage: Stage) -> Outgoing {
        Outgoing {
            id: "k1".to_owned(),
            room: "büro".to_owned(),
            user: "Ada".to_owned(),
            text: "two\n\"lines\"".to_owned(),
            time: "2024-01-01T12:00:00Z".parse().unwrap(),
            stage,
            is_stored: true,
        }
    }

    #[test]
    fn an_unsent_message_is_sent_after_a_reload_and_waits_for_its_author_after_a_day() {
        let cut_off = Stage::Failed(Failure {
            reason: "Can't reach the server.".to_owned(),
            is_temporary: true,
        });
        for stage in [Stage::Waiting, Stage::Sending, cut_off] {
            let entry = to_entry(&outgoing(stage)).unwrap();
            let at =
                |time: &str| from_entry(&storage_key("k1"), &entry, time.parse().unwrap()).unwrap();
            assert_eq!(at("2024-01-01T12:01:00Z"), outgoing(Stage::Waiting));
            assert!(matches!(
                at("2024-01-02T12:00:00Z").stage,
                Stage::Failed(Failure {
                    is_temporary: false,
                    ..
                })
            ));
        }
    }

    #[test]
    fn a_refused_message_keeps_its_reason_and_is_not_sent_again_by_itself() {
        let refused = Stage::Failed(Failure {
            reason: "Too long.".to_owned(),
            is_temporary: false,
        });
        let entry = to_entry(&outgoing(refused.clone())).unwrap();
        let now = "2024-01-01T12:00:01Z".parse().unwrap();
        let read = from_entry(&storage_key("k1"), &entry, now).unwrap();
        assert_eq!(read, outgoing(refused));
    }

    #[test]
    fn a_sent_message_has_no_entry_and_an_invalid_entry_has_no_message() {
        assert_eq!(to_entry(&outgoing(Stage::Sent(None))), None);
        let now = "2024-01-01T12:00:00Z".parse().unwrap();
        for entry in [
            "",
            "7",
            "{}",
            r#"{"room":"a","user":"b","text":"c"}"#,
            r#"{"room":"a","user":"b","text":1,"time":"x"}"#,
        ] {
            assert_eq!(from_entry(&storage_key("k"), entry, now), None, "{entry}");
        }
    }
}
