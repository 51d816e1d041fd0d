//! The herd run, against a stand-in that is a process of its own, so that it can be killed and
//! started again.

use std::path::PathBuf;

use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    bench,
    stand_in::{self, BUSY, Fault},
};

/// Kills a server with this fault under five subscribers: the exit code and the report.
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
async fn a_server_that_keeps_its_promises_gets_its_herd_back_whole() {
    let whole = async |peer, paused: bool| {
        let (code, report) = herd(Fault::None, peer).await;
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
        // Only Pulseboard's stream says how long to wait.
        let wait = if paused { 2.9 } else { 0.25 };
        let first = report["back_seconds"]["first"].as_f64().unwrap();
        assert!(first > wait && first < wait + 2.5, "{peer}: {report}");
    };
    tokio::join!(whole("pulseboard", false), whole("durable-streams", true));
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_that_are_told_to_wait_do_so() {
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
    // Not after its own 0.3 s, but after the second it was told.
    let first = report["back_seconds"]["first"].as_f64().unwrap();
    assert!(first > 1.0 && first > BUSY.as_secs_f64(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_taken_up_at_the_wrong_place_is_found() {
    let found = async |fault, expected: &[(&str, u64)]| {
        let (code, report) = herd(fault, "pulseboard").await;
        assert_eq!(
            (code, counts(&report)),
            (Some(1), expected.to_vec()),
            "{fault:?}: {report}"
        );
    };
    tokio::join!(
        found(Fault::ResumeEarly, &[("duplicated", 5), ("wrong_ids", 5)]),
        found(Fault::ResumeLate, &[("lost", 5)]),
        found(Fault::ResumeGap, &[("gaps", 5)]),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stored_again_because_it_was_published_again_is_found() {
    let (code, report) = herd(Fault::Twice, "pulseboard").await;
    assert_eq!(
        (code, counts(&report)),
        (Some(1), vec![("duplicated", 5)]),
        "{report}"
    );
}

#[tokio::test]
async fn a_server_that_does_not_start_is_told_in_one_line() {
    for (command, reason) in [
        ("false", "ended instead of listening"),
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
async fn a_server_that_was_there_before_is_not_touched() {
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
