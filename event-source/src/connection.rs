//! The connection as a pure state machine: what happened goes in, what to do comes out.
//!
//! It has no timer, no socket, no clock and no random numbers. The driver passes in the time and what
//! the browser said, carries out the [`Action`] that comes back, and calls
//! [`Connection::on_deadline`] at [`Connection::deadline`]. So every rule is tested natively.
//!
//! ```text
//!                 open()                  on_open()
//!   Closed  ───────────────▶ Connecting ─────────────▶ Open
//!   Paused                     ▲    │                  │ │
//!     ▲                        │    │ on_error()       │ │ on_error()
//!     │ close(), pause()       │    ▼                  │ ▼
//!   any state                  │  BrowserGaveUp:   Waiting ──┐ on_deadline(), wake(), open()
//!                              │  BrowserRetries:  Retrying ─┤
//!                              └─────────────────────────────┘
//!   Open, Connecting or Retrying and silent for too long: on_deadline() connects again.
//! ```
//!
//! While `EventSource` reconnects by itself (`CONNECTING`), it keeps its own cursor and obeys the
//! server's `retry:`, so this leaves it alone. When it gives up (`CLOSED`) or is silent for too long,
//! a new one opens with the cursor in the query, because a new `EventSource` knows no cursor.

use crate::Status;

/// Milliseconds on the driver's clock.
pub(crate) type Millis = f64;

/// A connection that was open this long is healthy: after it, the backoff starts at the beginning.
const HEALTHY_MILLIS: Millis = 60_000.0;
/// A connection that is silent for this many heartbeats is dead.
const MISSED_HEARTBEATS: f64 = 2.5;
/// The longest wait before the first retry.
const BACKOFF_BASE_MILLIS: u32 = 1_000;
/// The longest wait of all.
const BACKOFF_CAP_MILLIS: u32 = 30_000;
/// The shortest wait: a server that refuses at once must not be asked hundreds of times a second.
const BACKOFF_FLOOR_MILLIS: u32 = 250;

/// What the driver does with the `EventSource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing.
    None,
    /// Close it if there is one, and open a new one after [`Connection::cursor`].
    Connect,
    /// Close it.
    Disconnect,
}

/// Why a connection failed, as far as the browser tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The browser reconnects by itself.
    BrowserRetries,
    /// The browser gave up: an error status, a wrong content type, or no server.
    BrowserGaveUp,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Closed,
    Paused,
    Connecting,
    Open { since: Millis },
    Retrying,
    Waiting { until: Millis },
}

/// A connection across all its reconnects.
#[derive(Debug)]
pub(crate) struct Connection {
    state: State,
    cursor: String,
    attempt: u32,
    is_online: bool,
    last_heard: Millis,
    /// How long it may be silent; `None` if the server sends no heartbeats.
    patience: Option<Millis>,
}

impl Connection {
    /// A closed connection. `cursor` is the event id to resume after; if it is empty, the server
    /// decides. `heartbeat` is the interval of the server's heartbeats, if it sends any.
    pub(crate) fn new(cursor: String, heartbeat: Option<Millis>) -> Self {
        Self {
            state: State::Closed,
            cursor,
            attempt: 0,
            is_online: true,
            last_heard: 0.0,
            patience: heartbeat.map(|interval| interval * MISSED_HEARTBEATS),
        }
    }

    /// The event id to resume after; empty for none.
    pub(crate) fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The public status.
    pub(crate) fn status(&self) -> Status {
        match self.state {
            State::Closed => Status::Closed,
            State::Paused => Status::Paused,
            State::Open { .. } => Status::Open,
            // Nothing failed: it opens for the first time, after a pause, or at a new URL.
            State::Connecting if self.attempt == 0 => Status::Connecting,
            State::Connecting | State::Retrying | State::Waiting { .. } if !self.is_online => {
                Status::Offline
            }
            State::Connecting | State::Retrying => Status::Reconnecting {
                attempt: self.attempt,
                at: None,
            },
            State::Waiting { until } => Status::Reconnecting {
                attempt: self.attempt,
                at: Some(until),
            },
        }
    }

    /// When the driver calls [`Connection::on_deadline`] next.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        match self.state {
            State::Closed | State::Paused => None,
            State::Waiting { until } => Some(until),
            State::Connecting | State::Open { .. } | State::Retrying => {
                self.patience.map(|patience| self.last_heard + patience)
            }
        }
    }

    /// The program opens it.
    pub(crate) fn open(&mut self, now: Millis) -> Action {
        match self.state {
            // Opening it while it waits ends the wait.
            State::Closed | State::Paused | State::Retrying | State::Waiting { .. } => {
                self.connect(now)
            }
            State::Connecting | State::Open { .. } => Action::None,
        }
    }

    /// The program closes it. The cursor stays, so that opening it again misses nothing.
    pub(crate) fn close(&mut self) -> Action {
        self.stop(State::Closed)
    }

    /// The program pauses it.
    pub(crate) fn pause(&mut self) -> Action {
        self.stop(State::Paused)
    }

    /// The URL changed: the same stream goes on at another address, after the same cursor.
    pub(crate) fn on_new_url(&mut self, now: Millis) -> Action {
        match self.state {
            State::Closed | State::Paused => Action::None,
            State::Connecting | State::Open { .. } | State::Retrying | State::Waiting { .. } => {
                self.connect(now)
            }
        }
    }

    /// The browser opened the stream.
    pub(crate) fn on_open(&mut self, now: Millis) {
        self.last_heard = now;
        self.is_online = true;
        self.state = State::Open { since: now };
    }

    /// A message arrived.
    pub(crate) fn on_message(&mut self, now: Millis, last_event_id: &str) {
        self.last_heard = now;
        if !last_event_id.is_empty() {
            last_event_id.clone_into(&mut self.cursor);
        }
    }

    /// The browser reports an error. `random` is in `0.0..1.0`.
    pub(crate) fn on_error(
        &mut self,
        now: Millis,
        failure: Failure,
        is_online: bool,
        random: f64,
    ) -> Action {
        self.is_online = is_online;
        if let State::Open { since } = self.state
            && now - since >= HEALTHY_MILLIS
        {
            self.attempt = 0;
        }
        match (self.state, failure) {
            // An error of an `EventSource` that is closed already.
            (State::Closed | State::Paused | State::Waiting { .. }, _) => Action::None,
            (State::Connecting | State::Open { .. } | State::Retrying, Failure::BrowserRetries) => {
                self.attempt += 1;
                self.last_heard = now;
                self.state = State::Retrying;
                Action::None
            }
            (State::Connecting | State::Open { .. } | State::Retrying, Failure::BrowserGaveUp) => {
                self.attempt += 1;
                self.state = State::Waiting {
                    until: now + f64::from(backoff_millis(self.attempt, random)),
                };
                Action::Disconnect
            }
        }
    }

    /// The deadline has come: the wait is over, or the connection was silent for too long.
    pub(crate) fn on_deadline(&mut self, now: Millis) -> Action {
        if self.deadline().is_none_or(|deadline| deadline > now) {
            return Action::None;
        }
        match self.state {
            // `on_error` counted the failure before the wait.
            State::Waiting { .. } | State::Closed | State::Paused => {}
            State::Connecting | State::Open { .. } | State::Retrying => self.attempt += 1,
        }
        self.connect(now)
    }

    /// The network is back, the page was shown, or the machine woke up: it connects now instead of
    /// waiting.
    pub(crate) fn wake(&mut self, now: Millis, is_online: bool) -> Action {
        self.is_online = is_online;
        match self.state {
            State::Closed | State::Paused | State::Connecting => Action::None,
            State::Retrying | State::Waiting { .. } => self.connect(now),
            // Timers may have slept with the page, so the deadline may be over.
            State::Open { .. } => self.on_deadline(now),
        }
    }

    fn connect(&mut self, now: Millis) -> Action {
        self.last_heard = now;
        self.state = State::Connecting;
        Action::Connect
    }

    fn stop(&mut self, state: State) -> Action {
        self.state = state;
        self.attempt = 0;
        Action::Disconnect
    }
}

/// Milliseconds to wait before retry number `attempt`, from 1. The wait is drawn evenly (full
/// jitter) below a bound that doubles with each attempt, so that a thousand browsers do not come back
/// at once. `random` is in `0.0..1.0`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Within 0..=BACKOFF_CAP_MILLIS.
fn backoff_millis(attempt: u32, random: f64) -> u32 {
    let bound = BACKOFF_BASE_MILLIS
        .saturating_mul(1 << attempt.saturating_sub(1).min(16))
        .min(BACKOFF_CAP_MILLIS);
    ((f64::from(bound) * random.clamp(0.0, 1.0)) as u32).max(BACKOFF_FLOOR_MILLIS)
}

#[cfg(test)]
mod tests;
