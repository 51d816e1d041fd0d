//! What the handlers share, and the options a server is started with.

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
    listen::budget::{Budget, BudgetError, descriptor_limit},
    metrics::Metrics,
    presence::Presence,
    sqlite_hub::SqliteHub,
};

/// How a server behaves. Time and randomness come in here, so that a test decides both.
#[derive(Clone)]
pub struct Options {
    /// Tells the time.
    pub clock: Clock,
    /// The epoch of a new log, drawn at random.
    pub epoch: Epoch,
    /// The directory of the log; without one it is in memory and goes with the process.
    pub data_dir: Option<PathBuf>,
    /// What the log keeps.
    pub retention: Retention,
    /// How often every stream gets a heartbeat.
    pub heartbeat_every: Duration,
    /// How long somebody whose stream ended counts as present: a reload or a lost connection is not
    /// a farewell.
    pub presence_grace: Duration,
    /// The reconnection times streams are told, in milliseconds; each draws one, so that not all
    /// come back at once.
    pub retry_millis: RangeInclusive<u64>,
    /// How long a client may take to send the head of a request. It also ends an idle connection.
    pub head_timeout: Duration,
    /// How long a client may leave data unacknowledged before it is disconnected.
    pub peer_timeout: Duration,
    /// How many file descriptors this process may have.
    pub descriptors: u64,
    /// How many streams there may be; none means as many as the descriptors allow.
    pub max_streams: Option<u32>,
    /// How long requests at hand may take once the server is told to end.
    pub shutdown_deadline: Duration,
    /// Whether the metrics of this machine are published.
    pub host_metrics: bool,
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
            // With the heartbeat before it less than 45 seconds, and long enough for a train in a
            // tunnel.
            peer_timeout: Duration::from_secs(25),
            descriptors: descriptor_limit(),
            max_streams: None,
            // With what comes after it less than ten seconds, which is what many give a service to
            // end.
            shutdown_deadline: Duration::from_secs(8),
            host_metrics: false,
        }
    }
}

fn system_time() -> Timestamp {
    let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(_) => 0,
    };
    // A clock beyond the year 9999 cannot be written; the first moment is as wrong as any other.
    Timestamp::from_millis(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Which.
        address: String,
        /// Why.
        error: io::Error,
    },
    /// There are not the file descriptors for what is wanted.
    #[error("{0}")]
    Budget(#[from] BudgetError),
    /// The log cannot be opened.
    #[error("cannot open the log: {0}")]
    Log(#[from] OpenError),
    /// There is no thread to write it with.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

/// What every handler has at hand. A layer clones it for every request it sees, so a clone is one
/// count.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What there is one of.
pub struct Shared {
    /// The hub.
    pub hub: SqliteHub,
    /// Who is where.
    pub presence: Presence,
    pub(crate) leptos: LeptosOptions,
    pub(crate) heartbeat_every: Duration,
    pub(crate) retry_millis: RangeInclusive<u64>,
    /// How many pages may be rendered at a time.
    pub(crate) renderers: Arc<Semaphore>,
    pub(crate) metrics: Metrics,
    pub(crate) budget: Budget,
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
    /// Opens the log and starts the hub and what belongs to it. Must be called within a tokio
    /// runtime.
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
        Ok(Self(Arc::new(Shared {
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

/// The names of the front end's files. They are set here rather than read from a Cargo.toml, which
/// is not there when the binary stands alone; only what the development watcher changes comes from
/// the environment.
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
