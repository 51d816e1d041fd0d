//! A state over time: its value now, since when, and its values before.

use std::collections::VecDeque;

use pulseboard_contract::{Timestamp, limits::STATE_CHANGES};

/// The states of one field, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct States {
    changes: VecDeque<(Timestamp, String)>,
    /// The time of the newest report.
    reported: Option<Timestamp>,
}

impl States {
    /// Takes in the value at a time. A report that arrives after a newer one changes nothing: how
    /// long that value lasted is unknown.
    pub fn push(&mut self, time: Timestamp, value: String) {
        if self.reported.is_some_and(|reported| time < reported) {
            return;
        }
        self.reported = Some(time);
        if self.changes.back().is_none_or(|(_, last)| *last != value) {
            super::push_bounded(&mut self.changes, (time, value), STATE_CHANGES);
        }
    }

    /// Adds older changes, oldest first, before those that are known.
    pub fn prepend(&mut self, older: &[(Timestamp, String)]) {
        for (time, value) in older.iter().rev() {
            let is_full = self.changes.len() >= STATE_CHANGES;
            match self.changes.front_mut() {
                Some((first, _)) if *first <= *time => {}
                // The value began earlier than was known.
                Some((first, state)) if state == value => *first = *time,
                _ if is_full => break,
                _ => self.changes.push_front((*time, value.clone())),
            }
        }
        self.reported = self
            .reported
            .or_else(|| self.changes.back().map(|(time, _)| *time));
    }

    /// The value now.
    pub fn value(&self) -> &str {
        self.changes.back().map_or("", |(_, value)| value)
    }

    /// Since when, as far as is known.
    pub fn since(&self) -> Option<Timestamp> {
        self.changes.back().map(|(time, _)| *time)
    }

    /// The changes, oldest first: the time and the new value.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = (Timestamp, &str)> {
        self.changes
            .iter()
            .map(|(time, value)| (*time, value.as_str()))
    }

    /// The value at a time.
    pub fn at(&self, time: Timestamp) -> Option<&str> {
        self.changes
            .iter()
            .rev()
            .find(|(since, _)| *since <= time)
            .map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1_000).unwrap()
    }

    fn reported(states: &[(i64, &str)]) -> States {
        let mut all = States::default();
        for (second, value) in states {
            all.push(at(*second), (*value).to_owned());
        }
        all
    }

    fn changes(states: &States) -> String {
        states
            .changes()
            .map(|(time, value)| format!("{}:{value}", time.millis() / 1_000))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn only_changes_are_kept_and_the_first_time_of_each() {
        let states = reported(&[
            (1, "open"),
            (2, "open"),
            (3, "closed"),
            (2, "late"),
            (4, "closed"),
        ]);
        assert_eq!(changes(&states), "1:open 3:closed");
        assert_eq!((states.value(), states.since()), ("closed", Some(at(3))));
        assert_eq!(
            (states.at(at(0)), states.at(at(2)), states.at(at(9))),
            (None, Some("open"), Some("closed"))
        );
    }

    #[test]
    fn history_extends_a_state_back_to_its_beginning() {
        let mut states = reported(&[(10, "open"), (12, "closed")]);
        states.prepend(&[
            (at(1), "closed".into()),
            (at(4), "open".into()),
            (at(11), "late".into()),
        ]);
        assert_eq!(changes(&states), "1:closed 4:open 12:closed");
    }

    #[test]
    fn a_state_that_changes_all_the_time_is_bounded() {
        let mut states = States::default();
        (0..1_000).for_each(|second| states.push(at(second), second.to_string()));
        assert_eq!(
            (states.changes().len(), states.value()),
            (STATE_CHANGES, "999")
        );
    }
}
