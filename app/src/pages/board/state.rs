//! The state that the tiles of the board share: the layout, the time range, and the time that the
//! reader points at.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;
use pulseboard_contract::{Timestamp, Topic};

use super::layout::Layout;
use crate::{
    clock::use_clock, components::plot::TimeRange, live::use_live, platform::clock::page_clock,
};
use pulseboard_feed::{Feed, TopicFeed, Widget};

/// The shortest time range. A few seconds of data, stretched over a tile, would look turbulent.
const LEAST_MILLIS: i64 = 60_000;

/// A line moves visibly when it moves by the width of its chart divided by this.
const VISIBLE_STEPS: i64 = 1_000;

/// Where the reader points in a chart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pointed {
    /// The distance from the left edge, as a fraction of the width.
    pub(super) fraction: f64,
    /// The chart: its topic and first field.
    pub(super) chart: String,
    /// The time range of the chart.
    pub(super) range: Memo<TimeRange>,
}

/// The state that the tiles share; in the context.
#[derive(Clone, Copy)]
pub(super) struct BoardState {
    /// The layout.
    pub(super) layout: RwSignal<Layout>,
    /// All tiles, in their automatic order.
    pub(super) widgets: Memo<Vec<Widget>>,
    /// Where the reader points.
    pub(super) pointed: RwSignal<Option<Pointed>>,
    /// The time there. Every chart marks it.
    pub(super) pointed_at: Memo<Option<Timestamp>>,
    /// The key of the tile that fills the page.
    pub(super) full: Memo<Option<String>>,
    /// The layout in the address, as text.
    pub(super) shared: Memo<Option<String>>,
    /// The tile that is being dragged.
    pub(super) dragged: RwSignal<Option<Drag>>,
    /// The scroll position when a tile began to fill the page.
    pub(super) scroll_before: StoredValue<f64>,
}

/// A tile that is being dragged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drag {
    pub(super) key: String,
    /// Where the drag began, in pixels of the window.
    pub(super) from: (i32, i32),
    /// Whether the pointer has moved far enough for a drag; until then it may be a click.
    pub(super) is_moving: bool,
    /// The key of the tile under the pointer.
    pub(super) over: Option<String>,
}

impl BoardState {
    /// Puts the state into the context.
    pub(super) fn provide(
        layout: RwSignal<Layout>,
        full: Memo<Option<String>>,
        shared: Memo<Option<String>>,
    ) -> Self {
        let widgets = widgets();
        let (pointed, dragged) = (RwSignal::new(None), RwSignal::new(None));
        let pointed_at = Memo::new(move |_| {
            let at = |pointed: &Pointed| Some(pointed.range.try_get()?.at(pointed.fraction));
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
            scroll_before: StoredValue::new(0.0),
        };
        provide_context(board);
        board
    }

    /// The time range of a topic's charts.
    pub(super) fn time_range(self, topic: &Topic) -> Memo<TimeRange> {
        let (live, clock) = (use_live(), use_clock());
        let topic = topic.clone();
        let first = Memo::new(move |_| {
            live.feed
                .with(|feed| feed.topic(&topic).and_then(TopicFeed::first_time))
        });
        let chosen = Memo::new(move |_| self.layout.with(|layout| layout.range));
        Memo::new(move |_| time_range(clock.now(), chosen.get(), first.get()))
    }
}

/// The state that the tiles share.
pub(super) fn use_board() -> BoardState {
    expect_context()
}

/// All tiles. When many are new at once, each animation frame adds one of them, because building a
/// tile takes as long as many updates of one.
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

/// The tiles from before, and the first of the new ones.
fn admit(before: &[Widget], all: &[Widget]) -> Vec<Widget> {
    let new = all.iter().find(|widget| !before.contains(widget));
    all.iter()
        .filter(|widget| before.contains(widget) || Some(*widget) == new)
        .cloned()
        .collect()
}

/// The chosen range, or the age of the topic where that is shorter: a new topic fills its chart
/// instead of a sliver at the edge. Topics older than the range share one time axis. The right edge
/// moves once a second, or less often where the chart is too coarse to show a second.
fn time_range(now: Timestamp, range: i64, first: Option<Timestamp>) -> TimeRange {
    let shown = |end: i64| {
        // In whole seconds, so that topics that began together get the same range.
        let age = first.map_or(range, |first| (end - first.millis() + 999) / 1_000 * 1_000);
        range.min(age.max(LEAST_MILLIS))
    };
    let step = (shown(now.millis()) / VISIBLE_STEPS).max(1_000);
    // The range must include everything that arrives until the next step.
    let end = (now.millis() + 1_000).div_euclid(step) * step + step;
    TimeRange::until(Timestamp::from_millis(end).unwrap_or(now), shown(end))
}

/// A value read from a topic, which follows the topic.
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

/// The pause between two drawings of something that changes all the time. Each caller gets a slightly
/// different pause, so that a burst does not redraw everything in the same frame.
fn pause(millis: f64) -> f64 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    millis + 12.0 * f64::from(COUNT.fetch_add(1, Ordering::Relaxed) % 8)
}

/// A drawing of a topic. It follows the time range, and the topic's values as often as a new one
/// visibly moves a line.
pub(super) fn draw<T: PartialEq + Clone + Send + Sync + 'static>(
    topic: &Topic,
    read: impl Fn(&TopicFeed, TimeRange) -> T + Send + Sync + 'static,
) -> Memo<Option<T>> {
    let live = use_live();
    let board = use_board();
    let range = board.time_range(topic);
    let topic = topic.clone();
    let steps = {
        let topic = topic.clone();
        let (drawn_at, pause) = (StoredValue::new(f64::NEG_INFINITY), pause(0.0));
        Memo::new(move |before: Option<&u64>| {
            let steps = live
                .feed
                .with(|feed| feed.topic(&topic).map_or(0, TopicFeed::steps));
            let (at, step) = (page_clock(), range.get_untracked().millis() / VISIBLE_STEPS);
            let due = drawn_at.get_value()
                + pause
                + f64::from(i32::try_from(step).unwrap_or(i32::MAX).min(1_000));
            // A postponed drawing is made when the time range moves, within a second.
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
        let range = range.get();
        live.feed
            .with_untracked(|feed| feed.topic(&topic).map(|topic| read(topic, range)))
    })
}

/// The visible rows of a list, newest first. A new row is drawn at once. Where several arrive with
/// every frame, nobody can read them, and the list changes a few times a second.
pub(super) fn paced<T: PartialEq + Clone + Send + Sync + 'static>(
    read: impl Fn() -> Vec<T> + Send + Sync + 'static,
    is_same: fn(&T, &T) -> bool,
) -> Memo<Vec<T>> {
    const SEVERAL: usize = 4;
    let clock = use_clock();
    let pause = pause(250.0);
    let drawn_at = StoredValue::new(f64::NEG_INFINITY);
    Memo::new(move |before: Option<&Vec<T>>| {
        // The clock draws the last rows within a second.
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
    fn many_new_tiles_are_added_one_by_one_and_the_others_stay() {
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
            "removed tiles disappear at once"
        );
    }

    #[test]
    fn a_new_chart_grows_to_the_chosen_range() {
        let at = |second: i64| Timestamp::from_millis(second * 1_000).unwrap();
        let seconds =
            |first: Option<i64>| time_range(at(9_998), 300_000, first.map(at)).millis() / 1_000;
        assert_eq!(
            [None, Some(9_998), Some(9_900), Some(9_000)].map(seconds),
            [300, 60, 100, 300]
        );
    }

    #[test]
    fn the_right_edge_is_close_to_now() {
        let at = |second: i64| Timestamp::from_millis(second * 1_000).unwrap();
        for now in 100_000..100_200 {
            for age in [10, 240, 3_600, 86_400] {
                let range = time_range(at(now), 86_400_000, Some(at(now - age)));
                let ahead = range.end.millis() - now * 1_000;
                assert!(
                    ahead >= 1_000 && ahead <= 2_000 + range.millis() / VISIBLE_STEPS,
                    "{age} s old: {ahead} ms of {range:?}"
                );
            }
        }
    }
}
