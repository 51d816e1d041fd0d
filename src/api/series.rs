//! `GET /api/series`.

use serde::{Deserialize, Serialize};

use crate::Topic;

/// A topic's numbers and states over a time in the past.
///
/// ```
/// use pulseboard_contract::api::TopicSeries;
///
/// let series: TopicSeries = serde_json::from_str(
///     r#"{"topic":"home","fields":[],"states":[{"name":"door","changes":[[1704110400000,"open"]]}],"events":1,"sampled":false}"#,
/// )?;
/// assert_eq!(series.states[0].changes[0].1, "open");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TopicSeries {
    /// The topic.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "office/sensor"))]
    pub topic: Topic,
    /// The fields that are numbers.
    pub fields: Vec<FieldSeries>,
    /// The fields that are switches or words.
    pub states: Vec<FieldStates>,
    /// How many events the answer was computed from.
    pub events: usize,
    /// Whether events were left out: of a bucket with very many events the server reads the newest,
    /// and it leaves out what is older than all that it could read.
    pub sampled: bool,
}

/// One field's numbers, oldest first: a column for each property, a row for each bucket that has
/// values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldSeries {
    /// The field's name.
    #[cfg_attr(feature = "openapi", schema(example = "temperature"))]
    pub name: String,
    /// The time of the bucket's first value, in milliseconds since 1970.
    pub first: Vec<i64>,
    /// The time of its last value.
    pub last: Vec<i64>,
    /// How many values it has.
    pub count: Vec<u32>,
    /// The smallest value.
    pub min: Vec<f64>,
    /// The largest value.
    pub max: Vec<f64>,
    /// The mean of the values.
    pub mean: Vec<f64>,
}

/// One field's states.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldStates {
    /// The field's name.
    #[cfg_attr(feature = "openapi", schema(example = "door"))]
    pub name: String,
    /// The changes, oldest first, the newest 200: when, in milliseconds since 1970, and the new
    /// value.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Vec<serde_json::Value>>))]
    pub changes: Vec<(i64, String)>,
}

#[cfg(test)]
mod tests {
    use super::super::check_json;
    use super::*;

    #[test]
    fn numbers_are_columns_and_states_are_changes() {
        let series = TopicSeries {
            topic: Topic::new("t").unwrap(),
            fields: vec![FieldSeries {
                name: "a".into(),
                first: vec![1],
                last: vec![2],
                count: vec![3],
                min: vec![0.5],
                max: vec![2.5],
                mean: vec![1.5],
            }],
            states: vec![FieldStates {
                name: "door".into(),
                changes: vec![(1, "open".into())],
            }],
            events: 4,
            sampled: false,
        };
        check_json(
            &series,
            r#"{"topic":"t","fields":[{"name":"a","first":[1],"last":[2],"count":[3],"min":[0.5],"max":[2.5],"mean":[1.5]}],"states":[{"name":"door","changes":[[1,"open"]]}],"events":4,"sampled":false}"#,
        );
    }
}
