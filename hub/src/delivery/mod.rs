//! Delivery: one thread serves many streams from memory, at the cost of little more than their
//! writes.
//!
//! Streams with the same selection share a [segment chain](chain). A flush takes the new entries of
//! the ring, encodes them as one segment per chain, and writes that to every stream whose
//! connection has room. A stream whose connection is full stays where it is. If its chain would have
//! to hold much for it alone, the stream leaves the chain and continues from the ring. If the ring
//! no longer has its next entry, it leaves the delivery and catches up from the log elsewhere.
//!
//! A delivery never waits. Its owner waits for connections and for new events, and calls it.

mod chain;
mod chains;
mod segment;
mod stream;
mod wrapping;

use std::{
    io::{self, Write},
    sync::Arc,
    task::Waker,
};

use slab::Slab;

pub use self::wrapping::Wrapping;
use self::{
    chains::SegmentChains,
    stream::{Delivered, Source, Stream, WriteContext, Written},
};
use crate::{
    entry::Entry,
    log::Log,
    ring::{Ring, RingPoint},
    sleep_waker::SleepWaker,
    state::HubState,
    subscriber::Subscriber,
};

/// All chains together may hold this many times the limit of one.
const CHAINS_HELD: usize = 16;
/// How many entries are taken from the ring under one lock.
const TAKEN: usize = 512;

/// Identifies a stream of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamId(pub usize);

/// A stream that has left its delivery.
pub enum Departed<L, C> {
    /// It has to [catch up](Subscriber::catch_up) from the log. Once it is live again, it may
    /// [join](Delivery::join) again.
    Behind(Subscriber<L>, C),
    /// The hub has closed, and the stream was ended.
    Ended(C),
    /// Its connection broke.
    Broken(C, io::Error),
}

/// The streams of one thread, over connections of type `C` that do not block.
pub struct Delivery<L, C> {
    state: Arc<HubState<L>>,
    wrapping: Wrapping,
    waker: Arc<SleepWaker>,
    /// The point up to which the chains have the ring's entries.
    tip: RingPoint,
    streams: Slab<Stream<L, C>>,
    chains: SegmentChains,
    /// The streams that have read events from the log which the ring did not have yet.
    ahead: Vec<usize>,
    departed: Vec<Departed<L, C>>,
    is_closing: bool,
    /// Entries on their way from the ring to the chains; kept to reuse the memory.
    taken: Vec<Arc<Entry>>,
    /// Not yet added to the metrics.
    delivered: Delivered,
}

impl<L: Log, C: Write> Delivery<L, C> {
    pub(crate) fn new(state: Arc<HubState<L>>, wrapping: Wrapping, waker: Waker) -> Self {
        let waker = Arc::new(SleepWaker::new(waker));
        state.add_sleep_waker(&waker);
        let tip = state.read_ring(Ring::tip);
        Self {
            state,
            wrapping,
            waker,
            tip,
            streams: Slab::new(),
            chains: SegmentChains::default(),
            ahead: Vec::new(),
            departed: Vec::new(),
            is_closing: false,
            taken: Vec::new(),
            delivered: Delivered::default(),
        }
    }

    /// Whether there is something to flush.
    pub fn has_news(&self) -> bool {
        self.state.end() > self.tip.order || (!self.is_closing && self.state.is_closed())
    }

    /// Prepares the thread for sleep: from now on the waker wakes it when there is something to
    /// flush. Returns false if there is already; the thread must not sleep then.
    pub fn try_sleep(&self) -> bool {
        self.waker.set_asleep(true);
        // A fan-out after this check sees the flag.
        if self.has_news() {
            self.end_sleep();
            return false;
        }
        true
    }

    /// Ends the sleep; call it whenever the thread has woken up, for whatever reason.
    pub fn end_sleep(&self) {
        self.waker.set_asleep(false);
    }

    /// How many streams the delivery serves.
    pub fn len(&self) -> usize {
        self.streams.len()
    }

    /// Whether the delivery serves no stream.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Serves a stream that is [live](crate::CatchUp::Live) and writes to it at once.
    pub fn join(&mut self, mut subscriber: Subscriber<L>, connection: C) -> StreamId {
        let (chain, selection) = self.chains.find_or_create(subscriber.selection());
        subscriber.share_selection(selection);
        let member = self.chains.chain_mut(chain).members.len();
        let id = self
            .streams
            .insert(Stream::new(subscriber, connection, chain, member));
        self.chains.chain_mut(chain).members.push(id);
        // The stream may have read entries that the chains do not have yet.
        self.take_news();
        self.write(id);
        StreamId(id)
    }

    /// The connection of a stream, if the delivery still serves it.
    pub fn connection(&mut self, id: StreamId) -> Option<&mut C> {
        self.streams
            .get_mut(id.0)
            .map(|stream| &mut stream.connection)
    }

    /// Continues a stream whose connection has room again.
    pub fn writable(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get_mut(id.0)
            && std::mem::take(&mut stream.is_blocked)
        {
            self.write(id.0);
        }
    }

    /// Removes a stream; returns its connection.
    pub fn leave(&mut self, id: StreamId) -> Option<C> {
        self.streams
            .contains(id.0)
            .then(|| self.remove(id.0).connection)
    }

    /// Removes every stream; returns their connections.
    pub fn clear(&mut self) -> Vec<C> {
        self.ids()
            .into_iter()
            .map(|id| self.remove(id).connection)
            .collect()
    }

    /// Writes everything new to every stream whose connection has room.
    pub fn flush(&mut self) {
        // Read this first: once the hub has closed, the ring has everything that will ever come.
        let is_closed = self.state.is_closed();
        self.take_news();
        for chain in self.chains.take_fresh() {
            self.flush_chain(chain);
        }
        for id in std::mem::take(&mut self.ahead) {
            if self.streams.contains(id) {
                self.write(id);
            }
        }
        if is_closed && !self.is_closing {
            self.is_closing = true;
            self.write_unblocked(&self.ids());
        }
        self.report();
    }

    /// The streams that have left the delivery since the last call.
    pub fn take_departed(&mut self) -> Vec<Departed<L, C>> {
        self.report();
        std::mem::take(&mut self.departed)
    }

    fn report(&mut self) {
        let Delivered { events, bytes } = std::mem::take(&mut self.delivered);
        self.state.metrics.delivered.inc_by(events);
        self.state.metrics.delivered_bytes.inc_by(bytes);
    }

    fn ids(&self) -> Vec<usize> {
        self.streams.iter().map(|(id, _)| id).collect()
    }

    fn remove(&mut self, id: usize) -> Stream<L, C> {
        let stream = self.streams.remove(id);
        let members = &mut self.chains.chain_mut(stream.chain).members;
        members.swap_remove(stream.member);
        if let Some(&moved) = members.get(stream.member) {
            self.streams[moved].member = stream.member;
        } else if members.is_empty() {
            self.chains.remove(stream.chain);
        }
        stream
    }

    /// Takes the new entries of the ring into the chains.
    fn take_news(&mut self) {
        let mut taken = std::mem::take(&mut self.taken);
        let overrun = loop {
            let found = self.state.read_ring(|ring| {
                ring.read(self.tip.order, TAKEN, &mut taken)
                    .map_err(|_| ring.tip())
            });
            if let Err(tip) = found {
                break Some(tip);
            }
            let Some(last) = taken.last() else { break None };
            let next = RingPoint {
                order: self.tip.order + taken.len() as u64,
                seq: last.position.seq,
            };
            for (order, entry) in (self.tip.order..).zip(taken.drain(..)) {
                if !entry.is_expired(|| self.state.now()) {
                    self.chains.add(order, &entry);
                }
            }
            self.tip = next;
        };
        self.taken = taken;
        self.chains.seal(&self.wrapping);
        if let Some(tip) = overrun {
            self.skip_to(tip);
        }
    }

    /// Handles an overrun: this thread was held up for so long that the next entry has left the
    /// ring. Each stream continues alone from where it was.
    fn skip_to(&mut self, tip: RingPoint) {
        let ids = self.ids();
        for &id in &ids {
            self.detach(id);
        }
        self.chains.release_all();
        // Only now: the detached streams continue from the old tip.
        self.tip = tip;
        self.write_unblocked(&ids);
    }

    /// Writes to those of the streams that are still there and whose connection has room.
    fn write_unblocked(&mut self, ids: &[usize]) {
        for &id in ids {
            if self
                .streams
                .get(id)
                .is_some_and(|stream| !stream.is_blocked)
            {
                self.write(id);
            }
        }
    }

    /// Writes to every member that has room, and releases the segments that all members have.
    fn flush_chain(&mut self, id: usize) {
        let Some(chain) = self.chains.get(id) else {
            return;
        };
        let (end, limit) = (chain.end(), self.state.options.chain_bytes);
        let is_over =
            chain.held() > limit || self.chains.held() > limit.saturating_mul(CHAINS_HELD);
        let mut oldest = end;
        // Backwards, because writing may remove members: the last member then takes the place of
        // the removed one, and it was written to already.
        let mut index = chain.members.len();
        while index > 0 {
            index -= 1;
            let Some(&member) = self
                .chains
                .get(id)
                .and_then(|chain| chain.members.get(index))
            else {
                continue;
            };
            if !self.streams[member].is_blocked {
                self.write(member);
            }
            // At once, while the stream is in the cache: with many streams a second pass would load
            // each of them again.
            match self.streams.get(member).map(|stream| stream.source) {
                Some(Source::Chain(at)) if at == end => {}
                Some(Source::Chain(_)) if is_over => self.detach(member),
                Some(Source::Chain(at)) => oldest = oldest.min(at),
                Some(Source::Ring | Source::Ended) | None => {}
            }
        }
        self.chains.release(id, oldest);
    }

    fn detach(&mut self, id: usize) {
        let stream = &mut self.streams[id];
        stream.detach(self.chains.chain_mut(stream.chain), self.tip);
    }

    /// Writes to a stream, and removes it if it has to leave.
    fn write(&mut self, id: usize) {
        let stream = &mut self.streams[id];
        let context = WriteContext {
            tip: self.tip,
            wrapping: &self.wrapping,
            is_closing: self.is_closing,
        };
        let chain = self.chains.chain_mut(stream.chain);
        let departed = match stream.write(chain, context, &mut self.delivered) {
            Written::Idle => return,
            Written::Ahead => return self.ahead.push(id),
            Written::Behind => {
                let stream = self.remove(id);
                Departed::Behind(stream.subscriber, stream.connection)
            }
            Written::Ended => Departed::Ended(self.remove(id).connection),
            Written::Broken(error) => Departed::Broken(self.remove(id).connection, error),
        };
        self.departed.push(departed);
    }
}
