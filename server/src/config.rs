//! The flags of `pulseboard serve`, their environment variables, and what they may say.

use std::{
    env,
    ffi::OsString,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{
    Args, ValueEnum,
    builder::{BoolishValueParser, FalseyValueParser},
};
use etcetera::{BaseStrategy, choose_base_strategy};
use pulseboard_contract::TopicPattern;
use pulseboard_hub::{Retention, RetentionRule};

const EXAMPLES: &str = "\
Examples:
  pulseboard serve
  pulseboard serve --listen 0.0.0.0:3000 --data-dir /var/lib/pulseboard
  pulseboard --listen 127.0.0.1:0 --ephemeral

The first line on standard output says where it is live. SIGTERM and Ctrl-C end it cleanly.";

/// How to serve.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Config {
    /// The address and port to listen on; port 0 takes any free one.
    #[arg(long, env = "PULSEBOARD_LISTEN", default_value = "127.0.0.1:3000", value_name = "ADDRESS", value_parser = address)]
    pub listen: String,

    /// Do not publish the metrics of this machine on host/metrics.
    #[arg(long, env = "PULSEBOARD_NO_HOST_METRICS", value_parser = FalseyValueParser::new())]
    pub no_host_metrics: bool,

    /// How often every stream gets a heartbeat, in seconds.
    #[arg(long, env = "PULSEBOARD_HEARTBEAT_SECONDS", default_value = "15", value_name = "SECONDS", value_parser = seconds)]
    pub heartbeat: Duration,

    /// How many streams may be open at a time; more are answered 503 [default: what the limit of
    /// file descriptors allows].
    #[arg(long, env = "PULSEBOARD_MAX_STREAMS", value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_streams: Option<u32>,

    /// Where what is stored lives [default: `$STATE_DIRECTORY`, else pulseboard in the user's data
    /// directory].
    #[arg(
        long,
        env = "PULSEBOARD_DATA_DIR",
        value_name = "DIRECTORY",
        help_heading = "Storage"
    )]
    pub data_dir: Option<PathBuf>,

    /// Keep everything in memory and nothing on disk: it goes with the process.
    #[arg(long, env = "PULSEBOARD_EPHEMERAL", value_parser = BoolishValueParser::new(), help_heading = "Storage")]
    pub ephemeral: bool,

    /// How long the events of some topics are kept, like `app/** age=1d events=100000 bytes=64MiB`;
    /// may be repeated, and several are joined with `;`. A rule bounds the topics of its pattern
    /// all together, `**` the whole log [default: ** age=7d events=1000000 bytes=1GiB].
    #[arg(long, env = "PULSEBOARD_RETAIN", value_delimiter = ';', value_name = "RULE", default_value = HOST_RULE, help_heading = "Storage")]
    pub retain: Vec<RetentionRule>,

    /// Keep only the newest event of each topic of this pattern; may be repeated, and several are
    /// joined with `;`.
    #[arg(
        long,
        env = "PULSEBOARD_LATEST_ONLY",
        value_delimiter = ';',
        value_name = "PATTERN",
        help_heading = "Storage"
    )]
    pub latest_only: Vec<TopicPattern>,

    /// What is logged to standard error, like `info` or `pulseboard_server=debug,warn`; `RUST_LOG`
    /// is read as well.
    #[arg(long, env = "PULSEBOARD_LOG_FILTER", value_name = "FILTER")]
    pub log_filter: Option<String>,

    /// How lines of the log are written: for people, or a JSON object each.
    #[arg(
        long,
        env = "PULSEBOARD_LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub log_format: LogFormat,
}

/// How lines of the log are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// This machine's metrics, once a second, would be most of the log; a day of them is what anybody
/// looks at.
const HOST_RULE: &str = "host/metrics age=1d";

impl Config {
    /// What the log keeps.
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

    /// Where what is stored lives; none where nothing is stored.
    pub fn data_directory(&self) -> Result<Option<PathBuf>, String> {
        // A home that is no absolute path would put the log wherever the process was started.
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
        // systemd gives a service its directories, made and owned, separated by colons: the first
        // is the service's own.
        let state = state
            .and_then(|paths| env::split_paths(&paths).next())
            .filter(|path| !path.as_os_str().is_empty());
        let directory = state.or_else(|| user_data.map(|data| data.join("pulseboard")));
        directory.map(Some).ok_or_else(|| {
            "there is no home directory to store events in; name a directory with --data-dir, or keep none with --ephemeral"
                .to_owned()
        })
    }
}

/// Says why the process cannot go on, in one line, and with which code it ends.
pub fn fail(reason: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "pulseboard: {reason}");
    ExitCode::from(2)
}

/// A host and a port. Whether the host exists is found out by listening there.
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

fn seconds(text: &str) -> Result<Duration, String> {
    let number: Option<f64> = text.strip_suffix('s').unwrap_or(text).parse().ok();
    match number {
        // Below a hundredth the heartbeats would be the load; above an hour nobody would notice a
        // dead stream.
        Some(seconds) if (0.01..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("expected a number of seconds from 0.01 to 3600".to_owned()),
    }
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
    fn durations_are_seconds() {
        assert_eq!(read(&[]).heartbeat, Duration::from_secs(15));
        assert_eq!(
            read(&["--heartbeat", "0.2"]).heartbeat,
            Duration::from_millis(200)
        );
    }

    #[test]
    fn what_is_stored_lives_where_it_is_told_else_where_the_system_says_else_with_the_user() {
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
