//! `GET /api/series`: a topic's numbers and states over time, in a few hundred buckets.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use pulseboard_contract::{Timestamp, Topic, api::TopicSeries, limits::CHART_POINTS};

use crate::{
    AppState,
    input::Params,
    problem::Problem,
    series::{self, TimeRange},
};

/// A topic's numbers and states over time.
///
/// The time from `from` to `to` is cut into `points` buckets. Each bucket has the smallest, the
/// largest and the mean value of every field. Which fields are numbers and which are states depends
/// on the data, as on the board.
#[utoipa::path(
    get,
    path = "/api/series",
    operation_id = "series",
    tag = "read",
    params(
        ("topic" = String, Query, description = "The topic", example = "office/sensor"),
        ("from" = Option<i64>, Query, description = "The start, in milliseconds since 1970; one day before `to` by default"),
        ("to" = Option<i64>, Query, description = "The end, which is excluded; now by default"),
        ("points" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "The number of buckets; 300 by default")
    ),
    responses((status = 200, description = "The series", body = TopicSeries)),
    extensions(("x-example" = json!("curl -s \"$URL/api/series?topic=office/sensor&points=60\"")))
)]
pub(crate) async fn series(
    State(state): State<AppState>,
    params: Params,
) -> Result<Response, Problem> {
    let topic = params.one("topic")?.map(Topic::new).transpose();
    let topic =
        topic.map_err(|error| Problem::input("topic", error.to_string()).expecting("a topic"))?;
    let to = time(&params, "to")?.unwrap_or_else(|| state.now());
    let day_before = Timestamp::from_millis(to.millis() - 86_400_000).unwrap_or(to);
    let from = time(&params, "from")?.unwrap_or(day_before);
    let points = params.count("points", CHART_POINTS)?;
    let topic =
        topic.ok_or_else(|| Problem::input("topic", "`topic` is missing.").expecting("a topic"))?;
    let range = TimeRange::new(from, to, points).ok_or_else(|| {
        Problem::input("from", "`from` is not before `to`.").expecting("a time before `to`")
    })?;
    let series = series::read(&state, topic, range).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(series)).into_response())
}

/// A parameter that is a time.
fn time(params: &Params, name: &'static str) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = params.one(name)? else {
        return Ok(None);
    };
    let time = text
        .parse()
        .ok()
        .and_then(|millis| Timestamp::from_millis(millis).ok());
    let invalid = || {
        Problem::input(name, format!("{text:?} is not a valid time for `{name}`."))
            .expecting("milliseconds since 1970")
    };
    time.map(Some).ok_or_else(invalid)
}
