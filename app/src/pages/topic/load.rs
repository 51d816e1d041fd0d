//! Loads the sections of a history that the page does not have.

use leptos::{prelude::*, task::spawn_local};
use pulseboard_contract::{Epoch, EventId};

use crate::{
    live::{Live, use_live},
    platform::{
        http::{RequestError, fetch_history},
        scrolling::{NearEnd, scroll_to},
    },
};
use pulseboard_feed::{
    Anchor, Direction, EventPage, Feed, History, HistoryAddress, HistoryQuery, HistorySlice,
};

/// Events per request.
const PAGE: usize = 100;

/// A section of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// The section that the address names.
    Whole,
    /// The events before those on the page.
    Older,
    /// The events after those on the page.
    Newer,
}

/// What the loader is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LoadState {
    /// It has loaded all that was asked for.
    Idle,
    /// It loads this section.
    Loading(Section),
    /// It could not load this section, for this reason.
    Failed(Section, String),
}

/// Loads sections of the history on demand.
#[derive(Clone, Copy)]
pub(super) struct Loader {
    /// What it is doing.
    pub state: RwSignal<LoadState>,
    wanted: Memo<HistoryAddress>,
    live: Live,
    again: Trigger,
}

impl Loader {
    /// Follows the address, and loads what the page does not have.
    pub(super) fn new(wanted: Memo<HistoryAddress>) -> Self {
        let loader = Self {
            state: RwSignal::new(LoadState::Idle),
            wanted,
            live: use_live(),
            again: Trigger::new(),
        };
        Effect::new(move |_| {
            loader.again.track();
            let is_there = wanted.with(|wanted| {
                loader
                    .history(|history| history.shows(wanted))
                    .unwrap_or(false)
            });
            if is_there {
                loader.state.set(LoadState::Idle);
            } else {
                loader.load(Section::Whole);
            }
        });
        let near = StoredValue::new_local(None);
        Effect::new(move |_| {
            near.set_value(Some(NearEnd::new(move || {
                // Only the reader retries a failed request.
                let is_idle = loader
                    .state
                    .with_untracked(|state| *state == LoadState::Idle);
                if is_idle && loader.history(History::has_older) == Some(true) {
                    loader.load(Section::Older);
                }
            })));
        });
        loader
    }

    /// Checks again whether the page has what the address names. The address can stay the same while
    /// the list has moved on.
    pub(super) fn check_again(self) {
        self.again.notify();
    }

    /// Loads a section.
    pub(super) fn load(self, section: Section) {
        // The same request is not sent twice, except for a new address.
        if section != Section::Whole
            && self
                .state
                .with_untracked(|state| *state == LoadState::Loading(section))
        {
            return;
        }
        let wanted = self.wanted.get_untracked();
        let Some(plan) = self.plan(section, &wanted) else {
            return;
        };
        self.state.set(LoadState::Loading(section));
        spawn_local(async move {
            let fetched = plan.fetch().await;
            // The address may have changed meanwhile, so that the response no longer belongs to it.
            let now_wanted = self.wanted.try_get_untracked();
            if now_wanted.is_none_or(|now| {
                if section == Section::Whole {
                    now != wanted
                } else {
                    !now.has_same_events(&wanted)
                }
            }) {
                return;
            }
            let state = match fetched {
                Ok(fetched) => {
                    self.live.feed.try_update(|feed| fetched.put(feed));
                    if let (Section::Whole, Anchor::Event(id)) = (section, wanted.anchor) {
                        scroll_to(id.to_string());
                    }
                    LoadState::Idle
                }
                Err(error) => LoadState::Failed(section, error.to_string()),
            };
            self.state.try_set(state);
        });
    }

    fn plan(self, section: Section, wanted: &HistoryAddress) -> Option<Plan> {
        let more = |direction| {
            Plan::More(
                wanted.clone(),
                HistoryQuery {
                    direction,
                    limit: PAGE,
                },
            )
        };
        Some(match section {
            Section::Whole => Plan::Whole(
                wanted.clone(),
                self.live.feed.with_untracked(|feed| feed.position().epoch),
            ),
            Section::Older => more(Direction::Older(Some(self.history(History::oldest)??))),
            Section::Newer => more(Direction::Newer(self.history(History::newest)??)),
        })
    }

    fn history<T>(self, read: impl FnOnce(&History) -> T) -> Option<T> {
        self.live
            .feed
            .with_untracked(|feed| feed.history().map(read))
    }
}

/// The requests for a section.
enum Plan {
    Whole(HistoryAddress, Epoch),
    More(HistoryAddress, HistoryQuery),
}

/// A loaded section.
enum Fetched {
    Whole(HistorySlice),
    More(Direction, EventPage),
}

impl Plan {
    async fn fetch(self) -> Result<Fetched, RequestError> {
        match self {
            Self::Whole(place, epoch) => {
                let (older, newer) = place.queries(epoch);
                let (older, newer) = (fetch(&place, older).await?, fetch(&place, newer).await?);
                Ok(Fetched::Whole(HistorySlice::join(place, older, newer)))
            }
            Self::More(place, read) => Ok(Fetched::More(
                read.direction,
                fetch_history(&place.api_url(read)).await?.into(),
            )),
        }
    }
}

async fn fetch(
    place: &HistoryAddress,
    read: Option<HistoryQuery>,
) -> Result<Option<EventPage>, RequestError> {
    match read {
        Some(read) => fetch_history(&place.api_url(read))
            .await
            .map(|page| Some(page.into())),
        None => Ok(None),
    }
}

impl Fetched {
    fn put(self, feed: &mut Feed) {
        match self {
            Self::Whole(excerpt) => feed.open(excerpt),
            Self::More(Direction::Older(Some(before)), page) => feed.extend_older(before, page),
            // The newest events are loaded as a whole section, not as more of one.
            Self::More(Direction::Older(None), _) => {}
            Self::More(Direction::Newer(after), page) => feed.extend_newer(after, page),
        }
    }
}

/// The event that the address selects.
pub(super) fn selected_event(place: &HistoryAddress) -> Option<EventId> {
    match place.anchor {
        Anchor::Event(id) => Some(id),
        Anchor::Newest | Anchor::Before(_) | Anchor::After(_) => None,
    }
}
