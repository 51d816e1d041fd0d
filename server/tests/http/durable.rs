//! The command with its log on disk: killed under load.

use std::{
    collections::BTreeMap,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use pulseboard_contract::{Event, api::HistoryPage, sse::Decoder};
use reqwest::{Client, Response};
use tempfile::TempDir;

use crate::{
    Stream, client,
    command::{Started, pulseboard},
    soon,
};

/// A command that serves what is stored in the directory.
pub(crate) fn serving(directory: &Path, command: &mut Command) -> Started {
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--no-host-metrics",
        "--heartbeat",
        "3600",
        "--log-filter",
        "off",
    ]);
    Started::with(
        command
            .arg("--data-dir")
            .arg(directory)
            .env_remove("PULSEBOARD_EPHEMERAL"),
    )
}

/// Publishes a number and so much filling.
pub(crate) async fn publish(
    client: &Client,
    url: &str,
    topic: &str,
    number: usize,
    filling: usize,
) -> reqwest::Result<Response> {
    let data = format!(r#"{{"n":{number},"filling":"{}"}}"#, "x".repeat(filling));
    let request = client
        .post(format!("{url}/topics/{topic}"))
        .header("content-type", "application/json")
        .body(data);
    request
        .header("ce-type", "count")
        .header("ce-source", "/load")
        .header("ce-id", number.to_string())
        .send()
        .await
}

/// All events there are, by their ids.
pub(crate) async fn history(client: &Client, url: &str) -> Vec<Event> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let response = client
            .get(format!("{url}/api/history?order=asc&limit=1000{after}"))
            .send()
            .await
            .unwrap();
        let page: HistoryPage = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        all.extend(page.events);
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

pub(crate) fn ids<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<String> {
    events
        .into_iter()
        .map(|event| event.event_id.unwrap().to_string())
        .collect()
}

#[tokio::test]
async fn what_was_answered_is_there_after_kills_under_load_and_streams_resume_without_gap() {
    let directory = TempDir::new().unwrap();
    let client = client();
    let mut started = serving(directory.path(), &mut pulseboard());
    let mut answered: BTreeMap<usize, String> = BTreeMap::new();
    let mut seen: Vec<Event> = Vec::new();
    let mut cursor = None;
    for round in 0..4 {
        let following = tokio::spawn(follow(client.clone(), started.url.clone(), cursor));
        let count = Arc::new(AtomicUsize::new(0));
        let publishing = (0..8).map(|task| {
            let (client, url, count) = (client.clone(), started.url.clone(), count.clone());
            tokio::spawn(async move {
                let mut answered = Vec::new();
                // Some of the numbers come twice: of those under way at a kill it is not known
                // whether they are stored.
                for number in (round * 800 + task * 100..).take(150) {
                    let Ok(response) =
                        publish(&client, &url, &format!("load/{task}"), number, number % 700).await
                    else {
                        break;
                    };
                    let Ok(answer) = response.text().await else {
                        break;
                    };
                    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
                    answered.push((
                        number,
                        answer["id"].as_str().expect("it is stored").to_owned(),
                    ));
                    count.fetch_add(1, Ordering::Relaxed);
                }
                answered
            })
        });
        let publishing: Vec<_> = publishing.collect();
        soon(async {
            while count.load(Ordering::Relaxed) < 150 + 67 * round {
                tokio::task::yield_now().await;
            }
        })
        .await;
        started.signal("KILL");
        for task in publishing {
            for (number, id) in task.await.unwrap() {
                // What was stored before is answered with the id it has.
                assert_eq!(
                    *answered.entry(number).or_insert_with(|| id.clone()),
                    id,
                    "round {round}"
                );
            }
        }
        let (more, last) = following.await.unwrap();
        seen.extend(more);
        cursor = last;
        drop(started);
        started = serving(directory.path(), &mut pulseboard());

        let stored = history(&client, &started.url).await;
        let by_number: BTreeMap<usize, String> = stored
            .iter()
            .map(|event| {
                (
                    event.id.parse().unwrap(),
                    event.event_id.unwrap().to_string(),
                )
            })
            .collect();
        assert_eq!(
            by_number.len(),
            stored.len(),
            "round {round}: nothing is there twice"
        );
        let lost: Vec<_> = answered
            .iter()
            .filter(|(number, id)| by_number.get(number) != Some(id))
            .collect();
        assert!(
            lost.is_empty(),
            "round {round}: {lost:?} of {} were answered and are not there",
            answered.len()
        );
        assert!(
            stored.starts_with(&seen),
            "round {round}: the stream saw what is stored"
        );
    }
    let stored = history(&client, &started.url).await;
    let mut stream = Stream::of(
        client
            .get(format!(
                "{}/events?topic=load/**&framing=envelope",
                started.url
            ))
            .header("last-event-id", cursor.unwrap()),
    )
    .await;
    while seen.len() < stored.len() {
        let message = stream.of_type("message").await;
        seen.push(serde_json::from_str(&message.data).unwrap());
    }
    assert_eq!(
        ids(&seen),
        ids(&stored),
        "and over all its connections it saw exactly that"
    );
}

/// Follows the stream to its end, whatever that is; answers the events and what to resume with.
async fn follow(
    client: Client,
    url: String,
    cursor: Option<String>,
) -> (Vec<Event>, Option<String>) {
    let mut request = client.get(format!(
        "{url}/events?topic=load/**&framing=envelope&last_event_id=start"
    ));
    if let Some(cursor) = &cursor {
        request = request.header("last-event-id", cursor);
    }
    let mut response = request.send().await.unwrap();
    let mut decoder = Decoder::default();
    let mut messages = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        decoder
            .push(&chunk, |message| messages.push(message))
            .unwrap();
    }
    assert!(
        messages.iter().all(|message| message.event_type != "gap"),
        "{messages:?}"
    );
    let events = messages
        .iter()
        .filter(|message| message.event_type == "message");
    let last = decoder.last_event_id().to_owned();
    (
        events
            .map(|message| serde_json::from_str(&message.data).unwrap())
            .collect(),
        Some(last).filter(|last| !last.is_empty()).or(cursor),
    )
}
