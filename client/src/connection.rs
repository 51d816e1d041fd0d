//! Which server is talked to: the flags every client command has.

use std::time::Duration;

use clap::Args;
use url::Url;

use crate::parse_duration;

/// How long a request is tried again where nothing else is said.
const RETRY_FOR: Duration = Duration::from_mins(1);

/// Where the server is and how patient to be with it.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// The Pulseboard to talk to, http or https.
    #[arg(long, env = "PULSEBOARD_URL", default_value = "http://127.0.0.1:3000", value_name = "URL", value_parser = base_url)]
    pub url: Url,

    /// How long what failed is tried again; 0 never. The default is 60s, and for ever while
    /// following.
    #[arg(long, env = "PULSEBOARD_RETRY_FOR", value_name = "DURATION", value_parser = parse_duration)]
    pub retry_for: Option<Duration>,
}

impl Connection {
    /// The patience with a request that has an end.
    pub(crate) fn patience(&self) -> Duration {
        self.retry_for.unwrap_or(RETRY_FOR)
    }
}

/// The address of a server: a scheme, a host, maybe a port and a path it is mounted under.
fn base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|error| format!("{error}; expected a URL like http://127.0.0.1:3000"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("expected an http or https URL like http://127.0.0.1:3000".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("expected a URL without a query, like http://127.0.0.1:3000".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        // It would be dropped in silence otherwise, and stand in every list of processes.
        return Err("a user in the URL is not supported".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_an_http_url() {
        for text in [
            "http://127.0.0.1:3000",
            "https://board.example.com/pulse/",
            "http://[::1]:80",
        ] {
            assert!(base_url(text).is_ok(), "{text}");
        }
        for text in [
            "127.0.0.1:3000",
            "localhost",
            "ftp://a",
            "http://",
            "http://a/?x=1",
            "http://a/#x",
            "http://me:pw@a/",
        ] {
            assert!(base_url(text).is_err(), "{text}");
        }
    }
}
