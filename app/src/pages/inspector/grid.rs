//! The list as a grid. Only the rows in view exist as elements. They are slots: an arriving event
//! changes their text and creates no element.

use leptos::prelude::*;

use super::{
    list::{List, Source},
    pointer::Pointer,
    virtual_list,
};
use crate::{
    clock::use_clock,
    components::{Icon, IconName, keyed},
    format,
    live::use_live,
    platform::{clock::epoch_millis, scroll_area::SizeWatch},
};
use pulseboard_feed::{Feed, Recent};

/// The characters of a payload shown in its row.
const MAX_PAYLOAD: usize = 240;
/// Events per second above which new rows are not highlighted, because all of them would be.
const MAX_HIGHLIGHT_RATE: f64 = 20.0;
/// How long a new row is highlighted.
const NEW_MILLIS: i64 = 1_500;
/// An event older than this on arrival is a replayed one and is not highlighted.
const REPLAYED_MILLIS: i64 = 10_000;
/// The rows that Page Up and Page Down move.
const PAGE: isize = 10;

/// The grid.
#[component]
pub(super) fn Grid(list: List) -> impl IntoView {
    let clock = use_clock();
    let watch = StoredValue::new_local(None);
    Effect::new(move |_| {
        list.on_scroll();
        watch.set_value(SizeWatch::new(list.element, move || list.on_scroll()));
    });
    // Nothing but the passing time tells that the pointer rests.
    Effect::new(move |_| {
        clock.now();
        list.freeze_or_thaw();
    });
    let total = Memo::new(move |_| list.rows.with(|rows| rows.total));
    let active = move || {
        let selected = list.selected.get()?;
        let slot = list
            .rows
            .with(|rows| rows.events.iter().position(|recent| recent.is(&selected)))?;
        Some(format!("event-{slot}"))
    };
    view! {
        <div
            class="lines-frame"
            on:pointermove=move |_| list.on_pointer(Pointer::moved_at)
            on:pointerup=move |_| list.on_pointer(|pointer, _| pointer.released())
            on:pointercancel=move |_| list.on_pointer(|pointer, _| pointer.left())
            on:pointerleave=move |_| list.on_pointer(|pointer, _| pointer.left())
        >
            <div
                class="lines"
                role="grid"
                aria-label="Events"
                aria-multiselectable="true"
                tabindex="0"
                node_ref=list.element
                aria-rowcount=move || (total.get() + 1).to_string()
                aria-activedescendant=move || active()
                on:scroll=move |_| list.on_scroll()
                on:keydown=move |event| on_key(list, &event)
            >
                {column_names()}
                <Slots list=list />
            </div>
            <NewEvents list=list />
        </div>
    }
}

fn column_names() -> AnyView {
    view! {
        <div role="rowgroup">
            <div class="names" role="row" aria-rowindex="1">
                <span role="columnheader">"Time"</span>
                <span role="columnheader">"Topic"</span>
                <span role="columnheader">"Type"</span>
                <span role="columnheader" class="id">
                    "Event id"
                </span>
                <span role="columnheader">"Payload"</span>
            </div>
        </div>
    }
    .into_any()
}

/// The slots, and the space of the rows above and below them.
#[component]
fn Slots(list: List) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    // The number of slots never falls, so that events come and go without creating elements.
    let slots = Memo::new(move |before: Option<&usize>| {
        let most = virtual_list::slots(list.extent.get());
        let needed = list.rows.with(|rows| rows.events.len());
        before.copied().unwrap_or_default().max(needed).min(most)
    });
    let is_calm = Memo::new(move |_| {
        let now = clock.now();
        live.feed.with_untracked(|feed: &Feed| feed.rate(now)) < MAX_HIGHLIGHT_RATE
    });
    let height = move |rows: usize| format!("calc({rows} * var(--row))");
    let before = Memo::new(move |_| list.rows.with(|rows| rows.first));
    let after = Memo::new(move |_| {
        list.rows
            .with(|rows| rows.total - rows.first - rows.events.len())
    });
    view! {
        <div role="rowgroup" class="slots">
            <div role="presentation" style:height=move || height(before.get())></div>
            {keyed(
                move || (0..slots.get()).collect(),
                usize::to_string,
                move |slot| {
                    view! { <Row list=list index=slot is_calm=is_calm /> }.into_any()
                },
            )}
            <div role="presentation" style:height=move || height(after.get())></div>
        </div>
    }
}

/// The button that leaves the frozen list for the newest events.
#[component]
fn NewEvents(list: List) -> impl IntoView {
    let count = Memo::new(move |_| list.new_events());
    view! {
        {move || {
            count
                .get()
                .map(|_| {
                    view! {
                        <button class="button go waiting" on:click=move |_| list.to_top()>
                            <Icon name=IconName::Up />
                            {move || match count.get().unwrap_or_default() {
                                0 => "Back to live".to_owned(),
                                count => format!("{} new", format::whole(count)),
                            }}
                        </button>
                    }
                        .into_any()
                })
        }}
    }
}

/// One slot of the list.
#[component]
fn Row(list: List, index: usize, is_calm: Memo<bool>) -> impl IntoView {
    let clock = use_clock();
    let recent = Memo::new(move |_| list.rows.with(|rows| rows.events.get(index).cloned()));
    let number = move || list.rows.with(|rows| (rows.first + index + 2).to_string());
    let is_selected = move || {
        recent.with(|recent| {
            let Some(recent) = recent else { return false };
            list.selected.with(|selected| {
                selected
                    .as_ref()
                    .is_some_and(|selected| selected.is(recent))
            }) || list
                .marked
                .with(|marked| marked.contains_key(&recent.number))
        })
    };
    let is_new = move || {
        clock.now();
        is_calm.get() && recent.with(|recent| recent.as_ref().is_some_and(is_new))
    };
    let text = move |of: fn(&Recent) -> String| recent.with(|recent| recent.as_ref().map(of));
    let time = move || {
        let at = recent.with(|recent| recent.as_ref().map(|recent| recent.event.time))?;
        Some(format!(
            "{}.{:03}",
            clock.time_of_day(at),
            at.millis().rem_euclid(1_000)
        ))
    };
    view! {
        <div
            class="row"
            role="row"
            id=format!("event-{index}")
            class:new=move || is_new()
            hidden=move || recent.with(Option::is_none)
            aria-rowindex=move || number()
            aria-selected=move || is_selected().to_string()
            on:pointerdown=move |_| {
                if let Some(shown) = recent.get_untracked() {
                    list.on_pointer(|pointer, now| pointer.pressed_at(now, index, shown));
                }
            }
            on:click=move |event| {
                let Some(shown) = recent.get_untracked() else { return };
                let recent = list.clicked(index, shown);
                if event.shift_key() {
                    list.mark_range_to(&recent);
                } else if event.ctrl_key() || event.meta_key() {
                    list.toggle_mark(recent);
                } else {
                    list.selected.set(Some(recent));
                    list.is_open.set(true);
                }
            }
        >
            <span role="gridcell" class="time">
                <time datetime=move || text(at) title=move || text(at)>
                    {move || time()}
                </time>
            </span>
            <span role="gridcell" class="topic">
                {move || text(|recent| recent.event.topic.to_string())}
            </span>
            <span role="gridcell" class="type">
                {move || text(|recent| recent.event.event_type.to_string())}
            </span>
            <span role="gridcell" class="id">
                {move || text(id)}
            </span>
            <span role="gridcell" class="payload">
                {move || text(payload)}
            </span>
        </div>
    }
}

fn is_new(recent: &Recent) -> bool {
    match (recent.came, epoch_millis()) {
        // Events replayed after a pause are not highlighted all at once.
        (Some(came), Some(now)) => {
            now - came.millis() < NEW_MILLIS
                && came.millis() - recent.event.time.millis() < REPLAYED_MILLIS
        }
        _ => false,
    }
}

fn at(recent: &Recent) -> String {
    recent.event.time.to_string()
}

fn id(recent: &Recent) -> String {
    recent
        .event
        .event_id
        .map_or_else(|| "not stored".to_owned(), |id| id.to_string())
}

/// The start of the payload. A payload can have 64 KiB, whose layout would take longer than a frame.
fn payload(recent: &Recent) -> String {
    let text = recent.event.data.as_str();
    match text.char_indices().nth(MAX_PAYLOAD) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn on_key(list: List, event: &leptos::ev::KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    match event.key().as_str() {
        "ArrowDown" | "j" => list.step(1),
        "ArrowUp" | "k" => list.step(-1),
        "PageDown" => list.step(PAGE),
        "PageUp" => list.step(-PAGE),
        "Home" => {
            if list.source.get_untracked() == Source::Live {
                list.to_top();
            }
            list.select_at(0);
        }
        "End" => list.select_at(
            list.rows
                .with_untracked(|rows| rows.total.saturating_sub(1)),
        ),
        "Enter" => list.is_open.set(true),
        " " => {
            if let Some(recent) = list.selected.get_untracked() {
                list.toggle_mark(recent);
            }
        }
        "Escape" => {
            list.is_open.set(false);
            list.marked.set(std::collections::BTreeMap::new());
        }
        _ => return,
    }
    event.prevent_default();
}
