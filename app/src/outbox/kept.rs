//! What has not been sent yet, as the browser keeps it: one entry a message, so that tabs do not
//! write over each other's. Pure.
//!
//! It is written and read by hand, as a value of JSON: every page loads this.

use pulseboard_contract::Timestamp;
use serde_json::Value;

use super::queue::{Failure, Outgoing, Stage};

/// What the names of the entries begin with; the message's id follows.
pub(super) const PREFIX: &str = "pulseboard.unsent.";
/// A page that comes back within this goes on sending what it was sending. Later its writer is
/// asked: they may have said it elsewhere by now.
const GOES_ON_MILLIS: i64 = 120_000;

/// The name of a message's entry.
pub(super) fn name_of(key: &str) -> String {
    format!("{PREFIX}{key}")
}

/// What is kept of a message; nothing once the server has it.
pub(super) fn written(outgoing: &Outgoing) -> Option<String> {
    let failed = match &outgoing.stage {
        Stage::Waiting | Stage::Sending => None,
        // A request that the leaving page itself cut off has failed, too.
        Stage::Failed(failure) if failure.is_passing => None,
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

/// The message of an entry, as it stands for a page that opens now; none where the entry cannot be
/// read.
pub(super) fn read(name: &str, entry: &str, now: Timestamp) -> Option<Outgoing> {
    let entry: Value = serde_json::from_str(entry).ok()?;
    let text_of = |field: &str| entry.get(field).and_then(Value::as_str);
    let time: Timestamp = text_of("time")?.parse().ok()?;
    let goes_on = now.millis() - time.millis() < GOES_ON_MILLIS;
    let stage = match text_of("failed") {
        None if goes_on => Stage::Waiting,
        // By hand only, and in nobody's way.
        None => Stage::Failed(Failure {
            reason: "The page was left before it was.".to_owned(),
            is_passing: false,
        }),
        Some(reason) => Stage::Failed(Failure {
            reason: reason.to_owned(),
            is_passing: false,
        }),
    };
    Some(Outgoing {
        key: name.strip_prefix(PREFIX)?.to_owned(),
        room: text_of("room")?.to_owned(),
        user: text_of("user")?.to_owned(),
        text: text_of("text")?.to_owned(),
        time,
        stage,
        is_kept: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(stage: Stage) -> Outgoing {
        Outgoing {
            key: "k1".to_owned(),
            room: "büro".to_owned(),
            user: "Ada".to_owned(),
            text: "two\n\"lines\"".to_owned(),
            time: "2024-01-01T12:00:00Z".parse().unwrap(),
            stage,
            is_kept: true,
        }
    }

    #[test]
    fn what_was_on_its_way_goes_on_after_a_reload_and_waits_for_its_writer_later() {
        let cut_off = Stage::Failed(Failure {
            reason: "The server cannot be reached.".to_owned(),
            is_passing: true,
        });
        for stage in [Stage::Waiting, Stage::Sending, cut_off] {
            let entry = written(&outgoing(stage)).unwrap();
            let at = |time: &str| read(&name_of("k1"), &entry, time.parse().unwrap()).unwrap();
            assert_eq!(at("2024-01-01T12:01:00Z"), outgoing(Stage::Waiting));
            assert!(matches!(
                at("2024-01-02T12:00:00Z").stage,
                Stage::Failed(Failure {
                    is_passing: false,
                    ..
                })
            ));
        }
    }

    #[test]
    fn what_was_refused_is_shown_with_its_reason_and_tried_again_by_hand_only() {
        let refused = Stage::Failed(Failure {
            reason: "Too long.".to_owned(),
            is_passing: false,
        });
        let entry = written(&outgoing(refused.clone())).unwrap();
        let read = read(
            &name_of("k1"),
            &entry,
            "2024-01-01T12:00:01Z".parse().unwrap(),
        )
        .unwrap();
        assert_eq!(read, outgoing(refused));
    }

    #[test]
    fn nothing_is_kept_of_what_the_server_has_and_nothing_read_from_nonsense() {
        assert_eq!(written(&outgoing(Stage::Sent(None))), None);
        let now = "2024-01-01T12:00:00Z".parse().unwrap();
        for entry in [
            "",
            "7",
            "{}",
            r#"{"room":"a","user":"b","text":"c"}"#,
            r#"{"room":"a","user":"b","text":1,"time":"x"}"#,
        ] {
            assert_eq!(read(&name_of("k"), entry, now), None, "{entry}");
        }
    }
}
