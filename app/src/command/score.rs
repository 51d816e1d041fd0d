//! How well a few letters fit a name: all of them in order, best at the beginnings of words and
//! side by side.

/// For each letter that is found.
const FOUND: i32 = 16;
/// More where it follows the one before at once.
const BESIDE: i32 = 14;
/// More where a word begins with it.
const AT_WORD: i32 = 12;
/// More where the whole name does.
const AT_START: i32 = 8;
/// Less for each letter between two that are found.
const BETWEEN: i32 = 1;
/// As far as this into a name is looked.
const LONGEST: usize = 160;

/// A fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// How good; more is better.
    pub score: i32,
    /// Which letters of the name were found, counted from 0.
    pub letters: Vec<usize>,
}

/// How `query` fits `name`, if it does. Spaces of the query mean nothing, nor does the case of
/// letters.
pub fn fit(query: &str, name: &str) -> Option<Fit> {
    let query: Vec<char> = query
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(lower)
        .collect();
    let original: Vec<char> = name.chars().take(LONGEST).collect();
    let name: Vec<char> = original.iter().copied().map(lower).collect();
    if query.is_empty() {
        return Some(Fit {
            score: 0,
            letters: Vec::new(),
        });
    }

    // For each letter of the query, the best score of a fit that ends at each letter of the name,
    // and where the letter before was found. All ways are weighed: the first one found is often not
    // the best.
    let mut ends: Vec<Vec<Option<(i32, usize)>>> = Vec::with_capacity(query.len());
    for (nth, wanted) in query.iter().enumerate() {
        let row = (0..name.len()).map(|at| {
            if name[at] != *wanted {
                return None;
            }
            let here = FOUND + place(&original, at);
            let Some(before) = nth.checked_sub(1).and_then(|before| ends.get(before)) else {
                return Some((here, at));
            };
            let from = |from: usize| {
                let between = i32::try_from(at - from - 1).unwrap_or(i32::MAX / 2);
                let beside = if between == 0 { BESIDE } else { 0 };
                before[from].map(|(score, _)| (score + here + beside - BETWEEN * between, from))
            };
            (0..at).filter_map(from).max_by_key(|(score, _)| *score)
        });
        ends.push(row.collect());
    }

    let last = ends
        .last()?
        .iter()
        .enumerate()
        .filter_map(|(at, end)| end.map(|(score, _)| (score, at)));
    // Of two that are as good, the one that comes first, and the shorter name.
    let (score, mut at) = last.max_by_key(|(score, at)| (*score, std::cmp::Reverse(*at)))?;
    let mut letters = Vec::with_capacity(query.len());
    for row in ends.iter().rev() {
        letters.push(at);
        at = row[at]?.1;
    }
    letters.reverse();
    let spare = i32::try_from(name.len() - query.len()).unwrap_or(0);
    Some(Fit {
        score: score - spare.min(40) / 4,
        letters,
    })
}

/// What the place of a letter is worth.
fn place(name: &[char], at: usize) -> i32 {
    let Some(before) = at.checked_sub(1).map(|before| name[before]) else {
        return AT_WORD + AT_START;
    };
    let is_word = !before.is_alphanumeric() || (before.is_lowercase() && name[at].is_uppercase());
    if is_word { AT_WORD } else { 0 }
}

/// One letter for one, so that places stay what they are.
fn lower(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(query: &str, names: &[&'a str]) -> Vec<&'a str> {
        let mut found: Vec<_> = names
            .iter()
            .filter_map(|name| Some((fit(query, name)?.score, *name)))
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn all_letters_must_be_there_in_order() {
        assert!(fit("hm", "host/metrics").is_some());
        assert!(fit("mh", "host/metrics").is_none());
        assert!(fit("hostx", "host/metrics").is_none());
        assert!(fit("a", "").is_none());
    }

    #[test]
    fn case_and_spaces_mean_nothing() {
        assert_eq!(
            fit("GO board", "Go to the board").unwrap().letters,
            [0, 1, 10, 11, 12, 13, 14]
        );
        assert_eq!(
            fit("größe", "büro/GRÖSSE").map(|fit| fit.letters),
            None,
            "ß is no two letters"
        );
        assert_eq!(fit("ö", "BÖRSE").unwrap().letters, [1]);
    }

    #[test]
    fn beginnings_of_words_and_runs_come_first() {
        assert_eq!(
            best("chat", &["church/attic", "chat/general", "what/chat"])[0],
            "chat/general"
        );
        assert_eq!(
            best("hm", &["home/temp", "host/metrics", "rhythm"])[0],
            "host/metrics"
        );
        assert_eq!(
            best("dep", &["deploys/api", "independent", "deploys"]),
            ["deploys", "deploys/api", "independent"]
        );
    }

    #[test]
    fn the_best_letters_are_marked_not_the_first() {
        assert_eq!(fit("met", "home/metrics").unwrap().letters, [5, 6, 7]);
        assert_eq!(fit("oT", "topic of oTher").unwrap().letters, [9, 10]);
    }

    #[test]
    fn nothing_asked_fits_everything_alike() {
        assert_eq!(
            fit(" ", "anything"),
            Some(Fit {
                score: 0,
                letters: Vec::new()
            })
        );
    }
}
