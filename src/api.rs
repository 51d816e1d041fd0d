//! The JSON of the HTTP API: what the server answers and clients read.
//!
//! Each shape is declared here once. The server serializes it, and the browser, the command line
//! and the tests deserialize it. With the feature `openapi`, each one also describes itself to the
//! `OpenAPI` document of the server.

mod history;
mod problem;
mod published;
mod series;
mod topics;

pub use history::HistoryPage;
pub use problem::ProblemDocument;
pub use published::{PublishedBatch, PublishedEvent, PublishedLines};
pub use series::{FieldSeries, FieldStates, TopicSeries};
pub use topics::{TopicEntry, TopicsPage};

/// A golden test: the value and its JSON are each other's form.
#[cfg(test)]
#[track_caller]
fn check_json<T>(value: &T, json: &str)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    assert_eq!(serde_json::to_string(value).unwrap(), json);
    assert_eq!(&serde_json::from_str::<T>(json).unwrap(), value);
}
