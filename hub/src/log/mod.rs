//! The log: the ordered record of events, behind the trait [`Log`].

mod api;
mod error;
mod event;
mod query;
mod retention;
mod sqlite;

pub use self::{
    api::Log,
    error::LogError,
    event::{Appended, NewEvent},
    query::{Bounds, Order, Page, Pruned, Query, TopicPage, TopicQuery, TopicSummary},
    retention::{InvalidRule, Limits, Retention, RetentionRule},
    sqlite::{OpenError, SqliteLog, SqliteOptions},
};
