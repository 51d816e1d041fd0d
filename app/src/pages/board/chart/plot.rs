//! The lines of a chart, and what marks the time one points at. The keyboard reaches every time
//! too.

use leptos::{ev, prelude::*};
use pulseboard_contract::Topic;

use super::{
    super::state::{Pointed, use_board},
    colour,
    drawn::Drawn,
    reading::{Reading, readings, tip},
};
use crate::{
    components::{
        keyed,
        plot::{HEIGHT, Paths, WIDTH},
    },
    format,
    platform::pointer::fraction_of_width,
};

/// The chart without its legend.
#[component]
pub(super) fn Plot(
    topic: Topic,
    first: usize,
    fields: Vec<String>,
    drawn: Memo<Option<Drawn>>,
) -> impl IntoView {
    let board = use_board();
    let window = board.window(&topic);
    let count = fields.len();
    let name = format!(
        "{topic} {}",
        fields.first().map(String::as_str).unwrap_or_default()
    );
    let label = fields
        .iter()
        .map(|field| format::field(field).0)
        .collect::<Vec<_>>()
        .join(", ");
    let label = format!("{label} over time");
    let read = Signal::derive(move || {
        let at = board.pointed_at.get()?;
        let window = window.get();
        (window.start <= at && at <= window.end).then(|| readings(&topic, &fields, window, at))
    });
    // Where somebody points in this chart.
    let here = {
        let name = name.clone();
        move || {
            board.pointed.with(|pointed| {
                pointed
                    .as_ref()
                    .filter(|pointed| pointed.chart == name)
                    .map(|pointed| pointed.part)
            })
        }
    };
    let point = move |part: Option<f64>| {
        let pointed = part.map(|part| Pointed {
            part: part.clamp(0.0, 1.0),
            chart: name.clone(),
            window,
        });
        if board.pointed.with_untracked(|before| *before != pointed) {
            board.pointed.set(pointed);
        }
    };
    let (on_move, on_leave, on_blur, on_key) = (point.clone(), point.clone(), point.clone(), point);
    let (here_key, here_text, here_tip) = (here.clone(), here.clone(), here.clone());
    let keys = move |event: ev::KeyboardEvent| {
        let here = untrack(&here_key);
        let step = if event.shift_key() { 0.1 } else { 0.01 };
        let part = match event.key().as_str() {
            "ArrowLeft" => Some(here.unwrap_or(1.0) - step),
            "ArrowRight" => Some(here.unwrap_or(1.0) + step),
            "Home" => Some(0.0),
            "End" => Some(1.0),
            "Escape" if here.is_some() => None,
            _ => return,
        };
        event.prevent_default();
        // The first Escape takes the mark away, and no more.
        event.stop_propagation();
        on_key(part);
    };
    let lines = (0..count).map(|index| {
        let path = move |part: fn(&Paths) -> &String| {
            move || {
                drawn.with(|drawn| {
                    drawn
                        .as_ref()
                        .and_then(|drawn| drawn.lines.get(index))
                        .map(|paths| part(paths).clone())
                })
            }
        };
        let (area, line) = (path(|paths| &paths.area), path(|paths| &paths.line));
        view! {
            <g data-series=colour(
                first + index,
            )>
                {(count == 1).then(|| view! { <path class="area" d=move || area() /> }.into_any())}
                <path class="line" d=move || line() />
            </g>
        }
        .into_any()
    });
    let grid = move || {
        drawn.with(|drawn| {
            let grid = drawn.iter().flat_map(|drawn| &drawn.grid);
            grid.map(|top| format!("M0 {:.1}H{WIDTH}", top / 100.0 * HEIGHT))
                .collect::<Vec<_>>()
                .concat()
        })
    };
    let labels = move || {
        drawn.with(|drawn| {
            drawn
                .as_ref()
                .map(|drawn| drawn.labels.clone())
                .unwrap_or_default()
        })
    };
    let ends = (0..count).map(|index| {
        let end = move || {
            drawn.with(|drawn| {
                drawn
                    .as_ref()
                    .and_then(|drawn| drawn.ends.get(index).copied().flatten())
            })
        };
        view! {
            <i
                class="chart-end"
                data-series=colour(first + index)
                hidden=move || end().is_none()
                style:left=move || end().map(|(left, _)| format!("{left:.2}%"))
                style:top=move || end().map(|(_, top)| format!("{top:.2}%"))
            ></i>
        }
        .into_any()
    });
    let value_text =
        move || here_text().and_then(|_| read.with(|read| read.as_ref().map(Reading::text)));
    let percent = move || here().map_or(100.0, |part| part * 100.0);
    let marks = move || {
        read.get().map(|read| {
            let dots = drawn.with(|drawn| {
                let drawn = drawn.as_ref();
                let top = |value: f64| {
                    drawn.map(|drawn| format!("{:.2}%", drawn.scale.below_top(value) * 100.0))
                };
                let dots = read
                    .rows
                    .iter()
                    .filter_map(|row| Some((row.index, row.left, top(row.value?)?)));
                dots.map(|(index, left, top)| {
                    view! {
                        <i
                            class="chart-dot"
                            data-series=colour(first + index)
                            style:left=format!("{left:.2}%")
                            style:top=top
                        ></i>
                    }
                    .into_any()
                })
                .collect_view()
            });
            let tip = here_tip().map(|_| tip(&read, first));
            view! {
                <span class="chart-cross" style:left=format!("{:.2}%", read.part * 100.0)></span>
                {dots}
                {tip}
            }
            .into_any()
        })
    };
    view! {
        <div
            class="plot"
            role="slider"
            tabindex="0"
            aria-label=label
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || format!("{:.0}", percent())
            aria-valuetext=move || value_text()
            on:pointermove=move |event| on_move(fraction_of_width(&event))
            on:pointerleave=move |_| on_leave(None)
            on:blur=move |_| on_blur(None)
            on:keydown=keys
        >
            <div class="chart-lines">
                <svg
                    class="spark"
                    viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                    preserveAspectRatio="none"
                    aria-hidden="true"
                    focusable="false"
                >
                    <path class="grid-lines" d=move || grid() />
                    {lines.collect_view()}
                </svg>
                {ends.collect_view()}
                {move || marks()}
            </div>
            <span class="scale" aria-hidden="true">
                {keyed(
                    labels,
                    |(top, text)| format!("{top:.1} {text}"),
                    |(top, text)| {
                        view! { <span style:top=format!("{top:.2}%")>{text}</span> }.into_any()
                    },
                )}
            </span>
        </div>
    }
}
