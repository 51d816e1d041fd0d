//! The directory: which series there are and how much each holds, in memory.
//!
//! It answers what a filter selects without asking the database, and knows at any moment what is
//! over a limit. It is counted from the index when the log is opened and follows every commit, so
//! nothing has to be kept in step on disk.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
};

use pulseboard_contract::{Topic, TopicPattern, TypeName};

use crate::{
    Filter,
    log::{Bounds, Retention, TopicSummary},
};

/// A series' row.
pub(super) type SeriesId = i64;

/// The series of a topic, by type.
type OfTopic = Vec<(TypeName, SeriesId)>;

/// What has one topic and one type, and events.
#[derive(Clone, Debug)]
pub(super) struct Series {
    topic: Topic,
    /// The retention rule its topic falls under.
    rule: Option<usize>,
    held: Held,
}

/// What is held: of a series, of a rule's topics, of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) count: u64,
    pub(super) bytes: u64,
}

/// What a commit has done to a series.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    /// The first and last sequence added.
    pub(super) added: Option<(u64, u64)>,
    pub(super) added_count: u64,
    pub(super) added_bytes: u64,
    /// What went.
    pub(super) removed: Option<Removed>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Removed {
    pub(super) count: u64,
    pub(super) bytes: u64,
    /// The first and last sequence that is left, if one is.
    pub(super) left: Option<(u64, u64)>,
}

/// Totals, and the series they are of by their oldest event.
#[derive(Debug, Default)]
pub(super) struct Total {
    pub(super) count: u64,
    pub(super) bytes: u64,
    pub(super) oldest: BTreeSet<(u64, SeriesId)>,
}

#[derive(Debug)]
pub(super) struct Directory {
    series: HashMap<SeriesId, Series>,
    topics: BTreeMap<Topic, OfTopic>,
    pub(super) whole: Total,
    pub(super) rules: Vec<Total>,
    /// The newest sequence there has been.
    pub(super) last: u64,
}

impl Directory {
    pub(super) fn new(retention: &Retention, last: u64) -> Self {
        let rules = retention.rules.iter().map(|_| Total::default()).collect();
        Self {
            series: HashMap::new(),
            topics: BTreeMap::new(),
            whole: Total::default(),
            rules,
            last,
        }
    }

    pub(super) fn bounds(&self) -> Bounds {
        let first = self
            .whole
            .oldest
            .first()
            .map_or(self.last + 1, |&(first, _)| first);
        Bounds {
            first,
            last: self.last,
        }
    }

    /// How many series have events.
    pub(super) fn series_count(&self) -> usize {
        self.series.len()
    }

    /// The row of a series that has events.
    pub(super) fn find(&self, topic: &Topic, event_type: &TypeName) -> Option<SeriesId> {
        self.topics
            .get(topic)?
            .iter()
            .find(|(of, _)| of == event_type)
            .map(|&(_, id)| id)
    }

    /// All series of a topic.
    pub(super) fn of_topic(&self, topic: &Topic) -> impl Iterator<Item = SeriesId> {
        self.topics
            .get(topic)
            .into_iter()
            .flatten()
            .map(|&(_, id)| id)
    }

    /// The series a filter selects, each with what it holds.
    pub(super) fn select(&self, filter: &Filter) -> Vec<(SeriesId, Held)> {
        let mut selected = Vec::new();
        let mut take = |series: &OfTopic| {
            let wanted = series
                .iter()
                .filter(|(event_type, _)| filter.selects_type(event_type));
            selected.extend(wanted.filter_map(|&(_, id)| Some((id, self.series.get(&id)?.held))));
        };
        match filter.topics() {
            [] => self.topics.values().for_each(&mut take),
            [only] => self.matching(only).for_each(|(_, series)| take(series)),
            // Patterns may overlap, and no series is read twice.
            patterns => {
                let topics: BTreeMap<_, _> = patterns
                    .iter()
                    .flat_map(|pattern| self.matching(pattern))
                    .collect();
                for series in topics.values() {
                    take(series);
                }
            }
        }
        selected
    }

    fn matching<'a>(
        &'a self,
        pattern: &'a TopicPattern,
    ) -> Box<dyn Iterator<Item = (&'a Topic, &'a OfTopic)> + 'a> {
        match pattern.literal() {
            Some(topic) => Box::new(self.topics.get_key_value(&topic).into_iter()),
            None => Box::new(
                self.under(pattern.literal_prefix(), None)
                    .filter(|(topic, _)| pattern.matches(topic)),
            ),
        }
    }

    /// The topics whose name begins so, after `after`, by name.
    pub(super) fn under<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a Topic>,
    ) -> impl Iterator<Item = (&'a Topic, &'a OfTopic)> {
        let start = match after {
            Some(after) if after.as_str() >= prefix => Bound::Excluded(after.as_str()),
            _ => Bound::Included(prefix),
        };
        self.topics
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(move |(topic, _)| topic.as_str().starts_with(prefix))
    }

    pub(super) fn summary(&self, topic: &Topic, series: &[(TypeName, SeriesId)]) -> TopicSummary {
        let mut summary = TopicSummary {
            topic: topic.clone(),
            count: 0,
            bytes: 0,
            last: 0,
        };
        for held in series
            .iter()
            .filter_map(|(_, id)| self.series.get(id))
            .map(|series| series.held)
        {
            summary.count += held.count;
            summary.bytes += held.bytes;
            summary.last = summary.last.max(held.last);
        }
        summary
    }

    /// The topics that had an event last.
    pub(super) fn recent(&self, limit: usize) -> Vec<TopicSummary> {
        let last = |series: &[(TypeName, SeriesId)]| {
            series
                .iter()
                .filter_map(|(_, id)| Some(self.series.get(id)?.held.last))
                .max()
        };
        let mut newest: BTreeSet<(u64, &Topic)> = BTreeSet::new();
        for (topic, series) in &self.topics {
            newest.insert((last(series).unwrap_or(0), topic));
            if newest.len() > limit {
                newest.pop_first();
            }
        }
        newest
            .into_iter()
            .rev()
            .filter_map(|(_, topic)| Some(self.summary(topic, self.topics.get(topic)?)))
            .collect()
    }

    /// Adds a series that has events now.
    pub(super) fn insert(
        &mut self,
        retention: &Retention,
        id: SeriesId,
        topic: Topic,
        event_type: TypeName,
        held: Held,
    ) {
        let rule = retention.rule_of(&topic);
        self.topics
            .entry(topic.clone())
            .or_default()
            .push((event_type, id));
        self.series.insert(id, Series { topic, rule, held });
        for total in self.totals(rule) {
            total.count += held.count;
            total.bytes += held.bytes;
            total.oldest.insert((held.first, id));
        }
        self.last = self.last.max(held.last);
    }

    /// Follows a commit. A series that is not here is `named`.
    pub(super) fn apply(
        &mut self,
        retention: &Retention,
        id: SeriesId,
        change: &Change,
        named: Option<(Topic, TypeName)>,
    ) {
        let before = self
            .series
            .get(&id)
            .map_or(Held::default(), |series| series.held);
        let mut held = before;
        if let Some((first, last)) = change.added {
            if held.count == 0 {
                held.first = first;
            }
            held.last = last;
            held.count += change.added_count;
            held.bytes += change.added_bytes;
            self.last = self.last.max(last);
        }
        if let Some(removed) = change.removed {
            held.count = held.count.saturating_sub(removed.count);
            held.bytes = held.bytes.saturating_sub(removed.bytes);
            match removed.left {
                Some((first, last)) => (held.first, held.last) = (first, last),
                None => held.count = 0,
            }
        }
        if before.count == 0 {
            if let (Some((topic, event_type)), true) = (named, held.count > 0) {
                self.insert(retention, id, topic, event_type, held);
            }
            return;
        }
        let rule = self.series.get(&id).and_then(|series| series.rule);
        for total in self.totals(rule) {
            total.count = total.count - before.count + held.count;
            total.bytes = total.bytes - before.bytes + held.bytes;
            if held.count == 0 {
                total.oldest.remove(&(before.first, id));
            } else if held.first != before.first {
                total.oldest.remove(&(before.first, id));
                total.oldest.insert((held.first, id));
            }
        }
        if held.count > 0 {
            if let Some(series) = self.series.get_mut(&id) {
                series.held = held;
            }
        } else if let Some(series) = self.series.remove(&id)
            && let Some(of_topic) = self.topics.get_mut(&series.topic)
        {
            of_topic.retain(|&(_, other)| other != id);
            if of_topic.is_empty() {
                self.topics.remove(&series.topic);
            }
        }
    }

    fn totals(&mut self, rule: Option<usize>) -> impl Iterator<Item = &mut Total> {
        std::iter::once(&mut self.whole).chain(rule.and_then(|rule| self.rules.get_mut(rule)))
    }
}
