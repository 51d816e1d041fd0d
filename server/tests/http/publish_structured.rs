//! One event in JSON: `application/cloudevents+json`, to a topic and to `POST /events`.

use reqwest::RequestBuilder;

use crate::{TestServer, check_problem, json};

pub(crate) fn structured(server: &TestServer, path: &str, event: &str) -> RequestBuilder {
    server
        .post(path)
        .header(
            "content-type",
            "application/cloudevents+json; charset=utf-8",
        )
        .body(event.to_owned())
}

#[tokio::test]
async fn every_attribute_of_the_envelope_is_in_the_event() {
    let server = TestServer::start().await;
    let event = r#"{"specversion": "1.0", "id": "build-77", "source": "/ci", "type": "com.ci.deploy", "topic": "deploys",
        "time": "2024-02-03T04:05:06+01:00", "expires": "2099-01-01T00:00:00Z", "datacontenttype": "application/vnd.ci+json",
        "eventid": "00000001-7", "subject": "api", "attempt": 3, "retried": true, "dataschema": null,
        "data": {"z": 12345678901234567890123, "a": 1.50, "z": null}}"#;
    let response = structured(&server, "/events", event).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), json(response).await),
        (201, serde_json::json!({"id": "9f2c41d7-1"}))
    );
    let stored = server
        .get("/api/history")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let expected = r#"{"specversion":"1.0","id":"build-77","source":"/ci","type":"com.ci.deploy","time":"2024-02-03T03:05:06Z","datacontenttype":"application/json","topic":"deploys","eventid":"9f2c41d7-1","expires":"2099-01-01T00:00:00Z","attempt":3,"retried":true,"subject":"api","data":{"z":12345678901234567890123,"a":1.50,"z":null}}"#;
    assert_eq!(stored, format!(r#"{{"events":[{expected}],"next":null}}"#));

    // The same event again is a duplicate, at every URL for its topic.
    for path in ["/events", "/topics/deploys"] {
        let again = structured(&server, path, event).send().await.unwrap();
        assert_eq!(
            (again.status().as_u16(), json(again).await),
            (200, serde_json::json!({"id": "9f2c41d7-1"}))
        );
    }
}

#[tokio::test]
async fn missing_optional_attributes_are_filled_in() {
    let server = TestServer::start().await;
    let event = r#"{"specversion":"1.0","id":"1","source":"/a","type":"message"}"#;
    assert_eq!(
        structured(&server, "/topics/a", event)
            .send()
            .await
            .unwrap()
            .status(),
        201
    );
    let stored = server.stored().await.pop().unwrap();
    assert_eq!(
        (stored.topic.as_str(), stored.time, stored.data.as_str()),
        ("a", crate::noon(), "null")
    );
}

#[tokio::test]
async fn the_data_of_a_known_type_is_checked_and_gets_a_missing_time() {
    let server = TestServer::start().await;
    let event = r#"{"specversion":"1.0","id":"1","source":"/a","type":"chat","time":"2024-02-03T04:05:06Z","data":{"user":"Ada","text":"hi"}}"#;
    assert_eq!(
        structured(&server, "/topics/chat/general", event)
            .send()
            .await
            .unwrap()
            .status(),
        201
    );
    assert_eq!(
        server.stored().await.pop().unwrap().data.as_str(),
        r#"{"user":"Ada","text":"hi","time":"2024-02-03T04:05:06Z"}"#
    );
}

#[tokio::test]
async fn an_invalid_envelope_is_rejected_with_the_name_of_the_member() {
    let server = TestServer::start().await;
    let base = r#""specversion":"1.0","id":"1","source":"/a","type":"x","topic":"a","data":1"#;
    let with = |more: &str| format!("{{{base},{more}}}");
    let without = |member: &str| format!("{{{}}}", base.replace(member, r#""subject":"s""#));
    let instead = |member: &str, other: &str| format!("{{{}}}", base.replace(member, other));
    for (field, event) in [
        ("body", String::new()),
        ("body", "{".to_owned()),
        ("body", "[]".to_owned()),
        ("body", "7".to_owned()),
        ("body", format!("{} {{}}", with(r#""b":1"#))),
        ("specversion", without(r#""specversion":"1.0""#)),
        ("id", without(r#""id":"1""#)),
        ("source", without(r#""source":"/a""#)),
        ("type", without(r#""type":"x""#)),
        ("topic", without(r#""topic":"a""#)),
        ("specversion", instead("1.0", "0.3")),
        ("specversion", instead("\"1.0\"", "1")),
        ("id", instead(r#""id":"1""#, r#""id":1"#)),
        ("id", instead(r#""id":"1""#, r#""id":"""#)),
        ("id", instead(r#""id":"1""#, r#""id":null"#)),
        (
            "id",
            instead(r#""id":"1""#, &format!(r#""id":"{}""#, "x".repeat(201))),
        ),
        ("source", instead("/a", "a\\nb")),
        ("type", instead(r#""type":"x""#, r#""type":"a b""#)),
        ("type", instead(r#""type":"x""#, r#""type":"gap""#)),
        ("type", instead(r#""type":"x""#, r#""type":"error""#)),
        ("topic", instead(r#""topic":"a""#, r#""topic":"a//b""#)),
        ("data", instead(r#""type":"x""#, r#""type":"update""#)),
        (
            "data",
            instead(
                r#""data":1"#,
                &format!(r#""data":{}{}"#, "[".repeat(200), "]".repeat(200)),
            ),
        ),
        ("time", with(r#""time":"noon""#)),
        ("expires", with(r#""expires":7"#)),
        ("data_base64", with(r#""data_base64":"AA==""#)),
        ("datacontenttype", with(r#""datacontenttype":"text/plain""#)),
        ("Subject", with(r#""Subject":"s""#)),
        ("trace_parent", with(r#""trace_parent":"s""#)),
        ("subject", with(r#""subject":"a\u0000b""#)),
        ("attempt", with(r#""attempt":1.5"#)),
        ("attempt", with(r#""attempt":3000000000"#)),
        ("nested", with(r#""nested":{"a":1}"#)),
        ("id", with(r#""id":"2""#)),
        ("subject", with(r#""subject":"a","subject":"b""#)),
        ("data", with(r#""data":2"#)),
    ] {
        let response = structured(&server, "/events", &event).send().await.unwrap();
        let problem = check_problem(400, Some(field), response).await;
        // For names, the detail itself has the rules.
        assert!(
            problem["expected"].is_string() || field == "type" || field == "topic",
            "{problem}"
        );
    }
    let other = structured(&server, "/topics/b", &with(r#""subject":"s""#))
        .send()
        .await
        .unwrap();
    check_problem(400, Some("topic"), other).await;
    let large = format!(r#""data":"{}""#, "x".repeat(66_600));
    let large = structured(&server, "/events", &instead(r#""data":1"#, &large))
        .send()
        .await
        .unwrap();
    check_problem(413, None, large).await;
    for content_type in ["text/plain", "application/json"] {
        let request = server
            .post("/events")
            .header("content-type", content_type)
            .header("ce-topic", "a")
            .body("1");
        check_problem(415, None, request.send().await.unwrap()).await;
    }
    assert_eq!(server.stored().await, []);
}
