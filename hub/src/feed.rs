//! A feed: what all streams that carry the same bytes share, as a chain of segments ready to write.
//!
//! A segment is made once, when a flush comes to it, and goes when the last stream has passed it.
//! It is made of pieces, each wrapped as the connection wants it: a stream that falls behind amid a
//! segment keeps no more than the rest of a piece.

use std::{collections::VecDeque, io::IoSlice, sync::Arc};

use bytes::{Bytes, BytesMut};
use pulseboard_contract::Framing;

use crate::{
    conflate::keep_latest,
    ring::{Entry, Mark},
    subscriber::Selection,
};

/// A piece takes no further event once it has this size.
const PIECE_BYTES: usize = 16 * 1024;
/// The same for a segment.
const SEGMENT_BYTES: usize = 256 * 1024;

/// How pieces of a stream are wrapped for the connections they go to.
#[derive(Clone, Copy, Debug)]
pub struct Wrapping {
    /// Writes what stands before a piece of this length.
    pub before: fn(usize, &mut BytesMut),
    /// What stands after each.
    pub after: &'static [u8],
    /// What ends a stream.
    pub end: &'static [u8],
}

impl Wrapping {
    /// The bytes as one piece.
    pub fn wrap(&self, bytes: &[u8]) -> Bytes {
        let mut wrapped = BytesMut::with_capacity(bytes.len() + 16);
        (self.before)(bytes.len(), &mut wrapped);
        wrapped.extend_from_slice(bytes);
        wrapped.extend_from_slice(self.after);
        wrapped.freeze()
    }
}

/// Some entries of the ring as bytes.
struct Segment {
    bytes: Bytes,
    /// How many entries it carries.
    count: u64,
    start: Mark,
    /// Where each piece ends: in the bytes, and in the ring.
    pieces: Vec<(usize, Mark)>,
}

/// The chain, and the streams that read it.
pub(crate) struct Feed {
    pub(crate) selection: Selection,
    /// The streams, by whatever number whoever serves them knows them.
    pub(crate) members: Vec<usize>,
    chain: VecDeque<Segment>,
    /// The number of the chain's first segment.
    first: u64,
    held: usize,
    /// What is to be in the next segment, each with its order.
    fresh: Vec<(u64, Arc<Entry>)>,
}

/// Where a stream is in the chain: in which segment, and how much of it has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    segment: u64,
    offset: usize,
}

impl Feed {
    pub(crate) fn new(selection: Selection) -> Self {
        Self {
            selection,
            members: Vec::new(),
            chain: VecDeque::new(),
            first: 0,
            held: 0,
            fresh: Vec::new(),
        }
    }

    /// Notes an entry for the next segment; tells whether it is the first.
    pub(crate) fn note(&mut self, order: u64, entry: &Arc<Entry>) -> bool {
        // A selection may name a topic twice.
        if self.fresh.last().is_some_and(|(last, _)| *last == order) {
            return false;
        }
        self.fresh.push((order, entry.clone()));
        self.fresh.len() == 1
    }

    /// Makes segments of what was noted.
    pub(crate) fn seal(&mut self, wrapping: &Wrapping) {
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
            self.chain.push_back(segment);
            rest = later;
        }
        fresh.clear();
        // Its room is of use again.
        self.fresh = fresh;
    }

    /// The place after the chain.
    pub(crate) fn end(&self) -> Place {
        Place {
            segment: self.first + self.chain.len() as u64,
            offset: 0,
        }
    }

    /// Bytes in the chain.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// What lies after a place, in as many slices as there is room for.
    pub(crate) fn slices<'a>(&'a self, place: Place, slices: &mut [IoSlice<'a>]) -> usize {
        let mut filled = 0;
        let mut offset = place.offset;
        for (slice, segment) in slices.iter_mut().zip(self.chain.range(self.index(place)..)) {
            *slice = IoSlice::new(&segment.bytes[offset..]);
            offset = 0;
            filled += 1;
        }
        filled
    }

    /// The place `written` bytes on, with the number of entries in the segments that are done.
    pub(crate) fn advance(&self, mut place: Place, written: usize) -> (Place, u64) {
        let (mut offset, mut count) = (place.offset + written, 0);
        for segment in self.chain.range(self.index(place)..) {
            if offset < segment.bytes.len() {
                break;
            }
            offset -= segment.bytes.len();
            count += segment.count;
            place.segment += 1;
        }
        (Place { offset, ..place }, count)
    }

    /// Takes a stream out of the chain: what is left of the piece it is at, and where it goes on in
    /// the ring. `tip` is where the ring goes on after the chain.
    pub(crate) fn detach(&self, place: Place, tip: Mark) -> (Bytes, Mark) {
        let Some(segment) = self.chain.get(self.index(place)) else {
            return (Bytes::new(), tip);
        };
        if place.offset == 0 {
            return (Bytes::new(), segment.start);
        }
        let piece = segment.pieces.iter().find(|(end, _)| *end >= place.offset);
        let (end, mark) = piece.copied().unwrap_or((segment.bytes.len(), tip));
        // A copy, so that a few bytes do not keep the whole segment.
        (
            Bytes::copy_from_slice(&segment.bytes[place.offset..end]),
            mark,
        )
    }

    /// Lets go of what lies before a place; tells how many bytes that was.
    pub(crate) fn release(&mut self, oldest: Place) -> usize {
        let held = self.held;
        while self.first < oldest.segment
            && let Some(segment) = self.chain.pop_front()
        {
            self.first += 1;
            self.held -= segment.bytes.len();
        }
        held - self.held
    }

    fn index(&self, place: Place) -> usize {
        // Whoever serves the streams releases nothing that one of them has before it.
        usize::try_from(place.segment.saturating_sub(self.first))
            .map_or(self.chain.len(), |index| index.min(self.chain.len()))
    }
}

/// How many of the entries, at least one, come to about so many bytes.
fn fitting(entries: &[(u64, Arc<Entry>)], framing: Framing, bytes: usize) -> usize {
    let mut sum = 0;
    let fits = |(_, entry): &&(u64, Arc<Entry>)| {
        let has_room = sum < bytes;
        sum += entry.encoded(framing).len();
        has_room
    };
    entries.iter().take_while(fits).count()
}

impl Segment {
    fn new(entries: &[(u64, Arc<Entry>)], framing: Framing, wrapping: &Wrapping) -> Self {
        let length: usize = entries
            .iter()
            .map(|(_, entry)| entry.encoded(framing).len())
            .sum();
        let mut bytes = BytesMut::with_capacity(length + (length / PIECE_BYTES + 1) * 16);
        let mut pieces = Vec::with_capacity(length / PIECE_BYTES + 1);
        let mut rest = entries;
        while let Some((last, later)) =
            (!rest.is_empty()).then(|| rest.split_at(fitting(rest, framing, PIECE_BYTES)))
        {
            let length = last
                .iter()
                .map(|(_, entry)| entry.encoded(framing).len())
                .sum();
            (wrapping.before)(length, &mut bytes);
            for (_, entry) in last {
                bytes.extend_from_slice(entry.encoded(framing));
            }
            bytes.extend_from_slice(wrapping.after);
            if let Some((order, entry)) = last.last() {
                pieces.push((
                    bytes.len(),
                    Mark {
                        order: order + 1,
                        seq: entry.position.seq,
                    },
                ));
            }
            rest = later;
        }
        let start = entries
            .first()
            .map_or(Mark { order: 0, seq: 0 }, |(order, entry)| {
                // A stored event is the position it stands for, so the place before it is one less.
                Mark {
                    order: *order,
                    seq: entry.position.seq - u64::from(entry.is_stored()),
                }
            });
        Self {
            bytes: bytes.freeze(),
            count: entries.len() as u64,
            start,
            pieces,
        }
    }
}
