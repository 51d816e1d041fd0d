//! Serves the example on port 3004.

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3004").await?;
    axum::serve(listener, typed_signal::server::app()).await
}
