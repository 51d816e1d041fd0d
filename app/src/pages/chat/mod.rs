//! The chat page: the rooms, the conversation of one of them, who is in it and who is typing.

mod announce;
mod conversation;
mod load;
mod new_messages;
mod people;
mod read;
mod rename;
mod rooms;

use leptos::prelude::*;
use leptos_meta::Title;
use pulseboard_contract::Room;

use self::{
    announce::Announcer,
    conversation::Conversation,
    people::{Count, People, Typing, typing},
    read::ReadMarks,
    rename::Rename,
    rooms::{Rooms, Unread},
};
use super::NotFound;
use crate::{
    components::{Compose, Icon, IconName},
    live::use_live,
    navigation::use_parameter,
    platform::text_field::OnScreenKeyboard,
};

/// The page of the room in the address.
#[component]
pub fn ChatPage() -> impl IntoView {
    let name = use_parameter();
    let room = Memo::new(move |_| name.with(|name| Room::new(name).ok()));
    ReadMarks::provide();
    let keyboard = StoredValue::new_local(None);
    Effect::new(move |_| keyboard.set_value(Some(OnScreenKeyboard::new())));
    // Each room has a page of its own, so that all its state goes with it.
    view! {
        {move || match room.get() {
            Some(room) => view! { <RoomPage room=room /> }.into_any(),
            None => view! { <NotFound /> }.into_any(),
        }}
    }
}

#[component]
fn RoomPage(room: Room) -> impl IntoView {
    let live = use_live();
    let marks = expect_context::<ReadMarks>();
    let (room, topic) = (room.to_string(), room.topic().clone());
    live.enter(&room);

    let here = topic.clone();
    let presence = Memo::new(move |_| live.feed.with(|feed| feed.presence(&here)));
    let typing = typing(topic.clone());
    let sent = RwSignal::new(0u32);
    let title = room.clone();
    let unread = Memo::new(move |_| marks.all_unread());
    let elsewhere_topic = topic.clone();
    let elsewhere = Memo::new(move |_| unread.get().saturating_sub(marks.unread(&elsewhere_topic)));
    let label = format!("Room {room}");
    view! {
        <Title text=title />
        <div class="panes chat">
            <aside class="side rooms" id="rooms" popover="auto" aria-label="Rooms">
                <Rooms current=room.clone() />
            </aside>
            <section class="tile conversation" aria-label=label>
                <header>
                    <h1>
                        <Icon name=IconName::Hash />
                        <bdi>{room.clone()}</bdi>
                    </h1>
                    <button class="button opens-rooms" type="button" popovertarget="rooms">
                        "Rooms"
                        {move || match elsewhere.get() {
                            0 => view! { <Icon name=IconName::Down /> }.into_any(),
                            count => view! { <Unread count=count /> }.into_any(),
                        }}
                    </button>
                    <Count presence=presence />
                </header>
                <Conversation topic=topic.clone() room=room.clone() sent=sent />
                <Typing typing=typing />
                <Compose
                    room=room
                    in_conversation=true
                    sent=Callback::new(move |()| sent.update(|sent| *sent += 1))
                />
                <footer>
                    <Rename />
                    <p class="keys needs-script">
                        <kbd>"Enter"</kbd>
                        " to send, "
                        <kbd>"Shift"</kbd>
                        " + "
                        <kbd>"Enter"</kbd>
                        " for a new line"
                    </p>
                </footer>
                <Announcer topic=topic typing=typing />
            </section>
            <aside class="side here-now" id="people" popover="auto" aria-label="Here now">
                <People presence=presence />
            </aside>
        </div>
    }
}
