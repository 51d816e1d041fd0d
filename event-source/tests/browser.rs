//! `use_event_source` in a real browser, against real streams that misbehave on request
//! (`end2end/sse-server.mjs`).
//!
//! `scripts/test-browser.sh` starts the server and tells its address at compile time.
#![cfg(all(target_arch = "wasm32", feature = "hydrate"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{cell::RefCell, rc::Rc};

use any_spawner::Executor;
use gloo_net::http::Request;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos_event_source::{
    Received, Status, StreamOptions, Trouble, UseEventSource, use_event_source,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const SERVER: &str = match option_env!("SSE_SERVER") {
    Some(address) => address,
    None => "http://127.0.0.1:9",
};

/// A stream in an owner of its own, and everything it brought.
struct Probe {
    owner: Owner,
    key: String,
    stream: UseEventSource,
    batches: Rc<RefCell<Vec<Vec<Received>>>>,
    statuses: Rc<RefCell<Vec<Status>>>,
}

impl Probe {
    fn open(query: &str) -> Self {
        Self::with_options(query, StreamOptions::default())
    }

    fn with_options(query: &str, options: StreamOptions) -> Self {
        let key = unique();
        let url = format!("{SERVER}/stream?key={key}&{query}");
        let owner = new_owner();
        let batches = Rc::new(RefCell::new(Vec::new()));
        let statuses = Rc::new(RefCell::new(Vec::new()));
        let (sink, seen) = (batches.clone(), statuses.clone());
        let options = StreamOptions {
            event_types: vec!["update"],
            ..options
        };
        let stream = owner.with(|| {
            let stream = use_event_source(url, options, move |batch| sink.borrow_mut().push(batch));
            Effect::new(move |_| seen.borrow_mut().push(stream.status.get()));
            stream
        });
        Self {
            owner,
            key,
            stream,
            batches,
            statuses,
        }
    }

    /// The numbers received, heartbeats left out.
    fn numbers(&self) -> Vec<u64> {
        self.batches
            .borrow()
            .iter()
            .flatten()
            .filter(|r| r.event_type != "heartbeat")
            .map(|r| r.data.parse().unwrap())
            .collect()
    }

    async fn until_number(&self, last: u64) {
        until("the last event", || self.numbers().last() == Some(&last)).await;
    }

    async fn until_status(&self, wanted: fn(Status) -> bool) {
        until("the status", || wanted(self.stream.status.get_untracked())).await;
    }

    /// (open now, opened in all) as the server counts.
    async fn count(&self) -> (u64, u64) {
        count(&self.key).await
    }

    fn drop_stream(self) -> String {
        self.owner.cleanup();
        drop(self.owner);
        self.key
    }
}

async fn count(key: &str) -> (u64, u64) {
    let count: serde_json::Value = Request::get(&format!("{SERVER}/count?key={key}"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    (
        count["open"].as_u64().unwrap(),
        count["total"].as_u64().unwrap(),
    )
}

/// A reactive owner, and what runs its effects.
fn new_owner() -> Owner {
    // Only the first call sets it; the others find it set.
    let _ = Executor::init_wasm_bindgen();
    Owner::new()
}

fn unique() -> String {
    format!("{:.0}", js_sys::Math::random() * 1e15)
}

/// Looks every few milliseconds, and gives up after ten seconds.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        TimeoutFuture::new(10).await;
    }
    panic!("{what} never came");
}

async fn until_open(key: &str, open: u64) {
    for _ in 0..500 {
        if count(key).await.0 == open {
            return;
        }
        TimeoutFuture::new(10).await;
    }
    panic!(
        "the server still counts {:?}, not {open} open",
        count(key).await
    );
}

#[wasm_bindgen_test]
async fn every_event_of_a_burst_arrives_in_order_and_in_few_batches() {
    let probe = Probe::open("events=10000");
    probe.until_number(10_000).await;
    assert_eq!(probe.numbers(), (1..=10_000).collect::<Vec<_>>());
    let batches = probe.batches.borrow().len();
    assert!(
        batches < 1_000,
        "{batches} batches: a burst is applied a frame at a time, not an event at a time"
    );
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn named_events_arrive_among_the_unnamed_with_their_type_and_id() {
    let probe = Probe::open("events=3");
    probe.until_number(3).await;
    let received: Vec<_> = probe.batches.borrow().iter().flatten().cloned().collect();
    let parts: Vec<_> = received
        .iter()
        .map(|r| {
            (
                r.event_type.as_str(),
                r.data.as_str(),
                r.last_event_id.as_str(),
            )
        })
        .collect();
    assert_eq!(
        parts,
        [
            ("message", "1", "1"),
            ("message", "2", "2"),
            ("update", "3", "3")
        ]
    );
    probe.drop_stream();
}

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
async fn a_browser_that_gave_up_after_a_503_is_replaced_and_resumes_with_the_cursor() {
    let probe = Probe::open("events=100&drop=1&fail=2:503&fail=3:503");
    probe.until_number(100).await;
    assert_eq!(probe.numbers(), (1..=100).collect::<Vec<_>>());
    let has_countdown = probe
        .statuses
        .borrow()
        .iter()
        .any(|s| matches!(s, Status::Reconnecting { at: Some(_), .. }));
    assert!(has_countdown, "the wait is told: {:?}", probe.statuses);
    assert_eq!(probe.count().await, (1, 4));
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_204_is_retried_although_the_browser_closes_for_good() {
    let probe = Probe::open("events=2&fail=1:204");
    probe.until_number(2).await;
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_connection_that_falls_silent_is_replaced() {
    let options = StreamOptions {
        heartbeat_millis: 100,
        ..StreamOptions::default()
    };
    let probe = Probe::with_options("events=5&mute=1&heartbeat=50", options);
    probe.until_number(5).await;
    let (open, total) = probe.count().await;
    assert_eq!((open, total), (1, 2));
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_server_that_never_answers_is_tried_again() {
    let options = StreamOptions {
        heartbeat_millis: 100,
        ..StreamOptions::default()
    };
    let probe = Probe::with_options("events=5&silent=1&silent=2&heartbeat=50", options);
    probe.until_number(5).await;
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn heartbeats_keep_a_quiet_connection_alive() {
    let options = StreamOptions {
        heartbeat_millis: 200,
        ..StreamOptions::default()
    };
    let probe = Probe::with_options("events=1&heartbeat=100", options);
    until("ten heartbeats", || {
        probe
            .batches
            .borrow()
            .iter()
            .flatten()
            .filter(|received| received.event_type == "heartbeat")
            .count()
            >= 10
    })
    .await;
    assert_eq!(probe.count().await, (1, 1), "it was never replaced");
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn closing_closes_and_opening_resumes_where_it_was() {
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
        "nothing came twice"
    );
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_pause_is_told_apart_from_a_close() {
    let probe = Probe::open("events=1");
    probe.until_number(1).await;
    probe.stream.pause.run(());
    assert_eq!(probe.stream.status.get_untracked(), Status::Paused);
    probe.stream.open.run(());
    probe.until_status(|status| status == Status::Open).await;
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn it_stays_closed_until_asked_where_that_is_wanted() {
    let probe = Probe::with_options(
        "events=1",
        StreamOptions {
            immediate: false,
            ..StreamOptions::default()
        },
    );
    assert_eq!(probe.stream.status.get_untracked(), Status::Closed);
    probe.stream.open.run(());
    probe.until_number(1).await;
    assert_eq!(probe.count().await, (1, 1));
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_cursor_given_at_the_start_is_where_it_begins() {
    let options = StreamOptions {
        last_event_id: "7".to_owned(),
        ..StreamOptions::default()
    };
    let probe = Probe::with_options("events=10", options);
    probe.until_number(10).await;
    assert_eq!(probe.numbers(), [8, 9, 10]);
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_new_address_moves_the_stream_and_keeps_the_cursor() {
    let (key, other) = (unique(), unique());
    let owner = new_owner();
    let url = owner.with(|| RwSignal::new(format!("{SERVER}/stream?key={key}&events=5")));
    let received = Rc::new(RefCell::new(Vec::new()));
    let sink = received.clone();
    owner.with(|| {
        use_event_source(
            url,
            StreamOptions::default(),
            move |batch: Vec<Received>| {
                sink.borrow_mut()
                    .extend(batch.into_iter().map(|received| received.data));
            },
        );
    });
    until("the first part", || {
        received.borrow().iter().any(|data| data == "5")
    })
    .await;
    url.set(format!("{SERVER}/stream?key={other}&events=8"));
    until("the second part", || {
        received.borrow().iter().any(|data| data == "8")
    })
    .await;
    // The third and the sixth are named `update`, which nobody listens for here.
    assert_eq!(*received.borrow(), ["1", "2", "4", "5", "7", "8"]);
    until_open(&key, 0).await;
    owner.cleanup();
}

#[wasm_bindgen_test]
async fn mounting_and_unmounting_a_thousand_times_leaves_nothing_open() {
    let mut keys = Vec::new();
    for _ in 0..1_000 {
        let probe = Probe::open("events=1");
        // One turn of the event loop: the stream is on its way when it is dropped, which is the
        // harshest moment.
        TimeoutFuture::new(0).await;
        keys.push(probe.drop_stream());
    }
    // A few that were surely open.
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
    assert!(reached >= 5, "the server has seen {reached} of them");
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
async fn what_a_stream_has_been_through_is_recorded_with_why_it_failed() {
    let probe = Probe::open("events=100&drop=1&fail=2:503");
    probe.until_number(100).await;
    let record = probe.stream.record.get_untracked();
    let why: Vec<_> = record
        .failures
        .iter()
        .map(|(_, trouble)| *trouble)
        .collect();
    assert_eq!(
        (record.opened, record.failed, why),
        (2, 2, vec![Trouble::Lost, Trouble::Refused])
    );
    probe.drop_stream();

    let options = StreamOptions {
        heartbeat_millis: 100,
        ..StreamOptions::default()
    };
    let probe = Probe::with_options("events=5&mute=1&heartbeat=50", options);
    probe.until_number(5).await;
    let record = probe.stream.record.get_untracked();
    assert_eq!(
        record
            .failures
            .iter()
            .map(|(_, trouble)| *trouble)
            .collect::<Vec<_>>(),
        [Trouble::Silent]
    );
    assert_eq!(record.opened, 2);
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn the_network_coming_back_cuts_a_wait_short() {
    let probe = Probe::open("events=3&fail=1:503");
    probe
        .until_status(|status| matches!(status, Status::Reconnecting { at: Some(_), .. }))
        .await;
    tell(&window(), "online");
    let status = probe.stream.status.get_untracked();
    assert_eq!(
        status,
        Status::Reconnecting {
            attempt: 1,
            at: None
        },
        "it is tried at once"
    );
    probe.until_number(3).await;
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_page_that_is_put_away_closes_and_goes_on_where_it_was_when_it_comes_back() {
    let probe = Probe::open("events=10&drop=1");
    probe.until_number(10).await;
    tell(&window(), "pagehide");
    until_open(&probe.key, 0).await;
    tell(&window(), "pageshow");
    probe.until_status(|status| status == Status::Open).await;
    assert_eq!(
        probe.numbers(),
        (1..=10).collect::<Vec<_>>(),
        "nothing came twice"
    );
    assert_eq!(probe.count().await.0, 1);
    probe.drop_stream();
}

fn tell(target: &web_sys::EventTarget, what: &str) {
    target
        .dispatch_event(&web_sys::Event::new(what).unwrap())
        .unwrap();
}
