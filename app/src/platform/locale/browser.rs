//! The browser's `Intl`. Formatters are slow to create, so each is created once.
//!
//! Numbers do not use a formatter. Two formatted samples show how the language separates groups and
//! decimals, and [`NumberStyle`] then formats numbers without leaving WebAssembly.

use std::cell::{LazyCell, OnceCell};

use gloo_events::EventListener;
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use leptos::{prelude::*, reactive::graph::Observer};
use pulseboard_contract::Timestamp;
use wasm_bindgen::{JsCast, JsValue};

use pulseboard_feed::number::NumberStyle;

thread_local! {
    static STYLE: OnceCell<NumberStyle> = const { OnceCell::new() };
    /// Notifies the numbers that were formatted before the style was known. Later ones need not
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

/// Passes the style of numbers to `write`: the reader's, once it is known.
pub fn with_number_style<T>(write: impl FnOnce(&NumberStyle) -> T) -> T {
    STYLE.with(|style| {
        if let Some(style) = style.get() {
            write(style)
        } else {
            // A number outside of any observer is formatted once and keeps the server's style.
            if Observer::get().is_some() {
                LEARNED.with(ArcTrigger::track);
            }
            write(&NumberStyle::NEUTRAL)
        }
    })
}

/// Learns the reader's style. It must not run before hydration, which needs the server's style.
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
    // A second call changes nothing.
    let is_first = STYLE.with(|known| known.set(style).is_ok());
    if is_first && is_other {
        LEARNED.with(ArcTrigger::notify);
    }
}

/// A time of day in the reader's language and zone.
pub fn time_text(at: Timestamp, has_seconds: bool) -> Option<String> {
    let formatter = if has_seconds { &TIME } else { &MINUTE };
    formatter.with(|formatter| formatted(formatter.as_ref(), at))
}

/// A day in the reader's language.
pub fn day_text(at: Timestamp) -> Option<String> {
    DAY.with(|formatter| formatted(formatter.as_ref(), at))
}

/// Sets the tooltip of each time that the pointer reaches to the exact time, until it is dropped. A
/// page has thousands of times, and readers point at few of them, so it does not do so in advance.
pub struct ExactTimes(#[allow(dead_code)] EventListener);

impl ExactTimes {
    /// Starts to listen.
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

/// The `format` function of a formatter; none where the browser does not support an option.
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
    // Constructed through `Reflect`, because a refused option throws, which the binding does not
    // expect.
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
