//! Follows a stream across lost connections: cursor, reconnects and watchdog.

use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use pulseboard_contract::{
    EventId, EventType, Gap, Heartbeat, Json,
    sse::{Decoder, MessageEvent},
};
use serde::Deserialize;
use url::Url;

use super::watchdog::Watchdog;
use crate::{
    backoff::Backoff,
    duration,
    error::CommandError,
    http::{ApiClient, RequestError},
    output::notice,
};

/// The upper bound of the first wait if the server does not send `retry:`.
const BACKOFF_BASE: Duration = Duration::from_secs(1);

/// What arrives on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StreamItem {
    /// An event, as its envelope.
    Event(Json),
    /// Events are missing from the log.
    Gap(Gap),
}

/// A stream that survives lost connections. [`Follower::next`] waits for the next events and
/// reconnects when necessary.
pub(super) struct Follower<'a> {
    client: &'a ApiClient,
    url: Url,
    /// The `Last-Event-ID` for the next connection; empty if there is none yet.
    cursor: String,
    /// The last stored event that was returned. It drops duplicates even if a cache or a proxy
    /// ignores the cursor and answers with an older stream.
    last: Option<EventId>,
    stream: Option<EventStream>,
    backoff: Backoff,
    watchdog: Watchdog,
}

struct EventStream {
    body: Incoming,
    decoder: Decoder,
}

/// The member of the envelope with the event id; an ephemeral event has none.
#[derive(Deserialize)]
struct WithEventId {
    #[serde(default)]
    eventid: Option<EventId>,
}

impl<'a> Follower<'a> {
    /// A stream at `url`, after `cursor` if it is not empty. `retry_for` limits how long it tries to
    /// reconnect; `None` means no limit.
    pub(super) fn new(
        client: &'a ApiClient,
        url: Url,
        cursor: String,
        retry_for: Option<Duration>,
    ) -> Self {
        let last = cursor.parse().ok();
        Self {
            client,
            url,
            cursor,
            last,
            stream: None,
            backoff: Backoff::new(BACKOFF_BASE, retry_for),
            watchdog: Watchdog::default(),
        }
    }

    /// The next items, at least one.
    ///
    /// # Errors
    /// If the server rejects the stream, the stream is invalid, or the time for reconnects is over.
    pub(super) async fn next(&mut self) -> Result<Vec<StreamItem>, CommandError> {
        loop {
            let Some(stream) = &mut self.stream else {
                self.connect().await?;
                continue;
            };
            let silence = self.watchdog.allowed_silence();
            match tokio::time::timeout(silence, stream.body.frame()).await {
                Ok(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    let mut messages = Vec::new();
                    let outcome = stream.decoder.push(&data, |message| messages.push(message));
                    stream.decoder.last_event_id().clone_into(&mut self.cursor);
                    let items = self.process(messages);
                    if let Err(error) = outcome {
                        // A reconnect would not help: the same block would arrive again.
                        return Err(CommandError::Failed(format!(
                            "the stream is invalid: {error}"
                        )));
                    }
                    if !items.is_empty() {
                        return Ok(items);
                    }
                }
                Ok(Some(Err(_))) => self.reconnect_after("the connection was lost").await?,
                Ok(None) => self.reconnect_after("the server ended the stream").await?,
                Err(_) => {
                    self.watchdog.timed_out();
                    self.reconnect_after(&format!("no data for {}", duration::display(silence)))
                        .await?;
                }
            }
        }
    }

    async fn connect(&mut self) -> Result<(), CommandError> {
        let cursor = Some(self.cursor.as_str()).filter(|cursor| !cursor.is_empty());
        match self.client.open_stream(&self.url, cursor).await {
            Ok(body) => {
                if self.backoff.is_failing() {
                    notice("connected");
                }
                self.watchdog.connected();
                self.stream = Some(EventStream {
                    body,
                    decoder: Decoder::default().resuming_after(&self.cursor),
                });
                Ok(())
            }
            Err(RequestError::Transient {
                reason,
                retry_after,
            }) => self.wait(&reason, retry_after).await,
            Err(rejected @ RequestError::Rejected(_)) => Err(rejected.into()),
        }
    }

    /// Drops the stream and waits. The server sends a different `retry:` to each client, so that they
    /// do not all reconnect at once.
    async fn reconnect_after(&mut self, reason: &str) -> Result<(), CommandError> {
        let server_wait = self
            .stream
            .take()
            .and_then(|stream| stream.decoder.retry_millis())
            .map(Duration::from_millis);
        self.wait(reason, server_wait).await
    }

    async fn wait(
        &mut self,
        reason: &str,
        server_wait: Option<Duration>,
    ) -> Result<(), CommandError> {
        let is_first = !self.backoff.is_failing();
        let Some(wait) = self
            .backoff
            .next_wait(Instant::now(), rand::random(), server_wait)
        else {
            return Err(CommandError::Failed(reason.to_owned()));
        };
        // Reported once, not for every attempt: a server that is down all night must not fill the
        // screen.
        if is_first {
            notice(&format!("{reason}; reconnecting"));
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn process(&mut self, messages: Vec<MessageEvent>) -> Vec<StreamItem> {
        // Only a message proves that the connection works; a proxy may accept it and close it at
        // once.
        if !messages.is_empty() {
            self.backoff.reset();
        }
        messages
            .into_iter()
            .filter_map(|message| self.process_one(&message))
            .collect()
    }

    /// With the envelope framing, events have no `event:` line; a message with one is about the
    /// stream itself.
    fn process_one(&mut self, message: &MessageEvent) -> Option<StreamItem> {
        if message.event_type == EventType::Heartbeat.name() {
            if let Ok(heartbeat) = serde_json::from_str::<Heartbeat>(&message.data) {
                self.watchdog.heartbeat(heartbeat.time);
            }
            return None;
        }
        if message.event_type == EventType::Gap.name() {
            return serde_json::from_str(&message.data)
                .ok()
                .map(StreamItem::Gap);
        }
        let Ok(envelope) = Json::parse(&message.data) else {
            notice("the server sent an event that is not JSON; skipping it");
            return None;
        };
        let event_id = envelope
            .read::<WithEventId>()
            .ok()
            .and_then(|envelope| envelope.eventid);
        if let Some(id) = event_id {
            if self
                .last
                .is_some_and(|last| last.epoch == id.epoch && id.seq <= last.seq)
            {
                return None;
            }
            self.last = Some(id);
        }
        Some(StreamItem::Event(envelope))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::fake_server::{FakeResponse, FakeServer};

    fn event(seq: u64) -> String {
        format!("id: 9f2c41d7-{seq}\ndata: {{\"eventid\":\"9f2c41d7-{seq}\"}}\n\n")
    }

    fn seqs(items: &[StreamItem]) -> Vec<u64> {
        let seq = |item: &StreamItem| match item {
            StreamItem::Event(event) => event
                .read::<WithEventId>()
                .unwrap()
                .eventid
                .map_or(0, |id| id.seq),
            StreamItem::Gap(_) => 1_000,
        };
        items.iter().map(seq).collect()
    }

    /// A follower that waits this long hangs. No test is expected to come near it.
    const HANG: Duration = Duration::from_mins(2);

    /// Follows until this number of items has arrived.
    async fn follow(
        fake: &FakeServer,
        cursor: &str,
        count: usize,
    ) -> Result<Vec<u64>, CommandError> {
        let client = ApiClient::new(&fake.server_args(&[])).unwrap();
        let url = client.url(["events"], [("topic", "a/*".to_owned())]);
        let mut follower = Follower::new(&client, url, cursor.to_owned(), None);
        let mut items = Vec::new();
        while items.len() < count {
            let next = tokio::time::timeout(HANG, follower.next());
            items.extend(next.await.expect("the follower hangs")?);
        }
        Ok(seqs(&items))
    }

    fn cursors(fake: &FakeServer) -> Vec<Option<String>> {
        let cursor = |headers: Vec<String>| {
            headers
                .iter()
                .find_map(|line| Some(line.strip_prefix("last-event-id: ")?.to_owned()))
        };
        fake.requests()
            .into_iter()
            .map(|request| cursor(request.headers))
            .collect()
    }

    #[tokio::test]
    async fn each_event_arrives_once_across_lost_connections() {
        let fake = FakeServer::with([
            FakeResponse::Stream(format!(
                "retry: 1\nid: 9f2c41d7-4\n\n{}{}id: 9f2c41d7-7\nda",
                event(5),
                event(6)
            )),
            FakeResponse::Nothing,
            FakeResponse::Full("503 Service Unavailable\r\nretry-after: 0", String::new()),
            // A stream from before the cursor, as a cache might send it: duplicates are dropped.
            FakeResponse::Stream(format!("{}{}{}", event(5), event(6), event(7))),
            FakeResponse::Stream(format!("id: 9f2c41d7-40\n\n{}", event(41))),
        ]);
        assert_eq!(follow(&fake, "", 4).await.unwrap(), [5, 6, 7, 41]);
        let six = Some("9f2c41d7-6".to_owned());
        assert_eq!(
            cursors(&fake),
            [
                None,
                six.clone(),
                six.clone(),
                six,
                Some("9f2c41d7-7".to_owned())
            ]
        );
        assert!(
            fake.requests()
                .iter()
                .all(|request| request.line == "GET /events?topic=a%2F*"),
            "{:?}",
            fake.requests()
        );
    }

    #[tokio::test]
    async fn a_stream_that_sent_only_its_position_resumes_after_it() {
        let fake = FakeServer::with([
            FakeResponse::Stream("retry: 1\nid: 9f2c41d7-4\n\n".to_owned()),
            FakeResponse::Stream(event(5)),
        ]);
        assert_eq!(follow(&fake, "", 1).await.unwrap(), [5]);
        assert_eq!(cursors(&fake), [None, Some("9f2c41d7-4".to_owned())]);
    }

    #[tokio::test]
    async fn gaps_and_ephemeral_events_are_returned() {
        let gap = "event: gap\ndata: {\"after\":\"9f2c41d7-1\",\"resumed_at\":\"9f2c41d7-4\",\"lost\":3}\n\n";
        let heartbeat = "event: heartbeat\nid: 9f2c41d7-4\ndata: {\"status\":\"ok\",\"time\":\"2024-01-01T12:00:00Z\"}\n\n";
        let ephemeral = "data: {\"type\":\"typing\"}\n\n";
        let stream = format!(
            "{gap}{}{ephemeral}{heartbeat}{ephemeral}data: no json\n\n{}",
            event(5),
            event(6)
        );
        let fake = FakeServer::with([FakeResponse::Stream(stream)]);
        assert_eq!(
            follow(&fake, "9f2c41d7-1", 5).await.unwrap(),
            [1_000, 5, 0, 0, 6]
        );
        assert_eq!(cursors(&fake), [Some("9f2c41d7-1".to_owned())]);
    }

    #[tokio::test]
    async fn after_a_change_of_the_log_events_start_again() {
        let other = "id: 00000001-1\ndata: {\"eventid\":\"00000001-1\"}\n\n";
        let fake = FakeServer::with([
            FakeResponse::Stream(format!("retry: 1\n\n{}", event(9))),
            FakeResponse::Stream(other.to_owned()),
        ]);
        assert_eq!(follow(&fake, "", 2).await.unwrap(), [9, 1]);
    }

    #[tokio::test]
    async fn a_rejected_request_and_a_response_that_is_not_a_stream_are_errors() {
        let fake = FakeServer::with([FakeResponse::Full(
            "400 Bad Request",
            r#"{"detail":"No such topic."}"#.to_owned(),
        )]);
        assert!(
            follow(&fake, "", 1)
                .await
                .unwrap_err()
                .to_string()
                .contains("No such topic.")
        );
        let fake = FakeServer::with([FakeResponse::Full(
            "200 OK\r\ncontent-type: text/html",
            "<html>".to_owned(),
        )]);
        assert!(
            follow(&fake, "", 1)
                .await
                .unwrap_err()
                .to_string()
                .contains("not Pulseboard")
        );
    }

    #[tokio::test]
    async fn a_block_without_end_is_an_error() {
        let fake = FakeServer::with([FakeResponse::Stream(format!(
            "data: {}\n",
            "x".repeat(2 << 20)
        ))]);
        assert!(
            follow(&fake, "", 1)
                .await
                .unwrap_err()
                .to_string()
                .contains("larger than")
        );
    }
}
