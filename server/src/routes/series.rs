//! `GET /api/series`: a topic's numbers and states over time, a few hundred buckets however many
//! events there are.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use pulseboard_contract::{
    Event, Timestamp, Topic, TopicPattern,
    api::{FieldSeries, FieldStates, TopicSeries},
    limits::{CHART_FIELDS, CHART_POINTS, PAGE_BYTES, PAGE_ITEMS, STATE_CHANGES},
};
use pulseboard_feed::Reading;
use pulseboard_hub::{Filter, LogError, Order, Query};

use crate::{AppState, input::Params, problem::Problem};

/// The most events one answer is made from, all buckets together.
const EVENTS: usize = 120_000;
/// How many events of one bucket are read before the rest of it is passed over.
const BUCKET_EVENTS: usize = 1_000;
/// How many events are read at once.
const PAGE_EVENTS: usize = 1_000;
/// How often the log is asked for the place of a time, at the most: twice the bits of a sequence.
const PROBES: usize = 128;

/// A topic's numbers and states over time.
///
/// The time from `from` to `to` is cut into `points` buckets; each has the smallest, the largest
/// and the mean value of every field. What is a number and what is a state is read off the data, as
/// the board does.
#[utoipa::path(
    get,
    path = "/api/series",
    operation_id = "series",
    tag = "read",
    params(
        ("topic" = String, Query, description = "The topic", example = "office/sensor"),
        ("from" = Option<i64>, Query, description = "From when on, in milliseconds since 1970; a day before `to` unless told"),
        ("to" = Option<i64>, Query, description = "Until when, itself not included; now unless told"),
        ("points" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "How many buckets; 300 unless told")
    ),
    responses((status = 200, description = "The series", body = TopicSeries)),
    extensions(("x-example" = json!("curl -s \"$URL/api/series?topic=office/sensor&points=60\"")))
)]
pub(crate) async fn series(
    State(state): State<AppState>,
    params: Params,
) -> Result<Response, Problem> {
    let topic = params.one("topic")?.map(Topic::new).transpose();
    let topic =
        topic.map_err(|error| Problem::input("topic", error.to_string()).expecting("a topic"))?;
    let time = |name| {
        let time = params.one(name)?.map(|text| {
            text.parse()
                .ok()
                .and_then(|millis| Timestamp::from_millis(millis).ok())
        });
        time.map(|time| {
            time.ok_or_else(|| {
                Problem::input(name, format!("{name} is not a time."))
                    .expecting("milliseconds since 1970")
            })
        })
        .transpose()
    };
    let to = time("to")?.unwrap_or_else(|| state.now());
    let day_before = Timestamp::from_millis(to.millis() - 86_400_000).unwrap_or(to);
    let from = time("from")?.unwrap_or(day_before);
    let points = match params.one("points")? {
        None => CHART_POINTS,
        Some(text) => {
            let points = text
                .parse()
                .ok()
                .filter(|points| (1..=PAGE_ITEMS).contains(points));
            points.ok_or_else(|| {
                Problem::input("points", "points is out of range.")
                    .expecting("a number from 1 to 1000")
            })?
        }
    };
    let topic =
        topic.ok_or_else(|| Problem::input("topic", "topic is missing.").expecting("a topic"))?;
    if from >= to {
        return Err(Problem::input("from", "from is not before to.").expecting("a time before to"));
    }
    let series = Builder::new(topic, from, to, points).read(&state).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(series)).into_response())
}

/// One field while it is read, by the number of the bucket.
#[derive(Default)]
struct Buckets(BTreeMap<usize, Bucket>);

#[derive(Clone, Copy)]
struct Bucket {
    first: i64,
    last: i64,
    count: u32,
    min: f64,
    max: f64,
    sum: f64,
}

/// Reads the log backwards, so that what does not fit is what is oldest.
struct Builder {
    topic: Topic,
    from: i64,
    to: i64,
    points: usize,
    fields: Vec<(String, Buckets)>,
    /// Newest first.
    states: Vec<FieldStates>,
    events: usize,
    sampled: bool,
}

impl Builder {
    fn new(topic: Topic, from: Timestamp, to: Timestamp, points: usize) -> Self {
        let (from, to) = (from.millis(), to.millis());
        Self {
            topic,
            from,
            to,
            points,
            fields: Vec::new(),
            states: Vec::new(),
            events: 0,
            sampled: false,
        }
    }

    async fn read(mut self, state: &AppState) -> Result<TopicSeries, LogError> {
        // The newest event is not newer than the end, in almost every case; where it is, the end is
        // searched for.
        let mut before = state.hub.position().seq + 1;
        if let Some(newest) = self.newest_before(state, before).await?
            && newest.time.millis() >= self.to
        {
            before = self.place_of(state, self.to, before).await?;
        }
        let mut bucket = (usize::MAX, 0);
        while self.events < EVENTS {
            let page = state
                .hub
                .history(self.query(state, before, PAGE_EVENTS))
                .await?;
            let Some(oldest) = page.events.last().cloned() else {
                break;
            };
            for event in &page.events {
                let number = self.take(event);
                bucket = if number == bucket.0 {
                    (number, bucket.1 + 1)
                } else {
                    (number, 1)
                };
            }
            before = page.through;
            // Publishers tell of some events late; a whole page of what is too old is the end.
            if !page.has_more
                || page
                    .events
                    .iter()
                    .all(|event| event.time.millis() < self.from)
            {
                return Ok(self.finish());
            }
            if bucket.1 >= BUCKET_EVENTS {
                let begin = self.begin_of(bucket.0);
                if oldest.time.millis() > begin {
                    let next = self.place_of(state, begin, before).await?;
                    if next < before {
                        self.sampled = true;
                        self.stretch(bucket.0, begin);
                        before = next;
                    }
                }
                bucket = (usize::MAX, 0);
            }
        }
        self.sampled |= self.events >= EVENTS;
        Ok(self.finish())
    }

    fn query(&self, state: &AppState, before: u64, limit: usize) -> Query {
        Query {
            filter: Filter::new([TopicPattern::from(&self.topic)], []),
            after: None,
            before: Some(before),
            order: Order::Descending,
            limit,
            max_bytes: PAGE_BYTES,
            now: state.now(),
        }
    }

    async fn newest_before(
        &self,
        state: &AppState,
        before: u64,
    ) -> Result<Option<std::sync::Arc<Event>>, LogError> {
        Ok(state
            .hub
            .history(self.query(state, before, 1))
            .await?
            .events
            .first()
            .cloned())
    }

    /// The sequence before which there is nothing of `time` or later, as far as times grow with
    /// sequences; that is found by halving. Never after `before`.
    async fn place_of(&self, state: &AppState, time: i64, before: u64) -> Result<u64, LogError> {
        let (mut low, mut high) = (0, before);
        let mut step = PAGE_EVENTS as u64;
        for _ in 0..PROBES {
            // Near the end first, with steps that grow; then halves.
            let probe = if low == 0 && step < high {
                high - step
            } else {
                u64::midpoint(low, high)
            };
            step = step.saturating_mul(2);
            if probe <= low || probe >= high {
                break;
            }
            match self.newest_before(state, probe).await? {
                Some(event) if event.time.millis() >= time => {
                    high = event.event_id.map_or(probe, |id| id.seq).min(probe);
                }
                // What the probe found says that all up to the probe is before the time.
                Some(_) | None => low = probe,
            }
        }
        Ok(high)
    }

    /// Takes in an event; answers the number of its bucket.
    fn take(&mut self, event: &Event) -> usize {
        self.events += 1;
        let time = event.time.millis();
        if !(self.from..self.to).contains(&time) {
            return usize::MAX;
        }
        let number = self.number_of(time);
        if let Reading::Values { numbers, states } = Reading::of(&event.payload()) {
            for (name, value) in numbers {
                if let Some(buckets) = field(&mut self.fields, name) {
                    buckets.add(number, time, value);
                }
            }
            for (name, value) in states {
                self.take_state(name, time, value);
            }
        }
        number
    }

    fn take_state(&mut self, name: String, time: i64, value: String) {
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
            // What was told late says nothing about for how long it was so.
            Some((since, _)) if *since < time => {}
            // It was so earlier already.
            Some((since, state)) if *state == value => *since = time,
            _ if has_room => states.changes.push((time, value)),
            _ => {}
        }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Within the range, so below the number of points.
    fn number_of(&self, time: i64) -> usize {
        let points = self.points as i128;
        ((i128::from(time - self.from) * points) / i128::from(self.to - self.from)) as usize
    }

    /// When a bucket begins.
    #[allow(clippy::cast_possible_truncation)]
    fn begin_of(&self, number: usize) -> i64 {
        let number = i128::try_from(number).unwrap_or(0);
        let span = i128::from(self.to - self.from);
        // Rounded up: the first time whose bucket this is.
        let points = self.points as i128;
        self.from + ((number * span + points - 1) / points) as i64
    }

    /// What was passed over belongs to its bucket: there is no gap.
    fn stretch(&mut self, number: usize, begin: i64) {
        for (_, buckets) in &mut self.fields {
            if let Some(bucket) = buckets.0.get_mut(&number) {
                bucket.first = begin;
            }
        }
    }

    fn finish(self) -> TopicSeries {
        let field = |(name, buckets): (String, Buckets)| {
            let mut field = FieldSeries {
                name,
                ..FieldSeries::default()
            };
            for bucket in buckets.0.values() {
                field.first.push(bucket.first);
                field.last.push(bucket.last);
                field.count.push(bucket.count);
                field.min.push(bucket.min);
                field.max.push(bucket.max);
                field.mean.push(bucket.sum / f64::from(bucket.count));
            }
            field
        };
        let mut states = self.states;
        for states in &mut states {
            states.changes.reverse();
        }
        TopicSeries {
            topic: self.topic,
            fields: self.fields.into_iter().map(field).collect(),
            states,
            events: self.events,
            sampled: self.sampled,
        }
    }
}

/// The buckets of a field, new ones if there is room for them.
fn field(fields: &mut Vec<(String, Buckets)>, name: String) -> Option<&mut Buckets> {
    let index = match fields.iter().position(|(field, _)| *field == name) {
        Some(index) => index,
        None if fields.len() < CHART_FIELDS => {
            fields.push((name, Buckets::default()));
            fields.len() - 1
        }
        None => return None,
    };
    fields.get_mut(index).map(|(_, buckets)| buckets)
}

impl Buckets {
    fn add(&mut self, number: usize, time: i64, value: f64) {
        let new = Bucket {
            first: time,
            last: time,
            count: 0,
            min: value,
            max: value,
            sum: 0.0,
        };
        let bucket = self.0.entry(number).or_insert(new);
        bucket.first = bucket.first.min(time);
        bucket.last = bucket.last.max(time);
        bucket.count = bucket.count.saturating_add(1);
        bucket.min = bucket.min.min(value);
        bucket.max = bucket.max.max(value);
        bucket.sum += value;
    }
}
