//! The interface described: `GET /api/openapi.json` for programs, `/api/docs` for people.

use axum::{
    http::{HeaderMap, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};

use crate::{
    openapi::{document, page},
    problem::Problem,
    security, visitor,
};

/// The description of this API, as `OpenAPI` 3.1.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    operation_id = "openapi",
    tag = "operate",
    responses((status = 200, description = "The description", content_type = "application/json", body = serde_json::Value)),
    extensions(("x-example" = json!("curl -s $URL/api/openapi.json")))
)]
pub(crate) async fn openapi() -> Result<Response, Problem> {
    let failed = |reason: String| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("The description could not be written: {reason}."),
        )
    };
    let document = document().ok_or_else(|| failed("it does not exist".to_owned()))?;
    let json = document
        .to_pretty_json()
        .map_err(|error| failed(error.to_string()))?;
    Ok((
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-cache"),
        ],
        json,
    )
        .into_response())
}

/// The API reference, as a page.
#[utoipa::path(
    get,
    path = "/api/docs",
    operation_id = "docs",
    tag = "operate",
    responses((status = 200, description = "The page", content_type = "text/html", body = String))
)]
pub(crate) async fn docs(uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    // Text and links, and no script at all.
    const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; \
                          form-action 'none'; frame-ancestors 'none'";
    let host = security::host(&uri, &headers).unwrap_or("127.0.0.1:3000");
    let document = document().ok_or_else(Problem::not_found)?;
    let html = page::render(
        document,
        &format!("http://{host}"),
        visitor::visitor(&headers).theme,
    );
    Ok((
        [
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::CACHE_CONTROL, "no-cache"),
            (header::VARY, "cookie"),
        ],
        Html(html),
    )
        .into_response())
}
