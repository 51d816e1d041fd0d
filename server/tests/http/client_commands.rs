//! `publish`, `tail`, `export` and `import` as processes against a real server.

use std::{fs, process::Stdio};

use pulseboard_contract::Event;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::{
    TestServer,
    command::{Started, pulseboard},
    soon,
};

/// A running client command. It is killed at the end of the test.
struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<Lines<BufReader<ChildStdout>>>,
}

/// The result of a command.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: Vec<String>,
    stderr: String,
}

impl Client {
    fn start(url: &str, words: &[&str]) -> Self {
        let mut command = pulseboard();
        command.env("PULSEBOARD_URL", url).args(words);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = Command::from(command).kill_on_drop(true).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            stdin: child.stdin.take(),
            stdout: Some(stdout),
            child,
        }
    }

    /// Runs the command to its end, with this input.
    async fn run(url: &str, words: &[&str], input: &[u8]) -> Ended {
        let mut client = Self::start(url, words);
        client.write(input).await;
        client.end().await
    }

    async fn write(&mut self, input: &[u8]) {
        // The command may end before it reads everything; its messages say why.
        let _ = soon(self.stdin.as_mut().unwrap().write_all(input)).await;
    }

    async fn line(&mut self) -> String {
        soon(self.stdout.as_mut().unwrap().next_line())
            .await
            .unwrap()
            .expect("it prints a line")
    }

    /// The event of the next line of JSON.
    async fn event(&mut self) -> Event {
        serde_json::from_str(&self.line().await).unwrap()
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        assert!(
            std::process::Command::new("kill")
                .args(["-s", name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Closes its input and waits for its end.
    async fn end(mut self) -> Ended {
        drop(self.stdin.take());
        let mut lines = Vec::new();
        if let Some(mut stdout) = self.stdout.take() {
            while let Some(line) = soon(stdout.next_line()).await.unwrap() {
                lines.push(line);
            }
        }
        let mut stderr = String::new();
        soon(
            self.child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut stderr),
        )
        .await
        .unwrap();
        let code = soon(self.child.wait()).await.unwrap().code();
        Ended {
            code,
            stdout: lines,
            stderr,
        }
    }
}

fn messages(events: &[Event]) -> Vec<String> {
    let message = |event: &Event| {
        let data: serde_json::Value = event.data.read().unwrap();
        data["message"]
            .as_str()
            .unwrap_or_else(|| event.data.as_str())
            .to_owned()
    };
    events.iter().map(message).collect()
}

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

#[tokio::test]
async fn exit_codes_distinguish_failures_from_mistakes_and_the_reason_is_one_line() {
    let server = TestServer::start().await;
    let nobody = "http://127.0.0.1:1";
    for words in [
        &["publish", "t", "x"][..],
        &["tail", "t"],
        &["tail", "t", "--no-follow"],
        &["export"],
        &["import"],
    ] {
        let words: Vec<_> = words.iter().copied().chain(["--retry-for", "0"]).collect();
        let input = b"{}\n";
        let ended = Client::run(nobody, &words, input).await;
        assert_eq!(
            (ended.code, ended.stderr.lines().count()),
            (Some(1), 1),
            "{words:?}: {}",
            ended.stderr
        );
        assert!(ended.stderr.contains(nobody), "{words:?}: {}", ended.stderr);
    }
    for words in [
        &["publish", "t", "--type", "update", "x"][..],
        &["publish", "t", "--id", "1"],
        &["tail", "t", "--no-follow", "--from", "now"],
        &["import", "/does/not/exist"],
        &["tail"],
    ] {
        let ended = Client::run(&server.url(""), words, b"").await;
        assert_eq!(
            (ended.code, ended.stderr.lines().count()),
            (Some(2), 1),
            "{words:?}: {}",
            ended.stderr
        );
    }
    // Only the server can know that an id belongs to another log.
    let ended = Client::run(&server.url(""), &["export", "--after", "00000001-1"], b"").await;
    assert_eq!(
        (ended.code, ended.stderr.contains("another log")),
        (Some(1), true),
        "{}",
        ended.stderr
    );
}
