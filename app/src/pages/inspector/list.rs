//! The events in the list: the live events, the live events frozen while the reader looks at them, or
//! the results of a search.

use std::{collections::BTreeMap, sync::Arc};

use leptos::{html, prelude::*};

use super::{
    filter::Filter, pointer::Pointer, search::Search, tail::Tail, time_range::TimeRange,
    virtual_list,
};
use crate::{
    live::Live,
    platform::{
        clock::page_clock,
        scroll_area::{self, Extent},
    },
};
use pulseboard_feed::Recent;

/// Which events the list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Events as they arrive.
    Live,
    /// Events from the log.
    Stored,
}

/// The live events when the list was frozen.
#[derive(Clone, Debug)]
struct FrozenList {
    filter: Filter,
    events: Arc<Vec<Recent>>,
    /// The number of matching events until then.
    total: u64,
}

/// The rows that the page draws.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rows {
    /// The index of the first row in the list.
    pub first: usize,
    /// The events, newest first.
    pub events: Vec<Recent>,
    /// The number of events in the list.
    pub total: usize,
}

/// The list, its selection and its scroll position.
#[derive(Clone, Copy)]
pub(super) struct List {
    /// Live or stored events.
    pub source: RwSignal<Source>,
    /// The filter.
    pub filter: Memo<Filter>,
    /// The live events that match.
    pub tail: Memo<Tail>,
    /// The search of the log.
    pub search: Search,
    /// The part of the list in view.
    pub extent: RwSignal<Option<Extent>>,
    /// The rows that the page draws.
    pub rows: Memo<Rows>,
    /// The event whose details are shown.
    pub selected: RwSignal<Option<Recent>>,
    /// Further selected events, by number. An export contains these, if there are any.
    pub marked: RwSignal<BTreeMap<u64, Recent>>,
    /// Whether the details cover the list, on a screen without room for both.
    pub is_open: RwSignal<bool>,
    /// The element that scrolls.
    pub element: NodeRef<html::Div>,
    frozen: RwSignal<Option<FrozenList>>,
    pointer: StoredValue<Pointer>,
}

impl List {
    /// The list of a page.
    pub(super) fn new(
        live: Live,
        filter: Memo<Filter>,
        source: RwSignal<Source>,
        range: RwSignal<TimeRange>,
    ) -> Self {
        let tail = Memo::new_owning(move |tail: Option<Tail>| {
            let filter = filter.get();
            let (mut tail, is_new) = match tail {
                Some(tail) if *tail.filter() == filter => (tail, false),
                _ => (Tail::new(filter), true),
            };
            let has_matches = live.feed.with(|feed| tail.follow(feed));
            (tail, is_new || has_matches)
        });
        let search = Search::new(filter, range);
        let extent = RwSignal::new(None);
        let frozen = RwSignal::new(None::<FrozenList>);
        let rows = Memo::new(move |_| {
            let extent = extent.get();
            let visible = |total: usize, get: &dyn Fn(usize) -> Option<Recent>| {
                let range = virtual_list::in_view(extent, total);
                Rows {
                    first: range.start,
                    events: range.filter_map(get).collect(),
                    total,
                }
            };
            if source.get() == Source::Stored {
                return search
                    .results
                    .with(|results| visible(results.len(), &|index| results.get(index).cloned()));
            }
            let events = frozen.with(|frozen| {
                frozen
                    .as_ref()
                    .filter(|frozen| filter.with(|filter| *filter == frozen.filter))
                    .map(|frozen| frozen.events.clone())
            });
            match events {
                Some(events) => visible(events.len(), &|index| events.get(index).cloned()),
                None => tail.with(|tail| {
                    visible(tail.matches().len(), &|index| {
                        tail.matches().from_newest(index).cloned()
                    })
                }),
            }
        });
        // The page opens with the details of its newest event.
        let selected = RwSignal::new(rows.with_untracked(|rows| rows.events.first().cloned()));
        Self {
            source,
            filter,
            tail,
            search,
            extent,
            rows,
            selected,
            marked: RwSignal::new(BTreeMap::new()),
            is_open: RwSignal::new(false),
            element: NodeRef::new(),
            frozen,
            pointer: StoredValue::new(Pointer::default()),
        }
    }

    /// Takes the new scroll position or size.
    pub(super) fn on_scroll(self) {
        let Some(extent) = scroll_area::measure(self.element) else {
            return;
        };
        self.extent.set(Some(extent));
        self.freeze_or_thaw();
        let is_away = is_away(self.extent.get_untracked());
        // The server applies the whole filter, so the next page costs little: load it without asking.
        let total = self.rows.with_untracked(|rows| rows.total);
        let is_near_end = virtual_list::in_view(Some(extent), total).end == total;
        if self.source.get_untracked() == Source::Stored
            && is_away
            && is_near_end
            && self.filter.with_untracked(Filter::runs_on_server)
        {
            self.search.resume_automatically();
        }
    }

    /// Freezes the live list while the reader has scrolled away from the newest event or moves the
    /// pointer to select one. Unfreezes it afterwards.
    pub(super) fn freeze_or_thaw(self) {
        let now = page_clock();
        let is_away = is_away(self.extent.get_untracked());
        let is_busy = is_away || self.pointer.with_value(|pointer| pointer.is_aiming(now));
        let is_frozen = self.is_frozen_untracked();
        if is_busy && !is_frozen && self.source.get_untracked() == Source::Live {
            self.freeze();
        } else if !is_busy && is_frozen {
            self.frozen.set(None);
        }
    }

    /// Takes an action of the pointer over the list.
    pub(super) fn on_pointer(self, act: impl FnOnce(&mut Pointer, f64)) {
        self.pointer
            .update_value(|pointer| act(pointer, page_clock()));
        self.freeze_or_thaw();
    }

    /// The event that the reader clicked, for a click on a slot that shows `shown` now.
    pub(super) fn clicked(self, slot: usize, shown: Recent) -> Recent {
        self.pointer
            .try_update_value(|pointer| pointer.clicked(slot))
            .flatten()
            .unwrap_or(shown)
    }

    fn freeze(self) {
        let frozen = self.tail.with_untracked(|tail| FrozenList {
            filter: tail.filter().clone(),
            events: Arc::new(tail.newest_first()),
            total: tail.total(),
        });
        self.frozen.set(Some(frozen));
    }

    fn is_frozen_untracked(self) -> bool {
        self.frozen.with_untracked(Option::is_some)
    }

    /// The number of matching events since the list was frozen. `None` if there is nothing to tell the
    /// reader, who is at the newest event and has missed none.
    pub(super) fn new_events(self) -> Option<u64> {
        if self.source.get() != Source::Live {
            return None;
        }
        let total = self
            .frozen
            .with(|frozen| frozen.as_ref().map(|frozen| frozen.total))?;
        let count = self.tail.with(Tail::total).saturating_sub(total);
        (count > 0 || is_away(self.extent.get())).then_some(count)
    }

    /// Scrolls to the newest event.
    pub(super) fn to_top(self) {
        self.pointer.update_value(Pointer::left);
        self.frozen.set(None);
        scroll_area::scroll(self.element, 0.0);
    }

    /// The event at an index of the list.
    fn at(self, index: usize) -> Option<Recent> {
        if self.source.get_untracked() == Source::Stored {
            return self
                .search
                .results
                .with_untracked(|results| results.get(index).cloned());
        }
        let frozen = self
            .frozen
            .with_untracked(|frozen| frozen.as_ref().map(|frozen| frozen.events.clone()));
        match frozen {
            Some(events) => events.get(index).cloned(),
            None => self
                .tail
                .with_untracked(|tail| tail.matches().from_newest(index).cloned()),
        }
    }

    /// The index of the selected event, if it is in the list.
    fn selected_index(self) -> Option<usize> {
        let selected = self.selected.get_untracked()?;
        let total = self.rows.with_untracked(|rows| rows.total);
        (0..total).find(|index| self.at(*index).is_some_and(|recent| recent.is(&selected)))
    }

    /// Selects the event this many rows further down, or up if negative. Stops at the first and the
    /// last event.
    pub(super) fn step(self, by: isize) {
        let from = self.selected_index();
        let total = self.rows.with_untracked(|rows| rows.total);
        let to = match from {
            Some(from) => from.saturating_add_signed(by).min(total.saturating_sub(1)),
            None => 0,
        };
        self.select_at(to);
    }

    /// Selects the event at an index and scrolls it into view.
    pub(super) fn select_at(self, index: usize) {
        let Some(recent) = self.at(index) else { return };
        self.selected.set(Some(recent));
        if let Some(extent) = scroll_area::measure(self.element)
            && let Some(top) = virtual_list::reveal(extent, index)
        {
            if top > extent.row / 2.0
                && !self.is_frozen_untracked()
                && self.source.get_untracked() == Source::Live
            {
                self.freeze();
            }
            scroll_area::scroll(self.element, top);
        }
    }

    /// Adds an event to the marked ones, or removes it.
    pub(super) fn toggle_mark(self, recent: Recent) {
        self.marked.update(|marked| {
            if marked.remove(&recent.number).is_none() {
                marked.insert(recent.number, recent);
            }
        });
    }

    /// Marks every event from the selected one to this one.
    pub(super) fn mark_range_to(self, recent: &Recent) {
        let total = self.rows.with_untracked(|rows| rows.total);
        let end = (0..total).find(|index| self.at(*index).is_some_and(|other| other.is(recent)));
        let (Some(from), Some(end)) = (self.selected_index(), end) else {
            return;
        };
        let range = from.min(end)..=from.max(end);
        self.marked.update(|marked| {
            marked.extend(
                range
                    .filter_map(|index| self.at(index))
                    .map(|recent| (recent.number, recent)),
            );
        });
    }

    /// The events to export, newest first: the marked ones, or all events in the list.
    pub(super) fn events_to_export(self) -> Vec<Recent> {
        let marked: Vec<_> = self
            .marked
            .with_untracked(|marked| marked.values().rev().cloned().collect());
        if !marked.is_empty() {
            return marked;
        }
        let total = self.rows.with_untracked(|rows| rows.total);
        (0..total).filter_map(|index| self.at(index)).collect()
    }
}

/// Whether the reader has scrolled away from the newest event.
fn is_away(extent: Option<Extent>) -> bool {
    extent.is_some_and(|extent| extent.top > extent.row / 2.0)
}
