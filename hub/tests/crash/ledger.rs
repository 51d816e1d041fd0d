//! The ledger: what the log has promised so far, and the check that it keeps its promises.

use std::collections::{BTreeMap, BTreeSet};

use pulseboard_contract::EventId;

use crate::item::{BATCHES, CHURN, IDENTIFIED, Item, STATE};

/// Every round keeps at least this many churn events.
pub(crate) const CHURN_KEPT: u64 = 30;

/// The ledger of one directory, through all its rounds.
#[derive(Default)]
pub(crate) struct Ledger {
    epoch: Option<String>,
    /// The events that were acknowledged or sent on a stream, by sequence.
    promised: BTreeMap<u64, Item>,
    /// The events that the current process has found, by sequence.
    found: BTreeMap<u64, Item>,
    /// The sequences that the stream has seen, over all its connections.
    seen: Vec<u64>,
    /// The cursor it resumes with.
    pub(crate) cursor: Option<EventId>,
    /// The promised events with a producer's id.
    pub(crate) identified: BTreeMap<u64, EventId>,
    /// Those of them that the log had when the process opened it.
    known: BTreeMap<u64, EventId>,
    pub(crate) acknowledged: u64,
    pub(crate) pruned: u64,
    /// Events that were not acknowledged and are in the log nevertheless.
    pub(crate) unacknowledged: u64,
    pub(crate) duplicates: u64,
}

impl Ledger {
    /// Takes a line of the process. The error tells what is wrong.
    pub(crate) fn take(&mut self, line: &str) -> Result<(), String> {
        let wrong = || format!("unexpected line of the process: {line}");
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "epoch" => {
                self.found.clear();
                let first = self.epoch.get_or_insert_with(|| rest.to_owned());
                return if first == rest {
                    Ok(())
                } else {
                    Err(format!("the epoch was {first} and is {rest}"))
                };
            }
            "opened" => return self.opened(),
            _ => {}
        }
        let (id, words) = rest.split_once(' ').ok_or_else(wrong)?;
        let (id, item): (EventId, _) = (
            id.parse().map_err(|_| wrong())?,
            Item::from_words(words).ok_or_else(wrong)?,
        );
        match word {
            "has" => {
                self.found.insert(id.seq, item);
                Ok(())
            }
            "stored" => {
                self.acknowledged += 1;
                self.promise(id, item)
            }
            // Published again: it may be new only if the log did not have it when the process
            // opened it.
            "again" if !self.known.contains_key(&item.number) => {
                self.acknowledged += 1;
                self.promise(id, item)
            }
            "known" if self.known.get(&item.number) == Some(&id) => {
                self.duplicates += 1;
                self.promise(id, item)
            }
            "saw" => {
                self.seen.push(id.seq);
                self.cursor = Some(id);
                self.promise(id, item)
            }
            _ => Err(wrong()),
        }
    }

    /// Called once the last process has read every event: the stream must have seen exactly these,
    /// over all its connections.
    pub(crate) fn end(&self) -> Result<(), String> {
        let kept = kept(&self.found);
        if self.seen == kept {
            Ok(())
        } else {
            Err(format!(
                "of {} events the stream saw {}",
                kept.len(),
                self.seen.len()
            ))
        }
    }

    fn promise(&mut self, id: EventId, item: Item) -> Result<(), String> {
        if item.topic == IDENTIFIED {
            self.identified.insert(item.number, id);
        }
        match self.promised.get(&id.seq) {
            Some(before) if *before != item => Err(format!("{id} was {before} and is {item}")),
            Some(_) => Ok(()),
            None => {
                self.promised.insert(id.seq, item);
                Ok(())
            }
        }
    }

    /// The process has opened the log and reported its events.
    fn opened(&mut self) -> Result<(), String> {
        self.promises_are_kept()?;
        self.nothing_is_doubled_or_out_of_order()?;
        self.batches_are_whole()?;
        let kept = kept(&self.found);
        if !kept.starts_with(&self.seen) {
            let at = self
                .seen
                .iter()
                .zip(&kept)
                .take_while(|(seen, kept)| seen == kept)
                .count();
            return Err(format!(
                "the stream saw {:?} and there is {:?}",
                self.seen.get(at),
                kept.get(at)
            ));
        }
        self.unacknowledged += self
            .found
            .keys()
            .filter(|seq| !self.promised.contains_key(seq))
            .count() as u64;
        // From now on the found events are promised: somebody has read them.
        for (seq, item) in self.found.clone() {
            if item.topic == IDENTIFIED && !self.identified.contains_key(&item.number) {
                // All rounds have one epoch.
                let id = format!("{}-{seq}", self.epoch.as_deref().unwrap_or_default());
                self.identified.insert(
                    item.number,
                    id.parse().map_err(|_| format!("not an id: {id}"))?,
                );
            }
            self.promised.insert(seq, item);
        }
        self.known = self.identified.clone();
        Ok(())
    }

    fn promises_are_kept(&mut self) -> Result<(), String> {
        if let Some((seq, item)) = self
            .found
            .iter()
            .find(|(seq, item)| self.promised.get(seq).is_some_and(|was| was != *item))
        {
            return Err(format!("{seq} was {} and is {item}", self.promised[seq]));
        }
        let of_topic = |items: &BTreeMap<u64, Item>, topic: &str| -> Vec<u64> {
            items
                .iter()
                .filter(|(_, item)| item.topic == topic)
                .map(|(&seq, _)| seq)
                .collect()
        };
        let lost = |seq: &u64| {
            Err(format!(
                "{seq}, {}, was promised and is not there",
                self.promised[seq]
            ))
        };
        if let Some(seq) = kept(&self.promised)
            .iter()
            .find(|seq| !self.found.contains_key(seq))
        {
            return lost(seq);
        }
        let (states, promised) = (
            of_topic(&self.found, STATE),
            of_topic(&self.promised, STATE),
        );
        if states.len() > 1 {
            return Err(format!("of {STATE} there are {states:?}"));
        }
        if let Some(newest) = promised
            .last()
            .filter(|newest| states.last().is_none_or(|found| found < newest))
        {
            return lost(newest);
        }
        let (churn, promised) = (
            of_topic(&self.found, CHURN),
            of_topic(&self.promised, CHURN),
        );
        let missing: Vec<_> = promised
            .into_iter()
            .filter(|seq| !self.found.contains_key(seq))
            .collect();
        if let Some(last) = missing.last() {
            let is_oldest = churn.first().is_some_and(|first| last < first);
            if !is_oldest || (churn.len() as u64) < CHURN_KEPT {
                return lost(last);
            }
        }
        // Events that were pruned, replaced or have expired are not expected again.
        self.pruned += missing.len() as u64;
        self.promised.retain(|seq, _| self.found.contains_key(seq));
        Ok(())
    }

    /// Every topic has one publisher, which waits for each acknowledgement.
    fn nothing_is_doubled_or_out_of_order(&self) -> Result<(), String> {
        let mut last: BTreeMap<&str, u64> = BTreeMap::new();
        for item in self.found.values() {
            if let Some(before) = last
                .insert(&item.topic, item.number)
                .filter(|before| *before >= item.number)
            {
                return Err(format!("{item} comes after {before}"));
            }
        }
        Ok(())
    }

    fn batches_are_whole(&self) -> Result<(), String> {
        let found: BTreeSet<_> = self
            .found
            .values()
            .filter(|item| item.topic == BATCHES)
            .map(|item| item.batch)
            .collect();
        for (first, of) in found {
            let of_batch: Vec<_> = self
                .found
                .iter()
                .filter(|(_, item)| item.topic == BATCHES && item.batch.0 == first)
                .collect();
            let (Some((begin, _)), Some((end, _))) = (of_batch.first(), of_batch.last()) else {
                continue;
            };
            if of_batch.len() as u64 != of || **end + 1 != **begin + of {
                return Err(format!(
                    "of the {of} events of batch {first} there are {of_batch:?}"
                ));
            }
        }
        Ok(())
    }
}

/// The sequences of the events that are never pruned.
fn kept(items: &BTreeMap<u64, Item>) -> Vec<u64> {
    items
        .iter()
        .filter(|(_, item)| item.topic.starts_with("kept/"))
        .map(|(&seq, _)| seq)
        .collect()
}
