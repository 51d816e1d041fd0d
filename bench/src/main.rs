//! `pulseboard-bench` measures a Server-Sent Events server from outside and checks its deliveries.
//!
//! It opens subscribers, publishes numbered events, and checks every stream: no event may be lost,
//! duplicated or out of order, and the ids must be those that the publishers received. It shares no
//! code with the server, so it cannot repeat the server's mistakes.
//!
//! ```text
//! pulseboard-bench fan-out --subscribers 1000 --rate 50 --seconds 20 --pid "$SERVER"
//! pulseboard-bench fan-out --subscribers 1000 --rate 0 --events 1000 --publishers 16 --pid "$SERVER"
//! pulseboard-bench idle --subscribers 10000 --pid "$SERVER"
//! pulseboard-bench herd --subscribers 5000 -- pulseboard --listen 127.0.0.1:3000 --data-dir "$FOLDER"
//! ```
//!
//! Exit codes: 0 for a correct run, 1 for wrong content or a failed run, 2 for an invalid command
//! line.

mod array;
mod batches;
mod check;
mod cli;
mod clock;
mod delivery;
mod failure;
mod fan_out;
mod herd;
mod histogram;
mod http;
mod idle;
mod load;
mod payload;
mod peer;
mod process;
mod publish;
mod publisher;
mod reader;
mod replay;
mod report;
mod server_process;
mod setup;
mod slow;
mod sse;
mod subscriber;
mod summary;
mod table;
mod target;
mod topic;
mod write_loop;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{
    cli::{Cli, Command},
    failure::Failure,
    report::Render,
    table::Table,
};

fn main() -> ExitCode {
    match run(&Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("pulseboard-bench: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Performs the run and prints its report. Returns whether everything was correct.
fn run(command: &Command) -> Result<bool, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(command.threads())
        .enable_all()
        .build()
        .map_err(|error| Failure::run(format!("cannot start the threads: {error}")))?;
    let json = command.json();
    match command {
        Command::FanOut(args) => {
            print_report(runtime.block_on(fan_out::run(args.try_into()?)), json)
        }
        Command::Idle(args) => print_report(runtime.block_on(idle::run(args.try_into()?)), json),
        Command::Publish(args) => {
            print_report(runtime.block_on(publish::run(args.try_into()?)), json)
        }
        Command::Replay(args) => {
            print_report(runtime.block_on(replay::run(args.try_into()?)), json)
        }
        Command::Slow(args) => print_report(runtime.block_on(slow::run(args.try_into()?)), json),
        Command::Herd(args) => print_report(runtime.block_on(herd::run(args.try_into()?)), json),
        Command::WriteLoop(args) => write_loop::serve(args.try_into()?).map(|()| true),
        Command::Table => {
            let table = Table::read(std::io::stdin().lock())?;
            report::print_text(&table.markdown());
            Ok(table.is_correct())
        }
    }
}

fn print_report(report: Result<impl Render, Failure>, json: bool) -> Result<bool, Failure> {
    let report = report?;
    report::print(&report, json);
    Ok(report.verdict().is_correct())
}
