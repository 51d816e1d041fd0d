//! Delivery: many streams served from memory by one thread, at the cost of little more than their
//! writes.
//!
//! Streams that carry the same share a [feed](crate::feed). A flush takes what is new in the ring,
//! makes a segment of it for each feed it is for, and writes that to every stream of the feed that
//! can take it. A stream whose connection is full stays where it is; when it has fallen so far
//! behind that its feed would have to hold much for it alone, it goes on alone from the ring, and
//! what the ring has no more it must read from the log: then it departs, to be caught up elsewhere.
//!
//! It waits for nothing: whoever owns it waits for connections and for news, and calls it.

use std::{
    collections::HashMap,
    io::{self, ErrorKind, IoSlice, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
};

use bytes::{Buf, Bytes};
use pulseboard_contract::Topic;
use slab::Slab;

use crate::{
    feed::{Feed, Place, Wrapping},
    hub::Shared,
    log::Log,
    ring::{Entry, Mark},
    subscriber::{Ready, Selection, Subscriber},
};

/// How many times what one feed may hold all may hold together.
const FEEDS_HELD: usize = 16;
/// What a stream that goes on alone is given at a time.
const ALONE_BYTES: usize = 16 * 1024;
/// How many segments are written at once.
const SLICES: usize = 32;
/// How many entries are taken from the ring under one lock.
const TAKEN: usize = 512;

/// A stream of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamId(pub usize);

/// A stream that is served no more.
pub enum Departed<L, C> {
    /// It has to [catch up](Subscriber::catch_up) from the log; when it is live again it may come
    /// back.
    Behind(Subscriber<L>, C),
    /// The hub has closed and the stream was ended.
    Ended(C),
    /// Its connection broke.
    Broken(C, io::Error),
}

/// The streams of one thread, over connections of type `C` that do not block.
pub struct Delivery<L, C> {
    shared: Arc<Shared<L>>,
    wrapping: Wrapping,
    doorbell: Arc<Doorbell>,
    /// Up to where the ring has been taken into the feeds.
    tip: Mark,
    streams: Slab<Stream<L, C>>,
    feeds: Slab<Feed>,
    by_selection: HashMap<Selection, usize>,
    /// Feeds of which every topic is named, by topic; the others have to be asked.
    by_topic: HashMap<Topic, Vec<usize>>,
    others: Vec<usize>,
    /// Feeds with something new.
    fresh: Vec<usize>,
    /// Streams that wait for the ring to come to where they have read the log.
    ahead: Vec<usize>,
    departed: Vec<Departed<L, C>>,
    held: usize,
    is_closing: bool,
    taken: Vec<Arc<Entry>>,
    delivered: u64,
    delivered_bytes: u64,
}

struct Stream<L, C> {
    connection: C,
    subscriber: Subscriber<L>,
    feed: usize,
    /// Its index among the feed's members.
    member: usize,
    /// What is written to it alone, before anything else.
    own: Bytes,
    stage: Stage,
    /// The connection took less than it was given; it will say when it takes more.
    is_blocked: bool,
}

#[derive(Clone, Copy)]
enum Stage {
    /// Reads the feed.
    Shared(Place),
    /// Goes on from where its subscriber is.
    Alone,
    /// Was given its end.
    Ended,
}

/// Rings when there is news for somebody who sleeps.
pub(crate) struct Doorbell {
    is_asleep: AtomicBool,
    waker: Waker,
}

impl Doorbell {
    pub(crate) fn ring(&self) {
        // Waking costs a system call; it is made once a sleep.
        if self.is_asleep.swap(false, Ordering::SeqCst) {
            self.waker.wake_by_ref();
        }
    }
}

impl<L: Log, C: Write> Delivery<L, C> {
    pub(crate) fn new(shared: Arc<Shared<L>>, wrapping: Wrapping, waker: Waker) -> Self {
        let doorbell = Arc::new(Doorbell {
            is_asleep: AtomicBool::new(false),
            waker,
        });
        shared.install(&doorbell);
        let tip = shared.read_ring(crate::ring::Ring::tip);
        Self {
            shared,
            wrapping,
            doorbell,
            tip,
            streams: Slab::new(),
            feeds: Slab::new(),
            by_selection: HashMap::new(),
            by_topic: HashMap::new(),
            others: Vec::new(),
            fresh: Vec::new(),
            ahead: Vec::new(),
            departed: Vec::new(),
            held: 0,
            is_closing: false,
            taken: Vec::new(),
            delivered: 0,
            delivered_bytes: 0,
        }
    }

    /// Whether there is something to flush.
    pub fn has_news(&self) -> bool {
        *self.shared.end.borrow() > self.tip.order || (!self.is_closing && self.shared.is_closed())
    }

    /// Says that the thread goes to sleep: the waker wakes it at the next news. False if there is
    /// some already.
    pub fn falls_asleep(&self) -> bool {
        self.doorbell.is_asleep.store(true, Ordering::SeqCst);
        // Whoever makes news after this look sees the flag.
        if self.has_news() {
            self.wakes_up();
            return false;
        }
        true
    }

    /// Says that it is awake, for whatever reason.
    pub fn wakes_up(&self) {
        self.doorbell.is_asleep.store(false, Ordering::SeqCst);
    }

    /// How many streams there are.
    pub fn len(&self) -> usize {
        self.streams.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Serves a stream that is [live](crate::CatchUp::Live), beginning at once.
    pub fn join(&mut self, mut subscriber: Subscriber<L>, connection: C) -> StreamId {
        let feed = self.feed_of(&mut subscriber);
        let member = self.feeds[feed].members.len();
        let (own, stage) = (Bytes::new(), Stage::Alone);
        let id = self.streams.insert(Stream {
            connection,
            subscriber,
            feed,
            member,
            own,
            stage,
            is_blocked: false,
        });
        self.feeds[feed].members.push(id);
        // So that what it has is not ahead of what the feeds have.
        self.take_news();
        self.write(id);
        StreamId(id)
    }

    /// The connection of a stream, if it is still served.
    pub fn connection(&mut self, id: StreamId) -> Option<&mut C> {
        self.streams
            .get_mut(id.0)
            .map(|stream| &mut stream.connection)
    }

    /// The connection can take more.
    pub fn writable(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.get_mut(id.0)
            && std::mem::take(&mut stream.is_blocked)
        {
            self.write(id.0);
        }
    }

    /// The stream is over; gives its connection back.
    pub fn leave(&mut self, id: StreamId) -> Option<C> {
        self.streams
            .contains(id.0)
            .then(|| self.remove(id.0).connection)
    }

    /// Every stream there is, taken out.
    pub fn clear(&mut self) -> Vec<C> {
        let all: Vec<_> = self.streams.iter().map(|(id, _)| id).collect();
        all.into_iter()
            .map(|id| self.remove(id).connection)
            .collect()
    }

    /// Writes all there is to all that can take it.
    pub fn flush(&mut self) {
        // In this order: what was fanned out before the end is in the ring when the end is seen.
        let is_closed = self.shared.is_closed();
        self.take_news();
        for feed in std::mem::take(&mut self.fresh) {
            self.flush_feed(feed);
        }
        for id in std::mem::take(&mut self.ahead) {
            if self.streams.contains(id) {
                self.write(id);
            }
        }
        if is_closed && !self.is_closing {
            self.is_closing = true;
            let all: Vec<_> = self
                .streams
                .iter()
                .filter(|(_, stream)| !stream.is_blocked)
                .map(|(id, _)| id)
                .collect();
            for id in all {
                self.write(id);
            }
        }
        self.report();
    }

    /// The streams that went by themselves since this was asked last.
    pub fn take_departed(&mut self) -> Vec<Departed<L, C>> {
        self.report();
        std::mem::take(&mut self.departed)
    }

    fn report(&mut self) {
        self.shared
            .metrics
            .delivered
            .inc_by(std::mem::take(&mut self.delivered));
        self.shared
            .metrics
            .delivered_bytes
            .inc_by(std::mem::take(&mut self.delivered_bytes));
    }

    fn feed_of(&mut self, subscriber: &mut Subscriber<L>) -> usize {
        if let Some(&feed) = self.by_selection.get(subscriber.selection()) {
            subscriber.share(&self.feeds[feed].selection);
            return feed;
        }
        let selection = subscriber.selection().clone();
        let feed = self.feeds.insert(Feed::new(selection.clone()));
        match literals(&selection) {
            Some(topics) => topics
                .into_iter()
                .for_each(|topic| self.by_topic.entry(topic).or_default().push(feed)),
            None => self.others.push(feed),
        }
        self.by_selection.insert(selection, feed);
        feed
    }

    fn forget_feed(&mut self, feed: usize) {
        let Feed { selection, .. } = {
            let gone = self.feeds.remove(feed);
            self.held -= gone.held();
            gone
        };
        self.by_selection.remove(&selection);
        self.fresh.retain(|fresh| *fresh != feed);
        match literals(&selection) {
            Some(topics) => {
                for topic in topics {
                    if let Some(feeds) = self.by_topic.get_mut(&topic) {
                        feeds.retain(|other| *other != feed);
                        if feeds.is_empty() {
                            self.by_topic.remove(&topic);
                        }
                    }
                }
            }
            None => self.others.retain(|other| *other != feed),
        }
    }

    fn remove(&mut self, id: usize) -> Stream<L, C> {
        let stream = self.streams.remove(id);
        let members = &mut self.feeds[stream.feed].members;
        members.swap_remove(stream.member);
        if let Some(&moved) = members.get(stream.member) {
            self.streams[moved].member = stream.member;
        } else if members.is_empty() {
            self.forget_feed(stream.feed);
        }
        stream
    }

    /// Takes what is new in the ring into the feeds.
    fn take_news(&mut self) {
        let mut taken = std::mem::take(&mut self.taken);
        let overrun = loop {
            let found = self.shared.read_ring(|ring| {
                ring.read(self.tip.order, TAKEN, &mut taken)
                    .map_err(|_| ring.tip())
            });
            if let Err(tip) = found {
                break Some(tip);
            }
            let Some(last) = taken.last() else { break None };
            let next = Mark {
                order: self.tip.order + taken.len() as u64,
                seq: last.position.seq,
            };
            for (order, entry) in (self.tip.order..).zip(taken.drain(..)) {
                self.sort_in(order, &entry);
            }
            self.tip = next;
        };
        self.taken = taken;
        for &feed in &self.fresh {
            let feed = &mut self.feeds[feed];
            let held = feed.held();
            feed.seal(&self.wrapping);
            self.held += feed.held() - held;
        }
        if let Some(tip) = overrun {
            self.skip_to(tip);
        }
    }

    /// The ring went round while this thread was kept from it: each stream goes on alone from where
    /// it was.
    fn skip_to(&mut self, tip: Mark) {
        let all: Vec<_> = self.streams.iter().map(|(id, _)| id).collect();
        for &id in &all {
            self.detach(id);
        }
        for (_, feed) in &mut self.feeds {
            self.held -= feed.release(feed.end());
        }
        // Only now, because what was detached goes on from the old one.
        self.tip = tip;
        for id in all {
            if self
                .streams
                .get(id)
                .is_some_and(|stream| !stream.is_blocked)
            {
                self.write(id);
            }
        }
    }

    fn sort_in(&mut self, order: u64, entry: &Arc<Entry>) {
        if entry.is_expired(|| self.shared.now()) {
            return;
        }
        let Some(event) = entry.as_event() else {
            for (id, feed) in &mut self.feeds {
                if feed.note(order, entry) {
                    self.fresh.push(id);
                }
            }
            return;
        };
        let named = self.by_topic.get(&event.topic).into_iter().flatten();
        for &id in named.chain(&self.others) {
            let feed = &mut self.feeds[id];
            if feed.selection.filter.selects(event) && feed.note(order, entry) {
                self.fresh.push(id);
            }
        }
    }

    /// Writes to every member that can take it, and lets go of what all have.
    fn flush_feed(&mut self, id: usize) {
        let Some(feed) = self.feeds.get(id) else {
            return;
        };
        let (end, limit) = (feed.end(), self.shared.options.feed_bytes);
        let is_over = feed.held() > limit || self.held > limit.saturating_mul(FEEDS_HELD);
        let mut oldest = end;
        // Members may go while they are written to: the last one then takes the place of who went,
        // and was looked at already.
        let mut index = feed.members.len();
        while index > 0 {
            index -= 1;
            let Some(&member) = self.feeds.get(id).and_then(|feed| feed.members.get(index)) else {
                continue;
            };
            if !self.streams[member].is_blocked {
                self.write(member);
            }
            // At once, while it is at hand: with many streams a second look at each would have to
            // fetch it again.
            match self.streams.get(member).map(|stream| stream.stage) {
                Some(Stage::Shared(place)) if place == end => {}
                Some(Stage::Shared(_)) if is_over => self.detach(member),
                Some(Stage::Shared(place)) => oldest = oldest.min(place),
                Some(Stage::Alone | Stage::Ended) | None => {}
            }
        }
        if let Some(feed) = self.feeds.get_mut(id) {
            self.held -= feed.release(oldest);
        }
    }

    /// Makes a stream independent of its feed's chain.
    fn detach(&mut self, id: usize) {
        let stream = &mut self.streams[id];
        if let Stage::Shared(place) = stream.stage {
            let (rest, mark) = self.feeds[stream.feed].detach(place, self.tip);
            // Its own went before anything of the feed, so there is none of it now if the rest is
            // some.
            if !rest.is_empty() {
                stream.own = rest;
            }
            stream.subscriber.goes_on_at(mark);
            stream.stage = Stage::Alone;
        }
    }

    /// Writes until the stream has everything, its connection is full, or it has to go.
    fn write(&mut self, id: usize) {
        loop {
            let stream = &mut self.streams[id];
            if !stream.own.is_empty() {
                match once(|| stream.connection.write(&stream.own)) {
                    Ok(written) => {
                        self.delivered_bytes += written as u64;
                        stream.own.advance(written);
                        if !stream.own.is_empty() {
                            stream.is_blocked = true;
                            return;
                        }
                        // Not what it was a part of either.
                        stream.own = Bytes::new();
                    }
                    Err(error) => return self.failed(id, error),
                }
            }
            match stream.stage {
                Stage::Ended => {
                    let connection = self.remove(id).connection;
                    return self.departed.push(Departed::Ended(connection));
                }
                Stage::Shared(place) => {
                    let feed = &self.feeds[stream.feed];
                    if place == feed.end() {
                        if !self.is_closing {
                            return;
                        }
                        stream.own = Bytes::from_static(self.wrapping.end);
                        stream.stage = Stage::Ended;
                        continue;
                    }
                    let mut slices = [IoSlice::new(&[]); SLICES];
                    let filled = feed.slices(place, &mut slices);
                    let length: usize = slices[..filled].iter().map(|slice| slice.len()).sum();
                    let written = match &slices[..filled] {
                        [slice] => once(|| stream.connection.write(slice)),
                        slices => once(|| stream.connection.write_vectored(slices)),
                    };
                    match written {
                        Ok(written) => {
                            let (place, count) = feed.advance(place, written);
                            stream.stage = Stage::Shared(place);
                            self.delivered += count;
                            self.delivered_bytes += written as u64;
                            if written < length {
                                stream.is_blocked = true;
                                if feed.selection.conflate {
                                    // What it is sent next is decided when it can take it.
                                    self.detach(id);
                                }
                                return;
                            }
                        }
                        Err(error) => return self.failed(id, error),
                    }
                }
                Stage::Alone => match stream.subscriber.take_ready(self.tip, ALONE_BYTES) {
                    Ok(Ready::Bytes(bytes)) => stream.own = self.wrapping.wrap(&bytes),
                    Ok(Ready::CaughtUp) => {
                        stream.stage = Stage::Shared(self.feeds[stream.feed].end());
                    }
                    Ok(Ready::Ahead) => return self.ahead.push(id),
                    Err(crate::ring::Behind) => {
                        let Stream {
                            subscriber,
                            connection,
                            ..
                        } = self.remove(id);
                        return self.departed.push(Departed::Behind(subscriber, connection));
                    }
                },
            }
        }
    }

    fn failed(&mut self, id: usize, error: io::Error) {
        if error.kind() == ErrorKind::WouldBlock {
            let stream = &mut self.streams[id];
            stream.is_blocked = true;
            if self.feeds[stream.feed].selection.conflate {
                self.detach(id);
            }
            return;
        }
        let connection = self.remove(id).connection;
        self.departed.push(Departed::Broken(connection, error));
    }
}

/// The topics a selection names, if that is all it does.
fn literals(selection: &Selection) -> Option<Vec<Topic>> {
    let patterns = selection.filter.topics();
    if patterns.is_empty() {
        return None;
    }
    patterns
        .iter()
        .map(pulseboard_contract::TopicPattern::literal)
        .collect()
}

/// A write that was not interrupted; one that takes nothing has failed.
fn once(mut write: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match write() {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
