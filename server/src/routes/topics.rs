//! `GET /api/topics`: the topics there are.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use pulseboard::{Event, Timestamp, Topic};
use pulseboard_hub::TopicQuery;
use serde::Serialize;

use crate::{AppState, problem::Problem};

#[derive(Serialize)]
struct Topics {
    topics: Vec<TopicRow>,
}

#[derive(Serialize)]
struct TopicRow {
    topic: Topic,
    count: u64,
    time: Timestamp,
    last: Arc<Event>,
}

pub(crate) async fn topics(State(state): State<AppState>) -> Result<Response, Problem> {
    let row = |(summary, last): (pulseboard_hub::TopicSummary, Arc<Event>)| TopicRow {
        topic: summary.topic,
        count: summary.count,
        time: last.time,
        last,
    };
    let query = TopicQuery { prefix: String::new(), after: None, limit: 1_000 };
    let topics = state.hub.topics(query).await?.topics.into_iter().map(row).collect();
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(Topics { topics })).into_response())
}
