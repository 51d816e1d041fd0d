//! `pulseboard import`: publishes what an export wrote. Events keep their ids, so importing them
//! again changes nothing.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use indicatif::HumanBytes;
use serde::Deserialize;

use crate::{
    Failure,
    connection::Connection,
    http::{Ask, Server, Setback},
    output::Lines,
    progress,
};

/// Where a body is cut. The server takes 8 MiB; less shows progress and makes what must be said
/// again shorter.
const BODY_BYTES: usize = 1024 * 1024;
/// No line is longer: an event has 64 KiB of data, at most six times that when every character is
/// escaped, and its attributes.
const LINE_BYTES: usize = 512 * 1024;

const EXAMPLES: &str = "\
Examples:
  pulseboard import events.ndjson
  zcat metrics.ndjson.gz | pulseboard import

Events keep their source, id, time and topic, and get new event ids. Those that are there already are not stored \
again, so an import that ended early is simply repeated.";

/// Flags of `pulseboard import`.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A file of events, one CloudEvents JSON a line, as export writes it; - or nothing is standard
    /// input.
    file: Option<PathBuf>,

    #[command(flatten)]
    connection: Connection,
}

/// Publishes every line, in order.
pub async fn run(args: Args) -> Result<(), Failure> {
    let server = Server::new(&args.connection)?;
    let (name, reader, total) = open(args.file.as_deref())?;
    let mut bodies = Bodies::new(reader);
    let bar = progress::bar(total);
    let (mut bytes, mut published, mut duplicates) = (0, 0, 0);
    // What is in the log stays there; the import can simply be repeated.
    let so_far = |published: u64, duplicates: u64| {
        format!("{published} published before it, {duplicates} there already")
    };
    loop {
        let body = match bodies.next() {
            Ok(Some(body)) => body,
            Ok(None) => break,
            Err(error) => {
                return Err(Failure::Failed(format!(
                    "{name}, line {}: {error}; {}",
                    bodies.line,
                    so_far(published, duplicates)
                )));
            }
        };
        let length = body.text.len() as u64;
        let url = server.url(["events"], []);
        match server
            .ask(Ask::post(url, "application/x-ndjson", body.text))
            .await
        {
            Ok(text) => {
                let answer: Answer = serde_json::from_str(&text).map_err(|error| {
                    Failure::Failed(format!("the server's answer cannot be read: {error}"))
                })?;
                published += answer.published;
                duplicates += answer.duplicates;
            }
            Err(Setback::Refused(problem)) => {
                let Some(line) = problem.line else {
                    return Err((*problem).into());
                };
                published += problem.published.unwrap_or(0);
                duplicates += problem.duplicates.unwrap_or(0);
                let line = body.first_line + line.saturating_sub(1);
                let tally = so_far(published, duplicates);
                return Err(Failure::Failed(format!(
                    "{name}, line {line} was refused: {}; {tally}",
                    problem.words()
                )));
            }
            Err(Setback::Passing { reason, .. }) => {
                let tally = so_far(published, duplicates);
                return Err(Failure::Failed(format!(
                    "{reason}; {tally}; repeating the import goes on where it ended"
                )));
            }
        }
        bytes += length;
        bar.set_position(bytes);
        bar.set_message(format!(
            "{published} published, {duplicates} there already, {}",
            HumanBytes(bytes)
        ));
    }
    bar.finish_and_clear();
    // The one thing an import has to say; where it goes to a script, the numbers are what the
    // script wants.
    let mut lines = Lines::new();
    lines.write(&format!(
        "{published} published, {duplicates} there already"
    ))?;
    lines.flush()
}

/// The server's answer to a body of lines.
#[derive(Deserialize)]
struct Answer {
    published: u64,
    #[serde(default)]
    duplicates: u64,
}

type Input = (String, Box<dyn BufRead + Send>, Option<u64>);

fn open(path: Option<&Path>) -> Result<Input, Failure> {
    match path {
        Some(path) if path != Path::new("-") => {
            let name = path.display().to_string();
            // A file that is not there is a mistake on the command line, not a failure of the
            // import.
            let file = File::open(path)
                .map_err(|error| Failure::Usage(format!("cannot open {name}: {error}")))?;
            let total = file
                .metadata()
                .ok()
                .filter(std::fs::Metadata::is_file)
                .map(|metadata| metadata.len());
            Ok((name, Box::new(BufReader::new(file)), total))
        }
        Some(_) | None => Ok((
            "standard input".to_owned(),
            Box::new(BufReader::new(io::stdin())),
            None,
        )),
    }
}

/// Lines for one request.
#[derive(Debug, PartialEq, Eq)]
struct Body {
    text: Vec<u8>,
    /// The number of its first line, counted from 1.
    first_line: u64,
}

/// Cuts the input at ends of lines.
struct Bodies<R> {
    reader: R,
    /// The number of the line read last.
    line: u64,
    /// A line that did not fit into the body before.
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

    /// The next body; `None` at the end.
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
                    "it is longer than an event may be",
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
    use crate::fake::{Answer, Fake};

    #[test]
    fn bodies_are_cut_at_lines_and_know_where_they_begin() {
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
    fn a_line_no_event_can_have_is_named() {
        let input = format!("{{}}\n{}", "x".repeat(LINE_BYTES + 1));
        let mut bodies = Bodies::new(input.as_bytes());
        assert!(bodies.next().is_err());
        assert_eq!(bodies.line, 2);
    }

    #[tokio::test]
    async fn a_refused_line_is_named_by_its_number_in_the_file() {
        let line = format!("{}\n", "x".repeat(400 * 1024));
        let mut file = tempfile::NamedTempFile::new().unwrap();
        // Two lines a body: the third is the first of the second.
        file.write_all(line.repeat(4).as_bytes()).unwrap();
        let fake = Fake::answering([
            Answer::Full(
                "201 Created",
                r#"{"published":1,"duplicates":1,"last":null}"#.to_owned(),
            ),
            Answer::Full(
                "400 Bad Request",
                r#"{"detail":"No.","line":2,"published":1,"duplicates":2}"#.to_owned(),
            ),
        ]);
        let args = Args {
            file: Some(file.path().to_owned()),
            connection: fake.connection(&[]),
        };
        let error = run(args).await.unwrap_err().to_string();
        assert!(
            error.contains("line 4 was refused: No.; 2 published before it, 3 there already"),
            "{error}"
        );
        assert_eq!(fake.asked()[1].line, "POST /events");
        assert!(
            fake.asked()[1]
                .headers
                .contains(&"content-type: application/x-ndjson".to_owned())
        );
    }

    #[test]
    fn nothing_is_no_body() {
        assert_eq!(Bodies::new(&b""[..]).next().unwrap(), None);
    }
}
