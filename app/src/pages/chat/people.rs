//! Who is in the room, and who is writing.

use leptos::prelude::*;
use pulseboard_contract::{Presence, Topic};

use crate::{
    clock::use_clock,
    components::{Avatar, Icon, IconName, keyed},
    live::use_live,
};

/// Faces shown on a narrow page; the list has all.
const FACES: usize = 3;

/// Who is in the room, in full.
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
                    more => format!("{and}{more} without a name"),
                }
            }}
        </p>
    }
}

/// How many are in the room; on a narrow page it opens the list of them.
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

/// Who is writing. The line keeps its height, so nothing moves when somebody begins.
#[component]
pub(super) fn Writing(writing: Memo<Option<String>>) -> impl IntoView {
    view! {
        <p class="writing">
            {move || {
                writing
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

/// Who else is writing in a room, in words.
pub(super) fn writing(topic: Topic) -> Memo<Option<String>> {
    let live = use_live();
    let clock = use_clock();
    let revision = live.revision(topic.clone());
    Memo::new(move |_| {
        revision.get();
        let now = clock.now();
        live.name.with(|me| {
            live.feed.with_untracked(|feed| {
                in_words(&feed.topic(&topic)?.room().writing(now, me.as_deref()))
            })
        })
    })
}

fn in_words(names: &[&str]) -> Option<String> {
    match names {
        [] => None,
        [one] => Some(format!("{one} is writing…")),
        [one, two] => Some(format!("{one} and {two} are writing…")),
        [..] => Some("Several people are writing…".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn who_is_writing_is_named_as_long_as_they_are_few() {
        let words = |names: &[&str]| in_words(names).unwrap_or_default();
        assert_eq!(words(&[]), "");
        assert_eq!(words(&["Ada"]), "Ada is writing…");
        assert_eq!(words(&["Ada", "Grace"]), "Ada and Grace are writing…");
        assert_eq!(
            words(&["Ada", "Grace", "Linus"]),
            "Several people are writing…"
        );
    }
}
