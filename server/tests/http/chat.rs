//! `POST /chat/{room}`.

use crate::{TestServer, check_problem, header, json};

#[tokio::test]
async fn a_message_as_json_is_posted_and_gets_its_event_id() {
    let server = TestServer::start().await;
    let response = server
        .post("/chat/gr%C3%B6%C3%9Fe")
        .json(&serde_json::json!({"user": " Ada ", "text": "p99 <flat>"}))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    let answer = json(response).await;
    let event = server.stored().await.pop().unwrap();
    assert_eq!(answer["id"], event.event_id.unwrap().to_string());
    assert_eq!(
        (
            event.topic.as_str(),
            event.event_type.as_str(),
            event.source.as_str()
        ),
        ("chat/größe", "chat", "/chat")
    );
    assert_eq!(
        event.data.as_str(),
        r#"{"user":"Ada","text":"p99 <flat>","time":"2024-01-01T12:00:00Z"}"#
    );
}

#[tokio::test]
async fn a_form_returns_to_the_room_and_the_name_is_remembered() {
    let server = TestServer::start().await;
    let form = "user=Gr%C3%A4ce+H%3B&text=a%26b%0D%0Ac";
    let request = server
        .post("/chat/general")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 303);
    assert_eq!(header(&response, "location"), "/chat/general");
    assert_eq!(
        header(&response, "set-cookie"),
        "name=Gr%C3%A4ce%20H%3B; SameSite=Lax; Path=/; Max-Age=31536000"
    );
    let event = server.stored().await.pop().unwrap();
    assert_eq!(
        event.data.as_str(),
        r#"{"user":"Gräce H;","text":"a&b\r\nc","time":"2024-01-01T12:00:00Z"}"#
    );
}

#[tokio::test]
async fn an_invalid_message_is_rejected_with_the_name_of_the_input_and_not_posted() {
    let server = TestServer::start().await;
    let post = |path: &str, content_type: &str, body: &str| {
        server
            .post(path)
            .header("content-type", content_type)
            .body(body.to_owned())
    };
    let json = |body: &str| post("/chat/general", "application/json", body);
    let form = |body: &str| post("/chat/general", "application/x-www-form-urlencoded", body);
    let long = |size: usize| "ä".repeat(size);
    for (status, field, request) in [
        (
            400,
            Some("room"),
            post("/chat/a%2Fb", "application/json", "{}"),
        ),
        (
            400,
            Some("room"),
            post("/chat/a%20b", "application/json", "{}"),
        ),
        (
            400,
            Some("path"),
            post("/chat/%ff", "application/json", "{}"),
        ),
        (400, Some("body"), json("{")),
        (400, Some("user"), json(r#"{"text":"x"}"#)),
        (400, Some("user"), json(r#"{"user":1,"text":"x"}"#)),
        (400, Some("text"), json(r#"{"user":"Ada"}"#)),
        (400, Some("user"), json(r#"{"user":" ","text":"x"}"#)),
        (
            400,
            Some("user"),
            json(&format!(r#"{{"user":"{}","text":"x"}}"#, long(65))),
        ),
        (400, Some("user"), json(r#"{"user":"a\u0000b","text":"x"}"#)),
        (400, Some("text"), json(r#"{"user":"Ada","text":""}"#)),
        (
            400,
            Some("text"),
            json(&format!(r#"{{"user":"Ada","text":"{}"}}"#, long(4_001))),
        ),
        (400, Some("user"), form("text=x")),
        (400, Some("text"), form("user=Ada&text=")),
        (400, Some("user"), form("user=Ada&user=Eve&text=x")),
        (400, Some("body"), form("user=%ff&text=x")),
        (415, None, post("/chat/general", "text/plain", "x")),
        (415, None, server.post("/chat/general").body("x")),
        (
            413,
            None,
            form(&format!("user=Ada&text={}", "x".repeat(70_000))),
        ),
    ] {
        check_problem(status, field, request.send().await.unwrap()).await;
    }
    assert_eq!(server.stored().await, []);
    assert_eq!(
        json(&format!(
            r#"{{"user":"{}","text":"{}"}}"#,
            long(64),
            long(4_000)
        ))
        .send()
        .await
        .unwrap()
        .status(),
        201
    );
}
