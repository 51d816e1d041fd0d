//! Requests without an endpoint: unknown paths and wrong methods. Also the health check.

use crate::{TestServer, check_problem, header};

#[tokio::test]
async fn the_health_check_tells_that_the_server_is_alive() {
    let server = TestServer::start().await;
    let response = server.get("/healthz").send().await.unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            response.text().await.unwrap().as_str()
        ),
        (200, "ok")
    );
}

#[tokio::test]
async fn an_unknown_path_is_a_page_for_browsers_and_a_problem_for_programs() {
    let server = TestServer::start().await;
    for path in [
        "/nope",
        "/pkg/nope.js",
        "/%ff",
        "/chat/a%20b",
        "/chat/%ff",
        "/chat/a%2fb",
        "/chat/",
        "/topics",
        "/api",
    ] {
        check_problem(404, None, server.get(path).send().await.unwrap()).await;
        let page = server
            .get(path)
            .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .send()
            .await
            .unwrap();
        assert_eq!(
            (
                page.status().as_u16(),
                header(&page, "content-type").as_str()
            ),
            (404, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(!header(&page, "content-security-policy").is_empty());
    }
    check_problem(
        404,
        None,
        server
            .post("/nope")
            .header("accept", "text/html")
            .send()
            .await
            .unwrap(),
    )
    .await;
}

#[tokio::test]
async fn a_wrong_method_is_a_problem_with_the_allowed_methods() {
    let server = TestServer::start().await;
    for (path, allow) in [
        ("/topics/a", "GET,HEAD,POST"),
        ("/", "GET,HEAD"),
        ("/events", "GET,HEAD,POST"),
        ("/chat/general", "GET,HEAD,POST"),
    ] {
        let response = server.client.delete(server.url(path)).send().await.unwrap();
        assert_eq!(header(&response, "allow"), allow, "{path}");
        check_problem(405, None, response).await;
    }
}
