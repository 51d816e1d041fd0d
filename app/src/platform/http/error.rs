//! The failure of a request.

/// What the page says when it cannot reach the server.
pub const UNREACHABLE: &str = "Can't reach the server.";

/// A request that did not succeed. It displays as a sentence for the reader.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The server could not be reached.
    #[error("{UNREACHABLE}")]
    Unreachable,
    /// The server refused the request.
    #[error("{reason}")]
    Refused {
        /// The status of the response.
        status: u16,
        /// The reason in the server's words.
        reason: String,
    },
    /// The response is not what the page expects.
    #[error("The server's response could not be read: {0}.")]
    Unreadable(String),
}

impl RequestError {
    /// A response with a status of failure: its reason is the `detail` of a problem document, or
    /// the status where there is none.
    pub(super) fn refused(status: u16, body: &str) -> Self {
        let detail = serde_json::from_str::<serde_json::Value>(body)
            .ok()
            .and_then(|problem| {
                problem
                    .get("detail")
                    .and_then(serde_json::Value::as_str)
                    .map(str::to_owned)
            });
        let reason =
            detail.unwrap_or_else(|| format!("The server responded with status {status}."));
        Self::Refused { status, reason }
    }

    /// Whether the same request may succeed later.
    pub fn is_temporary(&self) -> bool {
        match self {
            // A response that cannot be read comes from a proxy, not from the server.
            Self::Unreachable | Self::Unreadable(_) => true,
            // Busy, full, overloaded, or a proxy that cannot reach the server.
            Self::Refused { status, .. } => matches!(status, 408 | 425 | 429 | 500..),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_displays_the_servers_reason_or_its_status() {
        let problem =
            r#"{"title":"Bad Request","status":400,"detail":"text: at most 4000 characters"}"#;
        let text = |status, body| RequestError::refused(status, body).to_string();
        assert_eq!(text(400, problem), "text: at most 4000 characters");
        assert_eq!(text(502, "<html>"), "The server responded with status 502.");
    }

    #[test]
    fn only_a_temporary_failure_is_worth_another_try() {
        for (status, is_temporary) in [
            (400, false),
            (413, false),
            (429, true),
            (502, true),
            (503, true),
            (507, true),
        ] {
            assert_eq!(
                RequestError::refused(status, "").is_temporary(),
                is_temporary,
                "{status}"
            );
        }
        assert!(RequestError::Unreachable.is_temporary());
        assert!(
            RequestError::Unreadable("expected value".to_owned()).is_temporary(),
            "the page of a proxy, and publishing again does no harm"
        );
    }
}
