//! Sends batches, handles rejected events, and counts what was published.

use std::collections::VecDeque;

use pulseboard_contract::{
    Topic,
    api::{ProblemDocument, PublishedBatch},
};
use url::Url;

use super::{
    batch::{PreparedEvent, body},
    input::InvalidLine,
};
use crate::{
    error::CommandError,
    http::{ApiClient, ApiRequest, RequestError},
    output::{LineWriter, notice},
    problem,
};

/// The result of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// Events that the server accepted, including duplicates.
    pub(super) published: u64,
    /// How many of them were already stored.
    pub(super) duplicates: u64,
    /// Lines that could not be published.
    pub(super) failed_lines: u64,
}

impl Summary {
    pub(super) fn message(self, topic: &str) -> String {
        let events = if self.published == 1 {
            "event"
        } else {
            "events"
        };
        let known = match self.duplicates {
            0 => String::new(),
            duplicates => format!(", {duplicates} of them already stored"),
        };
        format!("{} {events} published to {topic}{known}", self.published)
    }
}

/// Publishes batches one after the other.
pub(super) struct Sender<'a> {
    client: &'a ApiClient,
    url: Url,
    keep_going: bool,
    /// Where event ids are printed; `None` without `--ids`.
    ids: Option<LineWriter>,
    summary: Summary,
}

/// A step that is left to publish a batch.
enum Step {
    Send(Vec<PreparedEvent>),
    Reject(PreparedEvent, Box<ProblemDocument>),
}

impl<'a> Sender<'a> {
    pub(super) fn new(
        client: &'a ApiClient,
        topic: &Topic,
        keep_going: bool,
        prints_ids: bool,
    ) -> Self {
        let url = client.url(["topics"].into_iter().chain(topic.as_str().split('/')), []);
        Self {
            client,
            url,
            keep_going,
            ids: prints_ids.then(LineWriter::new),
            summary: Summary::default(),
        }
    }

    /// Records a line that could not become an event.
    ///
    /// # Errors
    /// If the run must end at the first failed line.
    pub(super) fn invalid_line(&mut self, line: &InvalidLine) -> Result<(), CommandError> {
        self.failed(format!("line {}: {}", line.number, line.reason))
    }

    /// Publishes the events in order.
    ///
    /// The server publishes all events of a batch or none. If it rejects one event, the events
    /// before it are sent again without the rest. So the log always contains the input up to the
    /// first failed line.
    ///
    /// # Errors
    /// If the server cannot be reached, rejects the whole request, or rejects an event and the run
    /// must end at the first failed line.
    pub(super) async fn send(&mut self, events: Vec<PreparedEvent>) -> Result<(), CommandError> {
        let mut steps = VecDeque::from([Step::Send(events)]);
        while let Some(step) = steps.pop_front() {
            let mut events = match step {
                Step::Send(events) if events.is_empty() => continue,
                Step::Send(events) => events,
                Step::Reject(event, problem) => {
                    let name = event
                        .line
                        .map_or_else(|| "the event".to_owned(), |line| format!("line {line}"));
                    self.failed(format!(
                        "{name} was rejected: {}",
                        problem::description(&problem)
                    ))?;
                    continue;
                }
            };
            let request = ApiRequest::post(
                self.url.clone(),
                "application/cloudevents-batch+json",
                body(&events),
            );
            match self.client.send(request).await {
                Ok(response) => self.published(&response, events.len())?,
                Err(RequestError::Rejected(problem)) => {
                    match rejected_index(&problem, events.len()) {
                        Some(index) => {
                            let mut rest = events.split_off(index);
                            let after = rest.split_off(1);
                            steps.push_front(Step::Send(after));
                            if let Some(event) = rest.pop() {
                                steps.push_front(Step::Reject(event, problem));
                            }
                            steps.push_front(Step::Send(events));
                        }
                        // A proxy may have a smaller limit than the server; half a batch may pass.
                        None if problem.status == 413 => {
                            let after = events.split_off(events.len() / 2);
                            steps.push_front(Step::Send(after));
                            steps.push_front(Step::Send(events));
                        }
                        None => return Err((*problem).into()),
                    }
                }
                Err(transient @ RequestError::Transient { .. }) => return Err(transient.into()),
            }
        }
        Ok(())
    }

    /// Writes the remaining ids and returns the result.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub(super) fn finish(mut self) -> Result<Summary, CommandError> {
        if let Some(ids) = &mut self.ids {
            ids.flush()?;
        }
        Ok(self.summary)
    }

    fn failed(&mut self, reason: String) -> Result<(), CommandError> {
        if !self.keep_going {
            return Err(CommandError::Failed(reason));
        }
        notice(&reason);
        self.summary.failed_lines += 1;
        Ok(())
    }

    fn published(&mut self, response: &str, sent: usize) -> Result<(), CommandError> {
        let response: PublishedBatch = serde_json::from_str(response).map_err(|error| {
            CommandError::Failed(format!("the server's response is invalid: {error}"))
        })?;
        if response.ids.len() != sent {
            return Err(CommandError::Failed(format!(
                "{sent} events were sent, but the server answered for {}",
                response.ids.len()
            )));
        }
        self.summary.published += response.ids.len() as u64;
        self.summary.duplicates += response.duplicates;
        if let Some(lines) = &mut self.ids {
            for id in &response.ids {
                lines.write(&id.map_or_else(|| "null".to_owned(), |id| id.to_string()))?;
            }
            lines.flush()?;
        }
        Ok(())
    }
}

/// The index of the rejected event. If the problem does not name one, only a batch of one event has
/// an answer, and only if the status is about an event rather than about the whole request (its
/// address, its permission, its content type).
fn rejected_index(problem: &ProblemDocument, sent: usize) -> Option<usize> {
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
    use crate::fake_server::{FakeResponse, FakeServer};

    fn events(lines: std::ops::RangeInclusive<u64>) -> Vec<PreparedEvent> {
        lines
            .map(|line| PreparedEvent {
                line: Some(line),
                json: Json::of(&line).unwrap(),
            })
            .collect()
    }

    fn accepted(count: u64, duplicates: u64) -> FakeResponse {
        let ids: Vec<_> = (1..=count)
            .map(|seq| format!("\"9f2c41d7-{seq}\""))
            .collect();
        FakeResponse::Full(
            "201 Created",
            format!(r#"{{"ids":[{}],"duplicates":{duplicates}}}"#, ids.join(",")),
        )
    }

    fn rejected(status: &'static str, field: &str) -> FakeResponse {
        FakeResponse::Full(status, format!(r#"{{"detail":"No.","field":"{field}"}}"#))
    }

    /// Sends the lines 10 to 14 and returns the outcome, the summary and the request bodies.
    async fn send(
        keep_going: bool,
        responses: impl IntoIterator<Item = FakeResponse>,
    ) -> (Result<(), CommandError>, Summary, Vec<String>) {
        let fake = FakeServer::with(responses);
        let client = ApiClient::new(&fake.server_args(&[])).unwrap();
        let mut sender = Sender::new(&client, &Topic::new("a/b").unwrap(), keep_going, false);
        let outcome = sender.send(events(10..=14)).await;
        let summary = sender.finish().unwrap();
        assert!(
            fake.requests()
                .iter()
                .all(|request| request.line == "POST /topics/a/b")
        );
        (
            outcome,
            summary,
            fake.requests()
                .into_iter()
                .map(|request| request.body)
                .collect(),
        )
    }

    #[tokio::test]
    async fn the_lines_before_a_rejected_line_are_published_and_the_line_is_reported() {
        let (outcome, summary, bodies) = send(
            false,
            [
                rejected("400 Bad Request", "events[2].data"),
                accepted(2, 0),
            ],
        )
        .await;
        let error = outcome.unwrap_err().to_string();
        assert!(
            error.contains("line 12 was rejected") && error.contains("No."),
            "{error}"
        );
        assert_eq!(bodies, ["[10,11,12,13,14]", "[10,11]"]);
        assert_eq!(
            summary,
            Summary {
                published: 2,
                duplicates: 0,
                failed_lines: 0
            }
        );
    }

    #[tokio::test]
    async fn with_keep_going_only_the_rejected_line_is_missing() {
        let responses = [
            rejected("400 Bad Request", "events[2].data"),
            accepted(2, 0),
            accepted(2, 1),
        ];
        let (outcome, summary, bodies) = send(true, responses).await;
        assert_eq!(outcome, Ok(()));
        assert_eq!(bodies, ["[10,11,12,13,14]", "[10,11]", "[13,14]"]);
        assert_eq!(
            summary,
            Summary {
                published: 4,
                duplicates: 1,
                failed_lines: 1
            }
        );
    }

    #[tokio::test]
    async fn a_batch_that_is_too_large_for_a_proxy_is_halved() {
        let (outcome, summary, bodies) = send(
            false,
            [
                rejected("413 Content Too Large", "body"),
                accepted(2, 0),
                accepted(3, 0),
            ],
        )
        .await;
        assert_eq!(outcome, Ok(()));
        assert_eq!(bodies, ["[10,11,12,13,14]", "[10,11]", "[12,13,14]"]);
        assert_eq!(summary.published, 5);
    }

    #[tokio::test]
    async fn a_rejected_request_ends_the_run_even_with_keep_going() {
        let (outcome, summary, bodies) = send(true, [rejected("403 Forbidden", "")]).await;
        assert!(outcome.unwrap_err().to_string().contains("403"));
        assert_eq!((bodies.len(), summary), (1, Summary::default()));
    }

    #[tokio::test]
    async fn a_response_for_fewer_events_than_were_sent_is_an_error() {
        assert!(
            send(false, [accepted(4, 0)])
                .await
                .0
                .unwrap_err()
                .to_string()
                .contains("answered for 4")
        );
    }
}
