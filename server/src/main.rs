//! The `pulseboard` command.

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use pulseboard_client::{Failure, export, import, publish, tail};
use pulseboard_server::{
    command_line::{Task, print_completions},
    config::fail,
};
use tokio::runtime::Runtime;

/// A publish is a few dozen small allocations on one thread that another one frees; the system's
/// allocator takes a fifth of the time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long the end waits for work that cannot be interrupted, such as asking a dead network disk
/// for its size.
const PATIENCE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let task = match Task::from_command_line() {
        Ok(task) => task,
        Err(code) => return code,
    };
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}")),
    };
    let code = match task {
        Task::Serve(config) => runtime.block_on(pulseboard_server::run(config)),
        Task::Publish(args) => ended(runtime.block_on(publish::run(args))),
        Task::Tail(args) => ended(runtime.block_on(tail::run(args))),
        Task::Export(args) => ended(runtime.block_on(export::run(args))),
        Task::Import(args) => ended(runtime.block_on(import::run(args))),
        Task::Completions { shell } => print_completions(shell),
    };
    runtime.shutdown_timeout(PATIENCE);
    code
}

/// How a client command ended: its one line, if something is to be said, and its code.
fn ended(outcome: Result<(), Failure>) -> ExitCode {
    let Err(failure) = outcome else {
        return ExitCode::SUCCESS;
    };
    match &failure {
        // Whoever closed the pipe does not want to hear of it.
        Failure::ClosedPipe => {}
        Failure::Usage(_) | Failure::Failed(_) => {
            let _ = writeln!(io::stderr(), "pulseboard: {failure}");
        }
    }
    ExitCode::from(failure.code())
}
