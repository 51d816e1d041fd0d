//! How a stream is opened, closed and dropped.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos_event_source::{EventSourceOptions, Status};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::probe::{Probe, count, dispatch, until_open};

#[wasm_bindgen_test]
async fn a_closed_stream_resumes_after_its_last_event_when_it_opens_again() {
    let probe = Probe::open("events=10");
    probe.until_number(10).await;
    probe.stream.close.run(());
    assert_eq!(probe.stream.status.get_untracked(), Status::Closed);
    until_open(&probe.key, 0).await;
    probe.stream.open.run(());
    probe.until_status(|status| status == Status::Open).await;
    assert_eq!(probe.count().await, (1, 2));
    assert_eq!(
        probe.numbers(),
        (1..=10).collect::<Vec<_>>(),
        "nothing arrived twice"
    );
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_pause_has_its_own_status() {
    let probe = Probe::open("events=1");
    probe.until_number(1).await;
    probe.stream.pause.run(());
    assert_eq!(probe.stream.status.get_untracked(), Status::Paused);
    probe.stream.open.run(());
    probe.until_status(|status| status == Status::Open).await;
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_stream_that_is_not_immediate_stays_closed_until_it_is_opened() {
    let probe = Probe::with_options("events=1", EventSourceOptions::default().immediate(false));
    assert_eq!(probe.stream.status.get_untracked(), Status::Closed);
    probe.stream.open.run(());
    probe.until_number(1).await;
    assert_eq!(probe.count().await, (1, 1));
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn mounting_and_unmounting_a_thousand_times_leaves_nothing_open() {
    let mut keys = Vec::new();
    for _ in 0..1_000 {
        let probe = Probe::open("events=1");
        // After one turn of the event loop the stream is connecting, the worst moment to drop it.
        TimeoutFuture::new(0).await;
        keys.push(probe.drop_stream());
    }
    // These few are open when they are dropped.
    for _ in 0..5 {
        let probe = Probe::open("events=1");
        probe.until_number(1).await;
        keys.push(probe.drop_stream());
    }
    let mut reached = 0;
    for key in keys.iter().step_by(20).chain(keys.iter().rev().take(5)) {
        until_open(key, 0).await;
        reached += count(key).await.1;
    }
    assert!(reached >= 5, "only {reached} reached the server");
}

#[wasm_bindgen_test]
async fn nothing_arrives_after_it_is_dropped() {
    let probe = Probe::open("events=1&heartbeat=20");
    probe.until_number(1).await;
    let batches = probe.batches.clone();
    let key = probe.drop_stream();
    let before = batches.borrow().len();
    until_open(&key, 0).await;
    assert_eq!(batches.borrow().len(), before);
}

#[wasm_bindgen_test]
async fn a_page_that_the_browser_puts_away_closes_and_resumes_when_it_is_back() {
    let probe = Probe::open("events=10&drop=1");
    probe.until_number(10).await;
    dispatch(&window(), "pagehide");
    until_open(&probe.key, 0).await;
    dispatch(&window(), "pageshow");
    probe.until_status(|status| status == Status::Open).await;
    assert_eq!(
        probe.numbers(),
        (1..=10).collect::<Vec<_>>(),
        "nothing arrived twice"
    );
    assert_eq!(probe.count().await.0, 1);
    probe.drop_stream();
}
