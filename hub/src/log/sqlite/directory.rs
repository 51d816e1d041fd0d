//! The directory: the topic types of the log and how much each of them holds, in memory.
//!
//! A *topic type* is one topic with one event type. The directory resolves a filter to topic types
//! without a query, and knows at any moment which limits are exceeded. It is built from the index
//! when the log is opened and follows every commit, so nothing has to be kept in step on disk.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
};

use pulseboard_contract::{Topic, TopicPattern, TypeName};

use crate::{
    filter::Filter,
    log::{
        query::{Bounds, TopicSummary},
        retention::Retention,
    },
};

/// The id of a topic type: its row in the table `series`.
pub(super) type TopicTypeId = i64;

/// The topic types of one topic.
pub(super) type TypesOfTopic = Vec<(TypeName, TopicTypeId)>;

/// A topic type that has events.
#[derive(Clone, Debug)]
struct TopicType {
    topic: Topic,
    /// The retention rule that applies to its topic.
    rule: Option<usize>,
    extent: Extent,
}

/// How much a topic type holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) count: u64,
    pub(super) bytes: u64,
}

/// What one commit changes in a topic type.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    /// The first and last sequence added.
    pub(super) added: Option<(u64, u64)>,
    pub(super) added_count: u64,
    pub(super) added_bytes: u64,
    pub(super) removed: Option<Removed>,
}

/// What one commit removes from a topic type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Removed {
    pub(super) count: u64,
    pub(super) bytes: u64,
    /// The first and last remaining sequence, if any.
    pub(super) left: Option<(u64, u64)>,
}

/// The totals of several topic types, and these by their oldest event.
#[derive(Debug, Default)]
pub(super) struct Total {
    pub(super) count: u64,
    pub(super) bytes: u64,
    pub(super) oldest: BTreeSet<(u64, TopicTypeId)>,
}

/// The directory.
#[derive(Debug)]
pub(super) struct Directory {
    types: HashMap<TopicTypeId, TopicType>,
    topics: BTreeMap<Topic, TypesOfTopic>,
    /// The total of the whole log.
    pub(super) whole: Total,
    /// The total of each retention rule.
    pub(super) rules: Vec<Total>,
    /// The newest sequence the log has ever had.
    pub(super) last: u64,
}

impl Directory {
    pub(super) fn new(retention: &Retention, last: u64) -> Self {
        let rules = retention.rules.iter().map(|_| Total::default()).collect();
        Self {
            types: HashMap::new(),
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

    /// How many topic types have events.
    pub(super) fn type_count(&self) -> usize {
        self.types.len()
    }

    /// The id of a topic type that has events.
    pub(super) fn find(&self, topic: &Topic, event_type: &TypeName) -> Option<TopicTypeId> {
        self.topics
            .get(topic)?
            .iter()
            .find(|(of, _)| of == event_type)
            .map(|&(_, id)| id)
    }

    /// All topic types of a topic.
    pub(super) fn of_topic(&self, topic: &Topic) -> impl Iterator<Item = TopicTypeId> {
        self.topics
            .get(topic)
            .into_iter()
            .flatten()
            .map(|&(_, id)| id)
    }

    /// The topic types that a filter selects, each with what it holds.
    pub(super) fn select(&self, filter: &Filter) -> Vec<(TopicTypeId, Extent)> {
        let mut selected = Vec::new();
        let mut take = |types: &TypesOfTopic| {
            let wanted = types
                .iter()
                .filter(|(event_type, _)| filter.selects_type(event_type));
            selected.extend(wanted.filter_map(|&(_, id)| Some((id, self.types.get(&id)?.extent))));
        };
        match filter.topics() {
            [] => self.topics.values().for_each(&mut take),
            [only] => self.matching(only).for_each(|(_, types)| take(types)),
            // Patterns may overlap, and no topic type must be read twice.
            patterns => {
                let topics: BTreeMap<_, _> = patterns
                    .iter()
                    .flat_map(|pattern| self.matching(pattern))
                    .collect();
                for types in topics.values() {
                    take(types);
                }
            }
        }
        selected
    }

    fn matching<'a>(
        &'a self,
        pattern: &'a TopicPattern,
    ) -> Box<dyn Iterator<Item = (&'a Topic, &'a TypesOfTopic)> + 'a> {
        match pattern.literal() {
            Some(topic) => Box::new(self.topics.get_key_value(&topic).into_iter()),
            None => Box::new(
                self.under(pattern.literal_prefix(), None)
                    .filter(|(topic, _)| pattern.matches(topic)),
            ),
        }
    }

    /// The topics whose name starts with a prefix, after `after`, by name.
    pub(super) fn under<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a Topic>,
    ) -> impl Iterator<Item = (&'a Topic, &'a TypesOfTopic)> {
        let start = match after {
            Some(after) if after.as_str() >= prefix => Bound::Excluded(after.as_str()),
            _ => Bound::Included(prefix),
        };
        self.topics
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(move |(topic, _)| topic.as_str().starts_with(prefix))
    }

    pub(super) fn summary(&self, topic: &Topic, types: &[(TypeName, TopicTypeId)]) -> TopicSummary {
        let mut summary = TopicSummary {
            topic: topic.clone(),
            count: 0,
            bytes: 0,
            last: 0,
        };
        for extent in types
            .iter()
            .filter_map(|(_, id)| self.types.get(id))
            .map(|topic_type| topic_type.extent)
        {
            summary.count += extent.count;
            summary.bytes += extent.bytes;
            summary.last = summary.last.max(extent.last);
        }
        summary
    }

    /// The topics with the newest events, newest first.
    pub(super) fn recent(&self, limit: usize) -> Vec<TopicSummary> {
        let last = |types: &[(TypeName, TopicTypeId)]| {
            types
                .iter()
                .filter_map(|(_, id)| Some(self.types.get(id)?.extent.last))
                .max()
        };
        let mut newest: BTreeSet<(u64, &Topic)> = BTreeSet::new();
        for (topic, types) in &self.topics {
            newest.insert((last(types).unwrap_or(0), topic));
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

    /// Adds a topic type that now has events.
    pub(super) fn insert(
        &mut self,
        retention: &Retention,
        id: TopicTypeId,
        topic: Topic,
        event_type: TypeName,
        extent: Extent,
    ) {
        let rule = retention.rule_of(&topic);
        self.topics
            .entry(topic.clone())
            .or_default()
            .push((event_type, id));
        let topic_type = TopicType {
            topic,
            rule,
            extent,
        };
        self.types.insert(id, topic_type);
        for total in self.totals(rule) {
            total.count += extent.count;
            total.bytes += extent.bytes;
            total.oldest.insert((extent.first, id));
        }
        self.last = self.last.max(extent.last);
    }

    /// Applies the change of a commit. `name` is given for a topic type that the directory does not
    /// have yet.
    pub(super) fn apply(
        &mut self,
        retention: &Retention,
        id: TopicTypeId,
        change: &Change,
        name: Option<(Topic, TypeName)>,
    ) {
        let before = self
            .types
            .get(&id)
            .map_or(Extent::default(), |topic_type| topic_type.extent);
        let after = before.changed(change);
        if let Some((_, last)) = change.added {
            self.last = self.last.max(last);
        }
        if before.count == 0 {
            if let (Some((topic, event_type)), true) = (name, after.count > 0) {
                self.insert(retention, id, topic, event_type, after);
            }
            return;
        }
        let rule = self.types.get(&id).and_then(|topic_type| topic_type.rule);
        for total in self.totals(rule) {
            total.replace(id, before, after);
        }
        if after.count == 0 {
            self.remove(id);
        } else if let Some(topic_type) = self.types.get_mut(&id) {
            topic_type.extent = after;
        }
    }

    /// Removes a topic type that has no events any more.
    fn remove(&mut self, id: TopicTypeId) {
        if let Some(topic_type) = self.types.remove(&id)
            && let Some(types) = self.topics.get_mut(&topic_type.topic)
        {
            types.retain(|&(_, other)| other != id);
            if types.is_empty() {
                self.topics.remove(&topic_type.topic);
            }
        }
    }

    fn totals(&mut self, rule: Option<usize>) -> impl Iterator<Item = &mut Total> {
        std::iter::once(&mut self.whole).chain(rule.and_then(|rule| self.rules.get_mut(rule)))
    }
}

impl Extent {
    fn changed(mut self, change: &Change) -> Self {
        if let Some((first, last)) = change.added {
            if self.count == 0 {
                self.first = first;
            }
            self.last = last;
            self.count += change.added_count;
            self.bytes += change.added_bytes;
        }
        if let Some(removed) = change.removed {
            self.count = self.count.saturating_sub(removed.count);
            self.bytes = self.bytes.saturating_sub(removed.bytes);
            match removed.left {
                Some((first, last)) => (self.first, self.last) = (first, last),
                None => self.count = 0,
            }
        }
        self
    }
}

impl Total {
    /// Replaces what a topic type contributes.
    fn replace(&mut self, id: TopicTypeId, before: Extent, after: Extent) {
        self.count = self.count - before.count + after.count;
        self.bytes = self.bytes - before.bytes + after.bytes;
        if after.count == 0 {
            self.oldest.remove(&(before.first, id));
        } else if after.first != before.first {
            self.oldest.remove(&(before.first, id));
            self.oldest.insert((after.first, id));
        }
    }
}
