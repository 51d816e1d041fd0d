//! A stream of events, one JSON value a line: `application/x-ndjson`.
//!
//! Lines are published as they come, so a slow producer is seen live, and in groups, so a fast one
//! shares commits. While a group is being written nothing is read: a producer is never faster than
//! the log. What was published before a fault stays, and the answer says how much that is.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use pulseboard_contract::{EventId, Json};
use pulseboard_hub::{NewEvent, PublishError};

use super::{
    Answer, PublishedLines, Target, binary,
    cloud_event::Given,
    splitter::{LineTooLong, Splitter},
    structured::Members,
};
use crate::{
    input::{self, Limit},
    problem::{self, Problem},
};

/// The most events published at once; the log takes as many into one commit.
const GROUP: usize = 512;
/// How long a producer may say nothing. A log that is followed is quiet for a while; a connection
/// is not kept for nobody.
const PAUSE: Duration = Duration::from_mins(1);

/// The body is a line an event.
pub(crate) async fn publish(
    target: &Target<'_>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let mut upload = Upload {
        target,
        given: binary::given(headers)?,
        splitter: Splitter::new(Limit::ENVELOPE.bytes),
        waiting: Vec::new(),
        read: 0,
        stored: 0,
        published: 0,
        duplicates: 0,
        last: None,
    };
    let mut chunks = body.into_data_stream();
    let received = upload.receive(headers, &mut chunks).await;
    // Before a fault, as at the end, the lines that were complete are published.
    match upload.flush().await.and(received) {
        Ok(()) => {
            let Upload {
                published,
                duplicates,
                last,
                ..
            } = upload;
            let answer = PublishedLines {
                published,
                duplicates,
                last,
            };
            Ok(super::answer_with(
                StatusCode::CREATED,
                Answer::Lines(answer),
            ))
        }
        Err(problem) => {
            input::read_on(&mut chunks).await;
            Err(problem.after(problem::Upload {
                line: upload.stored + 1,
                published: upload.published,
                duplicates: upload.duplicates,
            }))
        }
    }
}

struct Upload<'a> {
    target: &'a Target<'a>,
    /// What the headers say of lines that are data.
    given: Given,
    splitter: Splitter,
    /// Read and checked, not yet published.
    waiting: Vec<NewEvent>,
    /// How many lines were read without a fault, and how many of them are dealt with.
    read: u64,
    stored: u64,
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
            self.splitter.push(&chunk);
            while let Some(line) = self.splitter.line().map_err(too_long)? {
                self.take(&line).await?;
            }
        }
        let rest = self.splitter.rest().map_err(too_long)?;
        self.take(&rest).await
    }

    /// The next chunk. What waits is published before anything is waited for.
    async fn chunk(&mut self, chunks: &mut BodyDataStream) -> Result<Option<Bytes>, Problem> {
        let chunk = if let Some(chunk) = chunks.next().now_or_never() {
            chunk
        } else {
            self.flush().await?;
            tokio::select! {
                chunk = chunks.next() => chunk,
                // A producer that follows something never ends by itself.
                () = self.target.state.hub.closed() => return Err(PublishError::Closed.into()),
                () = tokio::time::sleep(PAUSE) => {
                    let detail = format!("Nothing came for {} seconds.", PAUSE.as_secs());
                    return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, detail));
                }
            }
        };
        chunk
            .transpose()
            .map_err(|error| input::ended_early(&error))
    }

    async fn take(&mut self, line: &[u8]) -> Result<(), Problem> {
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

    /// A line that says which version of `CloudEvents` it is one of, is one. Any other is data.
    fn event(&self, line: &[u8]) -> Result<NewEvent, Problem> {
        let line = super::utf8(line)?;
        if line.trim_start().starts_with('{')
            && let Ok(members) = Members::parse(line)
            && members.is_event()
        {
            return members.into_event(self.target);
        }
        let data = Json::parse(line)
            .map_err(|error| Problem::input("data", error.to_string()).expecting("JSON"))?;
        if self.given.has_id() {
            return Err(
                Problem::input("ce-id", "One id cannot be that of every line.")
                    .expecting("no ce-id, or lines that are CloudEvents with an id of their own"),
            );
        }
        self.given.clone().into_event(self.target, data)
    }

    async fn flush(&mut self) -> Result<(), Problem> {
        let events = std::mem::take(&mut self.waiting);
        if !events.is_empty() {
            let published =
                super::publish_all(self.target.state, self.target.way.name(), events).await;
            // Lines the hub refused are as good as unread: the next of them is what the answer
            // names.
            for published in published.inspect_err(|_| self.read = self.stored)? {
                if published.is_duplicate {
                    self.duplicates += 1;
                } else {
                    self.published += 1;
                }
                self.last = published.event_id.or(self.last);
            }
        }
        self.stored = self.read;
        Ok(())
    }
}

fn too_long(_: LineTooLong) -> Problem {
    Limit::ENVELOPE.exceeded_by("line")
}
