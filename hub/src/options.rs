//! The settings of a hub: its clock, its periods and its memory limits.

use std::{sync::Arc, time::Duration};

use pulseboard_contract::Timestamp;

/// Returns the current time. Tests pass a clock of their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The settings of a hub.
#[derive(Clone)]
pub struct Options {
    /// The time of heartbeats and of storing; retention and expiry compare against it.
    pub clock: Clock,
    /// How often every stream gets a heartbeat.
    pub heartbeat_every: Duration,
    /// How often the hub asks the log to prune. See `log/retention.rs` for everything that belongs
    /// to retention.
    pub maintain_every: Duration,
    /// How many events stay in memory for streams that keep up.
    pub ring_entries: usize,
    /// How many bytes these events may take, encoded forms included.
    pub ring_bytes: usize,
    /// How many bytes one segment chain holds for its slower streams. All chains of a delivery
    /// together hold at most sixteen times as much.
    pub chain_bytes: usize,
}

impl Options {
    /// A heartbeat every 15 s, pruning every second, 16,384 events or 32 MiB in the ring, and 1 MiB
    /// per segment chain.
    pub fn new(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            clock: Arc::new(clock),
            heartbeat_every: Duration::from_secs(15),
            maintain_every: Duration::from_secs(1),
            ring_entries: 16_384,
            ring_bytes: 32 * 1024 * 1024,
            chain_bytes: 1024 * 1024,
        }
    }
}
