//! ```sh
//! cargo run -p pulseboard-example-bridge -- https://stream.example/events http://127.0.0.1:3000/topics/upstream
//! ```

use pulseboard_example_bridge::Bridge;

#[tokio::main]
async fn main() -> Result<(), &'static str> {
    let mut args = std::env::args().skip(1);
    let (Some(upstream), Some(topic)) = (args.next(), args.next()) else {
        return Err("usage: pulseboard-example-bridge UPSTREAM TOPIC");
    };
    let bridge = Bridge { upstream, topic };
    match bridge
        .run(|failure| eprintln!("{failure}; trying again"))
        .await {}
}
