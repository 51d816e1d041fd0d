//! Reads the parts of a history that the page does not have.

use leptos::{prelude::*, task::spawn_local};
use pulseboard_contract::Epoch;

use crate::{
    live::{Live, use_live},
    platform::{
        http::{RequestError, fetch_history},
        scrolling::{NearEnd, scroll_to},
    },
};
use pulseboard_feed::{At, Excerpt, Feed, History, Page, Place, Read, Toward};

/// Events read at a time.
const PAGE: usize = 100;

/// A part of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All that the address asks for.
    Whole,
    /// What comes before what is there.
    Older,
    /// What comes after it.
    Newer,
}

/// What is being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Loading {
    /// Nothing.
    Idle,
    /// This.
    Busy(Part),
    /// This could not be, for this reason.
    Failed(Part, String),
}

/// Reads what is wanted.
#[derive(Clone, Copy)]
pub(super) struct Loader {
    /// How it stands.
    pub state: RwSignal<Loading>,
    wanted: Memo<Place>,
    live: Live,
    again: Trigger,
}

impl Loader {
    /// Follows what is wanted, and reads it where the page does not have it.
    pub(super) fn new(wanted: Memo<Place>) -> Self {
        let loader = Self {
            state: RwSignal::new(Loading::Idle),
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
                loader.state.set(Loading::Idle);
            } else {
                loader.load(Part::Whole);
            }
        });
        let near = StoredValue::new_local(None);
        Effect::new(move |_| {
            near.set_value(Some(NearEnd::new(move || {
                // What failed is tried again by hand only.
                let is_idle = loader.state.with_untracked(|state| *state == Loading::Idle);
                if is_idle && loader.history(History::has_older) == Some(true) {
                    loader.load(Part::Older);
                }
            })));
        });
        loader
    }

    /// Looks again whether what is wanted is there: the address may stay while the page has gone
    /// elsewhere.
    pub(super) fn look_again(self) {
        self.again.notify();
    }

    /// Reads a part.
    pub(super) fn load(self, part: Part) {
        // What is on its way need not be asked for again; another place is another question.
        if part != Part::Whole
            && self
                .state
                .with_untracked(|state| *state == Loading::Busy(part))
        {
            return;
        }
        let wanted = self.wanted.get_untracked();
        let Some(plan) = self.plan(part, &wanted) else {
            return;
        };
        self.state.set(Loading::Busy(part));
        spawn_local(async move {
            let fetched = plan.fetch().await;
            // The reader may be elsewhere by now, and what came is not what they ask for.
            let now_wanted = self.wanted.try_get_untracked();
            if now_wanted.is_none_or(|now| {
                if part == Part::Whole {
                    now != wanted
                } else {
                    !now.is_beside(&wanted)
                }
            }) {
                return;
            }
            let state = match fetched {
                Ok(fetched) => {
                    self.live.feed.try_update(|feed| fetched.put(feed));
                    if let (Part::Whole, At::Event(id)) = (part, wanted.at) {
                        scroll_to(id.to_string());
                    }
                    Loading::Idle
                }
                Err(error) => Loading::Failed(part, error.to_string()),
            };
            self.state.try_set(state);
        });
    }

    fn plan(self, part: Part, wanted: &Place) -> Option<Plan> {
        let more = |toward| {
            Plan::More(
                wanted.clone(),
                Read {
                    toward,
                    limit: PAGE,
                },
            )
        };
        Some(match part {
            Part::Whole => Plan::Whole(
                wanted.clone(),
                self.live.feed.with_untracked(|feed| feed.position().epoch),
            ),
            Part::Older => more(Toward::Older(Some(self.history(History::oldest)??))),
            Part::Newer => more(Toward::Newer(self.history(History::newest)??)),
        })
    }

    fn history<T>(self, read: impl FnOnce(&History) -> T) -> Option<T> {
        self.live
            .feed
            .with_untracked(|feed| feed.history().map(read))
    }
}

/// What is to be read.
enum Plan {
    Whole(Place, Epoch),
    More(Place, Read),
}

/// What was read.
enum Fetched {
    Whole(Excerpt),
    More(Toward, Page),
}

impl Plan {
    async fn fetch(self) -> Result<Fetched, RequestError> {
        match self {
            Self::Whole(place, epoch) => {
                let (older, newer) = place.reads(epoch);
                let (older, newer) = (fetch(&place, older).await?, fetch(&place, newer).await?);
                Ok(Fetched::Whole(Excerpt::join(place, older, newer)))
            }
            Self::More(place, read) => Ok(Fetched::More(
                read.toward,
                fetch_history(&place.api(read)).await?.into(),
            )),
        }
    }
}

async fn fetch(place: &Place, read: Option<Read>) -> Result<Option<Page>, RequestError> {
    match read {
        Some(read) => fetch_history(&place.api(read))
            .await
            .map(|page| Some(page.into())),
        None => Ok(None),
    }
}

impl Fetched {
    fn put(self, feed: &mut Feed) {
        match self {
            Self::Whole(excerpt) => feed.open(excerpt),
            Self::More(Toward::Older(Some(before)), page) => feed.extend_older(before, page),
            // From the live end one reads the whole, not more of it.
            Self::More(Toward::Older(None), _) => {}
            Self::More(Toward::Newer(after), page) => feed.extend_newer(after, page),
        }
    }
}
