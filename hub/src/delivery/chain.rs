//! A segment chain: the encoded segments that streams with the same selection share.
//!
//! A flush adds a segment once for all these streams. The chain releases it when the last stream
//! has passed it.

use std::{collections::VecDeque, io::IoSlice, sync::Arc};

use bytes::Bytes;

use super::{
    segment::{Ordered, Segment, fitting},
    wrapping::Wrapping,
};
use crate::{conflate::keep_latest, entry::Entry, ring::RingPoint, selection::Selection};

/// A segment of this size takes no further event.
const SEGMENT_BYTES: usize = 256 * 1024;

/// The chain, and the streams that read it.
pub(super) struct SegmentChain {
    pub(super) selection: Selection,
    /// The streams, by their number in the delivery.
    pub(super) members: Vec<usize>,
    segments: VecDeque<Segment>,
    /// The number of the chain's first segment.
    first: u64,
    held: usize,
    /// The entries of the next segment.
    fresh: Vec<Ordered>,
}

/// How far a stream has read a chain: the number of the segment, and the bytes of it already
/// written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ChainOffset {
    segment: u64,
    byte: usize,
}

impl SegmentChain {
    pub(super) fn new(selection: Selection) -> Self {
        Self {
            selection,
            members: Vec::new(),
            segments: VecDeque::new(),
            first: 0,
            held: 0,
            fresh: Vec::new(),
        }
    }

    /// Adds an entry to the next segment; returns whether it is that segment's first.
    pub(super) fn add(&mut self, order: u64, entry: &Arc<Entry>) -> bool {
        // A selection may name a topic twice.
        if self.fresh.last().is_some_and(|(last, _)| *last == order) {
            return false;
        }
        self.fresh.push((order, entry.clone()));
        self.fresh.len() == 1
    }

    /// Encodes the added entries as segments.
    pub(super) fn seal(&mut self, wrapping: &Wrapping) {
        let mut fresh = std::mem::take(&mut self.fresh);
        if self.selection.conflate {
            keep_latest(&mut fresh, |(_, entry)| entry.as_event());
        }
        let framing = self.selection.framing;
        let mut rest = fresh.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(fitting(rest, framing, SEGMENT_BYTES));
            let segment = Segment::new(now, framing, wrapping);
            self.held += segment.bytes.len();
            self.segments.push_back(segment);
            rest = later;
        }
        // The next flush reuses the memory.
        fresh.clear();
        self.fresh = fresh;
    }

    /// The offset after the last segment.
    pub(super) fn end(&self) -> ChainOffset {
        ChainOffset {
            segment: self.first + self.segments.len() as u64,
            byte: 0,
        }
    }

    /// How many bytes the chain holds.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Fills `slices` with the bytes after an offset; returns how many slices are filled.
    pub(super) fn slices<'a>(&'a self, at: ChainOffset, slices: &mut [IoSlice<'a>]) -> usize {
        let mut filled = 0;
        let mut byte = at.byte;
        for (slice, segment) in slices.iter_mut().zip(self.segments.range(self.index(at)..)) {
            *slice = IoSlice::new(&segment.bytes[byte..]);
            byte = 0;
            filled += 1;
        }
        filled
    }

    /// The offset `written` bytes further, and the number of entries in the segments that are now
    /// completely written.
    pub(super) fn advance(&self, mut at: ChainOffset, written: usize) -> (ChainOffset, u64) {
        let (mut byte, mut count) = (at.byte + written, 0);
        for segment in self.segments.range(self.index(at)..) {
            if byte < segment.bytes.len() {
                break;
            }
            byte -= segment.bytes.len();
            count += segment.count;
            at.segment += 1;
        }
        (ChainOffset { byte, ..at }, count)
    }

    /// What a stream needs to leave the chain: the rest of the piece it has begun, and the point in
    /// the ring after that. `tip` is the point in the ring after the chain.
    pub(super) fn detach(&self, at: ChainOffset, tip: RingPoint) -> (Bytes, RingPoint) {
        let Some(segment) = self.segments.get(self.index(at)) else {
            return (Bytes::new(), tip);
        };
        if at.byte == 0 {
            return (Bytes::new(), segment.start);
        }
        let (end, point) = segment
            .piece_end(at.byte)
            .unwrap_or((segment.bytes.len(), tip));
        // A copy, so that a few bytes do not keep the whole segment in memory.
        (Bytes::copy_from_slice(&segment.bytes[at.byte..end]), point)
    }

    /// Releases the segments before an offset; returns how many bytes they had.
    pub(super) fn release(&mut self, oldest: ChainOffset) -> usize {
        let held = self.held;
        while self.first < oldest.segment
            && let Some(segment) = self.segments.pop_front()
        {
            self.first += 1;
            self.held -= segment.bytes.len();
        }
        held - self.held
    }

    fn index(&self, at: ChainOffset) -> usize {
        // The delivery releases no segment that one of its streams still has to read.
        usize::try_from(at.segment.saturating_sub(self.first))
            .map_or(self.segments.len(), |index| index.min(self.segments.len()))
    }
}
