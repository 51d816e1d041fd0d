//! The target of a run: a server on this machine.
//!
//! Load on another person's server is an attack, so only loopback addresses are accepted. Names other
//! than `localhost` are refused, because the address of a name can change.

use std::{
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
};

use crate::{failure::Failure, peer::Peer};

/// A server on a loopback address, and its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// An address in 127.0.0.0/8.
    pub address: SocketAddr,
    /// The kind of server, which selects the protocol.
    pub peer: Peer,
}

impl Target {
    /// Returns the same address with this kind of server.
    pub fn with_peer(self, peer: Peer) -> Self {
        Self { peer, ..self }
    }
}

impl FromStr for Target {
    type Err = Failure;

    fn from_str(url: &str) -> Result<Self, Failure> {
        let authority = url
            .strip_prefix("http://")
            .map(|rest| rest.strip_suffix('/').unwrap_or(rest))
            .filter(|authority| !authority.is_empty() && !authority.contains(['/', '?', '#', '@']))
            .ok_or_else(|| {
                Failure::usage(format!(
                    "{url}: expected http://127.0.0.1:PORT without a path"
                ))
            })?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => {
                let port = port
                    .parse()
                    .map_err(|_| Failure::usage(format!("{url}: {port:?} is not a port")))?;
                (host, port)
            }
            None => (authority, 80),
        };
        let address = if host == "localhost" {
            Some(Ipv4Addr::LOCALHOST)
        } else {
            host.parse().ok()
        };
        address
            .filter(Ipv4Addr::is_loopback)
            .map(|address| Self {
                address: SocketAddr::from((address, port)),
                peer: Peer::default(),
            })
            .ok_or_else(|| {
                Failure::usage(format!(
                    "{url}: the host must be in 127.0.0.0/8, and {host} is not"
                ))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_addresses_are_accepted() {
        for (url, address) in [
            ("http://127.0.0.1:3000", "127.0.0.1:3000"),
            ("http://127.8.9.1:81/", "127.8.9.1:81"),
            ("http://127.0.0.1", "127.0.0.1:80"),
            ("http://localhost:3000", "127.0.0.1:3000"),
        ] {
            assert_eq!(
                url.parse::<Target>()
                    .map(|target| target.address.to_string()),
                Ok(address.to_owned())
            );
        }
    }

    #[test]
    fn other_addresses_are_refused_in_one_line() {
        for url in [
            "http://192.0.2.1:3000",
            "http://128.0.0.1",
            "http://example.com",
            "http://127.0.0.1.example.com",
            "http://[::1]:3000",
            "http://0.0.0.0:3000",
            "http://127.0.0.1:3000/events",
            "http://127.0.0.1@192.0.2.1",
            "http://127.0.0.1:99999",
            "https://127.0.0.1",
            "127.0.0.1:3000",
            "http://",
        ] {
            let failure = url.parse::<Target>().err();
            assert_eq!(failure.as_ref().map(Failure::exit_code), Some(2), "{url}");
            assert_eq!(
                failure.map(|failure| failure.to_string().lines().count()),
                Some(1),
                "{url}"
            );
        }
    }
}
