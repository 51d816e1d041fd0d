//! The connection as a pure state machine: what happened goes in, what to do comes out.
//!
//! It has no timer, no socket and no clock. The driver tells it the time and what the browser said,
//! does what it asks, and calls [`Connection::on_deadline`] at [`Connection::deadline`]. So every
//! rule below is tested natively.
//!
//! While `EventSource` retries by itself (`CONNECTING`) it keeps its own cursor and honours the
//! server's `retry:`, so it is left alone. When it gives up (`CLOSED`), or nothing has been heard
//! for too long, a new one is made with the cursor in the query, because a new `EventSource`
//! forgets it.

use super::{backoff, status::Status};

/// Milliseconds on the driver's clock.
pub(crate) type Millis = f64;

/// A connection that was open this long has proved itself: the next failure starts the backoff
/// anew.
const HEALTHY_MILLIS: Millis = 60_000.0;
/// Silent for so many heartbeats: something between here and the server is dead.
const MISSED_HEARTBEATS: f64 = 2.5;

/// What the driver is to do with the `EventSource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing.
    None,
    /// Close the one there is, if any, and make a new one that resumes after
    /// [`Connection::cursor`].
    Connect,
    /// Close it.
    Disconnect,
}

/// Why a connection failed, as far as the browser says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The browser is reconnecting by itself.
    BrowserRetries,
    /// The browser has given up: an error status, a wrong content type, or a refusal.
    BrowserGaveUp,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Closed,
    Paused,
    Connecting,
    Open { since: Millis },
    BrowserRetrying,
    Waiting { until: Millis },
}

/// One connection over all its reconnects.
#[derive(Debug)]
pub(crate) struct Connection {
    phase: Phase,
    cursor: String,
    attempt: u32,
    is_online: bool,
    last_heard: Millis,
    heartbeat: Millis,
}

impl Connection {
    /// A connection that has not been opened. `cursor` is the event id to resume after, empty for
    /// "from now on".
    pub(crate) fn new(cursor: String, heartbeat: Millis) -> Self {
        Self {
            phase: Phase::Closed,
            cursor,
            attempt: 0,
            is_online: true,
            last_heard: 0.0,
            heartbeat,
        }
    }

    /// The event id to resume after; empty for none.
    pub(crate) fn cursor(&self) -> &str {
        &self.cursor
    }

    /// What to tell people.
    pub(crate) fn status(&self) -> Status {
        match self.phase {
            Phase::Closed => Status::Closed,
            Phase::Paused => Status::Paused,
            Phase::Open { .. } => Status::Open,
            // Nothing has failed: it is opened for the first time, resumed by hand, or moved to
            // another address.
            Phase::Connecting if self.attempt == 0 => Status::Connecting,
            Phase::Connecting | Phase::BrowserRetrying | Phase::Waiting { .. }
                if !self.is_online =>
            {
                Status::Offline
            }
            Phase::Connecting | Phase::BrowserRetrying => Status::Reconnecting {
                attempt: self.attempt,
                at: None,
            },
            Phase::Waiting { until } => Status::Reconnecting {
                attempt: self.attempt,
                at: Some(until),
            },
        }
    }

    /// When [`Connection::on_deadline`] wants to be called.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        match self.phase {
            Phase::Closed | Phase::Paused => None,
            Phase::Waiting { until } => Some(until),
            Phase::Connecting | Phase::Open { .. } | Phase::BrowserRetrying => {
                Some(self.last_heard + self.heartbeat * MISSED_HEARTBEATS)
            }
        }
    }

    /// Somebody wants it open, from being closed or paused.
    pub(crate) fn open(&mut self, now: Millis) -> Action {
        match self.phase {
            // Whoever asks while it waits does not want to wait.
            Phase::Closed | Phase::Paused | Phase::BrowserRetrying | Phase::Waiting { .. } => {
                self.connect(now)
            }
            Phase::Connecting | Phase::Open { .. } => Action::None,
        }
    }

    /// Somebody wants it closed. The cursor stays, so opening it again misses nothing the log still
    /// has.
    pub(crate) fn close(&mut self) -> Action {
        self.phase = Phase::Closed;
        self.attempt = 0;
        Action::Disconnect
    }

    /// Somebody wants silence for a while. The log keeps what comes meanwhile; no memory grows
    /// here.
    pub(crate) fn pause(&mut self) -> Action {
        self.phase = Phase::Paused;
        self.attempt = 0;
        Action::Disconnect
    }

    /// The address has changed: the same stream, elsewhere, from the same cursor.
    pub(crate) fn redirect(&mut self, now: Millis) -> Action {
        match self.phase {
            Phase::Closed | Phase::Paused => Action::None,
            Phase::Connecting
            | Phase::Open { .. }
            | Phase::BrowserRetrying
            | Phase::Waiting { .. } => self.connect(now),
        }
    }

    /// The browser says it is open.
    pub(crate) fn on_open(&mut self, now: Millis) {
        self.last_heard = now;
        self.is_online = true;
        self.phase = Phase::Open { since: now };
    }

    /// An event arrived, with this last event id.
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
        if let Phase::Open { since } = self.phase
            && now - since >= HEALTHY_MILLIS
        {
            self.attempt = 0;
        }
        match (self.phase, failure) {
            // A late word from an EventSource that was closed here.
            (Phase::Closed | Phase::Paused | Phase::Waiting { .. }, _) => Action::None,
            (
                Phase::Connecting | Phase::Open { .. } | Phase::BrowserRetrying,
                Failure::BrowserRetries,
            ) => {
                self.attempt += 1;
                self.last_heard = now;
                self.phase = Phase::BrowserRetrying;
                Action::None
            }
            (
                Phase::Connecting | Phase::Open { .. } | Phase::BrowserRetrying,
                Failure::BrowserGaveUp,
            ) => {
                self.attempt += 1;
                self.phase = Phase::Waiting {
                    until: now + f64::from(backoff::delay_millis(self.attempt, random)),
                };
                Action::Disconnect
            }
        }
    }

    /// The deadline has come: either the backoff is over or nothing was heard for too long.
    pub(crate) fn on_deadline(&mut self, now: Millis) -> Action {
        match self.deadline() {
            Some(deadline) if deadline <= now => {
                match self.phase {
                    // The failure that led to the wait was counted when it happened.
                    Phase::Waiting { .. } | Phase::Closed | Phase::Paused => {}
                    Phase::Connecting | Phase::Open { .. } | Phase::BrowserRetrying => {
                        self.attempt += 1;
                    }
                }
                self.connect(now)
            }
            Some(_) | None => Action::None,
        }
    }

    /// The network is back, the page was shown again, or the machine woke up: look now instead of
    /// waiting.
    pub(crate) fn wake(&mut self, now: Millis, is_online: bool) -> Action {
        self.is_online = is_online;
        match self.phase {
            Phase::Closed | Phase::Paused | Phase::Connecting => Action::None,
            Phase::BrowserRetrying | Phase::Waiting { .. } => self.connect(now),
            // Timers may have slept with the page, so the watchdog is asked as well.
            Phase::Open { .. } => self.on_deadline(now),
        }
    }

    fn connect(&mut self, now: Millis) -> Action {
        self.last_heard = now;
        self.phase = Phase::Connecting;
        Action::Connect
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARTBEAT: Millis = 15_000.0;

    fn opened() -> Connection {
        let mut connection = Connection::new("e-5".into(), HEARTBEAT);
        assert_eq!(connection.open(0.0), Action::Connect);
        assert_eq!(connection.status(), Status::Connecting);
        connection.on_open(100.0);
        assert_eq!(connection.status(), Status::Open);
        connection
    }

    #[test]
    fn the_cursor_follows_the_events_and_survives_everything() {
        let mut connection = opened();
        connection.on_message(200.0, "e-6");
        connection.on_message(300.0, "");
        assert_eq!(
            connection.cursor(),
            "e-6",
            "an ephemeral event has no id and moves nothing"
        );
        connection.on_error(400.0, Failure::BrowserGaveUp, true, 0.5);
        connection.close();
        connection.open(500.0);
        assert_eq!(connection.cursor(), "e-6");
    }

    #[test]
    fn while_the_browser_retries_it_is_left_alone() {
        let mut connection = opened();
        assert_eq!(
            connection.on_error(1_000.0, Failure::BrowserRetries, true, 0.5),
            Action::None
        );
        assert_eq!(
            connection.status(),
            Status::Reconnecting {
                attempt: 1,
                at: None
            }
        );
        connection.on_open(3_000.0);
        assert_eq!(connection.status(), Status::Open);
    }

    #[test]
    fn a_browser_that_gave_up_is_replaced_after_a_jittered_wait() {
        let mut connection = opened();
        assert_eq!(
            connection.on_error(1_000.0, Failure::BrowserGaveUp, true, 0.5),
            Action::Disconnect
        );
        assert_eq!(
            connection.status(),
            Status::Reconnecting {
                attempt: 1,
                at: Some(1_500.0)
            }
        );
        assert_eq!(connection.on_deadline(1_499.0), Action::None, "too early");
        assert_eq!(connection.on_deadline(1_500.0), Action::Connect);
        assert_eq!(
            connection.status(),
            Status::Reconnecting {
                attempt: 1,
                at: None
            }
        );
        assert_eq!(
            connection.on_error(1_600.0, Failure::BrowserGaveUp, true, 1.0),
            Action::Disconnect
        );
        assert_eq!(
            connection.status(),
            Status::Reconnecting {
                attempt: 2,
                at: Some(3_600.0)
            }
        );
    }

    #[test]
    fn the_backoff_starts_anew_only_after_a_healthy_minute() {
        let mut connection = opened();
        connection.on_error(1_000.0, Failure::BrowserGaveUp, true, 0.5);
        connection.on_deadline(2_000.0);
        connection.on_open(2_000.0);
        connection.on_error(30_000.0, Failure::BrowserGaveUp, true, 0.5);
        assert!(
            matches!(connection.status(), Status::Reconnecting { attempt: 2, .. }),
            "28 s are not a minute"
        );
        connection.on_deadline(40_000.0);
        connection.on_open(40_000.0);
        connection.on_error(100_000.0, Failure::BrowserGaveUp, true, 0.5);
        assert!(matches!(
            connection.status(),
            Status::Reconnecting { attempt: 1, .. }
        ));
    }

    #[test]
    fn a_silent_connection_is_noticed_by_its_missing_heartbeats() {
        let mut connection = opened();
        connection.on_message(10_000.0, "e-6");
        assert_eq!(connection.deadline(), Some(47_500.0));
        assert_eq!(connection.on_deadline(47_500.0), Action::Connect);
        assert_eq!(
            connection.status(),
            Status::Reconnecting {
                attempt: 1,
                at: None
            }
        );
        assert_eq!(
            connection.deadline(),
            Some(85_000.0),
            "a new connection that never answers is noticed as well"
        );
    }

    #[test]
    fn offline_is_said_only_when_the_connection_fails() {
        let mut connection = opened();
        connection.wake(1_000.0, false);
        assert_eq!(
            connection.status(),
            Status::Open,
            "a server on this machine needs no network"
        );
        connection.on_error(2_000.0, Failure::BrowserGaveUp, false, 0.5);
        assert_eq!(connection.status(), Status::Offline);
        assert_eq!(
            connection.wake(3_000.0, true),
            Action::Connect,
            "and left as soon as there is a network"
        );
    }

    #[test]
    fn waking_reconnects_at_once_what_waits_and_leaves_alone_what_lives() {
        let mut connection = opened();
        assert_eq!(connection.wake(1_000.0, true), Action::None);
        connection.on_error(2_000.0, Failure::BrowserRetries, true, 0.5);
        assert_eq!(connection.wake(2_100.0, true), Action::Connect);
        assert_eq!(
            connection.wake(2_200.0, true),
            Action::None,
            "already on its way"
        );
        connection.on_open(3_000.0);
        assert_eq!(
            connection.wake(3_000_000.0, true),
            Action::Connect,
            "the machine slept: the socket is dead"
        );
    }

    #[test]
    fn pause_and_close_disconnect_and_only_open_undoes_them() {
        for stop in [Connection::pause, Connection::close] {
            let mut connection = opened();
            assert_eq!(stop(&mut connection), Action::Disconnect);
            assert_eq!(connection.deadline(), None);
            assert_eq!(connection.wake(1.0, true), Action::None);
            assert_eq!(
                connection.on_error(1.0, Failure::BrowserGaveUp, true, 0.5),
                Action::None,
                "a late word"
            );
            assert_eq!(connection.redirect(1.0), Action::None);
            assert_eq!(connection.open(2.0), Action::Connect);
        }
    }

    #[test]
    fn a_new_address_keeps_the_cursor() {
        let mut connection = opened();
        connection.on_message(200.0, "e-9");
        assert_eq!(connection.redirect(300.0), Action::Connect);
        assert_eq!(
            connection.status(),
            Status::Connecting,
            "nothing was lost, so nobody is alarmed"
        );
        assert_eq!(connection.cursor(), "e-9");
    }
}
