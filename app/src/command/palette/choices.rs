//! The choices of the palette and their order. Pure.

use leptos::prelude::Callback;

use crate::command::score::fit;

/// The most choices shown.
pub(super) const SHOWN: usize = 12;
/// The most recent choices remembered.
pub(super) const REMEMBERED: usize = 6;

/// A choice.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// Its kind, such as `Page`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its shortcut; empty for none.
    pub keys: &'static str,
    /// Its effect.
    pub act: Act,
}

/// The effect of a choice.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Goes to an address.
    Go(String),
    /// Runs an action.
    Run(Callback<()>),
}

impl Choice {
    /// The key by which it is remembered.
    pub(super) fn key(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }
}

/// A choice that fits the query.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The choice.
    pub choice: Choice,
    /// The indices of the letters that match.
    pub letters: Vec<usize>,
    /// Whether it is a recent choice.
    pub is_recent: bool,
}

/// The choices that fit the query, best first. Without a query: the recent choices, then the others in
/// their order.
pub(super) fn find(query: &str, choices: &[Choice], recent: &[String]) -> Vec<Found> {
    /// A recent choice comes before others that fit about as well.
    const RECENT: i32 = 10;
    let mut found: Vec<(i32, usize, Found)> = Vec::new();
    for choice in choices {
        let Some(fit) = fit(query, &choice.name) else {
            continue;
        };
        let key = choice.key();
        let age = recent.iter().position(|recent| *recent == key);
        let score = fit.score + if age.is_some() { RECENT } else { 0 };
        found.push((
            score,
            age.unwrap_or(REMEMBERED),
            Found {
                choice: choice.clone(),
                letters: fit.letters,
                is_recent: age.is_some(),
            },
        ));
    }
    // A stable sort, so that equal choices keep their order.
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    found.truncate(SHOWN);
    found.into_iter().map(|(_, _, found)| found).collect()
}

/// The recent choices with a new one in front.
pub(super) fn chosen(key: String, mut recent: Vec<String>) -> Vec<String> {
    recent.retain(|other| *other != key);
    recent.insert(0, key);
    recent.truncate(REMEMBERED);
    recent
}

/// A name in pieces: those that match the query, and those between them.
pub(super) fn pieces(name: &str, letters: &[usize]) -> Vec<(bool, String)> {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    for (at, c) in name.chars().enumerate() {
        let is_asked = letters.binary_search(&at).is_ok();
        match pieces.last_mut() {
            Some((asked, piece)) if *asked == is_asked => piece.push(c),
            _ => pieces.push((is_asked, c.to_string())),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices() -> Vec<Choice> {
        let choice = |(kind, name): (&'static str, &str)| Choice {
            kind,
            name: name.to_owned(),
            keys: "",
            act: Act::Go("/".to_owned()),
        };
        [
            ("Page", "Board"),
            ("Page", "Chat"),
            ("Topic", "chat/general"),
            ("Action", "Pause the stream"),
        ]
        .map(choice)
        .into()
    }

    fn names(query: &str, recent: &[&str]) -> Vec<String> {
        let recent: Vec<_> = recent.iter().map(|key| (*key).to_owned()).collect();
        find(query, &choices(), &recent)
            .into_iter()
            .map(|found| found.choice.name)
            .collect()
    }

    #[test]
    fn recent_choices_come_first() {
        assert_eq!(
            names("", &[]),
            ["Board", "Chat", "chat/general", "Pause the stream"]
        );
        assert_eq!(
            names("", &["Action Pause the stream", "Page Chat"]),
            ["Pause the stream", "Chat", "Board", "chat/general"]
        );
        assert_eq!(names("chat", &[]), ["Chat", "chat/general"]);
        assert_eq!(
            names("chat", &["Topic chat/general"]),
            ["chat/general", "Chat"]
        );
    }

    #[test]
    fn recent_choices_are_distinct_and_limited() {
        let recent: Vec<_> = (0..REMEMBERED).map(|n| n.to_string()).collect();
        assert_eq!(
            chosen("3".into(), recent.clone()),
            ["3", "0", "1", "2", "4", "5"]
        );
        assert_eq!(chosen("x".into(), recent), ["x", "0", "1", "2", "3", "4"]);
    }

    #[test]
    fn matching_letters_are_pieces_of_their_own() {
        let pieces = pieces("büro/a", &[0, 1, 5]);
        let pieces: Vec<_> = pieces
            .iter()
            .map(|(asked, piece)| (*asked, piece.as_str()))
            .collect();
        assert_eq!(pieces, [(true, "bü"), (false, "ro/"), (true, "a")]);
    }
}
