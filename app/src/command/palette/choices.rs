//! What the palette offers, and in which order.

use leptos::prelude::Callback;

use crate::command::score::fit;

/// Choices shown.
pub(super) const SHOWN: usize = 12;
/// Choices remembered.
pub(super) const REMEMBERED: usize = 6;

/// One thing to choose.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// What kind of thing it is, in a word.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its shortcut, if it has one.
    pub keys: &'static str,
    /// What choosing it does.
    pub act: Act,
}

/// What a choice does.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Goes to an address.
    Go(String),
    /// Does something.
    Run(Callback<()>),
}

impl Choice {
    /// By which it is remembered.
    pub(super) fn key(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }
}

/// A choice that is shown.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Which.
    pub choice: Choice,
    /// The letters that were asked for.
    pub letters: Vec<usize>,
    /// Whether it was chosen before.
    pub is_recent: bool,
}

/// The choices that fit, the best first; where nothing is asked, what was chosen last, then the
/// rest as they come.
pub(super) fn find(query: &str, choices: &[Choice], recent: &[String]) -> Vec<Found> {
    /// What was chosen before comes before what fits about as well.
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
    // Stable, so that the rest stays in the order it came.
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    found.truncate(SHOWN);
    found.into_iter().map(|(_, _, found)| found).collect()
}

/// What was chosen, put first among what was chosen before.
pub(super) fn chosen(key: String, mut recent: Vec<String>) -> Vec<String> {
    recent.retain(|other| *other != key);
    recent.insert(0, key);
    recent.truncate(REMEMBERED);
    recent
}

/// A name cut into pieces: those that were asked for, and what is between them.
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
    fn what_was_chosen_last_comes_first() {
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
    fn a_choice_is_remembered_once_and_not_for_ever() {
        let recent: Vec<_> = (0..REMEMBERED).map(|n| n.to_string()).collect();
        assert_eq!(
            chosen("3".into(), recent.clone()),
            ["3", "0", "1", "2", "4", "5"]
        );
        assert_eq!(chosen("x".into(), recent), ["x", "0", "1", "2", "3", "4"]);
    }

    #[test]
    fn the_letters_asked_for_stand_out() {
        let pieces = pieces("büro/a", &[0, 1, 5]);
        let pieces: Vec<_> = pieces
            .iter()
            .map(|(asked, piece)| (*asked, piece.as_str()))
            .collect();
        assert_eq!(pieces, [(true, "bü"), (false, "ro/"), (true, "a")]);
    }
}
