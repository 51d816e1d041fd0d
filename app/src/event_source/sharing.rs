//! One connection a browser: which of its windows has the stream, as a pure state machine.
//!
//! HTTP/1.1 gives a browser six connections to a server, so windows that each kept one would soon leave none. One window
//! leads: it holds a lock that the browser gives to one at a time, has the [`Connection`], and passes on what arrives. The
//! others follow. They ask the leader from time to time whether it is there, and take the lock from one that does not
//! answer. Whoever leads next resumes after the last event it has seen, so nothing is lost on the way.
//!
//! A follower that is behind the leader, because its page is older than the leader's position, catches up over a short
//! connection of its own, and keeps what the leader says until it has. Every word of the leader carries the position before
//! it, so a hole is seen whatever made it.
//!
//! Like the connection, this has no timer, no channel and no clock: the driver tells it what happened and does what it says.

use pulseboard::EventId;

use super::{
    Received, Status,
    connection::{Action, Connection, Failure, Millis},
};

/// A leader that said nothing for so long is asked whether it is there.
const QUIET_MILLIS: Millis = 800.0;
/// A leader that has not answered for so long is replaced. Together with the above it stays well under three seconds.
const PATIENCE_MILLIS: Millis = 1_200.0;
/// A window that has not been heard of for so long is gone. Hidden windows may run their timers once a minute.
const GONE_MILLIS: Millis = 150_000.0;
/// What is kept while catching up; with more, it is the own connection that has to bring it.
const MOST_KEPT: usize = 10_000;

/// What windows say to each other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word {
    /// A window is there, has this to say to the leader, and asks how things stand.
    Here { window: String, note: String },
    /// A window goes.
    Gone { window: String },
    /// How the leader stands: the position of its stream, and what that is doing.
    State { cursor: String, status: Status },
    /// The leader's stream brought this, after that position.
    Brought { after: String, received: Received },
}

/// How the lock is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// If nobody has it.
    IfFree,
    /// When it is free.
    Wait,
    /// At once, whoever has it.
    Steal,
}

/// What the driver is to do, in this order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Do {
    /// Close the `EventSource` there is, if any, and make a new one that resumes after [`Sharing::cursor`].
    Connect,
    /// Close it.
    Disconnect,
    /// Hand these to the page.
    Deliver(Vec<Received>),
    /// Say this to the other windows.
    Say(Word),
    /// Ask for the lock.
    Ask(Ask),
    /// Give the lock back.
    Release,
}

#[derive(Debug)]
enum Role {
    /// Closed or paused by hand, as the connection says.
    Out,
    /// The page is put away by the browser and comes back as it is.
    Away,
    /// There is nobody to share with.
    Alone,
    /// Asking whether somebody leads.
    Asking,
    Leading,
    Following(Following),
}

#[derive(Debug)]
struct Following {
    /// What the leader's stream is doing; none until it has said so.
    status: Option<Status>,
    heard: Millis,
    asked: Option<Millis>,
    catching_up: Option<CatchUp>,
}

/// On the way to the leader's position, over an own connection.
#[derive(Debug)]
struct CatchUp {
    target: String,
    /// What the leader said after the target.
    kept: Vec<Received>,
}

#[derive(Debug)]
struct Other {
    window: String,
    note: String,
    heard: Millis,
}

/// One window's part in the sharing.
#[derive(Debug)]
pub(crate) struct Sharing {
    connection: Connection,
    /// This window's name among the others; none where there is nobody to share with.
    window: Option<String>,
    note: String,
    role: Role,
    others: Vec<Other>,
    /// Whether a request for the lock waits.
    is_waiting: bool,
    /// The state said last, so that it is said again only when it changes.
    said: Option<Status>,
}

impl Sharing {
    /// A window that takes no part yet. Without a name it keeps to itself.
    pub(crate) fn new(connection: Connection, window: Option<String>) -> Self {
        Self {
            connection,
            window,
            note: String::new(),
            role: Role::Out,
            others: Vec::new(),
            is_waiting: false,
            said: None,
        }
    }

    /// The event id to resume after; empty for none.
    pub(crate) fn cursor(&self) -> &str {
        self.connection.cursor()
    }

    /// What to tell people.
    pub(crate) fn status(&self) -> Status {
        match &self.role {
            Role::Asking | Role::Away => Status::Connecting,
            Role::Following(Following { status: Some(status), catching_up: None, .. }) => *status,
            Role::Following(Following { status: None, catching_up: None, .. }) => Status::Connecting,
            Role::Out | Role::Alone | Role::Leading | Role::Following(_) => self.connection.status(),
        }
    }

    /// When [`Sharing::on_deadline`] wants to be called.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        let own = match &self.role {
            Role::Following(following) => {
                Some(following.asked.map_or(following.heard + QUIET_MILLIS, |asked| asked + PATIENCE_MILLIS))
            }
            Role::Out | Role::Away | Role::Alone | Role::Asking | Role::Leading => None,
        };
        own.into_iter().chain(self.connection.deadline()).reduce(f64::min)
    }

    /// What the other windows have to say to the leader; nothing while this window does not lead.
    pub(crate) fn notes(&self, now: Millis) -> Vec<&str> {
        let Role::Leading = self.role else { return Vec::new() };
        let mut notes: Vec<_> = self
            .others
            .iter()
            .filter(|other| now - other.heard < GONE_MILLIS && !other.note.is_empty())
            .map(|other| other.note.as_str())
            .collect();
        notes.sort_unstable();
        notes.dedup();
        notes
    }

    /// Changes what this window has to say to the leader.
    pub(crate) fn set_note(&mut self, note: &str) -> Vec<Do> {
        note.clone_into(&mut self.note);
        match self.role {
            Role::Following(_) => self.here(),
            Role::Out | Role::Away | Role::Alone | Role::Asking | Role::Leading => Vec::new(),
        }
    }

    /// Somebody wants it open.
    pub(crate) fn open(&mut self, now: Millis) -> Vec<Do> {
        match self.role {
            Role::Out | Role::Away if self.window.is_some() => {
                self.role = Role::Asking;
                vec![Do::Ask(Ask::IfFree)]
            }
            Role::Out | Role::Away => {
                self.role = Role::Alone;
                self.own(|connection| connection.open(now))
            }
            Role::Alone | Role::Asking | Role::Leading | Role::Following(_) => Vec::new(),
        }
    }

    /// Somebody wants it closed.
    pub(crate) fn close(&mut self) -> Vec<Do> {
        self.leave(Role::Out, Connection::close)
    }

    /// Somebody wants silence for a while.
    pub(crate) fn pause(&mut self) -> Vec<Do> {
        match self.role {
            Role::Out => Vec::new(),
            Role::Away | Role::Alone | Role::Asking | Role::Leading | Role::Following(_) => {
                self.leave(Role::Out, Connection::pause)
            }
        }
    }

    /// The browser puts the page away; it may freeze it, and a frozen leader would keep the others waiting.
    pub(crate) fn put_away(&mut self) -> Vec<Do> {
        match self.role {
            Role::Out | Role::Away => Vec::new(),
            Role::Alone | Role::Asking | Role::Leading | Role::Following(_) => self.leave(Role::Away, Connection::close),
        }
    }

    fn leave(&mut self, role: Role, stop: fn(&mut Connection) -> Action) -> Vec<Do> {
        let before = std::mem::replace(&mut self.role, role);
        self.said = None;
        let mut todo = self.own(stop);
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
            // It has left since it asked, or there is no sharing.
            Role::Out | Role::Away | Role::Alone => vec![Do::Release],
            Role::Leading => Vec::new(),
            Role::Asking | Role::Following(_) => {
                // Who was catching up goes on with the connection it has.
                self.role = Role::Leading;
                let todo = self.own(|connection| connection.open(now));
                self.and_state(todo)
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

    fn follow(&mut self, now: Millis) -> Vec<Do> {
        self.role = Role::Following(Following { status: None, heard: now, asked: Some(now), catching_up: None });
        self.said = None;
        let mut todo = self.here();
        if !self.is_waiting {
            self.is_waiting = true;
            todo.push(Do::Ask(Ask::Wait));
        }
        todo
    }

    fn here(&self) -> Vec<Do> {
        let here = self.window.clone().map(|window| Do::Say(Word::Here { window, note: self.note.clone() }));
        here.into_iter().collect()
    }

    /// Another window says something.
    pub(crate) fn on_word(&mut self, now: Millis, word: Word) -> Vec<Do> {
        match word {
            Word::Here { window, note } => {
                self.others.retain(|other| other.window != window && now - other.heard < GONE_MILLIS);
                self.others.push(Other { window, note, heard: now });
                self.said = None;
                self.and_state(Vec::new())
            }
            Word::Gone { window } => {
                self.others.retain(|other| other.window != window);
                Vec::new()
            }
            Word::State { cursor, status } => {
                let Role::Following(following) = &mut self.role else { return Vec::new() };
                (following.heard, following.asked, following.status) = (now, None, Some(status));
                self.catch_up(now, cursor)
            }
            Word::Brought { after, received } => self.on_brought(now, after, received),
        }
    }

    fn on_brought(&mut self, now: Millis, after: String, received: Received) -> Vec<Do> {
        let Role::Following(following) = &mut self.role else { return Vec::new() };
        (following.heard, following.asked) = (now, None);
        let todo = self.catch_up(now, after);
        let Role::Following(following) = &mut self.role else { return todo };
        if let Some(catch_up) = &mut following.catching_up {
            if catch_up.kept.len() == MOST_KEPT {
                catch_up.kept.clear();
                received.last_event_id.clone_into(&mut catch_up.target);
            } else {
                catch_up.kept.push(received);
            }
            return todo;
        }
        // What is behind was brought by another leader or by an own connection.
        if is_behind(&received.last_event_id, self.connection.cursor()) {
            return todo;
        }
        self.connection.on_message(now, &received.last_event_id);
        vec![Do::Deliver(vec![received])]
    }

    /// Begins to catch up with the leader where this window is behind it.
    fn catch_up(&mut self, now: Millis, leader: String) -> Vec<Do> {
        let is_behind = is_behind(self.connection.cursor(), &leader);
        match &mut self.role {
            Role::Following(Following { catching_up: catching_up @ None, .. }) if is_behind => {
                *catching_up = Some(CatchUp { target: leader, kept: Vec::new() });
                self.own(|connection| connection.open(now))
            }
            Role::Following(_) | Role::Out | Role::Away | Role::Alone | Role::Asking | Role::Leading => Vec::new(),
        }
    }

    /// The `EventSource` is open.
    pub(crate) fn on_open(&mut self, now: Millis) -> Vec<Do> {
        self.connection.on_open(now);
        self.and_state(Vec::new())
    }

    /// The `EventSource` brought something.
    pub(crate) fn on_message(&mut self, now: Millis, received: Received) -> Vec<Do> {
        // The page is ahead of it: what was said before the connection began was delivered as the leader said it.
        let after = self.connection.cursor().to_owned();
        self.connection.on_message(now, &received.last_event_id);
        match &mut self.role {
            Role::Leading if !self.others.is_empty() => {
                vec![Do::Say(Word::Brought { after, received: received.clone() }), Do::Deliver(vec![received])]
            }
            Role::Leading | Role::Alone => vec![Do::Deliver(vec![received])],
            Role::Following(following) => {
                let mut delivered = vec![received];
                let is_there = |catch_up: &mut CatchUp| !is_behind(self.connection.cursor(), &catch_up.target);
                let Some(catch_up) = following.catching_up.take_if(is_there) else { return vec![Do::Deliver(delivered)] };
                for received in catch_up.kept {
                    if is_behind(self.connection.cursor(), &received.last_event_id) {
                        self.connection.on_message(now, &received.last_event_id);
                        delivered.push(received);
                    }
                }
                let mut todo = self.own(Connection::close);
                todo.push(Do::Deliver(delivered));
                todo
            }
            // A late word of an EventSource that was closed here.
            Role::Out | Role::Away | Role::Asking => Vec::new(),
        }
    }

    /// The `EventSource` reports an error. `random` is in `0.0..1.0`.
    pub(crate) fn on_error(&mut self, now: Millis, failure: Failure, is_online: bool, random: f64) -> Vec<Do> {
        let todo = self.own(|connection| connection.on_error(now, failure, is_online, random));
        self.and_state(todo)
    }

    /// The deadline has come.
    pub(crate) fn on_deadline(&mut self, now: Millis) -> Vec<Do> {
        let mut todo = self.own(|connection| connection.on_deadline(now));
        if let Role::Following(following) = &mut self.role {
            match following.asked {
                Some(asked) if asked + PATIENCE_MILLIS <= now => {
                    following.asked = Some(now);
                    todo.push(Do::Ask(Ask::Steal));
                }
                None if following.heard + QUIET_MILLIS <= now => {
                    following.asked = Some(now);
                    todo.extend(self.here());
                }
                Some(_) | None => {}
            }
        }
        self.and_state(todo)
    }

    /// The network is back, the page was shown again, or the machine woke up.
    pub(crate) fn wake(&mut self, now: Millis, is_online: bool) -> Vec<Do> {
        match self.role {
            Role::Away => return self.open(now),
            Role::Out | Role::Alone | Role::Asking | Role::Leading | Role::Following(_) => {}
        }
        let todo = self.own(|connection| connection.wake(now, is_online));
        self.and_state(todo)
    }

    /// The address has changed.
    pub(crate) fn redirect(&mut self, now: Millis) -> Vec<Do> {
        let todo = self.own(|connection| connection.redirect(now));
        self.and_state(todo)
    }

    fn own(&mut self, decide: impl FnOnce(&mut Connection) -> Action) -> Vec<Do> {
        match decide(&mut self.connection) {
            Action::None => Vec::new(),
            Action::Connect => vec![Do::Connect],
            Action::Disconnect => vec![Do::Disconnect],
        }
    }

    /// A leader's followers are told when its state changes.
    fn and_state(&mut self, mut todo: Vec<Do>) -> Vec<Do> {
        if matches!(self.role, Role::Leading) {
            let status = self.connection.status();
            if self.said.replace(status) != Some(status) {
                todo.push(Do::Say(Word::State { cursor: self.cursor().to_owned(), status }));
            }
        }
        todo
    }
}

/// Whether a position is before another. Positions of different logs have no order: the other is where things go on.
fn is_behind(position: &str, other: &str) -> bool {
    match (position.parse::<EventId>(), other.parse::<EventId>()) {
        (Ok(position), Ok(other)) => position.epoch != other.epoch || position.seq < other.seq,
        (Ok(_) | Err(_), Ok(_)) => true,
        (_, Err(_)) => false,
    }
}
