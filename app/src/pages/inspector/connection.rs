//! The connection panel: the status, the lag of events, and the log of connects and failures.

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

use super::lag;
use crate::{
    clock::use_clock,
    components::{Icon, IconName, TimeOfDay, keyed},
    format,
    live::{LogKind, LogLine, use_live},
    platform,
};
use leptos_event_source::{ConnectionFailure, ConnectionStats, FailureCause, Status};
use pulseboard_feed::Feed;

/// The times in the log come from a clock that ticks once a second, so they can be this late.
const TICK_MILLIS: i64 = 1_100;

/// The panel.
#[component]
pub(super) fn Connection() -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let status = move || match live.stream.status.get() {
        Status::Connecting => "connecting",
        Status::Open => "open",
        Status::Reconnecting { .. } => "reconnecting",
        Status::Offline => "offline",
        Status::Paused => "paused",
        Status::Closed => "closed",
    };
    // Updated once a second, not with every event.
    let lag = Memo::new(move |_| {
        clock.now();
        let now = platform::clock::epoch_millis()
            .and_then(|millis| Timestamp::from_millis(millis).ok())?;
        live.feed
            .with_untracked(|feed| lag::of_last_minute(feed.recent(), now))
    });
    let lag_text = move || match lag.get() {
        Some(lag) => format!(
            "{} median, {} p95",
            lag::format_millis(lag.median),
            lag::format_millis(lag.p95)
        ),
        None => "no events in the last minute".to_owned(),
    };
    let heartbeat = Memo::new(move |_| {
        clock.now();
        let heartbeat = live.feed.with_untracked(Feed::heartbeat)?;
        platform::clock::epoch_millis().map(|now| format::ago(now - heartbeat.millis()))
    });
    let stats = live.stream.stats;
    let counts =
        Memo::new(move |_| stats.with(|stats| (stats.opened.saturating_sub(1), stats.failed)));
    let position = Memo::new(move |_| {
        clock.now();
        live.feed.with_untracked(|feed| feed.position().to_string())
    });
    view! {
        <header>
            <h2>"Connection"</h2>
        </header>
        <dl class="facts">
            <dt>"Status"</dt>
            <dd>{move || status()}</dd>
            <dt>"Lag"</dt>
            <dd>{move || lag_text()}</dd>
            <dt>"Heartbeat"</dt>
            <dd>{move || heartbeat.get().unwrap_or_else(|| "none yet".to_owned())}</dd>
            <dt>"Reconnects"</dt>
            <dd>{move || format::whole(counts.get().0)}</dd>
            <dt>"Errors"</dt>
            <dd>{move || format::whole(counts.get().1)}</dd>
            <dt>"Position"</dt>
            <dd>
                <code>{position}</code>
            </dd>
        </dl>
        <p class="quiet">
            "Lag is an event's arrival time on this device minus the event's own time. Clock skew affects this value."
        </p>
        <Log />
    }
}

/// The connects and failures, newest first.
#[component]
fn Log() -> impl IntoView {
    let live = use_live();
    let stats = live.stream.stats;
    let entries = Memo::new(move |_| {
        live.log
            .with(|log| stats.with(|stats| log_entries(log, stats)))
    });
    view! {
        <ul class="rows log">
            {keyed(
                move || entries.get(),
                |entry| entry.key.clone(),
                move |entry| {
                    view! {
                        <li data-kind=entry.kind>
                            <span class="kind">
                                <Icon name=entry.icon />
                                {entry.kind}
                            </span>
                            <span class="text">{entry.text}</span>
                            <TimeOfDay at=entry.time />
                        </li>
                    }
                        .into_any()
                },
            )}
        </ul>
        {move || {
            live
                .log
                .with(Vec::is_empty)
                .then(|| {
                    view! { <p class="quiet">"Not connected yet."</p> }
                        .into_any()
                })
        }}
    }
}

/// An entry of the connection's log.
#[derive(Clone, Debug, PartialEq)]
struct LogEntry {
    key: String,
    kind: &'static str,
    icon: IconName,
    text: String,
    time: Timestamp,
}

/// What the connection did and why it failed, newest first.
fn log_entries(log: &[LogLine], stats: &ConnectionStats) -> Vec<LogEntry> {
    let mut entries: Vec<_> = log.iter().map(LogEntry::of).collect();
    let first = stats.failed - stats.failures.len() as u64;
    for (number, failure) in (first..).zip(&stats.failures) {
        let Some(entry) = LogEntry::of_failure(number, *failure) else {
            continue;
        };
        // The consequences of a failure stand above it, although their times may be a tick earlier.
        let index = entries
            .partition_point(|other| other.time.millis() >= entry.time.millis() - TICK_MILLIS);
        entries.insert(index, entry);
    }
    entries
}

impl LogEntry {
    fn of(line: &LogLine) -> Self {
        let (kind, icon) = match line.kind {
            LogKind::Open => ("open", IconName::Check),
            LogKind::Retry => ("retry", IconName::Retry),
            LogKind::Gap => ("gap", IconName::Warning),
            LogKind::Stopped => ("stopped", IconName::Pause),
        };
        Self {
            key: line.number.to_string(),
            kind,
            icon,
            text: line.text.clone(),
            time: line.time,
        }
    }

    #[allow(clippy::cast_possible_truncation)] // Whole milliseconds, well within 2^53.
    fn of_failure(number: u64, failure: ConnectionFailure) -> Option<Self> {
        let text = match failure.cause {
            FailureCause::Lost => "connection lost",
            FailureCause::Refused => "connection refused or server unreachable",
            FailureCause::Silent => "no heartbeat, disconnected",
        };
        let time = Timestamp::from_millis(failure.at as i64).ok()?;
        Some(Self {
            key: format!("error {number}"),
            kind: "error",
            icon: IconName::Cross,
            text: text.to_owned(),
            time,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_stands_below_its_consequences() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000).unwrap();
        let line = |number, seconds, kind| LogLine {
            number,
            time: at(seconds),
            kind,
            text: String::new(),
        };
        let log = [
            line(3, 21, LogKind::Open),
            line(2, 20, LogKind::Retry),
            line(1, 10, LogKind::Open),
        ];
        let failure = |at, cause| ConnectionFailure { at, cause };
        let stats = ConnectionStats {
            opened: 2,
            failed: 7,
            failures: vec![
                failure(20_400.0, FailureCause::Lost),
                failure(30_000.0, FailureCause::Refused),
            ],
        };
        let kinds: Vec<_> = log_entries(&log, &stats)
            .into_iter()
            .map(|entry| format!("{} {}", entry.kind, entry.key))
            .collect();
        assert_eq!(
            kinds,
            [
                "error error 6",
                "open 3",
                "retry 2",
                "error error 5",
                "open 1"
            ]
        );
    }
}
