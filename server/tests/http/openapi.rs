//! `GET /api/openapi.json` and `/api/docs`, held against the real server.

use std::{collections::BTreeSet, process::Command, time::Duration};

use reqwest::Method;
use serde_json::Value;

use crate::{TestServer, check_problem, header, json, soon};

async fn document(server: &TestServer) -> Value {
    let response = server.get("/api/openapi.json").send().await.unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            header(&response, "content-type").as_str()
        ),
        (200, "application/json")
    );
    json(response).await
}

/// Each operation with its method and path.
fn operations(document: &Value) -> Vec<(Method, String, Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let methods = item
                .as_object()
                .unwrap()
                .iter()
                .filter(|(method, _)| ["get", "post"].contains(&method.as_str()));
            methods.map(move |(method, operation)| {
                (
                    Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(),
                    path.clone(),
                    operation.clone(),
                )
            })
        })
        .collect()
}

/// The names of the members of an object.
fn names(object: &Value) -> BTreeSet<String> {
    object
        .as_object()
        .unwrap_or_else(|| panic!("{object}"))
        .keys()
        .cloned()
        .collect()
}

fn properties(document: &Value, schema: &str) -> BTreeSet<String> {
    names(&document["components"]["schemas"][schema]["properties"])
}

fn required(document: &Value, schema: &str) -> BTreeSet<String> {
    let required = document["components"]["schemas"][schema]["required"]
        .as_array()
        .unwrap();
    required
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_described_operation_exists_and_has_a_summary() {
    let server = TestServer::start().await;
    let document = document(&server).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let operations = operations(&document);
    let described: BTreeSet<_> = operations
        .iter()
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    for expected in [
        "GET /events",
        "POST /events",
        "GET /stream",
        "GET /chat-stream",
        "POST /topics/{topic}",
        "POST /chat/{room}",
        "GET /api/history",
        "GET /api/series",
        "GET /api/topics",
        "GET /healthz",
        "GET /readyz",
        "GET /metrics",
    ] {
        assert!(described.contains(expected), "{expected} in {described:?}");
    }
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations {
        let url = server.url(&path.replace("{topic}", "a/b").replace("{room}", "general"));
        let status = soon(server.client.request(method.clone(), url).send())
            .await
            .unwrap()
            .status()
            .as_u16();
        assert!(
            ![404, 405].contains(&status) && status < 500,
            "{method} {path}: {status}"
        );
        assert!(
            operation["summary"]
                .as_str()
                .is_some_and(|summary| summary.ends_with('.')),
            "{method} {path}: {operation}"
        );
        assert_eq!(
            operation["tags"].as_array().map(Vec::len),
            Some(1),
            "{method} {path}"
        );
        assert_eq!(
            operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"],
            "#/components/schemas/Problem",
            "{method} {path}"
        );
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
            "{method} {path}"
        );
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(
                parameter["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{path}: {parameter}"
            );
        }
    }
}

#[tokio::test]
async fn events_problems_and_responses_have_exactly_the_described_members() {
    let server = TestServer::start().await;
    let document = document(&server).await;
    let post = |path: &str, content_type: &str, body: &str| {
        server
            .post(path)
            .header("content-type", content_type)
            .body(body.to_owned())
            .send()
    };
    let event = r#"{"specversion":"1.0","id":"1","source":"/a","type":"x","topic":"a","time":"2024-01-01T12:00:00Z","expires":"2099-01-01T00:00:00Z","datacontenttype":"application/json","data":1}"#;
    assert_eq!(
        names(&serde_json::from_str(event).unwrap()),
        properties(&document, "NewEvent")
    );
    let one = json(
        post("/events", "application/cloudevents+json", event)
            .await
            .unwrap(),
    )
    .await;
    let batch = json(
        post("/events", "application/cloudevents-batch+json", "[]")
            .await
            .unwrap(),
    )
    .await;
    let lines = json(post("/events", "application/x-ndjson", "").await.unwrap()).await;
    let history = json(server.get("/api/history").send().await.unwrap()).await;
    let topics = json(server.get("/api/topics").send().await.unwrap()).await;
    server
        .publish("numbers", "x", r#"{"a":1,"on":true}"#)
        .send()
        .await
        .unwrap();
    let series = json(
        server
            .get("/api/series?topic=numbers&to=1704110400001")
            .send()
            .await
            .unwrap(),
    )
    .await;
    for (schema, answer) in [
        ("PublishedEvent", &one),
        ("PublishedBatch", &batch),
        ("PublishedLines", &lines),
        ("HistoryPage_Event", &history),
        ("Event", &history["events"][0]),
        ("TopicSeries", &series),
        ("FieldSeries", &series["fields"][0]),
        ("FieldStates", &series["states"][0]),
        ("TopicsPage_Event", &topics),
        ("TopicEntry_Event", &topics["topics"][0]),
    ] {
        assert_eq!(names(answer), properties(&document, schema), "{schema}");
        assert!(
            required(&document, schema).is_subset(&names(answer)),
            "{schema}"
        );
    }
    // The members that the smallest event lacks are the optional ones.
    post("/topics/a", "application/json", "1").await.unwrap();
    let least = json(
        server
            .get("/api/history?limit=1&order=desc")
            .send()
            .await
            .unwrap(),
    )
    .await["events"][0]
        .clone();
    assert_eq!(
        names(&least)
            .difference(&required(&document, "Event"))
            .collect::<Vec<_>>(),
        ["eventid"]
    );

    let refused = [
        server.get("/nope").send().await.unwrap(),
        server.get("/api/history?limit=0").send().await.unwrap(),
        post("/topics/a", "application/x-ndjson", "{")
            .await
            .unwrap(),
    ];
    let mut seen = BTreeSet::new();
    for response in refused {
        let problem = json(response).await;
        assert!(
            required(&document, "Problem").is_subset(&names(&problem)),
            "{problem}"
        );
        seen.extend(names(&problem));
    }
    assert_eq!(seen, properties(&document, "Problem"));
}

#[tokio::test]
async fn every_described_query_parameter_is_read() {
    let server = TestServer::start().await;
    for (method, path, operation) in operations(&document(&server).await) {
        for parameter in operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "query")
        {
            let name = parameter["name"].as_str().unwrap();
            // A control character is invalid in every parameter except a prefix, which need not
            // match any topic.
            if name == "prefix" {
                continue;
            }
            let response = server
                .client
                .request(method.clone(), server.url(&format!("{path}?{name}=%00")))
                .send()
                .await
                .unwrap();
            check_problem(400, Some(name), response).await;
        }
    }
}

#[tokio::test]
async fn the_examples_can_be_pasted_into_a_shell() {
    if Command::new("curl").arg("--version").output().is_err() {
        return;
    }
    let server =
        TestServer::start_with(|options| options.heartbeat_every = Duration::from_millis(100))
            .await;
    let base = server.url("");
    let mut count = 0;
    for (method, path, operation) in operations(&document(&server).await) {
        let Some(example) = operation["x-example"].as_str() else {
            continue;
        };
        count += 1;
        let is_stream = operation["responses"]["200"]["content"]
            .get("text/event-stream")
            .is_some();
        // A stream never ends: after its first line `curl` fails to write, and ends too.
        let script = if is_stream {
            format!("URL={base}; {example} | head -n 1")
        } else {
            format!("URL={base}; {example} --fail")
        };
        let output = tokio::task::spawn_blocking(move || {
            Command::new("sh").args(["-c", &script]).output().unwrap()
        })
        .await
        .unwrap();
        let (code, said) = (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        );
        assert_eq!(code, Some(0), "{method} {path}: {said}");
        assert!(!said.is_empty(), "{method} {path}");
        if is_stream {
            assert!(said.starts_with("retry: "), "{method} {path}: {said}");
        }
    }
    assert!(count > 10, "{count}");
}

#[tokio::test]
async fn the_page_shows_every_operation_and_has_no_scripts() {
    let server = TestServer::start().await;
    let get = |cookie: &str| {
        server
            .get("/api/docs")
            .header("cookie", cookie.to_owned())
            .send()
    };
    let response = get("").await.unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            header(&response, "content-type").as_str()
        ),
        (200, "text/html; charset=utf-8")
    );
    assert!(
        header(&response, "content-security-policy")
            .starts_with("default-src 'none'; style-src 'self'")
    );
    let page = response.text().await.unwrap();
    assert!(
        page.starts_with("<!DOCTYPE html><html lang=\"en\""),
        "{}",
        &page[..100]
    );
    for (method, path, operation) in operations(&document(&server).await) {
        assert!(
            page.contains(&format!("{method} {path}")),
            "{method} {path}"
        );
        assert!(
            page.contains(&format!(
                "id=\"{}\"",
                operation["operationId"].as_str().unwrap()
            )),
            "{method} {path}"
        );
    }
    for (name, _) in document(&server).await["components"]["schemas"]
        .as_object()
        .unwrap()
    {
        assert!(page.contains(&format!("id=\"{name}\"")), "{name}");
    }
    // Every link within the page has a target.
    for link in page
        .split("href=\"#")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
    {
        assert!(page.contains(&format!("id=\"{link}\"")), "{link}");
    }
    assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("$URL"));
    assert!(
        page.contains(&server.url("/topics/office/sensor")),
        "the examples ask this server"
    );
    assert!(
        get("theme=dark")
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .contains("data-theme=\"dark\"")
    );
    let odd = server
        .get("/api/docs")
        .header("host", "a\"><script>")
        .send()
        .await
        .unwrap();
    assert!(!odd.text().await.unwrap().contains("<script"));
}
