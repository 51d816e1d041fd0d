//! Topics of a run: a name of its own, so that what earlier runs stored is not read again.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

/// A topic nobody has published to.
pub fn fresh(run: &str) -> Arc<str> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("bench/{run}-{:x}-{}", now.as_millis(), std::process::id()).into()
}
