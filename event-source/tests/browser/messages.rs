//! What a stream delivers, and where it begins.

use std::{cell::RefCell, rc::Rc};

use leptos::prelude::*;
use leptos_event_source::{EventSourceOptions, use_raw_event_source};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::probe::{Probe, SERVER, new_owner, unique, until, until_open};

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
async fn a_cursor_is_encoded_in_the_query_parameter_of_the_options() {
    let options = EventSourceOptions::default()
        .last_event_id("7 & more")
        .cursor_parameter("after");
    let probe = Probe::with_options("echo=after#fragment", options);
    until("the echo", || !probe.batches.borrow().is_empty()).await;
    assert_eq!(probe.batches.borrow()[0][0].data, "7 & more");
    probe.drop_stream();
}
