//! `pulseboard tail`: follows topics, each event exactly once whatever happens to the connection.

mod follow;
mod show;
mod watchdog;

use std::{
    io::{self, IsTerminal},
    str::FromStr,
};

use clap::{ValueEnum, builder::FalseyValueParser};
use pulseboard_contract::{EventId, EventType, Json, TopicPattern, TypeName};

use self::{
    follow::{Follower, Heard},
    show::Show,
};
use crate::{
    Failure,
    connection::Connection,
    history::{Pages, Selection},
    http::Server,
    interrupt::Interrupt,
    output::{self, Lines, notice},
};

const EXAMPLES: &str = "\
Examples:
  pulseboard tail deploys 'host/**'
  pulseboard tail '**' --from start --json | jq .data
  pulseboard tail deploys --count 1 && echo 'something went live'
  pulseboard tail alerts --type notification --no-follow

A lost connection is made again and goes on where it ended, each event once. What the log no longer has is said on \
standard error. Ctrl-C and a reader that leaves, such as head, end it with exit code 0. Who is present is told with \
--type presence only.";

/// Flags of `pulseboard tail`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What to follow: topics, or patterns where * stands for one segment and a final ** for the
    /// rest.
    #[arg(required = true, value_name = "TOPIC")]
    topics: Vec<TopicPattern>,

    /// Where to begin: start (all there is), now, or after an event id [default: now; with
    /// --no-follow: start].
    #[arg(
        long,
        env = "PULSEBOARD_TAIL_FROM",
        value_name = "start|now|ID",
        help_heading = "Events"
    )]
    from: Option<From>,

    /// Only events of this type; may be repeated.
    #[arg(
        long = "type",
        env = "PULSEBOARD_TAIL_TYPE",
        value_name = "TYPE",
        value_delimiter = ',',
        help_heading = "Events"
    )]
    types: Vec<TypeName>,

    /// End after so many events.
    #[arg(long, env = "PULSEBOARD_TAIL_COUNT", value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Events")]
    count: Option<u64>,

    /// End at what is there now instead of waiting for more.
    #[arg(long, env = "PULSEBOARD_TAIL_NO_FOLLOW", value_parser = FalseyValueParser::new(), help_heading = "Events")]
    no_follow: bool,

    /// Print each event as CloudEvents JSON, one a line, instead of as text.
    #[arg(long, env = "PULSEBOARD_TAIL_JSON", value_parser = FalseyValueParser::new(), help_heading = "Output")]
    json: bool,

    /// Whether text is coloured: auto looks for a terminal and at `NO_COLOR`.
    #[arg(
        long,
        env = "PULSEBOARD_TAIL_COLOR",
        value_name = "WHEN",
        value_enum,
        default_value = "auto",
        help_heading = "Output"
    )]
    color: Color,

    #[command(flatten)]
    connection: Connection,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    fn is_wanted(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let is_dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
                io::stdout().is_terminal() && !forbidden && !is_dumb
            }
        }
    }
}

/// Where following begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Start,
    Now,
    After(EventId),
}

impl FromStr for From {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "start" => Ok(Self::Start),
            "now" => Ok(Self::Now),
            id => {
                id.parse()
                    .map(Self::After)
                    .map_err(|error: pulseboard_contract::InvalidEventId| {
                        format!("expected start, now or an event id: {error}")
                    })
            }
        }
    }
}

/// Follows until there is a reason to end. Ctrl-C and a reader that leaves are good ones.
pub async fn run(args: Args) -> Result<(), Failure> {
    let mut interrupt = Interrupt::listen()?;
    let outcome = tokio::select! {
        outcome = print(args) => outcome,
        () = interrupt.requested() => Ok(()),
        () = output::closed() => Ok(()),
    };
    match outcome {
        Err(Failure::ClosedPipe) => Ok(()),
        outcome => outcome,
    }
}

async fn print(args: Args) -> Result<(), Failure> {
    let server = Server::new(&args.connection)?;
    let selection = Selection {
        topics: args.topics,
        types: args.types,
    };
    let mut printer = Printer {
        shows_presence: selection.types.contains(&EventType::Presence.into()),
        lines: Lines::new(),
        show: if args.json {
            Show::Json
        } else {
            Show::Text {
                color: args.color.is_wanted(),
            }
        },
        left: args.count,
    };
    if args.no_follow {
        let after = match args.from {
            None | Some(From::Start) => None,
            Some(From::After(id)) => Some(id),
            Some(From::Now) => {
                return Err(Failure::Usage(
                    "there is nothing between --from now and --no-follow".to_owned(),
                ));
            }
        };
        let mut pages = Pages::between(&server, selection, after, None).await?;
        while let Some(events) = pages.next().await? {
            for event in &events {
                printer.event(event)?;
                if printer.left == Some(0) {
                    return printer.lines.flush();
                }
            }
            printer.lines.flush()?;
        }
        return Ok(());
    }
    let mut query = selection.query();
    query.push(("framing", "envelope".to_owned()));
    let (cursor, is_from_start) = match args.from {
        None | Some(From::Now) => (String::new(), false),
        Some(From::Start) => (String::new(), true),
        Some(From::After(id)) => (id.to_string(), false),
    };
    if is_from_start {
        query.push(("last_event_id", "start".to_owned()));
    }
    let url = server.url(["events"], query);
    let mut follower = Follower::new(&server, url, cursor, args.connection.retry_for);
    loop {
        for heard in follower.next().await? {
            match heard {
                Heard::Event(event) => printer.event(&event)?,
                Heard::Gap(gap) => notice(&show::gap(&gap)),
            }
            if printer.left == Some(0) {
                return printer.lines.flush();
            }
        }
        printer.lines.flush()?;
    }
}

struct Printer {
    lines: Lines,
    show: Show,
    shows_presence: bool,
    /// How many more events; none means without end.
    left: Option<u64>,
}

impl Printer {
    fn event(&mut self, event: &Json) -> Result<(), Failure> {
        // Each stream is greeted with who is there, and its own coming is told to all. It is no
        // event of the topic.
        if !self.shows_presence && show::is_presence(event) {
            return Ok(());
        }
        self.lines.write(&self.show.line(event))?;
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        Ok(())
    }
}
