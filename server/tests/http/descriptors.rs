//! The command with few file descriptors.

use std::process::Command;

use pulseboard_server::descriptor_limit;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::{
    Stream, check_problem, client_with_many_connections,
    command::{Started, check_refused, pulseboard},
    retry_after, soon,
};

#[test]
fn more_streams_than_the_descriptors_allow_are_an_error() {
    let limit = descriptor_limit();
    let wanted = u32::try_from(limit).unwrap().to_string();
    let command = || {
        let mut command = pulseboard();
        command.args(["--listen", "127.0.0.1:0"]);
        command
    };
    // The command raises its limit to the hard limit, if there is one.
    let hard = Command::new("sh")
        .args(["-c", "ulimit -Hn"])
        .output()
        .unwrap()
        .stdout;
    let hard = String::from_utf8(hard).unwrap().trim().to_owned();
    if hard == limit.to_string() {
        let output = command().args(["--max-streams", &wanted]).output().unwrap();
        check_refused(&output, &format!("limit of {hard} file descriptors"));
    }
    check_refused(
        &under(200, &["--max-streams", "105"]).output().unwrap(),
        "the 104 streams that the limit of 200",
    );
    check_refused(
        &under(100, &[]).output().unwrap(),
        "a limit of 100 file descriptors",
    );
    check_refused(
        &command().args(["--max-streams", "0"]).output().unwrap(),
        "--max-streams",
    );
    check_refused(
        &command()
            .env("PULSEBOARD_MAX_STREAMS", "many")
            .output()
            .unwrap(),
        "--max-streams",
    );
}

/// The command with a hard limit of this many file descriptors.
fn under(descriptors: u32, flags: &[&str]) -> Command {
    let plain = pulseboard();
    let mut command = Command::new("sh");
    let script = format!("ulimit -n {descriptors}; exec \"$@\"");
    command
        .args(["-c", &script, "sh"])
        .arg(plain.get_program())
        .args(["--listen", "127.0.0.1:0"])
        .args(flags);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// Opens a stream; `None` if the server refuses it.
async fn try_to_stream(url: String) -> Option<Stream> {
    // A client of its own has a connection of its own.
    let response = soon(client_with_many_connections().get(url).send())
        .await
        .expect("a response");
    if response.status() == StatusCode::OK {
        return Some(Stream::from(response).opened().await);
    }
    assert!((5..=15).contains(&retry_after(&response)));
    check_problem(503, None, response).await;
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn with_256_descriptors_and_400_clients_each_is_answered_and_open_streams_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = under(
        256,
        &["--no-host-metrics", "--heartbeat", "1", "--data-dir"],
    );
    command
        .arg(folder.path())
        .env_remove("PULSEBOARD_EPHEMERAL");
    let mut started = Started::with(&mut command);
    let url = |path: &str| format!("{}{path}", started.url);

    let mut coming = JoinSet::new();
    for _ in 0..400 {
        coming.spawn(try_to_stream(url("/events?topic=n&framing=envelope")));
    }
    let publisher = tokio::spawn(publish_during_the_rush(url("/topics/n"), url("/healthz")));
    let mut streams = Vec::new();
    let mut refused = 0;
    while let Some(outcome) = soon(coming.join_next()).await {
        match outcome.unwrap() {
            Some(stream) => streams.push(stream),
            None => refused += 1,
        }
    }
    assert_eq!(
        (streams.len(), refused),
        (160, 240),
        "as many as the server can hold"
    );
    let rushed = publisher.await.unwrap();

    // After the rush only streams are refused.
    for _ in 0..20 {
        assert_eq!(
            soon(client_with_many_connections().get(url("/healthz")).send())
                .await
                .unwrap()
                .status(),
            200
        );
    }
    let end = client_with_many_connections()
        .post(url("/topics/n"))
        .header("content-type", "application/json")
        .body("\"end\"");
    assert_eq!(soon(end.send()).await.unwrap().status(), 201);
    for stream in &mut streams {
        check_without_gap(stream).await;
    }
    drop(streams);
    let history = client_with_many_connections()
        .get(url("/api/history?topic=n&limit=1000"))
        .send()
        .await
        .unwrap();
    let history: Value = serde_json::from_str(&history.text().await.unwrap()).unwrap();
    assert_eq!(
        history["events"].as_array().unwrap().len(),
        51,
        "{rushed} publishes were refused and retried"
    );
    started.end();
}

/// Publishes the numbers 0 to 49, each on a connection of its own, and checks the health of the server
/// in between. Returns how many publishes were refused and retried.
async fn publish_during_the_rush(topic: String, health: String) -> u32 {
    let (mut published, mut refused) = (0_u32, 0_u32);
    while published < 50 {
        let post = client_with_many_connections()
            .post(&topic)
            .header("content-type", "application/json")
            .body(published.to_string());
        let response = soon(post.send()).await.expect("a response");
        match response.status() {
            StatusCode::CREATED => published += 1,
            StatusCode::SERVICE_UNAVAILABLE => refused += u32::from(retry_after(&response) > 0),
            other => panic!("{other}"),
        }
        let health = soon(client_with_many_connections().get(&health).send())
            .await
            .expect("a response");
        assert!([200, 503].contains(&health.status().as_u16()), "{health:?}");
    }
    refused
}

/// Reads a stream up to the text `end`, and checks that the numbers before it have no gap.
async fn check_without_gap(stream: &mut Stream) {
    let (mut last, mut first) = (None, None);
    loop {
        let envelope = stream.data("message").await;
        let Some(number) = envelope["data"].as_u64() else {
            assert_eq!(envelope["data"], "end");
            break;
        };
        assert!(
            last.is_none_or(|last| number == last + 1),
            "{number} after {last:?}"
        );
        first.get_or_insert(number);
        last = Some(number);
    }
    assert!(
        last.is_none_or(|last| last == 49),
        "from {first:?} to {last:?}"
    );
}
