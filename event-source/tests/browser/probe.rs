//! A stream of a test and what it delivered, and what the server counts.

use std::{cell::RefCell, rc::Rc};

use any_spawner::Executor;
use gloo_net::http::Request;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos_event_source::{
    EventSourceOptions, Message, Status, UseEventSource, use_raw_event_source,
};

pub const SERVER: &str = match option_env!("SSE_SERVER") {
    Some(address) => address,
    None => "http://127.0.0.1:9",
};

/// A raw stream in its own reactive owner, and everything it delivered.
pub struct Probe {
    pub owner: Owner,
    pub key: String,
    pub stream: UseEventSource,
    pub batches: Rc<RefCell<Vec<Vec<Message>>>>,
    pub statuses: Rc<RefCell<Vec<Status>>>,
}

impl Probe {
    pub fn open(query: &str) -> Self {
        Self::with_options(query, EventSourceOptions::default())
    }

    pub fn with_options(query: &str, options: EventSourceOptions) -> Self {
        Self::with_key(&unique(), query, options)
    }

    pub fn with_key(key: &str, query: &str, options: EventSourceOptions) -> Self {
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
    pub fn numbers(&self) -> Vec<u64> {
        self.batches
            .borrow()
            .iter()
            .flatten()
            .filter(|r| r.event_type != "heartbeat")
            .map(|r| r.data.parse().unwrap())
            .collect()
    }

    pub async fn until_number(&self, last: u64) {
        until("the last event", || self.numbers().last() == Some(&last)).await;
    }

    pub async fn until_status(&self, wanted: fn(Status) -> bool) {
        until("the status", || wanted(self.stream.status.get_untracked())).await;
    }

    /// The connections that are open and that were opened, as the server counts them.
    pub async fn count(&self) -> (u64, u64) {
        count(&self.key).await
    }

    pub fn drop_stream(self) -> String {
        self.owner.cleanup();
        drop(self.owner);
        self.key
    }
}

pub async fn count(key: &str) -> (u64, u64) {
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
pub fn new_owner() -> Owner {
    // Every call but the first fails, because an executor is set.
    let _ = Executor::init_wasm_bindgen();
    Owner::new()
}

pub fn unique() -> String {
    format!("{:.0}", js_sys::Math::random() * 1e15)
}

/// Checks every few milliseconds, and fails after ten seconds.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        TimeoutFuture::new(10).await;
    }
    panic!("waited in vain for {what}");
}

pub async fn until_open(key: &str, open: u64) {
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

pub fn dispatch(target: &web_sys::EventTarget, event_type: &str) {
    target
        .dispatch_event(&web_sys::Event::new(event_type).unwrap())
        .unwrap();
}
