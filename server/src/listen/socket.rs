//! The options of an accepted socket. They make it good at streams, and detect a client that
//! vanished.

use std::{io, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// How long a connection may be silent before the kernel probes the client.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);
/// How long the kernel waits between probes.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(5);
/// How many probes may stay without an answer.
const KEEPALIVE_PROBES: u32 = 3;
/// How many unsent bytes the kernel accepts. By default it accepts megabytes for each client that
/// does not read, which slows down all connections when there are many.
#[cfg(any(target_os = "linux", target_os = "android"))]
const MOST_UNSENT: u32 = 128 * 1024;

/// Sets the options. A client that leaves data unacknowledged for `peer_timeout` is disconnected,
/// whether it is gone or does not read.
///
/// Every stream carries a heartbeat, so a client without a network is disconnected at most a
/// heartbeat and `peer_timeout` after it vanished. Keepalive covers connections on which nothing is
/// written, and systems without such a timeout. A client that did not read reconnects with its
/// cursor and loses nothing.
pub(super) fn prepare(socket: &TcpStream, peer_timeout: Duration) {
    // An event is a small write and must not wait for the next one.
    let outcome = socket
        .set_nodelay(true)
        .and_then(|()| set_timeouts(&SockRef::from(socket), peer_timeout));
    if let Err(error) = outcome {
        // The connection works without them, or is closed already.
        tracing::debug!(%error, "the options of a socket could not be set");
    }
}

fn set_timeouts(socket: &SockRef<'_>, peer_timeout: Duration) -> io::Result<()> {
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_EVERY)
        .with_retries(KEEPALIVE_PROBES);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        socket.set_tcp_user_timeout(Some(peer_timeout))?;
        socket.set_tcp_notsent_lowat(MOST_UNSENT)?;
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = peer_timeout;
    Ok(())
}
