//! The permission to show desktop notifications.

/// Whether the page may show desktop notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// The browser does not support them.
    Missing,
    /// The browser allows them only for HTTPS, or for a page from this machine.
    Insecure,
    /// The reader has not been asked.
    Undecided,
    /// The reader allowed them.
    Granted,
    /// The reader blocked them.
    Refused,
}
