//! What requests carry, read and checked: query parameters, the cursor, the body.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use pulseboard_contract::{EventId, InvalidEventId};
use pulseboard_hub::{Filter, Start};

use crate::problem::Problem;

/// The most topics, and the most types, a subscriber or a reader names.
const MOST_NAMES: usize = 32;
/// How much more than the limit is read before a body is refused.
const READ_ON_BYTES: usize = 8 * 1024 * 1024;

/// The query, in order. Names may repeat.
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::parse("query", parts.uri.query().unwrap_or_default().as_bytes())
    }
}

impl Params {
    /// Reads `application/x-www-form-urlencoded`, of a query or of a form.
    pub(crate) fn parse(whence: &'static str, encoded: &[u8]) -> Result<Self, Problem> {
        if percent_encoding::percent_decode(encoded)
            .decode_utf8()
            .is_err()
        {
            return Err(
                Problem::input(whence, format!("The {whence} is not UTF-8."))
                    .expecting("percent-encoded UTF-8"),
            );
        }
        Ok(Self(form_urlencoded::parse(encoded).into_owned().collect()))
    }

    /// Every value of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The one value of this name; an empty one counts as none, as forms send every field they
    /// have.
    pub(crate) fn one(&self, name: &'static str) -> Result<Option<&str>, Problem> {
        let mut values = self.all(name);
        let value = values.next().filter(|value| !value.is_empty());
        if values.next().is_some() {
            return Err(
                Problem::input(name, format!("{name} is given more than once."))
                    .expecting("one value"),
            );
        }
        Ok(value)
    }

    /// The filter that `topic` and `type` make.
    pub(crate) fn filter(&self) -> Result<Filter, Problem> {
        Ok(Filter::new(self.names("topic")?, self.names("type")?))
    }

    fn names<T>(&self, name: &'static str) -> Result<Vec<T>, Problem>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        if self.all(name).count() > MOST_NAMES {
            return Err(Problem::input(
                name,
                format!("{name} is given more than {MOST_NAMES} times."),
            )
            .expecting("32 values at the most"));
        }
        self.all(name)
            .map(|text| {
                text.parse()
                    .map_err(|error| Problem::input(name, format!("{text:?}: {error}")))
            })
            .collect()
    }

    /// The event id of this name.
    pub(crate) fn event_id(&self, name: &'static str) -> Result<Option<EventId>, Problem> {
        self.one(name)?
            .map(|text| text.parse().map_err(|error| invalid_event_id(name, error)))
            .transpose()
    }

    /// How many of something one page has: 100 unless told, 1,000 at the most.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        let Some(text) = self.one("limit")? else {
            return Ok(100);
        };
        let limit = text
            .parse()
            .ok()
            .filter(|limit| (1..=1_000).contains(limit));
        limit.ok_or_else(|| {
            Problem::input("limit", "limit is out of range.").expecting("a number from 1 to 1000")
        })
    }

    /// Where a stream begins. The header is what the browser remembers of this very stream, so it
    /// beats the query, which is what the page knew when it opened it.
    pub(crate) fn start(&self, headers: &HeaderMap) -> Result<Start, Problem> {
        const HEADER: &str = "Last-Event-ID";
        let cursor = match headers.get(HEADER).filter(|value| !value.is_empty()) {
            Some(value) => {
                let id = value
                    .to_str()
                    .map_err(|_| InvalidEventId)
                    .and_then(str::parse);
                Some(id.map_err(|error| invalid_event_id(HEADER, error))?)
            }
            None if self.one("last_event_id")? == Some("start") => return Ok(Start::Beginning),
            None => self.event_id("last_event_id")?,
        };
        Ok(cursor.map_or(Start::Now, Start::After))
    }
}

fn invalid_event_id(name: &'static str, error: InvalidEventId) -> Problem {
    Problem::input(name, format!("{name} is not an event id.")).expecting(error.to_string())
}

/// A media type without its parameters, in lower case, and its charset.
pub(crate) struct ContentType {
    pub(crate) essence: String,
    charset: Option<String>,
}

impl ContentType {
    /// The content type of a request, if it says one.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let mut parts = text.split(';').map(str::trim);
        let essence = parts
            .next()
            .filter(|essence| !essence.is_empty())?
            .to_ascii_lowercase();
        let charset = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("charset")
                .then(|| value.trim().trim_matches('"').to_ascii_lowercase())
        });
        Some(Self { essence, charset })
    }

    /// Whether the text is UTF-8, as far as this says.
    pub(crate) fn is_utf8(&self) -> bool {
        self.charset
            .as_deref()
            .is_none_or(|charset| matches!(charset, "utf-8" | "utf8" | "us-ascii"))
    }
}

/// Reads a body of at most so many bytes.
pub(crate) async fn body(headers: &HeaderMap, body: Body, limit: Limit) -> Result<Bytes, Problem> {
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

/// Whether the media type is one of JSON (RFC 6839 has the suffix).
pub(crate) fn is_json(essence: &str) -> bool {
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}

/// How large a body may be, and how long it may take.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    pub(crate) bytes: usize,
    time: Duration,
}

impl Limit {
    /// Of one event that is its data alone.
    pub(crate) const EVENT: Self = Self {
        bytes: 64 * 1024,
        time: Duration::from_secs(10),
    };
    /// Of one event's data, with the words the server may put around it. Text that is longer once
    /// it is JSON is too long.
    pub(crate) const DATA: Self = Self {
        bytes: 65 * 1024,
        ..Self::EVENT
    };
    /// Of one event with its attributes. Whatever is stored must fit, or what was exported could
    /// not be imported.
    pub(crate) const ENVELOPE: Self = Self {
        bytes: 112 * 1024,
        ..Self::EVENT
    };
    /// Of many at once.
    pub(crate) const BATCH: Self = Self {
        bytes: 8 * 1024 * 1024,
        time: Duration::from_mins(1),
    };

    /// The answer to more.
    pub(crate) fn exceeded(self) -> Problem {
        self.exceeded_by("body")
    }

    /// The answer where it is only a part that is more.
    pub(crate) fn exceeded_by(self, part: &'static str) -> Problem {
        let size = match self.bytes / 1024 {
            kib if kib < 1024 => format!("{kib} KiB"),
            kib => format!("{} MiB", kib / 1024),
        };
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The {part} is larger than {size}."),
        )
        .expecting(format!("{} bytes at the most", self.bytes))
    }
}

/// The length the head of the request promises.
pub(crate) fn declared_bytes(headers: &HeaderMap) -> Option<usize> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// The answer, should anybody read it, to a body that breaks off.
pub(crate) fn ended_early(error: &axum::Error) -> Problem {
    Problem::input("body", format!("The body ended early: {error}."))
}

/// Reads what a client is still sending and drops it: closed while it writes, it would see its
/// connection reset instead of the answer. Who pauses is answered at once.
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
