//! The life of a server: it starts, serves and shuts down.

use std::{
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    process::ExitCode,
};

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};
use tracing_subscriber::EnvFilter;

use crate::{
    AppState, Options, SqliteHub, StartError,
    budget::raise_descriptor_limit,
    config::{Config, LogFormat, fail},
    direct,
    listen::{self, Service},
    router, sources,
};

/// A running server. If it is dropped, it shuts down as with [`Server::shutdown`], but nobody waits
/// for it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), pulseboard_server::StartError> {
/// use pulseboard_server::{Options, Server};
///
/// let server = Server::start("127.0.0.1:0", Options::default()).await?;
/// assert_eq!(server.hub().subscribers(), 0);
/// server.shutdown().await;
/// # Ok(()) }
/// ```
pub struct Server {
    address: SocketAddr,
    state: AppState,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts a server on an address like `127.0.0.1:3000`. Port 0 selects a free port.
    ///
    /// # Errors
    ///
    /// If the address is in use, the log cannot be opened, the limits are not valid or a thread
    /// cannot be started.
    pub async fn start(listen: &str, options: Options) -> Result<Self, StartError> {
        let refused = |error| StartError::Listen {
            address: listen.to_owned(),
            error,
        };
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let state = AppState::start(&options)?;
        let host = options
            .host_metrics
            .then(|| tokio::spawn(sources::host::run(state.hub.clone())));
        let service = Service {
            router: router::router(state.clone()),
            workers: direct::start_workers(&state.hub).map_err(StartError::Thread)?,
            budget: state.budget.clone(),
            head_timeout: options.head_timeout,
            peer_timeout: options.peer_timeout,
            shutdown_deadline: options.shutdown_deadline,
            detaches_streams: options.detaches_streams,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let hub = state.hub.clone();
        let task = tokio::spawn(async move {
            let shutdown = async {
                // An error means that the `Server` was dropped, which has the same consequence.
                let _ = stopped.await;
                // Streams end first: a connection with a stream would never finish.
                hub.close();
            };
            listen::serve(listener, service, shutdown).await;
            // The log has every accepted event before the server ends, unless the disk does not
            // respond.
            if timeout(options.shutdown_deadline, hub.closed())
                .await
                .is_err()
            {
                tracing::warn!("the log did not close in time");
            }
            if let Some(host) = host {
                host.abort();
            }
        });
        Ok(Self {
            address,
            state,
            stop,
            task,
        })
    }

    /// The address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its hub.
    pub fn hub(&self) -> &SqliteHub {
        &self.state.hub
    }

    /// Ends every stream and lets requests in progress finish. Returns when all connections are
    /// closed, at the latest soon after the deadline.
    pub async fn shutdown(self) {
        // An error means that the server has ended already.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the accept loop failed");
        }
    }
}

/// Runs a server until the process receives SIGTERM or SIGINT.
pub async fn run(config: Config) -> ExitCode {
    if let Err(reason) = log_to_stderr(config.log_filter.as_deref(), config.log_format) {
        return fail(&reason);
    }
    let data_dir = match config.data_directory() {
        Ok(data_dir) => data_dir,
        Err(reason) => return fail(&reason),
    };
    let options = Options {
        data_dir,
        heartbeat_every: config.heartbeat,
        retention: config.retention(),
        host_metrics: !config.no_host_metrics,
        descriptors: raise_descriptor_limit(),
        max_streams: config.max_streams,
        detaches_streams: detaches_streams(),
        ..Options::default()
    };
    // Before the line below is printed: a program that reads it may send a signal at once.
    let (mut terminate, mut interrupt) = match (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) {
        (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
        (Err(error), _) | (_, Err(error)) => {
            return fail(&format!("cannot listen for signals: {error}"));
        }
    };
    let server = match Server::start(&config.listen, options).await {
        Ok(server) => server,
        Err(error) => return fail(&error.to_string()),
    };
    // Programs wait for this line, so it is flushed. If nobody reads it, the server still serves.
    let mut stdout = io::stdout();
    let _ = writeln!(stdout, "Pulseboard is live at http://{}", server.address())
        .and_then(|()| stdout.flush());
    let code = tokio::select! {
        _ = terminate.recv() => ExitCode::SUCCESS,
        _ = interrupt.recv() => ExitCode::SUCCESS,
        () = server.hub().closed() => {
            // The writer of the hub is gone, so nothing can be published any more. The exit code
            // tells the service manager to restart the process.
            tracing::error!("the hub stopped unexpectedly");
            ExitCode::FAILURE
        }
    };
    tracing::info!("shutting down");
    server.shutdown().await;
    code
}

/// Whether streams are detached from hyper. `bench/README.md` documents this switch; it is not an
/// option for users.
fn detaches_streams() -> bool {
    std::env::var_os("PULSEBOARD_STREAMS").is_none_or(|streams| streams != "body")
}

fn log_to_stderr(filter: Option<&str>, format: LogFormat) -> Result<(), String> {
    let filter = match filter {
        Some(filter) => EnvFilter::try_new(filter)
            .map_err(|error| format!("invalid value for --log-filter: {error}"))?,
        None => EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
    };
    // Colours only on a terminal, and only if the user has not disabled them.
    let has_colours = io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(has_colours);
    match format {
        LogFormat::Text => lines.try_init(),
        // Flat, so that a log collector finds the fields at the top level.
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init(),
    }
    .map_err(|error| error.to_string())
}
