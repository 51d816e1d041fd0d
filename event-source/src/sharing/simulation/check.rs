//! What holds once everything has calmed down.

use crate::{Role, Status};

use super::world::{Lifecycle, Tab, World, to_id, to_position};

impl World {
    pub(super) fn check(&self, seed: u64) {
        let running: Vec<_> = self
            .tabs
            .iter()
            .enumerate()
            .filter(|(_, tab)| tab.lifecycle == Lifecycle::Runs)
            .collect();
        for (index, tab) in &running {
            let context = format!("seed {seed}, tab {index}");
            self.check_delivered(tab, &context);
            assert_eq!(tab.sharing.status(), Status::Open, "{context}");
        }
        let connected: Vec<_> = running
            .iter()
            .filter(|(_, tab)| tab.stream.is_some())
            .collect();
        assert_eq!(
            connected.len(),
            running.len().min(1),
            "seed {seed}: open connections"
        );
        for (_, tab) in connected {
            let followers = match tab.sharing.role() {
                Role::Leader { followers } => followers,
                Role::Alone => 0,
                Role::Follower => panic!("seed {seed}: a follower has the connection"),
            };
            // A tab that was killed counts until it was silent for long enough.
            assert!(
                followers + 1 >= running.len(),
                "seed {seed}: {followers} followers of {} tabs",
                running.len()
            );
        }
    }

    /// The tab got every event from where it began, once and in order.
    fn check_delivered(&self, tab: &Tab, context: &str) {
        let mut position = tab.began;
        for (number, message) in tab.delivered.iter().enumerate() {
            let expected = if message.event_type == "gap" {
                let (log, _) = to_position(&message.last_event_id);
                assert!(
                    log > position.0,
                    "{context}: message {number} is a gap in the same log"
                );
                (log, 0)
            } else {
                (position.0, position.1 + 1)
            };
            assert_eq!(
                message.last_event_id,
                to_id(expected),
                "{context}: message {number}"
            );
            position = expected;
        }
        assert_eq!(
            position, self.newest,
            "{context}: the last event is missing"
        );
    }
}
