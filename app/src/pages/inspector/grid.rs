//! The list: a grid of which only the rows in view exist. Rows are slots; an event that comes
//! changes what the slots say, and makes no element.

use leptos::prelude::*;

use super::{
    pointer::Pointer,
    state::{List, Source},
};
use crate::{
    clock::use_clock,
    components::{Icon, IconName, keyed},
    format,
    live::use_live,
    platform::{clock::epoch_millis, scroll_area::SizeWatch},
};
use pulseboard_feed::{Feed, Recent};

/// Characters of a payload in its row; the rest is a click away.
const SHOWN: usize = 240;
/// Events a second above which a row is not lit as new: all of them would be.
const CALM: f64 = 20.0;
/// How long a row is new.
const NEW_MILLIS: i64 = 1_500;
/// What is older than this when it comes was caught up with.
const LATE_MILLIS: i64 = 10_000;
/// Rows a page key goes.
const PAGE: isize = 10;

/// The grid.
#[component]
pub(super) fn Grid(list: List) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let watch = StoredValue::new_local(None);
    Effect::new(move |_| {
        list.look();
        watch.set_value(SizeWatch::new(list.element, move || list.look()));
    });
    // A pointer that rests says so by nothing but the time.
    Effect::new(move |_| {
        clock.now();
        list.settle();
    });
    // Slots stay when the list gets shorter, so that events come and go without making elements.
    let slots = Memo::new(move |before: Option<&usize>| {
        let most = super::window::slots(list.extent.get());
        let needed = list.rows.with(|rows| rows.events.len());
        before.copied().unwrap_or_default().max(needed).min(most)
    });
    let is_calm = Memo::new(move |_| {
        let now = clock.now();
        live.feed.with_untracked(|feed: &Feed| feed.rate(now)) < CALM
    });
    let space = move |rows: usize| format!("calc({rows} * var(--row))");
    let before = Memo::new(move |_| list.rows.with(|rows| rows.first));
    let after = Memo::new(move |_| {
        list.rows
            .with(|rows| rows.total - rows.first - rows.events.len())
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
            on:pointermove=move |_| list.point(Pointer::moves)
            on:pointerup=move |_| list.point(|pointer, _| pointer.lets_go())
            on:pointercancel=move |_| list.point(|pointer, _| pointer.leaves())
            on:pointerleave=move |_| list.point(|pointer, _| pointer.leaves())
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
                on:scroll=move |_| list.look()
                on:keydown=move |event| on_key(list, &event)
            >
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
                <div role="rowgroup" class="slots">
                    <div role="presentation" style:height=move || space(before.get())></div>
                    {keyed(
                        move || (0..slots.get()).collect(),
                        usize::to_string,
                        move |slot| {
                            view! { <Row list=list place=slot is_calm=is_calm /> }.into_any()
                        },
                    )}
                    <div role="presentation" style:height=move || space(after.get())></div>
                </div>
            </div>
            <Waiting list=list />
        </div>
    }
}

/// How many came while the list stands still, and the way to them.
#[component]
fn Waiting(list: List) -> impl IntoView {
    let waiting = Memo::new(move |_| list.waiting());
    view! {
        {move || {
            waiting
                .get()
                .map(|_| {
                    view! {
                        <button class="button go waiting" on:click=move |_| list.to_top()>
                            <Icon name=IconName::Up />
                            {move || match waiting.get().unwrap_or_default() {
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

/// One slot.
#[component]
fn Row(list: List, place: usize, is_calm: Memo<bool>) -> impl IntoView {
    let clock = use_clock();
    let recent = Memo::new(move |_| list.rows.with(|rows| rows.events.get(place).cloned()));
    let number = move || list.rows.with(|rows| (rows.first + place + 2).to_string());
    let is_chosen = move || {
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
    let says = move |what: fn(&Recent) -> String| recent.with(|recent| recent.as_ref().map(what));
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
            id=format!("event-{place}")
            class:new=move || is_new()
            hidden=move || recent.with(Option::is_none)
            aria-rowindex=move || number()
            aria-selected=move || is_chosen().to_string()
            on:pointerdown=move |_| {
                if let Some(shown) = recent.get_untracked() {
                    list.point(|pointer, now| pointer.presses(now, place, shown));
                }
            }
            on:click=move |event| {
                let Some(shown) = recent.get_untracked() else { return };
                let recent = list.meant(place, shown);
                if event.shift_key() {
                    list.mark_to(&recent);
                } else if event.ctrl_key() || event.meta_key() {
                    list.mark(recent);
                } else {
                    list.selected.set(Some(recent));
                    list.is_open.set(true);
                }
            }
        >
            <span role="gridcell" class="time">
                <time datetime=move || says(at) title=move || says(at)>
                    {move || time()}
                </time>
            </span>
            <span role="gridcell" class="topic">
                {move || says(|recent| recent.event.topic.to_string())}
            </span>
            <span role="gridcell" class="type">
                {move || says(|recent| recent.event.event_type.to_string())}
            </span>
            <span role="gridcell" class="id">
                {move || says(id)}
            </span>
            <span role="gridcell" class="payload">
                {move || says(payload)}
            </span>
        </div>
    }
}

fn is_new(recent: &Recent) -> bool {
    match (recent.came, epoch_millis()) {
        // What came late, as after a pause, is not lit all at once.
        (Some(came), Some(now)) => {
            now - came.millis() < NEW_MILLIS
                && came.millis() - recent.event.time.millis() < LATE_MILLIS
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

/// The payload, cut: a row has no room for 64 KiB, and laying them out would take longer than a
/// frame.
fn payload(recent: &Recent) -> String {
    let text = recent.event.data.as_str();
    match text.char_indices().nth(SHOWN) {
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
            list.choose_at(0);
        }
        "End" => list.choose_at(
            list.rows
                .with_untracked(|rows| rows.total.saturating_sub(1)),
        ),
        "Enter" => list.is_open.set(true),
        " " => {
            if let Some(recent) = list.selected.get_untracked() {
                list.mark(recent);
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
