//! Follows an SSE stream of another server and publishes each of its events on Pulseboard, once.
//!
//! The bridge resumes the upstream stream from its last event id, and publishes each event under
//! that id (`ce-id`) with the upstream address as its source (`ce-source`). Pulseboard stores an event
//! of a known source and id once, so an event that is sent twice after a lost answer is stored once.

use std::{convert::Infallible, time::Duration};

use futures_util::StreamExt;
use pulseboard_contract::sse::{Decoder, MessageEvent};
use reqwest::{Client, Response};

/// The pause before the bridge connects again, unless the upstream server asks for another one.
const RETRY: Duration = Duration::from_secs(3);

/// A failure of one connection; the bridge reports it and tries again.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// From where to where.
#[derive(Clone, Debug)]
pub struct Bridge {
    /// The address of the upstream stream.
    pub upstream: String,
    /// The address of the topic, like `http://127.0.0.1:3000/topics/upstream`.
    pub topic: String,
}

impl Bridge {
    /// Follows the stream for ever. `report` is told of each failure.
    pub async fn run(&self, report: impl Fn(&str)) -> Infallible {
        let client = Client::new();
        let mut cursor = String::new();
        let mut pause = RETRY;
        loop {
            if let Err(failure) = self.follow(&client, &mut cursor, &mut pause).await {
                report(&failure.to_string());
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Follows one connection to its end. `cursor` moves only after an event is stored.
    async fn follow(
        &self,
        client: &Client,
        cursor: &mut String,
        pause: &mut Duration,
    ) -> Result<(), Failure> {
        let mut request = client.get(&self.upstream);
        if !cursor.is_empty() {
            request = request.header("last-event-id", cursor.as_str());
        }
        let mut body = request.send().await?.error_for_status()?.bytes_stream();
        let mut decoder = Decoder::default().resuming_after(cursor);
        while let Some(chunk) = body.next().await {
            let mut messages = Vec::new();
            decoder.push(&chunk?, |message| messages.push(message))?;
            for message in messages {
                self.publish(client, &message).await?;
                cursor.clone_from(&message.last_event_id);
            }
            if let Some(millis) = decoder.retry_millis() {
                *pause = Duration::from_millis(millis);
            }
        }
        Ok(())
    }

    async fn publish(&self, client: &Client, message: &MessageEvent) -> Result<Response, Failure> {
        // Data of an event stream is text; most streams carry JSON in it.
        let is_json = pulseboard_contract::Json::parse(&message.data).is_ok();
        let content_type = if is_json {
            "application/json"
        } else {
            "text/plain"
        };
        let mut request = client
            .post(&self.topic)
            .header("content-type", content_type)
            .body(message.data.clone());
        if is_json && message.event_type != "message" {
            request = request.header("ce-type", &message.event_type);
        }
        if !message.last_event_id.is_empty() {
            request = request
                .header("ce-id", &message.last_event_id)
                .header("ce-source", &self.upstream);
        }
        Ok(request.send().await?.error_for_status()?)
    }
}
