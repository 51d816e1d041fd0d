//! Following a stream across lost connections: the cursor, the reconnects, the watchdog.

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
    Failure, duration,
    http::{Server, Setback},
    output::notice,
    retry::Retry,
};

/// The bound of the first wait where the server does not say how long to wait.
const RETRY_BASE: Duration = Duration::from_secs(1);

/// What a stream tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// An event, as its envelope.
    Event(Json),
    /// The log no longer has what was asked for.
    Gap(Gap),
}

/// A stream that goes on. [`Follower::next`] waits for the next events, and connects as often as it
/// takes.
pub(super) struct Follower<'a> {
    server: &'a Server,
    url: Url,
    /// What `Last-Event-ID` says on the next connection; empty where nothing is known yet.
    cursor: String,
    /// The last stored event that was handed on. A cursor says the same; this holds even where a
    /// cache or a proxy between here and the server answers with a stream from before it.
    last: Option<EventId>,
    stream: Option<Stream>,
    retry: Retry,
    watchdog: Watchdog,
}

struct Stream {
    body: Incoming,
    decoder: Decoder,
}

/// The envelope's member that says where the event stands.
#[derive(Deserialize)]
struct Positioned {
    #[serde(default)]
    eventid: Option<EventId>,
}

impl<'a> Follower<'a> {
    /// A stream at `url`, after `cursor` if it is not empty. Without `patience` it is tried for
    /// ever.
    pub(super) fn new(
        server: &'a Server,
        url: Url,
        cursor: String,
        patience: Option<Duration>,
    ) -> Self {
        let last = cursor.parse().ok();
        let (retry, watchdog) = (Retry::new(RETRY_BASE, patience), Watchdog::default());
        Self {
            server,
            url,
            cursor,
            last,
            stream: None,
            retry,
            watchdog,
        }
    }

    /// The next events, at least one. It fails when the server refuses the stream or the patience
    /// ends.
    pub(super) async fn next(&mut self) -> Result<Vec<Heard>, Failure> {
        loop {
            let Some(stream) = &mut self.stream else {
                self.connect().await?;
                continue;
            };
            let silence = self.watchdog.silence();
            match tokio::time::timeout(silence, stream.body.frame()).await {
                Ok(Some(Ok(frame))) => {
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    let mut messages = Vec::new();
                    let outcome = stream.decoder.push(&data, |message| messages.push(message));
                    stream.decoder.last_event_id().clone_into(&mut self.cursor);
                    let heard = self.hear(messages);
                    if let Err(error) = outcome {
                        // Reading on is impossible and so is starting again: the same block would
                        // come.
                        return Err(Failure::Failed(format!(
                            "the stream cannot be followed: {error}"
                        )));
                    }
                    if !heard.is_empty() {
                        return Ok(heard);
                    }
                }
                Ok(Some(Err(_))) => self.lost("the connection was lost").await?,
                Ok(None) => self.lost("the server ended the stream").await?,
                Err(_) => {
                    self.watchdog.silent();
                    self.lost(&format!(
                        "nothing was heard for {}",
                        duration::words(silence)
                    ))
                    .await?;
                }
            }
        }
    }

    async fn connect(&mut self) -> Result<(), Failure> {
        let cursor = Some(self.cursor.as_str()).filter(|cursor| !cursor.is_empty());
        match self.server.open_stream(&self.url, cursor).await {
            Ok(body) => {
                if self.retry.is_failing() {
                    notice("connected");
                }
                self.watchdog.connected();
                self.stream = Some(Stream {
                    body,
                    decoder: Decoder::default().resuming_after(&self.cursor),
                });
                Ok(())
            }
            Err(Setback::Passing { reason, asked }) => self.wait(&reason, asked).await,
            Err(refused @ Setback::Refused(_)) => Err(refused.into()),
        }
    }

    /// The stream is over. The server said how long to wait, and it spreads its followers by saying
    /// each something else.
    async fn lost(&mut self, reason: &str) -> Result<(), Failure> {
        let asked = self
            .stream
            .take()
            .and_then(|stream| stream.decoder.retry_millis())
            .map(Duration::from_millis);
        self.wait(reason, asked).await
    }

    async fn wait(&mut self, reason: &str, asked: Option<Duration>) -> Result<(), Failure> {
        let is_first = !self.retry.is_failing();
        let Some(wait) = self.retry.failed(Instant::now(), rand::random(), asked) else {
            return Err(Failure::Failed(reason.to_owned()));
        };
        // Said once, not at every attempt: a server that is away for a night must not fill the
        // screen.
        if is_first {
            notice(&format!("{reason}; connecting again"));
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn hear(&mut self, messages: Vec<MessageEvent>) -> Vec<Heard> {
        // A connection proves itself by saying something; one that is made and lost at once does
        // not.
        if !messages.is_empty() {
            self.retry.succeeded();
        }
        messages
            .into_iter()
            .filter_map(|message| self.hear_one(&message))
            .collect()
    }

    /// In this framing events are unnamed; what is named speaks of the stream itself.
    fn hear_one(&mut self, message: &MessageEvent) -> Option<Heard> {
        if message.event_type == EventType::Heartbeat.name() {
            if let Ok(heartbeat) = serde_json::from_str::<Heartbeat>(&message.data) {
                self.watchdog.heartbeat(heartbeat.time);
            }
            return None;
        }
        if message.event_type == EventType::Gap.name() {
            return serde_json::from_str(&message.data).ok().map(Heard::Gap);
        }
        let Ok(envelope) = Json::parse(&message.data) else {
            notice("the server sent an event that is not JSON; it is passed over");
            return None;
        };
        let position = envelope
            .read::<Positioned>()
            .ok()
            .and_then(|positioned| positioned.eventid);
        if let Some(id) = position {
            if self
                .last
                .is_some_and(|last| last.epoch == id.epoch && id.seq <= last.seq)
            {
                return None;
            }
            self.last = Some(id);
        }
        Some(Heard::Event(envelope))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::fake::{Answer, Fake};

    fn event(seq: u64) -> String {
        format!("id: 9f2c41d7-{seq}\ndata: {{\"eventid\":\"9f2c41d7-{seq}\"}}\n\n")
    }

    fn seqs(heard: &[Heard]) -> Vec<u64> {
        let seq = |heard: &Heard| match heard {
            Heard::Event(event) => event
                .read::<Positioned>()
                .unwrap()
                .eventid
                .map_or(0, |id| id.seq),
            Heard::Gap(_) => 1_000,
        };
        heard.iter().map(seq).collect()
    }

    /// Follows until so many events are heard.
    async fn follow(fake: &Fake, cursor: &str, count: usize) -> Result<Vec<u64>, Failure> {
        let server = Server::new(&fake.connection(&[])).unwrap();
        let url = server.url(["events"], [("topic", "a/*".to_owned())]);
        let mut follower = Follower::new(&server, url, cursor.to_owned(), None);
        let mut heard = Vec::new();
        while heard.len() < count {
            // What does not come soon never will: a follower that waits has failed.
            let next = tokio::time::timeout(Duration::from_secs(10), follower.next());
            heard.extend(next.await.expect("it hears something soon")?);
        }
        Ok(seqs(&heard))
    }

    fn cursors(fake: &Fake) -> Vec<Option<String>> {
        let cursor = |headers: Vec<String>| {
            headers
                .iter()
                .find_map(|line| Some(line.strip_prefix("last-event-id: ")?.to_owned()))
        };
        fake.asked()
            .into_iter()
            .map(|asked| cursor(asked.headers))
            .collect()
    }

    #[tokio::test]
    async fn each_event_comes_once_across_lost_connections() {
        let fake = Fake::answering([
            Answer::Stream(format!(
                "retry: 1\nid: 9f2c41d7-4\n\n{}{}id: 9f2c41d7-7\nda",
                event(5),
                event(6)
            )),
            Answer::Nothing,
            Answer::Full("503 Service Unavailable\r\nretry-after: 0", String::new()),
            // A stream from before the cursor, as a cache might give: what is known is passed over.
            Answer::Stream(format!("{}{}{}", event(5), event(6), event(7))),
            Answer::Stream(format!("id: 9f2c41d7-40\n\n{}", event(41))),
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
            fake.asked()
                .iter()
                .all(|asked| asked.line == "GET /events?topic=a%2F*"),
            "{:?}",
            fake.asked()
        );
    }

    #[tokio::test]
    async fn a_stream_that_told_only_its_position_is_resumed_from_there() {
        let fake = Fake::answering([
            Answer::Stream("retry: 1\nid: 9f2c41d7-4\n\n".to_owned()),
            Answer::Stream(event(5)),
        ]);
        assert_eq!(follow(&fake, "", 1).await.unwrap(), [5]);
        assert_eq!(cursors(&fake), [None, Some("9f2c41d7-4".to_owned())]);
    }

    #[tokio::test]
    async fn gaps_and_events_without_a_position_are_handed_on() {
        let gap = "event: gap\ndata: {\"after\":\"9f2c41d7-1\",\"resumed_at\":\"9f2c41d7-4\",\"lost\":3}\n\n";
        let heartbeat = "event: heartbeat\nid: 9f2c41d7-4\ndata: {\"status\":\"ok\",\"time\":\"2024-01-01T12:00:00Z\"}\n\n";
        let ephemeral = "data: {\"type\":\"typing\"}\n\n";
        let stream = format!(
            "{gap}{}{ephemeral}{heartbeat}{ephemeral}data: no json\n\n{}",
            event(5),
            event(6)
        );
        let fake = Fake::answering([Answer::Stream(stream)]);
        assert_eq!(
            follow(&fake, "9f2c41d7-1", 5).await.unwrap(),
            [1_000, 5, 0, 0, 6]
        );
        assert_eq!(cursors(&fake), [Some("9f2c41d7-1".to_owned())]);
    }

    #[tokio::test]
    async fn another_log_begins_anew() {
        let other = "id: 00000001-1\ndata: {\"eventid\":\"00000001-1\"}\n\n";
        let fake = Fake::answering([
            Answer::Stream(format!("retry: 1\n\n{}", event(9))),
            Answer::Stream(other.to_owned()),
        ]);
        assert_eq!(follow(&fake, "", 2).await.unwrap(), [9, 1]);
    }

    #[tokio::test]
    async fn a_refusal_and_a_page_that_is_no_stream_end_it() {
        let fake = Fake::answering([Answer::Full(
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
        let fake = Fake::answering([Answer::Full(
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
    async fn a_block_without_end_is_not_hoarded() {
        let fake = Fake::answering([Answer::Stream(format!("data: {}\n", "x".repeat(2 << 20)))]);
        assert!(
            follow(&fake, "", 1)
                .await
                .unwrap_err()
                .to_string()
                .contains("larger than")
        );
    }
}
