//! The embedded hub, over real HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use futures_util::StreamExt;

async fn serve() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        axum::serve(listener, pulseboard_example_embed::app().unwrap())
            .await
            .unwrap();
    });
    url
}

async fn order(url: &str, item: &str) -> String {
    let answer = reqwest::Client::new()
        .post(format!("{url}/orders"))
        .body(format!(r#"{{"item":"{item}"}}"#))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// Reads a stream until it contains `end`.
async fn read_until(url: &str, last_event_id: Option<&str>, end: &str) -> String {
    let mut request = reqwest::Client::new().get(format!("{url}/orders/events"));
    if let Some(id) = last_event_id {
        request = request.header("last-event-id", id);
    }
    let mut body = request.send().await.unwrap().bytes_stream();
    let mut text = String::new();
    while !text.contains(end) {
        text += std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap();
    }
    text
}

#[tokio::test]
async fn a_reader_that_comes_back_gets_what_it_missed_once_and_in_order() {
    let url = serve().await;
    let first = order(&url, "tea").await;
    order(&url, "milk").await;
    order(&url, "sugar").await;

    let text = read_until(&url, Some(&first), "sugar").await;
    assert!(!text.contains("tea"), "{text}");
    assert!(text.find("milk") < text.find("sugar"), "{text}");
    assert_eq!(
        text.matches("event: com.example.order").count(),
        2,
        "{text}"
    );
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let url = serve().await;
    let answer = reqwest::Client::new()
        .post(format!("{url}/orders"))
        .body("tea")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
}
