//! What requests carry, read and checked: query parameters, the cursor, the body.

use std::time::Duration;

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use percent_encoding::percent_decode_str;
use pulseboard::{EventId, InvalidEventId};
use pulseboard_hub::{Filter, Start};

use crate::problem::Problem;

/// The most topics, and the most types, a subscriber or a reader names.
const MOST_NAMES: usize = 32;
/// The largest body.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;
/// A body that is too large is read on for so long before it is refused: a client still writing would see its
/// connection reset instead of the answer.
const READ_ON_BYTES: usize = 1024 * 1024;
/// How long a client may take to send its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

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
        if percent_encoding::percent_decode(encoded).decode_utf8().is_err() {
            return Err(Problem::input(whence, format!("The {whence} is not UTF-8.")).expecting("percent-encoded UTF-8"));
        }
        Ok(Self(form_urlencoded::parse(encoded).into_owned().collect()))
    }

    /// Every value of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The one value of this name; an empty one counts as none, as forms send every field they have.
    pub(crate) fn one(&self, name: &'static str) -> Result<Option<&str>, Problem> {
        let mut values = self.all(name);
        let value = values.next().filter(|value| !value.is_empty());
        if values.next().is_some() {
            return Err(Problem::input(name, format!("{name} is given more than once.")).expecting("one value"));
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
            return Err(
                Problem::input(name, format!("{name} is given more than {MOST_NAMES} times.")).expecting("32 values at the most")
            );
        }
        self.all(name).map(|text| text.parse().map_err(|error| Problem::input(name, format!("{text:?}: {error}")))).collect()
    }

    /// The event id of this name.
    pub(crate) fn event_id(&self, name: &'static str) -> Result<Option<EventId>, Problem> {
        self.one(name)?.map(|text| text.parse().map_err(|error| invalid_event_id(name, error))).transpose()
    }

    /// Where a stream begins. The header is what the browser remembers of this very stream, so it beats the query, which
    /// is what the page knew when it opened it.
    pub(crate) fn start(&self, headers: &HeaderMap) -> Result<Start, Problem> {
        const HEADER: &str = "Last-Event-ID";
        let cursor = match headers.get(HEADER).filter(|value| !value.is_empty()) {
            Some(value) => {
                let id = value.to_str().map_err(|_| InvalidEventId).and_then(str::parse);
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
        let essence = parts.next().filter(|essence| !essence.is_empty())?.to_ascii_lowercase();
        let charset = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_ascii_lowercase())
        });
        Some(Self { essence, charset })
    }

    /// Whether the text is UTF-8, as far as this says.
    pub(crate) fn is_utf8(&self) -> bool {
        self.charset.as_deref().is_none_or(|charset| matches!(charset, "utf-8" | "utf8" | "us-ascii"))
    }
}

/// Reads a body of up to 64 KiB.
pub(crate) async fn body(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let too_large =
        || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 64 KiB.").expecting("65536 bytes at the most");
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > READ_ON_BYTES) {
        return Err(too_large());
    }
    let read = async {
        let (mut chunks, mut read, mut total) = (body.into_data_stream(), BytesMut::new(), 0);
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| Problem::input("body", format!("The body ended early: {error}.")))?;
            total += chunk.len();
            if total > READ_ON_BYTES {
                break;
            }
            if total <= MAX_BODY_BYTES {
                read.extend_from_slice(&chunk);
            }
        }
        if total > MAX_BODY_BYTES { Err(too_large()) } else { Ok(read.freeze()) }
    };
    tokio::time::timeout(BODY_TIMEOUT, read)
        .await
        .unwrap_or_else(|_| Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "The body did not arrive within 10 seconds.")))
}

/// A header's text as the `CloudEvents` HTTP binding (1.0, section 3.1.3.2) writes it: maybe quoted, percent-encoded UTF-8.
pub(crate) fn attribute(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let invalid = || Problem::input(name, format!("{name} is not text.")).expecting("percent-encoded UTF-8");
    let text = value.to_str().map_err(|_| invalid())?;
    let text = unquoted(text.trim());
    Ok(Some(percent_decode_str(&text).decode_utf8().map_err(|_| invalid())?.into_owned()))
}

fn unquoted(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return text.to_owned() };
    let (mut plain, mut escaped) = (String::with_capacity(inner.len()), false);
    for c in inner.chars() {
        escaped = c == '\\' && !escaped;
        if !escaped {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_unquoted_and_decoded_once() {
        let read = |text: &str| {
            let headers = HeaderMap::from_iter([(header::HeaderName::from_static("ce-id"), text.parse().unwrap())]);
            attribute(&headers, "ce-id").ok().flatten()
        };
        assert_eq!(read("build-77").as_deref(), Some("build-77"));
        assert_eq!(read("Euro%20%E2%82%AC").as_deref(), Some("Euro €"));
        assert_eq!(read(r#""a \"b\" \\c""#).as_deref(), Some(r#"a "b" \c"#));
        assert_eq!(read("%2541").as_deref(), Some("%41"));
        assert_eq!(read("%ff"), None);
    }
}
