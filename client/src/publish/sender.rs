//! Batches out, answers in: what is refused, and how much arrived.

use std::collections::VecDeque;

use pulseboard_contract::{EventId, Topic};
use serde::Deserialize;
use url::Url;

use super::{
    batch::{Prepared, body},
    lines::BadLine,
};
use crate::{
    Failure,
    http::{Ask, Server, Setback},
    output::{Lines, notice},
    problem::Problem,
};

/// What a run has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Events the server answered for.
    pub(super) published: u64,
    /// Of those, how many it had already.
    pub(super) duplicates: u64,
    /// Lines that could not be published.
    pub(super) bad: u64,
}

impl Tally {
    pub(super) fn words(self, topic: &str) -> String {
        let events = if self.published == 1 {
            "event"
        } else {
            "events"
        };
        let known = match self.duplicates {
            0 => String::new(),
            duplicates => format!(", {duplicates} of them there already"),
        };
        format!("{} {events} published to {topic}{known}", self.published)
    }
}

/// Publishes batches, one after the other.
pub(super) struct Sender<'a> {
    server: &'a Server,
    url: Url,
    keep_going: bool,
    /// Where ids are printed, if they are.
    ids: Option<Lines>,
    tally: Tally,
}

/// The server's answer to a batch.
#[derive(Deserialize)]
struct Answer {
    ids: Vec<Option<EventId>>,
    #[serde(default)]
    duplicates: u64,
}

/// What is left to do of a batch.
enum Work {
    Send(Vec<Prepared>),
    Refused(Prepared, Box<Problem>),
}

impl<'a> Sender<'a> {
    pub(super) fn new(
        server: &'a Server,
        topic: &Topic,
        keep_going: bool,
        prints_ids: bool,
    ) -> Self {
        let url = server.url(["topics"].into_iter().chain(topic.as_str().split('/')), []);
        Self {
            server,
            url,
            keep_going,
            ids: prints_ids.then(Lines::new),
            tally: Tally::default(),
        }
    }

    /// A line was bad before it came to publishing it. This ends the run, or is only said.
    pub(super) fn bad(&mut self, bad: &BadLine) -> Result<(), Failure> {
        self.refused(format!("line {}: {}", bad.number, bad.reason))
    }

    /// Publishes the events in order.
    ///
    /// The server takes a batch as a whole or not at all. Where it refuses one event of it, those
    /// before it are sent again without the rest, so that what is in the log when a run ends is
    /// always the beginning of the input.
    pub(super) async fn send(&mut self, events: Vec<Prepared>) -> Result<(), Failure> {
        let mut work = VecDeque::from([Work::Send(events)]);
        while let Some(next) = work.pop_front() {
            let mut events = match next {
                Work::Send(events) if events.is_empty() => continue,
                Work::Send(events) => events,
                Work::Refused(event, problem) => {
                    let what = event
                        .line
                        .map_or_else(|| "the event".to_owned(), |line| format!("line {line}"));
                    self.refused(format!("{what} was refused: {}", problem.words()))?;
                    continue;
                }
            };
            let ask = Ask::post(
                self.url.clone(),
                "application/cloudevents-batch+json",
                body(&events),
            );
            match self.server.ask(ask).await {
                Ok(answer) => self.answered(&answer, events.len())?,
                Err(Setback::Refused(problem)) => match culprit(&problem, events.len()) {
                    Some(index) => {
                        let mut rest = events.split_off(index);
                        let after = rest.split_off(1);
                        work.push_front(Work::Send(after));
                        if let Some(event) = rest.pop() {
                            work.push_front(Work::Refused(event, problem));
                        }
                        work.push_front(Work::Send(events));
                    }
                    // The whole is too large for something in between; its halves may not be.
                    None if problem.status == 413 => {
                        let after = events.split_off(events.len() / 2);
                        work.push_front(Work::Send(after));
                        work.push_front(Work::Send(events));
                    }
                    None => return Err((*problem).into()),
                },
                Err(passing) => return Err(passing.into()),
            }
        }
        Ok(())
    }

    /// What has been published; the ids are all written out.
    pub(super) fn finish(mut self) -> Result<Tally, Failure> {
        if let Some(ids) = &mut self.ids {
            ids.flush()?;
        }
        Ok(self.tally)
    }

    fn refused(&mut self, reason: String) -> Result<(), Failure> {
        if !self.keep_going {
            return Err(Failure::Failed(reason));
        }
        notice(&reason);
        self.tally.bad += 1;
        Ok(())
    }

    fn answered(&mut self, answer: &str, sent: usize) -> Result<(), Failure> {
        let answer: Answer = serde_json::from_str(answer).map_err(|error| {
            Failure::Failed(format!("the server's answer cannot be read: {error}"))
        })?;
        if answer.ids.len() != sent {
            return Err(Failure::Failed(format!(
                "{sent} events were sent and {} answered for",
                answer.ids.len()
            )));
        }
        self.tally.published += answer.ids.len() as u64;
        self.tally.duplicates += answer.duplicates;
        if let Some(lines) = &mut self.ids {
            for id in &answer.ids {
                lines.write(&id.map_or_else(|| "null".to_owned(), |id| id.to_string()))?;
            }
            lines.flush()?;
        }
        Ok(())
    }
}

/// Which event of a batch is at fault. Where the server does not say, it can only be said of a
/// batch of one, and only if it is the event that was refused and not the whole attempt: its
/// address, its permission, its content type.
fn culprit(problem: &Problem, sent: usize) -> Option<usize> {
    let is_about_an_event = matches!(problem.status, 400 | 413 | 422);
    match problem.event_index() {
        Some(index) if index < sent => Some(index),
        Some(_) | None => (sent == 1 && is_about_an_event).then_some(0),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use pulseboard_contract::Json;

    use super::*;
    use crate::fake::{Answer, Fake};

    fn events(lines: std::ops::RangeInclusive<u64>) -> Vec<Prepared> {
        lines
            .map(|line| Prepared {
                line: Some(line),
                json: Json::of(&line).unwrap(),
            })
            .collect()
    }

    fn took(count: u64, duplicates: u64) -> Answer {
        let ids: Vec<_> = (1..=count)
            .map(|seq| format!("\"9f2c41d7-{seq}\""))
            .collect();
        Answer::Full(
            "201 Created",
            format!(r#"{{"ids":[{}],"duplicates":{duplicates}}}"#, ids.join(",")),
        )
    }

    fn refused(status: &'static str, field: &str) -> Answer {
        Answer::Full(status, format!(r#"{{"detail":"No.","field":"{field}"}}"#))
    }

    /// Sends the lines 10 to 14; the outcome, the tally, and the bodies that were sent.
    async fn send(
        keep_going: bool,
        answers: impl IntoIterator<Item = Answer>,
    ) -> (Result<(), Failure>, Tally, Vec<String>) {
        let fake = Fake::answering(answers);
        let server = Server::new(&fake.connection(&[])).unwrap();
        let mut sender = Sender::new(&server, &Topic::new("a/b").unwrap(), keep_going, false);
        let outcome = sender.send(events(10..=14)).await;
        let tally = sender.finish().unwrap();
        assert!(
            fake.asked()
                .iter()
                .all(|asked| asked.line == "POST /topics/a/b")
        );
        (
            outcome,
            tally,
            fake.asked().into_iter().map(|asked| asked.body).collect(),
        )
    }

    #[tokio::test]
    async fn what_stands_before_a_refused_line_is_published_and_the_line_named() {
        let (outcome, tally, bodies) = send(
            false,
            [refused("400 Bad Request", "events[2].data"), took(2, 0)],
        )
        .await;
        let error = outcome.unwrap_err().to_string();
        assert!(
            error.contains("line 12 was refused") && error.contains("No."),
            "{error}"
        );
        assert_eq!(bodies, ["[10,11,12,13,14]", "[10,11]"]);
        assert_eq!(
            tally,
            Tally {
                published: 2,
                duplicates: 0,
                bad: 0
            }
        );
    }

    #[tokio::test]
    async fn keeping_on_leaves_only_the_refused_line_out() {
        let answers = [
            refused("400 Bad Request", "events[2].data"),
            took(2, 0),
            took(2, 1),
        ];
        let (outcome, tally, bodies) = send(true, answers).await;
        assert_eq!(outcome, Ok(()));
        assert_eq!(bodies, ["[10,11,12,13,14]", "[10,11]", "[13,14]"]);
        assert_eq!(
            tally,
            Tally {
                published: 4,
                duplicates: 1,
                bad: 1
            }
        );
    }

    #[tokio::test]
    async fn a_batch_that_is_too_large_on_the_way_is_halved() {
        let (outcome, tally, bodies) = send(
            false,
            [
                refused("413 Content Too Large", "body"),
                took(2, 0),
                took(3, 0),
            ],
        )
        .await;
        assert_eq!(outcome, Ok(()));
        assert_eq!(bodies, ["[10,11,12,13,14]", "[10,11]", "[12,13,14]"]);
        assert_eq!(tally.published, 5);
    }

    #[tokio::test]
    async fn a_refusal_of_the_whole_attempt_ends_it_whatever_it_is_told() {
        let (outcome, tally, bodies) = send(true, [refused("403 Forbidden", "")]).await;
        assert!(outcome.unwrap_err().to_string().contains("403"));
        assert_eq!((bodies.len(), tally), (1, Tally::default()));
    }

    #[tokio::test]
    async fn an_answer_for_fewer_events_than_were_sent_is_no_success() {
        assert!(
            send(false, [took(4, 0)])
                .await
                .0
                .unwrap_err()
                .to_string()
                .contains("4 answered")
        );
    }
}
