//! Buckets: values that lie close together in time.

use pulseboard_contract::{Timestamp, api::FieldSeries};

/// Values that lie close together in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// The time of its first value.
    pub first: Timestamp,
    /// The time of its last value.
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
    /// The bucket of one value.
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

    /// The buckets of a field that the server answered, oldest first. Rows that are not complete
    /// are left out.
    pub fn from_columns(field: &FieldSeries) -> Vec<Self> {
        let bucket = |index: usize| {
            Some(Self {
                first: Timestamp::from_millis(*field.first.get(index)?).ok()?,
                last: Timestamp::from_millis(*field.last.get(index)?).ok()?,
                count: *field.count.get(index)?,
                min: *field.min.get(index)?,
                max: *field.max.get(index)?,
                mean: *field.mean.get(index)?,
            })
        };
        (0..field.first.len()).filter_map(bucket).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_buckets_and_an_incomplete_row_is_left_out() {
        let field = FieldSeries {
            name: "a".into(),
            first: vec![1, 5],
            last: vec![2, 6],
            count: vec![3, 1],
            min: vec![0.5, 1.0],
            max: vec![2.0, 1.0],
            mean: vec![1.0],
        };
        let at = |millis| Timestamp::from_millis(millis).unwrap();
        let bucket = Bucket {
            first: at(1),
            last: at(2),
            count: 3,
            min: 0.5,
            max: 2.0,
            mean: 1.0,
        };
        assert_eq!(Bucket::from_columns(&field), [bucket]);
    }
}
