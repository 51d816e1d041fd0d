//! A chunk: encoded events on their way to one stream.

use bytes::{Bytes, BytesMut};

use crate::metrics::HubMetrics;

/// Encoded events. A single one stays the shared bytes it is; several are copied into one write.
#[derive(Default)]
pub(super) struct Chunk {
    first: Option<Bytes>,
    joined: BytesMut,
    count: u64,
}

impl Chunk {
    pub(super) fn push(&mut self, block: Bytes) {
        self.push_many(block, 1);
    }

    /// Adds `count` events that are already joined.
    pub(super) fn push_many(&mut self, blocks: Bytes, count: u64) {
        if blocks.is_empty() {
            return;
        }
        self.count += count;
        match (&self.first, self.joined.is_empty()) {
            (None, true) => self.first = Some(blocks),
            (Some(_), _) => {
                if let Some(first) = self.first.take() {
                    self.joined.extend_from_slice(&first);
                }
                self.joined.extend_from_slice(&blocks);
            }
            (None, false) => self.joined.extend_from_slice(&blocks),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.first.as_ref().map_or(self.joined.len(), Bytes::len)
    }

    /// The bytes, counted as delivered; `None` if there are none.
    pub(super) fn finish(self, metrics: &HubMetrics) -> Option<Bytes> {
        let bytes = self
            .first
            .or_else(|| (!self.joined.is_empty()).then(|| self.joined.freeze()))?;
        metrics.delivered.inc_by(self.count);
        metrics.delivered_bytes.inc_by(bytes.len() as u64);
        Some(bytes)
    }
}
