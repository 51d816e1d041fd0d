//! Runs of the program against a correct server and against servers with one fault each.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

mod restart;
mod stand_in;

use std::{
    io::Write as _,
    net::SocketAddr,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use serde_json::Value;
use stand_in::Fault;
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// Runs the program with these arguments and waits for it.
async fn bench(arguments: String) -> Output {
    let run = move || {
        Command::new(env!("CARGO_BIN_EXE_pulseboard-bench"))
            .args(arguments.split_whitespace())
            .output()
    };
    tokio::task::spawn_blocking(run).await.unwrap().unwrap()
}

fn lines(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).lines().count()
}

/// A process that is killed when this is dropped.
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        // Both fail only if the process has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Performs a run. Returns its exit code and its JSON report.
async fn report_of(address: SocketAddr, run: &str) -> (Option<i32>, Value) {
    let output = bench(format!("{run} --url http://{address} --json")).await;
    assert_eq!(lines(&output.stdout), 1, "{output:?}");
    (
        output.status.code(),
        serde_json::from_slice(&output.stdout).unwrap(),
    )
}

/// Performs a short fan-out.
async fn fan_out(address: SocketAddr, more: &str) -> (Option<i32>, Value) {
    report_of(address, &format!("fan-out --subscribers 20 {more}")).await
}

/// Expects that a fan-out finds the fault, with these counts.
async fn expect_found(fault: Fault, counts: &[(&str, u64)]) {
    expect_found_by(
        "fan-out --subscribers 20 --rate 20 --seconds 1",
        fault,
        counts,
    )
    .await;
}

/// Expects that this run finds the fault, with these counts.
async fn expect_found_by(run: &str, fault: Fault, counts: &[(&str, u64)]) {
    let (code, report) = report_of(stand_in::start(fault).await.unwrap(), run).await;
    assert_eq!(
        (code, &report["ok"]),
        (Some(1), &Value::Bool(false)),
        "{run}, {fault:?}: {report}"
    );
    for (name, count) in report["content"].as_object().unwrap() {
        let expected = counts
            .iter()
            .find(|(expected, _)| expected == name)
            .map_or(0, |(_, count)| *count);
        assert_eq!(
            count.as_u64(),
            Some(expected),
            "{run}, {fault:?}, {name}: {report}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_write_loop_is_a_correct_server() {
    let address = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{address}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pulseboard-bench"));
    let _server = KillOnDrop(command.args(["write-loop", "--url", &url]).spawn().unwrap());
    // This only guards against a hang: a busy machine may take long to start a process.
    timeout(Duration::from_mins(5), async {
        while TcpStream::connect(address).await.is_err() {}
    })
    .await
    .unwrap();
    let (code, report) = fan_out(
        address,
        "--rate 40 --seconds 1 --publishers 2 --peer write-loop",
    )
    .await;
    assert_eq!(
        (code, &report["deliveries"]),
        (Some(0), &Value::from(800)),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_server_passes_a_steady_run() {
    let address = stand_in::start(Fault::None).await.unwrap();
    let more = format!("--rate 40 --seconds 1 --pid {}", std::process::id());
    let (code, report) = fan_out(address, &more).await;
    assert_eq!(
        (code, &report["deliveries"]),
        (Some(0), &Value::from(800)),
        "{report}"
    );
    assert!(
        report["latency_ms"]["p99"]
            .as_f64()
            .is_some_and(|p99| p99 > 0.0),
        "{report}"
    );
    assert!(
        report["server"]["rss_bytes_peak"]
            .as_u64()
            .is_some_and(|bytes| bytes > 100_000),
        "{report}"
    );
    // A second run finds a log that is not empty.
    assert_eq!(fan_out(address, &more).await.0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_server_passes_a_saturated_run() {
    let address = stand_in::start(Fault::None).await.unwrap();
    let (code, report) =
        fan_out(address, "--rate 0 --events 500 --publishers 7 --bytes 1000").await;
    assert_eq!(
        (code, &report["deliveries"]),
        (Some(0), &Value::from(10_000)),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fan_out_finds_every_fault() {
    tokio::join!(
        expect_found(Fault::Lose, &[("lost", 20)]),
        expect_found(Fault::Duplicate, &[("duplicated", 20), ("wrong_ids", 20)]),
        expect_found(Fault::Reorder, &[("reordered", 20), ("wrong_ids", 20)]),
        expect_found(Fault::Corrupt, &[("malformed", 20), ("lost", 20)]),
        expect_found(Fault::RepeatId, &[("wrong_ids", 20)]),
        expect_found(Fault::Gap, &[("gaps", 20)]),
        expect_found(Fault::End, &[("lost", 20 * 14), ("streams_ended", 20)]),
        expect_found(Fault::Refuse, &[]),
    );
}

// Runs of 20 events, which are read back by one reader or by 3 clients at once.
const PUBLISH: &str = "publish --events 20 --publishers 1 --bytes 128";
const REPLAY: &str = "replay --events 20 --publishers 1 --bytes 128 --clients 3";

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_server_passes_publish_and_replay_runs() {
    let pid = std::process::id();
    for run in [
        "publish --events 500 --publishers 7",
        "publish --events 500 --publishers 7 --peer durable-streams",
        "replay --events 500 --clients 9 --publishers 5",
        "replay --events 500 --clients 9 --publishers 5 --peer durable-streams",
        "replay --events 500 --clients 9 --publishers 5 --peer durable-streams --via body",
    ] {
        let address = stand_in::start(Fault::None).await.unwrap();
        let (code, report) = report_of(address, &format!("{run} --pid {pid}")).await;
        assert_eq!(
            (code, &report["ok"]),
            (Some(0), &Value::Bool(true)),
            "{run}: {report}"
        );
        let (field, count) = if run.starts_with("publish") {
            ("read_back", 500)
        } else {
            ("deliveries", 4_500)
        };
        assert_eq!(report[field], count, "{run}: {report}");
        assert!(
            report["server"]["rss_bytes_peak"]
                .as_u64()
                .is_some_and(|bytes| bytes > 100_000),
            "{run}: {report}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_run_finds_every_fault_in_the_events_read_back() {
    tokio::join!(
        expect_found_by(PUBLISH, Fault::Lose, &[("lost", 1)]),
        expect_found_by(
            PUBLISH,
            Fault::Duplicate,
            &[("duplicated", 1), ("wrong_ids", 1)]
        ),
        expect_found_by(
            PUBLISH,
            Fault::Reorder,
            &[("reordered", 1), ("wrong_ids", 1)]
        ),
        expect_found_by(PUBLISH, Fault::Corrupt, &[("malformed", 1), ("lost", 1)]),
        expect_found_by(PUBLISH, Fault::RepeatId, &[("wrong_ids", 1)]),
        expect_found_by(PUBLISH, Fault::Gap, &[("gaps", 1)]),
        expect_found_by(PUBLISH, Fault::End, &[("lost", 14), ("streams_ended", 1)]),
        expect_found_by(PUBLISH, Fault::Refuse, &[]),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_finds_every_fault_at_every_client() {
    tokio::join!(
        expect_found_by(REPLAY, Fault::Lose, &[("lost", 3)]),
        expect_found_by(
            REPLAY,
            Fault::Duplicate,
            &[("duplicated", 3), ("wrong_ids", 3)]
        ),
        expect_found_by(
            REPLAY,
            Fault::Reorder,
            &[("reordered", 3), ("wrong_ids", 3)]
        ),
        expect_found_by(REPLAY, Fault::Corrupt, &[("malformed", 3), ("lost", 3)]),
        expect_found_by(REPLAY, Fault::RepeatId, &[("wrong_ids", 3)]),
        expect_found_by(REPLAY, Fault::Gap, &[("gaps", 3)]),
        expect_found_by(
            REPLAY,
            Fault::End,
            &[("lost", 3 * 14), ("streams_ended", 3)]
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_event_ids_is_checked_as_strictly() {
    let stream = &format!("{REPLAY} --peer durable-streams");
    let body = &format!("{stream} --via body");
    let every_fault = async |run: &str| {
        tokio::join!(
            expect_found_by(run, Fault::Lose, &[("lost", 3)]),
            expect_found_by(run, Fault::Duplicate, &[("duplicated", 3)]),
            expect_found_by(run, Fault::Reorder, &[("reordered", 3)]),
            expect_found_by(run, Fault::Corrupt, &[("malformed", 3), ("lost", 3)]),
            expect_found_by(run, Fault::End, &[("lost", 3 * 14), ("streams_ended", 3)]),
        )
    };
    tokio::join!(every_fault(stream), every_fault(body));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_at_stalled_readers_count_as_well() {
    let run = "fan-out --subscribers 20 --stalled 3 --rate 20 --seconds 1";
    tokio::join!(
        expect_found_by(
            run,
            Fault::Duplicate,
            &[("duplicated", 23), ("wrong_ids", 23)]
        ),
        expect_found_by(run, Fault::Corrupt, &[("malformed", 23), ("lost", 23)]),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_are_measured_alone_and_beside_stalled_readers() {
    // A stream has 24 MB, more than the kernel buffers for a reader. The buffers of a stalled stream
    // are full after about two seconds, and the server ends it three seconds later, well before the
    // end of the run.
    let run = format!(
        "slow --readers 3 --stalled 2 --rate 50 --seconds 8 --bytes 60000 --pid {}",
        std::process::id()
    );
    let expect = async |fault, ended: u64, read_out: u64| {
        let (code, report) = report_of(stand_in::start(fault).await.unwrap(), &run).await;
        assert_eq!(
            (code, &report["ok"]),
            (Some(0), &Value::Bool(true)),
            "{fault:?}: {report}"
        );
        let stalled = &report["beside"]["stalled"];
        assert_eq!(
            (&stalled["ended_by_server"], &stalled["read_out"]),
            (&ended.into(), &read_out.into()),
            "{fault:?}: {report}"
        );
        assert_eq!(report["alone"]["stalled"], Value::Null, "{report}");
        assert_eq!(
            (
                &report["alone"]["deliveries"],
                &report["beside"]["deliveries"]
            ),
            (&1_200.into(), &1_200.into()),
            "{report}"
        );
        assert!(
            report["slowdown"]["p99"]
                .as_f64()
                .is_some_and(|factor| factor > 0.0),
            "{report}"
        );
        assert!(
            report["beside"]["server"]["rss_bytes_peak"]
                .as_u64()
                .is_some_and(|bytes| bytes > 100_000),
            "{report}"
        );
    };
    tokio::join!(expect(Fault::None, 0, 2), expect(Fault::EndSlow, 2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_become_a_table() {
    let mut reports = Vec::new();
    for peer in ["pulseboard", "durable-streams"] {
        let address = stand_in::start(Fault::None).await.unwrap();
        reports.push(
            report_of(address, &format!("{PUBLISH} --peer {peer}"))
                .await
                .1
                .to_string(),
        );
    }
    let table = move || {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pulseboard-bench"))
            .arg("table")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(reports.join("\n").as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    };
    let output = tokio::task::spawn_blocking(table).await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.contains("publish: 1 publishers, 20 events of 128 bytes")
            && text.contains("durable-streams"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_publish_is_a_failure_and_not_wrong_content() {
    let address = stand_in::start(Fault::Refuse).await.unwrap();
    let output = bench(format!(
        "fan-out --url http://{address} --subscribers 2 --rate 20 --seconds 1"
    ))
    .await;
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{table}");
    assert!(
        table.contains("expected 201, got 503: full") && table.contains("RUN FAILED"),
        "{table}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_of_idle_subscribers_is_measured() {
    let address = stand_in::start(Fault::None).await.unwrap();
    let arguments = format!(
        "idle --url http://{address} --subscribers 50 --seconds 1 --pid {}",
        std::process::id()
    );
    let output = bench(arguments).await;
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{table}");
    assert!(table.contains("server memory per subscriber"), "{table}");
}

#[tokio::test]
async fn other_hosts_are_refused_in_one_line() {
    let output = bench("fan-out --url http://192.0.2.1:3000".to_owned()).await;
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(lines(&output.stderr), 1, "{output:?}");
}

#[tokio::test]
async fn a_run_without_a_server_fails() {
    let address = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let output = bench(format!("fan-out --url http://{address} --subscribers 3")).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
