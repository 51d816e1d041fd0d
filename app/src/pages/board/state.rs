//! What the tiles of a board share: the arrangement, the time shown, and where in it somebody
//! points.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;
use pulseboard_contract::{Timestamp, Topic};

use super::layout::Layout;
use crate::{
    clock::use_clock, components::plot::Window, live::use_live, platform::clock::page_clock,
};
use pulseboard_feed::{Feed, TopicFeed, Widget};

/// A few seconds of data stretched over a tile would look like a storm.
const LEAST_MILLIS: i64 = 60_000;

/// Of the width of a chart, what a line has to move by to be seen.
const SEEN_PARTS: i64 = 1_000;

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
    /// How far down the board one was when a tile was made to fill the page.
    pub(super) left_at: StoredValue<f64>,
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
    pub(super) fn provide(
        layout: RwSignal<Layout>,
        full: Memo<Option<String>>,
        shared: Memo<Option<String>>,
    ) -> Self {
        let widgets = widgets();
        let (pointed, dragged) = (RwSignal::new(None), RwSignal::new(None));
        let pointed_at = Memo::new(move |_| {
            let at = |pointed: &Pointed| Some(pointed.window.try_get()?.at(pointed.part));
            pointed.with(|pointed: &Option<Pointed>| pointed.as_ref().and_then(at))
        });
        let board = Self {
            layout,
            widgets,
            pointed,
            pointed_at,
            full,
            shared,
            dragged,
            left_at: StoredValue::new(0.0),
        };
        provide_context(board);
        board
    }

    /// The time the charts of a topic show.
    pub(super) fn window(self, topic: &Topic) -> Memo<Window> {
        let (live, clock) = (use_live(), use_clock());
        let topic = topic.clone();
        let first = Memo::new(move |_| {
            live.feed
                .with(|feed| feed.topic(&topic).and_then(TopicFeed::first_time))
        });
        let range = Memo::new(move |_| self.layout.with(|layout| layout.range));
        Memo::new(move |_| window(clock.now(), range.get(), first.get()))
    }
}

/// What the tiles share.
pub(super) fn use_board() -> Board {
    expect_context()
}

/// The tiles there are. Of many that are new at once one is built with each frame, because building
/// a tile takes as long as many changes of one.
fn widgets() -> Memo<Vec<Widget>> {
    let live = use_live();
    let frames = RwSignal::new(0u32);
    let widgets = Memo::new(move |before: Option<&Vec<Widget>>| {
        frames.track();
        let all = live.feed.with(Feed::widgets);
        before.map_or_else(|| all.clone(), |before| admit(before, &all))
    });
    Effect::new(move |_| {
        let count = widgets.with(Vec::len);
        if live.feed.with_untracked(Feed::widgets).len() > count {
            request_animation_frame(move || {
                // The board may be gone by then.
                frames.try_update(|frames| *frames = frames.wrapping_add(1));
            });
        }
    });
    widgets
}

/// Those that were there, and the first of those that are new.
fn admit(before: &[Widget], all: &[Widget]) -> Vec<Widget> {
    let new = all.iter().find(|widget| !before.contains(widget));
    all.iter()
        .filter(|widget| before.contains(widget) || Some(*widget) == new)
        .cloned()
        .collect()
}

/// The range chosen, or all there is where that is less: a topic that has just begun is not a
/// sliver at the edge of an empty chart, it fills its chart and grows to the range. Of all that are
/// as old as the range, what happened together stands together. The right edge moves on once a
/// second, or slower where a second is less than one can see.
fn window(now: Timestamp, range: i64, first: Option<Timestamp>) -> Window {
    let shown = |end: i64| {
        // In whole seconds, so that what began together is drawn alike.
        let age = first.map_or(range, |first| (end - first.millis() + 999) / 1_000 * 1_000);
        range.min(age.max(LEAST_MILLIS))
    };
    let step = (shown(now.millis()) / SEEN_PARTS).max(1_000);
    // What is told until the next step has to be within.
    let end = (now.millis() + 1_000).div_euclid(step) * step + step;
    Window::until(Timestamp::from_millis(end).unwrap_or(now), shown(end))
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
        live.feed
            .with_untracked(|feed| feed.topic(&topic).map(&read))
    })
}

/// The time until something is drawn again that changes all the time. It differs a little from one
/// to the next, or all that a burst changes would be drawn with the same frame.
fn pause(millis: f64) -> f64 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    millis + 12.0 * f64::from(COUNT.fetch_add(1, Ordering::Relaxed) % 8)
}

/// What is drawn of a topic: it follows the time shown, and the topic's values as often as a new
/// one moves a line by what can be seen.
pub(super) fn draw<T: PartialEq + Clone + Send + Sync + 'static>(
    topic: &Topic,
    read: impl Fn(&TopicFeed, Window) -> T + Send + Sync + 'static,
) -> Memo<Option<T>> {
    let live = use_live();
    let board = use_board();
    let window = board.window(topic);
    let topic = topic.clone();
    let steps = {
        let topic = topic.clone();
        let (drawn_at, pause) = (StoredValue::new(f64::NEG_INFINITY), pause(0.0));
        Memo::new(move |before: Option<&u64>| {
            let steps = live
                .feed
                .with(|feed| feed.topic(&topic).map_or(0, TopicFeed::steps));
            let (at, part) = (page_clock(), window.get_untracked().millis() / SEEN_PARTS);
            let due = drawn_at.get_value()
                + pause
                + f64::from(i32::try_from(part).unwrap_or(i32::MAX).min(1_000));
            // What is put off is drawn when the time shown moves on, within a second.
            match before {
                Some(before) if at < due => *before,
                Some(_) | None => {
                    drawn_at.set_value(at);
                    steps
                }
            }
        })
    };
    Memo::new(move |_| {
        steps.get();
        let window = window.get();
        live.feed
            .with_untracked(|feed| feed.topic(&topic).map(|topic| read(topic, window)))
    })
}

/// The newest rows of a list, as many as are shown. Each row that comes is drawn at once; where
/// several come with every frame nobody reads them, and they are exchanged a few times a second.
pub(super) fn paced<T: PartialEq + Clone + Send + Sync + 'static>(
    read: impl Fn() -> Vec<T> + Send + Sync + 'static,
    is_same: fn(&T, &T) -> bool,
) -> Memo<Vec<T>> {
    const SEVERAL: usize = 4;
    let clock = use_clock();
    let pause = pause(250.0);
    let drawn_at = StoredValue::new(f64::NEG_INFINITY);
    Memo::new(move |before: Option<&Vec<T>>| {
        // The last ones are drawn by the next second at the latest.
        clock.now();
        let rows = read();
        let at = page_clock();
        if let Some(before) = before {
            let new = rows
                .iter()
                .filter(|row| !before.iter().any(|old| is_same(old, row)))
                .count();
            if !before.is_empty() && new >= SEVERAL && at - drawn_at.get_value() < pause {
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
    fn many_new_tiles_come_one_by_one_and_those_that_were_there_stay() {
        let all: Vec<_> = (0..4)
            .map(|n| Widget::Lines(Topic::new(&format!("t{n}")).unwrap()))
            .collect();
        let mut shown = vec![all[2].clone()];
        let counts: Vec<_> = std::iter::repeat_with(|| {
            shown = admit(&shown, &all);
            shown.len()
        })
        .take(4)
        .collect();
        assert_eq!((counts, shown), (vec![2, 3, 4, 4], all.clone()));
        assert_eq!(
            admit(&all, &all[..2]),
            all[..2],
            "what is gone is gone at once"
        );
    }

    #[test]
    fn a_young_chart_grows_to_the_range() {
        let at = |second: i64| Timestamp::from_millis(second * 1_000).unwrap();
        let seconds =
            |first: Option<i64>| window(at(9_998), 300_000, first.map(at)).millis() / 1_000;
        assert_eq!(
            [None, Some(9_998), Some(9_900), Some(9_000)].map(seconds),
            [300, 60, 100, 300]
        );
    }

    #[test]
    fn the_right_edge_is_now_as_nearly_as_can_be_seen() {
        let at = |second: i64| Timestamp::from_millis(second * 1_000).unwrap();
        for now in 100_000..100_200 {
            for age in [10, 240, 3_600, 86_400] {
                let window = window(at(now), 86_400_000, Some(at(now - age)));
                let ahead = window.end.millis() - now * 1_000;
                assert!(
                    ahead >= 1_000 && ahead <= 2_000 + window.millis() / SEEN_PARTS,
                    "{age} s old: {ahead} ms of {window:?}"
                );
            }
        }
    }
}
