//! `GET /api/topics`: the topics of the log, a page at a time.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use pulseboard_contract::{
    Event, Topic,
    api::{TopicEntry, TopicsPage},
    limits::PAGE_BYTES,
};
use pulseboard_hub::{LogError, TopicQuery, TopicSummary};

use crate::{AppState, input::Params, openapi::schemas, problem::Problem};

/// How many topics are read at once.
const SLICE: usize = 64;

/// List the topics by name, a page at a time.
#[utoipa::path(
    get,
    path = "/api/topics",
    operation_id = "topics",
    tag = "read",
    params(
        ("prefix" = Option<String>, Query, description = "Only topics that start with this text", example = "host/"),
        ("after" = Option<String>, Query, description = "Only topics after this one: the `next` of the previous page"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "The largest number of topics; 100 by default. A page has at most 1 MiB of data")
    ),
    responses((status = 200, description = "The page", body = TopicsPage<schemas::Event>)),
    extensions(("x-example" = json!("curl -s $URL/api/topics")))
)]
pub(crate) async fn topics(
    State(state): State<AppState>,
    params: Params,
) -> Result<Response, Problem> {
    let after = params.one("after")?.map(Topic::new).transpose();
    let after =
        after.map_err(|error| Problem::input("after", error.to_string()).expecting("a topic"))?;
    let (prefix, limit) = (params.one("prefix")?.unwrap_or_default(), params.limit()?);
    let topics = read(&state, prefix, after, limit).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(topics)).into_response())
}

/// Reads a few topics at a time, because their events may be large.
async fn read(
    state: &AppState,
    prefix: &str,
    mut after: Option<Topic>,
    limit: usize,
) -> Result<TopicsPage<Arc<Event>>, LogError> {
    let (mut topics, mut bytes, mut has_more) = (Vec::<TopicEntry<Arc<Event>>>::new(), 0, true);
    while has_more && topics.len() < limit {
        let wanted = (limit - topics.len()).min(SLICE);
        let page = state
            .hub
            .topics(TopicQuery {
                prefix: prefix.to_owned(),
                after,
                limit: wanted,
            })
            .await?;
        has_more = page.has_more;
        for (summary, last) in page.topics {
            bytes += last.weight();
            // A page has at least one topic, or nobody could get past a large event.
            if bytes > PAGE_BYTES && !topics.is_empty() {
                let next = topics.last().map(|entry| entry.topic.clone());
                return Ok(TopicsPage { topics, next });
            }
            let TopicSummary {
                topic,
                count,
                bytes,
                ..
            } = summary;
            topics.push(TopicEntry {
                topic,
                count,
                bytes,
                time: last.time,
                last,
            });
        }
        after = topics.last().map(|entry| entry.topic.clone());
    }
    let next = topics
        .last()
        .filter(|_| has_more)
        .map(|entry| entry.topic.clone());
    Ok(TopicsPage { topics, next })
}
