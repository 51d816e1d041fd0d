//! The list of rooms: the last message of each, its unread messages, and a form to open another room.

use leptos::{ev, html, prelude::*};
use pulseboard_contract::Room;

use super::read::ReadMarks;
use crate::{
    components::{Ago, Icon, IconName, keyed},
    live::use_live,
    navigation::{Page, use_navigation},
    outbox::{Stage, use_outbox},
};

/// The most characters of the last message.
const PREVIEW: usize = 80;

/// The list of rooms.
#[component]
pub(super) fn Rooms(current: String) -> impl IntoView {
    let live = use_live();
    let open = current.clone();
    let rooms = Memo::new(move |_| {
        let mut rooms: Vec<String> = live.feed.with(|feed| {
            feed.topics()
                .filter_map(|topic| Room::of(topic.topic()))
                .map(|room| room.to_string())
                .collect()
        });
        for always in ["general".to_owned(), current.clone()] {
            if !rooms.contains(&always) {
                rooms.push(always);
            }
        }
        rooms.sort();
        rooms
    });
    view! {
        <h2 class="label">"Rooms"</h2>
        <ul class="nav">
            {keyed(
                move || rooms.get(),
                Clone::clone,
                move |room| {
                    let is_open = room == open;
                    view! { <RoomLink room=room is_open=is_open /> }.into_any()
                },
            )}
        </ul>
        <NewRoom />
    }
}

#[component]
fn RoomLink(room: String, is_open: bool) -> impl IntoView {
    let live = use_live();
    let marks = expect_context::<ReadMarks>();
    let topic = Room::new(&room).ok().map(|room| room.topic().clone());
    let unread_topic = topic.clone();
    let unread = Memo::new(move |_| unread_topic.as_ref().map_or(0, |topic| marks.unread(topic)));
    // A failed message is marked here as well, because its author may be in another room.
    let (outbox, failed_room) = (use_outbox(), room.clone());
    let has_failed = Memo::new(move |_| {
        outbox
            .unsent(&failed_room)
            .iter()
            .any(|unsent| matches!(unsent.stage, Stage::Failed(_)))
    });
    let last = Memo::new(move |_| {
        live.feed.with(|feed| {
            let line = feed.topic(topic.as_ref()?)?.room().lines().next_back()?;
            Some((
                line.chat.time,
                format!("{}: {}", line.chat.user, preview(&line.chat.text)),
            ))
        })
    });
    let href = Page::Chat.href(&room);
    view! {
        <li class:unread=move || { unread.get() > 0 }>
            <a href=href aria-current=is_open.then_some("page")>
                <Icon name=IconName::Hash />
                <span class="name">
                    <bdi>{room}</bdi>
                </span>
                {move || {
                    last
                        .get()
                        .map(|(time, text)| {
                            view! {
                                <span class="ago">
                                    <Ago at=time />
                                </span>
                                <span class="last" dir="auto">
                                    {text}
                                </span>
                            }
                                .into_any()
                        })
                }}
                {move || match (has_failed.get(), unread.get()) {
                    (true, _) => {
                        view! {
                            <span class="not-sent">
                                <Icon name=IconName::Warning />
                                "Not sent"
                            </span>
                        }
                            .into_any()
                    }
                    (false, 0) => ().into_any(),
                    (false, count) => view! { <Unread count=count /> }.into_any(),
                }}
            </a>
        </li>
    }
}

/// The number of unread messages.
#[component]
pub(super) fn Unread(count: usize) -> impl IntoView {
    let text = if count > 99 {
        "99+".to_owned()
    } else {
        count.to_string()
    };
    view! { <span class="count">{text}<span class="hidden">" unread"</span></span> }
}

/// The beginning of a message, on one line.
fn preview(text: &str) -> String {
    text.chars()
        .take(PREVIEW)
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect()
}

/// The form that opens a room by its name. A new room exists once it has a message.
#[component]
fn NewRoom() -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let navigation = use_navigation();
    let problem = RwSignal::new(None::<&'static str>);
    let go = move |submit: ev::SubmitEvent| {
        submit.prevent_default();
        let Some(field) = input.get_untracked() else {
            return;
        };
        match room_named(&field.value()) {
            Some(room) => {
                problem.set(None);
                field.set_value("");
                navigation.go(&Page::Chat.href(&room));
            }
            None => problem.set(Some(
                "A room name can have letters, digits and - _ . ~ : @ +",
            )),
        }
    };
    view! {
        <form class="new-room" action="/chat" method="get" on:submit=go>
            <input
                name="room"
                node_ref=input
                required
                maxlength="64"
                placeholder="Room name"
                aria-label="Room name"
                autocomplete="off"
            />
            <button class="button" type="submit">
                "Open"
            </button>
            <p class="problem" role="alert">
                {problem}
            </p>
        </form>
    }
}

/// The room that the text names: `# on call` is `on-call`.
fn room_named(text: &str) -> Option<String> {
    let room = text
        .trim()
        .trim_start_matches('#')
        .split_whitespace()
        .collect::<Vec<_>>()
        .join("-");
    Room::new(&room).is_ok().then_some(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_name_is_read_with_a_hash_and_spaces() {
        for (text, room) in [
            ("ops", "ops"),
            (" #ops ", "ops"),
            ("on call", "on-call"),
            ("# on  call", "on-call"),
            ("größe", "größe"),
        ] {
            assert_eq!(room_named(text).as_deref(), Some(room));
        }
        for text in ["", "#", "a/b", "..", "<b>"] {
            assert_eq!(room_named(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_preview_is_one_short_line() {
        assert_eq!(preview("a\nb\tc"), "a b c");
        assert_eq!(preview(&"ä".repeat(500)).chars().count(), PREVIEW);
    }
}
