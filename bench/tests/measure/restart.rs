//! Herd runs against a stand-in server in a process of its own, which the run kills and starts again.

use std::path::PathBuf;

use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    bench,
    stand_in::{self, Fault},
};

/// Performs a herd run with five subscribers and a server with this fault. Returns the exit code and
/// the report.
async fn herd(fault: Fault, peer: &str) -> (Option<i32>, Value) {
    let address = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "herd-{}-{}",
        std::process::id(),
        address.port()
    ));
    let (program, file) = (env!("CARGO_BIN_EXE_stand-in"), file.to_str().unwrap());
    let output = bench(format!(
        "herd --url http://{address} --peer {peer} --subscribers 5 --rate 50 --seconds 1 --json \
         -- {program} {address} {file} {fault:?}"
    ))
    .await;
    let _ = std::fs::remove_file(file);
    let report =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}: {output:?}"));
    (output.status.code(), report.unwrap())
}

/// The counts that are not zero.
fn counts(report: &Value) -> Vec<(&str, u64)> {
    let counts = report["content"].as_object().unwrap().iter();
    counts
        .filter_map(|(name, count)| {
            Some((name.as_str(), count.as_u64().filter(|count| *count > 0)?))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_subscribers_of_a_correct_server_recover() {
    let expect_recovery = async |fault, peer, paused: bool, wait: f64| {
        let (code, report) = herd(fault, peer).await;
        assert_eq!(
            (code, &report["ok"]),
            (Some(0), &Value::Bool(true)),
            "{peer}: {report}"
        );
        assert_eq!(
            (&report["streams_broken"], &report["paused"]),
            (&5.into(), &paused.into()),
            "{peer}: {report}"
        );
        assert_eq!(
            report["deliveries"],
            report["published"].as_u64().unwrap() * 5,
            "{peer}: {report}"
        );
        assert!(
            report["whole_seconds"]["last"].as_f64() >= report["back_seconds"]["last"].as_f64(),
            "{peer}: {report}"
        );
        let first = report["back_seconds"]["first"].as_f64().unwrap();
        assert!(first > wait, "{peer}: {report}");
    };
    // Pulseboard's streams send `retry:`, those of durable-streams do not. Both waits are checked by
    // their lower limit, because a busy machine can make any wait longer.
    tokio::join!(
        expect_recovery(Fault::None, "pulseboard", false, 0.25),
        expect_recovery(Fault::LongRetry, "pulseboard", false, 3.9),
        expect_recovery(Fault::None, "durable-streams", true, 2.9),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_subscribers_wait_as_long_as_the_server_asks() {
    let (code, report) = herd(Fault::Busy, "pulseboard").await;
    assert_eq!(
        (code, &report["ok"]),
        (Some(0), &Value::Bool(true)),
        "{report}"
    );
    assert!(
        report["requests_in_vain"]
            .as_u64()
            .is_some_and(|count| count >= 5),
        "{report}"
    );
    // The server refuses as many requests as there are subscribers. So the first stream begins after
    // the `retry:` of 0.3 s and the `Retry-After` of 1 s.
    let first = report["back_seconds"]["first"].as_f64().unwrap();
    assert!(first > 1.25, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_resumed_at_the_wrong_event_is_found() {
    let expect_found = async |fault, expected: &[(&str, u64)]| {
        let (code, report) = herd(fault, "pulseboard").await;
        assert_eq!(
            (code, counts(&report)),
            (Some(1), expected.to_vec()),
            "{fault:?}: {report}"
        );
    };
    tokio::join!(
        expect_found(Fault::ResumeEarly, &[("duplicated", 5), ("wrong_ids", 5)]),
        expect_found(Fault::ResumeLate, &[("lost", 5)]),
        expect_found(Fault::ResumeGap, &[("gaps", 5)]),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_event_that_is_stored_twice_is_found() {
    let (code, report) = herd(Fault::StoreTwice, "pulseboard").await;
    assert_eq!(
        (code, counts(&report)),
        (Some(1), vec![("duplicated", 5)]),
        "{report}"
    );
}

#[tokio::test]
async fn a_server_that_does_not_start_is_reported_in_one_line() {
    for (command, reason) in [
        ("false", "ended before it listened"),
        ("/no/such/program", "/no/such/program: "),
    ] {
        let address = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        let output = bench(format!(
            "herd --url http://{address} --subscribers 1 -- {command}"
        ))
        .await;
        assert!(matches!(output.status.code(), Some(1 | 2)), "{output:?}");
        assert_eq!(crate::lines(&output.stderr), 1, "{output:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains(reason),
            "{output:?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_the_run_did_not_start_is_not_killed() {
    let address = stand_in::start(Fault::None).await.unwrap();
    let output = bench(format!(
        "herd --url http://{address} --subscribers 1 -- sleep 60"
    ))
    .await;
    assert_eq!(
        (output.status.code(), crate::lines(&output.stderr)),
        (Some(2), 1),
        "{output:?}"
    );
}
