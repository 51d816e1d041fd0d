//! Why a run could not be done, as one line for people.
//!
//! Not for wrong content: that is what a run is there to find, and it is counted in a
//! [`Tally`](crate::check::Tally).

use std::fmt;

/// A run that could not start or go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// What was asked for is not possible or not allowed (exit code 2).
    Usage(String),
    /// The server, the network or the system did not do its part (exit code 1).
    Run(String),
}

impl Failure {
    /// A refusal of what the command line asks for.
    pub fn usage(line: impl Into<String>) -> Self {
        Self::Usage(line.into())
    }

    /// A run that broke.
    pub fn run(line: impl Into<String>) -> Self {
        Self::Run(line.into())
    }

    /// What the process exits with.
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
