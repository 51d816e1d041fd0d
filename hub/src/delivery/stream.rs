//! A stream of a delivery: one connection, where its bytes come from, and the writing itself.

use std::io::{self, ErrorKind, IoSlice, Write};

use bytes::{Buf, Bytes};

use super::{
    chain::{ChainOffset, SegmentChain},
    wrapping::Wrapping,
};
use crate::{
    log::Log,
    ring::{Behind, RingPoint},
    subscriber::{Ready, Subscriber},
};

/// How many bytes a stream takes from the ring at a time.
const RING_BYTES: usize = 16 * 1024;
/// How many segments one system call writes.
const SLICES: usize = 32;

/// One stream and its connection, which does not block.
pub(super) struct Stream<L, C> {
    pub(super) connection: C,
    pub(super) subscriber: Subscriber<L>,
    /// The number of its chain.
    pub(super) chain: usize,
    /// Its index among the chain's members.
    pub(super) member: usize,
    /// Bytes of this stream alone, written before anything else.
    own: Bytes,
    pub(super) source: Source,
    /// The connection took less than it was given; it reports when it can take more.
    pub(super) is_blocked: bool,
}

/// Where the next bytes of a stream come from.
#[derive(Clone, Copy)]
pub(super) enum Source {
    Chain(ChainOffset),
    /// The ring, from the position of the stream's own subscriber.
    Ring,
    /// Nothing: the end of the stream is in its own bytes.
    Ended,
}

/// What writing needs to know of the delivery.
#[derive(Clone, Copy)]
pub(super) struct WriteContext<'a> {
    /// The point in the ring after the chains.
    pub(super) tip: RingPoint,
    pub(super) wrapping: &'a Wrapping,
    /// Whether streams that have everything are to be ended.
    pub(super) is_closing: bool,
}

/// How much was written.
#[derive(Default)]
pub(super) struct Delivered {
    pub(super) events: u64,
    pub(super) bytes: u64,
}

/// Why writing stopped.
pub(super) enum Written {
    /// The stream has everything, or its connection is full.
    Idle,
    /// The stream has read events from the log that the ring does not have yet.
    Ahead,
    /// The stream needs entries that have left the ring.
    Behind,
    /// The end of the stream is written.
    Ended,
    Broken(io::Error),
}

impl<L: Log, C: Write> Stream<L, C> {
    pub(super) fn new(
        subscriber: Subscriber<L>,
        connection: C,
        chain: usize,
        member: usize,
    ) -> Self {
        Self {
            connection,
            subscriber,
            chain,
            member,
            own: Bytes::new(),
            source: Source::Ring,
            is_blocked: false,
        }
    }

    /// Writes until the stream has everything, its connection is full, or it has to leave the
    /// delivery.
    pub(super) fn write(
        &mut self,
        chain: &SegmentChain,
        context: WriteContext<'_>,
        delivered: &mut Delivered,
    ) -> Written {
        loop {
            if !self.own.is_empty() {
                match self.write_own() {
                    Ok(written) => delivered.bytes += written as u64,
                    Err(error) => return self.failed(chain, context, error),
                }
                if !self.own.is_empty() {
                    return Written::Idle;
                }
            }
            match self.source {
                Source::Ended => return Written::Ended,
                Source::Chain(at) if at == chain.end() => {
                    if !context.is_closing {
                        return Written::Idle;
                    }
                    self.own = Bytes::from_static(context.wrapping.end);
                    self.source = Source::Ended;
                }
                Source::Chain(at) => match self.write_chain(chain, at, delivered) {
                    Ok(true) => {}
                    Ok(false) => {
                        self.detach_conflated(chain, context.tip);
                        return Written::Idle;
                    }
                    Err(error) => return self.failed(chain, context, error),
                },
                Source::Ring => match self.subscriber.take_ready(context.tip, RING_BYTES) {
                    Ok(Ready::Bytes(bytes)) => self.own = context.wrapping.wrap(&bytes),
                    Ok(Ready::CaughtUp) => self.source = Source::Chain(chain.end()),
                    Ok(Ready::Ahead) => return Written::Ahead,
                    Err(Behind) => return Written::Behind,
                },
            }
        }
    }

    fn write_own(&mut self) -> io::Result<usize> {
        let written = uninterrupted(|| self.connection.write(&self.own))?;
        self.own.advance(written);
        if self.own.is_empty() {
            // Drops the memory that these bytes were a part of.
            self.own = Bytes::new();
        } else {
            self.is_blocked = true;
        }
        Ok(written)
    }

    /// Writes the segments after an offset; returns whether the connection took all of them.
    fn write_chain(
        &mut self,
        chain: &SegmentChain,
        at: ChainOffset,
        delivered: &mut Delivered,
    ) -> io::Result<bool> {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let filled = chain.slices(at, &mut slices);
        let length: usize = slices[..filled].iter().map(|slice| slice.len()).sum();
        let written = match &slices[..filled] {
            [slice] => uninterrupted(|| self.connection.write(slice)),
            slices => uninterrupted(|| self.connection.write_vectored(slices)),
        }?;
        let (at, events) = chain.advance(at, written);
        self.source = Source::Chain(at);
        delivered.events += events;
        delivered.bytes += written as u64;
        if written < length {
            self.is_blocked = true;
        }
        Ok(written == length)
    }

    fn failed(
        &mut self,
        chain: &SegmentChain,
        context: WriteContext<'_>,
        error: io::Error,
    ) -> Written {
        if error.kind() != ErrorKind::WouldBlock {
            return Written::Broken(error);
        }
        self.is_blocked = true;
        self.detach_conflated(chain, context.tip);
        Written::Idle
    }

    /// A conflated stream decides what to send next when its connection can take it, so it leaves
    /// the chain when the connection is full.
    fn detach_conflated(&mut self, chain: &SegmentChain, tip: RingPoint) {
        if chain.selection.conflate {
            self.detach(chain, tip);
        }
    }

    /// Makes the stream independent of its chain: it continues from the ring.
    pub(super) fn detach(&mut self, chain: &SegmentChain, tip: RingPoint) {
        if let Source::Chain(at) = self.source {
            let (rest, point) = chain.detach(at, tip);
            // Own bytes are written before any bytes of the chain, so if there is a rest of a
            // piece, no own bytes are left.
            if !rest.is_empty() {
                self.own = rest;
            }
            self.subscriber.resume_at(point);
            self.source = Source::Ring;
        }
    }
}

/// Repeats a write that a signal interrupted. A write of nothing counts as failed.
fn uninterrupted(mut write: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match write() {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
