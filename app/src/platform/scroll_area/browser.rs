//! Elements that scroll by themselves, in the browser.

use gloo_events::EventListener;
use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};

use super::{Extent, ScrollPosition};

/// Calls back when an element scrolls or the window changes its size, until it is dropped.
pub struct ScrollWatch {
    _listeners: [EventListener; 2],
}

impl ScrollWatch {
    /// Starts to listen. Returns none where the element is not in the document.
    pub fn new(list: NodeRef<html::Div>, moved: impl Fn() + Clone + 'static) -> Option<Self> {
        let list = element(list)?;
        let resized = moved.clone();
        Some(Self {
            _listeners: [
                EventListener::new(&list, "scroll", move |_| moved()),
                EventListener::new(&window(), "resize", move |_| resized()),
            ],
        })
    }
}

/// The scroll position of a conversation. Its list starts at its end, so the browser counts upwards
/// from there in negative numbers.
pub fn scroll_position(list: NodeRef<html::Div>) -> Option<ScrollPosition> {
    let list = element(list)?;
    let below = -list.scroll_top();
    let height = list.client_height();
    Some(ScrollPosition {
        above: list.scroll_height() - height - below,
        below,
        height,
    })
}

/// Scrolls a conversation to its end after the next frame.
pub fn scroll_to_end(list: NodeRef<html::Div>) {
    if let Some(list) = element(list) {
        request_animation_frame(move || list.set_scroll_top(0));
    }
}

/// Keeps the line that is being read where it is while the list changes. Browsers do so by
/// themselves only where the other rows stay in the document, and leptos takes them out when several
/// arrive at once.
pub fn hold_reading(list: NodeRef<html::Div>) {
    let Some(list) = element(list) else { return };
    let frame = list.get_bounding_client_rect();
    #[allow(clippy::cast_possible_truncation)] // Pixels of a window.
    let line_at = |fraction: f64| {
        let (x, y) = (
            frame.left() + frame.width() / 2.0,
            frame.top() + frame.height() * fraction,
        );
        let found = document().element_from_point(x as f32, y as f32)?;
        found
            .closest(".line")
            .ok()
            .flatten()
            .filter(|line| list.contains(Some(line)))
    };
    let Some(line) = [0.5, 0.35, 0.65, 0.2, 0.8, 0.05]
        .into_iter()
        .find_map(line_at)
    else {
        return;
    };
    // Measured in the list, so that the reader's own scrolling in between does not count.
    let top = {
        let list = list.clone();
        move |line: &web_sys::Element| {
            line.get_bounding_client_rect().top() + f64::from(list.scroll_top())
        }
    };
    let before = top(&line);
    request_animation_frame(move || {
        let moved = top(&line) - before;
        if line.is_connected() && moved.abs() >= 1.0 {
            list.scroll_by_with_x_and_y(0.0, moved);
        }
    });
}

fn element(list: NodeRef<html::Div>) -> Option<web_sys::Element> {
    list.try_get_untracked().flatten().map(Into::into)
}

/// Calls back when an element changes its size, until it is dropped.
pub struct SizeWatch {
    observer: web_sys::ResizeObserver,
    _changed: Closure<dyn FnMut()>,
}

impl SizeWatch {
    /// Starts to watch. Returns none where the element is not in the document.
    pub fn new(element: NodeRef<html::Div>, changed: impl Fn() + 'static) -> Option<Self> {
        let element = element.get_untracked()?;
        let changed = Closure::<dyn FnMut()>::new(changed);
        let observer = web_sys::ResizeObserver::new(changed.as_ref().unchecked_ref()).ok()?;
        observer.observe(&element);
        Some(Self {
            observer,
            _changed: changed,
        })
    }
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Measures a virtual list. Its property `--row` gives the height of its rows.
pub fn measure(list: NodeRef<html::Div>) -> Option<Extent> {
    let list = list.get_untracked()?;
    let style = window().get_computed_style(&list).ok().flatten()?;
    let row = style.get_property_value("--row").ok()?;
    let row = row
        .trim()
        .trim_end_matches("px")
        .parse()
        .ok()
        .filter(|row: &f64| *row >= 1.0)?;
    Some(Extent {
        top: f64::from(list.scroll_top()),
        height: f64::from(list.client_height()),
        row,
    })
}

/// Scrolls a virtual list to a position, in pixels.
#[allow(clippy::cast_possible_truncation)] // Pixels of a list of bounded length.
pub fn scroll(list: NodeRef<html::Div>, top: f64) {
    if let Some(list) = list.get_untracked() {
        list.set_scroll_top(top.round() as i32);
    }
}
