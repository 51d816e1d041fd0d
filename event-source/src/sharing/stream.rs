//! What happens to the `EventSource` of this tab, and what time brings.

use crate::Message;

use super::{
    ANNOUNCE_MILLIS, Action, Command, Connection, Failure, Following, GONE_MILLIS, GRACE_MILLIS,
    LockRequest, Millis, QUIET_MILLIS, Question, Sharing, State, TabMessage,
};

impl Sharing {
    /// The `EventSource` opened.
    pub(crate) fn on_open(&mut self, now: Millis) -> Vec<Command> {
        self.connection.on_open(now);
        self.with_state_message(now, Vec::new())
    }

    /// The `EventSource` brought a message.
    pub(crate) fn on_message(&mut self, now: Millis, message: Message) -> Vec<Command> {
        match self.state {
            State::Leading
            | State::Alone
            | State::Following(Following {
                catch_up: Some(_), ..
            }) => {}
            // A message of an `EventSource` that is closed already.
            State::Stopped | State::Suspended | State::Electing | State::Following(_) => {
                return Vec::new();
            }
        }
        let after = self.connection.cursor().to_owned();
        self.connection.on_message(now, &message.last_event_id);
        let mut commands = Vec::new();
        if let State::Leading = self.state {
            if let Some(key) = (self.keep_latest)(&message) {
                self.latest.insert(key, message.clone());
            }
            if !self.others.is_empty() {
                commands.push(Command::Send(TabMessage::Relay {
                    after,
                    messages: vec![message.clone()],
                }));
            }
        }
        commands.push(Command::Deliver(vec![message]));
        commands.extend(self.continue_catch_up(now));
        commands
    }

    /// The `EventSource` reports an error. `random` is in `0.0..1.0`.
    pub(crate) fn on_error(
        &mut self,
        now: Millis,
        failure: Failure,
        is_online: bool,
        random: f64,
    ) -> Vec<Command> {
        let commands =
            self.connection_does(|connection| connection.on_error(now, failure, is_online, random));
        self.with_state_message(now, commands)
    }

    /// The deadline has come.
    pub(crate) fn on_deadline(&mut self, now: Millis) -> Vec<Command> {
        let mut commands = self.connection_does(|connection| connection.on_deadline(now));
        self.others.retain(|other| now - other.heard < GONE_MILLIS);
        commands.extend(self.watch_leader(now));
        self.with_state_message(now, commands)
    }

    /// A follower asks a quiet leader whether it is there, and takes the lock from one that does not
    /// answer.
    fn watch_leader(&mut self, now: Millis) -> Vec<Command> {
        let patience = self.patience;
        let State::Following(following) = &mut self.state else {
            return Vec::new();
        };
        let is_announce_due = following.announced + ANNOUNCE_MILLIS <= now;
        let ask = |is_in_grace| {
            Some(Question {
                asked: now,
                is_in_grace,
            })
        };
        let mut commands = Vec::new();
        match following.question {
            Some(question) if question.is_in_grace => {
                if question.asked + GRACE_MILLIS <= now {
                    following.question = ask(false);
                    commands.push(Command::RequestLock(LockRequest::Steal));
                }
            }
            Some(question) => {
                if question.asked + patience <= now {
                    following.question = ask(true);
                }
            }
            None => {
                if following.heard + QUIET_MILLIS <= now {
                    following.question = ask(false);
                    commands.extend(self.announce(now));
                }
            }
        }
        if is_announce_due {
            commands.extend(self.announce(now));
        }
        commands
    }

    /// The network is back, the page was shown, or the machine woke up.
    pub(crate) fn wake(&mut self, now: Millis, is_online: bool) -> Vec<Command> {
        match self.state {
            State::Suspended => return self.open(now),
            State::Stopped
            | State::Alone
            | State::Electing
            | State::Leading
            | State::Following(_) => {}
        }
        let commands = self.connection_does(|connection| connection.wake(now, is_online));
        self.with_state_message(now, commands)
    }

    /// The URL of the stream changed.
    pub(crate) fn on_new_url(&mut self, now: Millis) -> Vec<Command> {
        let commands = self.connection_does(|connection| connection.on_new_url(now));
        self.with_state_message(now, commands)
    }

    pub(super) fn connection_does(
        &mut self,
        decide: impl FnOnce(&mut Connection) -> Action,
    ) -> Vec<Command> {
        match decide(&mut self.connection) {
            Action::None => Vec::new(),
            Action::Connect => vec![Command::Connect],
            Action::Disconnect => vec![Command::Disconnect],
        }
    }
}
