//! Searches the log. The server filters by topic and type and returns pages of events; this page
//! filters by payload, up to a budget.

mod bisection;
mod results;

use leptos::{prelude::*, task::spawn_local};
use pulseboard_contract::EventId;

use super::{filter::Filter, time_range::TimeRange};
use crate::{
    clock::{Clock, use_clock},
    live::use_live,
    platform::http::fetch_history,
};
use bisection::Bisection;
use pulseboard_feed::Feed;
pub(super) use results::{SearchResults, SearchState};

/// Events per request. The page filters them between two frames without a noticeable delay.
const PAGE: usize = 400;
/// Events searched before the search pauses and asks the reader.
const SEARCH_BUDGET: u64 = 20_000;
/// Events matched before the search pauses and asks the reader.
const MATCH_BUDGET: usize = 1_000;

/// A search that starts, pauses and continues.
#[derive(Clone, Copy)]
pub(super) struct Search {
    /// The events found so far.
    pub results: RwSignal<SearchResults>,
    filter: Memo<Filter>,
    /// The time range to search.
    pub range: RwSignal<TimeRange>,
    feed: RwSignal<Feed>,
    clock: Clock,
    /// The number of the current run. A response to an earlier run is discarded.
    generation: StoredValue<u64>,
}

impl Search {
    /// A search that reads the filter and the range each time it starts.
    pub(super) fn new(filter: Memo<Filter>, range: RwSignal<TimeRange>) -> Self {
        Self {
            results: RwSignal::new(SearchResults::new(TimeRange::All, 0, 0)),
            filter,
            range,
            feed: use_live().feed,
            clock: use_clock(),
            generation: StoredValue::new(0),
        }
    }

    /// Starts at the newest event of the range.
    pub(super) fn start(self) {
        let now = self.clock.now_untracked().millis();
        let last = self.feed.with_untracked(Feed::position).seq;
        self.results
            .set(SearchResults::new(self.range.get_untracked(), now, last));
        if self.is_running() {
            self.run();
        }
    }

    /// Continues after a pause or a failure.
    pub(super) fn resume(self) {
        let can_resume = |results: &SearchResults| {
            matches!(results.state, SearchState::Paused | SearchState::Failed(_))
        };
        if self.results.with_untracked(can_resume) {
            self.results
                .update(|results| results.state = SearchState::Running);
            self.run();
        }
    }

    /// Continues after a pause. Only the reader retries a failed search.
    pub(super) fn resume_automatically(self) {
        if self
            .results
            .with_untracked(|results| results.state == SearchState::Paused)
        {
            self.resume();
        }
    }

    /// Pauses and keeps the results.
    pub(super) fn stop(self) {
        self.next_generation();
        self.results.update(|results| {
            if results.state == SearchState::Running {
                results.state = SearchState::Paused;
            }
        });
    }

    fn is_running(self) -> bool {
        self.results
            .with_untracked(|results| results.state == SearchState::Running)
    }

    fn next_generation(self) -> u64 {
        self.generation.update_value(|generation| *generation += 1);
        self.generation.get_value()
    }

    /// Whether a later run has replaced this one, or the page is gone.
    fn is_outdated(self, generation: u64) -> bool {
        self.generation.try_get_value() != Some(generation)
    }

    fn run(self) {
        let generation = self.next_generation();
        let filter = self.filter.get_untracked();
        spawn_local(async move {
            if self.find_start(generation, &filter).await.is_some() {
                self.read_pages(generation, &filter).await;
            }
        });
    }

    /// Finds where in the log the range ends, unless it ends now. Returns `None` if the search does
    /// not go on.
    async fn find_start(self, generation: u64, filter: &Filter) -> Option<()> {
        let epoch = self.feed.try_with_untracked(Feed::position)?.epoch;
        let next_probe =
            |results: &SearchResults| results.bisection.as_ref().and_then(Bisection::probe);
        while let Some(probe) = self.results.try_with_untracked(next_probe)? {
            let before = EventId { epoch, seq: probe };
            let url = format!(
                "/api/history?order=desc&limit=1{}&before={before}",
                filter.query_params()
            );
            let response = fetch_history(&url).await;
            if self.is_outdated(generation) {
                return None;
            }
            match response {
                Ok(page) => self
                    .results
                    .try_update(|results| results.record_probe(probe, page.events.first()))?,
                Err(error) => {
                    self.results.try_update(|results| results.fail(&error));
                    return None;
                }
            }
        }
        self.results
            .try_update(|results| results.start_at_bisected_position(epoch))
    }

    /// Reads page after page until the search pauses, fails or is complete. Returns `None` if another
    /// run has replaced this one.
    async fn read_pages(self, generation: u64, filter: &Filter) -> Option<()> {
        let (searched_before, matched_before) = self
            .results
            .try_with_untracked(|results| (results.searched, results.len()))?;
        loop {
            let before = self.results.try_with_untracked(|results| results.next)?;
            let mut url = format!(
                "/api/history?order=desc&limit={PAGE}{}",
                filter.query_params()
            );
            if let Some(before) = before {
                url = format!("{url}&before={before}");
            }
            let response = fetch_history(&url).await;
            if self.is_outdated(generation) {
                return None;
            }
            let is_running = self.results.try_update(|results| {
                match response {
                    Ok(page) => results.add_page(filter, page.events, page.next),
                    Err(error) => results.fail(&error),
                }
                let is_over_budget = results.searched - searched_before >= SEARCH_BUDGET
                    || results.len() - matched_before >= MATCH_BUDGET;
                if results.state == SearchState::Running && is_over_budget {
                    results.state = SearchState::Paused;
                }
                results.state == SearchState::Running
            })?;
            if !is_running {
                return Some(());
            }
        }
    }
}
