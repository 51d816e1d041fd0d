//! `pulseboard import`: publishes what an export wrote. Events keep their ids, so importing them
//! twice stores them once.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use indicatif::HumanBytes;
use pulseboard_contract::api::PublishedLines;

use crate::{
    error::CommandError,
    http::{ApiClient, ApiRequest, RequestError},
    output::LineWriter,
    problem, progress,
    server_args::ServerArgs,
};

/// The size of a request body. The server accepts 8 MiB; a smaller body shows progress earlier and
/// makes a retry cheaper.
const BODY_BYTES: usize = 1024 * 1024;
/// The longest line: an event has at most 64 KiB of data, which grows sixfold if every character is
/// escaped, and its attributes.
const LINE_BYTES: usize = 512 * 1024;

const EXAMPLES: &str = "\
Examples:
  pulseboard import events.ndjson
  zcat metrics.ndjson.gz | pulseboard import

Events keep their source, id, time and topic, and get new event ids. Events that are already stored are not \
stored again, so you can repeat an import that failed.";

/// Flags of `pulseboard import`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A file with one CloudEvents JSON per line, as written by export; `-` means standard input
    /// [default: standard input].
    file: Option<PathBuf>,

    #[command(flatten)]
    server: ServerArgs,
}

/// Publishes every line, in order.
///
/// # Errors
/// If the input cannot be read, the server cannot be reached, or the server rejects a line. The
/// lines before stay published.
pub async fn run(args: Args) -> Result<(), CommandError> {
    let client = ApiClient::new(&args.server)?;
    let input = Input::open(args.file.as_deref())?;
    let mut bodies = Bodies::new(input.reader);
    let bar = progress::bar(input.bytes);
    let (mut bytes, mut stored) = (0, Stored::default());
    loop {
        let body = match bodies.next() {
            Ok(Some(body)) => body,
            Ok(None) => break,
            Err(error) => {
                return Err(CommandError::Failed(format!(
                    "{}, line {}: {error}; {}",
                    input.name,
                    bodies.line,
                    stored.before()
                )));
            }
        };
        bytes += body.text.len() as u64;
        let first_line = body.first_line;
        let url = client.url(["events"], []);
        let request = ApiRequest::post(url, "application/x-ndjson", body.text);
        match client.send(request).await {
            Ok(text) => stored.add(&text)?,
            Err(error) => return Err(stored.failed(error, &input.name, first_line)),
        }
        bar.set_position(bytes);
        bar.set_message(format!("{}, {}", stored.message(), HumanBytes(bytes)));
    }
    bar.finish_and_clear();
    // The numbers are the result, so they go to standard output, where a script can read them.
    let mut lines = LineWriter::new();
    lines.write(&stored.message())?;
    lines.flush()
}

/// How many events of the import are in the log.
#[derive(Default)]
struct Stored {
    published: u64,
    duplicates: u64,
}

impl Stored {
    fn add(&mut self, response: &str) -> Result<(), CommandError> {
        let response: PublishedLines = serde_json::from_str(response).map_err(|error| {
            CommandError::Failed(format!("the server's response is invalid: {error}"))
        })?;
        self.published += response.published;
        self.duplicates += response.duplicates;
        Ok(())
    }

    /// The error of a request whose body starts at `first_line` of the input.
    fn failed(mut self, error: RequestError, input: &str, first_line: u64) -> CommandError {
        match error {
            RequestError::Rejected(problem) => {
                let Some(line) = problem.line else {
                    return (*problem).into();
                };
                self.published += problem.published.unwrap_or(0);
                self.duplicates += problem.duplicates.unwrap_or(0);
                CommandError::Failed(format!(
                    "{input}, line {} was rejected: {}; {}",
                    first_line + line.saturating_sub(1),
                    problem::description(&problem),
                    self.before()
                ))
            }
            RequestError::Transient { reason, .. } => CommandError::Failed(format!(
                "{reason}; {}; run the import again to continue",
                self.before()
            )),
        }
    }

    fn message(&self) -> String {
        format!(
            "{} published, {} already stored",
            self.published, self.duplicates
        )
    }

    /// What stays in the log when the import fails.
    fn before(&self) -> String {
        format!(
            "before it, {} published and {} already stored",
            self.published, self.duplicates
        )
    }
}

/// What is imported.
struct Input {
    /// The name for messages.
    name: String,
    reader: Box<dyn BufRead + Send>,
    /// The size of a file; `None` for a pipe.
    bytes: Option<u64>,
}

impl Input {
    fn open(path: Option<&Path>) -> Result<Self, CommandError> {
        match path {
            Some(path) if path != Path::new("-") => {
                let name = path.display().to_string();
                // A missing file is a mistake on the command line, not a failure of the import.
                let file = File::open(path)
                    .map_err(|error| CommandError::Usage(format!("cannot open {name}: {error}")))?;
                let bytes = file
                    .metadata()
                    .ok()
                    .filter(std::fs::Metadata::is_file)
                    .map(|metadata| metadata.len());
                Ok(Self {
                    name,
                    reader: Box::new(BufReader::new(file)),
                    bytes,
                })
            }
            Some(_) | None => Ok(Self {
                name: "standard input".to_owned(),
                reader: Box::new(BufReader::new(io::stdin())),
                bytes: None,
            }),
        }
    }
}

/// The lines of one request.
#[derive(Debug, PartialEq, Eq)]
struct Body {
    text: Vec<u8>,
    /// The number of its first line in the input, counted from 1.
    first_line: u64,
}

/// Cuts the input into request bodies, at line ends.
struct Bodies<R> {
    reader: R,
    /// The number of the line that was read last.
    line: u64,
    /// A line that did not fit into the previous body.
    carried: Vec<u8>,
}

impl<R: BufRead> Bodies<R> {
    fn new(reader: R) -> Self {
        Self {
            reader,
            line: 0,
            carried: Vec::new(),
        }
    }

    /// The next body; `None` at the end of the input.
    fn next(&mut self) -> io::Result<Option<Body>> {
        let mut text = std::mem::take(&mut self.carried);
        let first_line = if text.is_empty() {
            self.line + 1
        } else {
            self.line
        };
        loop {
            let mut line = Vec::new();
            (&mut self.reader)
                .take(LINE_BYTES as u64 + 1)
                .read_until(b'\n', &mut line)?;
            if line.is_empty() {
                return Ok((!text.is_empty()).then_some(Body { text, first_line }));
            }
            self.line += 1;
            if line.len() > LINE_BYTES {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the line is longer than an event can be",
                ));
            }
            if text.len() + line.len() > BODY_BYTES {
                self.carried = line;
                return Ok(Some(Body { text, first_line }));
            }
            text.append(&mut line);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::fake_server::{FakeResponse, FakeServer};

    #[test]
    fn bodies_are_cut_at_line_ends_and_know_their_first_line() {
        let line = format!("{}\n", "x".repeat(300 * 1024));
        let input = format!("\n{line}{line}{line}{line}last");
        let mut bodies = Bodies::new(input.as_bytes());
        let mut joined = Vec::new();
        let mut starts = Vec::new();
        while let Some(body) = bodies.next().unwrap() {
            assert!(body.text.len() <= BODY_BYTES);
            starts.push(body.first_line);
            joined.extend(body.text);
        }
        assert_eq!(starts, [1, 5]);
        assert_eq!(joined, input.as_bytes());
    }

    #[test]
    fn a_line_longer_than_any_event_is_an_error_with_its_number() {
        let input = format!("{{}}\n{}", "x".repeat(LINE_BYTES + 1));
        let mut bodies = Bodies::new(input.as_bytes());
        assert!(bodies.next().is_err());
        assert_eq!(bodies.line, 2);
    }

    #[tokio::test]
    async fn a_rejected_line_is_reported_with_its_number_in_the_file() {
        let line = format!("{}\n", "x".repeat(400 * 1024));
        let mut file = tempfile::NamedTempFile::new().unwrap();
        // Two lines a body: the third is the first of the second.
        file.write_all(line.repeat(4).as_bytes()).unwrap();
        let fake = FakeServer::with([
            FakeResponse::Full(
                "201 Created",
                r#"{"published":1,"duplicates":1,"last":null}"#.to_owned(),
            ),
            FakeResponse::Full(
                "400 Bad Request",
                r#"{"detail":"No.","line":2,"published":1,"duplicates":2}"#.to_owned(),
            ),
        ]);
        let args = Args {
            file: Some(file.path().to_owned()),
            server: fake.server_args(&[]),
        };
        let error = run(args).await.unwrap_err().to_string();
        assert!(
            error.contains("line 4 was rejected: No.; before it, 2 published and 3 already stored"),
            "{error}"
        );
        assert_eq!(fake.requests()[1].line, "POST /events");
        assert!(
            fake.requests()[1]
                .headers
                .contains(&"content-type: application/x-ndjson".to_owned())
        );
    }

    #[test]
    fn an_empty_input_has_no_body() {
        assert_eq!(Bodies::new(&b""[..]).next().unwrap(), None);
    }
}
