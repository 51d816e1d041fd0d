//! Scrolling the page in the browser.

use gloo_events::EventListener;
use leptos::prelude::*;

/// Scrolls to the element of this id after the next frame.
pub fn scroll_to(id: String) {
    request_animation_frame(move || {
        if let Some(element) = document().get_element_by_id(&id) {
            element.scroll_into_view();
        }
    });
}

/// How far the page is scrolled, in pixels.
pub fn scroll_position() -> f64 {
    window().scroll_y().unwrap_or(0.0)
}

/// Scrolls the page to a position, in pixels, after the next frame.
pub fn scroll_to_position(pixels: f64) {
    request_animation_frame(move || window().scroll_to_with_x_and_y(0.0, pixels));
}

/// Scrolls a list just far enough to show the element of this id.
pub fn bring_into_view(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Scrolls a row of links sideways to show the link of this id. The page itself does not scroll.
pub fn bring_into_row(id: &str) {
    /// How much of the neighbouring link stays visible, so that the reader knows of it.
    const NEIGHBOUR: f64 = 48.0;
    let Some(link) = document().get_element_by_id(id) else {
        return;
    };
    let Some(row) = link.closest("ol").ok().flatten() else {
        return;
    };
    let (link, visible) = (
        link.get_bounding_client_rect(),
        row.get_bounding_client_rect(),
    );
    let before = link.left() - NEIGHBOUR - visible.left();
    let after = link.right() + NEIGHBOUR - visible.right();
    #[allow(clippy::cast_possible_truncation)] // Pixels of a row.
    if before < 0.0 || after > 0.0 {
        row.set_scroll_left(row.scroll_left() + if before < 0.0 { before } else { after } as i32);
    }
}

/// Keeps the row in the middle of the window where it is while its list changes. Browsers anchor the
/// scroll position by themselves, but not here: when several rows arrive at once, leptos takes the
/// whole list out of the document and puts it back.
pub fn hold_still() {
    let Some(page) = document().document_element() else {
        return;
    };
    let middle = (page.client_width() / 2, page.client_height() / 2);
    #[allow(clippy::cast_precision_loss)] // Pixels of a window.
    let found = document().element_from_point(middle.0 as f32, middle.1 as f32);
    let Some(row) = found.and_then(|element| element.closest(".event").ok().flatten()) else {
        return;
    };
    // Measured on the page, so that the reader's own scrolling in between does not count.
    let top = move |row: &web_sys::Element| {
        row.get_bounding_client_rect().top() + f64::from(page.scroll_top())
    };
    let before = top(&row);
    if window().scroll_y().is_ok_and(|scrolled| scrolled > 0.0) {
        request_animation_frame(move || {
            let moved = top(&row) - before;
            if row.is_connected() && moved != 0.0 {
                window().scroll_by_with_x_and_y(0.0, moved);
            }
        });
    }
}

/// Calls back whenever the reader scrolls near the end of the page, until it is dropped.
pub struct NearEnd(#[allow(dead_code)] EventListener);

impl NearEnd {
    /// Starts to listen.
    pub fn new(near: impl Fn() + 'static) -> Self {
        /// Far enough from the end to load more before the reader arrives there.
        const PIXELS: i32 = 900;
        Self(EventListener::new(&document(), "scroll", move |_| {
            let Some(page) = document().document_element() else {
                return;
            };
            if page.scroll_height() - page.client_height() - page.scroll_top() < PIXELS {
                near();
            }
        }))
    }
}

/// Reports which of several elements is being read, until it is dropped.
pub struct Reading {
    _listeners: [EventListener; 2],
}

impl Reading {
    /// Calls `reads` at once, and again when the page scrolls or changes its size, with the index of
    /// the element being read: the last one that begins in the upper third of the window, or the
    /// last of all at the end of the page.
    pub fn new(ids: Vec<&'static str>, reads: impl Fn(Option<usize>) + 'static) -> Self {
        let look = std::rc::Rc::new(move || {
            let Some(page) = document().document_element() else {
                return;
            };
            let line = f64::from(page.client_height()) / 3.0;
            let begins = |id: &&&str| {
                let element = document().get_element_by_id(id);
                element.is_some_and(|element| element.get_bounding_client_rect().top() <= line)
            };
            let is_at_end = page.scroll_top() > 0
                && page.scroll_height() - page.client_height() - page.scroll_top() < 2;
            let count = if is_at_end {
                ids.len()
            } else {
                ids.iter().take_while(begins).count()
            };
            reads(count.checked_sub(1));
        });
        look();
        let on_resize = look.clone();
        Self {
            _listeners: [
                EventListener::new(&document(), "scroll", move |_| look()),
                EventListener::new(&window(), "resize", move |_| on_resize()),
            ],
        }
    }
}
