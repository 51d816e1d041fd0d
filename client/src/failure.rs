//! How a command ends when it does not succeed.

/// Why a command ended early. The variant decides the exit code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The flags do not fit together, or name what is not there: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The network, the server or the input failed: exit code 1.
    #[error("{0}")]
    Failed(String),
    /// Nobody reads standard output any more. `| head` does this on purpose, so it is no error:
    /// exit code 0.
    #[error("nobody reads the output any more")]
    ClosedPipe,
}

impl Failure {
    /// The exit code, as the help documents it.
    pub fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
            Self::ClosedPipe => 0,
        }
    }
}
