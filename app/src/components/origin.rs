//! The address of the server in examples, as this browser knows it.

use leptos::prelude::*;

use crate::platform::location;

/// The server's address. The first render has the default address, because a server can have several
/// names; then the browser sets the one it uses.
pub fn use_origin() -> RwSignal<String> {
    let origin = RwSignal::new("http://127.0.0.1:3000".to_owned());
    Effect::new(move |_| {
        if let Some(here) = location::origin() {
            origin.set(here);
        }
    });
    origin
}
