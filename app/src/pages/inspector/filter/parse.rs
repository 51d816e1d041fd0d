//! Parses a filter. Every error names the part that is wrong and how to mend it.

use super::{
    matching::{Condition, Filter, Predicate},
    path,
    quoted::unquoted,
};
use crate::components::raw::{self, Kind};

impl Filter {
    /// Parses the text of the filter field.
    ///
    /// # Errors
    /// Fails with a message for the reader that starts with the invalid part.
    pub(in crate::pages::inspector) fn parse(text: &str) -> Result<Self, String> {
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
        let predicate = if let Some(pattern) = part.strip_prefix("topic:") {
            let pattern = pattern.parse().map_err(|error| format!("{error}"))?;
            if !is_negated {
                self.topics.push(pattern);
                return Ok(());
            }
            Predicate::Topic(pattern)
        } else if let Some(name) = part.strip_prefix("type:") {
            if name.is_empty() {
                return Err("add an event type, for example type:metrics".to_owned());
            }
            if !is_negated {
                self.types.push(name.to_owned());
                return Ok(());
            }
            Predicate::Type(name.to_owned())
        } else if let Some((path, test)) = path::parse(part)? {
            Predicate::Field(path, test)
        } else {
            Predicate::Words(unquoted(part).to_lowercase())
        };
        self.conditions.push(Condition {
            is_negated,
            predicate,
        });
        Ok(())
    }
}

/// The part of a filter that matches events with this value, as it is written in the payload, at
/// this path. Objects and arrays are matched by their presence alone.
pub(in crate::pages::inspector) fn filter_for_value(path: &str, value: &str) -> String {
    match raw::kind(value) {
        Kind::Object | Kind::Array => path.to_owned(),
        Kind::Number | Kind::Literal => format!("{path}={value}"),
        Kind::String => {
            let text = raw::text(value);
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

/// The text of a filter with a further part.
pub(in crate::pages::inspector) fn with_part(text: &str, part: &str) -> String {
    match text.trim_end() {
        "" => part.to_owned(),
        text => format!("{text} {part}"),
    }
}

/// The parts of the text, separated by white space outside quotes.
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
            Err(format!("{part}: the closing quote is missing"))
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
    fn white_space_inside_quotes_does_not_separate_parts() {
        let all: Result<Vec<_>, _> = parts(r#"  a "b c"  d~"e f" g"h \" i" "#).collect();
        assert_eq!(
            all.unwrap(),
            ["a", r#""b c""#, r#"d~"e f""#, r#"g"h \" i""#]
        );
    }

    #[test]
    fn an_error_names_the_invalid_part() {
        assert!(problem("words topic:a/**/b").starts_with("topic:a/**/b: '**' is allowed only"));
        assert!(problem("-topic:a//b").starts_with("-topic:a//b: "));
        assert_eq!(
            problem("type:"),
            "type:: add an event type, for example type:metrics"
        );
        assert_eq!(
            problem(r#"a "b c"#),
            r#""b c: the closing quote is missing"#
        );
        assert!(problem("data.n>").starts_with("data.n>: add a value after >"));
        assert!(problem("data.").starts_with("data.: add a field name after the dot"));
        assert!(problem("data.tags[x]=1").starts_with("data.tags[x]=1: use [0], [*] or"));
        assert!(problem("data.tags[0").starts_with("data.tags[0: "));
    }

    #[test]
    fn a_value_becomes_a_part_that_parses() {
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
            assert_eq!(filter_for_value(path, value), part);
            assert!(Filter::parse(part).is_ok(), "{part}");
        }
    }

    #[test]
    fn text_that_only_resembles_a_path_is_words() {
        for words in ["data", "database", "data:x", "-", "metadata.user", "a=b"] {
            assert!(
                matches!(
                    Filter::parse(words).unwrap().conditions[..],
                    [Condition {
                        predicate: Predicate::Words(_),
                        ..
                    }]
                ),
                "{words}"
            );
        }
    }
}
