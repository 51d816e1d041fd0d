//! The messages of a conversation: author, time, text, and the delivery status of unsent ones.

mod layout;
mod text;

use std::sync::Arc;

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

pub use layout::{ChatMessage, MessageRow, message_rows};

use self::text::{Span, spans};
use super::{Icon, IconName, TimeOfDay, keyed};
use crate::{
    clock::use_clock,
    live::use_live,
    outbox::{Failure, Outgoing, Stage, use_outbox},
};
use pulseboard_feed::ChatLine;

/// A few published messages, without days.
#[component]
pub fn Messages(
    /// The messages, oldest first.
    #[prop(into)]
    lines: Signal<Vec<Arc<ChatLine>>>,
) -> impl IntoView {
    view! { <Few messages=Signal::derive(move || lines.get().into_iter().map(ChatMessage::Published).collect()) /> }
}

/// The unsent messages of a room, for a place that does not show them among the published ones.
#[component]
pub fn UnsentMessages(
    /// The room.
    #[prop(into)]
    room: Signal<String>,
) -> impl IntoView {
    let outbox = use_outbox();
    view! {
        <Few messages=Signal::derive(move || {
            room.with(|room| outbox.unsent(room)).into_iter().map(ChatMessage::Unsent).collect()
        }) />
    }
}

#[component]
fn Few(messages: Signal<Vec<ChatMessage>>) -> impl IntoView {
    let clock = use_clock();
    let rows = Memo::new(move |_| {
        let mut rows = message_rows(messages.get(), |time| clock.day(time), None, None);
        for row in &mut rows {
            row.day = None;
        }
        rows
    });
    view! { <ol class="lines">{keyed(move || rows.get(), MessageRow::key, message_row)}</ol> }
}

/// One message and the lines before it.
pub fn message_row(row: MessageRow) -> AnyView {
    let live = use_live();
    let clock = use_clock();
    let MessageRow {
        message,
        day,
        continues,
        is_first_new,
    } = row;
    let (time, user) = (message.time(), message.user().to_owned());
    let is_mine = live
        .name
        .with_untracked(|me| me.as_deref() == Some(user.as_str()));
    let (is_new, stage) = match &message {
        // The reader's own message was visible before it was published, so it is not highlighted.
        ChatMessage::Published(line) => (!is_mine && live.is_new(&line.event), None),
        ChatMessage::Unsent(outgoing) => (false, Some(outgoing.clone())),
    };
    let is_unsent = stage.is_some();
    view! {
        {day
            .map(|day| {
                let name = Memo::new(move |_| clock.day_name(&day));
                // "Today" becomes "Yesterday" at midnight.
                view! {
                    <li class="day">
                        <span>{name}</span>
                    </li>
                }
                    .into_any()
            })}
        {is_first_new
            .then(|| {
                view! {
                    <li class="since">
                        <span>"New messages"</span>
                    </li>
                }
                    .into_any()
            })}
        <li class="line" class:more=continues class:new=is_new class:unsent=is_unsent>
            {if continues {
                view! {
                    <span class="at">
                        <TimeOfDay at=time short=true />
                    </span>
                }
                    .into_any()
            } else {
                view! { <Head user=user time=time /> }.into_any()
            }}
            <p class="said" dir="auto">
                {spans(message.text()).into_iter().map(span).collect_view()}
            </p>
            {stage.map(|outgoing| view! { <DeliveryStatus outgoing=outgoing /> }.into_any())}
        </li>
    }
    .into_any()
}

#[component]
fn Head(user: String, time: Timestamp) -> impl IntoView {
    view! {
        <Avatar name=user.clone() />
        <p class="who">
            <b>
                <bdi>{user}</bdi>
            </b>
            <TimeOfDay at=time short=true />
        </p>
    }
}

fn span(span: Span) -> AnyView {
    match span {
        Span::Text(text) => text.into_any(),
        Span::Link(address) => {
            let href = address.clone();
            view! {
                <a href=href target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
                    {address}
                </a>
            }
            .into_any()
        }
        Span::Code(code) => view! { <code>{code}</code> }.into_any(),
        Span::Block(code) => view! {
            <code class="block" dir="ltr">
                {code}
            </code>
        }
        .into_any(),
        Span::DirectionControl(c) => {
            let number = format!("U+{:04X}", u32::from(c));
            view! {
                <span class="turn" title="A control character that changes the direction of the text">
                    {number}
                </span>
            }
            .into_any()
        }
    }
}

/// The delivery status of an unsent message. The reader can retry or discard a failed one.
#[component]
fn DeliveryStatus(outgoing: Outgoing) -> impl IntoView {
    let outbox = use_outbox();
    match outgoing.stage {
        Stage::Waiting => view! { <p class="fate">"Queued"</p> }.into_any(),
        Stage::Sending | Stage::Sent(_) => view! { <p class="fate">"Sending…"</p> }.into_any(),
        Stage::Failed(Failure { reason, .. }) => {
            let (retried, discarded) = (outgoing.id.clone(), outgoing.id);
            view! {
                <div class="fate failed">
                    <p role="alert">
                        <Icon name=IconName::Warning />
                        <span>{format!("Not sent. {reason}")}</span>
                    </p>
                    <button class="button" type="button" on:click=move |_| outbox.retry(&retried)>
                        <Icon name=IconName::Retry />
                        "Retry"
                    </button>
                    <button class="button" type="button" on:click=move |_| outbox.discard(&discarded)>
                        <Icon name=IconName::Close />
                        "Discard"
                    </button>
                </div>
            }
            .into_any()
        }
    }
}

/// A person's initials on a colour derived from the name.
#[component]
pub fn Avatar(
    /// The person's name.
    name: String,
) -> impl IntoView {
    let hue = name.bytes().fold(7u32, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(u32::from(byte))
    }) % 360;
    view! { <span class="avatar" style:--hue=hue.to_string() aria-hidden="true">{initials(&name)}</span> }
}

/// The first letter of the first word of a name and of its last.
fn initials(name: &str) -> String {
    let mut letters = name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = letters.next().or_else(|| name.trim().chars().next());
    first
        .into_iter()
        .chain(letters.next_back())
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn an_avatar_shows_the_initials_of_the_first_and_the_last_word() {
        for (name, expected) in [
            ("Ada", "A"),
            ("ada lovelace", "AL"),
            ("Grace B. M. Hopper", "GH"),
            ("(ops) bot", "OB"),
            ("…", "…"),
            ("", ""),
        ] {
            assert_eq!(initials(name), expected);
        }
    }
}
