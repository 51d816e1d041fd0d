//! How a stream survives failures.

use std::time::Duration;

use leptos::prelude::*;
use leptos_event_source::{EventSourceOptions, FailureCause, Status, UseEventSource};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::probe::{Probe, dispatch, until};

#[wasm_bindgen_test]
async fn the_status_goes_from_connecting_to_open() {
    let probe = Probe::open("events=1");
    probe.until_number(1).await;
    assert_eq!(*probe.statuses.borrow(), [Status::Connecting, Status::Open]);
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_dropped_connection_resumes_without_gap_or_duplicate() {
    let probe = Probe::open("events=1000&drop=1&drop=2");
    probe.until_number(1_000).await;
    assert_eq!(probe.numbers(), (1..=1_000).collect::<Vec<_>>());
    assert!(
        probe.statuses.borrow().contains(&Status::Reconnecting {
            attempt: 1,
            at: None
        }),
        "{:?}",
        probe.statuses
    );
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_stream_resumes_with_its_cursor_after_the_browser_gave_up_on_a_503() {
    let probe = Probe::open("events=100&drop=1&fail=2:503&fail=3:503");
    probe.until_number(100).await;
    assert_eq!(probe.numbers(), (1..=100).collect::<Vec<_>>());
    let has_countdown = probe
        .statuses
        .borrow()
        .iter()
        .any(|s| matches!(s, Status::Reconnecting { at: Some(_), .. }));
    assert!(has_countdown, "no wait among {:?}", probe.statuses);
    assert_eq!(probe.count().await, (1, 4));
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_204_is_retried_although_the_browser_gives_up() {
    let probe = Probe::open("events=2&fail=1:204");
    probe.until_number(2).await;
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_connection_that_falls_silent_is_replaced() {
    let options = EventSourceOptions::default().heartbeat_interval(Duration::from_millis(100));
    let probe = Probe::with_options("events=5&mute=1&heartbeat=50", options);
    probe.until_number(5).await;
    let (open, total) = probe.count().await;
    assert_eq!((open, total), (1, 2));
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_server_that_never_answers_is_tried_again() {
    let options = EventSourceOptions::default().heartbeat_interval(Duration::from_millis(100));
    let probe = Probe::with_options("events=5&silent=1&silent=2&heartbeat=50", options);
    probe.until_number(5).await;
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn heartbeats_keep_a_quiet_connection_alive() {
    let options = EventSourceOptions::default().heartbeat_interval(Duration::from_millis(200));
    let probe = Probe::with_options("events=1&heartbeat=100", options);
    until("ten heartbeats", || {
        probe
            .batches
            .borrow()
            .iter()
            .flatten()
            .filter(|message| message.event_type == "heartbeat")
            .count()
            >= 10
    })
    .await;
    assert_eq!(probe.count().await, (1, 1), "it was never replaced");
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn the_stats_count_failures_with_their_causes() {
    let probe = Probe::open("events=100&drop=1&fail=2:503");
    probe.until_number(100).await;
    assert_eq!(
        failures(probe.stream),
        [FailureCause::Lost, FailureCause::Refused]
    );
    let stats = probe.stream.stats.get_untracked();
    assert_eq!((stats.opened, stats.failed), (2, 2));
    probe.drop_stream();

    let options = EventSourceOptions::default().heartbeat_interval(Duration::from_millis(100));
    let probe = Probe::with_options("events=5&mute=1&heartbeat=50", options);
    probe.until_number(5).await;
    assert_eq!(failures(probe.stream), [FailureCause::Silent]);
    assert_eq!(probe.stream.stats.get_untracked().opened, 2);
    probe.drop_stream();
}

fn failures(stream: UseEventSource) -> Vec<FailureCause> {
    let stats = stream.stats.get_untracked();
    stats.failures.iter().map(|failure| failure.cause).collect()
}

#[wasm_bindgen_test]
async fn a_network_that_is_back_ends_a_wait() {
    let probe = Probe::open("events=3&fail=1:503");
    probe
        .until_status(|status| matches!(status, Status::Reconnecting { at: Some(_), .. }))
        .await;
    dispatch(&window(), "online");
    let status = probe.stream.status.get_untracked();
    assert_eq!(
        status,
        Status::Reconnecting {
            attempt: 1,
            at: None
        },
        "it connects at once"
    );
    probe.until_number(3).await;
    probe.drop_stream();
}
