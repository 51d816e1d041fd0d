//! Reads stored events page by page, up to an event id that is fixed at the start.

use pulseboard_contract::{
    EventId, Json, TopicPattern, TypeName, api::HistoryPage, limits::PAGE_ITEMS,
};
use serde::Deserialize;

use crate::{
    error::CommandError,
    http::{ApiClient, ApiRequest},
};

/// Which events to read: those of any of the topics and any of the types. An empty list means all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) topics: Vec<TopicPattern>,
    pub(crate) types: Vec<TypeName>,
}

impl Selection {
    pub(crate) fn query(&self) -> Vec<(&'static str, String)> {
        let topics = self.topics.iter().map(|topic| ("topic", topic.to_string()));
        topics
            .chain(self.types.iter().map(|name| ("type", name.to_string())))
            .collect()
    }
}

/// Events stay text, so that members that this version does not know pass through unchanged.
type Page = HistoryPage<Json>;

/// The member of the envelope with the event id.
#[derive(Deserialize)]
struct WithEventId {
    eventid: EventId,
}

/// The event id of a stored event.
///
/// # Errors
/// If the envelope has none.
pub(crate) fn event_id(event: &Json) -> Result<EventId, CommandError> {
    let envelope: WithEventId = event.read().map_err(|error| {
        CommandError::Failed(format!(
            "the server sent a stored event without an event id: {error}"
        ))
    })?;
    Ok(envelope.eventid)
}

/// The events that are stored now, in order. [`Pages::between`] asks for the newest event id first,
/// and nothing after it is read, so events that are published meanwhile are not included.
pub(crate) struct Pages<'a> {
    client: &'a ApiClient,
    selection: Selection,
    after: Option<EventId>,
    newest: Option<EventId>,
    is_done: bool,
}

impl<'a> Pages<'a> {
    /// The events between two event ids, both excluded.
    ///
    /// # Errors
    /// If the server cannot be reached or rejects the request.
    pub(crate) async fn between(
        client: &'a ApiClient,
        selection: Selection,
        after: Option<EventId>,
        before: Option<EventId>,
    ) -> Result<Self, CommandError> {
        let mut pages = Self {
            client,
            selection,
            after,
            newest: None,
            is_done: false,
        };
        let mut before = before;
        // The server bounds the work for a page, so the page of a rare topic may be empty although
        // older events exist.
        loop {
            let page = pages.page(after, before, "desc", 1).await?;
            if let Some(event) = page.events.first() {
                pages.newest = Some(event_id(event)?);
                return Ok(pages);
            }
            before = page.next;
            if before.is_none() {
                pages.is_done = true;
                return Ok(pages);
            }
        }
    }

    /// The id of the last event; `None` if there are no events.
    pub(crate) fn newest(&self) -> Option<EventId> {
        self.newest
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// If the server cannot be reached or rejects the request.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Json>>, CommandError> {
        let Some(newest) = self.newest.filter(|_| !self.is_done) else {
            return Ok(None);
        };
        let before = EventId {
            seq: newest.seq.saturating_add(1),
            ..newest
        };
        let page = self
            .page(self.after, Some(before), "asc", PAGE_ITEMS)
            .await?;
        self.is_done = page.next.is_none();
        self.after = page.next.or(self.after);
        Ok(Some(page.events))
    }

    async fn page(
        &self,
        after: Option<EventId>,
        before: Option<EventId>,
        order: &'static str,
        limit: usize,
    ) -> Result<Page, CommandError> {
        let mut query = self.selection.query();
        query.extend(after.map(|id| ("after", id.to_string())));
        query.extend(before.map(|id| ("before", id.to_string())));
        query.push(("order", order.to_owned()));
        query.push(("limit", limit.to_string()));
        let url = self.client.url(["api", "history"], query);
        let text = self.client.send(ApiRequest::get(url)).await?;
        serde_json::from_str(&text).map_err(|error| {
            CommandError::Failed(format!(
                "the server's response is not a page of history: {error}"
            ))
        })
    }
}
