//! The connection: what it does, how late events come, and what it has been through.

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

/// How late the log's time may be.
const TICK_MILLIS: i64 = 1_100;

/// The panel.
#[component]
pub(super) fn Connection() -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let word = move || match live.stream.status.get() {
        Status::Connecting => "connecting",
        Status::Open => "open",
        Status::Reconnecting { .. } => "reconnecting",
        Status::Offline => "offline",
        Status::Paused => "paused",
        Status::Closed => "closed",
    };
    // Once a second, whatever comes in between.
    let lag = Memo::new(move |_| {
        clock.now();
        let now =
            platform::epoch_millis().and_then(|millis| Timestamp::from_millis(millis).ok())?;
        live.feed
            .with_untracked(|feed| lag::over(feed.recent(), now))
    });
    let lag_words = move || match lag.get() {
        Some(lag) => format!(
            "{} median, {} p95",
            lag::words(lag.median),
            lag::words(lag.p95)
        ),
        None => "nothing came in the last minute".to_owned(),
    };
    let heartbeat = Memo::new(move |_| {
        clock.now();
        let heartbeat = live.feed.with_untracked(Feed::heartbeat)?;
        platform::epoch_millis().map(|now| format::ago(now - heartbeat.millis()))
    });
    let stats = live.stream.stats;
    let counts =
        Memo::new(move |_| stats.with(|stats| (stats.opened.saturating_sub(1), stats.failed)));
    let lines = Memo::new(move |_| live.log.with(|log| stats.with(|stats| lines(log, stats))));
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
            <dd>{move || word()}</dd>
            <dt>"Lag"</dt>
            <dd>{move || lag_words()}</dd>
            <dt>"Heartbeat"</dt>
            <dd>{move || heartbeat.get().unwrap_or_else(|| "none yet".to_owned())}</dd>
            <dt>"Reconnects"</dt>
            <dd>{move || format::whole(counts.get().0)}</dd>
            <dt>"Errors"</dt>
            <dd>{move || format::whole(counts.get().1)}</dd>
            <dt>"Passed"</dt>
            <dd>
                <code>{position}</code>
            </dd>
        </dl>
        <p class="quiet">
            "Lag is the time an event came, by this device's clock, less the time it happened, by its producer's: clocks that differ show in it."
        </p>
        <ul class="rows log">
            {keyed(
                move || lines.get(),
                |line| line.key.clone(),
                move |line| {
                    view! {
                        <li data-kind=line.kind>
                            <span class="kind">
                                <Icon name=line.icon />
                                {line.kind}
                            </span>
                            <span class="text">{line.text}</span>
                            <TimeOfDay at=line.time />
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
                    view! { <p class="quiet">"The connection has not been opened yet."</p> }
                        .into_any()
                })
        }}
    }
}

/// A line of what the connection has been through.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    key: String,
    kind: &'static str,
    icon: IconName,
    text: String,
    time: Timestamp,
}

/// What the connection did and why it failed, newest first.
fn lines(log: &[LogLine], stats: &ConnectionStats) -> Vec<Line> {
    let mut lines: Vec<_> = log.iter().map(Line::of).collect();
    let first = stats.failed - stats.failures.len() as u64;
    for (number, failure) in (first..).zip(&stats.failures) {
        let Some(line) = Line::of_failure(number, *failure) else {
            continue;
        };
        // The log is told the time once a second; what followed from a failure stands above it.
        let place =
            lines.partition_point(|other| other.time.millis() >= line.time.millis() - TICK_MILLIS);
        lines.insert(place, line);
    }
    lines
}

impl Line {
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
            FailureCause::Lost => "the connection broke",
            FailureCause::Refused => "no stream: refused, or nobody there",
            FailureCause::Silent => "silent for too long, given up",
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
    fn why_it_failed_stands_below_what_followed_from_it() {
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
        let kinds: Vec<_> = lines(&log, &stats)
            .into_iter()
            .map(|line| format!("{} {}", line.kind, line.key))
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
