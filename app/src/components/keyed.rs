//! A keyed list: items that stay are left alone, new ones are built, and old ones are removed.
//!
//! It is leptos' `For` with the types of items, keys and views erased. The compiler generates about
//! ten kilobytes for each use of `For`; a dozen lists share one here.

use std::sync::Arc;

use leptos::prelude::*;
use pulseboard_contract::Event;

/// An item: its key, and what builds its view.
type Item = (String, Box<dyn FnOnce() -> AnyView + Send>);

/// The list of the items of `each`, updated as they change. Keys must be unique within it.
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
