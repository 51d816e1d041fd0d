//! How a relayed message fits the messages that a tab has had, and what a tab keeps while it catches
//! up with the leader.

use std::cmp::Ordering;

use crate::{CompareIds, Message};

/// A tab keeps no more messages than this while it catches up. Its own connection brings the rest.
const MOST_KEPT: usize = 10_000;

/// How a message fits what a tab has had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It comes next.
    Next,
    /// The tab has had it.
    Old,
    /// Something is missing before it.
    Hole,
}

/// How a message fits that moved the leader's cursor from `after` to `id`, in a tab at `cursor`.
pub(super) fn fit(compare: CompareIds, cursor: &str, after: &str, id: &str) -> Fit {
    // A tab without a cursor begins with any message.
    if cursor.is_empty() || cursor == after {
        return Fit::Next;
    }
    let is_passed = |id: &str| {
        id == cursor || compare(id, cursor).is_some_and(|order| order != Ordering::Greater)
    };
    if is_passed(id) {
        Fit::Old
    } else if is_passed(after) {
        // The stream has nothing else between the two ids, or the leader would have relayed it.
        Fit::Next
    } else {
        Fit::Hole
    }
}

/// Whether a tab at `cursor` has to catch up with a leader at `leader`.
pub(super) fn is_behind(compare: CompareIds, cursor: &str, leader: &str) -> bool {
    !cursor.is_empty() && !leader.is_empty() && fit(compare, cursor, leader, leader) == Fit::Hole
}

/// A tab on its way to the leader's cursor, over its own connection, and the messages that the leader
/// relays meanwhile. The kept messages have no hole.
#[derive(Debug)]
pub(super) struct CatchUp {
    compare: CompareIds,
    start: String,
    end: String,
    kept: Vec<Message>,
}

impl CatchUp {
    /// Begins to keep what comes after this id.
    pub(super) fn new(compare: CompareIds, start: String) -> Self {
        Self {
            compare,
            end: start.clone(),
            start,
            kept: Vec::new(),
        }
    }

    /// The leader is at this id. If the kept messages do not lead there, they are useless.
    pub(super) fn on_leader_at(&mut self, leader: &str) {
        if is_behind(self.compare, &self.end, leader) {
            self.restart(leader.to_owned());
        }
    }

    /// The leader relayed a message that came after the id `after`.
    pub(super) fn keep(&mut self, after: &str, message: Message) {
        match fit(self.compare, &self.end, after, &message.last_event_id) {
            Fit::Old => return,
            Fit::Next => {}
            Fit::Hole => self.restart(after.to_owned()),
        }
        if self.kept.len() == MOST_KEPT {
            self.restart(message.last_event_id);
        } else {
            self.end.clone_from(&message.last_event_id);
            self.kept.push(message);
        }
    }

    /// Whether a tab at `cursor` can go on with the kept messages.
    pub(super) fn is_reached(&self, cursor: &str) -> bool {
        if cursor == self.start {
            return true;
        }
        match (self.compare)(cursor, &self.start) {
            Some(order) => order != Ordering::Less,
            // The log began again meanwhile, or ids do not compare. Everything since the start is
            // kept, so it is enough that the cursor has its place among the kept messages.
            None => self.kept.iter().any(|message| {
                let id = &message.last_event_id;
                id == cursor || (self.compare)(cursor, id).is_some()
            }),
        }
    }

    /// The kept messages, each with the id before it.
    pub(super) fn into_kept(self) -> impl Iterator<Item = (String, Message)> {
        let mut cursor = self.start;
        self.kept.into_iter().map(move |message| {
            let after = std::mem::replace(&mut cursor, message.last_event_id.clone());
            (after, message)
        })
    }

    fn restart(&mut self, start: String) {
        *self = Self::new(self.compare, start);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::compare_in_log;
    use super::*;

    fn message(id: &str) -> Message {
        Message {
            event_type: "message".into(),
            data: String::new(),
            last_event_id: id.into(),
        }
    }

    fn not_comparable(_: &str, _: &str) -> Option<Ordering> {
        None
    }

    #[test]
    fn a_message_fits_once_and_only_where_nothing_is_missing() {
        let fit = |cursor, after, id| fit(compare_in_log, cursor, after, id);
        assert_eq!(fit("a-5", "a-5", "a-6"), Fit::Next);
        assert_eq!(
            fit("a-5", "a-5", "a-5"),
            Fit::Next,
            "a message without an id moves no cursor"
        );
        assert_eq!(fit("a-6", "a-5", "a-5"), Fit::Old);
        assert_eq!(fit("a-6", "a-5", "a-6"), Fit::Old);
        assert_eq!(
            fit("a-6", "a-5", "a-9"),
            Fit::Next,
            "the stream has nothing between 5 and 9"
        );
        assert_eq!(fit("a-5", "a-6", "a-7"), Fit::Hole);
        assert_eq!(fit("", "a-6", "a-7"), Fit::Next);
        assert_eq!(fit("a-5", "a-5", "b-0"), Fit::Next, "the log began again");
        assert_eq!(fit("b-3", "a-5", "b-0"), Fit::Old);
        assert_eq!(fit("a-4", "a-5", "b-0"), Fit::Hole);
        assert_eq!(fit("a-5", "b-0", "b-1"), Fit::Hole);
    }

    #[test]
    fn ids_that_do_not_compare_fit_where_they_are_equal() {
        let fit = |cursor, after, id| fit(not_comparable, cursor, after, id);
        assert_eq!(fit("x", "x", "y"), Fit::Next);
        assert_eq!(fit("y", "x", "y"), Fit::Old);
        assert_eq!(fit("x", "y", "z"), Fit::Hole);
    }

    #[test]
    fn a_tab_at_the_leaders_cursor_or_past_it_is_not_behind() {
        let is_behind = |cursor, leader| is_behind(compare_in_log, cursor, leader);
        assert!(is_behind("a-4", "a-5"));
        assert!(
            is_behind("b-4", "a-5"),
            "nobody knows which of two logs is newer"
        );
        for leader in ["a-5", "a-4", ""] {
            assert!(!is_behind("a-5", leader));
        }
    }

    #[test]
    fn kept_messages_have_no_hole() {
        let mut catch_up = CatchUp::new(compare_in_log, "a-5".into());
        for (after, id) in [
            ("a-5", "a-6"),
            ("a-5", "a-6"),
            ("a-6", "a-7"),
            ("a-9", "a-10"),
        ] {
            catch_up.keep(after, message(id));
        }
        assert!(!catch_up.is_reached("a-8"));
        assert!(catch_up.is_reached("a-9"));
        let kept: Vec<_> = catch_up
            .into_kept()
            .map(|(after, message)| (after, message.last_event_id))
            .collect();
        assert_eq!(kept, [("a-9".to_owned(), "a-10".to_owned())]);
    }

    #[test]
    fn a_log_that_began_again_meanwhile_is_reached_anywhere() {
        let mut catch_up = CatchUp::new(compare_in_log, "a-5".into());
        assert!(!catch_up.is_reached("b-2"));
        catch_up.keep("a-5", message("b-0"));
        assert!(catch_up.is_reached("b-2"));
        assert!(!catch_up.is_reached("a-4"));
    }

    #[test]
    fn ids_that_do_not_compare_are_reached_where_they_meet() {
        let mut catch_up = CatchUp::new(not_comparable, "x".into());
        catch_up.keep("x", message("y"));
        assert!(catch_up.is_reached("x"));
        assert!(catch_up.is_reached("y"));
        assert!(!catch_up.is_reached("w"));
    }
}
