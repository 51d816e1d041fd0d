//! The `pulseboard` command.

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use pulseboard_client::{CommandError, export, import, publish, tail};
use pulseboard_server::{
    command_line::{Task, print_completions},
    config::fail,
};
use tokio::runtime::Runtime;

/// A publish is a few dozen small allocations on one thread that another one frees; the system's
/// allocator takes a fifth of the time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long the process waits at its end for work that cannot be interrupted, such as a call to an
/// unresponsive network disk.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

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
        Task::Publish(args) => report(runtime.block_on(publish::run(args))),
        Task::Tail(args) => report(runtime.block_on(tail::run(args))),
        Task::Export(args) => report(runtime.block_on(export::run(args))),
        Task::Import(args) => report(runtime.block_on(import::run(args))),
        Task::Completions { shell } => print_completions(shell),
    };
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    code
}

/// Prints the error of a client command, if there is one, and returns the exit code.
fn report(outcome: Result<(), CommandError>) -> ExitCode {
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    match &error {
        // The reader closed the pipe on purpose, so there is nothing to report.
        CommandError::OutputClosed => {}
        CommandError::Usage(_) | CommandError::Failed(_) => {
            let _ = writeln!(io::stderr(), "pulseboard: {error}");
        }
    }
    ExitCode::from(error.exit_code())
}
