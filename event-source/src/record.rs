//! What a stream has been through: how often it was open, and why it failed lately.

/// Failures remembered.
#[cfg(any(feature = "hydrate", test))]
const MOST: usize = 30;

/// Why a connection failed, as far as a page can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), allow(dead_code))] // Only a browser's fail.
pub enum Trouble {
    /// It broke, or the server ended it; the browser tries again by itself.
    Lost,
    /// The server answered with no stream, or could not be reached, and the browser has given up.
    Refused,
    /// It was open and nothing came, no heartbeat either.
    Silent,
}

/// The record of a stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// How often it was open.
    pub opened: u64,
    /// How often it failed.
    pub failed: u64,
    /// The last failures, newest last: when, in milliseconds of the wall clock, and why.
    pub failures: Vec<(f64, Trouble)>,
}

impl Record {
    /// It failed.
    #[cfg(any(feature = "hydrate", test))]
    pub(super) fn fails(&mut self, at: f64, trouble: Trouble) {
        self.failed += 1;
        if self.failures.len() == MOST {
            self.failures.remove(0);
        }
        self.failures.push((at, trouble));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_is_counted_and_the_last_ones_are_remembered() {
        let mut record = Record::default();
        for at in 0..100u32 {
            record.fails(f64::from(at), Trouble::Lost);
        }
        assert_eq!((record.failed, record.failures.len()), (100, MOST));
        assert_eq!(record.failures.last(), Some(&(99.0, Trouble::Lost)));
    }
}
