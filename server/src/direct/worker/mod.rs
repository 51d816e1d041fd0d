//! A worker: a thread that writes a share of all live streams, over sockets that do not block.
//!
//! It sleeps in the selector of the operating system until an event is published, a socket accepts
//! more bytes, or a client closes its connection.

use std::{
    io::{self, ErrorKind, Read, Write},
    mem, net,
    os::fd::OwnedFd,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Wake, Waker},
    thread,
    time::Instant,
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};
use pulseboard_hub::{Delivery, Departed, SqliteLog, StreamId};
use tokio::sync::{mpsc::UnboundedSender, watch};

use super::{
    chunked::CHUNKS,
    pacing::Pacing,
    stream::{SocketStream, Stream, StreamGuards},
};
use crate::{connection::ConnectionGuard, sqlite_hub::SqliteHub};

/// The token of the waker. The tokens of streams are small numbers.
const WAKER: Token = Token(usize::MAX);
/// How many events of the selector are handled at a time.
const EVENTS: usize = 1024;

/// The handle of a worker.
pub(super) struct Worker {
    inbox: Arc<Inbox>,
    ended: watch::Receiver<()>,
}

impl Worker {
    /// Starts a worker. It sends streams that fall behind to `behind`.
    ///
    /// # Errors
    ///
    /// If the selector or the thread cannot be created.
    pub(super) fn start(
        hub: &SqliteHub,
        behind: UnboundedSender<SocketStream<net::TcpStream>>,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let inbox = Arc::new(Inbox {
            waker: mio::Waker::new(poll.registry(), WAKER)?,
            streams: Mutex::default(),
            is_stopping: AtomicBool::new(false),
        });
        let delivery = hub.delivery(CHUNKS, Waker::from(inbox.clone()));
        // The sender is dropped when the thread ends, even if it panics.
        let (alive, ended) = watch::channel(());
        let worker = WorkerThread {
            poll,
            delivery,
            pacing: Pacing::default(),
            inbox: inbox.clone(),
            behind,
            _alive: alive,
        };
        thread::Builder::new()
            .name("pulseboard-out".into())
            .spawn(move || worker.run())?;
        Ok(Self { inbox, ended })
    }

    /// Hands over a stream that is live.
    pub(super) fn serve(&self, stream: SocketStream<net::TcpStream>) {
        self.inbox.streams().push(stream);
        self.inbox.wake_thread();
    }

    /// Tells the thread to drop all streams and to end.
    pub(super) fn stop(&self) {
        self.inbox.is_stopping.store(true, Ordering::SeqCst);
        self.inbox.wake_thread();
    }

    /// Completes when the thread has ended.
    pub(super) async fn ended(&self) {
        // Nothing is ever sent: the error says that the sender is gone.
        let _ = self.ended.clone().changed().await;
    }
}

/// What other threads tell a worker.
struct Inbox {
    waker: mio::Waker,
    streams: Mutex<Vec<SocketStream<net::TcpStream>>>,
    is_stopping: AtomicBool,
}

impl Inbox {
    fn wake_thread(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!(%error, "a worker cannot be woken");
        }
    }

    fn streams(&self) -> MutexGuard<'_, Vec<SocketStream<net::TcpStream>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Inbox {
    fn wake(self: Arc<Self>) {
        self.wake_thread();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_thread();
    }
}

/// The connection of one live stream.
struct Connection {
    socket: TcpStream,
    stream: StreamGuards,
    guard: ConnectionGuard,
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

/// The state of the thread.
struct WorkerThread {
    poll: Poll,
    delivery: Delivery<SqliteLog, Connection>,
    pacing: Pacing,
    inbox: Arc<Inbox>,
    behind: UnboundedSender<SocketStream<net::TcpStream>>,
    // The last field, so that everything else is dropped when others see the end.
    _alive: watch::Sender<()>,
}

impl WorkerThread {
    fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        while !self.inbox.is_stopping.load(Ordering::SeqCst) {
            // If there is news whose flush is delayed, sleep until the flush is due, whatever is
            // published meanwhile.
            let wait = if self.delivery.try_sleep() {
                None
            } else {
                Some(self.pacing.wait(Instant::now()))
            };
            if let Err(error) = self.poll.poll(&mut events, wait)
                && error.kind() != ErrorKind::Interrupted
            {
                tracing::error!(%error, "a worker cannot poll its sockets");
                return;
            }
            self.delivery.end_sleep();
            for event in &events {
                if event.token() == WAKER {
                    continue;
                }
                let id = StreamId(event.token().0);
                if (event.is_readable() || event.is_read_closed() || event.is_error())
                    && self.is_closed(id)
                {
                    drop(self.delivery.leave(id));
                } else if event.is_writable() {
                    self.delivery.writable(id);
                }
            }
            self.take_streams();
            let now = Instant::now();
            if self.delivery.has_news() && self.pacing.wait(now).is_zero() {
                self.delivery.flush();
                let end = Instant::now();
                self.pacing
                    .flushed(end, end - now, self.delivery.has_news());
            }
            self.release_departed();
        }
        self.inbox.streams().clear();
    }

    /// Whether the client has closed the connection. Anything it sends is discarded, because a
    /// stream flows from the server to the client only.
    fn is_closed(&mut self, id: StreamId) -> bool {
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

    /// Starts to serve the streams in the inbox.
    fn take_streams(&mut self) {
        let streams = mem::take(&mut *self.inbox.streams());
        for SocketStream {
            socket,
            stream: Stream { subscriber, guards },
            connection,
        } in streams
        {
            let connection = Connection {
                socket: TcpStream::from_std(socket),
                stream: guards,
                guard: connection,
            };
            let id = self.delivery.join(subscriber, connection);
            // Registered after the first write: if that filled the socket, the selector reports
            // when the socket accepts more.
            let Some(connection) = self.delivery.connection(id) else {
                continue;
            };
            let interest = Interest::READABLE | Interest::WRITABLE;
            if let Err(error) =
                self.poll
                    .registry()
                    .register(&mut connection.socket, Token(id.0), interest)
            {
                tracing::error!(%error, "a stream was ended because its socket cannot be polled");
                drop(self.delivery.leave(id));
            }
        }
    }

    /// Closes the streams that have ended, and sends on those that have fallen behind.
    fn release_departed(&mut self) {
        for departed in self.delivery.take_departed() {
            match departed {
                Departed::Behind(
                    subscriber,
                    Connection {
                        mut socket,
                        stream: guards,
                        guard: connection,
                    },
                ) => {
                    // An error means that it fell behind before it was registered.
                    let _ = self.poll.registry().deregister(&mut socket);
                    // An error means that the server has shut down.
                    let _ = self.behind.send(SocketStream {
                        socket: net::TcpStream::from(OwnedFd::from(socket)),
                        stream: Stream { subscriber, guards },
                        connection,
                    });
                }
                Departed::Ended(connection) => {
                    // Only the write half is closed: closing a socket with unread bytes would send
                    // a reset instead of the end.
                    let _ = connection.socket.shutdown(net::Shutdown::Write);
                }
                Departed::Broken(_, error) => {
                    tracing::debug!(%error, "a stream ended because its connection failed");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
