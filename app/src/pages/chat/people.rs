//! Who is in the room, and who is typing.

use leptos::prelude::*;
use pulseboard_contract::{Presence, Topic};

use crate::{
    clock::use_clock,
    components::{Avatar, Icon, IconName, keyed},
    format,
    live::use_live,
};

/// The most faces on the button of a narrow page; the list has everybody.
const FACES: usize = 3;

/// The list of everybody in the room.
#[component]
pub(super) fn People(presence: Memo<Presence>) -> impl IntoView {
    view! {
        <h2 class="label">"Here now"</h2>
        <ul class="people">
            {keyed(
                move || presence.get().users,
                Clone::clone,
                move |user| {
                    view! {
                        <li>
                            <Avatar name=user.clone() />
                            <bdi>{user.clone()}</bdi>
                        </li>
                    }
                        .into_any()
                },
            )}
        </ul>
        <p class="quiet">
            {move || {
                let presence = presence.get();
                let and = if presence.users.is_empty() { "" } else { "and " };
                match presence.watching.saturating_sub(presence.users.len()) {
                    0 => String::new(),
                    guests => format!("{and}{}", format::count(guests as u64, "guest", "guests")),
                }
            }}
        </p>
    }
}

/// The number of people in the room; on a narrow page it opens the list.
#[component]
pub(super) fn Count(presence: Memo<Presence>) -> impl IntoView {
    let here = move || match presence.with(|presence| presence.users.len().max(presence.watching)) {
        0 => "nobody here".to_owned(),
        count => format!("{count} here"),
    };
    let faces = move || {
        presence.with(|presence| {
            presence
                .users
                .iter()
                .take(FACES)
                .cloned()
                .collect::<Vec<_>>()
        })
    };
    view! {
        <p class="here">{here}</p>
        <button class="button opens-people" type="button" popovertarget="people">
            <span class="faces">
                {keyed(faces, Clone::clone, |user| view! { <Avatar name=user /> }.into_any())}
            </span>
            {here}
            <Icon name=IconName::Down />
        </button>
    }
}

/// The line that says who is typing. It keeps its height, so nothing moves when somebody starts.
#[component]
pub(super) fn Typing(typing: Memo<Option<String>>) -> impl IntoView {
    view! {
        <p class="writing">
            {move || {
                typing
                    .get()
                    .map(|text| {
                        view! {
                            <span class="dots" aria-hidden="true">
                                <i></i>
                                <i></i>
                                <i></i>
                            </span>
                            <bdi>{text}</bdi>
                        }
                            .into_any()
                    })
            }}
        </p>
    }
}

/// Who else is typing in a room, as text.
pub(super) fn typing(topic: Topic) -> Memo<Option<String>> {
    let live = use_live();
    let clock = use_clock();
    let revision = live.revision(topic.clone());
    Memo::new(move |_| {
        revision.get();
        let now = clock.now();
        live.name.with(|me| {
            live.feed.with_untracked(|feed| {
                typing_text(&feed.topic(&topic)?.room().writing(now, me.as_deref()))
            })
        })
    })
}

fn typing_text(names: &[&str]) -> Option<String> {
    match names {
        [] => None,
        [one] => Some(format!("{one} is typing…")),
        [one, two] => Some(format!("{one} and {two} are typing…")),
        [..] => Some("Several people are typing…".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::typing_text;

    #[test]
    fn one_or_two_typing_people_are_named() {
        let words = |names: &[&str]| typing_text(names).unwrap_or_default();
        assert_eq!(words(&[]), "");
        assert_eq!(words(&["Ada"]), "Ada is typing…");
        assert_eq!(words(&["Ada", "Grace"]), "Ada and Grace are typing…");
        assert_eq!(
            words(&["Ada", "Grace", "Linus"]),
            "Several people are typing…"
        );
    }
}
