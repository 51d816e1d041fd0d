//! States: what each switch or word of a topic is now, by word and shape, since when, and what it
//! was over the time shown.

use leptos::prelude::*;
use pulseboard_contract::Topic;

use super::{
    chart::TimeAxis,
    state::{draw, follow, use_board},
    tile::Tile,
};
use crate::{clock::use_clock, components::plot::Window, format};
use pulseboard_feed::States;

/// How a state is drawn: its shape and colour say the same as its word. Where a word is unknown,
/// one of four colours.
const TONES: [&str; 9] = ["on", "off", "good", "warn", "bad", "a", "b", "c", "d"];
/// The width of the box a timeline is drawn in.
const WIDTH: f64 = 1_000.0;

/// The place of a state's tone in [`TONES`].
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

/// The timeline of a state over the time shown: the outlines of each tone.
fn timeline(states: &States, window: Window) -> Vec<String> {
    use std::fmt::Write;
    let mut paths = vec![String::new(); TONES.len()];
    let changes: Vec<_> = states.changes().collect();
    for (index, (since, state)) in changes.iter().enumerate() {
        let until = changes.get(index + 1).map_or(window.end, |(next, _)| *next);
        let edge = |millis: i64| window.part(millis).clamp(0.0, 1.0) * WIDTH;
        let (left, right) = (edge(since.millis()), edge(until.millis()));
        if right <= 0.0 || left >= WIDTH {
            continue;
        }
        // The shortest state can still be seen.
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
    let window = use_board().window(&topic);
    view! {
        <Tile topic=topic.clone() kind='s'>
            <StateRows topic=topic />
            <TimeAxis window=window />
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

#[component]
fn StateRow(topic: Topic, name: String) -> impl IntoView {
    let clock = use_clock();
    let board = use_board();
    let field = name.clone();
    let now = follow(&topic, move |topic| {
        topic
            .states()
            .get(&field)
            .and_then(|states| Some((states.value().to_owned(), states.since()?)))
    });
    let field = name.clone();
    let paths = draw(&topic, move |topic, window| {
        topic
            .states()
            .get(&field)
            .map(|states| timeline(states, window))
    });
    let field = name.clone();
    let live = crate::live::use_live();
    // Where one points, what it was then.
    let shown = Memo::new(move |_| {
        let now = now.get().flatten();
        match board.pointed_at.get() {
            None => now.map(|(value, _)| value),
            Some(at) => {
                let was = live.feed.with_untracked(|feed| {
                    Some(
                        feed.topic(&topic)?
                            .states()
                            .get(&field)?
                            .at(at)
                            .unwrap_or("not known")
                            .to_owned(),
                    )
                });
                was.or(now.map(|(value, _)| value))
            }
        }
    });
    let since = Memo::new(move |_| {
        let (_, since) = now.get().flatten()?;
        Some(
            match format::age(clock.now().millis() - since.millis()).as_str() {
                "now" => "since now".to_owned(),
                age => format!("for {age}"),
            },
        )
    });
    let tone_name = move || {
        shown.with(|shown| {
            TONES
                .get(tone(shown.as_deref().unwrap_or_default()))
                .copied()
        })
    };
    let bars = TONES.iter().enumerate().map(|(index, name)| {
        let path = move || paths.with(|paths| paths.as_ref()?.as_ref()?.get(index).cloned());
        view! { <path data-tone=*name d=move || path() /> }.into_any()
    });
    let bars = bars.collect_view();
    view! {
        <div>
            <dt>
                <span class="label">{format::field(&name).0}</span>
                <small>{since}</small>
            </dt>
            <dd>
                <span class="state-word" data-tone=move || tone_name()>
                    {shown}
                </span>
                <svg
                    class="state-line"
                    viewBox="0 0 1000 10"
                    preserveAspectRatio="none"
                    aria-hidden="true"
                    focusable="false"
                >
                    {bars}
                </svg>
            </dd>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulseboard_contract::Timestamp;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1_000).unwrap()
    }

    #[test]
    fn a_timeline_shows_each_state_for_as_long_as_it_was() {
        let mut states = States::default();
        for (second, state) in [(0, "ok"), (50, "failed"), (75, "ok")] {
            states.push(at(second), state.to_owned());
        }
        let paths = timeline(&states, Window::until(at(100), 100_000));
        assert_eq!(paths[2], "M0.0 0H500.0V10H0.0ZM750.0 0H1000.0V10H750.0Z");
        assert_eq!(paths[4], "M500.0 0H750.0V10H500.0Z");
        assert_eq!(
            timeline(&states, Window::until(at(70), 10_000))[4],
            "M0.0 0H1000.0V10H0.0Z",
            "what began before is there"
        );
    }

    #[test]
    fn a_word_has_the_same_tone_always() {
        let tones = ["Yes", "idle", "OK", "degraded", "Failed"].map(|word| TONES[tone(word)]);
        assert_eq!(tones, ["on", "off", "good", "warn", "bad"]);
        assert!(tone("west") >= 5);
    }
}
