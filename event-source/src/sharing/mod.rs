//! One connection a browser: which of its windows has the stream, as a pure state machine.
//!
//! HTTP/1.1 gives a browser six connections to a server, so windows that each kept one would soon
//! leave none. One window leads: it holds a lock that the browser gives to one at a time, has the
//! [`Connection`], and passes on what arrives. The others follow. They ask a leader that is quiet
//! whether it is there, and take the lock from one that does not answer. Whoever leads next resumes
//! after the last event it has seen, so nothing is lost on the way.
//!
//! A follower that is behind the leader, because its page is older than the leader's position,
//! catches up over a short connection of its own, and keeps what the leader says until it has.
//! Whatever the leader passes on carries the position before it, so a hole is seen whatever made
//! it, and what comes twice is passed over (`order.rs`).
//!
//! Like the connection, this has no timer, no channel and no clock: the driver tells it what
//! happened and does what it says. It expects Pulseboard's event ids. `model.rs` runs many of them
//! against a server, a lock and a channel that behave badly.

mod hearing;
mod joining;
#[cfg(test)]
mod model;
mod order;
mod stream;
#[cfg(test)]
mod tests;
mod word;

use std::collections::BTreeMap;

use super::{
    Part, Received, Retain, Status,
    connection::{Action, Connection, Failure, Millis},
};

use order::CatchUp;
pub(crate) use word::{Word, read, write};

/// A leader that said nothing for so long is asked whether it is there.
const QUIET_MILLIS: Millis = 800.0;
/// A leader that has not answered for so long is replaced. Together with the above it stays well
/// under three seconds.
const PATIENCE_MILLIS: Millis = 1_000.0;
/// Windows lose their patience one after another, within this, or all would take the lock from one
/// another.
const SPREAD_MILLIS: u32 = 300;
/// So much longer an answer is waited for that may lie there unread, because it was this window
/// that was busy.
const LAST_CALL_MILLIS: Millis = 50.0;
/// Every so often a window says that it is there, also to a leader that is never quiet.
const ANNOUNCE_MILLIS: Millis = 60_000.0;
/// A window that has not been heard of for so long is gone. Hidden windows may run their timers
/// once a minute.
const GONE_MILLIS: Millis = 150_000.0;

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
    /// Close the `EventSource` there is, if any, and make a new one that resumes after
    /// [`Sharing::cursor`].
    Connect,
    /// Close it.
    Disconnect,
    /// Hand these to the page.
    Deliver(Vec<Received>),
    /// Say this to the other windows.
    Say(Word),
    /// Ask for the lock.
    Ask(Ask),
    /// Take back the request that waits for it.
    Withdraw,
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
    leader: Option<String>,
    /// What the leader's stream is doing; none until it has said so.
    status: Option<Status>,
    heard: Millis,
    asked: Option<Asked>,
    announced: Millis,
    catching_up: Option<CatchUp>,
}

/// A question the leader has not answered yet.
#[derive(Clone, Copy, Debug)]
struct Asked {
    at: Millis,
    is_last_call: bool,
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
    retain: Retain,
    patience: Millis,
    note: String,
    role: Role,
    others: Vec<Other>,
    /// What new windows are told of the present, by its name.
    present: BTreeMap<String, Received>,
    /// Whether a request for the lock waits.
    is_waiting: bool,
    /// The state said last, so that it is said again only when it changes.
    said: Option<Status>,
}

impl Sharing {
    /// A window that takes no part yet. Without a name it keeps to itself.
    pub(crate) fn new(connection: Connection, window: Option<String>, retain: Retain) -> Self {
        let mixed = window
            .iter()
            .flat_map(|name| name.bytes())
            .fold(7u32, |hash, byte| {
                hash.wrapping_mul(31).wrapping_add(byte.into())
            });
        Self {
            connection,
            window,
            retain,
            patience: PATIENCE_MILLIS + f64::from(mixed % SPREAD_MILLIS),
            note: String::new(),
            role: Role::Out,
            others: Vec::new(),
            present: BTreeMap::new(),
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
            Role::Following(Following {
                status,
                catching_up: None,
                ..
            }) => status.unwrap_or(Status::Connecting),
            Role::Out | Role::Alone | Role::Leading | Role::Following(_) => {
                self.connection.status()
            }
        }
    }

    /// Whose connection it is.
    pub(crate) fn part(&self) -> Part {
        match self.role {
            Role::Following(_) => Part::Follows,
            Role::Leading if !self.others.is_empty() => Part::Leads(self.others.len()),
            Role::Out | Role::Away | Role::Alone | Role::Asking | Role::Leading => Part::Alone,
        }
    }

    /// Whether it hears and says words.
    pub(crate) fn takes_part(&self) -> bool {
        matches!(self.role, Role::Asking | Role::Leading | Role::Following(_))
    }

    /// When [`Sharing::on_deadline`] wants to be called.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        let own = match &self.role {
            Role::Following(following) => {
                let asks = match following.asked {
                    None => following.heard + QUIET_MILLIS,
                    Some(Asked {
                        at,
                        is_last_call: false,
                    }) => at + self.patience,
                    Some(Asked {
                        at,
                        is_last_call: true,
                    }) => at + LAST_CALL_MILLIS,
                };
                Some(asks.min(following.announced + ANNOUNCE_MILLIS))
            }
            Role::Leading => self
                .others
                .iter()
                .map(|other| other.heard + GONE_MILLIS)
                .reduce(f64::min),
            Role::Out | Role::Away | Role::Alone | Role::Asking => None,
        };
        own.into_iter()
            .chain(self.connection.deadline())
            .reduce(f64::min)
    }

    /// What the other windows have to say to the leader; nothing while this window does not lead.
    pub(crate) fn notes(&self) -> Vec<&str> {
        let Role::Leading = self.role else {
            return Vec::new();
        };
        let mut notes: Vec<_> = self
            .others
            .iter()
            .map(|other| other.note.as_str())
            .filter(|note| !note.is_empty())
            .collect();
        notes.sort_unstable();
        notes.dedup();
        notes
    }
}
