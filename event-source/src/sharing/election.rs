//! How a tab starts and stops taking part, and how the lock decides whether it leads or follows.

use super::{
    Action, Command, Connection, Following, LockRequest, Millis, Question, Sharing, State,
    TabMessage,
};

impl Sharing {
    /// Sets what this tab needs from the stream.
    pub(crate) fn set_interest(&mut self, now: Millis, interest: &str) -> Vec<Command> {
        interest.clone_into(&mut self.interest);
        self.announce(now)
    }

    /// The program opens the stream. If the connection waits for its next attempt, that is now.
    pub(crate) fn open(&mut self, now: Millis) -> Vec<Command> {
        match self.state {
            State::Stopped | State::Suspended if self.tab.is_some() => {
                self.state = State::Electing;
                vec![Command::RequestLock(LockRequest::IfFree)]
            }
            State::Stopped | State::Suspended => self.stand_alone(now),
            State::Alone | State::Leading => {
                let commands = self.connection_does(|connection| connection.open(now));
                self.with_state_message(now, commands)
            }
            State::Electing | State::Following(_) => Vec::new(),
        }
    }

    fn stand_alone(&mut self, now: Millis) -> Vec<Command> {
        self.state = State::Alone;
        self.connection_does(|connection| connection.open(now))
    }

    /// The program closes the stream.
    pub(crate) fn close(&mut self) -> Vec<Command> {
        self.leave(State::Stopped, Connection::close)
    }

    /// The program pauses the stream. The other tabs go on.
    pub(crate) fn pause(&mut self) -> Vec<Command> {
        match self.state {
            State::Stopped => Vec::new(),
            State::Suspended
            | State::Alone
            | State::Electing
            | State::Leading
            | State::Following(_) => self.leave(State::Stopped, Connection::pause),
        }
    }

    /// The browser puts the page away. It may freeze the page, and a frozen leader would stop the
    /// others.
    pub(crate) fn suspend(&mut self) -> Vec<Command> {
        match self.state {
            State::Stopped | State::Suspended => Vec::new(),
            State::Alone | State::Electing | State::Leading | State::Following(_) => {
                self.leave(State::Suspended, Connection::close)
            }
        }
    }

    fn leave(&mut self, next: State, stop: fn(&mut Connection) -> Action) -> Vec<Command> {
        let before = std::mem::replace(&mut self.state, next);
        self.sent_status = None;
        let mut commands = self.connection_does(stop);
        if std::mem::take(&mut self.is_waiting) {
            commands.push(Command::WithdrawRequest);
        }
        let others_know = match before {
            State::Leading => {
                commands.push(Command::ReleaseLock);
                true
            }
            State::Following(_) | State::Electing => true,
            State::Stopped | State::Suspended | State::Alone => false,
        };
        if let (true, Some(tab)) = (others_know, self.tab.clone()) {
            commands.push(Command::Send(TabMessage::Leave { tab }));
        }
        commands
    }

    /// This tab got the lock.
    pub(crate) fn on_lock_granted(&mut self, request: LockRequest, now: Millis) -> Vec<Command> {
        if request == LockRequest::Wait {
            self.is_waiting = false;
        }
        match self.state {
            // It left after it asked.
            State::Stopped | State::Suspended | State::Alone => vec![Command::ReleaseLock],
            State::Leading => Vec::new(),
            State::Electing | State::Following(_) => {
                // A tab that was catching up goes on with its connection. That brings the kept
                // messages too.
                self.state = State::Leading;
                let commands = self.connection_does(|connection| connection.open(now));
                self.with_state_message(now, commands)
            }
        }
    }

    /// Another tab has the lock.
    pub(crate) fn on_lock_refused(&mut self, now: Millis) -> Vec<Command> {
        match self.state {
            State::Electing => self.follow(now),
            State::Stopped
            | State::Suspended
            | State::Alone
            | State::Leading
            | State::Following(_) => Vec::new(),
        }
    }

    /// The browser gives no locks.
    pub(crate) fn on_no_locks(&mut self, now: Millis) -> Vec<Command> {
        self.tab = None;
        match self.state {
            State::Electing | State::Following(_) => self.stand_alone(now),
            State::Stopped | State::Suspended | State::Alone | State::Leading => Vec::new(),
        }
    }

    /// Another tab took the lock from this one.
    pub(crate) fn on_lock_lost(&mut self, now: Millis) -> Vec<Command> {
        match self.state {
            State::Leading => {
                let mut commands = self.connection_does(Connection::close);
                commands.extend(self.follow(now));
                commands
            }
            State::Stopped
            | State::Suspended
            | State::Alone
            | State::Electing
            | State::Following(_) => Vec::new(),
        }
    }

    fn follow(&mut self, now: Millis) -> Vec<Command> {
        self.state = State::Following(Following {
            leader: None,
            status: None,
            heard: now,
            question: Some(Question {
                asked: now,
                is_in_grace: false,
            }),
            announced: now,
            catch_up: None,
        });
        self.sent_status = None;
        let mut commands = self.announce(now);
        if !std::mem::replace(&mut self.is_waiting, true) {
            commands.push(Command::RequestLock(LockRequest::Wait));
        }
        commands
    }

    /// Announces a follower to the others.
    pub(super) fn announce(&mut self, now: Millis) -> Vec<Command> {
        let (State::Following(following), Some(tab)) = (&mut self.state, self.tab.clone()) else {
            return Vec::new();
        };
        following.announced = now;
        vec![Command::Send(TabMessage::Announce {
            tab,
            interest: self.interest.clone(),
        })]
    }
}
