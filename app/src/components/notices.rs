//! Notices above the page: that it is not what the server has, or that something is missing from
//! it.

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

use super::{Icon, IconName};
use crate::{clock::use_clock, format, live::use_live};
use leptos_event_source::Status;
use pulseboard_feed::Feed;

/// A connection that is back sooner is not worth a notice.
const MOMENT_MILLIS: i64 = 5_000;

/// The notices there are. They are said once, when they come.
#[component]
pub fn Notices() -> impl IntoView {
    view! {
        <div class="notices" aria-live="polite">
            <AwayNotice />
            <GapNotice />
        </div>
    }
}

/// Said while the stream is away for longer than a moment: from when what is on the page is, and
/// that it comes back.
#[component]
fn AwayNotice() -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let status = live.stream.status;
    // Since when it is away; the page's first moment where it was never there.
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
                            "The server does not answer."
                        } else {
                            "There is no network."
                        }
                    };
                    view! {
                        <p class="notice" data-notice="away">
                            <Icon name=IconName::Warning />
                            <span>
                                <b>{why}</b>
                                " You see what was known at "
                                <time datetime=since.to_string() title=since.to_string()>
                                    {move || clock.time_of_day(since)}
                                </time>
                                ". The page catches up by itself; nothing is lost."
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

/// Said once a gap, until it is dismissed: what is on the page is not all there was.
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
                    "{} could not be shown: they came while this page was away, and the log no longer had them.",
                    format::count(lost, "event", "events")
                ),
                None => "Some history is missing: the server's log began anew while this page was away.".to_owned(),
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
