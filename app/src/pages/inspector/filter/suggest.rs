//! What could stand where one is writing: the topics, types and fields the page has seen.

/// What the page knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// Topics, by name.
    pub topics: Vec<String>,
    /// Types.
    pub types: Vec<String>,
    /// Paths into the data of recent events.
    pub paths: Vec<String>,
}

/// One that could be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suggestion {
    /// The whole field once it is taken.
    pub text: String,
    /// The part it adds.
    pub part: String,
}

/// The most of them at a time.
const MOST: usize = 8;

/// What could complete the last part of the field.
pub(crate) fn suggest(text: &str, known: &Known) -> Vec<Suggestion> {
    let start = text.rfind(char::is_whitespace).map_or(0, |at| {
        at + text[at..].chars().next().map_or(1, char::len_utf8)
    });
    let (before, part) = text.split_at(start);
    let (sign, part) = part
        .strip_prefix('-')
        .map_or(("", part), |rest| ("-", rest));
    let mut found = Vec::new();
    let mut add = |part: String, is_open: bool| {
        // What one continues to write in is not followed by a space.
        let space = if is_open { "" } else { " " };
        found.push(Suggestion {
            text: format!("{before}{sign}{part}{space}"),
            part: format!("{sign}{part}"),
        });
    };
    if let Some(begun) = part.strip_prefix("topic:") {
        let topics = branches(&known.topics);
        begun_with(topics.iter().chain(&known.topics), begun)
            .for_each(|topic| add(format!("topic:{topic}"), false));
    } else if let Some(begun) = part.strip_prefix("type:") {
        begun_with(known.types.iter(), begun).for_each(|name| add(format!("type:{name}"), false));
    } else if part.starts_with("data") {
        begun_with(known.paths.iter(), part).for_each(|path| add(path.clone(), true));
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
        // A word may be meant as the name of something.
        if part.chars().count() > 1 {
            known
                .topics
                .iter()
                .filter(|topic| topic.contains(part))
                .for_each(|topic| add(format!("topic:{topic}"), false));
            known
                .types
                .iter()
                .filter(|name| name.contains(part))
                .for_each(|name| add(format!("type:{name}"), false));
        }
    }
    found.truncate(MOST);
    found
}

/// The names that go on from what is written, and after them those that have it somewhere.
fn begun_with<'a>(
    names: impl Iterator<Item = &'a String>,
    begun: &str,
) -> impl Iterator<Item = &'a String> {
    let mut found: Vec<_> = names
        .filter(|name| *name != begun && name.contains(begun))
        .collect();
    found.sort_by_key(|name| !name.starts_with(begun));
    found.into_iter()
}

/// The patterns of what lies under a common name, like `host/**`.
fn branches(topics: &[String]) -> Vec<String> {
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
        let known = Known {
            topics: names(&["chat/general", "deploys", "host/metrics", "host/web-1"]),
            types: names(&["chat", "metrics"]),
            paths: names(&["data.cpu_percent", "data.user"]),
        };
        suggest(text, &known)
            .into_iter()
            .map(|suggestion| suggestion.text)
            .collect()
    }

    #[test]
    fn it_completes_the_part_one_is_writing() {
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
