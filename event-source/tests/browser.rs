//! The streams in a real browser, against a server that misbehaves on request (`sse-server.mjs`).
//!
//! Start the server with `node tests/sse-server.mjs`, and pass the address that it prints when you
//! compile the tests:
//!
//! ```sh
//! export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner
//! SSE_SERVER=http://127.0.0.1:12345 cargo test --features hydrate --target wasm32-unknown-unknown
//! ```
#![cfg(all(target_arch = "wasm32", feature = "hydrate"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{cell::RefCell, rc::Rc, time::Duration};

use any_spawner::Executor;
use gloo_net::http::Request;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos_event_source::{
    DecodeError, Event, EventSourceOptions, FailureCause, Message, Role, Share, Status,
    UseEventSource, use_event_source, use_event_source_with, use_raw_event_source,
};
use serde::Deserialize;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const SERVER: &str = match option_env!("SSE_SERVER") {
    Some(address) => address,
    None => "http://127.0.0.1:9",
};

/// A raw stream in its own reactive owner, and everything it delivered.
struct Probe {
    owner: Owner,
    key: String,
    stream: UseEventSource,
    batches: Rc<RefCell<Vec<Vec<Message>>>>,
    statuses: Rc<RefCell<Vec<Status>>>,
}

impl Probe {
    fn open(query: &str) -> Self {
        Self::with_options(query, EventSourceOptions::default())
    }

    fn with_options(query: &str, options: EventSourceOptions) -> Self {
        Self::with_key(&unique(), query, options)
    }

    fn with_key(key: &str, query: &str, options: EventSourceOptions) -> Self {
        let key = key.to_owned();
        let url = format!("{SERVER}/stream?key={key}&{query}");
        let owner = new_owner();
        let batches = Rc::new(RefCell::new(Vec::new()));
        let statuses = Rc::new(RefCell::new(Vec::new()));
        let (sink, seen) = (batches.clone(), statuses.clone());
        let options = options.event_types(["update"]);
        let stream = owner.with(|| {
            let stream =
                use_raw_event_source(url, options, move |batch| sink.borrow_mut().push(batch));
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

    /// The numbers that arrived, without heartbeats.
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

    /// The connections that are open and that were opened, as the server counts them.
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

/// A reactive owner whose effects run.
fn new_owner() -> Owner {
    // Every call but the first fails, because an executor is set.
    let _ = Executor::init_wasm_bindgen();
    Owner::new()
}

fn unique() -> String {
    format!("{:.0}", js_sys::Math::random() * 1e15)
}

/// Checks every few milliseconds, and fails after ten seconds.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        TimeoutFuture::new(10).await;
    }
    panic!("waited in vain for {what}");
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
        "{batches} batches: a burst arrives one frame at a time, not one event at a time"
    );
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn named_and_unnamed_events_arrive_in_order_with_their_type_and_id() {
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
async fn a_stream_begins_after_the_last_event_id_of_its_options() {
    let options = EventSourceOptions::default().last_event_id("7");
    let probe = Probe::with_options("events=10", options);
    probe.until_number(10).await;
    assert_eq!(probe.numbers(), [8, 9, 10]);
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn a_new_url_moves_the_stream_and_keeps_the_cursor() {
    let (key, other) = (unique(), unique());
    let owner = new_owner();
    let url = owner.with(|| RwSignal::new(format!("{SERVER}/stream?key={key}&events=5")));
    let received = Rc::new(RefCell::new(Vec::new()));
    let sink = received.clone();
    owner.with(|| {
        use_raw_event_source(url, EventSourceOptions::default(), move |batch| {
            sink.borrow_mut()
                .extend(batch.into_iter().map(|message| message.data));
        });
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
    // The third and the sixth have the type `update`, which this stream does not listen for.
    assert_eq!(*received.borrow(), ["1", "2", "4", "5", "7", "8"]);
    until_open(&key, 0).await;
    owner.cleanup();
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

fn dispatch(target: &web_sys::EventTarget, event_type: &str) {
    target
        .dispatch_event(&web_sys::Event::new(event_type).unwrap())
        .unwrap();
}

#[wasm_bindgen_test]
async fn a_cursor_is_encoded_in_the_query_parameter_of_the_options() {
    let options = EventSourceOptions::default()
        .last_event_id("7 & more")
        .cursor_parameter("after");
    let probe = Probe::with_options("echo=after#fragment", options);
    until("the echo", || !probe.batches.borrow().is_empty()).await;
    assert_eq!(probe.batches.borrow()[0][0].data, "7 & more");
    probe.drop_stream();
}

#[wasm_bindgen_test]
async fn tabs_that_share_a_stream_open_one_connection_and_pass_it_on() {
    let (key, query) = (unique(), "events=30&trickle=20");
    let options = EventSourceOptions::default().share(Share::new("shared"));
    let first = Probe::with_key(&key, query, options.clone());
    until("the leader's first events", || first.numbers().len() > 2).await;
    let second = Probe::with_key(&key, query, options.last_event_id("0"));
    until("the follower's first events", || second.numbers().len() > 5).await;
    until("the roles", || {
        let roles = [&first, &second].map(|probe| probe.stream.role.get_untracked());
        roles == [Role::Leader { followers: 1 }, Role::Follower]
    })
    .await;
    until_open(&key, 1).await;
    first.drop_stream();
    second.until_number(30).await;
    assert_eq!(second.stream.role.get_untracked(), Role::Alone);
    assert_eq!(second.numbers(), (1..=30).collect::<Vec<_>>());
    second.drop_stream();
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
struct Square {
    n: u64,
    square: u64,
}

/// Collects the events of a typed stream.
fn collect<T: 'static, E: 'static>(
    open: impl FnOnce(String, Box<dyn FnMut(Vec<Result<Event<T>, DecodeError<E>>>)>) -> UseEventSource,
    query: &str,
) -> (Owner, Rc<RefCell<Vec<Result<Event<T>, DecodeError<E>>>>>) {
    let events = Rc::new(RefCell::new(Vec::new()));
    let sink = events.clone();
    let owner = new_owner();
    let url = format!("{SERVER}/stream?key={}&{query}", unique());
    owner.with(|| open(url, Box::new(move |batch| sink.borrow_mut().extend(batch))));
    (owner, events)
}

#[wasm_bindgen_test]
async fn json_arrives_as_values_in_order_with_errors_in_their_place_and_without_heartbeats() {
    let options = EventSourceOptions::default()
        .event_types(["update"])
        .heartbeat_interval(Duration::from_millis(500));
    let (owner, events) = collect(
        |url, sink| use_event_source::<Square>(url, options, sink),
        "events=5&json=1&broken=3&heartbeat=50",
    );
    until("five events", || events.borrow().len() >= 5).await;
    // Heartbeats come meanwhile.
    TimeoutFuture::new(200).await;
    let events = events.borrow();
    let values: Vec<_> = events
        .iter()
        .map(|event| event.as_ref().map(|event| event.data).ok())
        .collect();
    let square = |n| Some(Square { n, square: n * n });
    assert_eq!(values, [square(1), square(2), None, square(4), square(5)]);
    let error = events[2].as_ref().unwrap_err();
    assert_eq!(
        (
            error.message.event_type.as_str(),
            error.message.data.as_str()
        ),
        ("update", "broken")
    );
    assert_eq!(error.message.last_event_id, "3");
    owner.cleanup();
}

#[wasm_bindgen_test]
async fn a_function_decodes_by_event_type() {
    let options = EventSourceOptions::default().event_types(["update"]);
    let decode = |message: &Message| match message.event_type.as_str() {
        "update" => Err("an update"),
        _ => Ok(message.data.len()),
    };
    let (owner, events) = collect(
        |url, sink| use_event_source_with(url, options, decode, sink),
        "events=3",
    );
    until("three events", || events.borrow().len() == 3).await;
    assert_eq!(events.borrow()[1].as_ref().unwrap().data, 1);
    assert_eq!(events.borrow()[2].as_ref().unwrap_err().error, "an update");
    owner.cleanup();
}
