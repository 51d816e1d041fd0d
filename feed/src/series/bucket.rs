//! Values that lie together in time.

use pulseboard_contract::Timestamp;

/// Values that lie together in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// When its first value was told.
    pub first: Timestamp,
    /// When its last value was told.
    pub last: Timestamp,
    /// How many values it has.
    pub count: u32,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// Their mean.
    pub mean: f64,
}

impl Bucket {
    /// One value.
    pub fn of(time: Timestamp, value: f64) -> Self {
        Self {
            first: time,
            last: time,
            count: 1,
            min: value,
            max: value,
            mean: value,
        }
    }

    /// The two as one.
    pub(super) fn join(self, other: Self) -> Self {
        let (a, b) = (f64::from(self.count), f64::from(other.count));
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
            count: self.count.saturating_add(other.count),
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            mean: (self.mean * a + other.mean * b) / (a + b),
        }
    }

    /// The middle of its time, in milliseconds since 1970.
    pub fn middle(&self) -> i64 {
        i64::midpoint(self.first.millis(), self.last.millis())
    }
}
