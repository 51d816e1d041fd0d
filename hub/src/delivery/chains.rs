//! The segment chains of a delivery, and which of them an event belongs to.

use std::{collections::HashMap, sync::Arc};

use pulseboard_contract::{Topic, TopicPattern};
use slab::Slab;

use super::{
    chain::{ChainOffset, SegmentChain},
    wrapping::Wrapping,
};
use crate::{entry::Entry, selection::Selection};

/// The chains, indexed by selection and by topic.
#[derive(Default)]
pub(super) struct SegmentChains {
    chains: Slab<SegmentChain>,
    by_selection: HashMap<Selection, usize>,
    /// The chains whose selection lists literal topics, by topic.
    by_topic: HashMap<Topic, Vec<usize>>,
    /// The other chains: their filters have to be evaluated for each event.
    with_patterns: Vec<usize>,
    /// The chains with new entries.
    fresh: Vec<usize>,
    /// The bytes that all chains hold.
    held: usize,
}

impl SegmentChains {
    pub(super) fn get(&self, id: usize) -> Option<&SegmentChain> {
        self.chains.get(id)
    }

    /// The chain with this number. A chain exists until its last stream leaves.
    pub(super) fn chain_mut(&mut self, id: usize) -> &mut SegmentChain {
        &mut self.chains[id]
    }

    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// The chain of a selection, created if there is none; and the selection as the chain holds it.
    pub(super) fn find_or_create(&mut self, selection: &Selection) -> (usize, &Selection) {
        let id = match self.by_selection.get(selection) {
            Some(&id) => id,
            None => self.create(selection.clone()),
        };
        (id, &self.chains[id].selection)
    }

    fn create(&mut self, selection: Selection) -> usize {
        let id = self.chains.insert(SegmentChain::new(selection.clone()));
        match literal_topics(&selection) {
            Some(topics) => topics
                .into_iter()
                .for_each(|topic| self.by_topic.entry(topic).or_default().push(id)),
            None => self.with_patterns.push(id),
        }
        self.by_selection.insert(selection, id);
        id
    }

    /// Removes a chain that has no stream any more.
    pub(super) fn remove(&mut self, id: usize) {
        let chain = self.chains.remove(id);
        self.held -= chain.held();
        self.by_selection.remove(&chain.selection);
        self.fresh.retain(|fresh| *fresh != id);
        match literal_topics(&chain.selection) {
            Some(topics) => {
                for topic in topics {
                    if let Some(ids) = self.by_topic.get_mut(&topic) {
                        ids.retain(|other| *other != id);
                        if ids.is_empty() {
                            self.by_topic.remove(&topic);
                        }
                    }
                }
            }
            None => self.with_patterns.retain(|other| *other != id),
        }
    }

    /// Adds an entry to every chain that selects it.
    pub(super) fn add(&mut self, order: u64, entry: &Arc<Entry>) {
        let Some(event) = entry.as_event() else {
            for (id, chain) in &mut self.chains {
                if chain.add(order, entry) {
                    self.fresh.push(id);
                }
            }
            return;
        };
        let named = self.by_topic.get(&event.topic).into_iter().flatten();
        for &id in named.chain(&self.with_patterns) {
            let chain = &mut self.chains[id];
            if chain.selection.filter.selects(event) && chain.add(order, entry) {
                self.fresh.push(id);
            }
        }
    }

    /// Encodes the added entries of all chains.
    pub(super) fn seal(&mut self, wrapping: &Wrapping) {
        for &id in &self.fresh {
            let chain = &mut self.chains[id];
            let held = chain.held();
            chain.seal(wrapping);
            self.held += chain.held() - held;
        }
    }

    /// The chains that got new segments since the last call.
    pub(super) fn take_fresh(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.fresh)
    }

    /// Releases the segments of a chain before an offset.
    pub(super) fn release(&mut self, id: usize, oldest: ChainOffset) {
        if let Some(chain) = self.chains.get_mut(id) {
            self.held -= chain.release(oldest);
        }
    }

    /// Releases all segments. No stream may read a chain any more.
    pub(super) fn release_all(&mut self) {
        for (_, chain) in &mut self.chains {
            self.held -= chain.release(chain.end());
        }
    }
}

/// The topics that a selection lists; `None` if it has no patterns or one with wildcards.
fn literal_topics(selection: &Selection) -> Option<Vec<Topic>> {
    let patterns = selection.filter.topics();
    if patterns.is_empty() {
        return None;
    }
    patterns.iter().map(TopicPattern::literal).collect()
}
