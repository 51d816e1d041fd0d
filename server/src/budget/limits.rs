//! How many connections and streams a number of file descriptors allows.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors for the process itself. Under load, with its log on disk, it used 25 that are not
/// connections. The rest is for more readers of the log, two descriptors each, and for connections
/// that are being refused.
const OWN: u64 = 64;
/// The least number of connections that streams may not use, and the least number of streams worth
/// serving.
const FEWEST: u64 = 32;
/// Streams may use all descriptors but this many, those of the process included.
const MOST_RESERVED: u64 = 1_000;
/// Stands for an unlimited number of descriptors: memory runs out first.
const UNLIMITED: u64 = 1 << 20;

/// Raises the limit of file descriptors as far as this process may, and returns it.
///
/// ```
/// let limit = pulseboard_server::raise_descriptor_limit();
/// assert_eq!(limit, pulseboard_server::descriptor_limit());
/// ```
pub fn raise_descriptor_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Some systems refuse a limit that is not a number. Then the limit stays as it is.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: limit.maximum,
                maximum: limit.maximum,
            },
        );
    }
    descriptor_limit()
}

/// How many file descriptors this process may have.
pub fn descriptor_limit() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(UNLIMITED)
}

/// The limits do not fit together.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    /// There are too few file descriptors to serve streams.
    #[error(
        "a limit of {descriptors} file descriptors is too low, at least {least} are needed; raise it with `ulimit -n {least}`"
    )]
    TooFewDescriptors {
        /// How many descriptors the process may have.
        descriptors: u64,
        /// How many it needs.
        least: u64,
    },
    /// The file descriptors do not allow the requested number of streams.
    #[error(
        "--max-streams {wanted} is more than the {most} streams that the limit of {descriptors} file descriptors allows; \
         raise that with `ulimit -n`"
    )]
    TooManyStreams {
        /// The requested number of streams.
        wanted: u32,
        /// How many streams the descriptors allow.
        most: usize,
        /// How many descriptors the process may have.
        descriptors: u64,
    },
}

/// How many connections and how many streams there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) connections: usize,
    pub(super) streams: usize,
}

impl Limits {
    /// The limits for this many descriptors. `max_streams` lowers the number of streams.
    ///
    /// # Errors
    ///
    /// If there are too few descriptors, or too few for `max_streams`.
    pub(super) fn new(descriptors: u64, max_streams: Option<u32>) -> Result<Self, BudgetError> {
        let least = OWN + 2 * FEWEST;
        if descriptors < least {
            return Err(BudgetError::TooFewDescriptors { descriptors, least });
        }
        let usable = descriptors.min(UNLIMITED);
        let reserved = (usable / 20).clamp(OWN + FEWEST, MOST_RESERVED);
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (connections, most) = (count(usable - OWN), count(usable - reserved));
        let streams = match max_streams {
            None => most,
            Some(wanted) => usize::try_from(wanted)
                .ok()
                .filter(|wanted| *wanted <= most)
                .ok_or(BudgetError::TooManyStreams {
                    wanted,
                    most,
                    descriptors,
                })?,
        };
        Ok(Self {
            connections,
            streams,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn streams_leave_room_for_requests_and_both_for_the_process_itself() {
        let limits = |descriptors| {
            Limits::new(descriptors, None).map(|limits| (limits.connections, limits.streams))
        };
        assert_eq!(limits(20_000), Ok((19_936, 19_000)));
        assert_eq!(limits(256), Ok((192, 160)));
        assert_eq!(limits(1_024), Ok((960, 928)));
        assert_eq!(limits(128), Ok((64, 32)));
        assert_eq!(
            limits(127),
            Err(BudgetError::TooFewDescriptors {
                descriptors: 127,
                least: 128
            })
        );
        assert_eq!(limits(u64::MAX), limits(UNLIMITED));
    }

    #[test]
    fn max_streams_lowers_the_number_of_streams_but_cannot_raise_it() {
        let streams = |wanted| Limits::new(256, Some(wanted)).map(|limits| limits.streams);
        assert_eq!((streams(1), streams(160)), (Ok(1), Ok(160)));
        let error = streams(161).unwrap_err();
        assert_eq!(
            error,
            BudgetError::TooManyStreams {
                wanted: 161,
                most: 160,
                descriptors: 256
            }
        );
    }
}
