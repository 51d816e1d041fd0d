//! The log in SQLite: durable, indexed and pruned; or the same in memory.
//!
//! One connection writes, in WAL mode with `synchronous=FULL`: when a commit returns, its events
//! survive a loss of power. Readers have their own connections and never wait for the writer. One
//! index over [topic types](directory) serves all filters; [`schema`] describes the tables.

mod append;
mod checkpoint;
mod columns;
mod connection;
mod create;
mod directory;
mod error;
mod files;
mod header;
mod identity;
mod load;
mod merge;
mod open;
mod overdue;
mod plan;
mod prune;
mod pruned;
mod read;
mod rows;
mod schema;
mod state;
mod writer;

use std::sync::atomic::Ordering;

use prometheus_client::registry::Registry;
use pulseboard_contract::{Epoch, Timestamp};

use self::schema::Meta;
pub use self::{error::OpenError, open::SqliteOptions, state::SqliteLog};
use super::{
    api::Log,
    error::LogError,
    event::{Appended, NewEvent},
    query::{Bounds, Page, Query, TopicPage, TopicQuery, TopicSummary},
};

impl Log for SqliteLog {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn bounds(&self) -> Bounds {
        self.directory().bounds()
    }

    fn append(&self, events: Vec<NewEvent>, now: Timestamp) -> Result<Vec<Appended>, LogError> {
        self.append_all(events, now)
    }

    fn read(&self, query: &Query) -> Result<Page, LogError> {
        self.read_page(query)
    }

    fn topics(&self, query: &TopicQuery) -> Result<TopicPage, LogError> {
        self.list_topics(query)
    }

    fn recent_topics(&self, limit: usize) -> Vec<TopicSummary> {
        self.directory().recent(limit)
    }

    fn maintain(&self, now: Timestamp) -> Result<bool, LogError> {
        let has_more = self.prune(now)?;
        self.writer().keep_wal_short();
        let (last, count, bytes) = {
            let directory = self.directory();
            (directory.last, directory.whole.count, directory.whole.bytes)
        };
        if let Some(files) = &self.files {
            files.write_mark(self.epoch, last);
            self.metrics.file_bytes.set(files.bytes());
        }
        self.metrics.set_held(count, bytes);
        Ok(has_more)
    }

    fn check(&self) -> Result<(), LogError> {
        self.writer()
            .use_connection(|connection| Meta::write_check(connection))
    }

    fn prune_version(&self) -> u64 {
        self.prune_version.load(Ordering::Acquire)
    }

    fn register(&self, registry: &mut Registry) {
        self.metrics.register(registry);
    }
}
