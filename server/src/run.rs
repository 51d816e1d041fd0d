//! A server's life: start, serve, end.

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
    config::{Config, LogFormat, fail},
    direct::Direct,
    listen::{self, budget::raise_descriptor_limit},
    router, sources,
};

/// A running server. Dropping it ends it as [`Server::shutdown`] does, without waiting.
pub struct Server {
    address: SocketAddr,
    state: AppState,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts a server at an address like `127.0.0.1:3000`; port 0 takes a free one.
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
        let (stop, stopped) = oneshot::channel::<()>();
        let (hub, ended) = (state.hub.clone(), state.hub.clone());
        let budget = state.budget.clone();
        let app = router::router(state.clone());
        let direct = Direct::start(&state.hub).map_err(StartError::Thread)?;
        let task = tokio::spawn(async move {
            let shutdown = async {
                // A sender that was dropped says the same.
                let _ = stopped.await;
                // Streams are ended before connections are told to finish, or they never would.
                hub.close();
            };
            listen::serve(
                listener,
                app,
                direct,
                &budget,
                options.head_timeout,
                options.peer_timeout,
                shutdown,
                options.shutdown_deadline,
            )
            .await;
            // What was accepted is in the log before this is over, unless the disk does not answer.
            if timeout(options.shutdown_deadline, ended.closed())
                .await
                .is_err()
            {
                tracing::warn!("the log did not end in time");
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

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its hub.
    pub fn hub(&self) -> &SqliteHub {
        &self.state.hub
    }

    /// Ends every stream, lets requests at hand finish, and returns when all is over, or at the
    /// deadline.
    pub async fn shutdown(self) {
        // It has ended already where nobody receives this.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the accept loop failed");
        }
    }
}

/// Serves until the process is told to end.
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
        ..Options::default()
    };
    // Whoever reads the line below may end us at once, so the signals are listened for before it.
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
    // The one line others wait for, hence flushed. If nobody reads it, the server serves all the
    // same.
    let mut stdout = io::stdout();
    let _ = writeln!(stdout, "Pulseboard is live at http://{}", server.address())
        .and_then(|()| stdout.flush());
    let code = tokio::select! {
        _ = terminate.recv() => ExitCode::SUCCESS,
        _ = interrupt.recv() => ExitCode::SUCCESS,
        () = server.hub().closed() => {
            // Its writer is gone: nothing can be published any more, and whoever watches this
            // process should start it again.
            tracing::error!("the hub ended by itself");
            ExitCode::FAILURE
        }
    };
    tracing::info!("shutting down");
    server.shutdown().await;
    code
}

fn log_to_stderr(filter: Option<&str>, format: LogFormat) -> Result<(), String> {
    let filter = match filter {
        Some(filter) => EnvFilter::try_new(filter)
            .map_err(|error| format!("invalid value for --log-filter: {error}"))?,
        None => EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
    };
    // Colours are for a terminal whose owner wants them.
    let has_colours = io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(has_colours);
    match format {
        LogFormat::Text => lines.try_init(),
        // A collector should find the fields without looking for them.
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .try_init(),
    }
    .map_err(|error| error.to_string())
}
