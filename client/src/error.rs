//! How a command ends when it does not succeed.

/// Why a command ended early. The variant decides the exit code.
///
/// ```
/// use pulseboard_client::CommandError;
///
/// let error = CommandError::Failed("cannot reach http://127.0.0.1:3000".to_owned());
/// assert_eq!(error.exit_code(), 1);
/// assert_eq!(error.to_string(), "cannot reach http://127.0.0.1:3000");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The flags contradict each other or name a missing file: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The network, the server or the input failed: exit code 1.
    #[error("{0}")]
    Failed(String),
    /// The reader of standard output is gone. `| head` closes the pipe on purpose, so this is a
    /// success: exit code 0.
    #[error("the reader of standard output is gone")]
    OutputClosed,
}

impl CommandError {
    /// The exit code, as the help documents it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
            Self::OutputClosed => 0,
        }
    }
}
