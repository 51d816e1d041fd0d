//! The flags that every client command has: the server's URL and how long to retry.

use std::time::Duration;

use clap::Args;
use url::Url;

use crate::duration::parse_duration;

/// How long a command retries a failed request by default.
const DEFAULT_RETRY_FOR: Duration = Duration::from_mins(1);

/// The server's URL and how long to retry. Flatten it into a command's flags.
///
/// ```
/// use clap::Parser;
/// use pulseboard_client::server_args::ServerArgs;
///
/// #[derive(Parser)]
/// struct Flags {
///     #[command(flatten)]
///     server: ServerArgs,
/// }
///
/// let flags = Flags::parse_from(["ping", "--url", "https://board.example.com"]);
/// assert_eq!(flags.server.url.host_str(), Some("board.example.com"));
/// ```
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub struct ServerArgs {
    /// URL of the Pulseboard server, http or https.
    #[arg(long, env = "PULSEBOARD_URL", default_value = "http://127.0.0.1:3000", value_name = "URL", value_parser = base_url)]
    pub url: Url,

    /// How long to retry a failed request; 0 disables retries. The default is 60s, and unlimited
    /// while following a stream.
    #[arg(long, env = "PULSEBOARD_RETRY_FOR", value_name = "DURATION", value_parser = parse_duration)]
    pub retry_for: Option<Duration>,
}

impl ServerArgs {
    /// How long to retry a request that is not a stream.
    pub(crate) fn request_retry_for(&self) -> Duration {
        self.retry_for.unwrap_or(DEFAULT_RETRY_FOR)
    }
}

/// Parses the address of a server: a scheme, a host, and optionally a port and a base path.
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
        // The client would ignore them, and every list of processes would show them.
        return Err("a user name or password in the URL is not supported".to_owned());
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
