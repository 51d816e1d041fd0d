//! A list whose items are told apart by a key: what stays is left alone, what is new is built, what
//! is gone is removed.
//!
//! It is leptos' `For` with the types of items, keys and views erased. Each use of `For` is
//! compiled anew, a machine of ten kilobytes; a page of a dozen lists should not make every visitor
//! wait for a dozen machines.

use std::sync::Arc;

use leptos::prelude::*;
use pulseboard_contract::Event;

/// An item: its key, and what builds its view.
type Item = (String, Box<dyn FnOnce() -> AnyView + Send>);

/// The list of what `each` answers, followed as it changes. Keys have to be unique within it.
pub fn keyed<T: Send + 'static>(
    each: impl Fn() -> Vec<T> + Send + Sync + 'static,
    key: impl Fn(&T) -> String + Send + Sync + 'static,
    view: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let view = Arc::new(view);
    let item = move |item: T| -> Item {
        let (key, view) = (key(&item), view.clone());
        (key, Box::new(move || view(item)))
    };
    erased(Box::new(move || each().into_iter().map(&item).collect()))
}

/// The key of a stored event.
pub fn event_key(event: &Event) -> String {
    event.event_id.map(|id| id.to_string()).unwrap_or_default()
}

fn erased(items: Box<dyn Fn() -> Vec<Item> + Send + Sync>) -> AnyView {
    view! { <For each=move || items() key=|(key, _)| key.clone() children=|(_, view)| view() /> }
        .into_any()
}
