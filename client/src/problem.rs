//! The problem document (RFC 9457) of a rejected request.

use serde::Deserialize;

use crate::{error::CommandError, escape};

/// Why the server rejected a request.
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
    /// For NDJSON: the first line that was not published, counted from 1.
    #[serde(default)]
    pub(crate) line: Option<u64>,
    /// For NDJSON: how many events before that line are new in the log.
    #[serde(default)]
    pub(crate) published: Option<u64>,
    /// For NDJSON: how many events before that line were already in the log.
    #[serde(default)]
    pub(crate) duplicates: Option<u64>,
}

impl Problem {
    /// Reads the body of an error response. A proxy may answer with HTML; then the status is all there
    /// is.
    pub(crate) fn read(status: hyper::StatusCode, body: &str) -> Self {
        let mut problem: Self = serde_json::from_str(body).unwrap_or_default();
        problem.status = status.as_u16();
        if problem.detail.is_empty() {
            status
                .canonical_reason()
                .unwrap_or("unknown status")
                .clone_into(&mut problem.detail);
        }
        problem
    }

    /// The field, the detail and the expected value, safe on a terminal.
    pub(crate) fn description(&self) -> String {
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

    /// The status and the description, safe on a terminal.
    pub(crate) fn message(&self) -> String {
        format!(
            "the server answered {}: {}",
            self.status,
            self.description()
        )
    }

    /// The index of the rejected event of a batch, from a field like `events[3].type`.
    pub(crate) fn event_index(&self) -> Option<usize> {
        let (index, _) = self
            .field
            .as_ref()?
            .strip_prefix("events[")?
            .split_once(']')?;
        index.parse().ok()
    }
}

impl From<Problem> for CommandError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem.message())
    }
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;

    #[test]
    fn a_description_repeats_the_problem_and_escapes_it() {
        let problem = Problem::read(
            StatusCode::BAD_REQUEST,
            r#"{"type":"about:blank","status":400,"detail":"no \u001b[2J","field":"events[3].type","expected":"a type"}"#,
        );
        assert_eq!(
            problem.description(),
            r"events[3].type: no \u{1b}[2J (expected: a type)"
        );
        assert_eq!(problem.event_index(), Some(3));
        assert_eq!(CommandError::from(problem).exit_code(), 1);
    }

    #[test]
    fn a_response_without_a_problem_document_is_described_by_its_status() {
        let problem = Problem::read(StatusCode::NOT_FOUND, "<html>");
        assert_eq!(
            (
                problem.description().as_str(),
                problem.status,
                problem.event_index()
            ),
            ("Not Found", 404, None)
        );
    }
}
