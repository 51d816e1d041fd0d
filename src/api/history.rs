//! `GET /api/history`.

use serde::{Deserialize, Serialize};

use crate::{Event, EventId};

/// A page of stored events.
///
/// `E` is the form of an event: [`Event`], the `Arc` of one, or [`Json`](crate::Json) where an
/// event passes through unread.
///
/// ```
/// use pulseboard_contract::api::HistoryPage;
///
/// let page: HistoryPage = serde_json::from_str(r#"{"events":[],"next":"9f2c41d7-48211"}"#)?;
/// assert_eq!(page.next.map(|id| id.seq), Some(48_211));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryPage<E = Event> {
    /// The events, in the order of the request.
    pub events: Vec<E>,
    /// The `after` of the next page, or its `before` where the order is `desc`; null on the last
    /// page.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, required = true, example = "9f2c41d7-48211"))]
    pub next: Option<EventId>,
}

#[cfg(test)]
mod tests {
    use super::super::check_json;
    use super::*;
    use crate::Json;

    #[test]
    fn a_page_has_events_and_the_next_cursor() {
        let event = r#"{"specversion":"1.0","id":"build-77","source":"/ci","type":"update","time":"2024-01-01T12:00:00Z","datacontenttype":"application/json","topic":"deploys","eventid":"9f2c41d7-5","data":{"content":"v2"}}"#;
        let page = HistoryPage::<Event> {
            events: vec![serde_json::from_str(event).unwrap()],
            next: "9f2c41d7-5".parse().ok(),
        };
        check_json(
            &page,
            &format!(r#"{{"events":[{event}],"next":"9f2c41d7-5"}}"#),
        );
        let unread = HistoryPage {
            events: vec![Json::parse(event).unwrap()],
            next: None,
        };
        check_json(&unread, &format!(r#"{{"events":[{event}],"next":null}}"#));
    }
}
