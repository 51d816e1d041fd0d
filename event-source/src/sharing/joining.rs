//! Coming and going: who asks for the lock, gets it or loses it, and what follows from that.

use super::{Action, Ask, Asked, Connection, Do, Following, Millis, Role, Sharing, Word};

impl Sharing {
    /// Changes what this window has to say to the leader.
    pub(crate) fn set_note(&mut self, now: Millis, note: &str) -> Vec<Do> {
        note.clone_into(&mut self.note);
        self.announce(now)
    }

    /// Somebody wants it open.
    pub(crate) fn open(&mut self, now: Millis) -> Vec<Do> {
        match self.role {
            Role::Out | Role::Away if self.window.is_some() => {
                self.role = Role::Asking;
                vec![Do::Ask(Ask::IfFree)]
            }
            Role::Out | Role::Away => self.stand_alone(now),
            Role::Alone | Role::Asking | Role::Leading | Role::Following(_) => Vec::new(),
        }
    }

    fn stand_alone(&mut self, now: Millis) -> Vec<Do> {
        self.role = Role::Alone;
        self.own(|connection| connection.open(now))
    }

    /// Somebody wants it closed.
    pub(crate) fn close(&mut self) -> Vec<Do> {
        self.leave(Role::Out, Connection::close)
    }

    /// Somebody wants silence for a while. The other windows go on.
    pub(crate) fn pause(&mut self) -> Vec<Do> {
        match self.role {
            Role::Out => Vec::new(),
            Role::Away | Role::Alone | Role::Asking | Role::Leading | Role::Following(_) => {
                self.leave(Role::Out, Connection::pause)
            }
        }
    }

    /// The browser puts the page away; it may freeze it, and a frozen leader would keep the others
    /// waiting.
    pub(crate) fn put_away(&mut self) -> Vec<Do> {
        match self.role {
            Role::Out | Role::Away => Vec::new(),
            Role::Alone | Role::Asking | Role::Leading | Role::Following(_) => {
                self.leave(Role::Away, Connection::close)
            }
        }
    }

    fn leave(&mut self, role: Role, stop: fn(&mut Connection) -> Action) -> Vec<Do> {
        let before = std::mem::replace(&mut self.role, role);
        self.said = None;
        let mut todo = self.own(stop);
        if std::mem::take(&mut self.is_waiting) {
            todo.push(Do::Withdraw);
        }
        let is_shared = match before {
            Role::Leading => {
                todo.push(Do::Release);
                true
            }
            Role::Following(_) | Role::Asking => true,
            Role::Out | Role::Away | Role::Alone => false,
        };
        if let (true, Some(window)) = (is_shared, self.window.clone()) {
            todo.push(Do::Say(Word::Gone { window }));
        }
        todo
    }

    /// The lock is this window's.
    pub(crate) fn on_granted(&mut self, ask: Ask, now: Millis) -> Vec<Do> {
        if ask == Ask::Wait {
            self.is_waiting = false;
        }
        match self.role {
            // It has left since it asked.
            Role::Out | Role::Away | Role::Alone => vec![Do::Release],
            Role::Leading => Vec::new(),
            Role::Asking | Role::Following(_) => {
                // Who was catching up goes on with the connection it has. What was kept comes over
                // it as well.
                self.role = Role::Leading;
                let todo = self.own(|connection| connection.open(now));
                self.and_state(now, todo)
            }
        }
    }

    /// Somebody else has the lock.
    pub(crate) fn on_refused(&mut self, now: Millis) -> Vec<Do> {
        match self.role {
            Role::Asking => self.follow(now),
            Role::Out | Role::Away | Role::Alone | Role::Leading | Role::Following(_) => Vec::new(),
        }
    }

    /// There is no lock to be had in this browser.
    pub(crate) fn on_unavailable(&mut self, now: Millis) -> Vec<Do> {
        self.window = None;
        match self.role {
            Role::Asking | Role::Following(_) => self.stand_alone(now),
            Role::Out | Role::Away | Role::Alone | Role::Leading => Vec::new(),
        }
    }

    /// The lock was taken from this window.
    pub(crate) fn on_lost(&mut self, now: Millis) -> Vec<Do> {
        match self.role {
            Role::Leading => {
                let mut todo = self.own(Connection::close);
                todo.extend(self.follow(now));
                todo
            }
            Role::Out | Role::Away | Role::Alone | Role::Asking | Role::Following(_) => Vec::new(),
        }
    }

    pub(super) fn follow(&mut self, now: Millis) -> Vec<Do> {
        self.role = Role::Following(Following {
            leader: None,
            status: None,
            heard: now,
            asked: Some(Asked {
                at: now,
                is_last_call: false,
            }),
            announced: now,
            catching_up: None,
        });
        self.said = None;
        let mut todo = self.announce(now);
        if !std::mem::replace(&mut self.is_waiting, true) {
            todo.push(Do::Ask(Ask::Wait));
        }
        todo
    }

    /// A follower says that it is there.
    pub(super) fn announce(&mut self, now: Millis) -> Vec<Do> {
        let (Role::Following(following), Some(window)) = (&mut self.role, self.window.clone())
        else {
            return Vec::new();
        };
        following.announced = now;
        vec![Do::Say(Word::Here {
            window,
            note: self.note.clone(),
        })]
    }
}
