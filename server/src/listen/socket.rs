//! What a socket is told when it was accepted, so that it serves streams well and a peer that
//! vanished is noticed.

use std::{io, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// How long a connection may be silent before the kernel asks whether the peer is there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);
/// How long the kernel waits before it asks again.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(5);
/// How often it asks without an answer.
const KEEPALIVE_PROBES: u32 = 3;
/// How much the kernel takes in advance of what it has sent. Left alone it takes megabytes for each
/// peer that does not read, and when that is much in all it serves every connection worse.
#[cfg(any(target_os = "linux", target_os = "android"))]
const MOST_UNSENT: u32 = 128 * 1024;

/// Sets the socket up. A peer that takes nothing for `peer_timeout`, be it gone or not reading,
/// loses the connection.
///
/// A stream is never silent for longer than a heartbeat, so a peer without a network is noticed by
/// what it does not acknowledge: at most a heartbeat and `peer_timeout` after it vanished.
/// Keepalive is for connections on which nothing is written, and for systems that have no such
/// timeout. The timeout also ends a peer whose window stays closed for so long. If it is a stream,
/// it comes back with its cursor and has lost nothing; in the meantime it only held memory.
pub(super) fn prepare(stream: &TcpStream, peer_timeout: Duration) {
    // An event is a small write that must not wait for the next one.
    let outcome = stream
        .set_nodelay(true)
        .and_then(|()| bound(&SockRef::from(stream), peer_timeout));
    if let Err(error) = outcome {
        // The connection works without, or has ended already.
        tracing::debug!(%error, "a socket could not be set up");
    }
}

fn bound(socket: &SockRef<'_>, peer_timeout: Duration) -> io::Result<()> {
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
