//! How lines follow each other in a conversation: grouped by who said them, with a rule between
//! days and before what is new.

use std::sync::Arc;

use pulseboard_contract::{EventId, Timestamp};

use crate::outbox::{Outgoing, Stage};
use pulseboard_feed::ChatLine;

/// A line by the same person within this is shown under the one before.
const GROUP_MILLIS: i64 = 5 * 60_000;
/// Every offset from UTC that is in use is a whole number of these.
const QUARTER_MILLIS: i64 = 15 * 60_000;

/// Something said, by anybody or by oneself and not heard yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// The room has it.
    Line(Arc<ChatLine>),
    /// It is on its way.
    Unsent(Outgoing),
}

impl Said {
    /// Who says it.
    pub fn user(&self) -> &str {
        match self {
            Self::Line(line) => &line.chat.user,
            Self::Unsent(outgoing) => &outgoing.user,
        }
    }

    /// What.
    pub fn text(&self) -> &str {
        match self {
            Self::Line(line) => &line.chat.text,
            Self::Unsent(outgoing) => &outgoing.text,
        }
    }

    /// When.
    pub fn time(&self) -> Timestamp {
        match self {
            Self::Line(line) => line.chat.time,
            Self::Unsent(outgoing) => outgoing.time,
        }
    }
}

/// A line as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What was said.
    pub said: Said,
    /// The day that begins with it.
    pub day: Option<String>,
    /// Whether it follows so soon on the line before, by the same person, that the name need not be
    /// said again.
    pub continues: bool,
    /// Whether it is the first that came while one was away.
    pub is_first_new: bool,
}

impl Entry {
    /// What tells it apart. How it is shown belongs to it: a line that turns from first to
    /// following is another node.
    pub fn key(&self) -> String {
        let id = match &self.said {
            Said::Line(line) => line
                .event
                .event_id
                .map(|id| id.to_string())
                .unwrap_or_default(),
            Said::Unsent(outgoing) => {
                let stage = match outgoing.stage {
                    Stage::Waiting => "waiting",
                    Stage::Sending => "sending",
                    Stage::Sent(_) => "sent",
                    Stage::Failed(_) => "failed",
                };
                format!("{} {stage}", outgoing.id)
            }
        };
        let day = self.day.as_deref().unwrap_or_default();
        format!(
            "{id} {day} {} {}",
            u8::from(self.continues),
            u8::from(self.is_first_new)
        )
    }
}

/// Sets lines out, oldest first. `day_of` says on which calendar day of the reader a time is;
/// `read` is what was read of the room when the reader was last there, `me` who they are.
pub fn entries(
    said: Vec<Said>,
    day_of: impl Fn(Timestamp) -> String,
    read: Option<EventId>,
    me: Option<&str>,
) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::with_capacity(said.len());
    let mut today: Option<(i64, String)> = None;
    let mut is_new = false;
    for said in said {
        let quarter = said.time().millis().div_euclid(QUARTER_MILLIS);
        let before = today.take();
        let day = match &before {
            // The same quarter of an hour is the same day everywhere.
            Some((known, day)) if *known == quarter => day.clone(),
            _ => day_of(said.time()),
        };
        let is_new_day = before.is_none_or(|(_, before)| before != day);
        let is_first_new = !is_new && is_unread(&said, read, me);
        is_new |= is_first_new;
        let continues = !is_new_day
            && !is_first_new
            && entries
                .last()
                .is_some_and(|before| continues(&before.said, &said));
        entries.push(Entry {
            said,
            day: is_new_day.then(|| day.clone()),
            continues,
            is_first_new,
        });
        today = Some((quarter, day));
    }
    entries
}

fn is_unread(said: &Said, read: Option<EventId>, me: Option<&str>) -> bool {
    match said {
        Said::Line(line) => {
            read.is_some_and(|read| line.is_after(read)) && Some(line.chat.user.as_str()) != me
        }
        Said::Unsent(_) => false,
    }
}

fn continues(before: &Said, said: &Said) -> bool {
    let apart = said.time().millis() - before.time().millis();
    // A clock that is a little off does not tear a group apart: one's own line is shown before the
    // server has told its time.
    let is_soon = (-GROUP_MILLIS..GROUP_MILLIS).contains(&apart);
    before.user() == said.user() && is_soon
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::{Attributes, Chat, Epoch, Event, EventType, Json, Topic};

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(1_704_110_400_000 + minutes * 60_000).unwrap()
    }

    fn id(seq: u64) -> EventId {
        EventId {
            epoch: Epoch::new(7),
            seq,
        }
    }

    fn line(seq: u64, user: &str, minutes: i64) -> Said {
        let event = Event {
            event_id: Some(id(seq)),
            id: seq.to_string(),
            source: "/chat".into(),
            event_type: EventType::Chat.into(),
            topic: Topic::new("chat/a").unwrap(),
            time: at(minutes),
            expires: None,
            attributes: Attributes::default(),
            data: Json::parse("{}").unwrap(),
        };
        let chat = Chat {
            user: user.into(),
            text: "x".into(),
            time: at(minutes),
        };
        Said::Line(Arc::new(ChatLine {
            event: Arc::new(event),
            chat,
        }))
    }

    fn unsent(user: &str, minutes: i64, stage: Stage) -> Said {
        Said::Unsent(Outgoing {
            id: "k".into(),
            room: "a".into(),
            user: user.into(),
            text: "x".into(),
            time: at(minutes),
            stage,
            is_stored: false,
        })
    }

    fn day_of(time: Timestamp) -> String {
        time.to_string()[..10].to_owned()
    }

    fn set_out(said: Vec<Said>, read: Option<u64>) -> Vec<Entry> {
        entries(said, day_of, read.map(id), Some("Ada"))
    }

    #[test]
    fn lines_by_the_same_person_within_minutes_are_one_group() {
        let said = [
            ("Ada", 0),
            ("Ada", 1),
            ("Grace", 1),
            ("Ada", 2),
            ("Ada", 20),
        ];
        let said = said
            .iter()
            .zip(1..)
            .map(|((user, minutes), seq)| line(seq, user, *minutes))
            .collect();
        let continues: Vec<_> = set_out(said, None)
            .iter()
            .map(|entry| entry.continues)
            .collect();
        assert_eq!(continues, [false, true, false, false, false]);
    }

    #[test]
    fn a_day_begins_with_its_first_line_and_begins_a_group() {
        // Noon, a minute before midnight, and midnight.
        let shown = set_out(
            vec![line(1, "Ada", 0), line(2, "Ada", 719), line(3, "Ada", 720)],
            None,
        );
        let days: Vec<_> = shown.iter().map(|entry| entry.day.as_deref()).collect();
        assert_eq!(days, [Some("2024-01-01"), None, Some("2024-01-02")]);
        assert!(!shown[2].continues);
    }

    #[test]
    fn what_is_new_begins_with_the_first_line_of_another_after_what_was_read() {
        let said = || {
            vec![
                line(1, "Grace", 0),
                line(2, "Ada", 1),
                line(3, "Grace", 1),
                line(4, "Grace", 1),
            ]
        };
        let first_new = |read| {
            set_out(said(), read)
                .iter()
                .position(|entry| entry.is_first_new)
        };
        assert_eq!(
            first_new(None),
            None,
            "who was never here has no place to go on from"
        );
        assert_eq!(first_new(Some(1)), Some(2), "one's own line is no news");
        assert_eq!(first_new(Some(3)), Some(3));
        assert!(
            !set_out(said(), Some(3))[3].continues,
            "a group is not torn by the rule but begun after it"
        );
        assert_eq!(first_new(Some(4)), None);
    }

    #[test]
    fn ones_own_line_stands_in_its_group_before_it_is_heard_and_after() {
        let shown = set_out(
            vec![line(1, "Ada", 1), unsent("Ada", 0, Stage::Sending)],
            None,
        );
        assert!(shown[1].continues && shown[1].day.is_none());
        let heard = set_out(vec![line(1, "Ada", 1), line(2, "Ada", 1)], None);
        assert!(heard[1].continues && heard[1].day.is_none());
    }

    #[test]
    fn a_line_that_changes_how_it_is_shown_has_another_key() {
        let key = |said: Vec<Said>| set_out(said, None).pop().unwrap().key();
        let alone = key(vec![line(2, "Ada", 1)]);
        assert_ne!(alone, key(vec![line(1, "Ada", 1), line(2, "Ada", 1)]));
        assert_ne!(
            key(vec![unsent("Ada", 0, Stage::Waiting)]),
            key(vec![unsent("Ada", 0, Stage::Sending)])
        );
    }
}
