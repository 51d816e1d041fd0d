//! States: the present value of each switch or word of a topic, since when, and its values over the
//! time range.

use leptos::prelude::*;
use pulseboard_contract::{Timestamp, Topic};

use super::{
    chart::TimeAxis,
    state::{draw, follow, use_board},
    tile::Tile,
};
use crate::{clock::use_clock, components::plot::TimeRange, format, live::use_live};
use pulseboard_feed::States;

/// The tones of states. The first five have a shape and a colour that match the word; an unknown word
/// gets one of the last four.
const TONES: [&str; 9] = ["on", "off", "good", "warn", "bad", "a", "b", "c", "d"];
/// The width of the box that a timeline is drawn in.
const WIDTH: f64 = 1_000.0;

/// The index of a state's tone in [`TONES`].
fn tone(state: &str) -> usize {
    const WORDS: [&[&str]; 5] = [
        &["yes", "on", "true", "enabled"],
        &[
            "no", "off", "false", "disabled", "idle", "closed", "stopped", "inactive", "none",
        ],
        &[
            "ok",
            "up",
            "online",
            "running",
            "healthy",
            "done",
            "success",
            "succeeded",
            "passed",
            "ready",
            "connected",
            "green",
            "good",
            "live",
            "available",
        ],
        &[
            "warn", "warning", "degraded", "pending", "waiting", "paused", "retrying", "stale",
            "yellow", "unknown",
        ],
        &[
            "error",
            "failed",
            "failure",
            "down",
            "critical",
            "offline",
            "unhealthy",
            "crashed",
            "dead",
            "red",
            "fatal",
            "lost",
            "disconnected",
            "alarm",
        ],
    ];
    let state = state.to_ascii_lowercase();
    WORDS
        .iter()
        .position(|words| words.contains(&state.as_str()))
        .unwrap_or_else(|| {
            let hash = state.bytes().fold(7u32, |hash, byte| {
                hash.wrapping_mul(31).wrapping_add(u32::from(byte))
            });
            5 + (hash % 4) as usize
        })
}

/// The timeline of a state over a time range: one SVG path for each tone.
fn timeline(states: &States, range: TimeRange) -> Vec<String> {
    use std::fmt::Write;
    let mut paths = vec![String::new(); TONES.len()];
    let changes: Vec<_> = states.changes().collect();
    for (index, (since, state)) in changes.iter().enumerate() {
        let until = changes.get(index + 1).map_or(range.end, |(next, _)| *next);
        let edge = |millis: i64| range.fraction(millis).clamp(0.0, 1.0) * WIDTH;
        let (left, right) = (edge(since.millis()), edge(until.millis()));
        if right <= 0.0 || left >= WIDTH {
            continue;
        }
        // Even the shortest state is visible.
        let right = right.max(left + 2.0);
        if let Some(path) = paths.get_mut(tone(state)) {
            // Writing to a string cannot fail.
            let _ = write!(path, "M{left:.1} 0H{right:.1}V10H{left:.1}Z");
        }
    }
    paths
}

/// The tile of a topic that has states and no numbers.
#[component]
pub(super) fn StatesTile(topic: Topic) -> impl IntoView {
    let range = use_board().time_range(&topic);
    view! {
        <Tile topic=topic.clone() kind='s'>
            <StateRows topic=topic />
            <TimeAxis range=range />
        </Tile>
    }
}

/// The states of a topic, one below the other.
#[component]
pub(super) fn StateRows(topic: Topic) -> impl IntoView {
    let names = follow(&topic, |topic| {
        topic.states().keys().cloned().collect::<Vec<_>>()
    });
    view! {
        <dl class="states">
            {crate::components::keyed(
                move || names.get().unwrap_or_default(),
                Clone::clone,
                move |name| view! { <StateRow topic=topic.clone() name=name /> }.into_any(),
            )}
        </dl>
    }
}

/// One state: its name, its value, since when, and its timeline.
#[component]
fn StateRow(topic: Topic, name: String) -> impl IntoView {
    let clock = use_clock();
    let label = format::field(&name).0;
    let now = {
        let name = name.clone();
        follow(&topic, move |topic| {
            let states = topic.states().get(&name)?;
            Some((states.value().to_owned(), states.since()?))
        })
    };
    let now = Memo::new(move |_| now.get().flatten());
    let since = Memo::new(move |_| {
        let (_, since) = now.get()?;
        let age = clock.now().millis() - since.millis();
        Some(match format::age(age).as_str() {
            "now" => "just now".to_owned(),
            age => format!("for {age}"),
        })
    });
    let timeline = timeline_view(&topic, name.clone());
    let shown = value_shown(topic, name, now);
    let tone_name = move || {
        shown.with(|shown| {
            TONES
                .get(tone(shown.as_deref().unwrap_or_default()))
                .copied()
        })
    };
    view! {
        <div>
            <dt>
                <span class="label">{label}</span>
                <small>{since}</small>
            </dt>
            <dd>
                <span class="state-word" data-tone=move || tone_name()>
                    {shown}
                </span>
                {timeline}
            </dd>
        </div>
    }
}

/// The value to show: the value at the time that the reader points at, otherwise the present one.
fn value_shown(
    topic: Topic,
    name: String,
    now: Memo<Option<(String, Timestamp)>>,
) -> Memo<Option<String>> {
    let (live, board) = (use_live(), use_board());
    Memo::new(move |_| {
        let now = now.get().map(|(value, _)| value);
        let Some(at) = board.pointed_at.get() else {
            return now;
        };
        let then = live.feed.with_untracked(|feed| {
            let states = feed.topic(&topic)?.states().get(&name)?;
            Some(states.at(at).unwrap_or("unknown").to_owned())
        });
        then.or(now)
    })
}

/// The timeline of a state.
fn timeline_view(topic: &Topic, name: String) -> AnyView {
    let paths = draw(topic, move |topic, range| {
        topic
            .states()
            .get(&name)
            .map(|states| timeline(states, range))
    });
    let bars = TONES.iter().enumerate().map(|(index, tone)| {
        let path = move || paths.with(|paths| paths.as_ref()?.as_ref()?.get(index).cloned());
        view! { <path data-tone=*tone d=move || path() /> }.into_any()
    });
    view! {
        <svg
            class="state-line"
            viewBox="0 0 1000 10"
            preserveAspectRatio="none"
            aria-hidden="true"
            focusable="false"
        >
            {bars.collect_view()}
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1_000).unwrap()
    }

    #[test]
    fn a_timeline_shows_each_state_for_its_duration() {
        let mut states = States::default();
        for (second, state) in [(0, "ok"), (50, "failed"), (75, "ok")] {
            states.push(at(second), state.to_owned());
        }
        let paths = timeline(&states, TimeRange::until(at(100), 100_000));
        assert_eq!(paths[2], "M0.0 0H500.0V10H0.0ZM750.0 0H1000.0V10H750.0Z");
        assert_eq!(paths[4], "M500.0 0H750.0V10H500.0Z");
        assert_eq!(
            timeline(&states, TimeRange::until(at(70), 10_000))[4],
            "M0.0 0H1000.0V10H0.0Z",
            "a state that began before the range is drawn"
        );
    }

    #[test]
    fn a_word_always_has_the_same_tone() {
        let tones = ["Yes", "idle", "OK", "degraded", "Failed"].map(|word| TONES[tone(word)]);
        assert_eq!(tones, ["on", "off", "good", "warn", "bad"]);
        assert!(tone("west") >= 5);
    }
}
