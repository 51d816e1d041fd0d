//! The command line. [`limits`] checks its values.

mod limits;

use clap::{Args, Parser, Subcommand};

use crate::{
    failure::Failure,
    peer::{Peer, ReadMode},
    target::Target,
};

/// Measures an event server on this machine from outside and checks its deliveries.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 120,
    after_help = "Exit codes: 0, everything was correct; 1, wrong content or a failed run; 2, invalid usage."
)]
pub struct Cli {
    /// The run to perform.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Publish events to many subscribers; check and time every delivery.
    FanOut(FanOut),
    /// Open subscribers without publishing; report the cost of each for the server.
    Idle(Idle),
    /// Publish as fast as the server responds; read all events back and check them.
    Publish(Publish),
    /// Store events, then read all of them with many clients at once; check every client.
    Replay(Replay),
    /// Publish to readers alone, then beside stalled streams; report the cost for the server and for
    /// the other readers.
    Slow(Slow),
    /// Kill the server under its subscribers and start it again; check that all reconnect and get
    /// every event.
    Herd(Herd),
    /// Serve as a server that only writes, for comparison with a fan-out (--peer write-loop). Runs
    /// until it is killed.
    WriteLoop(WriteLoop),
    /// Print reports (lines of --json on standard input) as a Markdown table with one column per
    /// server.
    Table,
}

/// The server to measure.
#[derive(Args, Debug)]
struct Server {
    /// The address of the server, in 127.0.0.0/8.
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    url: String,
    /// The kind of server.
    #[arg(long, value_enum, default_value_t)]
    peer: Peer,
    /// The server's process id; reports its processor time and memory.
    #[arg(long)]
    pid: Option<u32>,
}

impl Server {
    fn target(&self) -> Result<Target, Failure> {
        Ok(self.url.parse::<Target>()?.with_peer(self.peer))
    }
}

/// `fan-out`.
#[derive(Args, Debug)]
pub struct FanOut {
    #[command(flatten)]
    server: Server,
    /// The number of subscribers; 0 measures publishing alone.
    #[arg(long, default_value_t = 1_000)]
    subscribers: usize,
    /// The number of further subscribers that stop reading after their first block.
    #[arg(long, default_value_t = 0)]
    stalled: usize,
    /// Events per second; 0 publishes as fast as the server responds.
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// How long to publish; with --rate 0, the maximum.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// The number of events to publish with --rate 0 [default: 1000].
    #[arg(long)]
    events: Option<u64>,
    /// The number of connections that publish in parallel [default: 1, with --rate 0: 16].
    #[arg(long)]
    publishers: Option<usize>,
    /// The length of a payload in bytes.
    #[arg(long, default_value_t = 256)]
    bytes: usize,
    #[command(flatten)]
    common: Common,
}

/// `idle`.
#[derive(Args, Debug)]
pub struct Idle {
    #[command(flatten)]
    server: Server,
    /// The number of subscribers.
    #[arg(long, default_value_t = 1_000)]
    subscribers: usize,
    /// How long they stay open.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    #[command(flatten)]
    common: Common,
}

/// `publish`.
#[derive(Args, Debug)]
pub struct Publish {
    #[command(flatten)]
    server: Server,
    /// The number of connections that publish in parallel.
    #[arg(long, default_value_t = 64)]
    publishers: usize,
    /// The number of events.
    #[arg(long, default_value_t = 200_000)]
    events: u64,
    /// The maximum time to publish.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// The length of a payload in bytes.
    #[arg(long, default_value_t = 256)]
    bytes: usize,
    #[command(flatten)]
    common: Common,
}

/// `replay`.
#[derive(Args, Debug)]
pub struct Replay {
    #[command(flatten)]
    server: Server,
    /// The number of clients that read at once.
    #[arg(long, default_value_t = 500)]
    clients: usize,
    /// The number of events that each client reads.
    #[arg(long, default_value_t = 2_000)]
    events: u64,
    /// The length of a payload in bytes.
    #[arg(long, default_value_t = 1_024)]
    bytes: usize,
    /// The number of connections that store the events.
    #[arg(long, default_value_t = 16)]
    publishers: usize,
    /// How events are read: as a stream, or as one body that ends (durable-streams only).
    #[arg(long, value_enum, default_value_t)]
    via: ReadMode,
    #[command(flatten)]
    common: Common,
}

/// `slow`.
#[derive(Args, Debug)]
pub struct Slow {
    #[command(flatten)]
    server: Server,
    /// The number of streams that are read.
    #[arg(long, default_value_t = 500)]
    readers: usize,
    /// The number of further streams that are opened and not read.
    #[arg(long, default_value_t = 500)]
    stalled: usize,
    /// Events per second.
    #[arg(long, default_value_t = 1_000)]
    rate: u32,
    /// How long to publish in each of the two phases.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// The number of connections that publish in parallel.
    #[arg(long, default_value_t = 32)]
    publishers: usize,
    /// The length of a payload in bytes.
    #[arg(long, default_value_t = 256)]
    bytes: usize,
    #[command(flatten)]
    common: Common,
}

/// `herd`.
#[derive(Args, Debug)]
pub struct Herd {
    #[command(flatten)]
    server: Server,
    /// The number of subscribers.
    #[arg(long, default_value_t = 5_000)]
    subscribers: usize,
    /// Events per second. Events of the outage are published when the server is back.
    #[arg(long, default_value_t = 100)]
    rate: u32,
    /// How long to publish before the server is killed, and after all subscribers have recovered.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// The number of connections that publish in parallel.
    #[arg(long, default_value_t = 4)]
    publishers: usize,
    /// The length of a payload in bytes.
    #[arg(long, default_value_t = 256)]
    bytes: usize,
    #[command(flatten)]
    common: Common,
    /// The command that starts the server on --url. The run kills the server (SIGKILL) and starts the
    /// same command again.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// `write-loop`.
#[derive(Args, Debug)]
pub struct WriteLoop {
    /// The address to listen on, in 127.0.0.0/8.
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    url: String,
}

/// The arguments of every run.
#[derive(Args, Debug)]
struct Common {
    /// Report one line of JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// The number of threads that read deliveries [default: half the processors].
    #[arg(long)]
    threads: Option<usize>,
}

impl Command {
    /// Returns whether the report is JSON.
    pub fn json(&self) -> bool {
        self.common().is_some_and(|common| common.json)
    }

    /// Returns how many threads read deliveries: by default half the processors, because the server is
    /// on the same machine.
    pub fn threads(&self) -> usize {
        let half = || std::thread::available_parallelism().map_or(1, |all| all.get() / 2);
        self.common()
            .and_then(|common| common.threads)
            .unwrap_or_else(half)
            .clamp(1, 64)
    }

    fn common(&self) -> Option<&Common> {
        match self {
            Self::FanOut(args) => Some(&args.common),
            Self::Idle(args) => Some(&args.common),
            Self::Publish(args) => Some(&args.common),
            Self::Replay(args) => Some(&args.common),
            Self::Slow(args) => Some(&args.common),
            Self::Herd(args) => Some(&args.common),
            Self::WriteLoop(_) | Self::Table => None,
        }
    }
}
