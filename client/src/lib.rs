//! The client side of Pulseboard: publish with retries, follow with a cursor, export and import.
//!
//! Each client command of the `pulseboard` binary is a module with its flags (`Args`) and a `run`
//! function. The client reaches a server over HTTP only. It depends on the contract
//! ([`pulseboard_contract`]) and on neither the hub nor the pages, so it compiles fast and works
//! with any Pulseboard server.
//!
//! Every command returns a [`CommandError`], which decides the exit code. Everything that a server
//! or an event says is escaped before it reaches a terminal ([`escape`]).
//!
//! ```no_run
//! use clap::Parser;
//! use pulseboard_client::{CommandError, publish};
//!
//! #[derive(Parser)]
//! struct Flags {
//!     #[command(flatten)]
//!     publish: publish::Args,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), CommandError> {
//! let flags = Flags::parse_from(["publish", "deploys", "api v2 is live"]);
//! publish::run(flags.publish).await
//! # }
//! ```

mod backoff;
pub mod config_file;
mod duration;
mod error;
pub mod escape;
pub mod export;
mod history;
mod http;
pub mod import;
mod interrupt;
mod output;
mod problem;
mod progress;
pub mod publish;
pub mod server_args;
pub mod tail;

#[cfg(test)]
mod fake_server;

pub use duration::parse_duration;
pub use error::CommandError;
