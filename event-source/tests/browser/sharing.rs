//! Tabs that share a connection.

use leptos::prelude::*;
use leptos_event_source::{EventSourceOptions, Role, Share};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::probe::{Probe, unique, until, until_open};

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
