//! Reads a filter. Every error names the part that is wrong.

use std::borrow::Cow;

use super::{Condition, Filter, What, path};
use crate::components::scan::{self, Shape};

impl Filter {
    /// Reads the field.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        for part in parts(text) {
            let part = part?;
            filter
                .add(part)
                .map_err(|problem| format!("{part}: {problem}"))?;
        }
        Ok(filter)
    }

    fn add(&mut self, part: &str) -> Result<(), String> {
        let (is_negated, part) = match part.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, part),
        };
        let what = if let Some(pattern) = part.strip_prefix("topic:") {
            let pattern = pattern.parse().map_err(|error| format!("{error}"))?;
            if !is_negated {
                self.topics.push(pattern);
                return Ok(());
            }
            What::Topic(pattern)
        } else if let Some(name) = part.strip_prefix("type:") {
            if name.is_empty() {
                return Err("a type follows the colon, like type:metrics".to_owned());
            }
            if !is_negated {
                self.types.push(name.to_owned());
                return Ok(());
            }
            What::Type(name.to_owned())
        } else if let Some((path, test)) = path::parse(part)? {
            What::Path(path, test)
        } else {
            What::Words(unquoted(part).to_lowercase())
        };
        self.conditions.push(Condition { is_negated, what });
        Ok(())
    }
}

/// A part without the quotes around it, and without the escapes in them.
pub(super) fn unquoted(part: &str) -> Cow<'_, str> {
    match part
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(inside) => serde_json::from_str(part).map_or(Cow::Borrowed(inside), Cow::Owned),
        None => Cow::Borrowed(part),
    }
}

/// The part that finds events with this value, as it is written in the data, at this path.
pub(crate) fn asking_for(path: &str, value: &str) -> String {
    match scan::shape(value) {
        Shape::Object | Shape::Array => path.to_owned(),
        Shape::Number | Shape::Word => format!("{path}={value}"),
        Shape::Text => {
            let text = scan::plain(value);
            let is_plain = !text.is_empty()
                && text.chars().all(|c| !c.is_whitespace() && c != '"')
                && text.parse::<f64>().is_err();
            if is_plain {
                format!("{path}={text}")
            } else {
                format!("{path}={value}")
            }
        }
    }
}

/// The parts between white space; in quotes white space belongs to the part.
fn parts(text: &str) -> impl Iterator<Item = Result<&str, String>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let (mut is_quoted, mut is_escaped, mut end) = (false, false, rest.len());
        for (at, c) in rest.char_indices() {
            if c.is_whitespace() && !is_quoted {
                end = at;
                break;
            }
            if c == '"' && !is_escaped {
                is_quoted = !is_quoted;
            }
            is_escaped = is_quoted && c == '\\' && !is_escaped;
        }
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(if is_quoted {
            Err(format!("{part}: a quote is not closed"))
        } else {
            Ok(part)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        Filter::parse(text).unwrap_err()
    }

    #[test]
    fn white_space_in_quotes_belongs_to_the_part() {
        let all: Result<Vec<_>, _> = parts(r#"  a "b c"  d~"e f" g"h \" i" "#).collect();
        assert_eq!(
            all.unwrap(),
            ["a", r#""b c""#, r#"d~"e f""#, r#"g"h \" i""#]
        );
    }

    #[test]
    fn an_error_names_the_part_that_is_wrong() {
        assert!(problem("words topic:a/**/b").starts_with("topic:a/**/b: '**' stands only"));
        assert!(problem("-topic:a//b").starts_with("-topic:a//b: "));
        assert_eq!(
            problem("type:"),
            "type:: a type follows the colon, like type:metrics"
        );
        assert_eq!(problem(r#"a "b c"#), r#""b c: a quote is not closed"#);
        assert!(problem("data.n>").starts_with("data.n>: a value follows >"));
        assert!(problem("data.").starts_with("data.: a name follows the dot"));
        assert!(problem("data.tags[x]=1").starts_with("data.tags[x]=1: in [ ] stands"));
        assert!(problem("data.tags[0").starts_with("data.tags[0: "));
    }

    #[test]
    fn what_is_asked_for_is_found() {
        for (path, value, part) in [
            ("data.user", r#""Ada""#, "data.user=Ada"),
            (
                "data.text",
                r#""two \"words\"""#,
                r#"data.text="two \"words\"""#,
            ),
            ("data.code", r#""42""#, r#"data.code="42""#),
            ("data.n", "42", "data.n=42"),
            ("data.list", "[1]", "data.list"),
        ] {
            assert_eq!(asking_for(path, value), part);
            assert!(Filter::parse(part).is_ok(), "{part}");
        }
    }

    #[test]
    fn what_only_looks_like_a_path_is_words() {
        for words in ["data", "database", "data:x", "-", "metadata.user", "a=b"] {
            assert!(
                matches!(
                    Filter::parse(words).unwrap().conditions[..],
                    [Condition {
                        what: What::Words(_),
                        ..
                    }]
                ),
                "{words}"
            );
        }
    }
}
