//! The inspector: raw events as they come and as they are stored, one of them in full, the
//! connection, and a form to publish.

mod connection;
pub(crate) mod detail;
mod draft;
mod export;
mod field;
mod filter;
mod grid;
mod lag;
mod pointer;
mod publish;
mod range;
mod state;
mod stored;
mod tail;
mod times;
mod tools;
mod window;

use std::{collections::BTreeMap, time::Duration};

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

use pulseboard_contract::Timestamp;

use crate::{live::use_live, platform};
use filter::Filter;
use publish::Draft;
use pulseboard_feed::Feed;
use range::Range;
use state::{List, Source};
use tail::Tail;

/// The address follows the field when one stops writing for so long.
const SETTLED: Duration = Duration::from_millis(300);

/// What stands beside the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Panel {
    Event,
    Connection,
    Publish,
}

/// What the parts of the page do to each other.
#[derive(Clone, Copy)]
pub(super) struct Workbench {
    list: List,
    panel: RwSignal<Panel>,
    draft: RwSignal<Draft>,
    /// Adds a part to the filter.
    seek: Callback<String>,
    /// Shows everything that the log has from about a moment.
    around: Callback<Timestamp>,
}

impl Workbench {
    /// Goes back to the list.
    fn close(self) {
        self.list.is_open.set(false);
        if let Some(list) = self.list.element.get_untracked() {
            let _ = list.focus();
        }
    }

    /// Shows the form.
    fn show_publish(self) {
        self.list.is_open.set(false);
        self.panel.set(Panel::Publish);
        // On a small screen it is further down: the focus brings it into view.
        platform::focus::focus_soon(publish::PAYLOAD.to_owned());
    }
}

/// The page.
#[component]
pub fn Inspector() -> impl IntoView {
    let live = use_live();
    let Asked {
        text,
        source,
        range,
        settle,
    } = Asked::of_address();
    let read = Memo::new(move |_| text.with(|text| Filter::parse(text)));
    // While a part is half written, what was looked for before goes on.
    let filter = Memo::new(move |before: Option<&Filter>| match read.get() {
        Ok(filter) => filter,
        Err(_) => before.cloned().unwrap_or_default(),
    });
    let list = List::new(live, filter, source, range);
    let write = Callback::new(move |written| {
        text.set(written);
        settle.run(SETTLED);
    });
    let seek = Callback::new(move |part: String| {
        let before = text.get_untracked();
        let before = before.trim_end();
        write.run(if before.is_empty() {
            part
        } else {
            format!("{before} {part}")
        });
        list.is_open.set(false);
    });
    let around = Callback::new(move |moment: Timestamp| {
        text.set(String::new());
        range.set(Range::around(moment));
        source.set(Source::Stored);
        list.is_open.set(false);
    });
    let (panel, draft) = (RwSignal::new(Panel::Event), RwSignal::new(Draft::default()));
    let bench = Workbench {
        list,
        panel,
        draft,
        seek,
        around,
    };
    // Another list is read from its top, and what was marked in the one before is not in it.
    Effect::new(move |before: Option<(Filter, Source, Range)>| {
        let now = (filter.get(), source.get(), range.get());
        if let Some(before) = before.filter(|before| *before != now) {
            list.to_top();
            if before.1 != now.1 {
                list.marked.set(BTreeMap::new());
            }
            if (before.1, before.2) != (now.1, now.2) {
                settle.run(Duration::ZERO);
            }
        }
        now
    });
    search_when_asked(list);
    let received = Memo::new(move |_| live.feed.with(Feed::received));
    let found = Memo::new(move |_| list.tail.with(Tail::total));
    view! {
        <Title text="Inspector" />
        <div class="panes inspect">
            <section
                class="tile list"
                aria-label="Event list"
                data-received=move || received.get().to_string()
                data-found=move || found.get().to_string()
            >
                <h1 class="hidden">"Inspector"</h1>
                <form
                    class="tools"
                    method="get"
                    on:submit=move |submit| {
                        submit.prevent_default();
                        settle.run(Duration::ZERO);
                    }
                >
                    <field::FilterField text=text write=write />
                    <tools::Switches list=list />
                </form>
                <p class="summary">
                    <span class="problem" role="alert">
                        {move || read.get().err()}
                    </span>
                    <tools::Summary list=list />
                </p>
                <times::Times list=list />
                <grid::Grid list=list />
                <tools::Beyond list=list />
            </section>
            <Side bench=bench />
        </div>
    }
}

/// What stands beside the list.
#[component]
fn Side(bench: Workbench) -> impl IntoView {
    let (list, panel) = (bench.list, bench.panel);
    // Whoever chooses an event wants to see it, whatever stood there.
    Effect::new(move |before: Option<()>| {
        list.selected.track();
        if before.is_some() {
            panel.set(Panel::Event);
        }
    });
    let has_rows = Memo::new(move |_| list.rows.with(|rows| rows.total > 0));
    let choose = move |this: Panel, word: &'static str| {
        view! {
            <button
                aria-pressed=move || (panel.get() == this).to_string()
                on:click=move |_| panel.set(this)
            >
                {word}
            </button>
        }
        .into_any()
    };
    let is_shown = move |this: Panel| (panel.get() == this).to_string();
    view! {
        <aside class="side-stack" data-open=move || list.is_open.get().to_string()>
            <div class="segments needs-script" role="group" aria-label="Beside the list">
                {choose(Panel::Event, "Event")}
                {choose(Panel::Connection, "Connection")}
                {choose(Panel::Publish, "Publish")}
            </div>
            <section
                class="tile detail"
                aria-label="Selected event"
                data-shown=move || is_shown(Panel::Event)
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        bench.close();
                    }
                }
            >
                {move || match list.selected.get() {
                    Some(recent) => {
                        view! { <detail::Detail recent=recent bench=bench /> }.into_any()
                    }
                    None if has_rows.get() => {
                        view! {
                            <p class="quiet">"Choose an event of the list to see all of it."</p>
                        }
                            .into_any()
                    }
                    None => {
                        view! { <p class="quiet">"Publish an event and look at it here."</p> }
                            .into_any()
                    }
                }}
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

/// What is asked for, as the address has it; the address follows it, in the place of the one
/// before.
#[derive(Clone, Copy)]
struct Asked {
    text: RwSignal<String>,
    source: RwSignal<Source>,
    range: RwSignal<Range>,
    /// Has the address follow after a while.
    settle: Callback<Duration>,
}

impl Asked {
    fn of_address() -> Self {
        let query = use_query_map();
        let navigate = use_navigate();
        let of_query = move || {
            query.with(|query| {
                let source = if query.get("view").as_deref() == Some("stored") {
                    Source::Stored
                } else {
                    Source::Live
                };
                (
                    query.get("q").unwrap_or_default(),
                    source,
                    Range::of_address(|name| query.get(name)),
                )
            })
        };
        let (text, source, range) = untrack(of_query);
        let written = StoredValue::new((text.clone(), source, range));
        let (text, source, range) = (
            RwSignal::new(text),
            RwSignal::new(source),
            RwSignal::new(range),
        );
        Effect::new(move |_| {
            let asked = of_query();
            // A link led here; what was written here is there already, and may have been written
            // further.
            if asked != written.get_value() {
                written.set_value(asked.clone());
                text.set(asked.0);
                source.set(asked.1);
                range.set(asked.2);
            }
        });
        let timer = StoredValue::new(None::<TimeoutHandle>);
        let stop = move || {
            if let Some(timer) = timer.try_update_value(Option::take).flatten() {
                timer.clear();
            }
        };
        on_cleanup(stop);
        let settle = Callback::new(move |after: Duration| {
            stop();
            let navigate = navigate.clone();
            let follow = move || {
                let (text, source) = (text.get_untracked(), source.get_untracked());
                // What comes live has no other time than now.
                let range = if source == Source::Stored {
                    range.get_untracked().given()
                } else {
                    Range::All
                };
                let now = (text, source, range);
                if now == written.get_value() {
                    return;
                }
                let view = if source == Source::Stored {
                    "stored"
                } else {
                    ""
                };
                let mut params = vec![("q", now.0.clone()), ("view", view.to_owned())];
                params.extend(range.params());
                written.set_value(now);
                let options = NavigateOptions {
                    replace: true,
                    scroll: false,
                    ..NavigateOptions::default()
                };
                navigate(&range::address(&params), options);
            };
            if let Ok(handle) = set_timeout_with_handle(follow, after) {
                timer.set_value(Some(handle));
            }
        });
        Self {
            text,
            source,
            range,
            settle,
        }
    }
}

/// Searches the log while it is what is shown, anew for another filter once one stops writing.
fn search_when_asked(list: List) {
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    on_cleanup(stop);
    Effect::new(move |before: Option<(Filter, Source, Range)>| {
        let now = (
            list.filter.get(),
            list.source.get(),
            list.search.range.get(),
        );
        stop();
        if now.1 == Source::Stored {
            let is_writing =
                before.is_some_and(|before| before.1 == Source::Stored && before.2 == now.2);
            if is_writing {
                timer.set_value(set_timeout_with_handle(move || list.search.start(), SETTLED).ok());
            } else {
                list.search.start();
            }
        } else {
            list.search.stop();
        }
        now
    });
}
