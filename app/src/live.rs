//! The page's one connection, and the feed it drives.

use std::{cmp::Ordering, time::Duration};

use leptos::prelude::*;
use pulseboard_contract::{
    Event, EventId, Timestamp, Topic, limits::ROOMS_PER_STREAM, push_percent_encoded,
};

use crate::{
    clock::Clock,
    platform::{
        clock::{epoch_millis, page_clock},
        cookies::set_cookie,
    },
};
use leptos_event_source::{
    EventSourceOptions, Message, Role, Share, Status, UseEventSource, use_raw_event_source,
};
use pulseboard_feed::Snapshot;
use pulseboard_feed::{Feed, Incoming};

/// Lines kept in the connection log.
const LOG: usize = 50;

/// Everything live on the page; in the context.
#[derive(Clone, Copy)]
pub struct Live {
    /// All that is known, folded from the snapshot and the stream.
    pub feed: RwSignal<Feed>,
    /// The connection.
    pub stream: UseEventSource,
    /// What the connection has been through, newest first.
    pub log: RwSignal<Vec<LogLine>>,
    /// What the visitor calls themselves.
    pub name: RwSignal<Option<String>>,
    /// Messages that could not be read.
    pub unreadable: RwSignal<u64>,
    /// Where the page began: what is newer came while it was open.
    pub began: StoredValue<EventId>,
    /// How often the server sends a heartbeat, in milliseconds.
    pub heartbeat_millis: u32,
    room: RwSignal<Option<String>>,
    clock: Clock,
}

/// One line of the connection log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    /// Grows with every line.
    pub number: u64,
    /// When.
    pub time: Timestamp,
    /// What kind of thing happened.
    pub kind: LogKind,
    /// In words.
    pub text: String,
}

/// What can happen to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogKind {
    /// It is open.
    Open,
    /// It was lost and is being tried again.
    Retry,
    /// History was lost.
    Gap,
    /// It was paused or closed by hand.
    Stopped,
}

impl Live {
    /// Puts the page's connection into the context.
    pub fn provide(
        snapshot: &Snapshot,
        name: Option<String>,
        heartbeat_millis: u32,
        clock: Clock,
    ) -> Self {
        let feed = RwSignal::new(Feed::from_snapshot(snapshot));
        let log = RwSignal::new(Vec::new());
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
            let came = epoch_millis().and_then(|millis| Timestamp::from_millis(millis).ok());
            feed.update(|feed| {
                feed.arrive(came);
                for message in &messages {
                    match Incoming::parse(
                        &message.event_type,
                        &message.data,
                        &message.last_event_id,
                    ) {
                        Ok(incoming) => {
                            if let Incoming::Gap(gap) = &incoming {
                                write(log, clock.now_untracked(), LogKind::Gap, lost(gap));
                            }
                            feed.apply(incoming);
                        }
                        // Shown in the inspector: a message that cannot be read is a fault somebody
                        // should see.
                        Err(problem) => {
                            leptos::logging::error!(
                                "a message of the stream cannot be read: {problem}"
                            );
                            unreadable.update(|count| *count += 1);
                        }
                    }
                }
            });
        });

        // The log is the history of the status, which no signal holds, so it is written down as it
        // changes.
        Effect::new(move |before: Option<Status>| {
            let status = stream.status.get();
            if before != Some(status) {
                let position = feed.with_untracked(Feed::position);
                let was_open = log.with_untracked(|log: &Vec<LogLine>| {
                    log.iter().any(|line| line.kind == LogKind::Open)
                });
                let line = match status {
                    Status::Connecting => None,
                    Status::Open if was_open => {
                        Some((LogKind::Open, format!("resumed after {position}")))
                    }
                    Status::Open => {
                        Some((LogKind::Open, format!("connected after event {position}")))
                    }
                    Status::Reconnecting {
                        attempt,
                        at: Some(at),
                    } => {
                        let seconds = (at - page_clock()).max(0.0) / 1_000.0;
                        Some((
                            LogKind::Retry,
                            format!("connection lost, attempt {attempt} in {seconds:.1} s"),
                        ))
                    }
                    Status::Reconnecting { attempt, at: None } => {
                        Some((LogKind::Retry, format!("attempt {attempt}: connecting")))
                    }
                    Status::Offline => Some((LogKind::Retry, "no network".to_owned())),
                    Status::Paused => Some((LogKind::Stopped, format!("paused at {position}"))),
                    Status::Closed => Some((LogKind::Stopped, format!("closed at {position}"))),
                };
                if let Some((kind, text)) = line {
                    write(log, clock.now_untracked(), kind, text);
                }
            }
            status
        });

        Effect::new(move |before: Option<Role>| {
            let role = stream.role.get();
            let text = match (before, role) {
                (Some(Role::Alone | Role::Leader { .. }) | None, Role::Follower) => {
                    "using the connection of another tab"
                }
                (Some(Role::Follower), Role::Alone | Role::Leader { .. }) => {
                    "using a connection of this tab"
                }
                (Some(Role::Follower), Role::Follower)
                | (
                    Some(Role::Alone | Role::Leader { .. }) | None,
                    Role::Alone | Role::Leader { .. },
                ) => "",
            };
            if !text.is_empty()
                && !matches!(
                    stream.status.get_untracked(),
                    Status::Paused | Status::Closed
                )
            {
                write(log, clock.now_untracked(), LogKind::Open, text.to_owned());
            }
            role
        });

        let live = Self {
            feed,
            stream,
            log,
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

    /// The visitor is in a room while the current owner lives: others see them there.
    pub fn enter(self, room: &str) {
        let room = Some(room.to_owned());
        self.room.set(room.clone());
        on_cleanup(move || {
            // The next room may have been entered already.
            self.room.try_update(|current| {
                if *current == room {
                    *current = None;
                }
            });
        });
    }

    /// Changes with everything that happens on the topic, and with nothing else. Read it to follow
    /// it: a memo that is only tracked is never computed and so never changes.
    pub fn revision(self, topic: Topic) -> Memo<u64> {
        Memo::new(move |_| {
            self.feed.with(|feed| {
                feed.topic(&topic)
                    .map_or(0, pulseboard_feed::TopicFeed::revision)
            })
        })
    }

    /// Whether an event has come just now, while the page was open: what is drawn again later does
    /// not flash again.
    pub fn is_new(self, event: &Event) -> bool {
        const JUST_NOW_MILLIS: i64 = 3_000;
        let began = self.began.get_value();
        let came_here = event
            .event_id
            .is_some_and(|id| id.epoch != began.epoch || id.seq > began.seq);
        came_here && self.clock.now_untracked().millis() - event.time.millis() < JUST_NOW_MILLIS
    }

    /// Takes the visitor's name and keeps it for the next visit.
    pub fn rename(self, name: &str) {
        set_cookie("name", name);
        self.name.set(Some(name.to_owned()));
    }
}

/// The page's connection.
pub fn use_live() -> Live {
    expect_context()
}

/// All topics in the envelope framing; with rooms and a name, the visitor is present in those rooms
/// while it is open.
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

fn lost(gap: &pulseboard_contract::Gap) -> String {
    match gap.lost {
        Some(lost) => format!(
            "{} lost: the log had deleted them",
            crate::format::count(lost, "event", "events")
        ),
        None => format!(
            "history after {} is lost: the server restarted with an empty log",
            gap.after
        ),
    }
}

fn write(log: RwSignal<Vec<LogLine>>, time: Timestamp, kind: LogKind, text: String) {
    log.update(|log| {
        let number = log.first().map_or(0, |newest| newest.number + 1);
        log.insert(
            0,
            LogLine {
                number,
                time,
                kind,
                text,
            },
        );
        log.truncate(LOG);
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
    fn the_address_says_who_is_in_which_room() {
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
