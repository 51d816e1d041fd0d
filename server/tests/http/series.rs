//! `GET /api/series`.

use pulseboard_contract::api::TopicSeries;
use pulseboard_feed::Bucket;
use serde_json::Value;

use crate::{TestServer, check_problem, json, noon};

/// Publishes readings as NDJSON, one per second, the last one at noon.
async fn publish(server: &TestServer, topic: &str, count: i64, data: impl Fn(i64) -> String) {
    let indices: Vec<_> = (0..count).collect();
    for chunk in indices.chunks(5_000) {
        let line = |index: &i64| {
            let time = pulseboard_contract::Timestamp::from_millis(
                noon().millis() - (count - 1 - index) * 1_000,
            )
            .unwrap();
            let data = data(*index);
            format!(
                r#"{{"specversion":"1.0","id":"{topic}{index}","source":"/test","type":"message","topic":"{topic}","time":"{time}","data":{data}}}"#
            )
        };
        let body = chunk.iter().map(line).collect::<Vec<_>>().join("\n");
        let response = server
            .post("/events")
            .header("content-type", "application/x-ndjson")
            .body(body)
            .send()
            .await
            .unwrap();
        assert!(
            response.status().is_success(),
            "{}",
            response.text().await.unwrap()
        );
    }
}

async fn series(server: &TestServer, query: &str) -> Value {
    json(
        server
            .get(&format!("/api/series?{query}"))
            .send()
            .await
            .unwrap(),
    )
    .await
}

fn column(series: &Value, field: usize, name: &str) -> Vec<f64> {
    series["fields"][field][name]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_bucket_has_the_smallest_largest_and_mean_value() {
    let server = TestServer::start().await;
    publish(&server, "office/sensor", 100, |index| {
        format!(
            r#"{{"temperature":{index},"door":"{}"}}"#,
            if index < 50 { "open" } else { "closed" }
        )
    })
    .await;
    server.publish("other", "x", "7").send().await.unwrap();
    let (from, to) = (noon().millis() - 99_000, noon().millis() + 1_000);
    let series = series(
        &server,
        &format!("topic=office/sensor&from={from}&to={to}&points=10"),
    )
    .await;
    assert_eq!(
        (&series["topic"], &series["events"], &series["sampled"]),
        (&"office/sensor".into(), &100.into(), &false.into())
    );
    assert_eq!(series["fields"][0]["name"], "temperature");
    assert_eq!(
        column(&series, 0, "min"),
        [0, 10, 20, 30, 40, 50, 60, 70, 80, 90].map(f64::from)
    );
    assert_eq!(
        column(&series, 0, "max"),
        [9, 19, 29, 39, 49, 59, 69, 79, 89, 99].map(f64::from)
    );
    assert_eq!(column(&series, 0, "mean")[0].to_bits(), 4.5f64.to_bits());
    assert_eq!(column(&series, 0, "count"), [10.0; 10]);
    let changes = serde_json::json!([[from, "open"], [from + 50_000, "closed"]]);
    assert_eq!(
        series["states"],
        serde_json::json!([{"name": "door", "changes": changes}])
    );
    // The page reads what the server writes.
    let series: TopicSeries = serde_json::from_value(series).unwrap();
    assert_eq!(Bucket::from_columns(&series.fields[0]).len(), 10);
}

#[tokio::test]
async fn a_series_has_only_the_requested_time() {
    let server = TestServer::start().await;
    publish(&server, "t", 3_000, |index| index.to_string()).await;
    let (from, to) = (noon().millis() - 2_000_000, noon().millis() - 1_000_000);
    let series = series(&server, &format!("topic=t&from={from}&to={to}&points=4")).await;
    assert_eq!(
        column(&series, 0, "min"),
        [999.0, 1_249.0, 1_499.0, 1_749.0]
    );
    assert_eq!(
        column(&series, 0, "max"),
        [1_248.0, 1_498.0, 1_748.0, 1_998.0]
    );
    assert!(
        series["events"].as_u64().unwrap() < 2_500,
        "what is newer is not read: {}",
        series["events"]
    );
}

#[tokio::test]
async fn a_day_of_readings_every_second_keeps_its_only_peak() {
    let server = TestServer::start().await;
    publish(&server, "t", 86_400, |index| {
        if index == 40_000 {
            "99".into()
        } else {
            (index % 7).to_string()
        }
    })
    .await;
    let to = noon().millis() + 1_000;
    let series = series(
        &server,
        &format!("topic=t&from={}&to={to}&points=300", to - 86_400_000),
    )
    .await;
    assert_eq!(
        (series["events"].as_u64(), series["sampled"].as_bool()),
        (Some(86_400), Some(false))
    );
    assert_eq!(
        column(&series, 0, "max").into_iter().reduce(f64::max),
        Some(99.0)
    );
    assert_eq!(column(&series, 0, "count"), [288.0; 300]);
}

#[tokio::test]
async fn too_many_events_are_sampled_over_the_whole_time() {
    let server = TestServer::start().await;
    // Many events in each bucket, and more in total than the server reads.
    publish(&server, "t", 60_000, |index| index.to_string()).await;
    let to = noon().millis() + 1_000;
    let series = series(
        &server,
        &format!("topic=t&from={}&to={to}&points=10", to - 60_000_000),
    )
    .await;
    assert_eq!(series["sampled"], true);
    assert!(
        series["events"].as_u64().unwrap() <= 25_000,
        "{}",
        series["events"]
    );
    assert_eq!(
        column(&series, 0, "first").len(),
        10,
        "every bucket has something"
    );
    let (first, last) = (column(&series, 0, "first"), column(&series, 0, "last"));
    assert!(
        first
            .iter()
            .skip(1)
            .zip(&last)
            .all(|(first, last)| first - last < 10_000.0),
        "there are no gaps: {first:?} {last:?}"
    );
}

#[tokio::test]
async fn a_topic_without_numbers_or_events_has_an_empty_series() {
    let server = TestServer::start().await;
    server
        .publish("words", "x", r#""hello""#)
        .send()
        .await
        .unwrap();
    for topic in ["words", "nothing"] {
        let series = series(&server, &format!("topic={topic}")).await;
        assert_eq!(
            (&series["fields"], &series["states"]),
            (&serde_json::json!([]), &serde_json::json!([])),
            "{topic}"
        );
    }
}

#[tokio::test]
async fn an_invalid_series_request_is_rejected() {
    let server = TestServer::start().await;
    for (field, query) in [
        ("topic", ""),
        ("topic", "topic=a%20b"),
        ("topic", "topic=a&topic=b"),
        ("from", "topic=a&from=yesterday"),
        ("from", "topic=a&from=5&to=5"),
        ("to", "topic=a&to=99999999999999999"),
        ("points", "topic=a&points=0"),
        ("points", "topic=a&points=1001"),
        ("query", "topic=%ff"),
    ] {
        check_problem(
            400,
            Some(field),
            server
                .get(&format!("/api/series?{query}"))
                .send()
                .await
                .unwrap(),
        )
        .await;
    }
}
