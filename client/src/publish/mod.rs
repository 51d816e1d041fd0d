//! `pulseboard publish`: events from the command line or from standard input, a line an event, in
//! order, each once.
//!
//! Lines go out at once. While one request is on its way the next lines queue up and then leave
//! together, so a burst costs few requests and a quiet log no delay. Every event has an id of its
//! own from the moment it is read, so a request that is said again after a lost answer stores
//! nothing twice.

mod batch;
mod event;
mod lines;
mod queue;
mod sender;

use std::io::{self, IsTerminal};

use clap::builder::FalseyValueParser;
use pulseboard_contract::{EventType, Topic, TypeName};

use self::{
    batch::Prepared,
    event::{Expires, Template, default_source, now, parse_source},
    queue::Queue,
    sender::Sender,
};
use crate::{
    Failure,
    connection::Connection,
    http::Server,
    interrupt::Interrupt,
    output::{notice, summary},
};

const EXAMPLES: &str = "\
Examples:
  pulseboard publish deploys api v2.31.0 is live
  tail -F app.log | pulseboard publish host/web-1/log
  pulseboard publish office/sensor --data '{\"temperature\": 21.4}'
  pulseboard publish news --type update --data '{\"content\": \"v2 is here\"}' --expires 1h
  jq -c '.[]' builds.json | pulseboard publish builds --json --type com.ci.build

Blank lines are passed over. What fails is tried again, and stored once. Exit code 1 if anything was not \
published.";

/// Flags of `pulseboard publish`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Where to publish, like deploys or host/web-1/log.
    topic: Topic,

    /// The event's text, its words joined with spaces; without any, each line of standard input is
    /// an event.
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

    /// The text, or each line, is JSON and published as it is; otherwise it becomes the text of a
    /// message.
    #[arg(long, env = "PULSEBOARD_PUBLISH_JSON", value_parser = FalseyValueParser::new(), help_heading = "Event")]
    json: bool,

    /// The event type. Types other than message need JSON.
    #[arg(
        long = "type",
        env = "PULSEBOARD_PUBLISH_TYPE",
        value_name = "TYPE",
        default_value = "message",
        help_heading = "Event"
    )]
    event_type: TypeName,

    /// Who says so, a URI reference [default: /cli/<host name>].
    #[arg(long, env = "PULSEBOARD_PUBLISH_SOURCE", value_name = "URI", value_parser = parse_source, help_heading = "Event")]
    source: Option<String>,

    /// The id of the one event: publishing it again under the same source stores nothing. Otherwise
    /// ids are made up.
    #[arg(
        long,
        env = "PULSEBOARD_PUBLISH_ID",
        value_name = "ID",
        help_heading = "Event"
    )]
    id: Option<String>,

    /// From when on the event is of no use: a time in RFC 3339, or a duration like 1h from the
    /// moment it is read.
    #[arg(
        long,
        env = "PULSEBOARD_PUBLISH_EXPIRES",
        value_name = "TIME",
        help_heading = "Event"
    )]
    expires: Option<Expires>,

    /// Say which lines cannot be published and go on with the next; the exit code is 1 all the
    /// same.
    #[arg(long, env = "PULSEBOARD_PUBLISH_KEEP_GOING", value_parser = FalseyValueParser::new())]
    keep_going: bool,

    /// Print the id each event got in the log, a line each; "null" for one that is not stored, such
    /// as typing.
    #[arg(long, env = "PULSEBOARD_PUBLISH_IDS", value_parser = FalseyValueParser::new())]
    ids: bool,

    #[command(flatten)]
    connection: Connection,
}

/// Publishes what it is told to, and returns once everything is answered for.
pub async fn run(args: Args) -> Result<(), Failure> {
    let template = Template {
        topic: args.topic.clone(),
        event_type: args.event_type.clone(),
        source: args.source.clone().unwrap_or_else(default_source),
        expires: args.expires,
        run: rand::random(),
        is_json: args.json || args.data.is_some(),
    };
    if !template.is_json && template.event_type != EventType::Message.into() {
        return Err(Failure::Usage(format!(
            "text is published as a message; for --type {} add --json",
            args.event_type
        )));
    }
    let one = args
        .data
        .clone()
        .or_else(|| (!args.text.is_empty()).then(|| args.text.join(" ")));
    if args.id.is_some() && one.is_none() {
        return Err(Failure::Usage(
            "--id names one event, and standard input may have many".to_owned(),
        ));
    }
    let server = Server::new(&args.connection)?;
    let mut sender = Sender::new(&server, &args.topic, args.keep_going, args.ids);
    let outcome = match one {
        Some(text) => {
            let event = template.event(args.id, 1, &text, now());
            let event = event.map_err(|reason| {
                Failure::Failed(format!("the event cannot be published: {reason}"))
            })?;
            sender
                .send(vec![Prepared {
                    line: None,
                    json: event,
                }])
                .await
        }
        None => publish_lines(&mut sender, template).await,
    };
    let tally = sender.finish()?;
    summary(&tally.words(args.topic.as_str()));
    outcome?;
    match tally.bad {
        0 => Ok(()),
        1 => Err(Failure::Failed("one line was not published".to_owned())),
        bad => Err(Failure::Failed(format!("{bad} lines were not published"))),
    }
}

async fn publish_lines(sender: &mut Sender<'_>, template: Template) -> Result<(), Failure> {
    let mut interrupt = Interrupt::listen()?;
    if io::stdin().is_terminal() {
        notice("each line is an event; Ctrl-D ends");
    }
    let mut queue = Queue::of_stdin(template);
    let mut is_ending = false;
    loop {
        let item = tokio::select! {
            // Asked to end: nothing more is read, and what was read is still published.
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
            Some(Err(bad)) => {
                sender.bad(&bad)?;
                continue;
            }
        };
        let mut sending = std::pin::pin!(sender.send(batch.into_events()));
        tokio::select! {
            outcome = &mut sending => outcome?,
            () = interrupt.requested(), if !is_ending => {
                is_ending = true;
                queue.close();
                notice("ending once what was read is published; again to end at once");
                sending.await?;
            }
        }
    }
}
