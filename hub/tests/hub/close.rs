//! Closing: no accepted publish is lost, and no stream delays the end.

use pulseboard_hub::{Filter, PublishError, Start};

use crate::{Client, hub, numbered};

#[tokio::test]
async fn closing_sends_what_was_accepted_and_then_ends_every_stream() {
    let hub = hub(1_000, 1_000);
    let mut clients: Vec<_> = (0..5)
        .map(|_| Client::open(&hub, Filter::all(), Start::Now))
        .collect();
    let publishes: Vec<_> = (0..50)
        .map(|n| {
            let hub = hub.clone();
            tokio::spawn(async move { hub.publish(vec![numbered(n)]).await })
        })
        .collect();
    hub.publish(vec![numbered(50)]).await.unwrap();
    hub.close();
    let mut accepted = 1;
    for publish in publishes {
        match publish.await.unwrap() {
            Ok(_) => accepted += 1,
            Err(error) => assert!(matches!(error, PublishError::Closed), "{error}"),
        }
    }
    for client in &mut clients {
        client.numbers(accepted).await;
        assert_eq!(client.message().await, None);
    }
}

#[tokio::test]
async fn a_publish_after_the_close_is_rejected() {
    let hub = hub(10, 10);
    hub.close();
    assert!(matches!(
        hub.publish(vec![numbered(1)]).await,
        Err(PublishError::Closed)
    ));
}

#[tokio::test]
async fn streams_end_when_the_last_handle_is_gone() {
    let hub = hub(10, 10);
    let mut client = Client::open(&hub, Filter::all(), Start::Now);
    drop(hub);
    assert_eq!(client.message().await, None);
}
