//! Shortcuts of one key or of several in a row, as keys come.

/// How long the next key of a shortcut may take, in milliseconds.
const PATIENCE: f64 = 1_500.0;

/// The keys pressed so far of a shortcut that may become whole.
#[derive(Debug, Default)]
pub struct Sequence {
    /// With spaces between them, and when the last of them came.
    begun: Option<(String, f64)>,
}

/// What a key led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The shortcut at this place is whole.
    Run(usize),
    /// It may become one.
    Wait,
    /// It means nothing.
    Nothing,
}

impl Sequence {
    /// Takes a key, pressed at a time in milliseconds.
    pub fn press(&mut self, key: &str, at: f64, known: &[&str]) -> Outcome {
        let begun = self.begun.take().filter(|(_, last)| at - last < PATIENCE);
        // A key that does not go on with what was begun begins anew.
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

    /// Begins anew.
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
    fn one_key_runs_and_two_run_in_a_row() {
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
    fn a_key_that_does_not_fit_begins_anew() {
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
    fn a_key_that_comes_late_stands_alone() {
        assert_eq!(
            outcomes(&[("g", 0.0), ("b", 1_500.0)]),
            [Outcome::Wait, Outcome::Nothing]
        );
    }
}
