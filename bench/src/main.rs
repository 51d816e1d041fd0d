//! `pulseboard-bench`: measures a Server-Sent Events server from outside, and checks what it
//! delivers.
//!
//! It opens subscribers, publishes numbered events, and judges every stream: nothing lost, doubled
//! or out of order, under the ids the publishers were told. It shares no code with the server, so a
//! mistake there cannot hide here.
//!
//! ```text
//! pulseboard-bench fan-out --subscribers 1000 --rate 50 --seconds 20 --pid "$SERVER"
//! pulseboard-bench fan-out --subscribers 1000 --rate 0 --events 1000 --publishers 16 --pid "$SERVER"
//! pulseboard-bench idle --subscribers 10000 --pid "$SERVER"
//! pulseboard-bench herd --subscribers 5000 -- pulseboard --listen 127.0.0.1:3000 --data-dir "$FOLDER"
//! ```
//!
//! Exit codes: 0 for a correct run, 1 for wrong content or a run that broke, 2 for what cannot be
//! asked for.

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
mod served;
mod slow;
mod sse;
mod stage;
mod subscriber;
mod table;
mod target;
mod topic;
mod write_loop;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{
    cli::{Cli, Command},
    failure::Failure,
    report::Tell,
    table::Table,
};

fn main() -> ExitCode {
    match measure(&Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("pulseboard-bench: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Does the run and prints its report; tells whether everything was correct.
fn measure(command: &Command) -> Result<bool, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(command.threads())
        .enable_all()
        .build()
        .map_err(|error| Failure::run(format!("no threads to run on: {error}")))?;
    let json = command.json();
    match command {
        Command::FanOut(args) => told(runtime.block_on(fan_out::run(args.try_into()?)), json),
        Command::Idle(args) => told(runtime.block_on(idle::run(args.try_into()?)), json),
        Command::Publish(args) => told(runtime.block_on(publish::run(args.try_into()?)), json),
        Command::Replay(args) => told(runtime.block_on(replay::run(args.try_into()?)), json),
        Command::Slow(args) => told(runtime.block_on(slow::run(args.try_into()?)), json),
        Command::Herd(args) => told(runtime.block_on(herd::run(args.try_into()?)), json),
        Command::WriteLoop(args) => write_loop::serve(args.try_into()?).map(|()| true),
        Command::Table => {
            let table = Table::read(std::io::stdin().lock())?;
            report::print_text(&table.markdown());
            Ok(table.is_correct())
        }
    }
}

fn told(report: Result<impl Tell, Failure>, json: bool) -> Result<bool, Failure> {
    let report = report?;
    report::print(&report, json);
    Ok(report.verdict().is_correct())
}
