//! The announcements of a room to screen readers: the messages of others, at most once a second, and
//! in one sentence where there are many.

use std::sync::Arc;

use leptos::prelude::*;
use pulseboard_contract::{EventId, Topic};

use crate::{clock::use_clock, live::use_live};
use pulseboard_feed::ChatLine;

/// The most characters of a message that are announced.
const MOST: usize = 200;
/// An announcement that somebody is typing comes at most this often.
const TYPING_EVERY_MILLIS: i64 = 30_000;

/// The announcer of a room. It is not visible.
#[component]
pub(super) fn Announcer(topic: Topic, typing: Memo<Option<String>>) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let text = RwSignal::new(String::new());
    let announced = StoredValue::new(None::<EventId>);
    let typing_announced = StoredValue::new(None::<i64>);
    // The clock limits announcements to one a second.
    Effect::new(move |_| {
        let now = clock.now().millis();
        let messages = live.feed.with_untracked(|feed| {
            let room = feed.topic(&topic)?.room();
            let newest = room.lines().next_back()?.event.event_id?;
            let after = announced.get_value().unwrap_or(newest);
            announced.set_value(Some(newest));
            let me = live.name.get_untracked();
            let others = |line: &&Arc<ChatLine>| Some(line.chat.user.as_str()) != me.as_deref();
            let lines: Vec<_> = room
                .lines()
                .rev()
                .take_while(|line| line.is_after(after))
                .filter(others)
                .collect();
            announcement(&lines)
        });
        let may_announce_typing = typing_announced
            .get_value()
            .is_none_or(|at| now - at >= TYPING_EVERY_MILLIS);
        let announcement = messages.or_else(|| {
            let typing = typing.get_untracked().filter(|_| may_announce_typing)?;
            typing_announced.set_value(Some(now));
            Some(typing.trim_end_matches('…').to_owned())
        });
        if let Some(announcement) = announcement {
            text.set(announcement);
        }
    });
    view! {
        <p class="hidden" aria-live="polite" data-voice="">
            {text}
        </p>
    }
}

/// Announces lines, newest first, in one sentence.
fn announcement(lines: &[&Arc<ChatLine>]) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for line in lines {
        if !names.contains(&line.chat.user.as_str()) {
            names.push(&line.chat.user);
        }
    }
    match (lines, names.as_slice()) {
        ([], _) | (_, []) => None,
        ([line], [name, ..]) => {
            let text: String = line.chat.text.chars().take(MOST).collect();
            Some(format!("{name}: {text}"))
        }
        ([..], [name]) => Some(format!("{} new messages from {name}", lines.len())),
        ([..], [one, two]) => Some(format!("{} new messages from {two} and {one}", lines.len())),
        ([..], [..]) => Some(format!(
            "{} new messages from {} people",
            lines.len(),
            names.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::{Attributes, Chat, Event, EventType, Json};

    use super::*;

    fn line(user: &str, text: &str) -> Arc<ChatLine> {
        let time = "2024-01-01T12:00:00Z".parse().unwrap();
        let event = Event {
            event_id: None,
            id: "1".into(),
            source: "/chat".into(),
            event_type: EventType::Chat.into(),
            topic: Topic::new("chat/a").unwrap(),
            time,
            expires: None,
            attributes: Attributes::default(),
            data: Json::parse("{}").unwrap(),
        };
        Arc::new(ChatLine {
            event: Arc::new(event),
            chat: Chat {
                user: user.into(),
                text: text.into(),
                time,
            },
        })
    }

    #[test]
    fn one_message_is_announced_in_full_and_many_are_counted() {
        let said = |lines: &[(&str, &str)]| {
            let lines: Vec<_> = lines.iter().map(|(user, text)| line(user, text)).collect();
            announcement(&lines.iter().collect::<Vec<_>>()).unwrap_or_default()
        };
        assert_eq!(said(&[]), "");
        assert_eq!(said(&[("Ada", "Hello")]), "Ada: Hello");
        assert_eq!(
            said(&[("Ada", "b"), ("Ada", "a")]),
            "2 new messages from Ada"
        );
        assert_eq!(
            said(&[("Grace", "c"), ("Ada", "b"), ("Grace", "a")]),
            "3 new messages from Ada and Grace"
        );
        assert_eq!(
            said(&[("Linus", "c"), ("Grace", "b"), ("Ada", "a")]),
            "3 new messages from 3 people"
        );
        assert_eq!(
            said(&[("Ada", &"x".repeat(500))]).len(),
            "Ada: ".len() + MOST
        );
    }
}
