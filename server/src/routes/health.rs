//! `GET /healthz`: the process is alive.

pub(crate) async fn health() -> &'static str {
    "ok"
}
