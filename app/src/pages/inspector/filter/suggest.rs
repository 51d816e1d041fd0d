//! Completes the part of the filter that the reader is writing, from the topics, types and fields
//! that the page has seen.

/// The names that suggestions are made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Candidates {
    /// Topic names.
    pub topics: Vec<String>,
    /// Event types.
    pub types: Vec<String>,
    /// Paths of fields in recent payloads.
    pub paths: Vec<String>,
}

/// A completion that the reader can accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suggestion {
    /// The text of the filter field after it is accepted.
    pub text: String,
    /// The completed part, which the list shows.
    pub part: String,
}

/// The most suggestions shown at a time.
const MAX_SUGGESTIONS: usize = 8;

/// Suggestions for the last part of the filter.
pub(crate) fn suggest(text: &str, candidates: &Candidates) -> Vec<Suggestion> {
    let start = text.rfind(char::is_whitespace).map_or(0, |at| {
        at + text[at..].chars().next().map_or(1, char::len_utf8)
    });
    let (before, part) = text.split_at(start);
    let (sign, part) = part
        .strip_prefix('-')
        .map_or(("", part), |rest| ("-", rest));
    let mut found = Vec::new();
    let mut add = |part: String, is_open: bool| {
        // The reader goes on writing in an open part, so no space follows it.
        let space = if is_open { "" } else { " " };
        found.push(Suggestion {
            text: format!("{before}{sign}{part}{space}"),
            part: format!("{sign}{part}"),
        });
    };
    if let Some(written) = part.strip_prefix("topic:") {
        let topics = branch_patterns(&candidates.topics);
        containing(topics.iter().chain(&candidates.topics), written)
            .for_each(|topic| add(format!("topic:{topic}"), false));
    } else if let Some(written) = part.strip_prefix("type:") {
        containing(candidates.types.iter(), written)
            .for_each(|name| add(format!("type:{name}"), false));
    } else if part.starts_with("data") {
        containing(candidates.paths.iter(), part).for_each(|path| add(path.clone(), true));
    } else if part.is_empty() {
        for part in ["topic:", "type:", "data."] {
            add(part.to_owned(), true);
        }
    } else {
        for word in ["topic:", "type:", "data."]
            .into_iter()
            .filter(|word| word.starts_with(part))
        {
            add(word.to_owned(), true);
        }
        // A word may be part of a topic's or a type's name.
        if part.chars().count() > 1 {
            candidates
                .topics
                .iter()
                .filter(|topic| topic.contains(part))
                .for_each(|topic| add(format!("topic:{topic}"), false));
            candidates
                .types
                .iter()
                .filter(|name| name.contains(part))
                .for_each(|name| add(format!("type:{name}"), false));
        }
    }
    found.truncate(MAX_SUGGESTIONS);
    found
}

/// The names that contain `written`. Those that start with it come first.
fn containing<'a>(
    names: impl Iterator<Item = &'a String>,
    written: &str,
) -> impl Iterator<Item = &'a String> {
    let mut found: Vec<_> = names
        .filter(|name| *name != written && name.contains(written))
        .collect();
    found.sort_by_key(|name| !name.starts_with(written));
    found.into_iter()
}

/// A pattern for each first segment that has topics below it, for example `host/**`.
fn branch_patterns(topics: &[String]) -> Vec<String> {
    let mut branches: Vec<_> = topics
        .iter()
        .filter_map(|topic| topic.split_once('/'))
        .map(|(first, _)| format!("{first}/**"))
        .collect();
    branches.dedup();
    branches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<String> {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let candidates = Candidates {
            topics: names(&["chat/general", "deploys", "host/metrics", "host/web-1"]),
            types: names(&["chat", "metrics"]),
            paths: names(&["data.cpu_percent", "data.user"]),
        };
        suggest(text, &candidates)
            .into_iter()
            .map(|suggestion| suggestion.text)
            .collect()
    }

    #[test]
    fn the_part_being_written_is_completed() {
        assert_eq!(parts(""), ["topic:", "type:", "data."]);
        assert_eq!(parts("to"), ["topic:"]);
        assert_eq!(
            parts("a topic:h"),
            [
                "a topic:host/** ",
                "a topic:host/metrics ",
                "a topic:host/web-1 ",
                "a topic:chat/** ",
                "a topic:chat/general "
            ]
        );
        assert_eq!(parts("topic:host/m"), ["topic:host/metrics "]);
        assert_eq!(parts("-type:c"), ["-type:chat ", "-type:metrics "]);
        assert_eq!(parts("x data.c"), ["x data.cpu_percent"]);
        assert_eq!(parts("metr"), ["topic:host/metrics ", "type:metrics "]);
        assert!(parts("zzz").is_empty() && parts("type:metrics").is_empty());
    }
}
