//! The streams in a real browser, against a server that misbehaves on request (`sse-server.mjs`).
//!
//! Start the server with `node tests/sse-server.mjs`, and pass the address that it prints when you
//! compile the tests:
//!
//! ```sh
//! export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner
//! SSE_SERVER=http://127.0.0.1:12345 cargo test --features hydrate --target wasm32-unknown-unknown
//! ```
#![cfg(all(target_arch = "wasm32", feature = "hydrate"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod control;
mod messages;
mod probe;
mod reconnect;
mod sharing;
mod typed;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
