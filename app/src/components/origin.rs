//! Where the server is, as whoever looks at the page knows it.

use leptos::prelude::*;

use crate::platform::location;

/// The server's address. The first render is the server's, which may be known by any name: the
/// browser knows which.
pub fn use_origin() -> RwSignal<String> {
    let origin = RwSignal::new("http://127.0.0.1:3000".to_owned());
    Effect::new(move |_| {
        if let Some(here) = location::origin() {
            origin.set(here);
        }
    });
    origin
}
