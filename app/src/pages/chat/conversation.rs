//! The conversation of a room. It stays at its end and follows it, unless the reader scrolls up: then
//! nothing moves the lines being read.

use std::sync::Arc;

use leptos::{html, prelude::*};
use pulseboard_contract::{Event, EventId, Topic};

use super::{
    load::{Loader, Loading},
    new_messages::follow_reader,
    read::ReadMarks,
};
use crate::{
    clock::use_clock,
    components::{
        ChatMessage, Icon, IconName, MessageRow, keyed, message_row, message_rows, use_origin,
    },
    live::{Live, use_live},
    navigation::Page,
    outbox::use_outbox,
    platform::scroll_area::{ScrollWatch, hold_reading, scroll_position, scroll_to_end},
};
use pulseboard_feed::{Anchor, ChatLine, History, HistoryAddress};

/// Within this distance from an end of the loaded lines, in pixels, more lines are loaded.
const LOAD_WITHIN: i32 = 900;
/// Within this distance from the end of the conversation, in pixels, the reader is at its end.
const AT_END_WITHIN: i32 = 32;

/// The messages of a room. `sent` counts the messages that the reader sends; each of them scrolls to
/// the end.
#[component]
pub(super) fn Conversation(topic: Topic, room: String, sent: RwSignal<u32>) -> impl IntoView {
    let live = use_live();
    // The room is opened before anything reads its history.
    live.feed
        .update_untracked(|feed| feed.open_room(topic.clone()));
    let (lines, ends) = history(live);
    let new_since = RwSignal::new(None::<EventId>);
    let shown = shown(room.clone(), lines, ends, new_since);
    let pane = Pane::new(topic.clone(), ends);
    pane.follow(shown);
    pane.follow_sent(sent, new_since);
    follow_reader(topic.clone(), room.clone(), pane.is_at_end, new_since);

    let is_empty = Memo::new(move |_| shown.with(Vec::is_empty));
    let each = move || {
        let shown = shown.get();
        if !pane.is_at_end.get_untracked() {
            hold_reading(pane.list);
        }
        shown
    };
    let (start_room, empty_room) = (room.clone(), room);
    let jump_topic = topic.clone();
    view! {
        <div class="reading">
            <div
                class="scroll"
                node_ref=pane.list
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
                    }}
                    <Start
                        room=start_room
                        topic=topic
                        loader=pane.loader
                        ends=ends
                        lines=lines
                    /> <ol class="lines">{keyed(each, MessageRow::key, message_row)}</ol>
                    {move || {
                        ends.get()
                            .has_newer
                            .then(|| view! { <p class="beyond">"Loading more…"</p> }.into_any())
                    }}
                </div>
            </div>
            <JumpToEnd topic=jump_topic pane=pane />
        </div>
    }
}

/// Whether the log has more lines beyond the ends of the loaded ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ends {
    has_older: bool,
    has_newer: bool,
}

/// The loaded lines of the open room, oldest first, and whether there are more.
fn history(live: Live) -> (Memo<Vec<Arc<ChatLine>>>, Memo<Ends>) {
    let revision = Memo::new(move |_| {
        live.feed
            .with(|feed| feed.history().map_or(0, History::revision))
    });
    let lines = Memo::new(move |before: Option<&Vec<Arc<ChatLine>>>| {
        revision.get();
        live.feed.with_untracked(|feed| {
            feed.history()
                .map(|history| read_lines(history, before))
                .unwrap_or_default()
        })
    });
    let ends = Memo::new(move |_| {
        revision.get();
        live.feed.with_untracked(|feed| {
            feed.history().map_or(Ends::default(), |history| Ends {
                has_older: history.has_older(),
                has_newer: history.has_newer(),
            })
        })
    });
    (lines, ends)
}

/// The lines of a history, oldest first. Lines that were decoded before are reused.
fn read_lines(history: &History, before: Option<&Vec<Arc<ChatLine>>>) -> Vec<Arc<ChatLine>> {
    let mut known = before.into_iter().flatten().peekable();
    let mut lines = Vec::with_capacity(history.events().len());
    for event in history.events().rev() {
        let sequence = |event: &Event| event.event_id.map(|id| id.seq);
        while known
            .next_if(|line| sequence(&line.event) < sequence(event))
            .is_some()
        {}
        match known.next_if(|line| line.event.event_id == event.event_id) {
            Some(line) => lines.push(line.clone()),
            None => lines.extend(ChatLine::of(event).map(Arc::new)),
        }
    }
    lines
}

/// The entries to show: the lines, the reader's unsent messages, and what separates them.
fn shown(
    room: String,
    lines: Memo<Vec<Arc<ChatLine>>>,
    ends: Memo<Ends>,
    new_since: RwSignal<Option<EventId>>,
) -> Memo<Vec<MessageRow>> {
    let (live, clock, outbox) = (use_live(), use_clock(), use_outbox());
    let unsent = Memo::new(move |_| outbox.unsent(&room));
    Memo::new(move |_| {
        let mut said: Vec<ChatMessage> =
            lines.with(|lines| lines.iter().cloned().map(ChatMessage::Published).collect());
        // Further up in the history, unsent messages have no place yet.
        if !ends.get().has_newer {
            said.extend(unsent.get().into_iter().map(ChatMessage::Unsent));
        }
        live.name
            .with(|me| message_rows(said, |time| clock.day(time), new_since.get(), me.as_deref()))
    })
}

/// The scrolled pane of the conversation.
#[derive(Clone, Copy)]
struct Pane {
    list: NodeRef<html::Div>,
    /// Whether the reader is at the end of the conversation.
    is_at_end: RwSignal<bool>,
    /// Whether the reader is more than a screen away from the end.
    is_far: RwSignal<bool>,
    loader: Loader,
    ends: Memo<Ends>,
    topic: StoredValue<Topic>,
    live: Live,
}

impl Pane {
    fn new(topic: Topic, ends: Memo<Ends>) -> Self {
        Self {
            list: NodeRef::new(),
            is_at_end: RwSignal::new(true),
            is_far: RwSignal::new(false),
            loader: Loader::new(topic.clone()),
            ends,
            topic: StoredValue::new(topic),
            live: use_live(),
        }
    }

    /// Follows the reader's scrolling, and keeps the end in view while the reader is there.
    fn follow(self, shown: Memo<Vec<MessageRow>>) {
        let watch = StoredValue::new_local(None);
        Effect::new(move |_| watch.set_value(ScrollWatch::new(self.list, move || self.measure())));
        Effect::new(move |_| {
            shown.with(|_| ());
            self.loader.state.with(|_| ());
            if self.is_at_end.get_untracked() {
                scroll_to_end(self.list);
            }
            request_animation_frame(move || self.measure());
        });
    }

    /// Goes to the end when the reader sends a message.
    fn follow_sent(self, sent: RwSignal<u32>, new_since: RwSignal<Option<EventId>>) {
        Effect::new(move |before: Option<u32>| {
            let sent = sent.get();
            if before.is_some_and(|before| before != sent) {
                new_since.set(None);
                self.go_to_end();
            }
            sent
        });
    }

    /// Notes where the reader is, and loads more lines near the ends of the loaded ones.
    fn measure(self) {
        let Some(position) = scroll_position(self.list).filter(|position| position.height > 0)
        else {
            return;
        };
        let ends = self.ends.get_untracked();
        let set = |signal: RwSignal<bool>, to: bool| {
            if signal.get_untracked() != to {
                signal.set(to);
            }
        };
        set(
            self.is_at_end,
            position.below <= AT_END_WITHIN && !ends.has_newer,
        );
        set(self.is_far, position.below > position.height);
        // After a failure the reader has to ask again.
        if self
            .loader
            .state
            .with_untracked(|state| *state == Loading::Idle)
        {
            if ends.has_newer && position.below < LOAD_WITHIN {
                self.loader.newer();
            } else if ends.has_older && position.above < LOAD_WITHIN {
                self.loader.older();
            }
        }
    }

    fn go_to_end(self) {
        if self.ends.get_untracked().has_newer {
            self.live
                .feed
                .update(|feed| feed.open_room(self.topic.get_value()));
        }
        self.is_at_end.set(true);
        scroll_to_end(self.list);
    }
}

/// The button that leads to the end, with the number of new messages there.
#[component]
fn JumpToEnd(topic: Topic, pane: Pane) -> impl IntoView {
    let marks = expect_context::<ReadMarks>();
    let unread = Memo::new(move |_| {
        if pane.is_at_end.get() {
            0
        } else {
            marks.unread(&topic)
        }
    });
    move || {
        let unread = unread.get();
        let is_shown = !pane.is_at_end.get() && (unread > 0 || pane.is_far.get());
        let label = match unread {
            0 => "Jump to latest".to_owned(),
            1 => "1 new message".to_owned(),
            100.. => "99+ new messages".to_owned(),
            unread => format!("{unread} new messages"),
        };
        is_shown.then(|| {
            view! {
                <button
                    class="button to-end"
                    class:go={unread > 0}
                    type="button"
                    on:click=move |_| pane.go_to_end()
                >
                    {label}
                    <Icon name=IconName::Down />
                </button>
            }
            .into_any()
        })
    }
}

/// The text above the first line: a link to earlier messages, or that there are none.
#[component]
fn Start(
    room: String,
    topic: Topic,
    loader: Loader,
    ends: Memo<Ends>,
    lines: Memo<Vec<Arc<ChatLine>>>,
) -> impl IntoView {
    let place = HistoryAddress::of_chat(topic);
    // Without JavaScript the page of the topic shows them.
    let href = move || {
        let oldest = lines.with(|lines| lines.first().and_then(|line| line.event.event_id));
        place
            .anchored(oldest.map_or(Anchor::Newest, Anchor::Before))
            .href()
    };
    let label = move || {
        loader.state.with(|state| match state {
            Loading::Older => "Loading earlier messages…",
            Loading::Failed(_) => "Try again",
            Loading::Idle | Loading::Newer => "Earlier messages",
        })
    };
    let problem = move || {
        loader.state.with(|state| match state {
            Loading::Failed(reason) => Some(reason.clone()),
            Loading::Idle | Loading::Older | Loading::Newer => None,
        })
    };
    view! {
        {move || match (ends.get().has_older, lines.with(Vec::is_empty)) {
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
                            {label}
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

/// A room without messages.
#[component]
fn EmptyRoom(room: String) -> impl IntoView {
    let origin = use_origin();
    let path = Page::Chat.href(&room);
    let curl = move || {
        format!(
            "curl -H 'Content-Type: application/json' -d '{{\"user\":\"Ada\",\"text\":\"Hello\"}}' {}{path}",
            origin.get()
        )
    };
    view! {
        <div class="empty">
            <h2>"No messages yet"</h2>
            <p>"Write the first one, or post it from a program:"</p>
            <pre tabindex="0">{curl}</pre>
        </div>
    }
}
