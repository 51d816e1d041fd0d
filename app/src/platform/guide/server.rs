//! On the server nobody reads, and nothing is published.

use super::Taken;
use crate::platform::RequestError;

/// Follows which lesson is being read, while it is kept; never on the server.
pub struct Reading;

impl Reading {
    /// Nobody scrolls here.
    pub fn new(_ids: Vec<&'static str>, _reads: impl Fn(Option<usize>) + 'static) -> Self {
        Self
    }
}

/// Scrolls a row of links sideways, so far that the marked one can be seen.
pub fn bring_into_row(_id: &str) {}

/// Goes to the element of this id, as a link to it does.
pub fn go(_id: &str) {}

/// Puts the focus on the element of this id.
pub fn focus(_id: &str) {}

/// Publishes, and answers what became of it.
#[allow(clippy::unused_async)] // The browser's side awaits.
pub async fn publish(
    _url: &str,
    _headers: &[(&str, &str)],
    _body: String,
) -> Result<Taken, RequestError> {
    Err(RequestError::Unreachable)
}
