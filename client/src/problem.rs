//! A server's refusal, as its problem document (RFC 9457) says it.

use serde::Deserialize;

use crate::{Failure, escape};

/// What the server said no with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Problem {
    #[serde(default, skip_deserializing)]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) detail: String,
    #[serde(default)]
    pub(crate) field: Option<String>,
    #[serde(default)]
    expected: Option<String>,
    /// Of a stream of lines: the first one that is bad, counted from 1.
    #[serde(default)]
    pub(crate) line: Option<u64>,
    /// Of a stream of lines: how many stand in the log all the same.
    #[serde(default)]
    pub(crate) published: Option<u64>,
    /// And how many were there already.
    #[serde(default)]
    pub(crate) duplicates: Option<u64>,
}

impl Problem {
    /// Reads an answer's body. A proxy in between answers in HTML; then there is only the status.
    pub(crate) fn read(status: hyper::StatusCode, body: &str) -> Self {
        let mut problem: Self = serde_json::from_str(body).unwrap_or_default();
        problem.status = status.as_u16();
        if problem.detail.is_empty() {
            status
                .canonical_reason()
                .unwrap_or("no reason given")
                .clone_into(&mut problem.detail);
        }
        problem
    }

    /// The refusal in words, safe on a terminal.
    pub(crate) fn words(&self) -> String {
        let field = self
            .field
            .as_ref()
            .map(|field| format!("{field}: "))
            .unwrap_or_default();
        let expected = self
            .expected
            .as_ref()
            .map(|expected| format!(" (expected: {expected})"))
            .unwrap_or_default();
        escape::plain(&format!("{field}{}{expected}", self.detail))
    }

    /// Which event of a batch is at fault: the index in a field like `events[3].type`.
    pub(crate) fn event_index(&self) -> Option<usize> {
        let (index, _) = self
            .field
            .as_ref()?
            .strip_prefix("events[")?
            .split_once(']')?;
        index.parse().ok()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Failed(format!(
            "the server answered {}: {}",
            problem.status,
            problem.words()
        ))
    }
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;

    #[test]
    fn a_refusal_says_what_the_server_said_and_obeys_nothing_in_it() {
        let problem = Problem::read(
            StatusCode::BAD_REQUEST,
            r#"{"type":"about:blank","status":400,"detail":"no \u001b[2J","field":"events[3].type","expected":"a type"}"#,
        );
        assert_eq!(
            problem.words(),
            r"events[3].type: no \u{1b}[2J (expected: a type)"
        );
        assert_eq!(problem.event_index(), Some(3));
        assert_eq!(Failure::from(problem).code(), 1);
    }

    #[test]
    fn an_answer_that_is_no_problem_document_is_told_by_its_status() {
        let problem = Problem::read(StatusCode::NOT_FOUND, "<html>");
        assert_eq!(
            (
                problem.words().as_str(),
                problem.status,
                problem.event_index()
            ),
            ("Not Found", 404, None)
        );
    }
}
