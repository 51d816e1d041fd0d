//! The WebAssembly entry: takes over the page the server rendered.

#![recursion_limit = "512"]

use wasm_bindgen::{JsError, prelude::wasm_bindgen};

/// Called by the script in the page once the module is loaded. The page stays as the server
/// rendered it if the rest of its code cannot be fetched, and the script says so.
#[wasm_bindgen]
pub async fn hydrate() -> Result<(), JsError> {
    console_error_panic_hook::set_once();
    pulseboard_app::fetch_page().await?;
    leptos::mount::hydrate_body(pulseboard_app::App);
    Ok(())
}
