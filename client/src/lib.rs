//! Talks to a Pulseboard from outside: publishes with retry, follows with a cursor, exports and
//! imports.
//!
//! Each client command of the `pulseboard` binary is a module with its flags (`Args`) and its
//! `run`. The server is only ever reached over HTTP: this crate knows the contract ([`pulseboard`])
//! and neither the hub nor the pages, so it compiles in seconds and works against a board anywhere.
//!
//! What may fail does so in one of the ways of [`Failure`], which says the exit code. Whatever a
//! server or an event says is escaped before a terminal sees it ([`escape`]).

pub mod config_file;
pub mod connection;
mod duration;
pub mod escape;
pub mod export;
mod failure;
mod history;
mod http;
pub mod import;
mod interrupt;
mod output;
mod problem;
mod progress;
pub mod publish;
mod retry;
pub mod tail;

#[cfg(test)]
mod fake;

pub use duration::parse_duration;
pub use failure::Failure;
