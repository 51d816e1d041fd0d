//! A worker: the thread that serves a share of the streams, over sockets that do not block.
//!
//! It sleeps in the operating system's selector until a socket can take more or has gone, or
//! something is published.

use std::{
    io::{self, ErrorKind, Read, Write},
    mem, net,
    os::fd::OwnedFd,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Wake, Waker},
    thread,
    time::Instant,
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};
use pulseboard_hub::{Delivery, Departed, SqliteLog, StreamId};
use tokio::sync::{mpsc::UnboundedSender, watch};

use super::{Kept, Line, Stream, chunk::CHUNKS, window::Window};
use crate::{SqliteHub, listen::Connected};

/// The token of the bell; streams have small numbers.
const BELL: Token = Token(usize::MAX);
/// How many events of the selector are taken at a time.
const EVENTS: usize = 1024;

/// The handle of a worker.
pub(super) struct Worker {
    shared: Arc<Shared>,
    ended: watch::Receiver<()>,
}

struct Shared {
    bell: Bell,
    inbox: Mutex<Vec<(net::TcpStream, Line)>>,
    is_stopping: AtomicBool,
}

/// Wakes the thread.
struct Bell(mio::Waker);

impl Bell {
    fn ring(&self) {
        if let Err(error) = self.0.wake() {
            tracing::error!(%error, "a worker could not be woken");
        }
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.bell.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.bell.ring();
    }
}

/// What a worker needs of a stream besides its subscriber.
struct Connection {
    socket: TcpStream,
    kept: Kept,
    connected: Connected,
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.socket.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream that has to be caught up, with its socket.
pub(super) type Fallen = (net::TcpStream, Line);

impl Worker {
    /// Starts a worker, which sends streams that fall behind to `fallen`.
    pub(super) fn start(hub: &SqliteHub, fallen: UnboundedSender<Fallen>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let bell = Bell(mio::Waker::new(poll.registry(), BELL)?);
        let shared = Arc::new(Shared {
            bell,
            inbox: Mutex::default(),
            is_stopping: AtomicBool::new(false),
        });
        let delivery = hub.delivery(CHUNKS, Waker::from(shared.clone()));
        // Its end is when the sender goes, however the thread ends.
        let (alive, ended) = watch::channel(());
        let desk = Desk {
            poll,
            delivery,
            window: Window::default(),
            shared: shared.clone(),
            fallen,
            _alive: alive,
        };
        thread::Builder::new()
            .name("pulseboard-out".into())
            .spawn(move || desk.run())?;
        Ok(Self { shared, ended })
    }

    /// Gives it a stream that is live.
    pub(super) fn give(&self, socket: net::TcpStream, line: Line) {
        self.shared.inbox().push((socket, line));
        self.shared.bell.ring();
    }

    /// Tells it to drop what it has, and end.
    pub(super) fn stop(&self) {
        self.shared.is_stopping.store(true, Ordering::SeqCst);
        self.shared.bell.ring();
    }

    pub(super) async fn ended(&self) {
        // Nothing is ever sent; the error is the end.
        let _ = self.ended.clone().changed().await;
    }
}

impl Shared {
    fn inbox(&self) -> std::sync::MutexGuard<'_, Vec<(net::TcpStream, Line)>> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread works with.
struct Desk {
    poll: Poll,
    delivery: Delivery<SqliteLog, Connection>,
    window: Window,
    shared: Arc<Shared>,
    fallen: UnboundedSender<Fallen>,
    // Last, so that everything else is gone when the end is seen.
    _alive: watch::Sender<()>,
}

impl Desk {
    fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        while !self.shared.is_stopping.load(Ordering::SeqCst) {
            // Where there is news but no window for it, sleep until there is one, whatever is
            // published meanwhile.
            let wait = if self.delivery.try_sleep() {
                None
            } else {
                Some(self.window.wait(Instant::now()))
            };
            if let Err(error) = self.poll.poll(&mut events, wait)
                && error.kind() != ErrorKind::Interrupted
            {
                tracing::error!(%error, "a worker cannot wait for its sockets");
                return;
            }
            self.delivery.end_sleep();
            for event in &events {
                if event.token() == BELL {
                    continue;
                }
                let id = StreamId(event.token().0);
                if (event.is_readable() || event.is_read_closed() || event.is_error())
                    && self.has_gone(id)
                {
                    drop(self.delivery.leave(id));
                } else if event.is_writable() {
                    self.delivery.writable(id);
                }
            }
            self.admit();
            let now = Instant::now();
            if self.delivery.has_news() && self.window.wait(now).is_zero() {
                self.delivery.flush();
                let end = Instant::now();
                self.window
                    .flushed(end, end - now, self.delivery.has_news());
            }
            self.dismiss();
        }
    }

    /// Whether the other side has closed. What it sends is of no interest: a stream goes one way.
    fn has_gone(&mut self, id: StreamId) -> bool {
        let Some(connection) = self.delivery.connection(id) else {
            return false;
        };
        let mut buffer = [0; 1024];
        loop {
            match connection.socket.read(&mut buffer) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return false,
                    ErrorKind::Interrupted => {}
                    _ => return true,
                },
            }
        }
    }

    fn admit(&mut self) {
        let inbox = mem::take(&mut *self.shared.inbox());
        for (
            socket,
            Line {
                stream: Stream { subscriber, kept },
                connected,
            },
        ) in inbox
        {
            let connection = Connection {
                socket: TcpStream::from_std(socket),
                kept,
                connected,
            };
            let id = self.delivery.join(subscriber, connection);
            // Registered after the first write: if that has filled the socket, the selector tells
            // when it is free again.
            let Some(connection) = self.delivery.connection(id) else {
                continue;
            };
            let interest = Interest::READABLE | Interest::WRITABLE;
            if let Err(error) =
                self.poll
                    .registry()
                    .register(&mut connection.socket, Token(id.0), interest)
            {
                tracing::error!(%error, "a stream was ended because its socket cannot be waited for");
                drop(self.delivery.leave(id));
            }
        }
    }

    fn dismiss(&mut self) {
        for departed in self.delivery.take_departed() {
            match departed {
                Departed::Behind(
                    subscriber,
                    Connection {
                        mut socket,
                        kept,
                        connected,
                    },
                ) => {
                    // It is not registered where it fell behind as it joined.
                    let _ = self.poll.registry().deregister(&mut socket);
                    let line = Line {
                        stream: Stream { subscriber, kept },
                        connected,
                    };
                    // Nobody takes it where the server is at its end.
                    let _ = self
                        .fallen
                        .send((net::TcpStream::from(OwnedFd::from(socket)), line));
                }
                Departed::Ended(connection) => {
                    // What the client may still have sent must not turn the end into a reset.
                    let _ = connection.socket.shutdown(net::Shutdown::Write);
                }
                Departed::Broken(_, error) => tracing::debug!(%error, "a stream ended early"),
            }
        }
    }
}
