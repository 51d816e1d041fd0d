//! A segment: some entries of the ring, encoded and wrapped once for all streams that carry them.
//!
//! A segment consists of pieces, each wrapped on its own. A stream that leaves the chain within a
//! segment keeps only the rest of one piece.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use pulseboard_contract::Framing;

use super::wrapping::Wrapping;
use crate::{entry::Entry, ring::RingPoint};

/// A piece of this size takes no further event.
const PIECE_BYTES: usize = 16 * 1024;

/// Entries with their order in the ring.
pub(super) type Ordered = (u64, Arc<Entry>);

/// Some entries of the ring as bytes.
pub(super) struct Segment {
    pub(super) bytes: Bytes,
    /// How many entries it carries.
    pub(super) count: u64,
    /// The point in the ring before its first entry.
    pub(super) start: RingPoint,
    /// The end of each piece: in the bytes, and in the ring.
    pieces: Vec<(usize, RingPoint)>,
}

impl Segment {
    pub(super) fn new(entries: &[Ordered], framing: Framing, wrapping: &Wrapping) -> Self {
        let length = encoded_length(entries, framing);
        let mut bytes = BytesMut::with_capacity(length + (length / PIECE_BYTES + 1) * 16);
        let mut pieces = Vec::with_capacity(length / PIECE_BYTES + 1);
        let mut rest = entries;
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(fitting(rest, framing, PIECE_BYTES));
            (wrapping.before)(encoded_length(piece, framing), &mut bytes);
            for (_, entry) in piece {
                bytes.extend_from_slice(entry.encoded(framing));
            }
            bytes.extend_from_slice(wrapping.after);
            if let Some((order, entry)) = piece.last() {
                let end = RingPoint {
                    order: order + 1,
                    seq: entry.position.seq,
                };
                pieces.push((bytes.len(), end));
            }
            rest = later;
        }
        let start = entries
            .first()
            .map_or(RingPoint { order: 0, seq: 0 }, |(order, entry)| RingPoint {
                order: *order,
                // The position of a stored event includes the event itself; the point before it is
                // one less.
                seq: entry.position.seq - u64::from(entry.is_stored()),
            });
        Self {
            bytes: bytes.freeze(),
            count: entries.len() as u64,
            start,
            pieces,
        }
    }

    /// The end of the piece that contains the byte at `offset`: in the bytes, and in the ring.
    pub(super) fn piece_end(&self, offset: usize) -> Option<(usize, RingPoint)> {
        self.pieces.iter().find(|(end, _)| *end >= offset).copied()
    }
}

/// How many of the entries, at least one, have about this many bytes.
pub(super) fn fitting(entries: &[Ordered], framing: Framing, bytes: usize) -> usize {
    let mut sum = 0;
    let fits = |(_, entry): &&Ordered| {
        let has_room = sum < bytes;
        sum += entry.encoded(framing).len();
        has_room
    };
    entries.iter().take_while(fits).count()
}

fn encoded_length(entries: &[Ordered], framing: Framing) -> usize {
    entries
        .iter()
        .map(|(_, entry)| entry.encoded(framing).len())
        .sum()
}
