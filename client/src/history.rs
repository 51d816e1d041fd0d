//! Stored events, a page at a time, up to a position that is fixed at the start.

use pulseboard_contract::{EventId, Json, TopicPattern, TypeName};
use serde::Deserialize;

use crate::{
    Failure,
    http::{Ask, Server},
};

/// The most events a page may have.
const PAGE: &str = "1000";

/// Which events: of any of the topics and any of the types; none means all.
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

#[derive(Deserialize)]
struct Page {
    /// As text, so that what this version does not know of an event passes through unchanged.
    events: Vec<Json>,
    next: Option<EventId>,
}

/// The envelope's member that says where the event stands.
#[derive(Deserialize)]
struct Positioned {
    eventid: EventId,
}

/// The position of a stored event.
pub(crate) fn position(event: &Json) -> Result<EventId, Failure> {
    let positioned: Positioned = event.read().map_err(|error| {
        Failure::Failed(format!(
            "the server sent an event without its position: {error}"
        ))
    })?;
    Ok(positioned.eventid)
}

/// The events there are now, in order. What is published while they are read is not among them,
/// however long it takes: the newest one's position is asked for first, and nothing after it is
/// read.
pub(crate) struct Pages<'a> {
    server: &'a Server,
    selection: Selection,
    after: Option<EventId>,
    newest: Option<EventId>,
    is_done: bool,
}

impl<'a> Pages<'a> {
    pub(crate) async fn between(
        server: &'a Server,
        selection: Selection,
        after: Option<EventId>,
        before: Option<EventId>,
    ) -> Result<Self, Failure> {
        let mut pages = Self {
            server,
            selection,
            after,
            newest: None,
            is_done: false,
        };
        let mut before = before;
        // A page of a rare topic may end before it found anything.
        loop {
            let page = pages
                .ask(after, before, &[("order", "desc"), ("limit", "1")])
                .await?;
            if let Some(event) = page.events.first() {
                pages.newest = Some(position(event)?);
                return Ok(pages);
            }
            before = page.next;
            if before.is_none() {
                pages.is_done = true;
                return Ok(pages);
            }
        }
    }

    /// The last event there will be, if there is any.
    pub(crate) fn newest(&self) -> Option<EventId> {
        self.newest
    }

    /// The next events; `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Json>>, Failure> {
        let Some(newest) = self.newest.filter(|_| !self.is_done) else {
            return Ok(None);
        };
        let before = EventId {
            seq: newest.seq.saturating_add(1),
            ..newest
        };
        let page = self
            .ask(
                self.after,
                Some(before),
                &[("order", "asc"), ("limit", PAGE)],
            )
            .await?;
        self.is_done = page.next.is_none();
        self.after = page.next.or(self.after);
        Ok(Some(page.events))
    }

    async fn ask(
        &self,
        after: Option<EventId>,
        before: Option<EventId>,
        more: &[(&'static str, &'static str)],
    ) -> Result<Page, Failure> {
        let mut query = self.selection.query();
        query.extend(after.map(|id| ("after", id.to_string())));
        query.extend(before.map(|id| ("before", id.to_string())));
        query.extend(
            more.iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        let text = self
            .server
            .ask(Ask::get(self.server.url(["api", "history"], query)))
            .await?;
        serde_json::from_str(&text).map_err(|error| {
            Failure::Failed(format!("the server's history cannot be read: {error}"))
        })
    }
}
