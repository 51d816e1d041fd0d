//! The `pulseboard` command.

use std::process::ExitCode;

use pulseboard_server::config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    match Config::from_command_line() {
        Ok(config) => pulseboard_server::run(config).await,
        Err(code) => code,
    }
}
