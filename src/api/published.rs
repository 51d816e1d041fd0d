//! The answers to a publish.

use serde::{Deserialize, Serialize};

use crate::EventId;

/// The answer to one event.
///
/// ```
/// use pulseboard_contract::api::PublishedEvent;
///
/// let published: PublishedEvent = serde_json::from_str(r#"{"id":"9f2c41d7-48211"}"#)?;
/// assert_eq!(published.id.map(|id| id.seq), Some(48_211));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublishedEvent {
    /// The event id; null if the event is not stored.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, required = true, example = "9f2c41d7-48211"))]
    pub id: Option<EventId>,
}

/// The answer to a batch.
///
/// ```
/// use pulseboard_contract::api::PublishedBatch;
///
/// let published: PublishedBatch =
///     serde_json::from_str(r#"{"ids":["9f2c41d7-5",null],"duplicates":1}"#)?;
/// assert_eq!(published.ids.len(), 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublishedBatch {
    /// The event ids, in the order of the batch; null for an event that is not stored.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Option<String>>))]
    pub ids: Vec<Option<EventId>>,
    /// How many events were stored before.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub duplicates: u64,
}

/// The answer to a stream of lines.
///
/// ```
/// use pulseboard_contract::api::PublishedLines;
///
/// let published: PublishedLines =
///     serde_json::from_str(r#"{"published":2,"duplicates":0,"last":"9f2c41d7-6"}"#)?;
/// assert_eq!(published.published, 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublishedLines {
    /// How many events are new.
    pub published: u64,
    /// How many events were stored before.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub duplicates: u64,
    /// The event id of the last event that is stored, if there is one.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, required = true, example = "9f2c41d7-48211"))]
    pub last: Option<EventId>,
}

#[cfg(test)]
mod tests {
    use super::super::check_json;
    use super::*;

    #[test]
    fn each_way_to_publish_has_its_answer() {
        let id = "9f2c41d7-5".parse().ok();
        check_json(&PublishedEvent { id }, r#"{"id":"9f2c41d7-5"}"#);
        check_json(&PublishedEvent { id: None }, r#"{"id":null}"#);
        check_json(
            &PublishedBatch {
                ids: vec![id, None],
                duplicates: 1,
            },
            r#"{"ids":["9f2c41d7-5",null],"duplicates":1}"#,
        );
        check_json(
            &PublishedLines {
                published: 2,
                duplicates: 1,
                last: id,
            },
            r#"{"published":2,"duplicates":1,"last":"9f2c41d7-5"}"#,
        );
    }
}
