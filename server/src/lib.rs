//! The server of Pulseboard: everything that speaks HTTP.
//!
//! It turns requests into calls of the hub and the hub's answers into responses: streams,
//! publishes, history, rendered pages and static files. It keeps no state of its own but who is
//! present ([`presence`]). All routes stand in [`router`], a file for each in `routes`.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), pulseboard_server::StartError> {
//! use pulseboard_server::{Options, Server};
//!
//! let server = Server::start("127.0.0.1:0", Options::default()).await?;
//! println!("http://{}/", server.address());
//! server.shutdown().await;
//! # Ok(()) }
//! ```

// The app's views are deep types; see there.
#![recursion_limit = "512"]

pub mod command_line;
pub mod config;
mod direct;
mod etag;
mod excerpt;
mod input;
mod listen;
mod metrics;
mod names;
mod openapi;
mod plain_page;
pub mod presence;
pub mod problem;
mod publishing;
pub mod router;
mod routes;
mod run;
mod security;
mod series;
mod snapshot;
mod sources;
mod sqlite_hub;
mod state;
mod telemetry;

pub use listen::budget::{BudgetError, descriptor_limit, raise_descriptor_limit};
pub use run::{Server, run};
pub use sqlite_hub::SqliteHub;
pub use state::{AppState, Options, StartError};
