//! `pulseboard tail`: follows topics. Each event arrives exactly once, even across lost connections.

mod follow;
mod format;
mod watchdog;

use std::{
    io::{self, IsTerminal},
    str::FromStr,
};

use clap::{ValueEnum, builder::FalseyValueParser};
use pulseboard_contract::{EventId, EventType, InvalidEventId, Json, TopicPattern, TypeName};

use self::{
    follow::{Follower, StreamItem},
    format::OutputFormat,
};
use crate::{
    error::CommandError,
    history::{Pages, Selection},
    http::ApiClient,
    interrupt::Interrupt,
    output::{self, LineWriter, notice},
    server_args::ServerArgs,
};

const EXAMPLES: &str = "\
Examples:
  pulseboard tail deploys 'host/**'
  pulseboard tail '**' --from start --json | jq .data
  pulseboard tail deploys --count 1 && echo 'a deployment finished'
  pulseboard tail alerts --type notification --no-follow

After a lost connection, tail reconnects and resumes where it stopped, without duplicates. It reports events that are \
missing from the log on standard error. Ctrl-C and a closed pipe (head) end it with exit code 0. It shows presence \
only with --type presence.";

/// Flags of `pulseboard tail`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Topics or topic patterns to follow. In a pattern, * matches one segment and a final ** matches
    /// the rest.
    #[arg(required = true, value_name = "TOPIC")]
    topics: Vec<TopicPattern>,

    /// Where to start: start (all stored events), now, or after an event id [default: now; with
    /// --no-follow: start].
    #[arg(
        long,
        env = "PULSEBOARD_TAIL_FROM",
        value_name = "start|now|ID",
        help_heading = "Events"
    )]
    from: Option<StartAt>,

    /// Only events of this type; may be repeated.
    #[arg(
        long = "type",
        env = "PULSEBOARD_TAIL_TYPE",
        value_name = "TYPE",
        value_delimiter = ',',
        help_heading = "Events"
    )]
    types: Vec<TypeName>,

    /// Exit after this number of events.
    #[arg(long, env = "PULSEBOARD_TAIL_COUNT", value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Events")]
    count: Option<u64>,

    /// Exit after the stored events instead of waiting for new ones.
    #[arg(long, env = "PULSEBOARD_TAIL_NO_FOLLOW", value_parser = FalseyValueParser::new(), help_heading = "Events")]
    no_follow: bool,

    /// Print each event as CloudEvents JSON, one per line, instead of as text.
    #[arg(long, env = "PULSEBOARD_TAIL_JSON", value_parser = FalseyValueParser::new(), help_heading = "Output")]
    json: bool,

    /// When to color the text: auto means on a terminal, unless `NO_COLOR` is set.
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
    server: ServerArgs,
}

/// When to color the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    fn is_enabled(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let is_disabled =
                    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let is_dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
                io::stdout().is_terminal() && !is_disabled && !is_dumb
            }
        }
    }
}

/// Where to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StartAt {
    Start,
    Now,
    After(EventId),
}

impl FromStr for StartAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "start" => Ok(Self::Start),
            "now" => Ok(Self::Now),
            id => id
                .parse()
                .map(Self::After)
                .map_err(|error: InvalidEventId| {
                    format!("expected start, now or an event id: {error}")
                }),
        }
    }
}

/// Prints events until the requested number is reached, the user interrupts the command, or the
/// reader of standard output closes the pipe.
///
/// # Errors
/// If the flags contradict each other, the server rejects the request, or the retries are used up.
pub async fn run(args: Args) -> Result<(), CommandError> {
    let mut interrupt = Interrupt::listen()?;
    let outcome = tokio::select! {
        outcome = print(args) => outcome,
        () = interrupt.requested() => Ok(()),
        () = output::closed() => Ok(()),
    };
    match outcome {
        Err(CommandError::OutputClosed) => Ok(()),
        outcome => outcome,
    }
}

async fn print(args: Args) -> Result<(), CommandError> {
    let client = ApiClient::new(&args.server)?;
    let selection = Selection {
        topics: args.topics,
        types: args.types,
    };
    let printer = Printer {
        shows_presence: selection.types.contains(&EventType::Presence.into()),
        lines: LineWriter::new(),
        format: if args.json {
            OutputFormat::Json
        } else {
            OutputFormat::Text {
                color: args.color.is_enabled(),
            }
        },
        remaining: args.count,
    };
    if args.no_follow {
        let after = match args.from {
            None | Some(StartAt::Start) => None,
            Some(StartAt::After(id)) => Some(id),
            Some(StartAt::Now) => {
                return Err(CommandError::Usage(
                    "--from now and --no-follow together select no events".to_owned(),
                ));
            }
        };
        return print_stored(&client, selection, after, printer).await;
    }
    let mut query = selection.query();
    query.push(("framing", "envelope".to_owned()));
    let cursor = match args.from {
        None | Some(StartAt::Now) => String::new(),
        Some(StartAt::Start) => {
            query.push(("last_event_id", "start".to_owned()));
            String::new()
        }
        Some(StartAt::After(id)) => id.to_string(),
    };
    let url = client.url(["events"], query);
    let follower = Follower::new(&client, url, cursor, args.server.retry_for);
    print_stream(follower, printer).await
}

async fn print_stored(
    client: &ApiClient,
    selection: Selection,
    after: Option<EventId>,
    mut printer: Printer,
) -> Result<(), CommandError> {
    let mut pages = Pages::between(client, selection, after, None).await?;
    while let Some(events) = pages.next().await? {
        for event in &events {
            printer.print(event)?;
            if printer.remaining == Some(0) {
                return printer.lines.flush();
            }
        }
        printer.lines.flush()?;
    }
    Ok(())
}

async fn print_stream(
    mut follower: Follower<'_>,
    mut printer: Printer,
) -> Result<(), CommandError> {
    loop {
        for item in follower.next().await? {
            match item {
                StreamItem::Event(event) => printer.print(&event)?,
                StreamItem::Gap(gap) => notice(&gap.to_string()),
            }
            if printer.remaining == Some(0) {
                return printer.lines.flush();
            }
        }
        printer.lines.flush()?;
    }
}

struct Printer {
    lines: LineWriter,
    format: OutputFormat,
    shows_presence: bool,
    /// How many more events to print; `None` means no limit.
    remaining: Option<u64>,
}

impl Printer {
    fn print(&mut self, event: &Json) -> Result<(), CommandError> {
        // The server greets each stream with the current presence, and announces the stream to all
        // others. Neither is an event that the user asked for.
        if !self.shows_presence && format::is_presence(event) {
            return Ok(());
        }
        self.lines.write(&self.format.line(event))?;
        if let Some(remaining) = &mut self.remaining {
            *remaining -= 1;
        }
        Ok(())
    }
}
