//! `pulseboard publish`.

use pulseboard_contract::Event;

use super::{Client, messages};
use crate::TestServer;

#[tokio::test]
async fn lines_of_standard_input_are_published_at_once_and_in_order() {
    let server = TestServer::start().await;
    let mut stream = server
        .stream("/events?topic=logs&framing=envelope")
        .await
        .opened()
        .await;
    let mut client = Client::start(&server.url(""), &["publish", "logs", "--source", "/test"]);
    client.write(b"first\n").await;
    // The event is published while the input is still open.
    let event: Event = serde_json::from_str(&stream.of_type("message").await.data).unwrap();
    assert_eq!(
        (
            messages(std::slice::from_ref(&event)),
            event.source.as_str()
        ),
        (vec!["first".to_owned()], "/test")
    );
    let lines: Vec<_> = (1..=2_500).map(|n| format!("line {n}")).collect();
    client
        .write(format!("\n{}", lines.join("\n")).as_bytes())
        .await;
    let ended = client.end().await;
    assert_eq!(
        (ended.code, ended.stdout, ended.stderr),
        (Some(0), vec![], String::new())
    );
    let tail = Client::run(
        &server.url(""),
        &["tail", "logs", "--no-follow", "--json"],
        b"",
    )
    .await;
    let events: Vec<Event> = tail
        .stdout
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(messages(&events)[1..], lines);
}

#[tokio::test]
async fn one_event_is_published_with_all_its_attributes() {
    let server = TestServer::start().await;
    let ended = Client::run(
        &server.url(""),
        &["publish", "deploys", "api", "is live", "--ids"],
        b"",
    )
    .await;
    let stored = server.stored().await;
    assert_eq!(
        (ended.code, &ended.stdout[..]),
        (Some(0), &[stored[0].event_id.unwrap().to_string()][..]),
        "{ended:?}"
    );
    assert_eq!(messages(&stored), ["api is live"]);
    assert!(stored[0].source.starts_with("/cli/"), "{stored:?}");

    let words = [
        "publish",
        "ci",
        "--data",
        r#"{"n": 1.50}"#,
        "--type",
        "com.ci",
        "--id",
        "7",
        "--source",
        "/ci",
        "--expires",
    ];
    for _ in 0..2 {
        let words: Vec<_> = words
            .iter()
            .copied()
            .chain(["2124-01-01T12:00:00Z"])
            .collect();
        assert_eq!(
            Client::run(&server.url(""), &words, b"").await.code,
            Some(0)
        );
    }
    let stored = server.stored().await;
    assert_eq!(stored.len(), 2, "the same id is stored once");
    assert_eq!(
        (
            stored[1].id.as_str(),
            stored[1].event_type.as_str(),
            stored[1].data.as_str()
        ),
        ("7", "com.ci", r#"{"n":1.50}"#)
    );
    assert_eq!(
        stored[1].expires.unwrap().to_string(),
        "2124-01-01T12:00:00Z"
    );
}

#[tokio::test]
async fn an_invalid_line_is_reported_and_the_lines_before_it_are_published() {
    let server = TestServer::start().await;
    let long = format!("\"{}\"", "x".repeat(70_000));
    let input = format!("1\n\n{{\n2\n{long}\n3\n");
    let ended = Client::run(
        &server.url(""),
        &["publish", "n", "--json"],
        input.as_bytes(),
    )
    .await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("line 3:") && ended.stderr.contains("JSON"),
        "{}",
        ended.stderr
    );
    assert_eq!(messages(&server.stored().await), ["1"]);

    let ended = Client::run(
        &server.url(""),
        &["publish", "n", "--json", "--keep-going"],
        input.as_bytes(),
    )
    .await;
    assert_eq!(ended.code, Some(1));
    for word in [
        "line 3:",
        "line 5: longer than 64 KiB",
        "2 lines were not published",
    ] {
        assert!(
            ended.stderr.contains(word),
            "{word} is missing in {}",
            ended.stderr
        );
    }
    assert_eq!(messages(&server.stored().await), ["1", "1", "2", "3"]);

    // A line that only the server rejects is reported in the same way.
    let input = b"{\"content\":\"a\"}\n{\"content\":1}\n{\"content\":\"b\"}\n";
    let ended = Client::run(
        &server.url(""),
        &["publish", "u", "--json", "--type", "update", "--keep-going"],
        input,
    )
    .await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("line 2 was rejected"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        messages(&server.stored().await)[4..],
        [r#"{"content":"a"}"#, r#"{"content":"b"}"#]
    );
}
