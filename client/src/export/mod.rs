//! `pulseboard export`: writes the stored events as lines of JSON, up to the newest event at the
//! start.

mod destination;

use std::path::PathBuf;

use indicatif::HumanBytes;
use pulseboard_contract::{EventId, Json, TopicPattern, TypeName};

use self::destination::Destination;
use crate::{
    error::CommandError,
    history::{Pages, Selection, event_id},
    http::ApiClient,
    interrupt::Interrupt,
    output::summary,
    progress,
    server_args::ServerArgs,
};

const EXAMPLES: &str = "\
Examples:
  pulseboard export -o events.ndjson
  pulseboard export 'host/**' --type metrics | gzip > metrics.ndjson.gz
  pulseboard export --url https://old.example.com | pulseboard import

Writes one event per line, as CloudEvents JSON. Events that are published during the export are not included.";

/// Flags of `pulseboard export`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Topics or topic patterns to export [default: all].
    #[arg(value_name = "TOPIC")]
    topics: Vec<TopicPattern>,

    /// Only events of this type; may be repeated.
    #[arg(
        long = "type",
        env = "PULSEBOARD_EXPORT_TYPE",
        value_name = "TYPE",
        value_delimiter = ','
    )]
    types: Vec<TypeName>,

    /// Only events after this event id.
    #[arg(long, env = "PULSEBOARD_EXPORT_AFTER", value_name = "ID")]
    after: Option<EventId>,

    /// Only events before this event id.
    #[arg(long, env = "PULSEBOARD_EXPORT_BEFORE", value_name = "ID")]
    before: Option<EventId>,

    /// The file to write [default: standard output]. It is created or replaced only when the export
    /// is complete.
    #[arg(long, short, env = "PULSEBOARD_EXPORT_OUTPUT", value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    server: ServerArgs,
}

/// Writes every selected event that is stored at the start, in order.
///
/// # Errors
/// If the server cannot be reached or rejects the request, the output cannot be written, or the
/// command is interrupted. A file that existed before stays as it was.
pub async fn run(args: Args) -> Result<(), CommandError> {
    let mut interrupt = Interrupt::listen()?;
    // An interrupted export drops its temporary file, which removes it.
    tokio::select! {
        outcome = export(args) => outcome,
        () = interrupt.requested() => Err(CommandError::Failed("the export was interrupted; nothing was written".to_owned())),
    }
}

async fn export(args: Args) -> Result<(), CommandError> {
    let client = ApiClient::new(&args.server)?;
    let mut destination = Destination::open(args.output.as_deref())?;
    let selection = Selection {
        topics: args.topics,
        types: args.types,
    };
    let mut pages = Pages::between(&client, selection, args.after, args.before).await?;
    let mut progress = Progress::until(pages.newest());
    let (mut events, mut bytes) = (0_u64, 0_u64);
    while let Some(page) = pages.next().await? {
        progress.advance(&page)?;
        for event in &page {
            bytes += destination.write(event.as_str())?;
        }
        events += page.len() as u64;
        let message = format!("{events} events, {}", HumanBytes(bytes));
        progress.bar.set_message(message);
    }
    let name = destination.name().to_owned();
    destination.finish()?;
    progress.bar.finish_and_clear();
    let noun = if events == 1 { "event" } else { "events" };
    summary(&format!("{events} {noun} exported to {name}"));
    Ok(())
}

/// The progress bar of an export. Its unit is the sequence of the log.
struct Progress {
    bar: indicatif::ProgressBar,
    newest: u64,
    /// The sequence before the first event; `None` before the first page.
    start: Option<u64>,
}

impl Progress {
    fn until(newest: Option<EventId>) -> Self {
        let newest = newest.map_or(0, |newest| newest.seq);
        Self {
            bar: progress::bar(Some(newest)),
            newest,
            start: None,
        }
    }

    fn advance(&mut self, page: &[Json]) -> Result<(), CommandError> {
        let (Some(first), Some(last)) = (page.first(), page.last()) else {
            return Ok(());
        };
        let start = if let Some(start) = self.start {
            start
        } else {
            // Old events of the log may be gone, so the bar starts at the first event that is left.
            let start = event_id(first)?.seq.saturating_sub(1);
            self.bar.set_length(self.newest.saturating_sub(start));
            self.bar.reset_elapsed();
            *self.start.insert(start)
        };
        self.bar
            .set_position(event_id(last)?.seq.saturating_sub(start));
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::{fs::File, io};

    use clap::Parser;

    use super::*;
    use crate::fake_server::{FakeResponse, FakeServer};

    fn page(seqs: &[u64], next: Option<u64>) -> FakeResponse {
        let events: Vec<_> = seqs
            .iter()
            .map(|seq| format!(r#"{{"eventid":"9f2c41d7-{seq}","new":1.50}}"#))
            .collect();
        let next = next.map_or_else(|| "null".to_owned(), |seq| format!("\"9f2c41d7-{seq}\""));
        FakeResponse::Full(
            "200 OK",
            format!(r#"{{"events":[{}],"next":{next}}}"#, events.join(",")),
        )
    }

    async fn export_to(fake: &FakeServer, words: &[&str]) -> Result<(), CommandError> {
        #[derive(Parser)]
        struct Flags {
            #[command(flatten)]
            args: Args,
        }
        let first = ["export", "--url", &fake.url, "--retry-for", "0"];
        export(
            Flags::try_parse_from(first.iter().chain(words))
                .unwrap()
                .args,
        )
        .await
    }

    #[tokio::test]
    async fn an_export_is_complete_up_to_the_newest_event_at_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.ndjson");
        // Both the search for the newest event and the export itself may get empty pages.
        let fake = FakeServer::with([
            page(&[], Some(8)),
            page(&[7], Some(6)),
            page(&[3, 5], Some(5)),
            page(&[], Some(6)),
            page(&[7], None),
        ]);
        export_to(
            &fake,
            &[
                "a/**",
                "--after",
                "9f2c41d7-2",
                "-o",
                file.to_str().unwrap(),
            ],
        )
        .await
        .unwrap();
        let line = |seq: u64| format!("{{\"eventid\":\"9f2c41d7-{seq}\",\"new\":1.50}}\n");
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            [line(3), line(5), line(7)].concat()
        );
        let asked: Vec<_> = fake
            .requests()
            .into_iter()
            .map(|request| request.line)
            .collect();
        let query = "GET /api/history?topic=a%2F**&after=9f2c41d7-";
        assert_eq!(asked[0], format!("{query}2&order=desc&limit=1"));
        assert_eq!(
            asked[1],
            format!("{query}2&before=9f2c41d7-8&order=desc&limit=1")
        );
        assert_eq!(
            asked[2],
            format!("{query}2&before=9f2c41d7-8&order=asc&limit=1000")
        );
        assert_eq!(
            asked[4],
            format!("{query}6&before=9f2c41d7-8&order=asc&limit=1000")
        );
    }

    #[tokio::test]
    async fn a_failed_export_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.ndjson");
        std::fs::write(&file, "before").unwrap();
        let fake = FakeServer::with([
            page(&[7], None),
            page(&[3], Some(3)),
            FakeResponse::Full("503 Service Unavailable", String::new()),
        ]);
        export_to(&fake, &["-o", file.to_str().unwrap()])
            .await
            .unwrap_err();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "before");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        let fake = FakeServer::with([page(&[], None)]);
        export_to(&fake, &["-o", file.to_str().unwrap()])
            .await
            .unwrap();
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            "",
            "an empty log makes an empty file"
        );
    }

    #[tokio::test]
    async fn a_pipe_is_written_to_and_not_replaced() {
        // The test makes a pipe. A device such as /dev/null would be gone if this failed as root.
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        // Opened for reading and writing, so that neither side waits for the other.
        let mut reader = File::options().read(true).write(true).open(&pipe).unwrap();
        let fake = FakeServer::with([page(&[1], None), page(&[1], None)]);
        export_to(&fake, &["-o", pipe.to_str().unwrap()])
            .await
            .unwrap();
        assert!(!std::fs::metadata(&pipe).unwrap().is_file());
        let mut line = [0; 14];
        io::Read::read_exact(&mut reader, &mut line).unwrap();
        assert_eq!(&line, b"{\"eventid\":\"9f");
    }
}
