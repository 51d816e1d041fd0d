//! The reason why a run failed, as one line of text.
//!
//! Wrong content is not a failure: runs exist to find it, and [`Violations`](crate::check::Violations)
//! counts it.

use std::fmt;

/// The reason why a run could not start or continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The command line asks for something that is impossible or not allowed (exit code 2).
    Usage(String),
    /// The server, the network or the operating system failed (exit code 1).
    Run(String),
}

impl Failure {
    /// Creates a failure of the command line.
    pub fn usage(line: impl Into<String>) -> Self {
        Self::Usage(line.into())
    }

    /// Creates a failure of the run.
    pub fn run(line: impl Into<String>) -> Self {
        Self::Run(line.into())
    }

    /// Returns the exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Run(_) => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(line) | Self::Run(line) => f.write_str(line),
        }
    }
}
