//! The server of Pulseboard: everything that speaks HTTP.
//!
//! It turns requests into calls of the hub, and the results of the hub into responses: streams,
//! publishes, history, rendered pages and static files. The only state it has of its own is who is
//! [present](presence). All routes stand in [`router`], and their handlers in one file each in
//! `routes`.
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

// The views of the app are deeply nested types, as its lib.rs explains.
#![recursion_limit = "512"]

mod budget;
mod chat;
pub mod command_line;
pub mod config;
mod connection;
mod direct;
mod etag;
mod input;
mod listen;
mod metrics;
mod openapi;
mod plain_page;
pub mod presence;
pub mod problem;
mod publishing;
mod request_id;
mod response_head;
pub mod router;
mod routes;
mod run;
mod security;
mod series;
mod site;
mod snapshot;
mod sources;
mod sqlite_hub;
mod state;
mod telemetry;
mod visitor;

pub use budget::{BudgetError, descriptor_limit, raise_descriptor_limit};
pub use run::{Server, run};
pub use sqlite_hub::SqliteHub;
pub use state::{AppState, Options, StartError};
