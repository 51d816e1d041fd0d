//! The command line. What it may ask for is decided in [`limits`].

mod limits;

use clap::{Args, Parser, Subcommand};

use crate::{
    failure::Failure,
    peer::{Peer, ReadMode},
    target::Target,
};

/// Measures an event server on this machine from outside, and checks what it delivers.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 120)]
pub struct Cli {
    /// What to measure.
    #[command(subcommand)]
    pub command: Command,
}

/// The runs there are.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Publish events to many subscribers; check and time every delivery. Exit code 1 when content
    /// is wrong.
    FanOut(FanOut),
    /// Open subscribers that only listen; tell what each costs the server.
    Idle(Idle),
    /// Publish as fast as it is answered; read everything back and check it.
    Publish(Publish),
    /// Store events; then many clients read all of them from the start at once. Check every client.
    Replay(Replay),
    /// Fan out to readers alone, then beside streams that are opened and not read. Check what it
    /// costs whom.
    Slow(Slow),
    /// Kill the server while its subscribers listen, start it again, and check that all come back
    /// and miss nothing.
    Herd(Herd),
    /// Be a server that does nothing but write, the floor of a fan-out (--peer write-loop). Serves
    /// until it is killed.
    WriteLoop(WriteLoop),
    /// Lay reports (lines of --json, on standard input) side by side, one column a server, as
    /// Markdown.
    Table,
}

/// Which server.
#[derive(Args, Debug)]
struct Server {
    /// The server, on an address in 127.0.0.0/8.
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    url: String,
    /// Which kind of server it is.
    #[arg(long, value_enum, default_value_t)]
    peer: Peer,
    /// The server's process id: also tell its processor time and memory.
    #[arg(long)]
    pid: Option<u32>,
}

impl Server {
    fn target(&self) -> Result<Target, Failure> {
        Ok(self.url.parse::<Target>()?.of(self.peer))
    }
}

/// `fan-out`.
#[derive(Args, Debug)]
pub struct FanOut {
    #[command(flatten)]
    server: Server,
    /// How many streams to open; 0 measures publishing alone.
    #[arg(long, default_value_t = 1_000)]
    subscribers: usize,
    /// How many more to open that stop reading behind their first block.
    #[arg(long, default_value_t = 0)]
    stalled: usize,
    /// Events a second; 0 publishes as fast as it is answered.
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// How long to publish; with --rate 0, at most.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// How many events to publish with --rate 0 [default: 1000].
    #[arg(long)]
    events: Option<u64>,
    /// How many connections publish side by side [default: 1, with --rate 0: 16].
    #[arg(long)]
    publishers: Option<usize>,
    /// The length of a payload.
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
    /// How many streams to open.
    #[arg(long, default_value_t = 1_000)]
    subscribers: usize,
    /// How long they stay.
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
    /// How many connections publish side by side.
    #[arg(long, default_value_t = 64)]
    publishers: usize,
    /// How many events.
    #[arg(long, default_value_t = 200_000)]
    events: u64,
    /// How long to publish at most.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// The length of a payload.
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
    /// How many clients read at once.
    #[arg(long, default_value_t = 500)]
    clients: usize,
    /// How many events each reads.
    #[arg(long, default_value_t = 2_000)]
    events: u64,
    /// The length of a payload.
    #[arg(long, default_value_t = 1_024)]
    bytes: usize,
    /// How many connections store the events.
    #[arg(long, default_value_t = 16)]
    publishers: usize,
    /// How they are read: as a stream, or in one body that ends (durable-streams only).
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
    /// How many streams are read.
    #[arg(long, default_value_t = 500)]
    readers: usize,
    /// How many are opened beside them and not read.
    #[arg(long, default_value_t = 500)]
    stalled: usize,
    /// Events a second.
    #[arg(long, default_value_t = 1_000)]
    rate: u32,
    /// How long to publish, each time.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// How many connections publish side by side.
    #[arg(long, default_value_t = 32)]
    publishers: usize,
    /// The length of a payload.
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
    /// How many subscribers.
    #[arg(long, default_value_t = 5_000)]
    subscribers: usize,
    /// Events a second, also while the server is away: they are published when it is back.
    #[arg(long, default_value_t = 100)]
    rate: u32,
    /// How long to publish before the server is killed, and again when all are back.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// How many connections publish side by side.
    #[arg(long, default_value_t = 4)]
    publishers: usize,
    /// The length of a payload.
    #[arg(long, default_value_t = 256)]
    bytes: usize,
    #[command(flatten)]
    common: Common,
    /// What starts the server, listening at --url; it is killed with SIGKILL and started again with
    /// the same words.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// `write-loop`.
#[derive(Args, Debug)]
pub struct WriteLoop {
    /// Where to listen, on an address in 127.0.0.0/8.
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    url: String,
}

/// What every run takes.
#[derive(Args, Debug)]
struct Common {
    /// Report one line of JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Threads that read deliveries [default: half the processors].
    #[arg(long)]
    threads: Option<usize>,
}

impl Command {
    /// Report as JSON.
    pub fn json(&self) -> bool {
        self.common().is_some_and(|common| common.json)
    }

    /// How many threads read deliveries. Half the processors, because the server is on the same
    /// machine.
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
