//! The WebAssembly entry: takes over the page the server rendered.

#![recursion_limit = "512"]

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

/// Called by the script in the page once the module is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    spawn_local(async {
        pulseboard_app::fetch_page().await;
        leptos::mount::hydrate_body(pulseboard_app::App);
    });
}
