//! `pulseboard tail`.

use super::{Client, messages};
use crate::{
    TestServer,
    command::{Started, pulseboard},
};

#[tokio::test]
async fn tail_prints_stored_and_new_events_as_safe_text() {
    let server = TestServer::start().await;
    server.count(1..=2).await;
    // `**` also selects presence, which tail shows only on request.
    let mut client = Client::start(
        &server.url(""),
        &["tail", "**", "--from", "start", "--count", "4"],
    );
    assert_eq!(client.line().await, "2024-01-01T12:00:00Z n count 1");
    assert_eq!(client.line().await, "2024-01-01T12:00:00Z n count 2");
    let hostile = r#"{"message":"\u001b]0;owned\u0007\nline"}"#;
    server
        .publish("x/y", "message", hostile)
        .send()
        .await
        .unwrap();
    assert_eq!(
        client.line().await,
        r"2024-01-01T12:00:00Z x/y message \u{1b}]0;owned\u{7}\nline"
    );
    server.publish("x/y", "count", "3").send().await.unwrap();
    let ended = client.end().await;
    assert_eq!(
        (ended.code, &ended.stdout[..]),
        (
            Some(0),
            &["2024-01-01T12:00:00Z x/y count 3".to_owned()][..]
        )
    );
}

#[tokio::test]
async fn tail_without_following_ends_after_the_stored_events() {
    let server = TestServer::start().await;
    server.count(1..=5).await;
    server.publish("other", "count", "9").send().await.unwrap();
    let from = server.stored().await[1].event_id.unwrap().to_string();
    let ended = Client::run(
        &server.url(""),
        &["tail", "n", "--no-follow", "--from", &from],
        b"",
    )
    .await;
    let lines = ["3", "4", "5"].map(|n| format!("2024-01-01T12:00:00Z n count {n}"));
    assert_eq!(
        (ended.code, &ended.stdout[..], ended.stderr.as_str()),
        (Some(0), &lines[..], "")
    );
    let ended = Client::run(&server.url(""), &["tail", "nothing", "--no-follow"], b"").await;
    assert_eq!((ended.code, ended.stdout.len()), (Some(0), 0));
}

#[tokio::test]
async fn tail_exits_with_code_0_after_a_closed_pipe_or_an_interrupt() {
    let server = TestServer::start().await;
    server.count(1..=1).await;
    let mut client = Client::start(&server.url(""), &["tail", "n", "--from", "start"]);
    client.line().await;
    // As in `| head -1`: it notices the closed pipe without another event.
    drop(client.stdout.take());
    let ended = client.end().await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for signal in ["INT", "TERM"] {
        let mut client = Client::start(&server.url(""), &["tail", "n", "--from", "start"]);
        client.line().await;
        client.signal(signal);
        let ended = client.end().await;
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (Some(0), ""),
            "{signal}"
        );
    }
}

#[tokio::test]
async fn tail_resumes_when_the_server_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |listen: &str| {
        let mut command = pulseboard();
        command
            .env_remove("PULSEBOARD_EPHEMERAL")
            .env("PULSEBOARD_DATA_DIR", folder.path());
        Started::with(command.args(["serve", "--no-host-metrics", "--listen", listen]))
    };
    let first = serve("127.0.0.1:0");
    let url = first.url.clone();
    let mut client = Client::start(&url, &["tail", "t", "--from", "start", "--json"]);
    for word in ["one", "two"] {
        assert_eq!(
            Client::run(&url, &["publish", "t", word], b"").await.code,
            Some(0)
        );
        assert_eq!(messages(&[client.event().await]), [word]);
    }
    drop(first);
    // A publisher that starts while the server is down waits for it.
    let publisher = Client::start(&url, &["publish", "t", "three"]);
    let _second = serve(url.strip_prefix("http://").unwrap());
    assert_eq!(publisher.end().await.code, Some(0));
    assert_eq!(messages(&[client.event().await]), ["three"]);
    client.signal("INT");
    let ended = client.end().await;
    assert_eq!((ended.code, ended.stdout.len()), (Some(0), 0));
    assert!(ended.stderr.contains("reconnecting"), "{}", ended.stderr);
    assert!(
        !ended.stderr.contains("history is missing"),
        "{}",
        ended.stderr
    );
}
