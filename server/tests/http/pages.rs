//! The pages and the snapshot in them.

use std::collections::BTreeSet;

use pulseboard_app::{PATHS, Page, PageContext, Theme};
use pulseboard_feed::Snapshot;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    task::JoinSet,
};

use crate::{TestServer, header};

/// The snapshot in a page.
pub(crate) fn snapshot(html: &str) -> Snapshot {
    context(html).snapshot
}

/// The context in a page. It is JSON in a JavaScript string, which for ASCII is also a JSON string.
pub(crate) fn context(html: &str) -> PageContext {
    let from = html
        .find("__RESOLVED_RESOURCES[0] = ")
        .expect("the page carries its context")
        + 26;
    let literal = &html[from..from + html[from..].find(";</script>").unwrap()];
    let text: String = serde_json::from_str(literal).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(crate) async fn page(server: &TestServer, path: &str) -> String {
    let response = server.get(path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.text().await.unwrap()
}

#[tokio::test]
async fn every_page_is_rendered_and_never_cached() {
    let server = TestServer::start().await;
    for path in [
        "/",
        "/chat/general",
        "/chat/gr%C3%B6%C3%9Fe",
        "/inspector",
        "/guide",
        "/topics/gr%C3%B6%C3%9Fe/a",
    ] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                header(&response, "content-type").as_str()
            ),
            (200, "text/html; charset=utf-8"),
            "{path}"
        );
        assert_eq!(header(&response, "cache-control"), "no-store");
        assert!(response.text().await.unwrap().contains("<main"), "{path}");
    }
    for (path, room) in [
        ("/chat", "/chat/general"),
        ("/chat?room=gr%C3%B6%C3%9Fe", "/chat/gr%C3%B6%C3%9Fe"),
    ] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                header(&response, "location").as_str()
            ),
            (307, room)
        );
    }
}

#[tokio::test]
async fn every_path_of_the_table_is_answered_with_its_page_and_others_are_not() {
    let server = TestServer::start().await;
    for path in PATHS {
        let (parameter, heading) = match path.page {
            Page::Board => ("", "Board</h1>"),
            Page::Chat => ("größe", "Room größe"),
            Page::Topic => ("größe/a", ">größe<"),
            Page::Inspector => ("", "Inspector</h1>"),
            Page::Guide => ("", "Server-Sent Events, live"),
        };
        let href = path.page.href(parameter);
        let html = page(&server, &href).await;
        assert!(html.contains(heading), "{href}");
        let below = format!("{}/below/%20", href.trim_end_matches('/'));
        let response = server.get(&below).send().await.unwrap();
        assert_eq!(response.status(), 404, "{below}");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_page_leads_to_the_page() {
    let server = TestServer::start().await;
    for (path, page) in [
        ("/guide/", "/guide"),
        ("/inspector/?q=a%20b", "/inspector?q=a%20b"),
        ("/chat/gr%C3%B6%C3%9Fe/", "/chat/gr%C3%B6%C3%9Fe"),
    ] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                header(&response, "location").as_str()
            ),
            (308, page),
            "{path}"
        );
    }
    for path in ["//example.org/", "/chat/", "/topics/", "/api/docs/"] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn large_pages_that_are_read_slowly_arrive_complete() {
    let server = TestServer::start().await;
    // Larger than the buffers of a connection.
    for _ in 0..40 {
        let words = serde_json::json!({"user": "Ada", "text": "x".repeat(3_500)});
        assert_eq!(
            server
                .post("/chat/general")
                .json(&words)
                .send()
                .await
                .unwrap()
                .status(),
            201
        );
    }
    let mut readers = JoinSet::new();
    for path in ["/", "/chat/general", "/inspector", "/guide", "/nope"]
        .into_iter()
        .cycle()
        .take(40)
    {
        let address = server.running.address();
        readers.spawn(async move {
            // A small window makes the server wait for the client.
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(4 * 1024).unwrap();
            let mut connection = socket.connect(address).await.unwrap();
            let request = format!(
                "GET {path} HTTP/1.1\r\nhost: x\r\naccept: text/html\r\nconnection: close\r\n\r\n"
            );
            connection.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            connection.read_to_end(&mut answer).await.unwrap();
            let answer = String::from_utf8(answer).unwrap();
            let (head, html) = answer.split_once("\r\n\r\n").unwrap();
            let length = format!("content-length: {}", html.len());
            assert!(
                head.contains(&length) || html.ends_with("0\r\n\r\n"),
                "{path} is cut off: {head}"
            );
        });
    }
    readers.join_all().await;
}

#[tokio::test]
async fn the_policy_has_the_nonce_of_every_script() {
    let server = TestServer::start().await;
    let mut nonces = BTreeSet::new();
    for _ in 0..2 {
        let response = server.get("/").send().await.unwrap();
        let policy = header(&response, "content-security-policy");
        let nonce = policy
            .split_once("'nonce-")
            .and_then(|(_, rest)| rest.split_once('\''))
            .unwrap()
            .0
            .to_owned();
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("connect-src 'self';"),
            "{policy}"
        );
        let html = response.text().await.unwrap();
        let scripts: Vec<_> = html
            .match_indices("<script")
            .map(|(at, _)| &html[at..at + html[at..].find('>').unwrap()])
            .collect();
        assert!(
            scripts.len() > 1
                && scripts
                    .iter()
                    .all(|tag| tag.contains(&format!("nonce=\"{nonce}\""))),
            "{scripts:?}"
        );
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), 2, "each answer has its own");
}

#[tokio::test]
async fn the_context_has_the_visitor_as_far_as_the_cookies_are_valid() {
    let server = TestServer::start().await;
    let visitor = async |cookie: &str| {
        let response = server
            .get("/")
            .header("cookie", cookie)
            .send()
            .await
            .unwrap();
        context(&response.text().await.unwrap()).visitor
    };
    let known = visitor("a=b; name=Ada%20L; theme=dark").await;
    assert_eq!(
        (known.name.as_deref(), known.theme),
        (Some("Ada L"), Some(Theme::Dark))
    );
    for cookie in ["name=%0a; theme=pink", "name=; theme", "name=%ff", "x"] {
        let nobody = visitor(cookie).await;
        assert_eq!((nobody.name, nobody.theme), (None, None), "{cookie}");
    }
}

#[tokio::test]
async fn user_input_never_becomes_markup() {
    let server = TestServer::start().await;
    let attack = "</script><script>alert(1)</script><img src=x onerror=alert(2)><!--\u{2028}'\"";
    let said = server
        .post("/chat/general")
        .json(&serde_json::json!({"user": "<b>Eve</b>", "text": attack}))
        .send()
        .await
        .unwrap();
    assert_eq!(said.status(), 201);
    server
        .publish(
            "a%3Cb",
            "notification",
            r#"{"type":"info","message":"<script>alert(3)</script>"}"#,
        )
        .send()
        .await
        .unwrap();
    for path in ["/", "/chat/general", "/inspector", "/topics/chat/general"] {
        let html = page(&server, path).await;
        for raw in ["<script>alert", "<img src=x", "<b>Eve", "<!--\u{2028}"] {
            assert!(!html.contains(raw), "{path} has {raw:?} in it");
        }
        assert!(html.contains("alert(1)"), "{path} does carry the words");
    }
}
