//! The flags of `pulseboard serve`, their environment variables and defaults.
//!
//! Retention spans four places: the flags `--retain` and `--latest-only` here; the syntax and the
//! defaults of rules in `hub/src/log/retention.rs`; pruning in the hub's log.

use std::{
    env,
    ffi::OsString,
    io::{self, Write},
    ops::RangeInclusive,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{
    Args, ValueEnum,
    builder::{BoolishValueParser, FalseyValueParser},
};
use etcetera::{BaseStrategy, choose_base_strategy};
use pulseboard_client::parse_duration;
use pulseboard_contract::TopicPattern;
use pulseboard_hub::{Retention, RetentionRule};

const EXAMPLES: &str = "\
Examples:
  pulseboard serve
  pulseboard serve --listen 0.0.0.0:3000 --data-dir /var/lib/pulseboard
  pulseboard --listen 127.0.0.1:0 --ephemeral

The first line on standard output is the address of the board. SIGTERM and Ctrl-C end the server cleanly.";

/// The flags of `pulseboard serve`.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Config {
    /// The address and port to listen on; port 0 means any free port.
    #[arg(long, env = "PULSEBOARD_LISTEN", default_value = "127.0.0.1:3000", value_name = "ADDRESS", value_parser = address)]
    pub listen: String,

    /// Do not publish this machine's metrics on the topic host/metrics.
    #[arg(long, env = "PULSEBOARD_NO_HOST_METRICS", value_parser = FalseyValueParser::new())]
    pub no_host_metrics: bool,

    /// The interval between heartbeats on a stream. A number without a unit means seconds.
    #[arg(long, env = "PULSEBOARD_HEARTBEAT_SECONDS", default_value = "15", value_name = "DURATION", value_parser = heartbeat)]
    pub heartbeat: Duration,

    /// How many streams may be open at a time; further streams get the status 503 [default: as many
    /// as the limit of file descriptors allows].
    #[arg(long, env = "PULSEBOARD_MAX_STREAMS", value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_streams: Option<u32>,

    /// The directory for stored events [default: `$STATE_DIRECTORY`, or pulseboard in your data
    /// directory].
    #[arg(
        long,
        env = "PULSEBOARD_DATA_DIR",
        value_name = "DIRECTORY",
        help_heading = "Storage"
    )]
    pub data_dir: Option<PathBuf>,

    /// Keep events in memory only; they are lost when the server ends.
    #[arg(long, env = "PULSEBOARD_EPHEMERAL", value_parser = BoolishValueParser::new(), help_heading = "Storage")]
    pub ephemeral: bool,

    /// How long to keep the events of some topics, like `app/** age=1d events=100000 bytes=64MiB`. May
    /// be repeated; separate several rules in one value with `;`. A rule limits all topics of its
    /// pattern together, and `**` limits the whole log [default: ** age=7d events=1000000
    /// bytes=1GiB].
    #[arg(long, env = "PULSEBOARD_RETAIN", value_delimiter = ';', value_name = "RULE", default_value = HOST_RULE, help_heading = "Storage")]
    pub retain: Vec<RetentionRule>,

    /// Keep only the newest event of each topic that matches this pattern. May be repeated; separate
    /// several patterns in one value with `;`.
    #[arg(
        long,
        env = "PULSEBOARD_LATEST_ONLY",
        value_delimiter = ';',
        value_name = "PATTERN",
        help_heading = "Storage"
    )]
    pub latest_only: Vec<TopicPattern>,

    /// What to log to standard error, like `info` or `pulseboard_server=debug,warn`. `RUST_LOG` works
    /// as well.
    #[arg(long, env = "PULSEBOARD_LOG_FILTER", value_name = "FILTER")]
    pub log_filter: Option<String>,

    /// The format of log lines: text, or one JSON object per line.
    #[arg(
        long,
        env = "PULSEBOARD_LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub log_format: LogFormat,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// This machine's metrics arrive every second and would fill most of the log. One day of them is
/// enough.
const HOST_RULE: &str = "host/metrics age=1d";

impl Config {
    /// The retention rules of the log.
    pub fn retention(&self) -> Retention {
        let mut retention = Retention {
            latest_only: self.latest_only.clone(),
            ..Retention::default()
        };
        self.retain
            .iter()
            .cloned()
            .for_each(|rule| retention.add(rule));
        retention
    }

    /// The directory for stored events; `None` with `--ephemeral`.
    ///
    /// # Errors
    /// If no directory is given and the user has no home directory.
    pub fn data_directory(&self) -> Result<Option<PathBuf>, String> {
        // A relative home directory would make the log's place depend on the working directory.
        let user_data = choose_base_strategy()
            .ok()
            .map(|strategy| strategy.data_dir())
            .filter(|path| path.is_absolute());
        self.data_directory_among(env::var_os("STATE_DIRECTORY"), user_data.as_deref())
    }

    fn data_directory_among(
        &self,
        state: Option<OsString>,
        user_data: Option<&Path>,
    ) -> Result<Option<PathBuf>, String> {
        if self.ephemeral {
            return Ok(None);
        }
        if let Some(directory) = &self.data_dir {
            return Ok(Some(directory.clone()));
        }
        // systemd creates the directories of a service and lists them separated by colons. The
        // first is the one for state.
        let state = state
            .and_then(|paths| env::split_paths(&paths).next())
            .filter(|path| !path.as_os_str().is_empty());
        let directory = state.or_else(|| user_data.map(|data| data.join("pulseboard")));
        directory.map(Some).ok_or_else(|| {
            "no home directory to store events in; pass a directory with --data-dir, or --ephemeral to store nothing"
                .to_owned()
        })
    }
}

/// Prints why the process cannot continue, on one line, and returns the exit code 2.
pub fn fail(reason: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "pulseboard: {reason}");
    ExitCode::from(2)
}

/// Parses a host and a port. Only listening shows whether the host exists.
fn address(text: &str) -> Result<String, String> {
    let is_address = text
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if is_address {
        Ok(text.to_owned())
    } else {
        Err("expected an address and a port, like 127.0.0.1:3000".to_owned())
    }
}

/// Parses the interval between heartbeats.
fn heartbeat(text: &str) -> Result<Duration, String> {
    // Shorter intervals would make the heartbeats themselves the load. With longer ones, nobody
    // would notice a dead stream.
    const ALLOWED: RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_hours(1);
    parse_duration(text)
        .ok()
        .filter(|interval| ALLOWED.contains(interval))
        .ok_or_else(|| "expected a duration from 10ms to 1h, like 15s".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        config: Config,
    }

    fn read(arguments: &[&str]) -> Config {
        Flags::try_parse_from(["serve"].iter().chain(arguments))
            .unwrap()
            .config
    }

    #[test]
    fn a_heartbeat_interval_is_a_duration_or_a_number_of_seconds() {
        assert_eq!(read(&[]).heartbeat, Duration::from_secs(15));
        for (text, millis) in [
            ("0.2", 200),
            ("0.01", 10),
            ("15s", 15_000),
            ("3600", 3_600_000),
            ("250ms", 250),
            ("1m", 60_000),
        ] {
            assert_eq!(
                read(&["--heartbeat", text]).heartbeat,
                Duration::from_millis(millis),
                "{text}"
            );
        }
        for text in ["0", "0.009", "3601", "2h", "-1", "often", "inf"] {
            assert!(heartbeat(text).is_err(), "{text}");
        }
    }

    #[test]
    fn events_are_stored_in_the_given_directory_or_that_of_the_service_or_that_of_the_user() {
        let home = Path::new("/home/ann/.local/share");
        let among = |flags: &[&str], state: Option<&str>, home: Option<&Path>| {
            let directory = read(flags).data_directory_among(state.map(OsString::from), home);
            directory.map(|path| path.map(|path| path.to_str().unwrap().to_owned()))
        };
        let some = |path: &str| Ok(Some(path.to_owned()));
        assert_eq!(
            among(&["--data-dir", "/d"], Some("/s"), Some(home)),
            some("/d")
        );
        assert_eq!(among(&[], Some("/s:/t"), Some(home)), some("/s"));
        assert_eq!(
            among(&[], Some(""), Some(home)),
            some("/home/ann/.local/share/pulseboard")
        );
        assert_eq!(among(&["--ephemeral"], Some("/s"), Some(home)), Ok(None));
        assert_eq!(among(&["--ephemeral"], None, None), Ok(None));
        assert!(among(&[], None, None).unwrap_err().contains("--data-dir"));
    }
}
