//! `pulseboard export`: the stored events as lines of JSON, complete up to where the log stood when
//! it began.

use std::{
    fs::{File, Permissions},
    io::{self, BufWriter, IsTerminal, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use indicatif::HumanBytes;
use pulseboard_contract::{EventId, TopicPattern, TypeName};
use tempfile::NamedTempFile;

use crate::{
    Failure,
    connection::Connection,
    escape,
    history::{Pages, Selection, position},
    http::Server,
    interrupt::Interrupt,
    output::{self, summary},
    progress,
};

const EXAMPLES: &str = "\
Examples:
  pulseboard export -o events.ndjson
  pulseboard export 'host/**' --type metrics | gzip > metrics.ndjson.gz
  pulseboard export --url https://old.example.com | pulseboard import

One event a line, as CloudEvents JSON. What is published meanwhile is not among them.";

/// Flags of `pulseboard export`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Which topics, or patterns of them; without any, all.
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

    /// Only what came after this event.
    #[arg(long, env = "PULSEBOARD_EXPORT_AFTER", value_name = "ID")]
    after: Option<EventId>,

    /// Only what came before this event.
    #[arg(long, env = "PULSEBOARD_EXPORT_BEFORE", value_name = "ID")]
    before: Option<EventId>,

    /// The file to write; it appears, or changes, only once it is complete. Standard output without
    /// it.
    #[arg(long, short, env = "PULSEBOARD_EXPORT_OUTPUT", value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    connection: Connection,
}

/// Writes every selected event that is stored now, in order.
pub async fn run(args: Args) -> Result<(), Failure> {
    let mut interrupt = Interrupt::listen()?;
    // An export that is given up drops its temporary file, which removes it.
    tokio::select! {
        outcome = export(args) => outcome,
        () = interrupt.requested() => Err(Failure::Failed("the export was interrupted; nothing was written".to_owned())),
    }
}

async fn export(args: Args) -> Result<(), Failure> {
    let server = Server::new(&args.connection)?;
    let mut target = Target::open(args.output.as_deref())?;
    let selection = Selection {
        topics: args.topics,
        types: args.types,
    };
    let mut pages = Pages::between(&server, selection, args.after, args.before).await?;
    let bar = progress::bar(Some(pages.newest().map_or(0, |newest| newest.seq)));
    let (mut events, mut bytes) = (0_u64, 0_u64);
    while let Some(page) = pages.next().await? {
        if let Some(last) = page.last() {
            let last = position(last)?;
            if events == 0
                && let Some(first) = page.first()
            {
                // The log has a beginning, too; the bar counts from there.
                let before = position(first)?.seq.saturating_sub(1);
                bar.set_length(
                    pages
                        .newest()
                        .map_or(0, |newest| newest.seq.saturating_sub(before)),
                );
                bar.reset_elapsed();
                target.offset = before;
            }
            bar.set_position(last.seq.saturating_sub(target.offset));
        }
        for event in &page {
            bytes += target.write(event.as_str())?;
        }
        events += page.len() as u64;
        bar.set_message(format!("{events} events, {}", HumanBytes(bytes)));
    }
    target.finish()?;
    bar.finish_and_clear();
    let whither = args.output.map_or_else(
        || "standard output".to_owned(),
        |file| file.display().to_string(),
    );
    summary(&format!(
        "{events} {} exported to {whither}",
        if events == 1 { "event" } else { "events" }
    ));
    Ok(())
}

/// Where the lines go.
struct Target {
    writer: BufWriter<Box<dyn Sink>>,
    name: String,
    is_terminal: bool,
    /// What the bar counts from.
    offset: u64,
}

/// Something to write to that has an end of its own.
trait Sink: Write {
    fn finish(self: Box<Self>) -> io::Result<()>;
}

impl Sink for io::Stdout {
    fn finish(self: Box<Self>) -> io::Result<()> {
        io::stdout().flush()
    }
}

/// A device or a pipe: there is nothing to put in its place.
impl Sink for File {
    fn finish(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

/// A file beside the one asked for, until it is complete.
struct Replacement {
    temporary: NamedTempFile,
    path: PathBuf,
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}

impl Sink for Replacement {
    fn finish(self: Box<Self>) -> io::Result<()> {
        // On disk before it takes the name, or a power cut could leave the name with nothing behind
        // it.
        self.temporary.as_file().sync_all()?;
        self.temporary
            .persist(&self.path)
            .map(drop)
            .map_err(|error| error.error)
    }
}

impl Target {
    fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            let sink: Box<dyn Sink> = Box::new(io::stdout());
            let name = "standard output".to_owned();
            return Ok(Self {
                writer: BufWriter::new(sink),
                name,
                is_terminal: io::stdout().is_terminal(),
                offset: 0,
            });
        };
        let name = path.display().to_string();
        let sink = open_file(path).map_err(|error| output::failure(&name, &error))?;
        Ok(Self {
            writer: BufWriter::new(sink),
            name,
            is_terminal: false,
            offset: 0,
        })
    }

    fn write(&mut self, line: &str) -> Result<u64, Failure> {
        // A file gets the very bytes; a terminal gets what it cannot obey.
        let written = if self.is_terminal {
            writeln!(self.writer, "{}", escape::json(line))
        } else {
            writeln!(self.writer, "{line}")
        };
        written.map_err(|error| output::failure(&self.name, &error))?;
        Ok(line.len() as u64 + 1)
    }

    fn finish(self) -> Result<(), Failure> {
        let name = self.name;
        let finished = self
            .writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(Sink::finish);
        finished.map_err(|error| output::failure(&name, &error))
    }
}

fn open_file(path: &Path) -> io::Result<Box<dyn Sink>> {
    // A link stays a link, and the file behind it is replaced.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Ok(Box::new(File::options().write(true).open(&path)?));
    }
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // As any new file: readable by whom the umask allows.
    let permissions = Permissions::from_mode(0o666);
    let temporary = tempfile::Builder::new()
        .prefix(".pulseboard-export-")
        .permissions(permissions)
        .tempfile_in(directory)?;
    Ok(Box::new(Replacement { temporary, path }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::fake::{Answer, Fake};

    fn page(seqs: &[u64], next: Option<u64>) -> Answer {
        let events: Vec<_> = seqs
            .iter()
            .map(|seq| format!(r#"{{"eventid":"9f2c41d7-{seq}","new":1.50}}"#))
            .collect();
        let next = next.map_or_else(|| "null".to_owned(), |seq| format!("\"9f2c41d7-{seq}\""));
        Answer::Full(
            "200 OK",
            format!(r#"{{"events":[{}],"next":{next}}}"#, events.join(",")),
        )
    }

    async fn export_to(fake: &Fake, words: &[&str]) -> Result<(), Failure> {
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
    async fn it_is_complete_up_to_where_the_log_stood_and_not_beyond() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.ndjson");
        // Newest first a rare topic may need several pages, and in order as well.
        let fake = Fake::answering([
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
        let asked: Vec<_> = fake.asked().into_iter().map(|asked| asked.line).collect();
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
    async fn an_export_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.ndjson");
        std::fs::write(&file, "before").unwrap();
        let fake = Fake::answering([
            page(&[7], None),
            page(&[3], Some(3)),
            Answer::Full("503 Service Unavailable", String::new()),
        ]);
        export_to(&fake, &["-o", file.to_str().unwrap()])
            .await
            .unwrap_err();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "before");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        let fake = Fake::answering([page(&[], None)]);
        export_to(&fake, &["-o", file.to_str().unwrap()])
            .await
            .unwrap();
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            "",
            "an empty log is an empty file"
        );
    }

    #[tokio::test]
    async fn what_is_no_file_is_written_to_and_not_replaced() {
        // A pipe of the test's own. Never a device of the machine: where this fails, as root, it
        // would be gone.
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        // Open both ways, so that neither side waits for the other.
        let mut reader = File::options().read(true).write(true).open(&pipe).unwrap();
        let fake = Fake::answering([page(&[1], None), page(&[1], None)]);
        export_to(&fake, &["-o", pipe.to_str().unwrap()])
            .await
            .unwrap();
        assert!(!std::fs::metadata(&pipe).unwrap().is_file());
        let mut line = [0; 14];
        io::Read::read_exact(&mut reader, &mut line).unwrap();
        assert_eq!(&line, b"{\"eventid\":\"9f");
    }
}
