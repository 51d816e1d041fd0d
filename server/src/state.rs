//! The options of a server, and the state that its handlers share.

use std::{
    io,
    num::NonZero,
    ops::{Deref, RangeInclusive},
    path::PathBuf,
    sync::Arc,
    thread::available_parallelism,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use leptos::config::LeptosOptions;
use pulseboard_contract::{Epoch, Timestamp};
use pulseboard_hub::{Clock, Hub, OpenError, Retention, SqliteLog, SqliteOptions};
use tokio::sync::Semaphore;

use crate::{
    budget::{Budget, BudgetError, descriptor_limit},
    metrics::Metrics,
    presence::Presence,
    sqlite_hub::SqliteHub,
};

/// The options of a server. Time and randomness are passed in here, so that a test controls them.
///
/// ```
/// use std::time::Duration;
///
/// use pulseboard_server::Options;
///
/// let options = Options {
///     heartbeat_every: Duration::from_secs(5),
///     max_streams: Some(100),
///     ..Options::default()
/// };
/// # let _ = options;
/// ```
#[derive(Clone)]
pub struct Options {
    /// Returns the current time.
    pub clock: Clock,
    /// The epoch of a new log; by default a random one.
    pub epoch: Epoch,
    /// The directory of the log. Without one the log is in memory and ends with the server.
    pub data_dir: Option<PathBuf>,
    /// How much the log keeps.
    pub retention: Retention,
    /// The time between two heartbeats of a stream.
    pub heartbeat_every: Duration,
    /// How long a person stays present after their stream has ended: a reload or a lost connection
    /// is not a departure.
    pub presence_grace: Duration,
    /// How many milliseconds a client waits before it reconnects. Each stream draws a number, so
    /// that clients do not all return at once.
    pub retry_millis: RangeInclusive<u64>,
    /// How long a client may take to send the head of a request. It also ends an idle connection.
    pub head_timeout: Duration,
    /// How long a client may leave data unacknowledged before it is disconnected.
    pub peer_timeout: Duration,
    /// How many file descriptors this process may have.
    pub descriptors: u64,
    /// How many streams there may be; `None` means as many as the descriptors allow.
    pub max_streams: Option<u32>,
    /// How long requests in progress may take once the server shuts down.
    pub shutdown_deadline: Duration,
    /// Whether the metrics of this machine are published.
    pub host_metrics: bool,
    /// Whether streams over HTTP/1.1 are detached from hyper and written by worker threads. If not,
    /// they are ordinary response bodies, which is for measurements only.
    pub detaches_streams: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(system_time),
            epoch: Epoch::new(rand::random()),
            data_dir: None,
            retention: Retention::default(),
            heartbeat_every: Duration::from_secs(15),
            presence_grace: Duration::from_secs(5),
            retry_millis: 2_000..=4_000,
            head_timeout: Duration::from_secs(10),
            // Together with a heartbeat less than 45 seconds, and long enough for a train in a
            // tunnel.
            peer_timeout: Duration::from_secs(25),
            descriptors: descriptor_limit(),
            max_streams: None,
            // With everything after it less than ten seconds, which many service managers allow.
            shutdown_deadline: Duration::from_secs(8),
            host_metrics: false,
            detaches_streams: true,
        }
    }
}

fn system_time() -> Timestamp {
    let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(_) => 0,
    };
    // A time after the year 9999 cannot be written. Any other time is wrong too.
    Timestamp::from_millis(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It cannot listen on the address.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: String,
        /// The cause.
        error: io::Error,
    },
    /// The limits of connections and streams are not valid.
    #[error("{0}")]
    Budget(#[from] BudgetError),
    /// The log cannot be opened.
    #[error("cannot open the log: {0}")]
    Log(#[from] OpenError),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

/// The state that all handlers share. A layer clones it for every request, so a clone is one
/// reference count.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

/// The fields of [`AppState`].
pub struct Inner {
    /// The hub.
    pub hub: SqliteHub,
    /// Who is present where.
    pub presence: Presence,
    pub(crate) leptos: LeptosOptions,
    pub(crate) heartbeat_every: Duration,
    pub(crate) retry_millis: RangeInclusive<u64>,
    /// Limits how many pages are rendered at a time.
    pub(crate) renderers: Arc<Semaphore>,
    pub(crate) metrics: Metrics,
    pub(crate) budget: Budget,
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl AppState {
    /// Opens the log, and starts the hub and presence. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// If the limits are not valid, the log cannot be opened or a thread cannot be started.
    pub fn start(options: &Options) -> Result<Self, StartError> {
        let budget = Budget::new(options.descriptors, options.max_streams)?;
        let log = match &options.data_dir {
            Some(directory) => {
                let log = SqliteOptions {
                    retention: options.retention.clone(),
                    vfs: None,
                };
                SqliteLog::open(directory, options.epoch, log)
            }
            None => SqliteLog::in_memory(options.epoch, options.retention.clone()),
        };
        let clock = options.clock.clone();
        let hub = pulseboard_hub::Options {
            heartbeat_every: options.heartbeat_every,
            ..pulseboard_hub::Options::new(move || clock())
        };
        let hub = Hub::start(log?, hub).map_err(StartError::Thread)?;
        let metrics = Metrics::new(|registry| {
            hub.register(registry);
            budget.register(registry);
        });
        Ok(Self(Arc::new(Inner {
            presence: Presence::start(hub.clone(), options.presence_grace),
            hub,
            leptos: leptos_options(),
            heartbeat_every: options.heartbeat_every,
            retry_millis: options.retry_millis.clone(),
            renderers: Arc::new(Semaphore::new(
                available_parallelism().map_or(1, NonZero::get),
            )),
            metrics,
            budget,
        })))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.hub.now()
    }
}

/// The names of the front end's files. They are constants, because an installed binary has no
/// Cargo.toml to read them from. Only the values that the development watcher changes come from the
/// environment.
fn leptos_options() -> LeptosOptions {
    let variable = |name| std::env::var(name).ok();
    LeptosOptions::builder()
        .output_name("pulseboard")
        .site_root(variable("LEPTOS_SITE_ROOT").unwrap_or_else(|| "target/site".to_owned()))
        .site_pkg_dir("pkg")
        .reload_port(
            variable("LEPTOS_RELOAD_PORT")
                .and_then(|port| port.parse().ok())
                .unwrap_or(3001),
        )
        .build()
}
