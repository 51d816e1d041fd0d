//! Many streams served by one thread: whatever their connections take, each gets what it would have
//! pulled.

use std::{
    collections::{HashMap, VecDeque},
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard},
    task::Waker,
};

use bytes::{Buf, Bytes, BytesMut};
use pulseboard_contract::{Framing, sse::Decoder, sse::MessageEvent};
use pulseboard_hub::{
    CatchUp, Delivery, Departed, Filter, NewEvent, Options, SqliteLog, Start, StreamId, Subscriber,
    Subscription, Wrapping,
};

use crate::{Board, TestHub, event, event_of, filter, hub, numbered, options, retention};

const WRAPPING: Wrapping = Wrapping {
    before: |length, out| out.extend_from_slice(format!("<{length}>").as_bytes()),
    after: b"!",
    end: b"<0>",
};

/// Both ends of a connection that takes only so much until it is read.
#[derive(Clone)]
pub(crate) struct Pipe(Arc<Mutex<Contents>>);

struct Contents {
    name: usize,
    room: usize,
    bytes: BytesMut,
    is_broken: bool,
    writes: usize,
}

impl Pipe {
    /// Takes nothing more until it has room again.
    pub(crate) fn fill(&self) {
        let mut contents = self.contents();
        contents.room = contents.bytes.len();
    }

    pub(crate) fn make_room(&self) {
        self.contents().room = AMPLE;
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap()
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut contents = self.contents();
        if contents.is_broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let taken = bytes.len().min(contents.room - contents.bytes.len());
        if taken == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        contents.bytes.extend_from_slice(&bytes[..taken]);
        contents.writes += 1;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whoever reads a pipe: takes the wrapping off, and decodes.
pub(crate) struct Reader {
    pub(crate) pipe: Pipe,
    wrapped: BytesMut,
    decoder: Decoder,
    received: VecDeque<MessageEvent>,
    has_ended: bool,
}

impl Reader {
    /// Takes what the pipe has.
    fn read(&mut self) {
        self.wrapped
            .extend_from_slice(&std::mem::take(&mut self.pipe.contents().bytes));
        while let Some(close) = self.wrapped.iter().position(|byte| *byte == b'>') {
            assert!(
                !self.has_ended,
                "something after the end: {:?}",
                self.wrapped
            );
            let length: usize = std::str::from_utf8(&self.wrapped[1..close])
                .unwrap()
                .parse()
                .unwrap();
            if length == 0 {
                self.has_ended = true;
                self.wrapped.advance(close + 1);
                continue;
            }
            if self.wrapped.len() < close + 1 + length + 1 {
                return;
            }
            self.wrapped.advance(close + 1);
            let piece = self.wrapped.split_to(length);
            assert_eq!(self.wrapped.split_to(1), "!");
            self.decoder
                .push(&piece, |message| self.received.push_back(message))
                .unwrap();
        }
    }

    fn numbers(&mut self) -> Vec<u64> {
        self.read();
        self.received
            .drain(..)
            .map(|message| event_of(&message).data.read().unwrap())
            .collect()
    }
}

/// A delivery with the streams that are being caught up beside it, as a server has them.
pub(crate) struct Wire {
    delivery: Delivery<Arc<SqliteLog>, Pipe>,
    ids: HashMap<usize, StreamId>,
    catching_up: Vec<(Subscriber<Arc<SqliteLog>>, Pipe, Bytes)>,
    /// How often a stream had to go back to the log.
    behind: usize,
    ended: Vec<usize>,
    broken: Vec<usize>,
    names: usize,
}

impl Wire {
    pub(crate) fn of(hub: &TestHub) -> Self {
        let delivery = hub.delivery(WRAPPING, Waker::noop().clone());
        let (ids, catching_up, ended, broken) = Default::default();
        Self {
            delivery,
            ids,
            catching_up,
            behind: 0,
            ended,
            broken,
            names: 0,
        }
    }

    /// Opens a stream over a pipe with so much room.
    pub(crate) fn open(&mut self, subscriber: Subscriber<Arc<SqliteLog>>, room: usize) -> Reader {
        let name = self.names;
        self.names += 1;
        let contents = Contents {
            name,
            room,
            bytes: BytesMut::new(),
            is_broken: false,
            writes: 0,
        };
        let pipe = Pipe(Arc::new(Mutex::new(contents)));
        self.catching_up
            .push((subscriber, pipe.clone(), Bytes::new()));
        Reader {
            pipe,
            wrapped: BytesMut::new(),
            decoder: Decoder::default(),
            received: VecDeque::new(),
            has_ended: false,
        }
    }

    /// Everything that can be done without anybody reading.
    pub(crate) async fn drive(&mut self) {
        for (mut subscriber, mut pipe, mut rest) in std::mem::take(&mut self.catching_up) {
            loop {
                if let Ok(written) = pipe.write(&rest) {
                    rest.advance(written);
                }
                if !rest.is_empty() {
                    self.catching_up.push((subscriber, pipe, rest));
                    break;
                }
                match subscriber.catch_up().await.expect("the log works") {
                    CatchUp::Bytes(bytes) => rest = WRAPPING.wrap(&bytes),
                    CatchUp::Live => {
                        let name = pipe.contents().name;
                        let id = self.delivery.join(subscriber, pipe);
                        self.ids.insert(name, id);
                        break;
                    }
                }
            }
        }
        self.settle();
        for id in self.ids.values() {
            self.delivery.writable(*id);
        }
        self.settle();
        self.delivery.flush();
        self.settle();
    }

    /// What is new, to those that can take it.
    pub(crate) fn flush(&mut self) {
        self.delivery.flush();
    }

    fn settle(&mut self) {
        for departed in self.delivery.take_departed() {
            let (name, list) = match departed {
                Departed::Behind(subscriber, pipe) => {
                    let name = pipe.contents().name;
                    self.ids.remove(&name);
                    self.behind += 1;
                    self.catching_up.push((subscriber, pipe, Bytes::new()));
                    continue;
                }
                Departed::Ended(pipe) => (pipe.contents().name, &mut self.ended),
                Departed::Broken(pipe, _) => (pipe.contents().name, &mut self.broken),
            };
            self.ids.remove(&name);
            list.push(name);
        }
    }

    /// The next message of a stream, if one comes while it is read.
    pub(crate) async fn message(&mut self, reader: &mut Reader) -> Option<MessageEvent> {
        // A pipe with room for one byte takes a message in as many rounds.
        for _ in 0..4_000 {
            reader.read();
            if let Some(message) = reader.received.pop_front() {
                return Some(message);
            }
            self.drive().await;
        }
        None
    }
}

fn enveloped(hub: &TestHub, filter: Filter, start: Start) -> Subscriber<Arc<SqliteLog>> {
    hub.subscribe(Subscription::new(filter, Framing::Envelope, start))
}

fn big(number: u64, bytes: usize) -> NewEvent {
    event(
        "n",
        "count",
        &format!(r#"[{number},"{}"]"#, "x".repeat(bytes)),
    )
}

fn number_of_big(message: &MessageEvent) -> u64 {
    event_of(message).data.read::<(u64, String)>().unwrap().0
}

const AMPLE: usize = 1 << 30;

#[tokio::test]
async fn a_flush_is_one_write_a_stream_however_many_events_there_are() {
    let board = hub(1_000, 1_000);
    let mut wire = Wire::of(&board);
    let mut readers: Vec<_> = (0..3)
        .map(|_| wire.open(enveloped(&board, Filter::all(), Start::Now), AMPLE))
        .collect();
    wire.drive().await;
    let before = readers[0].pipe.contents().writes;
    for n in 0..100 {
        board.publish(vec![numbered(n)]).await.unwrap();
    }
    assert!(wire.delivery.has_news());
    wire.delivery.flush();
    assert!(!wire.delivery.has_news());
    for reader in &mut readers {
        assert_eq!(reader.pipe.contents().writes, before + 1);
        assert_eq!(reader.numbers(), (0..100).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_stream_gets_what_its_filter_selects_and_nothing_else() {
    let board = hub(1_000, 1_000);
    let mut wire = Wire::of(&board);
    let filters = [
        filter(&["a"], &[]),
        filter(&["a", "b", "a"], &[]),
        filter(&["*"], &[]),
        filter(&[], &["y"]),
        filter(&["b"], &["y"]),
    ];
    let mut readers: Vec<_> = filters
        .iter()
        .map(|filter| wire.open(enveloped(&board, filter.clone(), Start::Now), AMPLE))
        .collect();
    wire.drive().await;
    for (n, (topic, event_type)) in [("a", "x"), ("b", "x"), ("b", "y"), ("c/d", "y"), ("a", "y")]
        .into_iter()
        .enumerate()
    {
        board
            .publish(vec![event(topic, event_type, &n.to_string())])
            .await
            .unwrap();
        wire.delivery.flush();
    }
    let got: Vec<_> = readers.iter_mut().map(Reader::numbers).collect();
    assert_eq!(
        got,
        [
            vec![0, 4],
            vec![0, 1, 2, 4],
            vec![0, 1, 2, 4],
            vec![2, 3, 4],
            vec![2]
        ]
    );
    // Who comes later shares what is there, and who leaves takes nothing along.
    let mut late = wire.open(enveloped(&board, filter(&["b"], &["y"]), Start::Now), AMPLE);
    wire.drive().await;
    let left = wire.ids[&4];
    assert!(wire.delivery.leave(left).is_some());
    assert!(wire.delivery.leave(left).is_none());
    board.publish(vec![event("b", "y", "5")]).await.unwrap();
    wire.delivery.flush();
    assert_eq!((late.numbers(), readers[4].numbers()), (vec![5], vec![]));
}

#[tokio::test]
async fn a_connection_that_is_full_holds_up_nobody_and_misses_nothing() {
    for (feed_bytes, ring) in [(AMPLE, 10_000), (4_000, 10_000), (4_000, 20)] {
        let board = Board::over(
            SqliteLog::in_memory(pulseboard_contract::Epoch::new(1), retention(10_000)).unwrap(),
            Options {
                feed_bytes,
                ..options(ring)
            },
        );
        let mut wire = Wire::of(&board);
        let mut slow = wire.open(enveloped(&board, Filter::all(), Start::Now), 700);
        let mut quick = wire.open(enveloped(&board, Filter::all(), Start::Now), AMPLE);
        wire.drive().await;
        for n in 0..300 {
            board.publish(vec![numbered(n)]).await.unwrap();
            wire.drive().await;
            assert_eq!(quick.numbers(), [n]);
        }
        for n in 0..300 {
            let message = wire.message(&mut slow).await.expect("it comes");
            assert_eq!(
                event_of(&message).data.read::<u64>().unwrap(),
                n,
                "{feed_bytes} {ring}"
            );
        }
        assert_eq!(
            wire.behind > 0,
            ring == 20,
            "neither feed nor ring held all of it for one: {feed_bytes} {ring}"
        );
    }
}

#[tokio::test]
async fn large_events_cross_the_borders_of_pieces_and_segments_whole() {
    let board = Board::over(
        SqliteLog::in_memory(pulseboard_contract::Epoch::new(1), retention(10_000)).unwrap(),
        Options {
            feed_bytes: 300_000,
            ..options(10_000)
        },
    );
    let mut wire = Wire::of(&board);
    let mut readers = [AMPLE, 50_000, 999]
        .map(|room| wire.open(enveloped(&board, Filter::all(), Start::Now), room));
    wire.drive().await;
    for n in 0..60 {
        let events = (0..10)
            .map(|m| {
                big(
                    n * 10 + m,
                    usize::try_from(n * 37 % 20_000 + m * 511).unwrap(),
                )
            })
            .collect();
        board.publish(events).await.unwrap();
        if n % 7 == 0 {
            wire.drive().await;
        }
    }
    for reader in &mut readers {
        for n in 0..600 {
            let message = wire.message(reader).await.expect("it comes");
            assert_eq!(number_of_big(&message), n);
        }
    }
}

#[tokio::test]
async fn a_stream_that_stops_between_two_segments_goes_on_there() {
    let board = Board::over(
        SqliteLog::in_memory(pulseboard_contract::Epoch::new(1), retention(10_000)).unwrap(),
        Options {
            feed_bytes: 1_000,
            ..options(10_000)
        },
    );
    let mut wire = Wire::of(&board);
    let mut reader = wire.open(enveloped(&board, Filter::all(), Start::Now), AMPLE);
    wire.drive().await;
    for n in 0..50 {
        if n == 3 {
            reader.pipe.fill();
        }
        board.publish(vec![numbered(n)]).await.unwrap();
        wire.drive().await;
    }
    reader.pipe.make_room();
    wire.drive().await;
    assert_eq!(reader.numbers(), (0..50).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_replay_from_memory_has_every_large_event_once() {
    let board = hub(10_000, 10_000);
    for n in 0..60 {
        board
            .publish(vec![big(
                n,
                3_000 + usize::try_from(n % 7).unwrap() * 5_000,
            )])
            .await
            .unwrap();
    }
    let mut pulled = enveloped(&board, Filter::all(), Start::Beginning);
    let (mut decoder, mut numbers) = (Decoder::default(), Vec::new());
    while numbers.len() < 60 {
        let bytes = pulled.next().await.unwrap();
        decoder
            .push(&bytes, |message| numbers.push(number_of_big(&message)))
            .unwrap();
    }
    assert_eq!(numbers, (0..60).collect::<Vec<_>>());
    let mut wire = Wire::of(&board);
    let mut served = wire.open(enveloped(&board, Filter::all(), Start::Beginning), AMPLE);
    wire.drive().await;
    served.read();
    assert_eq!(
        served
            .received
            .iter()
            .map(number_of_big)
            .collect::<Vec<_>>(),
        (0..60).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_thread_that_was_kept_from_the_ring_loses_nothing() {
    let board = hub(10_000, 16);
    let mut wire = Wire::of(&board);
    let mut slow = wire.open(enveloped(&board, Filter::all(), Start::Now), 500);
    let mut quick = wire.open(enveloped(&board, Filter::all(), Start::Now), AMPLE);
    let mut other = wire.open(enveloped(&board, filter(&["m"], &[]), Start::Now), AMPLE);
    wire.drive().await;
    for n in 0..5 {
        board.publish(vec![numbered(n)]).await.unwrap();
        wire.delivery.flush();
    }
    for n in 5..200 {
        board.publish(vec![numbered(n)]).await.unwrap();
    }
    board.publish(vec![event("m", "count", "1")]).await.unwrap();
    for (reader, expected) in [
        (&mut quick, 0..200),
        (&mut slow, 0..200),
        (&mut other, 1..2),
    ] {
        for n in expected {
            let message = loop {
                let message = wire.message(reader).await.expect("it comes");
                if event_of(&message).topic.as_str() == "n" || n == 1 {
                    break message;
                }
            };
            assert_eq!(event_of(&message).data.read::<u64>().unwrap(), n);
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_apart_from_one_that_ended() {
    let board = hub(100, 100);
    let mut wire = Wire::of(&board);
    let readers = [AMPLE, AMPLE, 10]
        .map(|room| wire.open(enveloped(&board, Filter::all(), Start::Now), room));
    wire.drive().await;
    readers[0].pipe.contents().is_broken = true;
    board.publish(vec![numbered(1)]).await.unwrap();
    wire.drive().await;
    assert_eq!((&*wire.broken, &*wire.ended), (&[0][..], &[][..]));
    board.close();
    board.closed().await;
    assert!(wire.delivery.has_news(), "the end is news");
    let [_, mut quick, mut slow] = readers;
    while !slow.has_ended || !quick.has_ended {
        wire.drive().await;
        slow.read();
        quick.read();
    }
    assert_eq!((slow.numbers(), quick.numbers()), (vec![1], vec![1]));
    assert!(wire.delivery.is_empty());
    let mut late = wire.open(enveloped(&board, Filter::all(), Start::Now), AMPLE);
    wire.drive().await;
    late.read();
    assert!(late.has_ended, "whoever comes after the end is told so");
}

#[tokio::test]
async fn what_expires_before_it_is_flushed_is_not_sent() {
    let board = hub(100, 100);
    let mut wire = Wire::of(&board);
    let mut reader = wire.open(enveloped(&board, Filter::all(), Start::Now), AMPLE);
    wire.drive().await;
    board
        .publish(vec![
            NewEvent {
                expires: Some(crate::now()),
                ..numbered(1)
            },
            numbered(2),
        ])
        .await
        .unwrap();
    wire.drive().await;
    assert_eq!(reader.numbers(), [2]);
}
