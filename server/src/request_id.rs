//! The id of a request. It stands in the response, in the log line and in a problem document.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries the id, in requests and in responses.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    /// The id of the request that this task answers. A problem document is written deep inside a
    /// handler and contains it.
    static CURRENT: String;
}

/// The id of the request that this task answers; `None` outside of a request.
pub(crate) fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Runs `answer` with this id as the [`current`] one.
pub(crate) async fn with_id<T>(id: String, answer: impl Future<Output = T>) -> T {
    CURRENT.scope(id, answer).await
}

/// The id that the client sent if it is safe to log, otherwise a random one.
pub(crate) fn of_request(headers: &HeaderMap) -> String {
    headers
        .get(REQUEST_ID)
        .and_then(safe)
        .unwrap_or_else(|| format!("{:016x}", rand::random::<u64>()))
}

fn safe(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let is_safe = (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    is_safe.then(|| text.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_that_is_safe_to_log_is_accepted() {
        for (id, is_accepted) in [
            ("abc-DEF_1.2", true),
            ("", false),
            ("a b", false),
            ("a\"b", false),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
        ] {
            assert_eq!(
                safe(&HeaderValue::from_str(id).unwrap()).is_some(),
                is_accepted,
                "{id}"
            );
        }
    }

    #[tokio::test]
    async fn the_id_is_known_only_while_its_request_is_answered() {
        assert_eq!(current(), None);
        let inside = with_id("a".to_owned(), async { current() }).await;
        assert_eq!(inside.as_deref(), Some("a"));
        assert_eq!(current(), None);
    }
}
