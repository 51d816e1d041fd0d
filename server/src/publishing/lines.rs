//! A stream of events, one JSON value per line: `application/x-ndjson`.
//!
//! Lines are published as they arrive, so that subscribers see a slow producer live, and in groups,
//! so that the lines of a fast producer share commits. While a group is being written nothing is
//! read, so a producer is never faster than the log. Lines before an error stay published, and the
//! response says how many.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use pulseboard_contract::{EventId, Json, api::PublishedLines};
use pulseboard_hub::{NewEvent, PublishError};

use super::{
    attributes::ContextAttributes,
    binary,
    line_decoder::{InvalidLine, LineDecoder},
    request::PublishRequest,
    response, store,
    structured::Envelope,
};
use crate::{
    input::{self, Limit},
    problem::{self, Problem},
};

/// The largest group; the log writes as many events in one commit.
const GROUP: usize = 512;
/// How long a producer may send nothing. A followed log is often quiet, but a dead producer must not
/// keep a connection.
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// Publishes a body with one event per line.
///
/// # Errors
/// At the first line that may not be published, or if the body ends early. The problem has the
/// number of the line and how many events were published before it.
pub(crate) async fn publish(
    request: &PublishRequest<'_>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let mut upload = Upload {
        request,
        attributes: binary::from_headers(headers)?,
        decoder: LineDecoder::new(Limit::ENVELOPE.bytes),
        waiting: Vec::new(),
        read: 0,
        handled: 0,
        published: 0,
        duplicates: 0,
        last: None,
    };
    let mut chunks = body.into_data_stream();
    let received = upload.receive(headers, &mut chunks).await;
    // The complete lines before an error are published as well.
    match upload.flush().await.and(received) {
        Ok(()) => Ok(response::of_lines(PublishedLines {
            published: upload.published,
            duplicates: upload.duplicates,
            last: upload.last,
        })),
        Err(problem) => {
            input::read_on(&mut chunks).await;
            Err(problem.after(problem::Upload {
                line: upload.handled + 1,
                published: upload.published,
                duplicates: upload.duplicates,
            }))
        }
    }
}

struct Upload<'a> {
    request: &'a PublishRequest<'a>,
    /// The attributes from the headers, for lines that are data.
    attributes: ContextAttributes,
    decoder: LineDecoder,
    /// Events that are checked and not published yet.
    waiting: Vec<NewEvent>,
    /// How many lines were read without an error.
    read: u64,
    /// How many of them were published, or are blank.
    handled: u64,
    published: u64,
    duplicates: u64,
    last: Option<EventId>,
}

impl Upload<'_> {
    async fn receive(
        &mut self,
        headers: &HeaderMap,
        chunks: &mut BodyDataStream,
    ) -> Result<(), Problem> {
        if input::declared_bytes(headers).is_some_and(|length| length > Limit::BATCH.bytes) {
            return Err(Limit::BATCH.exceeded());
        }
        let mut total = 0;
        while let Some(chunk) = self.chunk(chunks).await? {
            total += chunk.len();
            if total > Limit::BATCH.bytes {
                return Err(Limit::BATCH.exceeded());
            }
            self.decoder.push(&chunk);
            while let Some(line) = self.decoder.next_line().map_err(invalid_line)? {
                self.take(&line).await?;
            }
        }
        match self.decoder.last_line().map_err(invalid_line)? {
            Some(line) => self.take(&line).await,
            None => Ok(()),
        }
    }

    /// The next chunk. If there is none yet, the waiting events are published first.
    async fn chunk(&mut self, chunks: &mut BodyDataStream) -> Result<Option<Bytes>, Problem> {
        let chunk = if let Some(chunk) = chunks.next().now_or_never() {
            chunk
        } else {
            self.flush().await?;
            tokio::select! {
                chunk = chunks.next() => chunk,
                // A producer that follows a log never ends by itself.
                () = self.request.state.hub.closed() => return Err(PublishError::Closed.into()),
                () = tokio::time::sleep(IDLE_TIMEOUT) => {
                    let detail = format!("No data arrived for {} seconds.", IDLE_TIMEOUT.as_secs());
                    return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, detail));
                }
            }
        };
        chunk
            .transpose()
            .map_err(|error| input::ended_early(&error))
    }

    async fn take(&mut self, line: &str) -> Result<(), Problem> {
        if !line.trim_ascii().is_empty() {
            let event = self.event(line)?;
            self.waiting.push(event);
        }
        self.read += 1;
        if self.waiting.len() >= GROUP {
            self.flush().await
        } else {
            Ok(())
        }
    }

    /// A line with a `specversion` is an envelope. Any other line is the data of an event.
    fn event(&self, line: &str) -> Result<NewEvent, Problem> {
        if line.trim_start().starts_with('{')
            && let Ok(envelope) = Envelope::parse(line)
            && envelope.is_envelope()
        {
            return envelope.into_event(self.request);
        }
        let data = Json::parse(line)
            .map_err(|error| Problem::input("data", error.to_string()).expecting("JSON"))?;
        if self.attributes.has_id() {
            return Err(
                Problem::input("ce-id", "All lines would get the same id.").expecting(
                    "no `ce-id`, or lines that are CloudEvents envelopes, each with its own id",
                ),
            );
        }
        self.attributes.clone().into_event(self.request, data)
    }

    async fn flush(&mut self) -> Result<(), Problem> {
        let events = std::mem::take(&mut self.waiting);
        if !events.is_empty() {
            let published =
                store::publish_all(self.request.state, self.request.format.name(), events).await;
            // Lines that the hub rejected count as unread, so that the response names the first of
            // them.
            for published in published.inspect_err(|_| self.read = self.handled)? {
                if published.is_duplicate {
                    self.duplicates += 1;
                } else {
                    self.published += 1;
                }
                self.last = published.event_id.or(self.last);
            }
        }
        self.handled = self.read;
        Ok(())
    }
}

fn invalid_line(line: InvalidLine) -> Problem {
    match line {
        InvalidLine::TooLong => Limit::ENVELOPE.exceeded_by("line"),
        InvalidLine::NotUtf8 => {
            Problem::input("body", "The line is not valid UTF-8.").expecting("UTF-8")
        }
    }
}
