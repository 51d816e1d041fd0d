//! Events between the thread that reads them and the task that sends them.

use std::{
    io::{self, BufReader},
    thread,
};

use tokio::sync::mpsc;

use super::{
    batch::{Batch, MOST_EVENTS, Prepared},
    event::{Template, now},
    lines::{BadLine, Lines},
};

/// An event, or the line that could not become one, in the order of the input.
type Item = Result<Prepared, BadLine>;

/// What has been read and not been sent.
pub(super) struct Queue {
    items: mpsc::Receiver<Item>,
    /// What was taken and did not fit into the batch.
    carried: Option<Item>,
}

impl Queue {
    /// Reads standard input on a thread of its own: it may block for ever, and the end of the
    /// process must not wait for it.
    pub(super) fn of_stdin(template: Template) -> Self {
        // As many as one batch takes; then the reader waits, and with it whoever writes into the
        // pipe.
        let (sender, items) = mpsc::channel(MOST_EVENTS);
        thread::spawn(move || {
            for line in Lines::new(BufReader::new(io::stdin())) {
                let item = line.and_then(|line| {
                    match template.event(None, line.number, &line.text, now()) {
                        Ok(json) => Ok(Prepared {
                            line: Some(line.number),
                            json,
                        }),
                        Err(reason) => Err(BadLine {
                            number: line.number,
                            reason,
                        }),
                    }
                });
                if sender.blocking_send(item).is_err() {
                    return;
                }
            }
        });
        Self {
            items,
            carried: None,
        }
    }

    /// The next item; `None` after the last. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Item> {
        match self.carried.take() {
            None => self.items.recv().await,
            carried => carried,
        }
    }

    /// A batch of this event and of those that are waiting behind it.
    pub(super) fn batch(&mut self, first: Prepared) -> Batch {
        let mut batch = Batch::of(first);
        while let Ok(item) = self.items.try_recv() {
            let left = match item {
                Ok(event) => batch.push(event).map_err(Ok),
                // What stands before a bad line is sent before anything is said of it.
                Err(bad) => Err(Err(bad)),
            };
            if let Err(item) = left {
                self.carried = Some(item);
                break;
            }
        }
        batch
    }

    /// Takes nothing more in. What is in it can still be had.
    pub(super) fn close(&mut self) {
        self.items.close();
    }
}
