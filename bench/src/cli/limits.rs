//! The conversion of arguments to a run's options. Values out of range are refused before any
//! connection is opened.

use std::time::Duration;

use super::{FanOut, Herd, Idle, Publish, Replay, Slow, WriteLoop};
use crate::{
    failure::Failure,
    fan_out, herd, idle,
    load::Load,
    peer::{Peer, ReadMode},
    process::descriptor_limit,
    publish,
    publisher::Pace,
    replay,
    target::Target,
};

/// The limit of open descriptors; every connection needs one. Linux has 28,000 ports for connections
/// to one address, and other programs need some of them.
const MOST_DESCRIPTORS: usize = 20_000;
/// The descriptors that the generator needs besides its connections.
const OTHER_DESCRIPTORS: usize = 32;
const MOST_SECONDS: u64 = 3_600;
const MOST_BYTES: usize = 1 << 20;
const MOST_EVENTS: u64 = 100_000_000;

impl TryFrom<&FanOut> for fan_out::Options {
    type Error = Failure;

    fn try_from(args: &FanOut) -> Result<Self, Failure> {
        let target = args.server.target()?;
        let (pace, planned) = match (args.rate, args.events) {
            (0, events) => (Pace::Saturated, events.unwrap_or(1_000)),
            (_, Some(_)) => {
                return Err(Failure::usage(
                    "--events needs --rate 0; a steady run takes --rate and --seconds",
                ));
            }
            (rate, None) => (
                Pace::Steady(rate),
                u64::from(rate).saturating_mul(args.seconds),
            ),
        };
        let publishers = args
            .publishers
            .unwrap_or(if pace == Pace::Saturated { 16 } else { 1 });
        within("--seconds", args.seconds, 1, MOST_SECONDS)?;
        let load = load(publishers, planned, args.bytes)?;
        descriptors(
            args.subscribers
                .saturating_add(args.stalled)
                .saturating_add(publishers),
        )?;
        let (duration, pid) = (Duration::from_secs(args.seconds), args.server.pid);
        Ok(Self {
            target,
            subscribers: args.subscribers,
            stalled: args.stalled,
            load,
            pace,
            duration,
            pid,
        })
    }
}

impl TryFrom<&Idle> for idle::Options {
    type Error = Failure;

    fn try_from(args: &Idle) -> Result<Self, Failure> {
        let target = args.server.target()?;
        let pid = args.server.pid.ok_or_else(|| {
            Failure::usage("idle needs --pid, because it measures the server's process")
        })?;
        within(
            "--subscribers",
            args.subscribers as u64,
            1,
            MOST_DESCRIPTORS as u64,
        )?;
        within("--seconds", args.seconds, 1, MOST_SECONDS)?;
        descriptors(args.subscribers)?;
        Ok(Self {
            target,
            subscribers: args.subscribers,
            duration: Duration::from_secs(args.seconds),
            pid,
        })
    }
}

impl TryFrom<&Publish> for publish::Options {
    type Error = Failure;

    fn try_from(args: &Publish) -> Result<Self, Failure> {
        let target = args.server.target()?;
        within("--seconds", args.seconds, 1, MOST_SECONDS)?;
        let load = load(args.publishers, args.events, args.bytes)?;
        descriptors(args.publishers)?;
        Ok(Self {
            target,
            load,
            duration: Duration::from_secs(args.seconds),
            pid: args.server.pid,
        })
    }
}

impl TryFrom<&Replay> for replay::Options {
    type Error = Failure;

    fn try_from(args: &Replay) -> Result<Self, Failure> {
        let target = args.server.target()?;
        within("--clients", args.clients as u64, 1, MOST_DESCRIPTORS as u64)?;
        let load = load(args.publishers, args.events, args.bytes)?;
        descriptors(args.clients.saturating_add(args.publishers))?;
        if args.via == ReadMode::Body && args.server.peer != Peer::DurableStreams {
            return Err(Failure::usage(
                "--via body: only durable-streams sends a whole topic in one body",
            ));
        }
        Ok(Self {
            target,
            clients: args.clients,
            load,
            mode: args.via,
            pid: args.server.pid,
        })
    }
}

/// A slow run consists of two fan-outs. These are the options of the one with stalled streams.
impl TryFrom<&Slow> for fan_out::Options {
    type Error = Failure;

    fn try_from(args: &Slow) -> Result<Self, Failure> {
        let target = args.server.target()?;
        within("--readers", args.readers as u64, 1, MOST_DESCRIPTORS as u64)?;
        within("--stalled", args.stalled as u64, 1, MOST_DESCRIPTORS as u64)?;
        within("--rate", args.rate.into(), 1, MOST_EVENTS)?;
        within("--seconds", args.seconds, 1, MOST_SECONDS)?;
        let load = load(
            args.publishers,
            u64::from(args.rate).saturating_mul(args.seconds),
            args.bytes,
        )?;
        descriptors(
            args.readers
                .saturating_add(args.stalled)
                .saturating_add(args.publishers),
        )?;
        let (duration, pace) = (Duration::from_secs(args.seconds), Pace::Steady(args.rate));
        Ok(Self {
            target,
            subscribers: args.readers,
            stalled: args.stalled,
            load,
            pace,
            duration,
            pid: args.server.pid,
        })
    }
}

impl TryFrom<&Herd> for herd::Options {
    type Error = Failure;

    fn try_from(args: &Herd) -> Result<Self, Failure> {
        let target = args.server.target()?;
        if args.server.pid.is_some() {
            return Err(Failure::usage(
                "herd takes no --pid: it kills only the server that it started",
            ));
        }
        within(
            "--subscribers",
            args.subscribers as u64,
            1,
            MOST_DESCRIPTORS as u64,
        )?;
        within("--rate", args.rate.into(), 1, MOST_EVENTS)?;
        within("--seconds", args.seconds, 1, MOST_SECONDS)?;
        let calm = Duration::from_secs(args.seconds);
        let load = load(
            args.publishers,
            u64::from(args.rate).saturating_mul(Self::longest(calm).as_secs()),
            args.bytes,
        )?;
        descriptors(args.subscribers.saturating_add(args.publishers))?;
        let &Herd {
            subscribers, rate, ..
        } = args;
        Ok(Self {
            target,
            command: args.command.clone(),
            subscribers,
            load,
            rate,
            calm,
        })
    }
}

impl TryFrom<&WriteLoop> for Target {
    type Error = Failure;

    fn try_from(args: &WriteLoop) -> Result<Self, Failure> {
        args.url.parse()
    }
}

fn load(publishers: usize, planned: u64, bytes: usize) -> Result<Load, Failure> {
    within("--bytes", bytes as u64, 0, MOST_BYTES as u64)?;
    within("--publishers", publishers as u64, 1, 1_024)?;
    within("the number of events", planned, 1, MOST_EVENTS)?;
    Ok(Load {
        publishers,
        planned,
        bytes,
    })
}

/// Checks that the value of an argument is in its range.
fn within(argument: &str, value: u64, least: u64, most: u64) -> Result<(), Failure> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{argument}: {value} is not between {least} and {most}"
    )))
}

/// Checks that this process may open so many connections.
fn descriptors(connections: usize) -> Result<(), Failure> {
    let needed = connections.saturating_add(OTHER_DESCRIPTORS);
    if needed > MOST_DESCRIPTORS {
        let most = MOST_DESCRIPTORS - OTHER_DESCRIPTORS;
        return Err(Failure::usage(format!(
            "{connections} connections are too many: the maximum is {most}"
        )));
    }
    match descriptor_limit() {
        Some(limit) if limit < needed as u64 => Err(Failure::usage(format!(
            "{connections} connections need {needed} descriptors, but the limit is {limit} (ulimit -n)"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    /// The exit code of a refused command line; `None` if it is accepted.
    fn refused(line: &str) -> Option<u8> {
        let Ok(cli) = Cli::try_parse_from(line.split_whitespace()) else {
            return Some(2);
        };
        let failure = match &cli.command {
            Command::FanOut(args) => fan_out::Options::try_from(args).err(),
            Command::Idle(args) => idle::Options::try_from(args).err(),
            Command::Publish(args) => publish::Options::try_from(args).err(),
            Command::Replay(args) => replay::Options::try_from(args).err(),
            Command::Slow(args) => fan_out::Options::try_from(args).err(),
            Command::Herd(args) => herd::Options::try_from(args).err(),
            Command::WriteLoop(args) => Target::try_from(args).err(),
            Command::Table => None,
        };
        failure.map(|failure| failure.exit_code())
    }

    #[test]
    fn invalid_command_lines_are_refused_before_a_connection_is_opened() {
        for line in [
            "bench",
            "bench fan-out --url http://192.0.2.1",
            "bench fan-out --subscribers 20000",
            "bench fan-out --subscribers 1 --events 5",
            "bench fan-out --subscribers 1 --seconds 0",
            "bench fan-out --subscribers 1 --publishers 0",
            "bench fan-out --subscribers 1 --bytes 99999999",
            "bench fan-out --subscribers 10000 --stalled 10000",
            "bench idle --subscribers 1",
            "bench idle --subscribers 0 --pid 1",
            "bench publish --publishers 0",
            "bench publish --events 0",
            "bench publish --peer kafka",
            "bench publish --url http://192.0.2.1",
            "bench replay --clients 0",
            "bench replay --clients 20000",
            "bench replay --via body",
            "bench replay --via body --peer nchan",
            "bench slow --rate 0",
            "bench slow --stalled 0",
            "bench slow --readers 10000 --stalled 10000",
            "bench herd",
            "bench herd --pid 1 -- server",
            "bench herd --subscribers 20000 -- server",
            "bench herd --url http://192.0.2.1 -- server",
            "bench write-loop --url http://192.0.2.1",
        ] {
            assert_eq!(refused(line), Some(2), "{line}");
        }
    }

    #[test]
    fn valid_command_lines_are_accepted() {
        for line in [
            "bench fan-out --subscribers 10",
            "bench fan-out --url http://127.0.0.1:3000 --subscribers 10 --rate 50 --seconds 20 --bytes 256 --pid 1 --json",
            "bench fan-out --subscribers 0 --rate 0 --events 5 --publishers 64",
            "bench idle --subscribers 10 --pid 1",
            "bench publish",
            "bench publish --peer durable-streams --publishers 1 --events 10 --bytes 256 --pid 1 --json",
            "bench replay --peer nchan --clients 10",
            "bench replay --peer durable-streams --via body --events 40000 --clients 50",
            "bench fan-out --subscribers 19000 --rate 1 --seconds 30",
            "bench slow --pid 1",
            "bench herd --subscribers 5000 -- server --listen 127.0.0.1:3000",
            "bench table",
        ] {
            assert_eq!(refused(line), None, "{line}");
        }
    }
}
