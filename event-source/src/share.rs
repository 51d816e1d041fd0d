//! Options of a connection that all tabs of a browser share.

use std::cmp::Ordering;

use leptos::prelude::*;

use crate::Message;

/// Compares two event ids: which comes first in the stream. `None` means that it cannot be told, for
/// example because the server's log began again between the two.
pub type CompareIds = fn(&str, &str) -> Option<Ordering>;

/// Gives the key of a message that describes a present state, and `None` for any other message.
pub type LatestKey = fn(&Message) -> Option<String>;

/// A connection that all tabs of a browser share.
///
/// One tab, the leader, has the connection and relays each message to the others. When the leader
/// closes, freezes or crashes, another tab takes over within three seconds and resumes after the last
/// event it has seen. The browser elects the leader with a Web Lock; where it has no Web Locks (plain
/// HTTP from another machine, very old browsers), each tab keeps its own connection.
///
/// All tabs must open the same stream under the same name. Tabs of different versions of this crate do
/// not share.
///
/// ```
/// use leptos_event_source::{EventSourceOptions, Share};
///
/// let share = Share::new("live").keep_latest(|message| {
///     (message.event_type == "presence").then(|| "presence".to_owned())
/// });
/// let options = EventSourceOptions::default().share(share);
/// assert_eq!(options.share.map(|share| share.name), Some("live"));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Share {
    /// The name of the stream among those of this origin.
    pub name: &'static str,
    /// See [`compare_ids`](Self::compare_ids).
    pub compare_ids: CompareIds,
    /// See [`keep_latest`](Self::keep_latest).
    pub keep_latest: LatestKey,
    /// See [`interests`](Self::interests).
    pub interests: Option<Interests>,
}

/// What each tab needs from the shared stream; see [`Share::interests`].
#[derive(Clone, Copy, Debug)]
pub struct Interests {
    /// What this tab needs.
    pub own: Signal<String>,
    /// What the other tabs need, sorted and each once. The stream sets it while this tab leads, and
    /// clears it otherwise.
    pub others: RwSignal<Vec<String>>,
}

impl Share {
    /// Shares the stream of this name. Ids that are whole numbers are compared as numbers; other ids
    /// need [`compare_ids`](Self::compare_ids).
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            compare_ids: compare_numbers,
            keep_latest: |_| None,
            interests: None,
        }
    }

    /// How two event ids compare. A tab uses this to tell whether it is behind the leader, and
    /// whether it has had a message already. If ids cannot be compared, every message still arrives
    /// once and in order, but a tab that was behind keeps its own connection until it meets the
    /// leader at an event id that both have seen.
    ///
    /// ```
    /// use leptos_event_source::Share;
    ///
    /// // Ids like `log1-42`: a name of the log, and a number in it.
    /// let share = Share::new("live").compare_ids(|a, b| {
    ///     let ((log_a, a), (log_b, b)) = (a.split_once('-')?, b.split_once('-')?);
    ///     let (a, b) = (a.parse::<u64>().ok()?, b.parse().ok()?);
    ///     (log_a == log_b).then(|| a.cmp(&b))
    /// });
    /// assert!((share.compare_ids)("log1-9", "log1-10").is_some_and(|order| order.is_lt()));
    /// assert_eq!((share.compare_ids)("log1-9", "log2-10"), None);
    /// ```
    #[must_use]
    pub fn compare_ids(mut self, compare: CompareIds) -> Self {
        self.compare_ids = compare;
        self
    }

    /// Which messages describe a present state that no replay repeats, for example who is online. The
    /// leader keeps the newest message of each key, and sends it to tabs that open later.
    #[must_use]
    pub fn keep_latest(mut self, key: LatestKey) -> Self {
        self.keep_latest = key;
        self
    }

    /// What each tab needs from the stream. The URL can depend on `others`, so that the leader's
    /// connection serves all tabs.
    ///
    /// ```
    /// use leptos::prelude::*;
    /// use leptos_event_source::{EventSourceOptions, Share, use_raw_event_source};
    ///
    /// #[component]
    /// fn Room(name: String) -> impl IntoView {
    ///     let own = Signal::stored(name);
    ///     let others = RwSignal::new(Vec::<String>::new());
    ///     let url = Signal::derive(move || {
    ///         let mut rooms = others.get();
    ///         rooms.push(own.get());
    ///         rooms.sort();
    ///         rooms.dedup();
    ///         format!("/events?rooms={}", rooms.join(","))
    ///     });
    ///     let share = Share::new("rooms").interests(own, others);
    ///     use_raw_event_source(url, EventSourceOptions::default().share(share), |_| ());
    /// }
    /// ```
    #[must_use]
    pub fn interests(mut self, own: Signal<String>, others: RwSignal<Vec<String>>) -> Self {
        self.interests = Some(Interests { own, others });
        self
    }
}

fn compare_numbers(a: &str, b: &str) -> Option<Ordering> {
    Some(a.parse::<u64>().ok()?.cmp(&b.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_are_numbers_compare_as_numbers_and_others_do_not_compare() {
        let compare = Share::new("live").compare_ids;
        assert_eq!(compare("9", "10"), Some(Ordering::Less));
        assert_eq!(compare("a", "b"), None);
    }
}
