//! Errors of a log.

use std::sync::Arc;

/// The log could not do what was asked. A rejected append is not in the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LogError {
    /// The disk is full.
    #[error("no space is left for the log: {0}")]
    Full(Arc<str>),
    /// The disk or the file failed. The next call tries again.
    #[error("the log failed: {0}")]
    Failed(Arc<str>),
}
