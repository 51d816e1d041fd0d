//! What a connection is doing, in terms a person can be told.

/// The state of an event stream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Status {
    /// On its way for the first time.
    #[default]
    Connecting,
    /// Open: what is on the page is what the server has.
    Open,
    /// Lost; an attempt is under way, or begins at `at`.
    Reconnecting {
        /// Which attempt, the first being 1.
        attempt: u32,
        /// When it begins, in milliseconds of the page's clock; none while it is under way.
        at: Option<f64>,
    },
    /// Lost, and the browser has no network.
    Offline,
    /// Paused by hand; it resumes without loss.
    Paused,
    /// Closed by hand.
    Closed,
}
