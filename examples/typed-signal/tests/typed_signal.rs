//! The example over real HTTP, and its page for the browser.

use std::process::Command;

use typed_signal::{EVENT_TYPE, Temperature, server};

#[tokio::test]
async fn a_typed_event_arrives_over_http_after_the_cursor() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, server::app()).await });

    let page = reqwest::get(&url).await.unwrap().text().await.unwrap();
    assert!(page.contains("/pkg/typed_signal.js"), "{page}");

    let mut stream = reqwest::get(format!("{url}/events?last_event_id=6"))
        .await
        .unwrap();
    let mut text = String::new();
    while !text.contains("\n\n") {
        text += std::str::from_utf8(&stream.chunk().await.unwrap().unwrap()).unwrap();
    }
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    assert_eq!(field("event: "), Some(EVENT_TYPE));
    assert_eq!(field("id: "), Some("7"));
    let temperature: Temperature = serde_json::from_str(field("data: ").unwrap()).unwrap();
    assert!(
        (20.0..21.0).contains(&temperature.celsius),
        "{temperature:?}"
    );
}

#[test]
fn the_page_compiles_for_the_browser() {
    let cargo = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--lib", "-p", env!("CARGO_PKG_NAME")])
        .args(["--target", "wasm32-unknown-unknown"])
        .status();
    assert!(cargo.unwrap().success());
}
