//! On the server nobody looks at a list, and nothing is asked for.

use leptos::{html, prelude::*};

use super::{super::RequestError, Extent};

/// Calls back when an element changes its size, while it is kept; never on the server.
pub struct SizeWatch;

impl SizeWatch {
    /// Nothing is watched here.
    pub fn new(_element: NodeRef<html::Div>, _changed: impl Fn() + 'static) -> Option<Self> {
        None
    }
}

/// What is in view of a list whose rows have the height of its property `--row`.
pub fn measure(_list: NodeRef<html::Div>) -> Option<Extent> {
    None
}

/// Scrolls a list.
pub fn scroll(_list: NodeRef<html::Div>, _top: f64) {}

/// What was remembered under a name.
pub fn remembered(_name: &str) -> Option<String> {
    None
}

/// Remembers a text in this browser.
pub fn remember(_name: &str, _text: &str) {}

/// Hands the reader a file.
pub fn download(_name: &str, _content_type: &str, _text: &str) {}

/// Publishes, and answers the body of the answer.
#[allow(clippy::unused_async)] // The browser's side awaits.
pub async fn publish(
    _url: &str,
    _event_type: &str,
    _headers: &[(String, String)],
    _body: String,
) -> Result<String, RequestError> {
    Err(RequestError::Unreachable)
}
