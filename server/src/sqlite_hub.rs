//! The hub of this server.

use pulseboard_hub::{Hub, SqliteLog};

/// A hub whose log is SQLite.
pub type SqliteHub = Hub<SqliteLog>;
