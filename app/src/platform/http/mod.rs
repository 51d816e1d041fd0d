//! Requests to the server.
//!
//! Browser and server differ only in [`get`] and [`post`]; on the server they always fail, because
//! nothing is requested while a page is rendered.

#[cfg_attr(not(feature = "hydrate"), allow(dead_code))] // Only a browser makes requests.
mod error;
#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

use pulseboard_contract::{
    EventId,
    api::{HistoryPage, PublishedEvent, TopicSeries, TopicsPage},
    push_percent_encoded,
};
use serde::de::{DeserializeOwned, IgnoredAny};

pub use error::{RequestError, UNREACHABLE};
use imp::{get, post};

/// A response with a status of success.
struct Response {
    status: u16,
    body: String,
}

impl Response {
    fn json<T: DeserializeOwned>(&self) -> Result<T, RequestError> {
        serde_json::from_str(&self.body)
            .map_err(|error| RequestError::Unreadable(error.to_string()))
    }
}

/// The server's response to a publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The event's id; none for an event that is not stored.
    pub id: Option<EventId>,
    /// Whether the event was new: false for one that the log had already.
    pub is_new: bool,
}

/// Publishes an event. With a limit in milliseconds, a response that takes longer counts as none.
///
/// # Errors
///
/// When the server is unreachable, refuses the event, or its response cannot be read.
pub async fn publish(
    url: &str,
    headers: &[(&str, &str)],
    body: String,
    limit_millis: Option<u32>,
) -> Result<Published, RequestError> {
    let response = post(url, headers, body, limit_millis).await?;
    Ok(Published {
        id: response.json::<PublishedEvent>()?.id,
        is_new: response.status != 200,
    })
}

/// Reads a page of the history.
///
/// # Errors
///
/// When the server is unreachable, refuses the request, or its response cannot be read.
pub async fn fetch_history(url: &str) -> Result<HistoryPage, RequestError> {
    get(url).await?.json()
}

/// Reads the numbers and states of a topic over a time range.
///
/// # Errors
///
/// When the server is unreachable, refuses the request, or its response cannot be read.
pub async fn fetch_series(url: &str) -> Result<TopicSeries, RequestError> {
    get(url).await?.json()
}

/// Reads the names of the log's topics that begin with `prefix`.
///
/// # Errors
///
/// When the server is unreachable or its response cannot be read.
pub async fn fetch_topics(prefix: &str) -> Result<Vec<String>, RequestError> {
    let mut url = "/api/topics?limit=20&prefix=".to_owned();
    push_percent_encoded(&mut url, prefix);
    let page: TopicsPage<IgnoredAny> = get(&url).await?.json()?;
    Ok(page
        .topics
        .into_iter()
        .map(|row| row.topic.to_string())
        .collect())
}
