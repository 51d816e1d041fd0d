//! Fuzzy matching: how well letters fit a name. All of them must occur in order; a fit is better where
//! they begin words or follow each other directly. Pure.

/// Points for each letter of the query.
const FOUND: i32 = 16;
/// Extra points if it follows the letter before it directly.
const BESIDE: i32 = 14;
/// Extra points if it begins a word.
const AT_WORD: i32 = 12;
/// Extra points if it begins the name.
const AT_START: i32 = 8;
/// Points taken off for each letter between two that match.
const BETWEEN: i32 = 1;
/// The most letters of a name that are compared.
const LONGEST: usize = 160;

/// How a query fits a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Its points; more is better.
    pub score: i32,
    /// The indices of the matching letters of the name.
    pub letters: Vec<usize>,
}

/// How `query` fits `name`, if it does. It ignores the case of letters, and spaces in the query.
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

    // For each letter of the query and each letter of the name: the best score of a fit that ends
    // there, and the index of the letter before. All fits are compared, because the first one is
    // often not the best.
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
    // Of equal fits, the first one.
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

/// The points for the position of a letter.
fn place(name: &[char], at: usize) -> i32 {
    let Some(before) = at.checked_sub(1).map(|before| name[before]) else {
        return AT_WORD + AT_START;
    };
    let is_word = !before.is_alphanumeric() || (before.is_lowercase() && name[at].is_uppercase());
    if is_word { AT_WORD } else { 0 }
}

/// Lower case, but one letter for one letter, so that indices stay the same.
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
    fn all_letters_must_occur_in_order() {
        assert!(fit("hm", "host/metrics").is_some());
        assert!(fit("mh", "host/metrics").is_none());
        assert!(fit("hostx", "host/metrics").is_none());
        assert!(fit("a", "").is_none());
    }

    #[test]
    fn case_and_spaces_do_not_matter() {
        assert_eq!(
            fit("GO board", "Go to the board").unwrap().letters,
            [0, 1, 10, 11, 12, 13, 14]
        );
        assert_eq!(
            fit("größe", "büro/GRÖSSE").map(|fit| fit.letters),
            None,
            "ß is not two letters"
        );
        assert_eq!(fit("ö", "BÖRSE").unwrap().letters, [1]);
    }

    #[test]
    fn matches_at_word_beginnings_and_in_a_row_come_first() {
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
    fn the_letters_of_the_best_fit_are_marked() {
        assert_eq!(fit("met", "home/metrics").unwrap().letters, [5, 6, 7]);
        assert_eq!(fit("oT", "topic of oTher").unwrap().letters, [9, 10]);
    }

    #[test]
    fn an_empty_query_fits_every_name_equally() {
        assert_eq!(
            fit(" ", "anything"),
            Some(Fit {
                score: 0,
                letters: Vec::new()
            })
        );
    }
}
