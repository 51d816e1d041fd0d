//! The browser's `Intl`, asked once: a formatter is slow to make, so each is kept.
//!
//! Numbers are not formatted by it at all. Its answer to two samples tells how the language groups
//! and points, and from then on [`NumberStyle`] writes them without leaving WebAssembly.

use std::cell::{LazyCell, OnceCell};

use gloo_events::EventListener;
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use leptos::{prelude::*, reactive::graph::Observer};
use pulseboard_contract::Timestamp;
use wasm_bindgen::{JsCast, JsValue};

use crate::format::NumberStyle;

thread_local! {
    static STYLE: OnceCell<NumberStyle> = const { OnceCell::new() };
    /// What was written before the style was known is written again. Afterwards nothing needs to
    /// follow it.
    static LEARNED: ArcTrigger = ArcTrigger::new();
    static TIME: LazyCell<Option<Function>> = LazyCell::new(|| formatter(&[("hour", "2-digit"), ("minute", "2-digit"), ("second", "2-digit"), ("hourCycle", "h23")]));
    static MINUTE: LazyCell<Option<Function>> = LazyCell::new(|| formatter(&[("hour", "2-digit"), ("minute", "2-digit"), ("hourCycle", "h23")]));
    static DAY: LazyCell<Option<Function>> = LazyCell::new(|| formatter(&[("weekday", "short"), ("day", "numeric"), ("month", "long"), ("year", "numeric")]));
    static EXACT: LazyCell<Option<Function>> = LazyCell::new(|| {
        formatter(&[
            ("weekday", "short"), ("day", "numeric"), ("month", "long"), ("year", "numeric"), ("hour", "2-digit"),
            ("minute", "2-digit"), ("second", "2-digit"), ("fractionalSecondDigits", "3"), ("hourCycle", "h23"), ("timeZoneName", "short"),
        ])
    });
}

/// Gives the style in which numbers are written: the reader's, once it is known.
pub fn with_number_style<T>(write: impl FnOnce(&NumberStyle) -> T) -> T {
    STYLE.with(|style| {
        if let Some(style) = style.get() {
            write(style)
        } else {
            // What is written once and never again, such as a line of a list, is left as the server
            // wrote it.
            if Observer::get().is_some() {
                LEARNED.with(ArcTrigger::track);
            }
            write(&NumberStyle::NEUTRAL)
        }
    })
}

/// Learns the reader's style. Until the page is hydrated it has to be what the server wrote.
pub fn learn() {
    let format = Intl::NumberFormat::new(&Array::new(), &Object::new()).format();
    let sample = |value: f64| {
        format
            .call1(&JsValue::UNDEFINED, &value.into())
            .ok()?
            .as_string()
    };
    let style = sample(-1_234_567.8)
        .zip(sample(1_234.0))
        .and_then(|(long, short)| NumberStyle::learn(&long, &short));
    let style = style.unwrap_or(NumberStyle::NEUTRAL);
    let is_other = style != NumberStyle::NEUTRAL;
    // Learning twice is learning once.
    let is_first = STYLE.with(|known| known.set(style).is_ok());
    if is_first && is_other {
        LEARNED.with(ArcTrigger::notify);
    }
}

/// A time of day as the reader's language writes it, in the reader's zone.
pub fn time_text(at: Timestamp, has_seconds: bool) -> Option<String> {
    let formatter = if has_seconds { &TIME } else { &MINUTE };
    formatter.with(|formatter| formatted(formatter.as_ref(), at))
}

/// A day as the reader's language writes it.
pub fn day_text(at: Timestamp) -> Option<String> {
    DAY.with(|formatter| formatted(formatter.as_ref(), at))
}

/// Puts the exact time, in the reader's zone and words, on whatever time is pointed at, while it is
/// kept. It is worked out only then: a page has thousands of times, and few are asked for.
pub struct ExactTimes(#[allow(dead_code)] EventListener);

impl ExactTimes {
    /// Listens from now on.
    pub fn new() -> Self {
        Self(EventListener::new(&document(), "pointerover", |event| {
            let target = event
                .target()
                .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            let time = target.and_then(|target| target.closest("time[datetime]").ok().flatten());
            let Some(time) = time else { return };
            let at = time
                .get_attribute("datetime")
                .and_then(|text| text.parse().ok());
            let exact = at.and_then(|at| EXACT.with(|formatter| formatted(formatter.as_ref(), at)));
            if let Some(exact) = exact {
                let _ = time.set_attribute("title", &exact);
            }
        }))
    }
}

/// The `format` of a formatter; none where the browser does not know an option.
fn formatter(options: &[(&str, &str)]) -> Option<Function> {
    let wanted = Object::new();
    for (name, value) in options {
        Reflect::set(&wanted, &(*name).into(), &(*value).into()).ok()?;
    }
    let constructor = Reflect::get(
        &Reflect::get(&js_sys::global(), &"Intl".into()).ok()?,
        &"DateTimeFormat".into(),
    )
    .ok()?;
    // Made by hand: an option that is refused throws, which the binding does not expect.
    let made = Reflect::construct(
        constructor.dyn_ref::<Function>()?,
        &Array::of2(&JsValue::UNDEFINED, &wanted),
    )
    .ok()?;
    Reflect::get(&made, &"format".into()).ok()?.dyn_into().ok()
}

#[allow(clippy::cast_precision_loss)] // Milliseconds of a date are under 2^53.
fn formatted(format: Option<&Function>, at: Timestamp) -> Option<String> {
    let date = Date::new(&JsValue::from_f64(at.millis() as f64));
    format?.call1(&JsValue::UNDEFINED, &date).ok()?.as_string()
}
