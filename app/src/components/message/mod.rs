//! Lines of a conversation as they are shown: who, when, what, and what became of one's own.

mod layout;
mod text;

use std::sync::Arc;

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

pub use layout::{Entry, Said, entries};

use self::text::{Span, spans};
use super::{Icon, IconName, TimeOfDay, keyed};
use crate::{
    clock::use_clock,
    live::use_live,
    outbox::{Failure, Outgoing, Stage, use_outbox},
};
use pulseboard_feed::ChatLine;

/// Lines without days, as for a place where there are only a few.
#[component]
pub fn Lines(
    /// What was said, oldest first.
    #[prop(into)]
    lines: Signal<Vec<Arc<ChatLine>>>,
) -> impl IntoView {
    view! { <Few said=Signal::derive(move || lines.get().into_iter().map(Said::Line).collect()) /> }
}

/// What is on its way to a room, for a place that does not show it among the lines.
#[component]
pub fn Unsent(
    /// The room.
    #[prop(into)]
    room: Signal<String>,
) -> impl IntoView {
    let outbox = use_outbox();
    view! {
        <Few said=Signal::derive(move || {
            room.with(|room| outbox.unsent(room)).into_iter().map(Said::Unsent).collect()
        }) />
    }
}

#[component]
fn Few(said: Signal<Vec<Said>>) -> impl IntoView {
    let clock = use_clock();
    let shown = Memo::new(move |_| {
        let mut shown = entries(said.get(), |time| clock.day(time), None, None);
        // Of the last few lines it is clear which day it is.
        for entry in &mut shown {
            entry.day = None;
        }
        shown
    });
    view! { <ol class="lines">{keyed(move || shown.get(), Entry::key, |entry| line(entry))}</ol> }
}

/// One line, and the rules before it.
pub fn line(entry: Entry) -> AnyView {
    let live = use_live();
    let clock = use_clock();
    let Entry {
        said,
        day,
        continues,
        is_first_new,
    } = entry;
    let (time, user) = (said.time(), said.user().to_owned());
    let is_mine = live
        .name
        .with_untracked(|me| me.as_deref() == Some(user.as_str()));
    let (is_new, stage) = match &said {
        // One's own line is where one has just put it; that it was heard is no news.
        Said::Line(line) => (!is_mine && live.is_new(&line.event), None),
        Said::Unsent(outgoing) => (false, Some(outgoing.clone())),
    };
    let is_unsent = stage.is_some();
    view! {
        {day
            .map(|day| {
                let name = Memo::new(move |_| clock.day_name(&day));
                // It is called otherwise tomorrow.
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
                        <span>"New since you were here"</span>
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
                {spans(said.text()).into_iter().map(span).collect_view()}
            </p>
            {stage.map(|outgoing| view! { <Fate outgoing=outgoing /> }.into_any())}
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
        Span::Turn(c) => {
            let number = format!("U+{:04X}", u32::from(c));
            view! {
                <span class="turn" title="A character that would change the direction of the text">
                    {number}
                </span>
            }
            .into_any()
        }
    }
}

/// What became of one's own message: by word and icon, and what one can do.
#[component]
fn Fate(outgoing: Outgoing) -> impl IntoView {
    let outbox = use_outbox();
    match outgoing.stage {
        Stage::Waiting => view! { <p class="fate">"Waiting for its turn"</p> }.into_any(),
        Stage::Sending | Stage::Sent(_) => view! { <p class="fate">"Sending…"</p> }.into_any(),
        Stage::Failed(Failure { reason, .. }) => {
            let (again, away) = (outgoing.id.clone(), outgoing.id);
            view! {
                <div class="fate failed">
                    <p role="alert">
                        <Icon name=IconName::Warning />
                        <span>{format!("Not sent. {reason}")}</span>
                    </p>
                    <button class="button" type="button" on:click=move |_| outbox.retry(&again)>
                        <Icon name=IconName::Retry />
                        "Retry"
                    </button>
                    <button class="button" type="button" on:click=move |_| outbox.discard(&away)>
                        <Icon name=IconName::Close />
                        "Discard"
                    </button>
                </div>
            }
            .into_any()
        }
    }
}

/// Somebody's initials on a colour of their own.
#[component]
pub fn Avatar(
    /// What they call themselves.
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
    fn an_avatar_has_the_initials_of_the_first_word_and_the_last() {
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
