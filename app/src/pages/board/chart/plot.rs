//! The plot of a chart: its lines, and the values at the time that the reader points at. The keyboard
//! reaches every time too.

use leptos::{ev, prelude::*};
use pulseboard_contract::Topic;

use super::{
    super::state::{BoardState, Pointed, use_board},
    colour::colour,
    drawing::Drawing,
    values::{ValuesAt, tip, values_at},
};
use crate::{
    components::{
        keyed,
        plot::{HEIGHT, Paths, TimeRange, WIDTH},
    },
    format,
    platform::pointer::fraction_of_width,
};

/// The chart without its legend. `first` is the number of its first line, which gives the colours.
#[component]
pub(super) fn Plot(
    topic: Topic,
    first: usize,
    fields: Vec<String>,
    drawing: Memo<Option<Drawing>>,
) -> impl IntoView {
    let board = use_board();
    let range = board.time_range(&topic);
    let count = fields.len();
    let label = fields
        .iter()
        .map(|field| format::field(field).0)
        .collect::<Vec<_>>()
        .join(", ");
    let label = format!("{label} over time");
    let pointing = Pointing {
        board,
        name: StoredValue::new(format!(
            "{topic} {}",
            fields.first().map(String::as_str).unwrap_or_default()
        )),
        range,
    };
    let values = Signal::derive(move || {
        let at = board.pointed_at.get()?;
        let range = range.get();
        (range.start <= at && at <= range.end).then(|| values_at(&topic, &fields, range, at))
    });
    let value_text = move || {
        pointing
            .here()
            .and_then(|_| values.with(|values| values.as_ref().map(ValuesAt::text)))
    };
    let percent = move || pointing.here().map_or(100.0, |fraction| fraction * 100.0);
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
            on:pointermove=move |event| pointing.set(fraction_of_width(&event))
            on:pointerleave=move |_| pointing.set(None)
            on:blur=move |_| pointing.set(None)
            on:keydown=move |event| pointing.press(&event)
        >
            <div class="chart-lines">
                <svg
                    class="spark"
                    viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                    preserveAspectRatio="none"
                    aria-hidden="true"
                    focusable="false"
                >
                    <path class="grid-lines" d=move || drawing.with(|drawing| grid_path(drawing.as_ref())) />
                    {(0..count)
                        .map(|index| line(drawing, index, first + index, count == 1))
                        .collect_view()}
                </svg>
                {(0..count).map(|index| line_end(drawing, index, first + index)).collect_view()}
                {move || marks(values, drawing, first, pointing)}
            </div>
            {scale_labels(drawing)}
        </div>
    }
}

/// Where the reader points in this chart.
#[derive(Clone, Copy)]
struct Pointing {
    board: BoardState,
    /// The name of this chart.
    name: StoredValue<String>,
    range: Memo<TimeRange>,
}

impl Pointing {
    /// The position as a fraction of the width; none while the reader points elsewhere.
    fn here(self) -> Option<f64> {
        self.board.pointed.with(|pointed| {
            pointed
                .as_ref()
                .filter(|pointed| self.name.with_value(|name| pointed.chart == *name))
                .map(|pointed| pointed.fraction)
        })
    }

    fn set(self, fraction: Option<f64>) {
        let pointed = fraction.map(|fraction| Pointed {
            fraction: fraction.clamp(0.0, 1.0),
            chart: self.name.get_value(),
            range: self.range,
        });
        if self
            .board
            .pointed
            .with_untracked(|before| *before != pointed)
        {
            self.board.pointed.set(pointed);
        }
    }

    /// Moves the position with the arrow keys, Home and End.
    fn press(self, event: &ev::KeyboardEvent) {
        let here = untrack(|| self.here());
        let step = if event.shift_key() { 0.1 } else { 0.01 };
        let fraction = match event.key().as_str() {
            "ArrowLeft" => Some(here.unwrap_or(1.0) - step),
            "ArrowRight" => Some(here.unwrap_or(1.0) + step),
            "Home" => Some(0.0),
            "End" => Some(1.0),
            "Escape" if here.is_some() => None,
            _ => return,
        };
        event.prevent_default();
        // The first Escape only removes the mark.
        event.stop_propagation();
        self.set(fraction);
    }
}

/// A line, with the area under it where it is alone.
fn line(drawing: Memo<Option<Drawing>>, index: usize, number: usize, has_area: bool) -> AnyView {
    let path = move |part: fn(&Paths) -> &String| {
        move || {
            drawing.with(|drawing| {
                drawing
                    .as_ref()
                    .and_then(|drawing| drawing.lines.get(index))
                    .map(|paths| part(paths).clone())
            })
        }
    };
    let (area, line) = (path(|paths| &paths.area), path(|paths| &paths.line));
    view! {
        <g data-series=colour(
            number,
        )>
            {has_area.then(|| view! { <path class="area" d=move || area() /> }.into_any())}
            <path class="line" d=move || line() />
        </g>
    }
    .into_any()
}

/// The dot at the end of a line.
fn line_end(drawing: Memo<Option<Drawing>>, index: usize, number: usize) -> AnyView {
    let end = move || {
        drawing.with(|drawing| {
            drawing
                .as_ref()
                .and_then(|drawing| drawing.ends.get(index).copied().flatten())
        })
    };
    view! {
        <i
            class="chart-end"
            data-series=colour(number)
            hidden=move || end().is_none()
            style:left=move || end().map(|(left, _)| format!("{left:.2}%"))
            style:top=move || end().map(|(_, top)| format!("{top:.2}%"))
        ></i>
    }
    .into_any()
}

/// The horizontal lines at the round values.
fn grid_path(drawing: Option<&Drawing>) -> String {
    let grid = drawing.into_iter().flat_map(|drawing| &drawing.grid);
    grid.map(|top| format!("M0 {:.1}H{WIDTH}", top / 100.0 * HEIGHT))
        .collect::<Vec<_>>()
        .concat()
}

/// The mark at the time that the reader points at: a vertical line in every chart, a dot on each
/// line, and the values beside them in the chart that the reader points in.
fn marks(
    values: Signal<Option<ValuesAt>>,
    drawing: Memo<Option<Drawing>>,
    first: usize,
    pointing: Pointing,
) -> Option<AnyView> {
    let values = values.get()?;
    let dots = drawing.with(|drawing| {
        let drawing = drawing.as_ref();
        let top = |value: f64| {
            drawing.map(|drawing| format!("{:.2}%", drawing.scale.below_top(value) * 100.0))
        };
        let dots = values
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
    let tip = pointing.here().map(|_| tip(&values, first));
    let left = format!("{:.2}%", values.fraction * 100.0);
    Some(
        view! {
            <span class="chart-cross" style:left=left></span>
            {dots}
            {tip}
        }
        .into_any(),
    )
}

/// The values written beside the chart.
fn scale_labels(drawing: Memo<Option<Drawing>>) -> AnyView {
    let labels = move || {
        drawing.with(|drawing| {
            drawing
                .as_ref()
                .map(|drawing| drawing.labels.clone())
                .unwrap_or_default()
        })
    };
    view! {
        <span class="scale" aria-hidden="true">
            {keyed(
                labels,
                |(top, text)| format!("{top:.1} {text}"),
                |(top, text)| {
                    view! { <span style:top=format!("{top:.2}%")>{text}</span> }.into_any()
                },
            )}
        </span>
    }
    .into_any()
}
