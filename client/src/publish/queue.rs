//! The queue between the thread that reads the input and the task that sends the events.

use std::{
    io::{self, BufReader},
    thread,
};

use tokio::sync::mpsc;

use super::{
    batch::{Batch, MAX_EVENTS, PreparedEvent},
    event::{Template, now},
    input::{InputLines, InvalidLine},
};

/// An event, or the line that cannot become one, in the order of the input.
type Item = Result<PreparedEvent, InvalidLine>;

/// Events that were read and are not sent yet.
pub(super) struct Queue {
    items: mpsc::Receiver<Item>,
    /// The item that did not fit into the previous batch.
    carried: Option<Item>,
}

impl Queue {
    /// Reads standard input on a separate thread. A read may block forever, and the end of the
    /// process must not wait for it.
    pub(super) fn of_stdin(template: Template) -> Self {
        // The queue holds one batch. When it is full, the reader waits, and so does the program at
        // the other end of the pipe.
        let (sender, items) = mpsc::channel(MAX_EVENTS);
        thread::spawn(move || {
            for line in InputLines::new(BufReader::new(io::stdin())) {
                let item = line.and_then(|line| {
                    match template.event(None, line.number, &line.text, now()) {
                        Ok(json) => Ok(PreparedEvent {
                            line: Some(line.number),
                            json,
                        }),
                        Err(reason) => Err(InvalidLine {
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

    /// The next item; `None` after the last. Cancel-safe.
    pub(super) async fn next(&mut self) -> Option<Item> {
        match self.carried.take() {
            None => self.items.recv().await,
            carried => carried,
        }
    }

    /// A batch with this event and the events that wait behind it.
    pub(super) fn batch(&mut self, first: PreparedEvent) -> Batch {
        let mut batch = Batch::of(first);
        while let Ok(item) = self.items.try_recv() {
            let left = match item {
                Ok(event) => batch.push(event).map_err(Ok),
                // The events before an invalid line are sent before the line is reported.
                Err(invalid) => Err(Err(invalid)),
            };
            if let Err(item) = left {
                self.carried = Some(item);
                break;
            }
        }
        batch
    }

    /// Stops reading. Items that are already in the queue stay available.
    pub(super) fn close(&mut self) {
        self.items.close();
    }
}
