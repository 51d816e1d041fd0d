//! Paths into the data of an event, and what may be asked of what they lead to: `data.tags[0]=x`,
//! `data.cpu_percent>80`.

use std::cmp::Ordering;

use super::parse::unquoted;
use crate::components::scan;

/// A way into the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    /// Any element, or any member.
    Any,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Exists,
    Contains(String),
    Compare(Comparison, Value),
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

/// What it is compared with: as a number where both are numbers, else as text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    text: String,
    number: Option<f64>,
}

/// How tests are written; what begins like another comes after it.
const OPERATORS: [(&str, Option<Comparison>); 7] = [
    ("!=", Some(Comparison::Different)),
    (">=", Some(Comparison::GreaterOrEqual)),
    ("<=", Some(Comparison::LessOrEqual)),
    ("=", Some(Comparison::Equal)),
    (">", Some(Comparison::Greater)),
    ("<", Some(Comparison::Less)),
    ("~", None),
];

/// Reads a part of a filter; none where it is no path.
pub(super) fn parse(part: &str) -> Result<Option<(Path, Test)>, String> {
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
                return Err("a name follows the dot, like data.user".to_owned());
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

/// What stands between brackets, and what follows them.
fn in_brackets(text: &str) -> Result<(Step, &str), String> {
    let wrong = || "in [ ] stands a number, a * for any, or a name in quotes".to_owned();
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

fn test(text: &str) -> Result<Test, String> {
    if text.is_empty() {
        return Ok(Test::Exists);
    }
    let Some((sign, comparison)) = OPERATORS.iter().find(|(sign, _)| text.starts_with(sign)) else {
        return Err("after a path stands one of = != > >= < <= ~".to_owned());
    };
    let value = &text[sign.len()..];
    if value.is_empty() {
        return Err(format!("a value follows {sign}, like data.cpu_percent>80"));
    }
    let text = unquoted(value);
    Ok(match comparison {
        None => Test::Contains(text.to_lowercase()),
        // In quotes even a number is text.
        Some(comparison) => {
            let number = if value.starts_with('"') {
                None
            } else {
                number(&text)
            };
            Test::Compare(
                *comparison,
                Value {
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
    /// Whether the test holds for what the path leads to, anywhere it leads.
    pub(super) fn holds(&self, json: &str, test: &Test) -> bool {
        holds(&self.0, json, test)
    }
}

fn holds(steps: &[Step], json: &str, test: &Test) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return test.holds(json);
    };
    let mut children = scan::children(json);
    match step {
        Step::Key(name) => children.any(|(key, value)| {
            key.is_some_and(|key| scan::plain(key) == *name) && holds(rest, value, test)
        }),
        Step::Index(index) => children
            .nth(*index)
            .is_some_and(|(key, value)| key.is_none() && holds(rest, value, test)),
        Step::Any => children.any(|(_, value)| holds(rest, value, test)),
    }
}

impl Test {
    fn holds(&self, json: &str) -> bool {
        match self {
            Self::Exists => true,
            Self::Contains(words) => scan::plain(json).to_lowercase().contains(words),
            Self::Compare(comparison, value) => {
                let text = scan::plain(json);
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
