//! What differs between the browser and the server, behind one surface: the clock, cookies,
//! requests, the document.

pub mod attention;
pub mod chat;

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod side;
mod workbench;

pub use workbench::*;

#[cfg_attr(feature = "hydrate", path = "board/browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "board/server.rs")]
pub mod board;
pub mod command;
pub mod guide;
pub mod install;
pub mod locale;
pub mod navigation;

pub use side::{
    LinkWatcher, MenuCloser, NearEnd, SecondTimer, copy, epoch_millis, fetch_history, focus_soon,
    hold_still, local_offset_minutes, origin, page_clock, post, scroll_to, set_cookie, set_theme,
    system_theme,
};

/// A request that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The server could not be reached.
    #[error("The server cannot be reached. Nothing was sent.")]
    Unreachable,
    /// The server said no, and why.
    #[error("{0}")]
    #[cfg_attr(not(any(feature = "hydrate", test)), allow(dead_code))] // Only a browser asks.
    Refused(String),
}

/// The words of a problem document, or the status where there are none.
#[cfg(any(feature = "hydrate", test))]
fn explain(status: u16, body: &str) -> RequestError {
    let detail = serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|problem| {
            problem
                .get("detail")
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned)
        });
    RequestError::Refused(detail.unwrap_or_else(|| format!("The server answered {status}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_servers_words() {
        let problem =
            r#"{"title":"Bad Request","status":400,"detail":"text: at most 4000 characters"}"#;
        assert_eq!(
            explain(400, problem),
            RequestError::Refused("text: at most 4000 characters".into())
        );
        assert_eq!(
            explain(502, "<html>"),
            RequestError::Refused("The server answered 502.".into())
        );
    }
}
