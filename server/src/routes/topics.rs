//! `GET /api/topics`: the topics there are, a page at a time.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use pulseboard_contract::{Event, Timestamp, Topic};
use pulseboard_hub::{LogError, TopicQuery, TopicSummary};
use serde::Serialize;
use utoipa::ToSchema;

use super::history::PAGE_BYTES;
use crate::{AppState, input::Params, openapi::schemas, problem::Problem};

/// How many topics are read at once.
const SLICE: usize = 64;

#[derive(Serialize, ToSchema)]
pub(crate) struct Topics {
    topics: Vec<TopicRow>,
    /// What to pass as `after` for the next page; none when this is the last.
    #[schema(value_type = Option<String>, required = true)]
    next: Option<Topic>,
}

/// A topic and what it has.
#[derive(Serialize, ToSchema)]
pub(crate) struct TopicRow {
    /// Its name.
    #[schema(value_type = String, example = "host/metrics")]
    topic: Topic,
    /// How many of its events are stored.
    count: u64,
    /// How many bytes, as retention counts them.
    bytes: u64,
    /// When the newest of them happened.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    /// The newest of them.
    #[schema(value_type = schemas::Event)]
    last: Arc<Event>,
}

/// The topics there are, by name, a page at a time.
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
    responses((status = 200, description = "The page", body = Topics)),
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
    let topics = Topics::read(&state, prefix, after, limit).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(topics)).into_response())
}

impl Topics {
    /// Reads a few topics at a time, as their events may be large.
    async fn read(
        state: &AppState,
        prefix: &str,
        mut after: Option<Topic>,
        limit: usize,
    ) -> Result<Self, LogError> {
        let (mut topics, mut bytes, mut has_more) = (Vec::<TopicRow>::new(), 0, true);
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
                // One topic at least, or nobody would come past a large event.
                if bytes > PAGE_BYTES && !topics.is_empty() {
                    let next = topics.last().map(|row| row.topic.clone());
                    return Ok(Self { topics, next });
                }
                let TopicSummary {
                    topic,
                    count,
                    bytes,
                    ..
                } = summary;
                topics.push(TopicRow {
                    topic,
                    count,
                    bytes,
                    time: last.time,
                    last,
                });
            }
            after = topics.last().map(|row| row.topic.clone());
        }
        let next = topics
            .last()
            .filter(|_| has_more)
            .map(|row| row.topic.clone());
        Ok(Self { topics, next })
    }
}
