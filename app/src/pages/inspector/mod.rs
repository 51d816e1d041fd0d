//! The inspector: live and stored events in one list, the details of one event, the state of the
//! connection, and a form that publishes.

mod address;
mod connection;
mod detail;
mod export;
mod export_menu;
pub(crate) mod facts;
mod filter;
mod filter_field;
mod filter_help;
mod grid;
mod lag;
mod list;
mod list_end;
mod pointer;
mod publish;
mod search;
mod summary;
mod tail;
mod time_picker;
mod time_range;
mod toolbar;
mod virtual_list;
mod workbench;

use std::{collections::BTreeMap, time::Duration};

use leptos::prelude::*;
use leptos_meta::Title;
use pulseboard_contract::Timestamp;

use crate::live::use_live;
use address::Query;
use filter::Filter;
use list::{List, Source};
use publish::Draft;
use pulseboard_feed::Feed;
use tail::Tail;
use time_range::TimeRange;
use workbench::{Panel, Workbench};

/// The address and the search follow the filter this long after the last key.
const TYPING_PAUSE: Duration = Duration::from_millis(300);

/// The page.
#[component]
pub fn Inspector() -> impl IntoView {
    let live = use_live();
    let query = Query::from_address();
    let parsed = Memo::new(move |_| query.text.with(|text| Filter::parse(text)));
    // While a part is half written, the last valid filter stays in force.
    let filter = Memo::new(move |before: Option<&Filter>| match parsed.get() {
        Ok(filter) => filter,
        Err(_) => before.cloned().unwrap_or_default(),
    });
    let list = List::new(live, filter, query.source, query.range);
    let write = Callback::new(move |text| {
        query.text.set(text);
        query.update_address.run(TYPING_PAUSE);
    });
    let bench = workbench(query, list, write);
    reset_on_change(query, list);
    search_when_stored(list);
    let received = Memo::new(move |_| live.feed.with(Feed::received));
    let matched = Memo::new(move |_| list.tail.with(Tail::total));
    view! {
        <Title text="Inspector" />
        <div class="panes inspect">
            <section
                class="tile list"
                aria-label="Event list"
                data-received=move || received.get().to_string()
                data-found=move || matched.get().to_string()
            >
                <h1 class="hidden">"Inspector"</h1>
                <form
                    class="tools"
                    method="get"
                    on:submit=move |submit| {
                        submit.prevent_default();
                        query.update_address.run(Duration::ZERO);
                    }
                >
                    <filter_field::FilterField text=query.text write=write />
                    <toolbar::Toolbar list=list />
                </form>
                <p class="summary">
                    <span class="problem" role="alert">
                        {move || parsed.get().err()}
                    </span>
                    <summary::Summary list=list />
                </p>
                <time_picker::TimePicker list=list />
                <grid::Grid list=list />
                <list_end::ListEnd list=list />
            </section>
            <SidePanel bench=bench />
        </div>
    }
}

/// Connects the parts of the page. `write` sets the text of the filter.
fn workbench(query: Query, list: List, write: Callback<String>) -> Workbench {
    Workbench {
        list,
        panel: RwSignal::new(Panel::Event),
        draft: RwSignal::new(Draft::default()),
        add_to_filter: Callback::new(move |part: String| {
            let text = query.text.get_untracked();
            write.run(filter::with_part(&text, &part));
            list.is_open.set(false);
        }),
        show_surrounding: Callback::new(move |moment: Timestamp| {
            query.text.set(String::new());
            query.range.set(TimeRange::around(moment));
            query.source.set(Source::Stored);
            list.is_open.set(false);
        }),
    }
}

/// Scrolls another list to its top and clears the selection if it is of another source.
fn reset_on_change(query: Query, list: List) {
    Effect::new(move |before: Option<(Filter, Source, TimeRange)>| {
        let now = (list.filter.get(), query.source.get(), query.range.get());
        if let Some(before) = before.filter(|before| *before != now) {
            list.to_top();
            if before.1 != now.1 {
                list.marked.set(BTreeMap::new());
            }
            if (before.1, before.2) != (now.1, now.2) {
                query.update_address.run(Duration::ZERO);
            }
        }
        now
    });
}

/// Searches the log while stored events are shown. A new filter starts a new search once the reader
/// stops typing.
fn search_when_stored(list: List) {
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    on_cleanup(stop);
    Effect::new(move |before: Option<(Filter, Source, TimeRange)>| {
        let now = (
            list.filter.get(),
            list.source.get(),
            list.search.range.get(),
        );
        stop();
        if now.1 == Source::Stored {
            let is_typing =
                before.is_some_and(|before| before.1 == Source::Stored && before.2 == now.2);
            if is_typing {
                timer.set_value(
                    set_timeout_with_handle(move || list.search.start(), TYPING_PAUSE).ok(),
                );
            } else {
                list.search.start();
            }
        } else {
            list.search.stop();
        }
        now
    });
}

/// The panel beside the list: an event, the connection or the publish form.
#[component]
fn SidePanel(bench: Workbench) -> impl IntoView {
    let (list, panel) = (bench.list, bench.panel);
    // Selecting an event shows it, whichever panel was open.
    Effect::new(move |before: Option<()>| {
        list.selected.track();
        if before.is_some() {
            panel.set(Panel::Event);
        }
    });
    let tab = move |this: Panel, label: &'static str| {
        view! {
            <button
                aria-pressed=move || (panel.get() == this).to_string()
                on:click=move |_| panel.set(this)
            >
                {label}
            </button>
        }
        .into_any()
    };
    let is_shown = move |this: Panel| (panel.get() == this).to_string();
    view! {
        <aside class="side-stack" data-open=move || list.is_open.get().to_string()>
            <div class="segments needs-script" role="group" aria-label="Side panel">
                {tab(Panel::Event, "Event")}
                {tab(Panel::Connection, "Connection")}
                {tab(Panel::Publish, "Publish")}
            </div>
            <section
                class="tile detail"
                aria-label="Selected event"
                data-shown=move || is_shown(Panel::Event)
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        bench.close_event();
                    }
                }
            >
                <SelectedEvent bench=bench />
            </section>
            <section
                class="tile"
                aria-label="Connection"
                data-shown=move || is_shown(Panel::Connection)
            >
                <connection::Connection />
            </section>
            <section
                class="tile needs-script"
                aria-label="Publish"
                data-shown=move || is_shown(Panel::Publish)
            >
                <publish::PublishForm draft=bench.draft />
            </section>
        </aside>
    }
}

/// The details of the selected event, or how to select one.
#[component]
fn SelectedEvent(bench: Workbench) -> impl IntoView {
    let list = bench.list;
    let has_rows = Memo::new(move |_| list.rows.with(|rows| rows.total > 0));
    move || match list.selected.get() {
        Some(recent) => view! { <detail::Detail recent=recent bench=bench /> }.into_any(),
        None if has_rows.get() => {
            view! { <p class="quiet">"Select an event to see its details."</p> }.into_any()
        }
        None => {
            view! { <p class="quiet">"Publish an event to see its details here."</p> }.into_any()
        }
    }
}
