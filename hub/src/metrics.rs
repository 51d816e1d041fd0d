//! The metrics of the hub and its log, for operators.
//!
//! No label carries a topic or an event type: publishers choose these names, and each new label
//! value would be a new time series.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// Buckets in seconds, from the sync of a fast disk to one that is a problem.
const COMMIT_SECONDS: [f64; 12] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0,
];
const GROUP_EVENTS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 256.0, 1024.0];

/// The metrics of a log.
#[derive(Clone)]
pub(crate) struct LogMetrics {
    pub(crate) commit: Histogram,
    pub(crate) group: Histogram,
    pub(crate) pruned: Counter,
    pub(crate) file_bytes: Gauge,
    events: Gauge,
    bytes: Gauge,
}

impl Default for LogMetrics {
    fn default() -> Self {
        Self {
            commit: Histogram::new(COMMIT_SECONDS),
            group: Histogram::new(GROUP_EVENTS),
            pruned: Counter::default(),
            file_bytes: Gauge::default(),
            events: Gauge::default(),
            bytes: Gauge::default(),
        }
    }
}

impl LogMetrics {
    /// Sets how much the log holds.
    pub(crate) fn set_held(&self, events: u64, bytes: u64) {
        self.events.set(i64::try_from(events).unwrap_or(i64::MAX));
        self.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        let log = registry.sub_registry_with_prefix("log");
        log.register_with_unit(
            "commit",
            "Time to make a group of publishes durable, including the sync",
            Unit::Seconds,
            self.commit.clone(),
        );
        log.register(
            "group_events",
            "Events made durable by one commit",
            self.group.clone(),
        );
        log.register(
            "pruned_events",
            "Events removed because they expired or exceeded a limit",
            self.pruned.clone(),
        );
        log.register("events", "Events in the log", self.events.clone());
        log.register_with_unit(
            "held",
            "Size of the events in the log, as retention counts it",
            Unit::Bytes,
            self.bytes.clone(),
        );
        log.register_with_unit(
            "file",
            "Size of the log on disk",
            Unit::Bytes,
            self.file_bytes.clone(),
        );
    }
}

/// The metrics of the hub.
#[derive(Clone, Default)]
pub(crate) struct HubMetrics {
    pub(crate) stored: Counter,
    pub(crate) ephemeral: Counter,
    pub(crate) duplicates: Counter,
    pub(crate) refused: Counter,
    pub(crate) delivered: Counter,
    pub(crate) delivered_bytes: Counter,
    pub(crate) replayed: Counter,
    pub(crate) pages_read: Counter,
    pub(crate) pages_shared: Counter,
    pub(crate) gaps: Counter,
    pub(crate) behind: Gauge,
}

impl HubMetrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "events_stored",
            "Published events that were stored",
            self.stored.clone(),
        );
        registry.register(
            "events_ephemeral",
            "Published events that are not stored",
            self.ephemeral.clone(),
        );
        registry.register(
            "events_duplicate",
            "Published events that the log already had",
            self.duplicates.clone(),
        );
        registry.register(
            "events_refused",
            "Published events that the log rejected",
            self.refused.clone(),
        );
        registry.register(
            "deliveries",
            "Events and heartbeats sent on streams",
            self.delivered.clone(),
        );
        registry.register_with_unit(
            "delivered",
            "Bytes sent on streams",
            Unit::Bytes,
            self.delivered_bytes.clone(),
        );
        registry.register(
            "replayed_events",
            "Events read from the log and sent on streams",
            self.replayed.clone(),
        );
        registry.register(
            "replay_pages_read",
            "Pages read from the log for replay",
            self.pages_read.clone(),
        );
        registry.register(
            "replay_pages_shared",
            "Replay pages that another stream had already read",
            self.pages_shared.clone(),
        );
        registry.register("gaps", "Gap events sent on streams", self.gaps.clone());
        registry.register(
            "subscribers_behind",
            "Streams that read the log because they are behind",
            self.behind.clone(),
        );
    }
}
