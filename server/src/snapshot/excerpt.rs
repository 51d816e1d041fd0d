//! The part of a topic's history with which its page is rendered, read from the hub.

use pulseboard_contract::{Event, EventId, TopicPattern};
use pulseboard_feed::{Direction, EventPage, HistoryAddress, HistoryQuery, HistorySlice};
use pulseboard_hub::{Filter, LogError, Order, Query};

use crate::AppState;

/// The most bytes of one read. The HTML contains them twice: as text and as data for the script.
const READ_BYTES: usize = 64 * 1024;

/// Reads the events around the place, up to the position: the stream that starts there brings the
/// later ones.
///
/// # Errors
///
/// If the log cannot be read.
pub(crate) async fn read(
    state: &AppState,
    position: EventId,
    place: &HistoryAddress,
) -> Result<HistorySlice, LogError> {
    let (older, newer) = place.queries(position.epoch);
    let older = read_one(state, position, place, older).await?;
    let newer = read_one(state, position, place, newer).await?;
    Ok(HistorySlice::join(place.clone(), older, newer))
}

async fn read_one(
    state: &AppState,
    position: EventId,
    place: &HistoryAddress,
    read: Option<HistoryQuery>,
) -> Result<Option<EventPage>, LogError> {
    let Some(HistoryQuery { direction, limit }) = read else {
        return Ok(None);
    };
    let end = position.seq.saturating_add(1);
    let (after, before, order) = match direction {
        Direction::Older(before) => (
            None,
            before.map_or(end, |id| id.seq.min(end)),
            Order::Descending,
        ),
        Direction::Newer(after) => (Some(after.seq), end, Order::Ascending),
    };
    let filter = Filter::new(
        [TopicPattern::from(&place.topic)],
        place.types.iter().cloned(),
    );
    let query = Query {
        filter,
        after,
        before: Some(before),
        order,
        limit,
        max_bytes: READ_BYTES,
        now: state.now(),
    };
    let page = state.hub.history(query).await?;
    let mut events: Vec<_> = page
        .events
        .iter()
        .map(|event| Event::clone(event))
        .collect();
    if order == Order::Descending {
        events.reverse();
    }
    Ok(Some(EventPage {
        events,
        has_more: page.has_more,
    }))
}
