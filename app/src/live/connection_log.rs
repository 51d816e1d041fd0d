//! The connection log: what the connection has been through, as lines for the inspector.

use leptos::prelude::*;
use leptos_event_source::{Role, Status, UseEventSource};
use pulseboard_contract::{EventId, Gap, Timestamp};

use crate::{clock::Clock, format, platform::clock::page_clock};
use pulseboard_feed::Feed;

/// The most lines.
const LINES: usize = 50;

/// One line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// Its number, which grows with every line.
    pub number: u64,
    /// Its time.
    pub time: Timestamp,
    /// Its kind.
    pub kind: LogKind,
    /// Its text.
    pub text: String,
}

/// The kind of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogKind {
    /// The connection opened.
    Open,
    /// The connection was lost, and another attempt follows.
    Retry,
    /// History was lost.
    Gap,
    /// The reader paused or closed the stream.
    Stopped,
}

/// The log, newest line first.
#[derive(Clone, Copy)]
pub(super) struct ConnectionLog {
    pub(super) lines: RwSignal<Vec<LogLine>>,
    clock: Clock,
}

impl ConnectionLog {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            lines: RwSignal::new(Vec::new()),
            clock,
        }
    }

    /// Writes a line whenever the status or the role of the stream changes. No signal holds their
    /// history, so effects write it down.
    pub(super) fn follow(self, stream: UseEventSource, feed: RwSignal<Feed>) {
        Effect::new(move |before: Option<Status>| {
            let status = stream.status.get();
            if before != Some(status) {
                let position = feed.with_untracked(Feed::position);
                let was_open = self
                    .lines
                    .with_untracked(|lines| lines.iter().any(|line| line.kind == LogKind::Open));
                if let Some((kind, text)) = status_line(status, position, was_open) {
                    self.write(kind, text);
                }
            }
            status
        });
        Effect::new(move |before: Option<Role>| {
            let role = stream.role.get();
            let is_stopped = matches!(
                stream.status.get_untracked(),
                Status::Paused | Status::Closed
            );
            if let (Some(text), false) = (role_line(before, role), is_stopped) {
                self.write(LogKind::Open, text.to_owned());
            }
            role
        });
    }

    /// Writes a line about a gap.
    pub(super) fn write_gap(self, gap: &Gap) {
        let text = match gap.lost {
            Some(lost) => format!(
                "{} lost: the log had deleted them",
                format::count(lost, "event", "events")
            ),
            None => format!(
                "history after {} is lost: the server restarted with an empty log",
                gap.after
            ),
        };
        self.write(LogKind::Gap, text);
    }

    fn write(self, kind: LogKind, text: String) {
        let time = self.clock.now_untracked();
        self.lines.update(|lines| {
            let number = lines.first().map_or(0, |newest| newest.number + 1);
            lines.insert(
                0,
                LogLine {
                    number,
                    time,
                    kind,
                    text,
                },
            );
            lines.truncate(LINES);
        });
    }
}

/// The line for a new status, while the page has passed `position`.
fn status_line(status: Status, position: EventId, was_open: bool) -> Option<(LogKind, String)> {
    match status {
        Status::Connecting => None,
        Status::Open if was_open => Some((LogKind::Open, format!("resumed after {position}"))),
        Status::Open => Some((LogKind::Open, format!("connected after event {position}"))),
        Status::Reconnecting {
            attempt,
            at: Some(at),
        } => {
            let seconds = (at - page_clock()).max(0.0) / 1_000.0;
            let text = format!("connection lost, attempt {attempt} in {seconds:.1} s");
            Some((LogKind::Retry, text))
        }
        Status::Reconnecting { attempt, at: None } => {
            Some((LogKind::Retry, format!("attempt {attempt}: connecting")))
        }
        Status::Offline => Some((LogKind::Retry, "no network".to_owned())),
        Status::Paused => Some((LogKind::Stopped, format!("paused at {position}"))),
        Status::Closed => Some((LogKind::Stopped, format!("closed at {position}"))),
    }
}

/// The line for a new role; none where the tab keeps the same connection.
fn role_line(before: Option<Role>, role: Role) -> Option<&'static str> {
    match (before, role) {
        (Some(Role::Alone | Role::Leader { .. }) | None, Role::Follower) => {
            Some("using the connection of another tab")
        }
        (Some(Role::Follower), Role::Alone | Role::Leader { .. }) => {
            Some("using a connection of this tab")
        }
        (Some(Role::Follower), Role::Follower)
        | (Some(Role::Alone | Role::Leader { .. }) | None, Role::Alone | Role::Leader { .. }) => {
            None
        }
    }
}
