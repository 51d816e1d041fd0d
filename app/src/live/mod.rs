//! The page's stream, and the feed that it updates.

mod connection_log;

use std::{cmp::Ordering, time::Duration};

use leptos::prelude::*;
use pulseboard_contract::{Event, EventId, Timestamp, Topic, limits::ROOMS_PER_STREAM};

use crate::{
    clock::Clock,
    platform::{clock::epoch_millis, cookies::set_cookie},
};
use leptos_event_source::{
    EventSourceOptions, Message, Share, UseEventSource, use_raw_event_source,
};
use pulseboard_contract::push_percent_encoded;
use pulseboard_feed::{Feed, Incoming, Snapshot};

use connection_log::ConnectionLog;
pub use connection_log::{LogKind, LogLine};

/// Everything live on the page; in the context.
#[derive(Clone, Copy)]
pub struct Live {
    /// The page's state, from the snapshot and the stream.
    pub feed: RwSignal<Feed>,
    /// The stream.
    pub stream: UseEventSource,
    /// The connection log, newest line first.
    pub log: RwSignal<Vec<LogLine>>,
    /// The reader's name in chat.
    pub name: RwSignal<Option<String>>,
    /// The number of messages that could not be read.
    pub unreadable: RwSignal<u64>,
    /// The position at which the page began: later events arrived while it was open.
    pub began: StoredValue<EventId>,
    /// The interval of the server's heartbeats, in milliseconds.
    pub heartbeat_millis: u32,
    room: RwSignal<Option<String>>,
    clock: Clock,
}

impl Live {
    /// Opens the stream and puts it into the context.
    pub fn provide(
        snapshot: &Snapshot,
        name: Option<String>,
        heartbeat_millis: u32,
        clock: Clock,
    ) -> Self {
        let feed = RwSignal::new(Feed::from_snapshot(snapshot));
        let log = ConnectionLog::new(clock);
        let name = RwSignal::new(name);
        let room = RwSignal::new(None);
        let unreadable = RwSignal::new(0);

        // The rooms of the other tabs: the tab that has the connection is in them on their behalf.
        let rooms = RwSignal::new(Vec::new());
        let url = Signal::derive(move || {
            stream_url(
                room.get().into_iter().chain(rooms.get()),
                name.get().as_deref(),
            )
        });
        let own_room = Signal::derive(move || room.get().unwrap_or_default());
        let share = Share::new("live")
            .compare_ids(compare_event_ids)
            .keep_latest(presence_topic)
            .interests(own_room, rooms);
        let options = EventSourceOptions::default()
            .event_types(["gap"])
            .last_event_id(snapshot.position.to_string())
            .heartbeat_interval(Duration::from_millis(heartbeat_millis.into()))
            .share(share);
        let stream = use_raw_event_source(url, options, move |messages| {
            apply(feed, log, unreadable, &messages);
        });
        log.follow(stream, feed);

        let live = Self {
            feed,
            stream,
            log: log.lines,
            name,
            unreadable,
            began: StoredValue::new(snapshot.position),
            heartbeat_millis,
            room,
            clock,
        };
        provide_context(live);
        live
    }

    /// Enters a room until the current owner is cleaned up: others see the reader there.
    pub fn enter(self, room: &str) {
        let room = Some(room.to_owned());
        self.room.set(room.clone());
        on_cleanup(move || {
            // The reader may have entered the next room already.
            self.room.try_update(|current| {
                if *current == room {
                    *current = None;
                }
            });
        });
    }

    /// Changes with every event of the topic, and with nothing else. Read it to follow it: a memo that
    /// is only tracked is never computed, so it never changes.
    pub fn revision(self, topic: Topic) -> Memo<u64> {
        Memo::new(move |_| {
            self.feed.with(|feed| {
                feed.topic(&topic)
                    .map_or(0, pulseboard_feed::TopicFeed::revision)
            })
        })
    }

    /// Whether an event has just arrived, while the page was open. Only such events flash; a row that is
    /// drawn again later does not.
    pub fn is_new(self, event: &Event) -> bool {
        const JUST_NOW_MILLIS: i64 = 3_000;
        let began = self.began.get_value();
        let arrived_here = event
            .event_id
            .is_some_and(|id| id.epoch != began.epoch || id.seq > began.seq);
        arrived_here && self.clock.now_untracked().millis() - event.time.millis() < JUST_NOW_MILLIS
    }

    /// Sets the reader's name, also for the next visit.
    pub fn rename(self, name: &str) {
        set_cookie("name", name);
        self.name.set(Some(name.to_owned()));
    }
}

/// The page's stream and feed.
pub fn use_live() -> Live {
    expect_context()
}

/// The URL of the stream: all topics in the envelope framing. With rooms and a name, the reader is
/// present in those rooms while the stream is open.
fn stream_url(rooms: impl Iterator<Item = String>, name: Option<&str>) -> String {
    let mut url = "/events?topic=**&framing=envelope".to_owned();
    let mut rooms: Vec<_> = rooms.take(ROOMS_PER_STREAM).collect();
    rooms.sort_unstable();
    rooms.dedup();
    for room in &rooms {
        url += "&room=";
        push_percent_encoded(&mut url, room);
    }
    if let (false, Some(name)) = (rooms.is_empty(), name) {
        url += "&user=";
        push_percent_encoded(&mut url, name);
    }
    url
}

/// The order of two event ids. Ids of two logs have none.
fn compare_event_ids(a: &str, b: &str) -> Option<Ordering> {
    let (a, b): (EventId, EventId) = (a.parse().ok()?, b.parse().ok()?);
    (a.epoch == b.epoch).then(|| a.seq.cmp(&b.seq))
}

/// The topic of a presence event. The log has no presence, so the leader keeps the newest of each topic
/// for tabs that open later.
fn presence_topic(message: &Message) -> Option<String> {
    // Most messages are something else, and this search is cheaper than parsing them.
    if !message.data.contains("\"presence\"") {
        return None;
    }
    let event: Event = serde_json::from_str(&message.data).ok()?;
    (event.event_id.is_none() && event.event_type.as_str() == "presence")
        .then(|| event.topic.to_string())
}

/// Applies the messages of a batch to the feed.
fn apply(
    feed: RwSignal<Feed>,
    log: ConnectionLog,
    unreadable: RwSignal<u64>,
    messages: &[Message],
) {
    let arrived = epoch_millis().and_then(|millis| Timestamp::from_millis(millis).ok());
    feed.update(|feed| {
        feed.arrive(arrived);
        for message in messages {
            let incoming =
                Incoming::parse(&message.event_type, &message.data, &message.last_event_id);
            match incoming {
                Ok(incoming) => {
                    if let Incoming::Gap(gap) = &incoming {
                        log.write_gap(gap);
                    }
                    feed.apply(incoming);
                }
                // The inspector shows the number, because such a message is a fault.
                Err(error) => {
                    leptos::logging::error!("could not read a message of the stream: {error}");
                    unreadable.update(|count| *count += 1);
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_of_one_log_compare_by_sequence_and_those_of_two_logs_do_not() {
        let compare = compare_event_ids;
        assert_eq!(compare("aaaaaaaa-9", "aaaaaaaa-10"), Some(Ordering::Less));
        assert_eq!(compare("aaaaaaaa-9", "bbbbbbbb-10"), None);
        assert_eq!(compare("aaaaaaaa-9", ""), None);
    }

    #[test]
    fn the_url_names_the_reader_and_the_rooms() {
        let url = |rooms: &[&str], name| stream_url(rooms.iter().map(ToString::to_string), name);
        assert_eq!(url(&[], Some("Ada")), "/events?topic=**&framing=envelope");
        assert_eq!(
            url(&["büro"], Some("Ada L")),
            "/events?topic=**&framing=envelope&room=b%C3%BCro&user=Ada%20L"
        );
        assert_eq!(
            url(&["b", "a", "b"], None),
            "/events?topic=**&framing=envelope&room=a&room=b"
        );
    }
}
