//! Standard output and standard error: lines out, and what is said beside them.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use rustix::event::{PollFd, PollFlags, poll};

use crate::{Failure, escape};

/// Says something on standard error, on a line of its own. Where nobody reads it, nothing is lost.
pub(crate) fn notice(text: &str) {
    let _ = writeln!(io::stderr(), "pulseboard: {}", escape::plain(text));
}

/// Says it only where a person is looking; a script has the exit code.
pub(crate) fn summary(text: &str) {
    if io::stderr().is_terminal() {
        notice(text);
    }
}

/// Standard output, a line at a time. Call [`Lines::flush`] when nothing more is at hand.
pub(crate) struct Lines(BufWriter<Stdout>);

impl Lines {
    pub(crate) fn new() -> Self {
        Self(BufWriter::new(io::stdout()))
    }

    pub(crate) fn write(&mut self, line: &str) -> Result<(), Failure> {
        writeln!(self.0, "{line}").map_err(|error| failure("standard output", &error))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.0
            .flush()
            .map_err(|error| failure("standard output", &error))
    }
}

/// What a failed write to `whither` means.
pub(crate) fn failure(whither: &str, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::ClosedPipe
    } else {
        Failure::Failed(format!("cannot write to {whither}: {error}"))
    }
}

/// Returns when the reader of standard output has gone. A follower that waits for events would
/// otherwise only learn of it by the next one, which may be never: `tail -f x | head -1` hangs like
/// that.
pub(crate) async fn closed() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    // A thread that the end of the process takes along: the kernel has no other way to wait for a
    // pipe's far end.
    std::thread::spawn(move || {
        let stdout = io::stdout();
        loop {
            // Errors and hang-ups are reported without being asked for; a file or terminal never
            // has any.
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
                // Whatever this is, it is not the reader's end.
                Ok(_) | Err(_) => return,
            }
        }
        let _ = sender.send(());
    });
    if receiver.await.is_err() {
        std::future::pending::<()>().await;
    }
}
