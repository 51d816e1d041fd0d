//! Menus and dialogs in the browser.

use gloo_events::{EventListener, EventListenerOptions};
use leptos::{ev::MouseEvent, html, prelude::*};
use wasm_bindgen::JsCast;

/// Closes open menus on Escape and on a click elsewhere, until it is dropped.
pub struct MenuCloser {
    _listeners: [EventListener; 2],
}

impl MenuCloser {
    /// Starts to listen.
    pub fn new() -> Self {
        let click = EventListener::new(&document(), "click", |event| {
            let target = event
                .target()
                .and_then(|target| target.dyn_into::<web_sys::Node>().ok());
            // A button that its own click removed is in no menu any more, but the click was not
            // elsewhere.
            if target.as_ref().is_some_and(|target| !target.is_connected()) {
                return;
            }
            for menu in open_menus() {
                if !menu.contains(target.as_ref()) {
                    let _ = menu.remove_attribute("open");
                }
            }
        });
        let options = EventListenerOptions::enable_prevent_default();
        let escape = EventListener::new_with_options(&document(), "keydown", options, |event| {
            if event
                .dyn_ref::<web_sys::KeyboardEvent>()
                .is_none_or(|event| event.key() != "Escape")
            {
                return;
            }
            for menu in open_menus() {
                let _ = menu.remove_attribute("open");
                // One press closes one thing.
                event.prevent_default();
                // The focus returns to the button of the menu, not to the top of the page.
                focus_summary(&menu);
            }
        });
        Self {
            _listeners: [click, escape],
        }
    }
}

/// Closes all menus.
pub fn close_menus() {
    for menu in open_menus() {
        let _ = menu.remove_attribute("open");
    }
}

/// Opens the list of notifications after the current click, because a click elsewhere closes it.
pub fn open_notifications() {
    request_animation_frame(|| {
        if let Ok(Some(menu)) = document().query_selector("details.bell") {
            let _ = menu.set_attribute("open", "");
            focus_summary(&menu);
        }
    });
}

/// Whether the `<details>` that was toggled is open.
pub fn is_open(event: &web_sys::Event) -> bool {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| target.has_attribute("open"))
}

/// Shows a dialog above the page. When it closes, the browser restores the focus.
pub fn show_modal(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get()
        && !dialog.open()
    {
        // It fails only for a dialog that is open or not in the document.
        let _ = dialog.show_modal();
    }
}

/// Whether a click was on the backdrop of its dialog. The content fills the whole dialog, so a click
/// that reaches the dialog itself was beside it.
pub fn is_on_backdrop(click: &MouseEvent) -> bool {
    click
        .target()
        .is_some_and(|target| target.dyn_ref::<web_sys::HtmlDialogElement>().is_some())
}

fn open_menus() -> impl Iterator<Item = web_sys::Element> {
    let menus = document()
        .query_selector_all("details[name=menu][open]")
        .ok();
    let length = menus.as_ref().map_or(0, web_sys::NodeList::length);
    (0..length).filter_map(move |index| menus.as_ref()?.get(index)?.dyn_into().ok())
}

fn focus_summary(menu: &web_sys::Element) {
    let summary = menu.query_selector("summary").ok().flatten();
    if let Some(summary) =
        summary.and_then(|summary| summary.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = summary.focus();
    }
}
