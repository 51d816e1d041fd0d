//! Notices above the page: the server is unreachable, or events are missing.

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

use super::{Icon, IconName};
use crate::{clock::use_clock, format, live::use_live, platform::http::UNREACHABLE};
use leptos_event_source::Status;
use pulseboard_feed::Feed;

/// A connection that is back sooner gets no notice.
const MOMENT_MILLIS: i64 = 5_000;

/// The notices. Screen readers announce each once.
#[component]
pub fn Notices() -> impl IntoView {
    view! {
        <div class="notices" aria-live="polite">
            <AwayNotice />
            <GapNotice />
        </div>
    }
}

/// The notice while the stream is away for longer than a moment: how old the data is, and that the page
/// catches up.
#[component]
fn AwayNotice() -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let status = live.stream.status;
    // Since when the stream is away; since the page opened if it was never open.
    let since = Memo::new(
        move |before: Option<&Option<Timestamp>>| match status.get() {
            Status::Open | Status::Paused | Status::Closed => None,
            Status::Connecting | Status::Reconnecting { .. } | Status::Offline => Some(
                before
                    .copied()
                    .flatten()
                    .unwrap_or_else(|| clock.now_untracked()),
            ),
        },
    );
    let shown = Memo::new(move |_| {
        since
            .get()
            .filter(|since| clock.now().millis() - since.millis() >= MOMENT_MILLIS)
    });
    let has_network = Memo::new(move |_| status.get() != Status::Offline);
    view! {
        {move || {
            shown
                .get()
                .map(|since| {
                    let why = move || {
                        if has_network.get() {
                            UNREACHABLE
                        } else {
                            "No network."
                        }
                    };
                    view! {
                        <p class="notice" data-notice="away">
                            <Icon name=IconName::Warning />
                            <span>
                                <b>{why}</b>
                                " Showing data as of "
                                <time datetime=since.to_string() title=since.to_string()>
                                    {move || clock.time_of_day(since)}
                                </time>
                                ". The page catches up when the connection is back; nothing is lost."
                            </span>
                            <button class="button" on:click=move |_| live.stream.open.run(())>
                                <Icon name=IconName::Retry />
                                "Try now"
                            </button>
                        </p>
                    }
                        .into_any()
                })
        }}
    }
}

/// The notice of a gap, until the reader dismisses it.
#[component]
fn GapNotice() -> impl IntoView {
    let live = use_live();
    let gaps = Memo::new(move |_| live.feed.with(|feed| feed.gaps().len()));
    let dismissed = RwSignal::new(0);
    let text = move || {
        live.feed.with_untracked(|feed: &Feed| {
            let gap = feed.gaps().last()?;
            Some(match gap.lost {
                Some(lost) => format!(
                    "{} can't be shown: the log deleted them while you were disconnected.",
                    format::count(lost, "event", "events")
                ),
                None => "Some history is missing: the server restarted with an empty log while you were disconnected.".to_owned(),
            })
        })
    };
    view! {
        {move || {
            (gaps.get() > dismissed.get())
                .then(|| {
                    view! {
                        <p class="notice" data-notice="gap">
                            <Icon name=IconName::Warning />
                            <span>{text()}</span>
                            <button
                                class="button"
                                on:click=move |_| dismissed.set(gaps.get_untracked())
                            >
                                "Dismiss"
                            </button>
                        </p>
                    }
                        .into_any()
                })
        }}
    }
}
