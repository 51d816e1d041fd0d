//! Request bodies: how large they may be, and how they are read.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    http::{HeaderMap, StatusCode, header},
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use pulseboard_contract::limits;

use crate::problem::Problem;

/// How much of a body beyond the limit is read before the request is rejected.
const READ_ON_BYTES: usize = 8 * 1024 * 1024;

/// The largest size of a body, and how long it may take to arrive.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) bytes: usize,
    time: Duration,
}

impl Limit {
    /// A body that is the data of one event.
    pub(crate) const EVENT: Self = Self {
        bytes: limits::EVENT_BYTES,
        time: Duration::from_secs(10),
    };
    /// The data of one event, including the JSON that the server puts around plain text. Text that
    /// is longer as JSON is too long.
    pub(crate) const DATA: Self = Self {
        bytes: limits::DATA_BYTES,
        ..Self::EVENT
    };
    /// One event with its attributes. Every stored event must fit, or an export could not be
    /// imported.
    pub(crate) const ENVELOPE: Self = Self {
        bytes: limits::ENVELOPE_BYTES,
        ..Self::EVENT
    };
    /// Several events.
    pub(crate) const BATCH: Self = Self {
        bytes: limits::BATCH_BYTES,
        time: Duration::from_mins(1),
    };

    /// The response to a body that is too large.
    pub(crate) fn exceeded(self) -> Problem {
        self.exceeded_by("body")
    }

    /// The response to a body with a part that is too large.
    pub(crate) fn exceeded_by(self, part: &'static str) -> Problem {
        let size = match self.bytes / 1024 {
            kib if kib < 1024 => format!("{kib} KiB"),
            kib => format!("{} MiB", kib / 1024),
        };
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The {part} is larger than {size}."),
        )
        .expecting(format!("at most {} bytes", self.bytes))
    }
}

/// Reads the whole body.
///
/// # Errors
/// If it is larger than the limit, takes longer than the limit, or ends early.
pub(crate) async fn read_body(
    headers: &HeaderMap,
    body: Body,
    limit: Limit,
) -> Result<Bytes, Problem> {
    if declared_bytes(headers).is_some_and(|length| length > limit.bytes + READ_ON_BYTES) {
        return Err(limit.exceeded());
    }
    let read = async {
        let (mut chunks, mut read) = (body.into_data_stream(), BytesMut::new());
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| ended_early(&error))?;
            if read.len() + chunk.len() > limit.bytes {
                read_on(&mut chunks).await;
                return Err(limit.exceeded());
            }
            read.extend_from_slice(&chunk);
        }
        Ok(read.freeze())
    };
    tokio::time::timeout(limit.time, read)
        .await
        .unwrap_or_else(|_| {
            let detail = format!(
                "The body did not arrive within {} seconds.",
                limit.time.as_secs()
            );
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, detail))
        })
}

/// The body as text.
///
/// # Errors
/// If it is not UTF-8.
pub(crate) fn utf8(body: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(body)
        .map_err(|_| Problem::input("body", "The body is not valid UTF-8.").expecting("UTF-8"))
}

/// The length that the request declares.
pub(crate) fn declared_bytes(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// The response to a body that ends early. The client may no longer read it.
pub(crate) fn ended_early(error: &axum::Error) -> Problem {
    Problem::input("body", format!("The body ended early: {error}."))
}

/// Reads and drops what a client is still sending. If the server closed the connection meanwhile,
/// the client would see a reset instead of the response. A client that pauses gets the response at
/// once.
pub(crate) async fn read_on(chunks: &mut BodyDataStream) {
    const PAUSE: Duration = Duration::from_millis(250);
    let mut total = 0;
    while let Ok(Some(Ok(chunk))) = tokio::time::timeout(PAUSE, chunks.next()).await {
        total += chunk.len();
        if total > READ_ON_BYTES {
            break;
        }
    }
}
