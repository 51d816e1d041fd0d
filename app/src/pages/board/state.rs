//! What the tiles of a board share: the arrangement, the time shown, and where in it somebody points.

use leptos::prelude::*;
use pulseboard::{Timestamp, Topic};

use super::layout::Layout;
use crate::{
    clock::use_clock,
    components::plot::Window,
    feed::{TopicFeed, Widget},
    live::use_live,
};

/// A few seconds of data stretched over a tile would look like a storm.
const LEAST_MILLIS: i64 = 60_000;

/// Where somebody points in a chart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pointed {
    /// How far from the left edge, as a part of the width.
    pub(super) part: f64,
    /// In which chart: its topic and first field.
    pub(super) chart: String,
    /// The time it shows.
    pub(super) window: Memo<Window>,
}

/// What the tiles share; in the context.
#[derive(Clone, Copy)]
pub(super) struct Board {
    /// The arrangement.
    pub(super) layout: RwSignal<Layout>,
    /// The tiles there are, as they come by themselves.
    pub(super) widgets: Memo<Vec<Widget>>,
    /// The right edge of all charts. It moves on once a second, or slower where a second is less than one can see.
    pub(super) end: Memo<Timestamp>,
    /// Where somebody points.
    pub(super) pointed: RwSignal<Option<Pointed>>,
    /// Which time that is; it is marked in every chart.
    pub(super) pointed_at: Memo<Option<Timestamp>>,
    /// The tile that fills the page.
    pub(super) full: Memo<Option<String>>,
    /// The arrangement in the address, as it stands there.
    pub(super) shared: Memo<Option<String>>,
    /// What is being dragged.
    pub(super) dragged: RwSignal<Option<Drag>>,
}

/// A tile that is being dragged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drag {
    pub(super) key: String,
    /// Where it was taken hold of, in the window.
    pub(super) from: (i32, i32),
    /// Whether it has left that place: a click is no drag.
    pub(super) is_moving: bool,
    /// The tile it is over.
    pub(super) over: Option<String>,
}

impl Board {
    pub(super) fn provide(layout: RwSignal<Layout>, full: Memo<Option<String>>, shared: Memo<Option<String>>) -> Self {
        let live = use_live();
        let widgets = Memo::new(move |_| live.feed.with(crate::feed::Feed::widgets));
        let (end, pointed, dragged) = (end(layout), RwSignal::new(None), RwSignal::new(None));
        let pointed_at = Memo::new(move |_| {
            let at = |pointed: &Pointed| Some(pointed.window.try_get()?.at(pointed.part));
            pointed.with(|pointed: &Option<Pointed>| pointed.as_ref().and_then(at))
        });
        let board = Self { layout, widgets, end, pointed, pointed_at, full, shared, dragged };
        provide_context(board);
        board
    }

    /// The time the charts of a topic show.
    pub(super) fn window(self, topic: &Topic) -> Memo<Window> {
        let live = use_live();
        let topic = topic.clone();
        let first = Memo::new(move |_| live.feed.with(|feed| feed.topic(&topic).and_then(TopicFeed::first_time)));
        Memo::new(move |_| window(self.end.get(), self.layout.with(|layout| layout.range), first.get()))
    }
}

/// What the tiles share.
pub(super) fn use_board() -> Board {
    expect_context()
}

fn end(layout: RwSignal<Layout>) -> Memo<Timestamp> {
    let clock = use_clock();
    let range = Memo::new(move |_| layout.with(|layout| layout.range));
    Memo::new(move |_| {
        let (range, now) = (range.get(), clock.now());
        let step = (range / 1_000).max(1_000);
        // What is told until the next step has to be within.
        let end = (now.millis() + 1_000).div_euclid(step) * step + step;
        Timestamp::from_millis(end).unwrap_or(now)
    })
}

/// The range chosen, or all there is where that is less: a topic that has just begun is not a sliver at the edge of an empty
/// chart, it fills its chart and grows to the range. Of all that are as old as the range, what happened together stands together.
fn window(end: Timestamp, range: i64, first: Option<Timestamp>) -> Window {
    let age = first.map_or(range, |first| end.millis() - first.millis());
    Window::until(end, range.min(age.max(LEAST_MILLIS)))
}

/// A value of a topic, which follows it.
pub(super) fn follow<T: PartialEq + Clone + Send + Sync + 'static>(
    topic: &Topic,
    read: impl Fn(&TopicFeed) -> T + Send + Sync + 'static,
) -> Memo<Option<T>> {
    let live = use_live();
    let topic = topic.clone();
    let revision = live.revision(topic.clone());
    Memo::new(move |_| {
        revision.get();
        live.feed.with_untracked(|feed| feed.topic(&topic).map(&read))
    })
}

/// What is drawn of a topic: it follows the topic's steps, which come less often than its events, and the time shown.
pub(super) fn draw<T: PartialEq + Clone + Send + Sync + 'static>(
    topic: &Topic,
    read: impl Fn(&TopicFeed, Window) -> T + Send + Sync + 'static,
) -> Memo<Option<T>> {
    let live = use_live();
    let board = use_board();
    let topic = topic.clone();
    let steps = {
        let topic = topic.clone();
        Memo::new(move |_| live.feed.with(|feed| feed.topic(&topic).map_or(0, TopicFeed::steps)))
    };
    let window = board.window(&topic);
    Memo::new(move |_| {
        steps.get();
        let window = window.get();
        live.feed.with_untracked(|feed| feed.topic(&topic).map(|topic| read(topic, window)))
    })
}

/// The newest rows of a list, as many as are shown. Each row that comes is drawn at once; where several come with every
/// frame nobody reads them, and they are exchanged a few times a second.
pub(super) fn paced<T: PartialEq + Clone + Send + Sync + 'static>(
    read: impl Fn() -> Vec<T> + Send + Sync + 'static,
    is_same: fn(&T, &T) -> bool,
) -> Memo<Vec<T>> {
    const PAUSE_MILLIS: f64 = 250.0;
    const SEVERAL: usize = 4;
    let clock = use_clock();
    let drawn_at = StoredValue::new(f64::NEG_INFINITY);
    Memo::new(move |before: Option<&Vec<T>>| {
        // The last ones are drawn by the next second at the latest.
        clock.now();
        let rows = read();
        let at = crate::environment::page_clock();
        if let Some(before) = before {
            let new = rows.iter().filter(|row| !before.iter().any(|old| is_same(old, row))).count();
            if !before.is_empty() && new >= SEVERAL && at - drawn_at.get_value() < PAUSE_MILLIS {
                return before.clone();
            }
            if *before == rows {
                return rows;
            }
        }
        drawn_at.set_value(at);
        rows
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_young_chart_grows_to_the_range() {
        let at = |second: i64| Timestamp::from_millis(second * 1_000).unwrap();
        let seconds = |first: Option<i64>| window(at(10_000), 300_000, first.map(at)).millis() / 1_000;
        assert_eq!([None, Some(9_999), Some(9_900), Some(9_000)].map(seconds), [300, 60, 100, 300]);
    }
}
