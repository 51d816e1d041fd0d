//! The program, run against a server that is right and against servers that are wrong in one way each.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stand_in;

use std::{
    net::SocketAddr,
    process::{Command, Output},
};

use serde_json::Value;
use stand_in::Fault;

/// Runs the program with these arguments and waits for it.
async fn bench(arguments: String) -> Output {
    let run = move || Command::new(env!("CARGO_BIN_EXE_pulseboard-bench")).args(arguments.split_whitespace()).output();
    tokio::task::spawn_blocking(run).await.unwrap().unwrap()
}

fn lines(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).lines().count()
}

/// A short steady run that reports in JSON: its exit code and what it said.
async fn measured(address: SocketAddr, more: &str) -> (Option<i32>, Value) {
    let output = bench(format!("fan-out --url http://{address} --subscribers 20 --json {more}")).await;
    assert_eq!(lines(&output.stdout), 1, "{output:?}");
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

/// A server with this fault is found wrong, and these counts say how.
async fn found(fault: Fault, counts: &[(&str, u64)]) {
    let (code, report) = measured(stand_in::start(fault).await.unwrap(), "--rate 20 --seconds 1").await;
    assert_eq!((code, &report["ok"]), (Some(1), &Value::Bool(false)), "{fault:?}: {report}");
    for (name, count) in report["content"].as_object().unwrap() {
        let expected = counts.iter().find(|(expected, _)| expected == name).map_or(0, |(_, count)| *count);
        assert_eq!(count.as_u64(), Some(expected), "{fault:?}, {name}: {report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_server_passes_a_steady_run() {
    let address = stand_in::start(Fault::None).await.unwrap();
    let more = format!("--rate 40 --seconds 1 --pid {}", std::process::id());
    let (code, report) = measured(address, &more).await;
    assert_eq!((code, &report["deliveries"]), (Some(0), &Value::from(800)), "{report}");
    assert!(report["latency_ms"]["p99"].as_f64().is_some_and(|p99| p99 > 0.0), "{report}");
    assert!(report["server"]["rss_bytes_peak"].as_u64().is_some_and(|bytes| bytes > 100_000), "{report}");
    // A second run finds a log that is not empty.
    assert_eq!(measured(address, &more).await.0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_server_passes_a_saturated_run() {
    let address = stand_in::start(Fault::None).await.unwrap();
    let (code, report) = measured(address, "--rate 0 --events 500 --publishers 7 --bytes 1000").await;
    assert_eq!((code, &report["deliveries"]), (Some(0), &Value::from(10_000)), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_turns_the_run_red() {
    tokio::join!(
        found(Fault::Lose, &[("lost", 20)]),
        found(Fault::Duplicate, &[("duplicated", 20), ("wrong_ids", 20)]),
        found(Fault::Reorder, &[("reordered", 20), ("wrong_ids", 20)]),
        found(Fault::Corrupt, &[("malformed", 20), ("lost", 20)]),
        found(Fault::RepeatId, &[("wrong_ids", 20)]),
        found(Fault::Gap, &[("gaps", 20)]),
        found(Fault::End, &[("lost", 20 * 14), ("streams_ended", 20)]),
        found(Fault::Refuse, &[]),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_publish_is_told_apart_from_wrong_content() {
    let address = stand_in::start(Fault::Refuse).await.unwrap();
    let output = bench(format!("fan-out --url http://{address} --subscribers 2 --rate 20 --seconds 1")).await;
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{table}");
    assert!(table.contains("expected 201, got 503: full") && table.contains("BROKEN OFF"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_subscribers_are_weighed() {
    let address = stand_in::start(Fault::None).await.unwrap();
    let arguments = format!("idle --url http://{address} --subscribers 50 --seconds 1 --pid {}", std::process::id());
    let output = bench(arguments).await;
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{table}");
    assert!(table.contains("server memory per subscriber"), "{table}");
}

#[tokio::test]
async fn other_hosts_are_refused_with_one_line() {
    let output = bench("fan-out --url http://192.0.2.1:3000".to_owned()).await;
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(lines(&output.stderr), 1, "{output:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_and_ends_the_run() {
    let address = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let output = bench(format!("fan-out --url http://{address} --subscribers 3")).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
