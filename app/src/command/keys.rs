//! Recognises shortcuts of one key, or of several keys in a row. Pure.

/// The longest time between two keys of a shortcut, in milliseconds.
const PATIENCE: f64 = 1_500.0;

/// The keys of a shortcut so far.
#[derive(Debug, Default)]
pub struct Sequence {
    /// The keys with spaces between them, and the time of the last one.
    begun: Option<(String, f64)>,
}

/// The effect of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It completes the shortcut at this index.
    Run(usize),
    /// It is part of a shortcut.
    Wait,
    /// It is part of no shortcut.
    Nothing,
}

impl Sequence {
    /// Handles a key that was pressed at a time, in milliseconds.
    pub fn press(&mut self, key: &str, at: f64, known: &[&str]) -> Outcome {
        let begun = self.begun.take().filter(|(_, last)| at - last < PATIENCE);
        // A key that does not continue the sequence starts a new one.
        let continued = begun.map(|(begun, _)| format!("{begun} {key}"));
        for keys in continued.into_iter().chain([key.to_owned()]) {
            if let Some(index) = known.iter().position(|known| *known == keys) {
                return Outcome::Run(index);
            }
            let begins = |known: &&str| {
                known
                    .strip_prefix(keys.as_str())
                    .is_some_and(|rest| rest.starts_with(' '))
            };
            if known.iter().any(begins) {
                self.begun = Some((keys, at));
                return Outcome::Wait;
            }
        }
        Outcome::Nothing
    }

    /// Forgets the keys so far.
    pub fn forget(&mut self) {
        self.begun = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 5] = ["g b", "g c", "t", "?", ""];

    fn outcomes(presses: &[(&str, f64)]) -> Vec<Outcome> {
        let mut sequence = Sequence::default();
        presses
            .iter()
            .map(|(key, at)| sequence.press(key, *at, &KNOWN))
            .collect()
    }

    #[test]
    fn shortcuts_have_one_key_or_two_in_a_row() {
        assert_eq!(
            outcomes(&[("t", 0.0), ("g", 9.0), ("c", 500.0), ("c", 600.0)]),
            [
                Outcome::Run(2),
                Outcome::Wait,
                Outcome::Run(1),
                Outcome::Nothing
            ]
        );
    }

    #[test]
    fn a_key_that_does_not_fit_starts_a_new_sequence() {
        assert_eq!(
            outcomes(&[
                ("g", 0.0),
                ("t", 1.0),
                ("g", 2.0),
                ("g", 3.0),
                ("b", 4.0),
                ("x", 5.0)
            ]),
            [
                Outcome::Wait,
                Outcome::Run(2),
                Outcome::Wait,
                Outcome::Wait,
                Outcome::Run(0),
                Outcome::Nothing
            ]
        );
    }

    #[test]
    fn a_late_key_does_not_continue_a_sequence() {
        assert_eq!(
            outcomes(&[("g", 0.0), ("b", 1_500.0)]),
            [Outcome::Wait, Outcome::Nothing]
        );
    }
}
