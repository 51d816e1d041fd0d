//! Whether somebody looks, what the browser remembers for all tabs, and telling the desktop.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod side;

pub use side::{
    Desktop, Looking, StorageWatch, ask_permission, is_anybody_looking, is_visible, keep,
    open_bell, permission, recall,
};

/// Whether the desktop may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), allow(dead_code))] // Only a browser is asked.
pub enum Permission {
    /// The browser has no such thing.
    Missing,
    /// The browser has none for a page that came over plain HTTP from another machine.
    Insecure,
    /// Nobody has been asked.
    Undecided,
    /// It may.
    Granted,
    /// It may not.
    Refused,
}
