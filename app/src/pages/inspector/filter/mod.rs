//! The inspector's filter: one language for live and stored events, for example `topic:host/**
//! -type:heartbeat data.cpu_percent>80 "disk is full"`.
//!
//! An event has to match every part. Several topics match any of them, and so do several types. A
//! leading `-` excludes what the part matches. Pure.
//!
//! `parse` reads the text of the field, `matching` tests events, `path` tests one field of a payload,
//! and `suggest` completes the part that the reader is writing.

mod matching;
mod parse;
mod path;
mod quoted;
mod suggest;

pub(super) use matching::Filter;
pub(super) use parse::{filter_for_value, with_part};
pub(super) use suggest::{Candidates, Suggestion, suggest};
