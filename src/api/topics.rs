//! `GET /api/topics`.

use serde::{Deserialize, Serialize};

use crate::{Event, Timestamp, Topic};

/// A page of the topics, by name.
///
/// ```
/// use pulseboard_contract::api::TopicsPage;
///
/// let page: TopicsPage = serde_json::from_str(r#"{"topics":[],"next":"host/metrics"}"#)?;
/// assert_eq!(page.next.as_ref().map(|topic| topic.as_str()), Some("host/metrics"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopicsPage<E = Event> {
    /// The topics.
    pub topics: Vec<TopicEntry<E>>,
    /// The `after` of the next page; null on the last page.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, required = true))]
    pub next: Option<Topic>,
}

/// A topic and a summary of its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopicEntry<E = Event> {
    /// The name.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "host/metrics"))]
    pub topic: Topic,
    /// How many of its events are stored.
    pub count: u64,
    /// How many bytes they take, as retention counts them.
    pub bytes: u64,
    /// When the newest of them happened.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub time: Timestamp,
    /// The newest of them.
    pub last: E,
}

#[cfg(test)]
mod tests {
    use super::super::check_json;
    use super::*;
    use crate::Json;

    #[test]
    fn a_topic_has_its_size_and_its_newest_event() {
        let page = TopicsPage {
            topics: vec![TopicEntry {
                topic: Topic::new("deploys").unwrap(),
                count: 2,
                bytes: 340,
                time: "2024-01-01T12:00:00Z".parse().unwrap(),
                last: Json::parse(r#"{"specversion":"1.0"}"#).unwrap(),
            }],
            next: Topic::new("deploys").ok(),
        };
        check_json(
            &page,
            r#"{"topics":[{"topic":"deploys","count":2,"bytes":340,"time":"2024-01-01T12:00:00Z","last":{"specversion":"1.0"}}],"next":"deploys"}"#,
        );
    }
}
