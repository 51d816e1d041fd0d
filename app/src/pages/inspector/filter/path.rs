//! Tests of one field of a payload: a path and a comparison, as in `data.tags[0]=x` and
//! `data.cpu_percent>80`.

use std::cmp::Ordering;

use super::quoted::unquoted;
use crate::components::raw;

/// A path into the payload. With `[*]` it leads to several values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    /// Every element or every member.
    Any,
}

/// A test of the value at a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FieldTest {
    /// The path leads to a value.
    Exists,
    /// The value's text contains this, ignoring case.
    Contains(String),
    Compare(Comparison, Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The right side of a comparison. Two numbers compare as numbers, everything else as text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Operand {
    text: String,
    number: Option<f64>,
}

/// The operators. One that another starts with comes after it.
const OPERATORS: [(&str, Option<Comparison>); 7] = [
    ("!=", Some(Comparison::Different)),
    (">=", Some(Comparison::GreaterOrEqual)),
    ("<=", Some(Comparison::LessOrEqual)),
    ("=", Some(Comparison::Equal)),
    (">", Some(Comparison::Greater)),
    ("<", Some(Comparison::Less)),
    ("~", None),
];

/// Parses a part of a filter. Returns `None` for a part that is not a path.
///
/// # Errors
/// Fails with a message for the reader if the part starts like a path and is invalid.
pub(super) fn parse(part: &str) -> Result<Option<(Path, FieldTest)>, String> {
    let Some(mut rest) = part
        .strip_prefix("data")
        .filter(|rest| rest.starts_with(['.', '[']))
    else {
        return Ok(None);
    };
    let mut steps = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after
                .find(['.', '[', '=', '!', '<', '>', '~'])
                .unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            if name.is_empty() {
                return Err("add a field name after the dot, for example data.user".to_owned());
            }
            steps.push(Step::Key(name.to_owned()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (step, after) = in_brackets(after)?;
            steps.push(step);
            rest = after;
        } else {
            break;
        }
    }
    Ok(Some((Path(steps), test(rest)?)))
}

/// The step inside brackets, and the text after them.
fn in_brackets(text: &str) -> Result<(Step, &str), String> {
    let wrong = || "use [0], [*] or [\"name\"] after a field".to_owned();
    if text.starts_with('"') {
        let mut escaped = false;
        let end = text.bytes().enumerate().skip(1).find_map(|(at, byte)| {
            let is_end = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            is_end.then_some(at + 1)
        });
        let (name, after) = text.split_at(end.ok_or_else(wrong)?);
        let name = serde_json::from_str(name).map_err(|_| wrong())?;
        return Ok((Step::Key(name), after.strip_prefix(']').ok_or_else(wrong)?));
    }
    let (inside, after) = text.split_once(']').ok_or_else(wrong)?;
    let step = if inside == "*" {
        Step::Any
    } else {
        Step::Index(inside.parse().map_err(|_| wrong())?)
    };
    Ok((step, after))
}

/// Parses the text after a path.
fn test(text: &str) -> Result<FieldTest, String> {
    if text.is_empty() {
        return Ok(FieldTest::Exists);
    }
    let Some((sign, comparison)) = OPERATORS.iter().find(|(sign, _)| text.starts_with(sign)) else {
        return Err("use one of = != > >= < <= ~ after a field".to_owned());
    };
    let value = &text[sign.len()..];
    if value.is_empty() {
        return Err(format!(
            "add a value after {sign}, for example data.cpu_percent>80"
        ));
    }
    let text = unquoted(value);
    Ok(match comparison {
        None => FieldTest::Contains(text.to_lowercase()),
        // A quoted number is text.
        Some(comparison) => {
            let number = if value.starts_with('"') {
                None
            } else {
                number(&text)
            };
            FieldTest::Compare(
                *comparison,
                Operand {
                    text: text.into_owned(),
                    number,
                },
            )
        }
    })
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

impl Path {
    /// Whether the test holds for any value that the path leads to.
    pub(super) fn holds(&self, json: &str, test: &FieldTest) -> bool {
        holds(&self.0, json, test)
    }
}

fn holds(steps: &[Step], json: &str, test: &FieldTest) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return test.holds(json);
    };
    let children = raw::children(json);
    match step {
        Step::Key(name) => children.iter().any(|child| {
            child.key.is_some_and(|key| raw::text(key) == *name) && holds(rest, child.value, test)
        }),
        Step::Index(index) => children
            .get(*index)
            .is_some_and(|child| child.key.is_none() && holds(rest, child.value, test)),
        Step::Any => children.iter().any(|child| holds(rest, child.value, test)),
    }
}

impl FieldTest {
    fn holds(&self, json: &str) -> bool {
        match self {
            Self::Exists => true,
            Self::Contains(words) => raw::text(json).to_lowercase().contains(words),
            Self::Compare(comparison, value) => {
                let text = raw::text(json);
                let order = match (value.number, number(&text)) {
                    (Some(wanted), Some(found)) => found.partial_cmp(&wanted),
                    _ => Some(text.as_ref().cmp(value.text.as_str())),
                };
                order.is_some_and(|order| match comparison {
                    Comparison::Equal => order == Ordering::Equal,
                    Comparison::Different => order != Ordering::Equal,
                    Comparison::Less => order == Ordering::Less,
                    Comparison::LessOrEqual => order != Ordering::Greater,
                    Comparison::Greater => order == Ordering::Greater,
                    Comparison::GreaterOrEqual => order != Ordering::Less,
                })
            }
        }
    }
}
