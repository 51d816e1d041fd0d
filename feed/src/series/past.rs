//! What the server tells of a time that has passed.

use pulseboard_contract::Timestamp;
use serde::Deserialize;

use super::Bucket;

/// What `/api/series` answers: a topic's numbers and states of a time that has passed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Past {
    /// The fields that are numbers.
    pub fields: Vec<PastField>,
    /// The fields that are states.
    pub states: Vec<PastState>,
}

/// One field's numbers, a column for each property of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct PastField {
    /// The field's name.
    pub name: String,
    first: Vec<i64>,
    last: Vec<i64>,
    count: Vec<u32>,
    min: Vec<f64>,
    max: Vec<f64>,
    mean: Vec<f64>,
}

impl PastField {
    /// Its buckets, oldest first; what is not a bucket is left out.
    pub fn buckets(&self) -> Vec<Bucket> {
        let bucket = |index: usize| {
            Some(Bucket {
                first: Timestamp::from_millis(*self.first.get(index)?).ok()?,
                last: Timestamp::from_millis(*self.last.get(index)?).ok()?,
                count: *self.count.get(index)?,
                min: *self.min.get(index)?,
                max: *self.max.get(index)?,
                mean: *self.mean.get(index)?,
            })
        };
        (0..self.first.len()).filter_map(bucket).collect()
    }
}

/// One field's states.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct PastState {
    /// The field's name.
    pub name: String,
    /// Since when, in milliseconds since 1970, and what; oldest first.
    pub changes: Vec<(i64, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_the_server_is_read() {
        let answer = r#"{"topic":"t","fields":[{"name":"a","first":[1],"last":[2],"count":[3],"min":[0.5],"max":[2],"mean":[1]}],"states":[{"name":"door","changes":[[1,"open"]]}]}"#;
        let past: Past = serde_json::from_str(answer).unwrap();
        let at = |millis| Timestamp::from_millis(millis).unwrap();
        let bucket = Bucket {
            first: at(1),
            last: at(2),
            count: 3,
            min: 0.5,
            max: 2.0,
            mean: 1.0,
        };
        assert_eq!(
            past.fields.first().map(PastField::buckets),
            Some(vec![bucket])
        );
        assert_eq!(
            past.states.first().map(|state| state.changes.clone()),
            Some(vec![(1, "open".to_owned())])
        );
    }
}
