//! The `pulseboard` command.

use std::{process::ExitCode, time::Duration};

use pulseboard_server::config::{Config, fail};
use tokio::runtime::Runtime;

/// How long the end waits for work that cannot be interrupted, such as asking a dead network disk for its size.
const PATIENCE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let config = match Config::from_command_line() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}")),
    };
    let code = runtime.block_on(pulseboard_server::run(config));
    runtime.shutdown_timeout(PATIENCE);
    code
}
