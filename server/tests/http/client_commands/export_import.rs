//! `pulseboard export` and `pulseboard import`.

use std::fs;

use pulseboard_contract::Event;

use super::{Client, messages};
use crate::TestServer;

#[tokio::test]
async fn an_export_that_is_imported_and_exported_again_is_the_same() {
    let (one, other) = (
        TestServer::start().await,
        TestServer::start_with(|options| options.epoch = pulseboard_contract::Epoch::new(7)).await,
    );
    one.count(1..=1_500).await;
    let awkward =
        r#"{"message":"two\r\nlines \u0000 \u001b ü 🦀","z":12345678901234567890123,"a":1.50}"#;
    one.publish("a/ü", "message", awkward).send().await.unwrap();
    let words = [
        "publish",
        "ci",
        "--data",
        "1",
        "--type",
        "com.ci",
        "--expires",
        "2124-01-01T12:00:00Z",
    ];
    assert_eq!(Client::run(&one.url(""), &words, b"").await.code, Some(0));
    let folder = tempfile::tempdir().unwrap();
    let [first, second] =
        ["first", "second"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    assert_eq!(
        Client::run(&one.url(""), &["export", "-o", &first], b"")
            .await
            .code,
        Some(0)
    );
    let imported = Client::run(&other.url(""), &["import", &first], b"").await;
    assert_eq!(
        imported.stdout,
        ["1502 published, 0 already stored"],
        "{imported:?}"
    );
    // The same through a pipe.
    let imported = Client::run(&other.url(""), &["import"], &fs::read(&first).unwrap()).await;
    assert_eq!(
        imported.stdout,
        ["0 published, 1502 already stored"],
        "{imported:?}"
    );
    assert_eq!(
        Client::run(&other.url(""), &["export", "-o", &second], b"")
            .await
            .code,
        Some(0)
    );
    let without_event_ids = |path: &str| -> Vec<String> {
        let line = |line: &str| {
            let event: Event = serde_json::from_str(line).unwrap();
            Event {
                event_id: None,
                ..event
            }
            .to_json()
            .to_string()
        };
        fs::read_to_string(path)
            .unwrap()
            .lines()
            .map(line)
            .collect()
    };
    let (exported, again) = (without_event_ids(&first), without_event_ids(&second));
    assert_eq!(exported.len(), 1_502);
    assert_eq!(exported, again);

    // An export of one topic to standard output has the same lines.
    let part = Client::run(&one.url(""), &["export", "a/**"], b"").await;
    assert_eq!(
        part.stdout,
        [fs::read_to_string(&first)
            .unwrap()
            .lines()
            .nth(1_500)
            .unwrap()]
    );
}

#[tokio::test]
async fn an_invalid_line_of_an_import_is_reported_with_its_number() {
    let server = TestServer::start().await;
    let good = |n: u32| {
        format!(
            r#"{{"specversion":"1.0","id":"{n}","source":"/s","type":"count","topic":"n","data":{n}}}"#
        )
    };
    let input = format!(
        "{}\n\n{}\n{{\"no\":\"event\"}}\n{}\n",
        good(1),
        good(2),
        good(3)
    );
    let ended = Client::run(&server.url(""), &["import", "-"], input.as_bytes()).await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("standard input, line 4 was rejected")
            && ended.stderr.contains("2 published"),
        "{}",
        ended.stderr
    );
    assert_eq!(messages(&server.stored().await), ["1", "2"]);
}
