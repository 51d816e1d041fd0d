//! One connection for all tabs of a browser, as a pure state machine.
//!
//! Over HTTP/1.1 a browser opens six connections to a server, so tabs that each had a stream would
//! soon block each other. One tab leads: it holds a lock that the browser gives to one tab at a time,
//! has the [`Connection`], and relays its messages. The others follow.
//!
//! ```text
//!            open()               lock refused
//!   Stopped ────────▶ Electing ─────────────────▶ Following ◀────────┐
//!      ▲                 │                            │               │ lock lost
//!      │                 │ lock granted               │ lock granted  │
//!      │                 └───────────▶ Leading ◀──────┘               │
//!      │                                  └───────────────────────────┘
//!      │ close(), pause()
//!   any state ── suspend() ──▶ Suspended ── wake() ──▶ Electing
//!   A browser without locks: Alone instead of Electing.
//! ```
//!
//! - A follower asks a quiet leader whether it is there. It takes the lock from a leader that does not
//!   answer.
//! - A new leader resumes after the last event it has had, so a change of leader loses nothing.
//! - A follower that is behind the leader, because its page is older than the leader's cursor, opens a
//!   short connection of its own. It keeps what the leader relays until it has caught up
//!   (`catch_up.rs`).
//! - Each relayed message carries the cursor before it. So a tab notices a missing message, whatever
//!   the reason, and passes over a message it has had.
//!
//! Like the connection, this has no timer, no channel, no clock and no random numbers. The driver
//! tells it what happened and carries out the [`Command`]s that come back. `simulation/` runs many
//! tabs against a server, a lock and a channel that are slow and fail.

mod catch_up;
mod election;
mod relay;
#[cfg(test)]
mod simulation;
mod stream;
mod tab_message;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::{
    CompareIds, LatestKey, Message, Role, Status,
    connection::{Action, Connection, Failure, Millis},
};

use catch_up::CatchUp;
pub(crate) use tab_message::{TabMessage, decode, encode};

/// A follower asks a leader that was quiet for this long whether it is there.
const QUIET_MILLIS: Millis = 800.0;
/// A follower replaces a leader that did not answer for this long. Both times together stay well under
/// three seconds.
const PATIENCE_MILLIS: Millis = 1_000.0;
/// Tabs lose patience one after another, spread over this time. Otherwise all would take the lock from
/// each other.
const SPREAD_MILLIS: u32 = 300;
/// A tab that was busy itself waits this much longer, because the answer may lie unread.
const GRACE_MILLIS: Millis = 50.0;
/// A follower announces itself this often, even to a leader that is never quiet.
const ANNOUNCE_MILLIS: Millis = 60_000.0;
/// A tab that was silent for this long is gone. Hidden tabs may run their timers once a minute.
const GONE_MILLIS: Millis = 150_000.0;

/// How the lock is requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockRequest {
    /// Only if no tab holds it.
    IfFree,
    /// As soon as it is free.
    Wait,
    /// Now, whichever tab holds it.
    Steal,
}

/// What the driver does, in this order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command {
    /// Close the `EventSource` if there is one, and open a new one after [`Sharing::cursor`].
    Connect,
    /// Close the `EventSource`.
    Disconnect,
    /// Hand these messages to the page.
    Deliver(Vec<Message>),
    /// Send this to the other tabs.
    Send(TabMessage),
    /// Request the lock.
    RequestLock(LockRequest),
    /// Take back the request that waits.
    WithdrawRequest,
    /// Release the lock.
    ReleaseLock,
}

#[derive(Debug)]
enum State {
    /// Closed or paused by the program, as the connection says.
    Stopped,
    /// The browser put the page away; it may come back as it is.
    Suspended,
    /// There are no locks, or the stream is not shared.
    Alone,
    /// It asked for the lock and does not know yet whether another tab has it.
    Electing,
    Leading,
    Following(Following),
}

#[derive(Debug)]
struct Following {
    leader: Option<String>,
    /// The status of the leader's stream; `None` until the leader sends it.
    status: Option<Status>,
    /// When the leader sent something.
    heard: Millis,
    /// The question that the leader has not answered.
    question: Option<Question>,
    /// When this tab announced itself.
    announced: Millis,
    catch_up: Option<CatchUp>,
}

/// A follower's question whether the leader is there.
#[derive(Clone, Copy, Debug)]
struct Question {
    asked: Millis,
    is_in_grace: bool,
}

#[derive(Debug)]
struct OtherTab {
    tab: String,
    interest: String,
    heard: Millis,
}

/// One tab of those that share a connection, or a tab with its own.
#[derive(Debug)]
pub(crate) struct Sharing {
    connection: Connection,
    /// The name of this tab among the others; `None` if it shares with nobody.
    tab: Option<String>,
    compare_ids: CompareIds,
    keep_latest: LatestKey,
    patience: Millis,
    interest: String,
    state: State,
    others: Vec<OtherTab>,
    /// The latest message of each key, for tabs that open later.
    latest: BTreeMap<String, Message>,
    /// Whether a request for the lock waits.
    is_waiting: bool,
    /// The status that the followers know.
    sent_status: Option<Status>,
}

impl Sharing {
    /// A tab that is stopped. Without a name it shares with nobody.
    pub(crate) fn new(
        connection: Connection,
        tab: Option<String>,
        compare_ids: CompareIds,
        keep_latest: LatestKey,
    ) -> Self {
        let hash = tab
            .iter()
            .flat_map(|name| name.bytes())
            .fold(7u32, |hash, byte| {
                hash.wrapping_mul(31).wrapping_add(byte.into())
            });
        Self {
            connection,
            tab,
            compare_ids,
            keep_latest,
            patience: PATIENCE_MILLIS + f64::from(hash % SPREAD_MILLIS),
            interest: String::new(),
            state: State::Stopped,
            others: Vec::new(),
            latest: BTreeMap::new(),
            is_waiting: false,
            sent_status: None,
        }
    }

    /// The event id to resume after; empty for none.
    pub(crate) fn cursor(&self) -> &str {
        self.connection.cursor()
    }

    /// The public status.
    pub(crate) fn status(&self) -> Status {
        match &self.state {
            State::Electing | State::Suspended => Status::Connecting,
            State::Following(Following {
                status,
                catch_up: None,
                ..
            }) => status.unwrap_or(Status::Connecting),
            State::Stopped | State::Alone | State::Leading | State::Following(_) => {
                self.connection.status()
            }
        }
    }

    /// The public role.
    pub(crate) fn role(&self) -> Role {
        match self.state {
            State::Following(_) => Role::Follower,
            State::Leading if !self.others.is_empty() => Role::Leader {
                followers: self.others.len(),
            },
            State::Stopped | State::Suspended | State::Alone | State::Electing | State::Leading => {
                Role::Alone
            }
        }
    }

    /// Whether it sends messages to other tabs and receives theirs.
    pub(crate) fn needs_channel(&self) -> bool {
        match self.state {
            State::Electing | State::Leading | State::Following(_) => true,
            State::Stopped | State::Suspended | State::Alone => false,
        }
    }

    /// When the driver calls [`Sharing::on_deadline`] next.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        let own = match &self.state {
            State::Following(following) => {
                let next_question = match following.question {
                    None => following.heard + QUIET_MILLIS,
                    Some(question) if question.is_in_grace => question.asked + GRACE_MILLIS,
                    Some(question) => question.asked + self.patience,
                };
                Some(next_question.min(following.announced + ANNOUNCE_MILLIS))
            }
            State::Leading => self
                .others
                .iter()
                .map(|other| other.heard + GONE_MILLIS)
                .reduce(f64::min),
            State::Stopped | State::Suspended | State::Alone | State::Electing => None,
        };
        own.into_iter()
            .chain(self.connection.deadline())
            .reduce(f64::min)
    }

    /// The interests of the other tabs; nothing while this tab does not lead.
    pub(crate) fn other_interests(&self) -> Vec<&str> {
        let State::Leading = self.state else {
            return Vec::new();
        };
        let mut interests: Vec<_> = self
            .others
            .iter()
            .map(|other| other.interest.as_str())
            .filter(|interest| !interest.is_empty())
            .collect();
        interests.sort_unstable();
        interests.dedup();
        interests
    }
}
