//! Standard output and standard error: results line by line, and messages for people beside them.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use rustix::event::{PollFd, PollFlags, poll};

use crate::{error::CommandError, escape};

/// Writes a message to standard error, on its own line. Write errors are ignored: a closed standard
/// error means that nobody wants messages.
pub(crate) fn notice(text: &str) {
    let _ = writeln!(io::stderr(), "pulseboard: {}", escape::plain(text));
}

/// Writes a message to standard error if it is a terminal. A script reads the exit code instead.
pub(crate) fn summary(text: &str) {
    if io::stderr().is_terminal() {
        notice(text);
    }
}

/// Buffered standard output, written line by line. Call [`LineWriter::flush`] before waiting for
/// more input.
pub(crate) struct LineWriter(BufWriter<Stdout>);

impl LineWriter {
    pub(crate) fn new() -> Self {
        Self(BufWriter::new(io::stdout()))
    }

    /// # Errors
    /// If standard output cannot be written; [`CommandError::OutputClosed`] if its reader is gone.
    pub(crate) fn write(&mut self, line: &str) -> Result<(), CommandError> {
        writeln!(self.0, "{line}").map_err(|error| write_error("standard output", &error))
    }

    /// # Errors
    /// If standard output cannot be written; [`CommandError::OutputClosed`] if its reader is gone.
    pub(crate) fn flush(&mut self) -> Result<(), CommandError> {
        self.0
            .flush()
            .map_err(|error| write_error("standard output", &error))
    }
}

/// The error of a command that could not write to `destination`.
pub(crate) fn write_error(destination: &str, error: &io::Error) -> CommandError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        CommandError::OutputClosed
    } else {
        CommandError::Failed(format!("cannot write to {destination}: {error}"))
    }
}

/// Returns when the reader of standard output is gone. Without this, a command that waits for
/// events would notice only at the next event, which may never come: `tail -f x | head -1` hangs
/// that way.
pub(crate) async fn closed() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    // The kernel offers only a blocking call to wait for the far end of a pipe. The thread ends
    // with the process.
    std::thread::spawn(move || {
        let stdout = io::stdout();
        loop {
            // The kernel reports errors and hang-ups without being asked. A file or a terminal
            // never has any.
            let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
            match poll(&mut watched, None) {
                Ok(_)
                    if watched[0]
                        .revents()
                        .intersects(PollFlags::ERR | PollFlags::HUP) =>
                {
                    break;
                }
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                // Any other result does not mean that the reader is gone.
                Ok(_) | Err(_) => return,
            }
        }
        let _ = sender.send(());
    });
    if receiver.await.is_err() {
        std::future::pending::<()>().await;
    }
}
