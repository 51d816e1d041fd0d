//! The browser's storage.

use gloo_events::EventListener;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Storage, StorageEvent};

/// The stored value of a key.
pub fn get(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Stores a value and returns whether the browser kept it.
pub fn set(key: &str, value: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(key, value).is_ok())
}

/// Removes a value.
pub fn remove(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

/// The keys that begin with `prefix`, with their values.
pub fn entries(prefix: &str) -> Vec<(String, String)> {
    let Some(storage) = storage() else {
        return Vec::new();
    };
    let keys =
        (0..storage.length().unwrap_or(0)).filter_map(|index| storage.key(index).ok().flatten());
    keys.filter(|key| key.starts_with(prefix))
        .filter_map(|key| {
            let value = storage.get_item(&key).ok().flatten()?;
            Some((key, value))
        })
        .collect()
}

/// Reports what other tabs store, until it is dropped.
pub struct StorageWatch(#[allow(dead_code)] EventListener);

impl StorageWatch {
    /// Calls `changed` when another tab stores or removes a value whose key begins with `prefix`,
    /// with the key and the new value. When another tab clears the whole storage, the key is
    /// `prefix` itself.
    pub fn new(prefix: &'static str, changed: impl Fn(&str, Option<&str>) + 'static) -> Self {
        Self(EventListener::new(&window(), "storage", move |event| {
            let Some(event) = event.dyn_ref::<StorageEvent>() else {
                return;
            };
            let key = event.key().unwrap_or_else(|| prefix.to_owned());
            if key.starts_with(prefix) {
                changed(&key, event.new_value().as_deref());
            }
        }))
    }
}

/// None where the browser refuses storage.
fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
