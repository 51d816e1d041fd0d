//! Reads and formats the problem document (RFC 9457) of a rejected request.

use pulseboard_contract::api::ProblemDocument;

use crate::{error::CommandError, escape};

/// Parses the body of an error response. A proxy may answer with HTML; then only the status is known.
pub(crate) fn parse(status: hyper::StatusCode, body: &str) -> ProblemDocument {
    let mut problem: ProblemDocument = serde_json::from_str(body).unwrap_or_default();
    problem.status = status.as_u16();
    if problem.detail.is_empty() {
        problem.detail = status.canonical_reason().unwrap_or("unknown status").into();
    }
    problem
}

/// The field, the detail and the expected value, safe on a terminal.
pub(crate) fn description(problem: &ProblemDocument) -> String {
    let field = problem
        .field
        .as_ref()
        .map(|field| format!("{field}: "))
        .unwrap_or_default();
    let expected = problem
        .expected
        .as_ref()
        .map(|expected| format!(" (expected: {expected})"))
        .unwrap_or_default();
    escape::plain(&format!("{field}{}{expected}", problem.detail))
}

/// The status and the description, safe on a terminal.
pub(crate) fn message(problem: &ProblemDocument) -> String {
    format!(
        "the server answered {}: {}",
        problem.status,
        description(problem)
    )
}

impl From<ProblemDocument> for CommandError {
    fn from(problem: ProblemDocument) -> Self {
        Self::Failed(message(&problem))
    }
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;

    #[test]
    fn a_description_repeats_the_problem_and_escapes_it() {
        let problem = parse(
            StatusCode::BAD_REQUEST,
            r#"{"type":"about:blank","status":400,"detail":"no \u001b[2J","field":"events[3].type","expected":"a type"}"#,
        );
        assert_eq!(
            description(&problem),
            r"events[3].type: no \u{1b}[2J (expected: a type)"
        );
        assert_eq!(problem.event_index(), Some(3));
        assert_eq!(CommandError::from(problem).exit_code(), 1);
    }

    #[test]
    fn a_response_without_a_problem_document_is_described_by_its_status() {
        let problem = parse(StatusCode::NOT_FOUND, "<html>");
        assert_eq!(
            (
                description(&problem).as_str(),
                problem.status,
                problem.event_index()
            ),
            ("Not Found", 404, None)
        );
    }
}
