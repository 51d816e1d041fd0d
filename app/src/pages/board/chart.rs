//! Charts of a tile: one for each group of fields that share a scale, over the time the whole board shows, with the value
//! and the exact time where one points.

use leptos::{ev, prelude::*};
use pulseboard::{Timestamp, Topic};

use super::{
    axes,
    state::{Pointed, draw, follow, use_board},
};
use crate::{
    clock::use_clock,
    components::{
        keyed,
        plot::{HEIGHT, Paths, Scale, WIDTH, Window, trace},
    },
    environment,
    feed::{Bucket, TopicFeed},
    format::{self, Unit, quantity, with_unit},
};

/// Charts a tile has; the topic's page has all fields.
const SHOWN: usize = 6;
/// Ticks of time below a wide tile; a narrow one leaves some out.
const TICKS: i64 = 7;

/// What is drawn of one chart.
#[derive(Clone, Debug, Default, PartialEq)]
struct Drawn {
    lines: Vec<Paths>,
    /// Where each line ends, from the left and from the top, in percent.
    ends: Vec<Option<(f64, f64)>>,
    /// Where each round value stands, from the top in percent, and how it is written.
    labels: Vec<(f64, String)>,
    scale: Scale,
}

/// The scale of some fields over the time shown.
fn scale(topic: &TopicFeed, fields: &[String], window: Window, is_round: bool) -> Option<Scale> {
    let series = || fields.iter().filter_map(|field| topic.field(field));
    let ranges = series().filter_map(|series| series.range(window.start));
    let (low, high) = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    if !is_round {
        return Some(Scale::tight(low, high));
    }
    let unit = fields.first().map_or(Unit::Plain, |field| format::field(field).1);
    Some(Scale::round(low, high, series().all(crate::feed::Series::is_whole), unit == Unit::Bytes))
}

impl Drawn {
    fn of(topic: &TopicFeed, fields: &[String], window: Window, is_round: bool) -> Self {
        let Some(scale) = scale(topic, fields, window, is_round) else { return Self::default() };
        let series = || fields.iter().map(|field| topic.field(field));
        let lines =
            series().map(|series| series.map_or_else(Paths::default, |series| trace(series, window, &scale, fields.len() == 1)));
        let end = |bucket: Bucket| {
            (bucket.last >= window.start).then(|| (window.part(bucket.middle()) * 100.0, scale.below_top(bucket.mean) * 100.0))
        };
        let ends = series().map(|series| series.and_then(|series| series.buckets().next_back()).and_then(end));
        let unit = fields.first().map_or(Unit::Plain, |field| format::field(field).1);
        let label = |tick: &f64| match unit {
            Unit::Bytes | Unit::BytesPerSecond => with_unit(*tick, unit, true),
            Unit::Plain | Unit::Named(_) => scale.label(*tick),
        };
        let labels = scale.ticks.iter().map(|tick| (scale.below_top(*tick) * 100.0, label(tick))).collect();
        Self { lines: lines.collect(), ends: ends.collect(), labels, scale }
    }
}

/// All charts of a topic, one below the other over one axis of time.
#[component]
pub(super) fn Charts(topic: Topic) -> impl IntoView {
    let charts = follow(&topic, axes::charts);
    let shown = move || charts.get().unwrap_or_default().into_iter().take(SHOWN).collect::<Vec<_>>();
    let rest =
        move || charts.with(|charts| charts.as_ref().map_or(0, |charts| charts.iter().skip(SHOWN).map(Vec::len).sum::<usize>()));
    view! {
        <div class="multiples" style:--charts=move || shown().len().to_string()>
            {keyed(shown, |fields| fields.join(" "), move |fields| view! {
                <Chart topic=topic.clone() fields=fields/>
            }.into_any())}
        </div>
        <TimeAxis/>
        {move || (rest() > 0).then(|| view! { <p class="quiet">{format!("and {} on the topic's page", format::count(rest() as u64, "field", "fields"))}</p> }.into_any())}
    }
}

/// Round times below the charts.
#[component]
pub(super) fn TimeAxis() -> impl IntoView {
    let board = use_board();
    let clock = use_clock();
    let ticks = Memo::new(move |_| {
        let window = board.window.get();
        // The reader's offset from UTC, as far as a tick needs it: within a day.
        let local = clock.time_of_day(window.start);
        let seconds = local.split(':').filter_map(|part| part.parse::<i64>().ok()).fold(0, |sum, part| sum * 60 + part);
        let offset = seconds - window.start.millis().div_euclid(1_000).rem_euclid(86_400);
        let (ticks, step) = window.ticks(TICKS, offset * 1_000);
        let text = |at: Timestamp| if step < 60_000 { clock.time_of_day(at) } else { clock.hour_and_minute(at) };
        ticks.into_iter().map(|at| (window.part(at.millis()) * 100.0, text(at))).collect::<Vec<_>>()
    });
    let tick = move |index: usize| {
        let left = move || ticks.with(|ticks| ticks.get(index).map(|(left, _)| format!("{left:.2}%")));
        let text = move || ticks.with(|ticks| ticks.get(index).map(|(_, text)| text.clone()));
        view! { <span style:left=move || left() hidden=move || left().is_none()>{move || text()}</span> }.into_any()
    };
    view! { <p class="axis" aria-hidden="true"><span class="ticks">{(0..8).map(tick).collect_view()}</span></p> }
}

/// One chart: its fields with their newest values, and their lines.
#[component]
fn Chart(topic: Topic, fields: Vec<String>) -> impl IntoView {
    let drawn = {
        let fields = fields.clone();
        draw(&topic, move |topic, window| Drawn::of(topic, &fields, window, true))
    };
    let legend = fields.iter().map(|field| {
        let name = field.clone();
        let value = follow(&topic, move |topic| value(topic, &name));
        let read = move |part: fn(&(String, &'static str)) -> String| {
            move || value.with(|value| value.as_ref().and_then(|value| value.as_ref().map(part)))
        };
        let number = read(|value| value.0.clone());
        let unit = read(|value| value.1.to_owned());
        view! {
            <span class="reading">
                <span class="label">{format::field(field).0}</span>
                <b>{move || number()}<small>{move || unit()}</small></b>
            </span>
        }
        .into_any()
    });
    let legend = legend.collect_view();
    let is_shared = fields.len() > 1;
    view! {
        <figure class="multiple" class:together=is_shared>
            <figcaption>{legend}</figcaption>
            <Plot topic=topic fields=fields drawn=drawn/>
        </figure>
    }
}

/// A field's newest value and its unit.
fn value(topic: &TopicFeed, field: &str) -> Option<(String, &'static str)> {
    let series = topic.field(field)?;
    Some(quantity(series.last()?.1, format::field(field).1, series.is_whole()))
}

/// A small chart of one field without a scale beside it.
#[component]
pub(super) fn Spark(topic: Topic, field: &'static str) -> impl IntoView {
    let drawn = draw(&topic, move |topic, window| Drawn::of(topic, &[field.to_owned()], window, false));
    view! { <Plot topic=topic fields=vec![field.to_owned()] drawn=drawn/> }
}

/// The lines of a chart, and what marks the time one points at. The keyboard reaches every time too.
#[component]
fn Plot(topic: Topic, fields: Vec<String>, drawn: Memo<Option<Drawn>>) -> impl IntoView {
    let board = use_board();
    let count = fields.len();
    let name = format!("{topic} {}", fields.first().map(String::as_str).unwrap_or_default());
    let label = fields.iter().map(|field| format::field(field).0).collect::<Vec<_>>().join(", ");
    let label = format!("{label} over time");
    let read = Signal::derive({
        let (topic, fields) = (topic.clone(), fields.clone());
        move || {
            board.pointed.with(|pointed| pointed.as_ref().map(|pointed| pointed.part)).map(|part| readings(&topic, &fields, part))
        }
    });
    let point = {
        let name = name.clone();
        move |part: Option<f64>| {
            let pointed = part.map(|part| Pointed { part: part.clamp(0.0, 1.0), chart: name.clone() });
            if board.pointed.with_untracked(|before| *before != pointed) {
                board.pointed.set(pointed);
            }
        }
    };
    let (on_move, on_leave, on_blur, on_key) = (point.clone(), point.clone(), point.clone(), point);
    let keys = move |event: ev::KeyboardEvent| {
        let here = board.pointed.with_untracked(|pointed| pointed.as_ref().map(|pointed| pointed.part));
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
    let is_source = {
        let name = name.clone();
        move || board.pointed.with(|pointed| pointed.as_ref().is_some_and(|pointed| pointed.chart == name))
    };
    let lines = (0..count).map(|index| {
        let path = move |part: fn(&Paths) -> &String| {
            move || drawn.with(|drawn| drawn.as_ref().and_then(|drawn| drawn.lines.get(index)).map(|paths| part(paths).clone()))
        };
        let (area, line) = (path(|paths| &paths.area), path(|paths| &paths.line));
        view! {
            <g class="series">
                {(count == 1).then(|| view! { <path class="area" d=move || area()/> }.into_any())}
                <path class="line" d=move || line()/>
            </g>
        }
        .into_any()
    });
    let grid = move || {
        drawn.with(|drawn| {
            let labels = drawn.iter().flat_map(|drawn| &drawn.labels);
            labels.map(|(top, _)| format!("M0 {:.1}H{WIDTH}", top / 100.0 * HEIGHT)).collect::<Vec<_>>().concat()
        })
    };
    let labels = move || drawn.with(|drawn| drawn.as_ref().map(|drawn| drawn.labels.clone()).unwrap_or_default());
    let ends = (0..count).map(|index| {
        let end = move || drawn.with(|drawn| drawn.as_ref().and_then(|drawn| drawn.ends.get(index).copied().flatten()));
        view! {
            <i class="end" hidden=move || end().is_none()
                style:left=move || end().map(|(left, _)| format!("{left:.2}%")) style:top=move || end().map(|(_, top)| format!("{top:.2}%"))></i>
        }
        .into_any()
    });
    let value_text = {
        let is_source = is_source.clone();
        move || if is_source() { read.with(|read| read.as_ref().map(Reading::text)) } else { None }
    };
    let percent = move || board.pointed.with(|pointed| pointed.as_ref().map_or(100.0, |pointed| pointed.part * 100.0));
    let marks = move || {
        read.get().map(|read| {
            let dots = drawn.with(|drawn| {
                let drawn = drawn.as_ref();
                let top = |value: f64| drawn.map(|drawn| format!("{:.2}%", drawn.scale.below_top(value) * 100.0));
                let dots = read.rows.iter().filter_map(|row| Some((row.index, row.left, top(row.value?)?)));
                dots.map(|(index, left, top)| {
                    view! { <i class="dot" data-series=index.to_string() style:left=format!("{left:.2}%") style:top=top></i> }
                        .into_any()
                })
                .collect_view()
            });
            let tip = is_source().then(|| tip(&read));
            view! {
                <span class="cross" style:left=format!("{:.2}%", read.part * 100.0)></span>
                {dots}
                {tip}
            }
            .into_any()
        })
    };
    view! {
        <div class="plot" role="slider" tabindex="0" aria-label=label aria-valuemin="0" aria-valuemax="100"
            aria-valuenow=move || format!("{:.0}", percent()) aria-valuetext=move || value_text()
            on:pointermove=move |event| on_move(environment::board::part_of_width(&event))
            on:pointerleave=move |_| on_leave(None) on:blur=move |_| on_blur(None) on:keydown=keys>
            <div class="lines">
                <svg class="spark" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" aria-hidden="true" focusable="false">
                    <path class="grid-lines" d=move || grid()/>
                    {lines.collect_view()}
                </svg>
                {ends.collect_view()}
                {move || marks()}
            </div>
            <span class="scale" aria-hidden="true">
                {keyed(labels, |(top, text)| format!("{top:.1} {text}"), |(top, text)| view! {
                    <span style:top=format!("{top:.2}%")>{text}</span>
                }.into_any())}
            </span>
        </div>
    }
}

/// What the lines say where one points.
#[derive(Clone, Debug, PartialEq)]
struct Reading {
    part: f64,
    time: String,
    rows: Vec<ReadingRow>,
}

#[derive(Clone, Debug, PartialEq)]
struct ReadingRow {
    index: usize,
    name: String,
    /// Where the value lies from the left, in percent.
    left: f64,
    /// None in a gap.
    value: Option<f64>,
    text: String,
}

impl Reading {
    /// As a sentence.
    fn text(&self) -> String {
        let rows = self.rows.iter().map(|row| format!(", {} {}", row.name, row.text));
        format!("{}{}", self.time, rows.collect::<String>())
    }
}

fn readings(topic: &Topic, fields: &[String], part: f64) -> Reading {
    let board = use_board();
    let clock = use_clock();
    let live = crate::live::use_live();
    let window = board.window.get();
    let at = window.at(part);
    // Where there are values the time is theirs, to the millisecond where they were told more often than each second.
    let (mut rows, mut exact) = (Vec::new(), None);
    live.feed.with_untracked(|feed| {
        let Some(topic) = feed.topic(topic) else { return };
        for (index, field) in fields.iter().enumerate() {
            let (name, unit) = format::field(field);
            let Some(series) = topic.field(field) else { continue };
            let reach = window.millis() / 25;
            let bucket = series.at(at, reach);
            let in_words = |value: f64| with_unit(value, unit, series.is_whole());
            let text = match bucket {
                None => "no data".to_owned(),
                Some(bucket) if bucket.count == 1 || bucket.min.to_bits() == bucket.max.to_bits() => in_words(bucket.mean),
                // Several values share the place: their mean, and from which to which.
                Some(bucket) => {
                    let mean = with_unit(bucket.mean, unit, false);
                    format!("{mean} ({} to {})", in_words(bucket.min), in_words(bucket.max))
                }
            };
            let left = bucket.map_or(part * 100.0, |bucket| window.part(bucket.middle()) * 100.0);
            exact = exact.or(bucket.and_then(|bucket| Timestamp::from_millis(bucket.middle()).ok()));
            rows.push(ReadingRow { index, name, left, value: bucket.map(|bucket| bucket.mean), text });
        }
    });
    let at = exact.unwrap_or(at);
    let is_today = clock.day(at) == clock.day(window.end);
    let time = clock.time_of_day(at);
    Reading { part, time: if is_today { time } else { format!("{} {time}", clock.day(at)) }, rows }
}

/// The values beside the mark, on the side where there is more room.
fn tip(read: &Reading) -> AnyView {
    let is_right = read.part > 0.5;
    let rows = read.rows.iter().map(|row| {
        view! { <span class="row" data-series=row.index.to_string()><span class="label">{row.name.clone()}</span><b>{row.text.clone()}</b></span> }.into_any()
    });
    view! {
        <span class="tip" class:right=is_right style:left=format!("{:.2}%", read.part * 100.0)>
            <time>{read.time.clone()}</time>
            {rows.collect_view()}
        </span>
    }
    .into_any()
}
