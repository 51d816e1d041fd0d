//! Parameters of queries and forms.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use pulseboard_contract::{
    EventId, InvalidEventId,
    limits::{PAGE_ITEMS, SELECTED_NAMES},
};
use pulseboard_hub::{Filter, Start};

use crate::problem::Problem;

/// The size of a page if the request has no limit.
const DEFAULT_LIMIT: usize = 100;

/// The parameters of a query or a form, in order. A name may repeat.
pub(crate) struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::parse("query", parts.uri.query().unwrap_or_default().as_bytes())
    }
}

impl Params {
    /// Parses `application/x-www-form-urlencoded`. `part` is the part of the request for errors:
    /// `query` or `body`.
    ///
    /// # Errors
    /// If it is not UTF-8.
    pub(crate) fn parse(part: &'static str, encoded: &[u8]) -> Result<Self, Problem> {
        if percent_encoding::percent_decode(encoded)
            .decode_utf8()
            .is_err()
        {
            return Err(
                Problem::input(part, format!("The {part} is not valid UTF-8."))
                    .expecting("percent-encoded UTF-8"),
            );
        }
        Ok(Self(form_urlencoded::parse(encoded).into_owned().collect()))
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that must not repeat. An empty value counts as missing, because
    /// forms send every field that they have.
    ///
    /// # Errors
    /// If the parameter repeats.
    pub(crate) fn one(&self, name: &'static str) -> Result<Option<&str>, Problem> {
        let mut values = self.all(name);
        let value = values.next().filter(|value| !value.is_empty());
        if values.next().is_some() {
            return Err(
                Problem::input(name, format!("`{name}` is given more than once."))
                    .expecting("one value"),
            );
        }
        Ok(value)
    }

    /// The filter of the parameters `topic` and `type`.
    ///
    /// # Errors
    /// If one of them is invalid, or there are too many.
    pub(crate) fn filter(&self) -> Result<Filter, Problem> {
        Ok(Filter::new(self.parsed("topic")?, self.parsed("type")?))
    }

    fn parsed<T>(&self, name: &'static str) -> Result<Vec<T>, Problem>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        if self.all(name).count() > SELECTED_NAMES {
            return Err(Problem::input(
                name,
                format!("`{name}` is given more than {SELECTED_NAMES} times."),
            )
            .expecting(format!("at most {SELECTED_NAMES} values")));
        }
        self.all(name)
            .map(|text| {
                text.parse()
                    .map_err(|error| Problem::input(name, format!("{text:?}: {error}")))
            })
            .collect()
    }

    /// A parameter that is an event id.
    ///
    /// # Errors
    /// If it is not an event id, or repeats.
    pub(crate) fn event_id(&self, name: &'static str) -> Result<Option<EventId>, Problem> {
        self.one(name)?
            .map(|text| text.parse().map_err(|error| invalid_event_id(name, error)))
            .transpose()
    }

    /// The parameter `limit`: the largest size of a page.
    ///
    /// # Errors
    /// If it is not a number from 1 to 1000.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        self.count("limit", DEFAULT_LIMIT)
    }

    /// A parameter that is a number from 1 to [`PAGE_ITEMS`], or the default.
    ///
    /// # Errors
    /// If it is not such a number.
    pub(crate) fn count(&self, name: &'static str, default: usize) -> Result<usize, Problem> {
        let Some(text) = self.one(name)? else {
            return Ok(default);
        };
        let count = text
            .parse()
            .ok()
            .filter(|count| (1..=PAGE_ITEMS).contains(count));
        count.ok_or_else(|| {
            Problem::input(name, format!("{text:?} is not a valid value for `{name}`."))
                .expecting(format!("a number from 1 to {PAGE_ITEMS}"))
        })
    }

    /// Where a stream starts: after the `Last-Event-ID` of the request, else after the parameter
    /// `last_event_id`. The header wins, because the browser updates it with every event, while the
    /// URL keeps what the page knew when it opened the stream.
    ///
    /// # Errors
    /// If it is not an event id.
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
    Problem::input(name, format!("`{name}` is not an event id.")).expecting(error.to_string())
}
