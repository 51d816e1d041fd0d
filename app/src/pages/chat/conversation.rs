//! The conversation: it stands at its end and follows it, unless one reads further up; then nothing
//! moves what is read.

use std::sync::Arc;

use leptos::{html, prelude::*};
use pulseboard_contract::{EventId, Topic};

use super::{
    load::{Loader, Loading},
    read::Reads,
};
use crate::{
    clock::use_clock,
    components::{Entry, Icon, IconName, Said, entries, keyed, line},
    live::use_live,
    outbox::use_outbox,
    platform::{
        scroll_area::{ScrollWatch, hold_reading, scroll_position, scroll_to_end},
        visibility::AttentionWatch,
    },
};
use pulseboard_feed::{At, ChatLine, History, Place};

/// Nearer to an end of what is here than this, in pixels, more of it is read.
const NEAR: i32 = 900;
/// Nearer to the end of the conversation than this, in pixels, one is at its end.
const AT_END: i32 = 32;

/// What was said in a room. `sent` counts what one has said oneself: it takes one to the end.
#[component]
pub(super) fn Conversation(topic: Topic, room: String, sent: RwSignal<u32>) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let outbox = use_outbox();
    let reads = expect_context::<Reads>();
    let loader = Loader::new(topic.clone());
    // Nobody follows the history yet: the room is opened before anything is drawn from it.
    live.feed
        .update_untracked(|feed| feed.open_room(topic.clone()));

    let list = NodeRef::<html::Div>::new();
    let is_pinned = RwSignal::new(true);
    let is_far = RwSignal::new(false);
    let is_attentive = RwSignal::new(false);
    let since = RwSignal::new(None::<EventId>);

    let revision = Memo::new(move |_| {
        live.feed
            .with(|feed| feed.history().map_or(0, History::revision))
    });
    let lines = Memo::new(move |before: Option<&Vec<Arc<ChatLine>>>| {
        revision.get();
        live.feed.with_untracked(|feed| {
            feed.history()
                .map(|history| lines(history, before))
                .unwrap_or_default()
        })
    });
    let ends = Memo::new(move |_| {
        revision.get();
        live.feed.with_untracked(|feed| {
            feed.history().map_or((false, false), |history| {
                (history.has_older(), history.has_newer())
            })
        })
    });
    let unsent_room = room.clone();
    let unsent = Memo::new(move |_| outbox.unsent(&unsent_room));
    let shown = Memo::new(move |_| {
        let mut said: Vec<Said> =
            lines.with(|lines| lines.iter().cloned().map(Said::Line).collect());
        // Further up in the history, what one says has no place yet.
        if !ends.get().1 {
            said.extend(unsent.get().into_iter().map(Said::Unsent));
        }
        live.name
            .with(|me| entries(said, |time| clock.day(time), since.get(), me.as_deref()))
    });
    let is_empty = Memo::new(move |_| shown.with(Vec::is_empty));
    let newest_topic = topic.clone();
    let newest = Memo::new(move |_| {
        live.feed.with(|feed| {
            feed.topic(&newest_topic)
                .and_then(|topic| topic.room().lines().next_back()?.event.event_id)
        })
    });
    let unread_topic = topic.clone();
    let unread = Memo::new(move |_| {
        if is_pinned.get() {
            0
        } else {
            reads.unread(&unread_topic)
        }
    });

    let look = move || {
        let Some(place) = scroll_position(list).filter(|place| place.height > 0) else {
            return;
        };
        let (has_older, has_newer) = ends.get_untracked();
        let set = |signal: RwSignal<bool>, to: bool| {
            if signal.get_untracked() != to {
                signal.set(to);
            }
        };
        set(is_pinned, place.below <= AT_END && !has_newer);
        set(is_far, place.below > place.height);
        // What failed is tried again by hand only.
        if loader.state.with_untracked(|state| *state == Loading::Idle) {
            if has_newer && place.below < NEAR {
                loader.newer();
            } else if has_older && place.above < NEAR {
                loader.older();
            }
        }
    };
    let to_end_topic = StoredValue::new(topic.clone());
    let to_end = move || {
        if ends.get_untracked().1 {
            live.feed
                .update(|feed| feed.open_room(to_end_topic.get_value()));
        }
        is_pinned.set(true);
        scroll_to_end(list);
    };
    let owned = StoredValue::new_local(None);
    Effect::new(move |_| {
        let scrolling = ScrollWatch::new(list, look);
        let attention = AttentionWatch::new(move |is_attending| {
            is_attentive.try_set(is_attending);
        });
        owned.set_value(Some((scrolling, attention)));
    });
    Effect::new(move |_| {
        shown.with(|_| ());
        loader.state.with(|_| ());
        if is_pinned.get_untracked() {
            scroll_to_end(list);
        }
        request_animation_frame(look);
    });
    Effect::new(move |before: Option<u32>| {
        let sent = sent.get();
        if before.is_some_and(|before| before != sent) {
            since.set(None);
            to_end();
        }
        sent
    });

    // What one sees at the end of the conversation is read. Where one went away from is where the
    // news begins, until one has read on and goes away again.
    let (read_topic, read_room) = (topic.clone(), room.clone());
    Effect::new(move |before: Option<Option<(bool, bool)>>| {
        if !reads.is_known() {
            return None;
        }
        let now = (is_attentive.get(), is_pinned.get());
        let news_since = |id: Option<EventId>| {
            let me = live.name.get_untracked();
            let unread = |id| {
                live.feed.with_untracked(|feed| {
                    feed.topic(&read_topic)
                        .map_or(0, |topic| topic.room().unread(id, me.as_deref()))
                })
            };
            id.map_or(0, unread)
        };
        let went = match before.flatten() {
            None => true,
            Some((was_attentive, was_pinned)) => {
                let looked_away = was_attentive && !now.0;
                let left_the_end = was_pinned && !now.1 && news_since(since.get_untracked()) == 0;
                was_pinned && (looked_away || left_the_end)
            }
        };
        if went {
            since.set(reads.mark(&read_room));
        }
        if now == (true, true) {
            // Nothing was missed, so what comes while one looks is no news.
            if since.get_untracked().is_some() && news_since(since.get_untracked()) == 0 {
                since.set(None);
            }
            if let Some(newest) = newest.get() {
                reads.read(&read_room, newest);
            }
        }
        Some(now)
    });

    let each = move || {
        let shown = shown.get();
        if !is_pinned.get_untracked() {
            hold_reading(list);
        }
        shown
    };
    let (start_room, empty_room) = (room.clone(), room);
    view! {
        <div class="reading">
            <div
                class="scroll"
                node_ref=list
                tabindex="0"
                role="log"
                aria-live="off"
                aria-label="Messages"
            >
                <div class="stream">
                    {move || {
                        is_empty
                            .get()
                            .then(|| view! { <EmptyRoom room=empty_room.clone() /> }.into_any())
                    }} <Start room=start_room topic=topic loader=loader ends=ends lines=lines />
                    <ol class="lines">{keyed(each, Entry::key, |entry| line(entry))}</ol>
                    {move || {
                        ends
                            .get()
                            .1
                            .then(|| view! { <p class="beyond">"Reading on…"</p> }.into_any())
                    }}
                </div>
            </div>
            {move || {
                let unread = unread.get();
                let is_shown = !is_pinned.get() && (unread > 0 || is_far.get());
                is_shown
                    .then(|| {
                        view! {
                            <button
                                class="button to-end"
                                class:go={unread > 0}
                                type="button"
                                on:click=move |_| to_end()
                            >
                                {match unread {
                                    0 => "To the newest".to_owned(),
                                    1 => "1 new message".to_owned(),
                                    100.. => "99+ new messages".to_owned(),
                                    unread => format!("{unread} new messages"),
                                }}
                                <Icon name=IconName::Down />
                            </button>
                        }
                            .into_any()
                    })
            }}
        </div>
    }
}

/// The lines of a history, oldest first. Those that were read before are taken over, and only what
/// is new is read.
fn lines(history: &History, before: Option<&Vec<Arc<ChatLine>>>) -> Vec<Arc<ChatLine>> {
    let mut known = before.into_iter().flatten().peekable();
    let mut lines = Vec::with_capacity(history.events().len());
    for event in history.events().rev() {
        let position = |event: &pulseboard_contract::Event| event.event_id.map(|id| id.seq);
        while known
            .next_if(|line| position(&line.event) < position(event))
            .is_some()
        {}
        match known.next_if(|line| line.event.event_id == event.event_id) {
            Some(line) => lines.push(line.clone()),
            None => lines.extend(ChatLine::of(event).map(Arc::new)),
        }
    }
    lines
}

/// Above the first line: what was said before it, or that nothing was.
#[component]
fn Start(
    room: String,
    topic: Topic,
    loader: Loader,
    ends: Memo<(bool, bool)>,
    lines: Memo<Vec<Arc<ChatLine>>>,
) -> impl IntoView {
    let place = Place::of_chat(topic);
    // Without script the page of the topic shows it.
    let href = move || {
        let oldest = lines.with(|lines| lines.first().and_then(|line| line.event.event_id));
        place.at(oldest.map_or(At::Newest, At::Before)).href()
    };
    let word = move || {
        loader.state.with(|state| match state {
            Loading::Older => "Reading what was said before…",
            Loading::Failed(_) => "Try again",
            Loading::Idle | Loading::Newer => "What was said before",
        })
    };
    let problem = move || {
        loader.state.with(|state| match state {
            Loading::Failed(why) => Some(why.clone()),
            Loading::Idle | Loading::Older | Loading::Newer => None,
        })
    };
    view! {
        {move || match (ends.get().0, lines.with(Vec::is_empty)) {
            (true, false) => {
                view! {
                    <p class="beyond">
                        <span class="problem" role="alert">
                            {problem}
                        </span>
                        <a
                            rel="external"
                            href=href.clone()
                            on:click=move |click| {
                                click.prevent_default();
                                loader.older();
                            }
                        >
                            {word}
                        </a>
                    </p>
                }
                    .into_any()
            }
            (true | false, true) => ().into_any(),
            (false, false) => {
                view! { <p class="beyond beginning">"Beginning of #"<bdi>{room.clone()}</bdi></p> }
                    .into_any()
            }
        }}
    }
}

#[component]
fn EmptyRoom(room: String) -> impl IntoView {
    // Until the page knows by which name it was reached, the one a server has at first.
    let origin = RwSignal::new("http://127.0.0.1:3000".to_owned());
    Effect::new(move |_| {
        if let Some(here) = crate::platform::location::origin() {
            origin.set(here);
        }
    });
    let path = super::room_url(&room);
    let curl = move || {
        format!(
            "curl -H 'Content-Type: application/json' -d '{{\"user\":\"Ada\",\"text\":\"Hello\"}}' {}{path}",
            origin.get()
        )
    };
    view! {
        <div class="empty">
            <h2>"Nobody has said anything yet"</h2>
            <p>"Be the first, or let a program speak:"</p>
            <pre tabindex="0">{curl}</pre>
        </div>
    }
}
