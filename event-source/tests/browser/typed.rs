//! The typed forms.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::prelude::*;
use leptos_event_source::{
    DecodeError, Event, EventSourceOptions, Message, UseEventSource, use_event_source,
    use_event_source_with,
};
use serde::Deserialize;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::probe::{SERVER, new_owner, unique, until};

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
struct Square {
    n: u64,
    square: u64,
}

type Events<T, E> = Vec<Result<Event<T>, DecodeError<E>>>;

/// Opens a typed stream and collects its events.
fn collect<T: 'static, E: 'static>(
    open: impl FnOnce(String, Box<dyn FnMut(Events<T, E>)>) -> UseEventSource,
    query: &str,
) -> (Owner, Rc<RefCell<Events<T, E>>>) {
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
        // Many heartbeats arrive before the last event.
        "events=5&trickle=50&json=1&broken=3&heartbeat=10",
    );
    until("five events", || events.borrow().len() >= 5).await;
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
