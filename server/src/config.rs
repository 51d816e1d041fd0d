//! The command line: flags, their environment variables, and what is said when they are wrong.
//!
//! A mistake is answered with one line on standard error and exit code 2, so that it reads well in a service's log.

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand, builder::FalseyValueParser, error::ErrorKind};
use pulseboard::TopicPattern;
use pulseboard_hub::{Retention, RetentionRule};

/// A live event board: publish with one POST, see it in every open browser.
#[derive(Clone, Debug, Parser)]
#[command(name = "pulseboard", version, about)]
pub struct Config {
    #[command(subcommand)]
    command: Option<Command>,

    /// The address and port to listen on; port 0 takes any free one.
    #[arg(long, global = true, env = "PULSEBOARD_LISTEN", default_value = "127.0.0.1:3000", value_name = "ADDRESS", value_parser = address)]
    pub listen: String,

    /// Do not publish the metrics of this machine on host/metrics.
    #[arg(long, global = true, env = "PULSEBOARD_NO_HOST_METRICS", value_parser = FalseyValueParser::new())]
    pub no_host_metrics: bool,

    /// How often every stream gets a heartbeat, in seconds.
    #[arg(long, global = true, env = "PULSEBOARD_HEARTBEAT_SECONDS", default_value = "15", value_name = "SECONDS", value_parser = seconds)]
    pub heartbeat: Duration,

    /// How long the events of some topics are kept, like `app/** age=1d events=100000 bytes=64MiB`; may be repeated. A rule
    /// bounds the topics of its pattern all together, `**` the whole log [default: ** age=7d events=1000000 bytes=1GiB].
    #[arg(long, global = true, env = "PULSEBOARD_RETAIN", value_delimiter = ';', value_name = "RULE", default_value = HOST_RULE)]
    pub retain: Vec<RetentionRule>,

    /// Keep only the newest event of each topic of this pattern; may be repeated.
    #[arg(long, global = true, env = "PULSEBOARD_LATEST_ONLY", value_delimiter = ';', value_name = "PATTERN")]
    pub latest_only: Vec<TopicPattern>,

    /// What is logged to standard error, like `info` or `pulseboard_server=debug,warn`; `RUST_LOG` is read as well.
    #[arg(long, global = true, env = "PULSEBOARD_LOG_FILTER", value_name = "FILTER")]
    pub log_filter: Option<String>,
}

#[derive(Clone, Copy, Debug, Subcommand)]
enum Command {
    /// Serve the board. This is what happens without a command, too.
    Serve,
}

/// This machine's metrics, once a second, would be most of the log; a day of them is what anybody looks at.
const HOST_RULE: &str = "host/metrics age=1d";

impl Config {
    /// What the log keeps.
    pub fn retention(&self) -> Retention {
        let mut retention = Retention { latest_only: self.latest_only.clone(), ..Retention::default() };
        self.retain.iter().cloned().for_each(|rule| retention.add(rule));
        retention
    }

    /// Reads the command line and the environment. Otherwise everything has been said, and the process ends with the code.
    pub fn from_command_line() -> Result<Self, ExitCode> {
        Self::read(std::env::args_os())
    }

    fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, ExitCode> {
        Self::try_parse_from(arguments).map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                // Nobody listens any more where this fails.
                let _ = error.print();
                ExitCode::SUCCESS
            }
            _ => fail(&one_line(&error.to_string())),
        })
    }
}

/// Says why the process cannot go on, in one line, and with which code it ends.
pub fn fail(reason: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "pulseboard: {reason}");
    ExitCode::from(2)
}

/// clap explains at length: the error, a tip, the usage. The error is its first paragraph.
fn one_line(message: &str) -> String {
    let paragraph: Vec<_> = message.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let text = paragraph.join(" ");
    format!("{} (see pulseboard --help)", text.strip_prefix("error: ").unwrap_or(&text))
}

/// A host and a port. Whether the host exists is found out by listening there.
fn address(text: &str) -> Result<String, String> {
    let is_address = text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if is_address { Ok(text.to_owned()) } else { Err("expected an address and a port, like 127.0.0.1:3000".to_owned()) }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: Option<f64> = text.strip_suffix('s').unwrap_or(text).parse().ok();
    match number {
        // Below a hundredth the heartbeats would be the load; above an hour nobody would notice a dead stream.
        Some(seconds) if (0.01..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("expected a number of seconds from 0.01 to 3600".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Config {
        Config::try_parse_from(["pulseboard"].iter().chain(arguments)).unwrap()
    }

    #[test]
    fn it_serves_with_the_same_flags_with_and_without_the_command() {
        for arguments in
            [&["--listen", "127.0.0.1:0"][..], &["serve", "--listen", "127.0.0.1:0"], &["--listen", "127.0.0.1:0", "serve"]]
        {
            assert_eq!(read(arguments).listen, "127.0.0.1:0", "{arguments:?}");
        }
        assert_eq!(read(&[]).heartbeat, Duration::from_secs(15));
        assert_eq!(read(&["--heartbeat", "0.2"]).heartbeat, Duration::from_millis(200));
    }

    #[test]
    fn a_mistake_is_explained_on_one_line() {
        for arguments in [
            &["--heartbeat", "-1"][..],
            &["--listen", "nowhere"],
            &["--wat"],
            &["dance"],
            &["--retain", "host/** age=7"],
            &["--latest-only", "a/**/b"],
            &["--listen"],
        ] {
            let error = Config::try_parse_from(["pulseboard"].iter().chain(arguments)).unwrap_err();
            let line = one_line(&error.to_string());
            assert!(!line.contains('\n') && line.len() > 30, "{line}");
        }
    }
}
