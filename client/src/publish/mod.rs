//! `pulseboard publish`: publishes events from the command line or, line by line, from standard
//! input. Events keep their order, and each is stored once.
//!
//! Lines are sent at once. While a request is in flight, the next lines queue up and leave together,
//! so a burst needs few requests and a slow log has no delay. Every event gets its id when it is
//! read, so a retry after a lost response stores nothing twice.

mod batch;
mod event;
mod input;
mod queue;
mod sender;

use std::io::{self, IsTerminal};

use clap::builder::FalseyValueParser;
use pulseboard_contract::{EventType, Topic, TypeName};

use self::{
    batch::PreparedEvent,
    event::{Expires, Template, default_source, now, parse_source},
    queue::Queue,
    sender::Sender,
};
use crate::{
    error::CommandError,
    http::ApiClient,
    interrupt::Interrupt,
    output::{notice, summary},
    server_args::ServerArgs,
};

const EXAMPLES: &str = "\
Examples:
  pulseboard publish deploys api v2.31.0 is live
  tail -F app.log | pulseboard publish host/web-1/log
  pulseboard publish office/sensor --data '{\"temperature\": 21.4}'
  pulseboard publish news --type update --data '{\"content\": \"v2 is here\"}' --expires 1h
  jq -c '.[]' builds.json | pulseboard publish builds --json --type com.ci.build

Blank lines are skipped. Failed requests are retried, and each event is stored once. The exit code is 1 if any event \
was not published.";

/// Flags of `pulseboard publish`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The topic to publish to, like deploys or host/web-1/log.
    topic: Topic,

    /// The text of one event; words are joined with spaces. Without it, each line of standard input
    /// is an event.
    text: Vec<String>,

    /// Publish this JSON as one event.
    #[arg(
        long,
        env = "PULSEBOARD_PUBLISH_DATA",
        value_name = "JSON",
        conflicts_with = "text",
        help_heading = "Event"
    )]
    data: Option<String>,

    /// Treat the text, or each line, as JSON and publish it unchanged. Otherwise it becomes the text
    /// of a message.
    #[arg(long, env = "PULSEBOARD_PUBLISH_JSON", value_parser = FalseyValueParser::new(), help_heading = "Event")]
    json: bool,

    /// The event type. Types other than message need --json or --data.
    #[arg(
        long = "type",
        env = "PULSEBOARD_PUBLISH_TYPE",
        value_name = "TYPE",
        default_value = "message",
        help_heading = "Event"
    )]
    event_type: TypeName,

    /// The program that publishes, as a URI reference [default: /cli/<host name>].
    #[arg(long, env = "PULSEBOARD_PUBLISH_SOURCE", value_name = "URI", value_parser = parse_source, help_heading = "Event")]
    source: Option<String>,

    /// The id of a single event. Publishing the same id and source again stores nothing
    /// [default: a generated id].
    #[arg(
        long,
        env = "PULSEBOARD_PUBLISH_ID",
        value_name = "ID",
        help_heading = "Event"
    )]
    id: Option<String>,

    /// When the event expires: a time in RFC 3339, or a duration like 1h after it was read.
    #[arg(
        long,
        env = "PULSEBOARD_PUBLISH_EXPIRES",
        value_name = "TIME",
        help_heading = "Event"
    )]
    expires: Option<Expires>,

    /// Report lines that cannot be published and continue with the next. The exit code is still 1.
    #[arg(long, env = "PULSEBOARD_PUBLISH_KEEP_GOING", value_parser = FalseyValueParser::new())]
    keep_going: bool,

    /// Print the event id of each event, one per line; "null" for an event that is not stored, such
    /// as typing.
    #[arg(long, env = "PULSEBOARD_PUBLISH_IDS", value_parser = FalseyValueParser::new())]
    ids: bool,

    #[command(flatten)]
    server: ServerArgs,
}

/// Publishes the events, and returns when the server has answered for all of them.
///
/// # Errors
/// If the flags contradict each other, the server cannot be reached, or an event was not published.
pub async fn run(args: Args) -> Result<(), CommandError> {
    let template = Template {
        topic: args.topic.clone(),
        event_type: args.event_type.clone(),
        source: args.source.clone().unwrap_or_else(default_source),
        expires: args.expires,
        run: rand::random(),
        is_json: args.json || args.data.is_some(),
    };
    if !template.is_json && template.event_type != EventType::Message.into() {
        return Err(CommandError::Usage(format!(
            "text is published as a message; for --type {} add --json",
            args.event_type
        )));
    }
    let single = args
        .data
        .clone()
        .or_else(|| (!args.text.is_empty()).then(|| args.text.join(" ")));
    if args.id.is_some() && single.is_none() {
        return Err(CommandError::Usage(
            "--id is for a single event; standard input may have many".to_owned(),
        ));
    }
    let client = ApiClient::new(&args.server)?;
    let mut sender = Sender::new(&client, &args.topic, args.keep_going, args.ids);
    let outcome = match single {
        Some(text) => {
            let json = template
                .event(args.id, 1, &text, now())
                .map_err(|reason| CommandError::Failed(format!("cannot publish: {reason}")))?;
            sender.send(vec![PreparedEvent { line: None, json }]).await
        }
        None => publish_lines(&mut sender, template).await,
    };
    let result = sender.finish()?;
    summary(&result.message(args.topic.as_str()));
    outcome?;
    match result.failed_lines {
        0 => Ok(()),
        1 => Err(CommandError::Failed("1 line was not published".to_owned())),
        lines => Err(CommandError::Failed(format!(
            "{lines} lines were not published"
        ))),
    }
}

async fn publish_lines(sender: &mut Sender<'_>, template: Template) -> Result<(), CommandError> {
    let mut interrupt = Interrupt::listen()?;
    if io::stdin().is_terminal() {
        notice("each line is one event; press Ctrl-D to end");
    }
    let mut queue = Queue::of_stdin(template);
    let mut is_ending = false;
    loop {
        let item = tokio::select! {
            // On Ctrl-C nothing more is read, and the lines that were read are still published.
            () = interrupt.requested(), if !is_ending => {
                is_ending = true;
                queue.close();
                continue;
            }
            item = queue.next() => item,
        };
        let batch = match item {
            None => return Ok(()),
            Some(Ok(event)) => queue.batch(event),
            Some(Err(line)) => {
                sender.invalid_line(&line)?;
                continue;
            }
        };
        let mut sending = std::pin::pin!(sender.send(batch.into_events()));
        tokio::select! {
            outcome = &mut sending => outcome?,
            () = interrupt.requested(), if !is_ending => {
                is_ending = true;
                queue.close();
                notice("publishing the lines that were read; press Ctrl-C again to end at once");
                sending.await?;
            }
        }
    }
}
