//! A worker of the tests: a delivery over pipes instead of sockets.

use std::{
    collections::{HashMap, VecDeque},
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard},
    task::Waker,
};

use bytes::{Buf, Bytes, BytesMut};
use pulseboard_contract::{sse::Decoder, sse::MessageEvent};
use pulseboard_hub::{CatchUp, Delivery, Departed, SqliteLog, StreamId, Subscriber, Wrapping};

use crate::{SqliteHub, event_of};

/// Room for everything that a test sends.
pub(crate) const AMPLE: usize = 1 << 30;

/// Makes pieces visible: each is `<length>…!`, and the end is `<0>`.
const WRAPPING: Wrapping = Wrapping {
    before: |length, out| out.extend_from_slice(format!("<{length}>").as_bytes()),
    after: b"!",
    end: b"<0>",
};

/// Both ends of a connection that has limited room until it is read.
#[derive(Clone)]
pub(crate) struct Pipe(Arc<Mutex<Contents>>);

pub(crate) struct Contents {
    name: usize,
    room: usize,
    bytes: BytesMut,
    pub(crate) is_broken: bool,
    pub(crate) writes: usize,
}

impl Pipe {
    /// Makes the pipe full until it is given room again.
    pub(crate) fn fill(&self) {
        let mut contents = self.contents();
        contents.room = contents.bytes.len();
    }

    pub(crate) fn make_room(&self) {
        self.contents().room = AMPLE;
    }

    pub(crate) fn contents(&self) -> MutexGuard<'_, Contents> {
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

/// The reader of a pipe: removes the wrapping and decodes.
pub(crate) struct Reader {
    pub(crate) pipe: Pipe,
    wrapped: BytesMut,
    decoder: Decoder,
    pub(crate) received: VecDeque<MessageEvent>,
    pub(crate) has_ended: bool,
}

impl Reader {
    /// Reads everything in the pipe.
    pub(crate) fn read(&mut self) {
        self.wrapped
            .extend_from_slice(&std::mem::take(&mut self.pipe.contents().bytes));
        while let Some(close) = self.wrapped.iter().position(|byte| *byte == b'>') {
            assert!(!self.has_ended, "bytes after the end: {:?}", self.wrapped);
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

    pub(crate) fn numbers(&mut self) -> Vec<u64> {
        self.read();
        self.received
            .drain(..)
            .map(|message| event_of(&message).data.read().unwrap())
            .collect()
    }
}

/// A delivery and the streams that catch up beside it, like a worker of the server.
pub(crate) struct TestWorker {
    pub(crate) delivery: Delivery<Arc<SqliteLog>, Pipe>,
    pub(crate) ids: HashMap<usize, StreamId>,
    catching_up: Vec<(Subscriber<Arc<SqliteLog>>, Pipe, Bytes)>,
    /// How often a stream had to read the log again.
    pub(crate) behind: usize,
    pub(crate) ended: Vec<usize>,
    pub(crate) broken: Vec<usize>,
    names: usize,
}

impl TestWorker {
    pub(crate) fn of(hub: &SqliteHub) -> Self {
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

    /// Opens a stream over a pipe with this much room.
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

    /// Does everything that is possible without reading a pipe.
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

    /// Writes what is new to the pipes that have room.
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

    /// The next message of a stream; `None` if reading yields none.
    pub(crate) async fn message(&mut self, reader: &mut Reader) -> Option<MessageEvent> {
        // A pipe with room for one byte needs one round per byte.
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
