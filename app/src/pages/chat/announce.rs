//! What a screen reader is told of a room: what others say, at most once a second, and in one
//! sentence where it is much.

use std::sync::Arc;

use leptos::prelude::*;
use pulseboard_contract::{EventId, Topic};

use crate::{clock::use_clock, live::use_live};
use pulseboard_feed::ChatLine;

/// The most characters of a message that are read out.
const MOST: usize = 200;
/// That somebody is writing is told at most this often.
const WRITING_MILLIS: i64 = 30_000;

/// The voice of a room. It is heard and not seen.
#[component]
pub(super) fn Announcer(topic: Topic, writing: Memo<Option<String>>) -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let text = RwSignal::new(String::new());
    let heard = StoredValue::new(None::<EventId>);
    let told_writing = StoredValue::new(None::<i64>);
    // The clock ticks once a second; so often there is something to say at the most.
    Effect::new(move |_| {
        let now = clock.now().millis();
        let news = live.feed.with_untracked(|feed| {
            let room = feed.topic(&topic)?.room();
            let newest = room.lines().next_back()?.event.event_id?;
            let after = heard.get_value().unwrap_or(newest);
            heard.set_value(Some(newest));
            let me = live.name.get_untracked();
            let others = |line: &&Arc<ChatLine>| Some(line.chat.user.as_str()) != me.as_deref();
            let lines: Vec<_> = room
                .lines()
                .rev()
                .take_while(|line| line.is_after(after))
                .filter(others)
                .collect();
            in_words(&lines)
        });
        let is_silent = told_writing
            .get_value()
            .is_none_or(|told| now - told >= WRITING_MILLIS);
        let said = news.or_else(|| {
            let writing = writing.get_untracked().filter(|_| is_silent)?;
            told_writing.set_value(Some(now));
            Some(writing.trim_end_matches('…').to_owned())
        });
        if let Some(said) = said {
            text.set(said);
        }
    });
    view! {
        <p class="hidden" aria-live="polite" data-voice="">
            {text}
        </p>
    }
}

/// The lines, newest first, in one sentence.
fn in_words(lines: &[&Arc<ChatLine>]) -> Option<String> {
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
    fn one_message_is_read_out_and_many_are_counted() {
        let said = |lines: &[(&str, &str)]| {
            let lines: Vec<_> = lines.iter().map(|(user, text)| line(user, text)).collect();
            in_words(&lines.iter().collect::<Vec<_>>()).unwrap_or_default()
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
