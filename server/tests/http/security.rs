//! Requests from other sites, and the security headers.

use crate::{TestServer, check_problem, header};

#[tokio::test]
async fn a_page_of_another_site_cannot_publish() {
    let server = TestServer::start().await;
    let host = server.running.address().to_string();
    let own = format!("http://{host}");
    for path in ["/topics/a", "/events", "/chat/general"] {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "http://127.0.0.1:1"),
            ("origin", "null"),
        ] {
            let request = server
                .post(path)
                .header("content-type", "text/plain")
                .header(name, value)
                .body("x");
            check_problem(403, None, request.send().await.unwrap()).await;
        }
    }
    assert_eq!(server.stored().await, []);
    for (name, value) in [
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-site", "none"),
        ("origin", own.as_str()),
        ("accept", "*/*"),
    ] {
        let request = server
            .post("/topics/a")
            .header("content-type", "text/plain")
            .header(name, value)
            .body("x");
        assert_eq!(
            request.send().await.unwrap().status(),
            201,
            "{name}: {value}"
        );
    }
}

#[tokio::test]
async fn a_page_of_another_site_cannot_make_its_visitor_present() {
    let server = TestServer::start().await;
    for path in ["/events?room=general&user=Ada", "/chat-stream?user=Ada"] {
        let request = server.get(path).header("sec-fetch-site", "cross-site");
        check_problem(403, None, request.send().await.unwrap()).await;
    }
    let anonymous = server
        .get("/events")
        .header("sec-fetch-site", "cross-site")
        .send()
        .await
        .unwrap();
    assert_eq!(anonymous.status(), 200);
    assert_eq!(server.stored().await, []);
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    let server = TestServer::start().await;
    for path in ["/", "/events", "/nope", "/healthz", "/api/topics", "/chat"] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(
            header(&response, "x-content-type-options"),
            "nosniff",
            "{path}"
        );
        assert_eq!(
            header(&response, "referrer-policy"),
            "same-origin",
            "{path}"
        );
        assert_eq!(
            header(&response, "cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
    }
}
