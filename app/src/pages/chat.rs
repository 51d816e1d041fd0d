//! Chat: rooms, who is there, what was said, who is writing.

use leptos::{html, prelude::*};
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_params_map};
use pulseboard::Topic;

use super::NotFound;
use crate::{
    clock::use_clock,
    components::{Compose, Icon, IconName, TimeOfDay, event_key, keyed},
    environment,
    event_source::push_percent_encoded,
    feed::ChatLine,
    live::use_live,
};

/// The page of the room in the address.
#[component]
pub fn ChatPage() -> impl IntoView {
    let params = use_params_map();
    let topic =
        Memo::new(move |_| params.with(|params| Topic::new(&format!("chat/{}", params.get("room").unwrap_or_default())).ok()));
    // A page per room: everything in it belongs to that room and goes with it.
    view! {
        {move || match topic.get().filter(|topic| topic.leaf_under("chat").is_some()) {
            Some(topic) => view! { <RoomPage topic=topic/> }.into_any(),
            None => view! { <NotFound/> }.into_any(),
        }}
    }
}

#[component]
fn RoomPage(topic: Topic) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let room = topic.leaf_under("chat").unwrap_or_default().to_owned();
    live.enter(&room);

    let revision = live.revision(topic.clone());
    let (topic_lines, topic_writing, topic_here) = (topic.clone(), topic.clone(), topic.clone());
    let lines = Memo::new(move |_| {
        revision.get();
        live.feed.with_untracked(|feed| {
            feed.topic(&topic_lines).map(|topic| topic.room().lines().cloned().collect::<Vec<_>>()).unwrap_or_default()
        })
    });
    let presence = Memo::new(move |_| live.feed.with(|feed| feed.presence(&topic_here)));
    let writing = Memo::new(move |_| {
        revision.get();
        let now = clock.now();
        let me = live.name.get();
        live.feed.with_untracked(|feed| {
            let room = feed.topic(&topic_writing)?.room();
            let names = room.writing(now, me.as_deref());
            match names.as_slice() {
                [] => None,
                [one] => Some(format!("{one} is typing…")),
                [one, two] => Some(format!("{one} and {two} are typing…")),
                [..] => Some(format!("{} people are typing…", names.len())),
            }
        })
    });
    let here = move || match presence.with(|presence| presence.users.len()) {
        0 => "nobody here".to_owned(),
        count => format!("{count} here"),
    };
    let list = NodeRef::<html::Div>::new();
    // The conversation stands at its end when it is opened, and follows it for whoever is there.
    Effect::new(move |before: Option<()>| {
        lines.with(|_| ());
        environment::scroll_to_end(list, before.is_none());
    });
    history(&topic, move |events| {
        live.feed.try_update(|feed| feed.backfill(events));
    });

    let title = format!("{room} chat");
    let label = format!("Room {room}");
    let heading = room.clone();
    let current = room.clone();
    let compose = room.clone();
    view! {
        <Title text=title/>
        <div class="panes chat">
            <aside class="side" aria-label="Rooms"><Rooms current=current/></aside>
            <section class="tile conversation" aria-label=label>
                <header>
                    <h1>{heading}</h1>
                    <p>{move || here()}</p>
                </header>
                <div class="scroll" node_ref=list tabindex="0" role="log" aria-label="Messages">
                    {move || lines.with(Vec::is_empty).then(|| view! { <EmptyRoom room=room.clone()/> }.into_any())}
                    <Lines lines=lines with_days=true/>
                </div>
                <p class="writing" aria-live="polite">{writing}</p>
                <Compose room=compose/>
                <Rename/>
            </section>
            <aside class="side" aria-label="Here now">
                <h2 class="label">"Here now"</h2>
                <ul class="people">
                    {keyed(move || presence.get().users, Clone::clone, move |user| view! {
                        <li><Avatar name=user.clone()/>{user.clone()}</li>
                    }.into_any())}
                </ul>
                <p class="quiet">{move || {
                    let presence = presence.get();
                    let and = if presence.users.is_empty() { "" } else { "and " };
                    match presence.watching.saturating_sub(presence.users.len()) {
                        0 => String::new(),
                        more => format!("{and}{more} without a name"),
                    }
                }}</p>
            </aside>
        </div>
    }
}

/// Asks for the room's history, which a page rendered for another address does not have.
fn history(topic: &Topic, take: impl Fn(Vec<pulseboard::Event>) + 'static) {
    let mut url = "/api/history?order=desc&limit=200&type=chat&topic=".to_owned();
    push_percent_encoded(&mut url, topic.as_str());
    let take = StoredValue::new_local(take);
    Effect::new(move |_| {
        let url = url.clone();
        leptos::task::spawn_local(async move {
            match environment::fetch_history(&url).await {
                Ok(page) => {
                    take.try_with_value(|take| take(page.events));
                }
                Err(error) => leptos::logging::warn!("no history of the room: {error}"),
            }
        });
    });
}

/// The rooms there are, and a way to another.
#[component]
fn Rooms(current: String) -> impl IntoView {
    let live = use_live();
    let rooms = Memo::new(move |_| {
        let mut rooms: Vec<String> = live
            .feed
            .with(|feed| feed.topics().filter_map(|topic| topic.topic().leaf_under("chat")).map(str::to_owned).collect());
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
            {keyed(move || rooms.get(), Clone::clone, move |room| view! {
                <li>
                    <A href=room_url(&room)>
                        <Icon name=IconName::Hash/>
                        {room}
                    </A>
                </li>
            }.into_any())}
        </ul>
        <form class="new-room" action="/chat" method="get">
            <input name="room" required maxlength="64" placeholder="Another room" aria-label="Another room"/>
            <button class="button" type="submit">"Go"</button>
        </form>
    }
}

fn room_url(room: &str) -> String {
    let mut url = "/chat/".to_owned();
    push_percent_encoded(&mut url, room);
    url
}

/// Who one is, and a way to be somebody else.
#[component]
fn Rename() -> impl IntoView {
    let live = use_live();
    let input = NodeRef::<html::Input>::new();
    let rename = move |submit: leptos::ev::SubmitEvent| {
        submit.prevent_default();
        if let Some(name) = input.get_untracked().map(|input| input.value().trim().to_owned()).filter(|name| !name.is_empty()) {
            live.rename(&name);
        }
    };
    view! {
        {move || live.name.get().map(|name| view! {
            <details class="rename needs-script">
                <summary>"You are "<b>{name.clone()}</b></summary>
                <form on:submit=rename>
                    <input node_ref=input required maxlength="64" value=name.clone() aria-label="Your new name"/>
                    <button class="button" type="submit">"Change"</button>
                </form>
            </details>
        }.into_any())}
    }
}

#[component]
fn EmptyRoom(room: String) -> impl IntoView {
    let curl = format!(
        "curl -H 'Content-Type: application/json' -d '{{\"user\":\"Ada\",\"text\":\"Hello\"}}' http://127.0.0.1:3000{}",
        room_url(&room)
    );
    view! {
        <div class="empty">
            <h2>"Nobody has said anything yet"</h2>
            <p>"Be the first, or let a program speak:"</p>
            <pre tabindex="0">{curl}</pre>
        </div>
    }
}

/// What was said, grouped by who said it, with a rule between days where asked.
#[component]
pub(super) fn Lines(#[prop(into)] lines: Signal<Vec<ChatLine>>, #[prop(optional)] with_days: bool) -> impl IntoView {
    let clock = use_clock();
    let live = use_live();
    let shown = Memo::new(move |_| {
        let lines = lines.get();
        let mut before: Option<(ChatLine, String)> = None;
        let mut shown = Vec::with_capacity(lines.len());
        for line in lines {
            let day = clock.day(line.chat.time);
            let (is_new_day, continues) = match &before {
                None => (true, false),
                Some((last, last_day)) => (*last_day != day, *last_day == day && line.continues(last)),
            };
            before = Some((line.clone(), day.clone()));
            shown.push(Shown { line, day: (with_days && is_new_day).then_some(day), continues });
        }
        shown
    });
    view! {
        <ol class="lines">
            {keyed(move || shown.get(), Shown::key, move |shown| view! {
                {shown.day.clone().map(|day| {
                    // It is called otherwise tomorrow.
                    let name = Memo::new(move |_| clock.day_name(&day));
                    view! { <li class="day">{name}</li> }.into_any()
                })}
                <li class="line" class:more=shown.continues class:new=live.is_new(&shown.line.event)>
                    {(!shown.continues).then(|| view! {
                        <Avatar name=shown.line.chat.user.clone()/>
                        <p class="who"><b>{shown.line.chat.user.clone()}</b><TimeOfDay at=shown.line.chat.time short=true/></p>
                    }.into_any())}
                    <p class="said">{shown.line.chat.text.clone()}</p>
                </li>
            }.into_any())}
        </ol>
    }
}

#[derive(Clone, PartialEq)]
struct Shown {
    line: ChatLine,
    day: Option<String>,
    continues: bool,
}

impl Shown {
    /// How it is shown belongs to the key: a line that turns from first to following is another node.
    fn key(&self) -> String {
        format!("{} {:?} {}", event_key(&self.line.event), self.day, self.continues)
    }
}

/// The first letter of a name on a colour of its own.
#[component]
fn Avatar(name: String) -> impl IntoView {
    let letter: String = name.chars().next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let hue = name.bytes().fold(7u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))) % 360;
    view! { <span class="avatar" style:--hue=hue.to_string() aria-hidden="true">{letter}</span> }
}
