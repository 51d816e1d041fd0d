//! What is shown in the list: the live end, the live end held still while one reads, or what a
//! search of the log found.

use std::{collections::BTreeMap, sync::Arc};

use leptos::{html, prelude::*};

use super::{filter::Filter, pointer::Pointer, range::Range, stored::Search, tail::Tail, window};
use crate::{
    live::Live,
    platform::{
        clock::page_clock,
        scroll_area::{self, Extent},
    },
};
use pulseboard_feed::Recent;

/// Where the events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// As they come.
    Live,
    /// From the log.
    Stored,
}

/// The list as it was when one began to read it.
#[derive(Clone, Debug)]
struct Hold {
    filter: Filter,
    events: Arc<Vec<Recent>>,
    /// How many had been found by then.
    total: u64,
}

/// The rows that exist.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rows {
    /// The place of the first one in the list.
    pub first: usize,
    /// The events, newest first.
    pub events: Vec<Recent>,
    /// How long the list is.
    pub total: usize,
}

/// The list, and who is chosen in it.
#[derive(Clone, Copy)]
pub(super) struct List {
    /// Where the events come from.
    pub source: RwSignal<Source>,
    /// What is looked for.
    pub filter: Memo<Filter>,
    /// The live end.
    pub tail: Memo<Tail>,
    /// The search of the log.
    pub search: Search,
    /// What of the list is in view.
    pub extent: RwSignal<Option<Extent>>,
    /// The rows that exist.
    pub rows: Memo<Rows>,
    /// The event that is shown in full.
    pub selected: RwSignal<Option<Recent>>,
    /// Events marked besides, by number: what is exported where there are any.
    pub marked: RwSignal<BTreeMap<u64, Recent>>,
    /// Whether the event in full covers the list, where there is no room for both.
    pub is_open: RwSignal<bool>,
    /// The element that scrolls.
    pub element: NodeRef<html::Div>,
    hold: RwSignal<Option<Hold>>,
    pointer: StoredValue<Pointer>,
}

impl List {
    /// The list of a page.
    pub(super) fn new(
        live: Live,
        filter: Memo<Filter>,
        source: RwSignal<Source>,
        range: RwSignal<Range>,
    ) -> Self {
        let tail = Memo::new_owning(move |tail: Option<Tail>| {
            let filter = filter.get();
            let (mut tail, is_new) = match tail {
                Some(tail) if *tail.filter() == filter => (tail, false),
                _ => (Tail::new(filter), true),
            };
            let found = live.feed.with(|feed| tail.follow(feed));
            (tail, is_new || found)
        });
        let search = Search::new(filter, range);
        let extent = RwSignal::new(None);
        let hold = RwSignal::new(None::<Hold>);
        let rows = Memo::new(move |_| {
            let extent = extent.get();
            let cut = |total: usize, get: &dyn Fn(usize) -> Option<Recent>| {
                let range = window::in_view(extent, total);
                Rows {
                    first: range.start,
                    events: range.filter_map(get).collect(),
                    total,
                }
            };
            if source.get() == Source::Stored {
                return search
                    .found
                    .with(|found| cut(found.len(), &|index| found.get(index).cloned()));
            }
            let held = hold.with(|hold| {
                hold.as_ref()
                    .filter(|hold| filter.with(|f| *f == hold.filter))
                    .map(|hold| hold.events.clone())
            });
            match held {
                Some(events) => cut(events.len(), &|index| events.get(index).cloned()),
                None => tail.with(|tail| {
                    cut(tail.found().len(), &|index| {
                        tail.found().from_newest(index).cloned()
                    })
                }),
            }
        });
        // With the page comes its newest event, in full.
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
            hold,
            pointer: StoredValue::new(Pointer::default()),
        }
    }

    /// Takes in how the list is scrolled now.
    pub(super) fn look(self) {
        let Some(extent) = scroll_area::measure(self.element) else {
            return;
        };
        self.extent.set(Some(extent));
        self.settle();
        let is_away = is_away(self.extent.get_untracked());
        // Where the server finds everything, reading on costs little and is not asked for.
        let total = self.rows.with_untracked(|rows| rows.total);
        let is_near_end = window::in_view(Some(extent), total).end == total;
        if self.source.get_untracked() == Source::Stored
            && is_away
            && is_near_end
            && self.filter.with_untracked(Filter::is_the_servers)
        {
            self.search.go_on_by_itself();
        }
    }

    /// Whoever leaves the live end reads something, and whoever moves the pointer is about to
    /// choose something: the list stays as it is, however much comes, until they are done.
    pub(super) fn settle(self) {
        let now = page_clock();
        let is_away = is_away(self.extent.get_untracked());
        let is_wanted = is_away || self.pointer.with_value(|pointer| pointer.is_aiming(now));
        let is_held = self.is_held_untracked();
        if is_wanted && !is_held && self.source.get_untracked() == Source::Live {
            self.hold_still();
        } else if !is_wanted && is_held {
            self.hold.set(None);
        }
    }

    /// The pointer did something over the list.
    pub(super) fn point(self, act: impl FnOnce(&mut Pointer, f64)) {
        self.pointer
            .update_value(|pointer| act(pointer, page_clock()));
        self.settle();
    }

    /// What a click on a slot means that shows `shown` now.
    pub(super) fn meant(self, place: usize, shown: Recent) -> Recent {
        self.pointer
            .try_update_value(|pointer| pointer.meant(place))
            .flatten()
            .unwrap_or(shown)
    }

    fn hold_still(self) {
        let hold = self.tail.with_untracked(|tail| Hold {
            filter: tail.filter().clone(),
            events: Arc::new(tail.newest_first()),
            total: tail.total(),
        });
        self.hold.set(Some(hold));
    }

    fn is_held_untracked(self) -> bool {
        self.hold.with_untracked(Option::is_some)
    }

    /// How many were found since the list stands still, where one has to be told: one has left the
    /// live end, or misses something while the pointer moves.
    pub(super) fn waiting(self) -> Option<u64> {
        if self.source.get() != Source::Live {
            return None;
        }
        let total = self
            .hold
            .with(|hold| hold.as_ref().map(|hold| hold.total))?;
        let waiting = self.tail.with(Tail::total).saturating_sub(total);
        (waiting > 0 || is_away(self.extent.get())).then_some(waiting)
    }

    /// Goes to the newest.
    pub(super) fn to_top(self) {
        self.pointer.update_value(Pointer::leaves);
        self.hold.set(None);
        scroll_area::scroll(self.element, 0.0);
    }

    /// The event at a place in the list.
    fn at(self, index: usize) -> Option<Recent> {
        if self.source.get_untracked() == Source::Stored {
            return self
                .search
                .found
                .with_untracked(|found| found.get(index).cloned());
        }
        let held = self
            .hold
            .with_untracked(|hold| hold.as_ref().map(|hold| hold.events.clone()));
        match held {
            Some(events) => events.get(index).cloned(),
            None => self
                .tail
                .with_untracked(|tail| tail.found().from_newest(index).cloned()),
        }
    }

    /// The place of the chosen event, if it is in the list.
    fn place(self) -> Option<usize> {
        let selected = self.selected.get_untracked()?;
        let total = self.rows.with_untracked(|rows| rows.total);
        (0..total).find(|index| self.at(*index).is_some_and(|recent| recent.is(&selected)))
    }

    /// Chooses the event so many places further down, or up; the first or last where that is beyond
    /// an end.
    pub(super) fn step(self, by: isize) {
        let from = self.place();
        let total = self.rows.with_untracked(|rows| rows.total);
        let to = match from {
            Some(from) => from.saturating_add_signed(by).min(total.saturating_sub(1)),
            None => 0,
        };
        self.choose_at(to);
    }

    /// Chooses the event at a place, and brings it into view.
    pub(super) fn choose_at(self, index: usize) {
        let Some(recent) = self.at(index) else { return };
        self.selected.set(Some(recent));
        if let Some(extent) = scroll_area::measure(self.element)
            && let Some(top) = window::reveal(extent, index)
        {
            if top > extent.row / 2.0
                && !self.is_held_untracked()
                && self.source.get_untracked() == Source::Live
            {
                self.hold_still();
            }
            scroll_area::scroll(self.element, top);
        }
    }

    /// Marks an event, or takes the mark away.
    pub(super) fn mark(self, recent: Recent) {
        self.marked.update(|marked| {
            if marked.remove(&recent.number).is_none() {
                marked.insert(recent.number, recent);
            }
        });
    }

    /// Marks everything between the chosen event and this one.
    pub(super) fn mark_to(self, recent: &Recent) {
        let total = self.rows.with_untracked(|rows| rows.total);
        let end = (0..total).find(|index| self.at(*index).is_some_and(|other| other.is(recent)));
        let (Some(from), Some(end)) = (self.place(), end) else {
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

    /// What is exported: the marked events, or else all that are in the list, newest first.
    pub(super) fn exported(self) -> Vec<Recent> {
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

/// Whether one has left the live end.
fn is_away(extent: Option<Extent>) -> bool {
    extent.is_some_and(|extent| extent.top > extent.row / 2.0)
}
