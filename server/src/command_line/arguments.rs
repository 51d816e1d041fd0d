//! Prepares the words of the command line for clap: inserts the default command, and finds
//! `--config`.

use std::ffi::{OsStr, OsString};

/// The words of the command line, which always include a command.
pub(super) struct Arguments {
    pub(super) words: Vec<OsString>,
    /// The value of `--config`, if it is given.
    pub(super) config: Option<OsString>,
    /// The command that prints the help for this command line.
    pub(super) help: String,
}

impl Arguments {
    /// Inserts `serve` if the words have no command.
    pub(super) fn new(
        words: impl IntoIterator<Item = OsString>,
        is_command: impl Fn(&OsStr) -> bool,
    ) -> Self {
        let mut words: Vec<_> = words.into_iter().collect();
        // Skip the name of the program, and the only flag that may come before the command.
        let mut first = 1;
        while let Some(word) = words.get(first).and_then(|word| word.to_str()) {
            match word {
                "--config" => first += 2,
                word if word.starts_with("--config=") => first += 1,
                _ => break,
            }
        }
        first = first.min(words.len());
        let needs_default = match words.get(first) {
            None => true,
            Some(word)
                if ["-h", "--help", "-V", "--version"]
                    .iter()
                    .any(|flag| word == flag) =>
            {
                false
            }
            Some(word) => word.as_encoded_bytes().starts_with(b"-"),
        };
        if needs_default {
            words.insert(first, "serve".into());
        }
        let command = words
            .get(first)
            .filter(|word| is_command(word))
            .and_then(|word| word.to_str());
        let help = command.map_or_else(
            || "pulseboard --help".to_owned(),
            |name| format!("pulseboard {name} --help"),
        );
        Self {
            config: config(&words),
            words,
            help,
        }
    }
}

/// The value of `--config`, at any position before `--`.
fn config(words: &[OsString]) -> Option<OsString> {
    let mut words = words.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        if word == "--config" {
            return words.next().cloned();
        }
        if let Some(value) = word
            .to_str()
            .and_then(|word| word.strip_prefix("--config="))
        {
            return Some(value.into());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_file_may_be_named_anywhere_before_the_double_hyphen() {
        let config = |words: &[&str]| config(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(
            config(&["pulseboard", "--config", "a", "tail"]),
            Some("a".into())
        );
        assert_eq!(
            config(&["pulseboard", "tail", "--config=a"]),
            Some("a".into())
        );
        assert_eq!(
            config(&["pulseboard", "publish", "t", "--", "--config", "a"]),
            None
        );
        assert_eq!(config(&["pulseboard", "--config"]), None);
    }
}
