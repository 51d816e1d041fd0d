//! `publish`, `tail`, `export` and `import` as processes against a real server.

mod export_import;
mod publish;
mod tail;

use std::process::Stdio;

use pulseboard_contract::Event;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::{TestServer, command::pulseboard, soon};

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
