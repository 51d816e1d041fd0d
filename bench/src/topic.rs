//! The topic of a run. Every run has a new one, so it does not read events of earlier runs.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// Returns the name of a topic that no run has published to.
pub fn fresh(run: &str) -> Arc<str> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("bench/{run}-{:x}-{}", now.as_millis(), std::process::id()).into()
}
