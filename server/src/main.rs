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

/// A publish makes a few dozen small allocations on one thread, and another thread frees them. The
/// allocator of the system would take a fifth of the time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long the process waits at its end for work that cannot be interrupted, such as reading the
/// size of a network disk that does not respond.
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
        Task::Publish(args) => exit_code(runtime.block_on(publish::run(args))),
        Task::Tail(args) => exit_code(runtime.block_on(tail::run(args))),
        Task::Export(args) => exit_code(runtime.block_on(export::run(args))),
        Task::Import(args) => exit_code(runtime.block_on(import::run(args))),
        Task::Completions { shell } => print_completions(shell),
    };
    runtime.shutdown_timeout(PATIENCE);
    code
}

/// The exit code of a client command. Prints its error, if there is one, in one line.
fn exit_code(outcome: Result<(), Failure>) -> ExitCode {
    let Err(failure) = outcome else {
        return ExitCode::SUCCESS;
    };
    match &failure {
        // The reader closed the pipe on purpose.
        Failure::ClosedPipe => {}
        Failure::Usage(_) | Failure::Failed(_) => {
            let _ = writeln!(io::stderr(), "pulseboard: {failure}");
        }
    }
    ExitCode::from(failure.code())
}
