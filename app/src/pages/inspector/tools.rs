//! What stands above and below the list: live or stored, pause, how much there is, the export, and
//! how a search stands.

use leptos::{prelude::*, task::spawn_local};

use super::{
    export,
    state::{List, Source},
    stored::State,
    tail::Tail,
};
use crate::{
    clock::use_clock,
    components::{Icon, IconName, TimeOfDay},
    format,
    live::use_live,
    platform,
};
use leptos_event_source::Status;
use pulseboard_feed::Feed;

/// The switches beside the field.
#[component]
pub(super) fn Switches(list: List) -> impl IntoView {
    let live = use_live();
    let is_stopped = move || matches!(live.stream.status.get(), Status::Paused | Status::Closed);
    let source = move |this: Source, word: &'static str| {
        view! {
            <button
                type="button"
                aria-pressed=move || (list.source.get() == this).to_string()
                on:click=move |_| list.source.set(this)
            >
                {word}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="segments needs-script" role="group" aria-label="Which events">
            {source(Source::Live, "Live")}
            {source(Source::Stored, "Stored")}
        </div>
        <button
            class="button needs-script"
            type="button"
            title="Closes this page's stream. Resuming brings what came meanwhile from the log."
            on:click=move |_| {
                if is_stopped() { live.stream.open.run(()) } else { live.stream.pause.run(()) }
            }
        >
            <Icon name=Signal::derive(move || {
                if is_stopped() { IconName::Play } else { IconName::Pause }
            }) />
            {move || if is_stopped() { "Resume" } else { "Pause" }}
        </button>
        <Export list=list />
    }
}

/// Takes events along: what is marked, or all that are found.
#[component]
fn Export(list: List) -> impl IntoView {
    let clock = use_clock();
    let told = RwSignal::new(None::<String>);
    let count = Memo::new(
        move |_| match list.marked.with(std::collections::BTreeMap::len) {
            0 => (list.rows.with(|rows| rows.total), "found"),
            marked => (marked, "marked"),
        },
    );
    let words = move || {
        let (count, which) = count.get();
        format!("{} {which}", format::count(count as u64, "event", "events"))
    };
    let download = move |_| {
        let events = list.exported();
        platform::downloads::download(
            &export::file_name(clock.now_untracked()),
            "application/x-ndjson",
            &export::as_lines(&events),
        );
        told.set(Some(format!(
            "{} in the file.",
            format::count(events.len() as u64, "event", "events")
        )));
    };
    let copy = move |_| {
        let events = list.exported();
        spawn_local(async move {
            let count = format::count(events.len() as u64, "event", "events");
            let is_copied = platform::clipboard::copy(&export::as_lines(&events)).await;
            told.try_set(Some(if is_copied {
                format!("{count} copied.")
            } else {
                "Cannot copy here.".to_owned()
            }));
        });
    };
    view! {
        <details class="export needs-script" name="menu">
            <summary class="button" on:click=move |_| told.set(None)>
                <Icon name=IconName::Download />
                "Export"
            </summary>
            <div class="popover">
                <p>
                    <strong>{move || words()}</strong>
                    ", a CloudEvents JSON a line, oldest first. "
                    <code>"pulseboard import"</code>
                    " reads them."
                </p>
                <p class="actions">
                    <button type="button" class="button go" on:click=download>
                        "Download NDJSON"
                    </button>
                    <button type="button" class="button" on:click=copy>
                        "Copy"
                    </button>
                </p>
                <p class="quiet">
                    "Ctrl+click or Space marks single events, Shift+click a range; Escape takes the marks away."
                </p>
                <p class="done" role="status">
                    {told}
                </p>
            </div>
        </details>
    }
}

/// How much there is, and how fast it comes.
#[component]
pub(super) fn Summary(list: List) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    // Numbers that change with every event are read four times a second at the most by anybody;
    // once is calmer.
    let rate = Memo::new(move |_| {
        let now = clock.now();
        live.feed.with_untracked(|feed: &Feed| feed.rate(now))
    });
    let text = move || match list.source.get() {
        Source::Live => {
            let (found, total) = list
                .tail
                .with(|tail| (tail.found().len() as u64, tail.total()));
            let here = if found == total {
                String::new()
            } else {
                format!(" ({} here)", format::whole(found))
            };
            let received = format::whole(live.feed.with(Feed::received));
            let unreadable = match live.unreadable.get() {
                0 => String::new(),
                count => format!(", {count} unreadable"),
            };
            format!(
                "{} found{here}, {received} received live{unreadable}",
                format::whole(total)
            )
        }
        Source::Stored => list.search.found.with(|found| {
            format!(
                "{} found, {} searched",
                format::whole(found.len() as u64),
                format::whole(found.searched)
            )
        }),
    };
    let marked = Memo::new(move |_| list.marked.with(std::collections::BTreeMap::len));
    view! {
        <span>{move || text()}</span>
        {move || {
            (list.source.get() == Source::Live)
                .then(|| view! { <span>{move || format!("{:.1}/s", rate.get())}</span> }.into_any())
        }}
        {move || {
            (marked.get() > 0)
                .then(|| {
                    view! { <span>{move || format!("{} marked", marked.get())}</span> }.into_any()
                })
        }}
    }
}

/// What is beyond the list's end, and how a search stands.
#[component]
pub(super) fn Beyond(list: List) -> impl IntoView {
    let live = use_live();
    let dropped = Memo::new(move |_| list.tail.with(Tail::dropped));
    let is_empty = Memo::new(move |_| list.rows.with(|rows| rows.total == 0));
    let has_filter = Memo::new(move |_| list.filter.with(|filter| !filter.is_empty()));
    let in_log = move || {
        view! {
            <button
                type="button"
                class="button needs-script"
                on:click=move |_| list.source.set(Source::Stored)
            >
                "Search the log"
            </button>
        }
        .into_any()
    };
    let on_live = move || {
        let words = match (is_empty.get(), dropped.get()) {
            (true, 0) if has_filter.get() => {
                "No event matches. What comes is looked at as it comes; what was before may be in the log.".to_owned()
            }
            (true, 0) => "No event yet. Events show here as they are published.".to_owned(),
            (_, 0) => "What came before this page is in the log.".to_owned(),
            (_, dropped) => {
                format!("{} dropped from this page, still in the log.", format::count(dropped, "older event", "older events"))
            }
        };
        view! {
            <p>{words}</p>
            {in_log()}
        }
        .into_any()
    };
    let state = Memo::new(move |_| list.search.found.with(|found| found.state.clone()));
    let on_stored = move || {
        let back_to = move || {
            list.search.found.with(|found| found.back_to).map(|at| {
                view! {
                    ", back to "
                    <TimeOfDay at=at />
                }
                .into_any()
            })
        };
        let searched = move || {
            list.search
                .found
                .with(|found| format::whole(found.searched))
        };
        // Told to screen readers when it rests: while it reads, it changes with every page.
        let progress = move |role: Option<&'static str>| {
            view! { <p role=role>"Searched "{move || searched()}" events"{move || back_to()}"."</p> }.into_any()
        };
        match state.get() {
            State::Reading => view! {
                {progress(None)}
                <button type="button" class="button" on:click=move |_| list.search.stop()>
                    "Stop"
                </button>
            }
            .into_any(),
            State::Resting => view! {
                {progress(Some("status"))}
                <button type="button" class="button go" on:click=move |_| list.search.go_on()>
                    "Search further back"
                </button>
            }
            .into_any(),
            State::Done => {
                view! { <p role="status">"Searched all "{searched()}" events of the log that could match."</p> }.into_any()
            }
            State::Full => {
                view! {
                    {progress(Some("status"))}
                    <p>"The page keeps no more: narrow the filter to find what is older."</p>
                }
                    .into_any()
            }
            State::Failed(why) => view! {
                <p class="problem" role="alert">
                    {why}
                </p>
                <button type="button" class="button go" on:click=move |_| list.search.go_on()>
                    "Try again"
                </button>
            }
            .into_any(),
        }
    };
    let stopped = Memo::new(move |_| match live.stream.status.get() {
        Status::Paused => Some("Paused"),
        Status::Closed => Some("Closed"),
        Status::Connecting | Status::Open | Status::Reconnecting { .. } | Status::Offline => None,
    });
    view! {
        // The frame tells screen readers.
        {move || {
            stopped
                .get()
                .filter(|_| list.source.get() == Source::Live)
                .map(|word| {
                    view! {
                        <p class="strip">
                            <strong>{word}</strong>
                            " at "
                            <code>
                                {live.feed.with_untracked(|feed| feed.position().to_string())}
                            </code>
                            ". Nothing is buffered and nothing is lost: resuming brings what came meanwhile from the log."
                        </p>
                    }
                        .into_any()
                })
        }}
        <div class="lines-end">
            {move || match list.source.get() {
                Source::Live => on_live(),
                Source::Stored => on_stored(),
            }}
        </div>
    }
}
