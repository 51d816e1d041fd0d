//! The connection: what it does, how late events come, and what it has been through.

use leptos::prelude::*;

use super::lag;
use crate::{
    clock::use_clock,
    components::{Icon, IconName, TimeOfDay, keyed},
    environment,
    event_source::Status,
    feed::Feed,
    format,
    live::{LogKind, use_live},
};

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
        let now = environment::epoch_millis().and_then(|millis| pulseboard::Timestamp::from_millis(millis).ok())?;
        live.feed.with_untracked(|feed| lag::over(feed.recent(), now))
    });
    let lag_words = move || match lag.get() {
        Some(lag) => format!("{} median, {} p95", lag::words(lag.median), lag::words(lag.p95)),
        None => "nothing came in the last minute".to_owned(),
    };
    let heartbeat = Memo::new(move |_| {
        clock.now();
        let heartbeat = live.feed.with_untracked(Feed::heartbeat)?;
        environment::epoch_millis().map(|now| format::ago(now - heartbeat.millis()))
    });
    let reconnects =
        Memo::new(move |_| live.log.with(|log| log.iter().filter(|line| line.kind == LogKind::Open).count().saturating_sub(1)));
    let position = Memo::new(move |_| {
        clock.now();
        live.feed.with_untracked(|feed| feed.position().to_string())
    });
    view! {
        <header><h2>"Connection"</h2></header>
        <dl class="facts">
            <dt>"Status"</dt><dd>{move || word()}</dd>
            <dt>"Lag"</dt><dd>{move || lag_words()}</dd>
            <dt>"Heartbeat"</dt><dd>{move || heartbeat.get().unwrap_or_else(|| "none yet".to_owned())}</dd>
            <dt>"Reconnects"</dt><dd>{move || reconnects.get().to_string()}</dd>
            <dt>"Passed"</dt><dd><code>{position}</code></dd>
        </dl>
        <p class="quiet">
            "Lag is the time an event came, by this device's clock, less the time it happened, by its producer's: clocks that differ show in it."
        </p>
        <ul class="rows log">
            {keyed(move || live.log.get(), |line| line.number.to_string(), move |line| view! {
                <li data-kind=kind_name(line.kind)>
                    <span class="kind">
                        <Icon name=kind_icon(line.kind)/>
                        {kind_name(line.kind)}
                    </span>
                    <span class="text">{line.text.clone()}</span>
                    <TimeOfDay at=line.time/>
                </li>
            }.into_any())}
        </ul>
        {move || live.log.with(Vec::is_empty).then(|| view! { <p class="quiet">"The connection has not been opened yet."</p> }.into_any())}
    }
}

const fn kind_name(kind: LogKind) -> &'static str {
    match kind {
        LogKind::Open => "open",
        LogKind::Retry => "retry",
        LogKind::Gap => "gap",
        LogKind::Stopped => "stopped",
    }
}

const fn kind_icon(kind: LogKind) -> IconName {
    match kind {
        LogKind::Open => IconName::Check,
        LogKind::Retry => IconName::Retry,
        LogKind::Gap => IconName::Warning,
        LogKind::Stopped => IconName::Pause,
    }
}
