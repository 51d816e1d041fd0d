//! Loads the messages before and after the loaded ones.

use leptos::{prelude::*, task::spawn_local};
use pulseboard_contract::Topic;

use crate::{
    live::{Live, use_live},
    platform::http::fetch_history,
};
use pulseboard_feed::{
    Direction, EventPage, Feed, History, HistoryAddress, HistoryQuery, HistorySlice,
};

/// The lines of a request.
const PAGE: usize = 100;

/// What is being loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Loading {
    /// Nothing.
    Idle,
    /// Earlier messages.
    Older,
    /// Later messages.
    Newer,
    /// The last request failed, for this reason.
    Failed(String),
}

/// Loads the conversation of a room at both of its ends.
#[derive(Clone, Copy)]
pub(super) struct Loader {
    /// What is being loaded.
    pub(super) state: RwSignal<Loading>,
    live: Live,
    topic: StoredValue<Topic>,
}

impl Loader {
    pub(super) fn new(topic: Topic) -> Self {
        Self {
            state: RwSignal::new(Loading::Idle),
            live: use_live(),
            topic: StoredValue::new(topic),
        }
    }

    /// Loads earlier messages.
    pub(super) fn older(self) {
        let oldest = self.history(History::oldest).flatten();
        self.read(Loading::Older, Direction::Older(oldest));
    }

    /// Loads later messages.
    pub(super) fn newer(self) {
        if let Some(newest) = self.history(History::newest).flatten() {
            self.read(Loading::Newer, Direction::Newer(newest));
        }
    }

    fn history<T>(self, read: impl FnOnce(&History) -> T) -> Option<T> {
        self.live
            .feed
            .with_untracked(|feed| feed.history().map(read))
    }

    fn read(self, loading: Loading, direction: Direction) {
        if self
            .state
            .with_untracked(|state| matches!(state, Loading::Older | Loading::Newer))
        {
            return;
        }
        self.state.set(loading);
        let place = HistoryAddress::of_chat(self.topic.get_value());
        spawn_local(async move {
            let fetched = fetch_history(&place.api_url(HistoryQuery {
                direction,
                limit: PAGE,
            }))
            .await;
            // The reader may be in another room now.
            if self.state.is_disposed() {
                return;
            }
            let state = match fetched {
                Ok(page) => {
                    let page = EventPage::from(page);
                    self.live
                        .feed
                        .try_update(|feed: &mut Feed| match direction {
                            Direction::Older(Some(before)) => feed.extend_older(before, page),
                            // No line of the room was in memory.
                            Direction::Older(None) => {
                                feed.open(HistorySlice::join(place, Some(page), None));
                            }
                            Direction::Newer(after) => feed.extend_newer(after, page),
                        });
                    Loading::Idle
                }
                Err(error) => Loading::Failed(error.to_string()),
            };
            self.state.try_set(state);
        });
    }
}
