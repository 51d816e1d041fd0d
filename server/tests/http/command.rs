//! The command as a process.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{Stream, client, soon};

/// The command, without the environment, the configuration and the data of the user who runs the
/// tests.
pub(crate) fn pulseboard() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pulseboard"));
    let variables = std::env::vars_os().map(|(name, _)| name);
    for name in variables.filter(|name| name.as_encoded_bytes().starts_with(b"PULSEBOARD_")) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG").env_remove("NO_COLOR");
    command
        .env("PULSEBOARD_CONFIG", "")
        .env("PULSEBOARD_EPHEMERAL", "1");
    command
}

#[track_caller]
pub(crate) fn check_refused(output: &Output, word: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains(word), "{stderr}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_mistake_on_the_command_line_is_one_line_and_exit_code_2() {
    for (arguments, word) in [
        (&["--wat"][..], "--wat"),
        (&["dance"], "dance"),
        (&["--listen", "nowhere"], "nowhere"),
        (&["serve", "--listen", "127.0.0.1:99999"], "127.0.0.1:99999"),
        (&["--heartbeat", "soon"], "soon"),
        (&["--retain", "host/** age=7"], "age=7"),
        (&["--log-filter", "a=b=c"], "--log-filter"),
        (&["--listen", "192.0.2.1:1"], "192.0.2.1:1"),
    ] {
        check_refused(&pulseboard().args(arguments).output().unwrap(), word);
    }
    check_refused(
        &pulseboard()
            .env("PULSEBOARD_HEARTBEAT_SECONDS", "x")
            .output()
            .unwrap(),
        "--heartbeat",
    );
}

#[test]
fn a_port_in_use_is_one_line_that_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    check_refused(
        &pulseboard()
            .env("PULSEBOARD_LISTEN", &address)
            .output()
            .unwrap(),
        &address,
    );
}

#[test]
fn help_and_version_exit_with_code_0() {
    for flag in ["--help", "--version"] {
        let output = pulseboard().arg(flag).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stderr.is_empty() && !output.stdout.is_empty());
    }
}

/// A running server process. It is killed at the end of the test.
pub(crate) struct Started {
    child: Child,
    pub(crate) url: String,
}

impl Started {
    pub(crate) fn with(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim_end()
            .strip_prefix("Pulseboard is live at ")
            .expect("it says where it is")
            .to_owned();
        Self { child, url }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it cleanly and waits.
    pub(crate) fn end(&mut self) {
        self.signal("TERM");
        assert!(self.child.wait().unwrap().success());
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_signal_ends_the_process_with_code_0_and_its_streams_cleanly() {
    for signal in ["TERM", "INT"] {
        let mut started = Started::with(pulseboard().args(["serve", "--listen", "127.0.0.1:0"]));
        let mut streams = Vec::new();
        for _ in 0..10 {
            streams.push(
                Stream::of(client().get(format!("{}/events", started.url)))
                    .await
                    .opened()
                    .await,
            );
        }
        started.signal(signal);
        for stream in &mut streams {
            while stream.message().await.is_some() {}
        }
        let status = started.child.wait().unwrap();
        let mut stderr = String::new();
        started
            .child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        assert_eq!(status.code(), Some(0), "{stderr}");
        assert!(
            !stderr.contains("cut off"),
            "it ended before its deadline: {stderr}"
        );
    }
}

/// A stream on a raw socket, which the test need not read.
async fn raw_stream(address: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket
        .write_all(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut head = [0; 15];
    soon(socket.read_exact(&mut head)).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    socket
}

/// The rest of the stream, up to the end of the connection.
async fn rest(mut socket: TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).await.map(|_| bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_streams_end_cleanly_whether_or_not_they_are_read() {
    pulseboard_server::raise_descriptor_limit();
    let mut started =
        Started::with(pulseboard().args(["--listen", "127.0.0.1:0", "--no-host-metrics"]));
    let address = started.url.strip_prefix("http://").unwrap().to_owned();
    // Their sockets are full long before the end, so the last event never reaches them.
    let mut stuck = Vec::new();
    for _ in 0..5 {
        stuck.push(raw_stream(&address).await);
    }
    let large = format!("\"{}\"", "x".repeat(60_000));
    let publish = |data: String| {
        let post = client()
            .post(format!("{}/topics/a", started.url))
            .header("content-type", "application/json")
            .body(data);
        async move { assert_eq!(soon(post.send()).await.unwrap().status(), 201) }
    };
    for _ in 0..200 {
        publish(large.clone()).await;
    }
    let (mut readers, mut others) = (JoinSet::new(), Vec::new());
    for number in 0..995 {
        let socket = raw_stream(&address).await;
        if number % 2 == 0 {
            readers.spawn(rest(socket));
        } else {
            others.push(socket);
        }
    }
    publish("\"the last\"".to_owned()).await;

    started.signal("TERM");
    let ended = tokio::task::spawn_blocking(move || (started.child.wait().unwrap(), started));
    let (status, _) = soon(ended).await.unwrap();
    assert_eq!(status.code(), Some(0));
    // The sockets of the others hold the rest of their streams.
    for socket in others {
        readers.spawn(rest(socket));
    }
    while let Some(read) = soon(readers.join_next()).await {
        let bytes = read.unwrap().expect("the connection was closed, not reset");
        assert!(
            bytes.ends_with(b"\r\n0\r\n\r\n"),
            "no last chunk: {}",
            String::from_utf8_lossy(&bytes)
        );
        assert!(String::from_utf8_lossy(&bytes).contains("the last"));
    }
    drop(stuck);
}

#[tokio::test]
async fn each_request_is_a_log_line_with_its_id() {
    let mut started = Started::with(pulseboard().args([
        "--listen",
        "127.0.0.1:0",
        "--log-format",
        "json",
        "--log-filter",
        "pulseboard_server=debug",
    ]));
    let get = client()
        .get(format!("{}/api/history?limit=0", started.url))
        .header("x-request-id", "mine-1");
    assert_eq!(get.send().await.unwrap().status(), 400);
    started.signal("TERM");
    let mut stderr = String::new();
    started
        .child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    let lines: Vec<serde_json::Value> = stderr
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let line = lines
        .iter()
        .find(|line| line["request_id"] == "mine-1")
        .unwrap_or_else(|| panic!("{stderr}"));
    assert_eq!(
        (&line["level"], &line["method"], &line["status"]),
        (&"DEBUG".into(), &"GET".into(), &400.into())
    );
    assert_eq!(
        (&line["route"], &line["field"]),
        (&"/api/history".into(), &"limit".into())
    );
    assert!(
        line["milliseconds"].as_f64().unwrap() >= 0.0 && line["detail"].is_string(),
        "{line}"
    );
}

#[tokio::test]
async fn the_metrics_of_the_machine_arrive_unless_disabled() {
    let started = Started::with(pulseboard().env("PULSEBOARD_LISTEN", "127.0.0.1:0"));
    let mut stream =
        Stream::of(client().get(format!("{}/events?topic=host/metrics", started.url))).await;
    // Rates need two samples.
    stream.data("metrics").await;
    let metrics = stream.data("metrics").await;
    for name in [
        "cpu_percent",
        "cpu_cores",
        "memory_used_bytes",
        "memory_total_bytes",
        "load_1",
    ] {
        assert!(metrics[name].is_number(), "{name} in {metrics}");
    }
    assert!(metrics["memory_total_bytes"].as_f64() > metrics["memory_used_bytes"].as_f64());

    let command = &mut pulseboard();
    let quiet = Started::with(
        command
            .args(["--listen", "127.0.0.1:0", "--heartbeat", "1.5"])
            .env("PULSEBOARD_NO_HOST_METRICS", "1"),
    );
    let mut stream =
        Stream::of(client().get(format!("{}/events?type=metrics&type=heartbeat", quiet.url))).await;
    assert_eq!(stream.message().await.unwrap().event_type, "heartbeat");
}
