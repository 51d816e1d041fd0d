//! Builds a series from events, newest first. Pure: it reads no log and no clock.

use pulseboard_contract::{
    Event, Topic,
    api::{FieldStates, TopicSeries},
    limits::{CHART_FIELDS, STATE_CHANGES},
};
use pulseboard_feed::Reading;

use super::buckets::{FieldBuckets, TimeRange};

/// Collects the values of events. Add the events newest first.
pub(super) struct SeriesBuilder {
    range: TimeRange,
    fields: Vec<(String, FieldBuckets)>,
    /// The changes of each state, newest first.
    states: Vec<FieldStates>,
    events: usize,
    sampled: bool,
}

impl SeriesBuilder {
    pub(super) fn new(range: TimeRange) -> Self {
        Self {
            range,
            fields: Vec::new(),
            states: Vec::new(),
            events: 0,
            sampled: false,
        }
    }

    /// How many events were added, including those outside the range.
    pub(super) fn events(&self) -> usize {
        self.events
    }

    /// Adds an event and returns the number of its bucket; `None` if it is outside the range.
    pub(super) fn add(&mut self, event: &Event) -> Option<usize> {
        self.events += 1;
        let time = event.time.millis();
        let bucket = self.range.bucket_of(time)?;
        if let Reading::Values { numbers, states } = Reading::of(&event.payload()) {
            for (name, value) in numbers {
                if let Some(buckets) = self.field(name) {
                    buckets.add(bucket, time, value);
                }
            }
            for (name, value) in states {
                self.add_state(name, time, value);
            }
        }
        Some(bucket)
    }

    /// Records that the older events of a bucket are skipped. The bucket then covers their time, so
    /// that a chart shows no gap.
    pub(super) fn skip_rest_of(&mut self, bucket: usize) {
        self.sampled = true;
        let start = self.range.start_of(bucket);
        for (_, buckets) in &mut self.fields {
            buckets.extend_back(bucket, start);
        }
    }

    /// Records that older events are missing.
    pub(super) fn truncate(&mut self) {
        self.sampled = true;
    }

    /// The series, oldest first.
    pub(super) fn finish(self, topic: Topic) -> TopicSeries {
        let mut states = self.states;
        for state in &mut states {
            state.changes.reverse();
        }
        TopicSeries {
            topic,
            fields: self
                .fields
                .into_iter()
                .map(|(name, buckets)| buckets.into_series(name))
                .collect(),
            states,
            events: self.events,
            sampled: self.sampled,
        }
    }

    /// The buckets of a field; `None` if the field is new and there are too many fields already.
    fn field(&mut self, name: String) -> Option<&mut FieldBuckets> {
        let index = match self.fields.iter().position(|(field, _)| *field == name) {
            Some(index) => index,
            None if self.fields.len() < CHART_FIELDS => {
                self.fields.push((name, FieldBuckets::default()));
                self.fields.len() - 1
            }
            None => return None,
        };
        self.fields.get_mut(index).map(|(_, buckets)| buckets)
    }

    fn add_state(&mut self, name: String, time: i64, value: String) {
        let known = self.states.iter().position(|states| states.name == name);
        let index = match known {
            Some(index) => index,
            None if self.states.len() < CHART_FIELDS => {
                self.states.push(FieldStates {
                    name,
                    changes: Vec::new(),
                });
                self.states.len() - 1
            }
            None => return,
        };
        let Some(states) = self.states.get_mut(index) else {
            return;
        };
        let has_room = states.changes.len() < STATE_CHANGES;
        match states.changes.last_mut() {
            // The event was published late. It does not say how long the state lasted.
            Some((since, _)) if *since < time => {}
            // The state already had this value, so it changed to it earlier.
            Some((since, state)) if *state == value => *since = time,
            _ if has_room => states.changes.push((time, value)),
            _ => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use pulseboard_contract::{Attributes, Json, Timestamp, TypeName};

    use super::*;

    fn topic() -> Topic {
        Topic::new("office/sensor").unwrap()
    }

    fn event(time: i64, data: &str) -> Event {
        Event {
            event_id: None,
            id: "1".to_owned(),
            source: "/test".to_owned(),
            event_type: TypeName::new("reading").unwrap(),
            topic: topic(),
            time: Timestamp::from_millis(time).unwrap(),
            expires: None,
            attributes: Attributes::default(),
            data: Json::parse(data).unwrap(),
        }
    }

    /// The series of these events, newest first, in ten buckets from 0 to 100.
    fn series(events: &[(i64, &str)]) -> TopicSeries {
        let mut builder = builder();
        for (time, data) in events {
            builder.add(&event(*time, data));
        }
        builder.finish(topic())
    }

    fn builder() -> SeriesBuilder {
        let time = |millis| Timestamp::from_millis(millis).unwrap();
        SeriesBuilder::new(TimeRange::new(time(0), time(100), 10).unwrap())
    }

    #[test]
    fn numbers_are_sorted_into_buckets_oldest_first() {
        let series = series(&[
            (55, r#"{"t":3}"#),
            (51, r#"{"t":1,"h":9}"#),
            (12, r#"{"t":7}"#),
        ]);
        assert_eq!((series.events, series.sampled), (3, false));
        let t = &series.fields[0];
        assert_eq!((t.name.as_str(), &t.count[..]), ("t", &[1, 2][..]));
        assert_eq!((&t.first[..], &t.last[..]), (&[12, 51][..], &[12, 55][..]));
        assert_eq!(t.mean, [7.0, 2.0]);
        assert_eq!(series.fields[1].name, "h");
    }

    #[test]
    fn an_event_outside_the_range_is_counted_but_has_no_bucket() {
        let mut builder = builder();
        assert_eq!(builder.add(&event(100, r#"{"t":1}"#)), None);
        assert_eq!(builder.add(&event(99, r#"{"t":1}"#)), Some(9));
        let series = builder.finish(topic());
        assert_eq!((series.events, &series.fields[0].count[..]), (2, &[1][..]));
    }

    #[test]
    fn a_state_changes_when_its_value_changes_and_late_events_do_not_count() {
        let series = series(&[
            (90, r#"{"n":1,"door":"open"}"#),
            (80, r#"{"n":1,"door":"open"}"#),
            // Published late: it is older in the log, but newer by its own time.
            (85, r#"{"n":1,"door":"closed"}"#),
            (70, r#"{"n":1,"door":"closed"}"#),
        ]);
        assert_eq!(series.states[0].name, "door");
        assert_eq!(
            series.states[0].changes,
            [(70, "closed".to_owned()), (80, "open".to_owned())]
        );
    }

    #[test]
    fn a_bucket_with_skipped_events_covers_their_time() {
        let mut builder = builder();
        let bucket = builder.add(&event(57, r#"{"t":1}"#)).unwrap();
        builder.skip_rest_of(bucket);
        let series = builder.finish(topic());
        assert!(series.sampled);
        assert_eq!(
            (series.fields[0].first[0], series.fields[0].last[0]),
            (50, 57)
        );
    }

    #[test]
    fn fields_and_changes_beyond_the_limits_are_left_out() {
        let mut builder = builder();
        for number in 0..=CHART_FIELDS {
            builder.add(&event(99, &format!(r#"{{"f{number}":1}}"#)));
        }
        for change in 0..=STATE_CHANGES {
            let data = format!(r#"{{"f0":1,"state":"s{change}"}}"#);
            builder.add(&event(50, &data));
        }
        let series = builder.finish(topic());
        assert_eq!(series.fields.len(), CHART_FIELDS);
        assert_eq!(series.states[0].changes.len(), STATE_CHANGES);
        assert_eq!(
            series.states[0].changes.last().unwrap().1,
            "s0",
            "the newest change is kept"
        );
    }
}
