//! What happens to the `EventSource` and to the time, for whoever has a connection.

use super::{ANNOUNCE_MILLIS, GONE_MILLIS, LAST_CALL_MILLIS, QUIET_MILLIS};
use super::{
    Action, Ask, Asked, Connection, Do, Failure, Following, Millis, Received, Role, Sharing, Word,
};

impl Sharing {
    /// The `EventSource` is open.
    pub(crate) fn on_open(&mut self, now: Millis) -> Vec<Do> {
        self.connection.on_open(now);
        self.and_state(now, Vec::new())
    }

    /// The `EventSource` brought something.
    pub(crate) fn on_message(&mut self, now: Millis, received: Received) -> Vec<Do> {
        match self.role {
            Role::Leading
            | Role::Alone
            | Role::Following(Following {
                catching_up: Some(_),
                ..
            }) => {}
            // A late word of an EventSource that was closed here.
            Role::Out | Role::Away | Role::Asking | Role::Following(_) => return Vec::new(),
        }
        let after = self.connection.cursor().to_owned();
        self.connection.on_message(now, &received.last_event_id);
        let mut todo = Vec::new();
        if let Role::Leading = self.role {
            if let Some(name) = (self.retain)(&received) {
                self.present.insert(name, received.clone());
            }
            if !self.others.is_empty() {
                todo.push(Do::Say(Word::Brought {
                    after,
                    received: vec![received.clone()],
                }));
            }
        }
        todo.push(Do::Deliver(vec![received]));
        todo.extend(self.catch_up(now));
        todo
    }

    /// The `EventSource` reports an error. `random` is in `0.0..1.0`.
    pub(crate) fn on_error(
        &mut self,
        now: Millis,
        failure: Failure,
        is_online: bool,
        random: f64,
    ) -> Vec<Do> {
        let todo = self.own(|connection| connection.on_error(now, failure, is_online, random));
        self.and_state(now, todo)
    }

    /// The deadline has come.
    pub(crate) fn on_deadline(&mut self, now: Millis) -> Vec<Do> {
        let mut todo = self.own(|connection| connection.on_deadline(now));
        self.others.retain(|other| now - other.heard < GONE_MILLIS);
        let is_over = |asked: Asked, patience: Millis| asked.at + patience <= now;
        let patience = self.patience;
        if let Role::Following(following) = &mut self.role {
            let is_announcing = following.announced + ANNOUNCE_MILLIS <= now;
            match following.asked {
                Some(asked) if asked.is_last_call && is_over(asked, LAST_CALL_MILLIS) => {
                    following.asked = Some(Asked {
                        at: now,
                        is_last_call: false,
                    });
                    todo.push(Do::Ask(Ask::Steal));
                }
                Some(asked) if !asked.is_last_call && is_over(asked, patience) => {
                    following.asked = Some(Asked {
                        at: now,
                        is_last_call: true,
                    });
                }
                None if following.heard + QUIET_MILLIS <= now => {
                    following.asked = Some(Asked {
                        at: now,
                        is_last_call: false,
                    });
                    todo.extend(self.announce(now));
                }
                Some(_) | None => {}
            }
            if is_announcing {
                todo.extend(self.announce(now));
            }
        }
        self.and_state(now, todo)
    }

    /// The network is back, the page was shown again, or the machine woke up.
    pub(crate) fn wake(&mut self, now: Millis, is_online: bool) -> Vec<Do> {
        match self.role {
            Role::Away => return self.open(now),
            Role::Out | Role::Alone | Role::Asking | Role::Leading | Role::Following(_) => {}
        }
        let todo = self.own(|connection| connection.wake(now, is_online));
        self.and_state(now, todo)
    }

    /// The address has changed.
    pub(crate) fn redirect(&mut self, now: Millis) -> Vec<Do> {
        let todo = self.own(|connection| connection.redirect(now));
        self.and_state(now, todo)
    }

    pub(super) fn own(&mut self, decide: impl FnOnce(&mut Connection) -> Action) -> Vec<Do> {
        match decide(&mut self.connection) {
            Action::None => Vec::new(),
            Action::Connect => vec![Do::Connect],
            Action::Disconnect => vec![Do::Disconnect],
        }
    }

    /// A leader's followers are told when its state changes.
    pub(super) fn and_state(&mut self, now: Millis, mut todo: Vec<Do>) -> Vec<Do> {
        if let (Role::Leading, Some(leader)) = (&self.role, self.window.clone()) {
            let status = self.connection.status();
            if self.said.replace(status) != Some(status) {
                todo.push(Do::Say(Word::State {
                    leader,
                    cursor: self.cursor().to_owned(),
                    status: status.shifted(-now),
                }));
            }
        }
        todo
    }
}
