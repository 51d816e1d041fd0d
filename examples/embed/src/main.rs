//! Serves the embedded hub on port 3002.
//!
//! ```sh
//! cargo run -p pulseboard-example-embed
//! curl -N http://127.0.0.1:3002/orders/events &
//! curl -d '{"item": "tea"}' http://127.0.0.1:3002/orders
//! ```

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3002").await?;
    axum::serve(listener, pulseboard_example_embed::app()?).await?;
    Ok(())
}
