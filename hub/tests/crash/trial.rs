//! The rounds: a process publishes and is killed, with or without a power loss, and the next process
//! reports what it finds.

use std::{
    collections::BTreeSet,
    env, fs,
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use pulseboard_faults::{Loss, power_loss};
use rand::{Rng, SeedableRng, rngs::StdRng};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{
    killed::{ORDERS, Orders, numbers_from},
    ledger::{CHURN_KEPT, Ledger},
};

/// A defect made on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sabotage {
    None,
    NoSyncs,
    EarlyAnswers,
}

/// Rounds on one directory.
pub(crate) struct Trial {
    directory: TempDir,
    rng: StdRng,
    sabotage: Sabotage,
    round: u32,
    ledger: Ledger,
    /// Events with a producer's id that were under way, acknowledged or not.
    under_way: BTreeSet<u64>,
    /// The count of restarts in the header of the write-ahead log.
    wal_count: u32,
    figures: Figures,
}

/// The figures of a trial.
#[derive(Clone, Copy, Debug, Default)]
#[allow(dead_code)] // They are printed.
pub(crate) struct Figures {
    pub(crate) acknowledged: u64,
    /// Events that were not acknowledged and were found nevertheless.
    pub(crate) unacknowledged_found: u64,
    pub(crate) duplicates: u64,
    pub(crate) pruned: u64,
    /// How many times the write-ahead log was started over.
    pub(crate) starts_over: u64,
    pub(crate) power_losses: u64,
    /// Changes that were not synced at a power loss, and were lost.
    pub(crate) changes_lost: u64,
}

/// How a process ends.
enum End {
    /// It aborts after this many writes and syncs.
    Crash { after_operations: u64 },
    /// The test kills it this long after it has reported this many lines.
    Kill { lines: u64, then: Duration },
    /// It exits normally.
    Exit,
}

impl Trial {
    pub(crate) fn new(seed: u64, sabotage: Sabotage) -> Self {
        Self {
            directory: directory(),
            rng: StdRng::seed_from_u64(seed),
            sabotage,
            round: 0,
            ledger: Ledger::default(),
            under_way: BTreeSet::new(),
            wal_count: 0,
            figures: Figures::default(),
        }
    }

    /// Runs one round. The error tells what is wrong with the log.
    pub(crate) fn round(&mut self) -> Result<(), String> {
        self.round += 1;
        // Half of the rounds end between two operations of the file system, some of them while the
        // log is being opened; the others end at a random place.
        let end = if self.rng.random() {
            End::Crash {
                after_operations: self.rng.random_range(1..3_000),
            }
        } else {
            End::Kill {
                lines: self.rng.random_range(1..600),
                then: Duration::from_micros(self.rng.random_range(0..10_000)),
            }
        };
        let churn_kept = if self.rng.random_bool(0.6) {
            CHURN_KEPT
        } else {
            1_000_000
        };
        let outcome = self.run(&end, churn_kept);
        outcome
            .and_then(|()| self.lose_power())
            .map_err(|wrong| format!("round {}: {wrong}", self.round))
    }

    /// Runs a last process, which reads everything and exits normally.
    pub(crate) fn end(mut self) -> Result<Figures, String> {
        self.round += 1;
        self.run(&End::Exit, CHURN_KEPT)
            .and_then(|()| self.ledger.end())
            .map_err(|wrong| format!("at the end: {wrong}"))?;
        let Ledger {
            acknowledged,
            unacknowledged,
            duplicates,
            pruned,
            ..
        } = self.ledger;
        Ok(Figures {
            acknowledged,
            unacknowledged_found: unacknowledged,
            duplicates,
            pruned,
            ..self.figures
        })
    }

    /// Lets a process publish until its end.
    fn run(&mut self, end: &End, churn_kept: u64) -> Result<(), String> {
        // The last acknowledged events, and those that may have been acknowledged.
        let known = self.ledger.identified.keys().rev().take(3).copied();
        let orders = Orders {
            directory: self.directory.path().to_owned(),
            round: self.round,
            crash_after: if let End::Crash { after_operations } = end {
                *after_operations
            } else {
                u64::MAX
            },
            churn_kept,
            resume: self.ledger.cursor.map(|id| id.to_string()),
            again: known
                .chain(self.under_way.iter().copied())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            syncs_are_lies: self.sabotage == Sabotage::NoSyncs,
            answers_early: self.sabotage == Sabotage::EarlyAnswers,
            only_reads: matches!(end, End::Exit),
        };
        let mut child = start(&orders);
        let mut output = BufReader::new(child.0.stderr.take().unwrap());
        let mut outcome = Ok(());
        let (mut is_open, mut lines) = (false, 0);
        loop {
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            // The kill may have cut off the last line.
            let Some(line) = line.strip_suffix('\n') else {
                break;
            };
            if outcome.is_err() {
                // Further lines of a panic.
                outcome = outcome.map_err(|wrong| format!("{wrong}\n{line}"));
                continue;
            }
            outcome = self.ledger.take(line);
            is_open |= line == "opened";
            lines += u64::from(is_open);
            if outcome.is_err() {
                child.0.kill().unwrap();
            }
            if let End::Kill {
                lines: wanted,
                then,
            } = end
                && lines == *wanted
            {
                // No event is awaited here. Without the pause the kill would always come right
                // after an acknowledgement.
                thread::sleep(*then);
                child.0.kill().unwrap();
            }
        }
        let status = child.0.wait().unwrap();
        outcome?;
        if status.success() != orders.only_reads || (status.code().is_some() && !orders.only_reads)
        {
            return Err(format!(
                "the process ended with {status}, signal {:?}",
                status.signal()
            ));
        }
        self.under_way
            .retain(|number| !self.ledger.identified.contains_key(number));
        let from = numbers_from(self.round);
        let next = self
            .ledger
            .identified
            .last_key_value()
            .map_or(from, |(last, _)| (last + 1).max(from));
        self.under_way.insert(next);
        Ok(())
    }

    /// Loses power, or not.
    fn lose_power(&mut self) -> Result<(), String> {
        let log = self.directory.path().join("log");
        if let Ok(head) = fs::read(log.join("events.db-wal"))
            && let Some(count) = head
                .get(12..16)
                .and_then(|bytes| bytes.try_into().ok())
                .map(u32::from_be_bytes)
        {
            self.figures.starts_over += u64::from(count.saturating_sub(self.wal_count));
            self.wal_count = count;
        }
        let loss = match self.rng.random_range(0..4) {
            0 => None,
            1 => Some(Loss::Everything),
            _ => Some(Loss::Some {
                seed: self.rng.random(),
            }),
        };
        let undo = self.directory.path().join("undo");
        if let Some(loss) = loss.filter(|_| undo.exists()) {
            let damage = power_loss(&undo, loss).map_err(|error| error.to_string())?;
            self.figures.power_losses += 1;
            self.figures.changes_lost += damage.lost as u64;
        }
        integrity(&log)
    }
}

/// Lets SQLite check the files. It checks a copy: opening the log changes it, and only the next
/// process may do that.
fn integrity(log: &Path) -> Result<(), String> {
    let copy = TempDir::new().unwrap();
    for name in ["events.db", "events.db-wal"] {
        if log.join(name).exists() {
            fs::copy(log.join(name), copy.path().join(name)).unwrap();
        }
    }
    if !copy.path().join("events.db").exists() {
        return Ok(());
    }
    let check = || {
        let database = Connection::open(copy.path().join("events.db"))?;
        database.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))
    };
    match check() {
        Ok(verdict) if verdict == "ok" => Ok(()),
        Ok(verdict) => Err(verdict),
        Err(error) => Err(error.to_string()),
    }
}

/// A directory in memory if there is one: a power loss undoes unsynced changes wherever the files are,
/// and a round on a slow disk would hardly fill a write-ahead log.
fn directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        TempDir::new_in(memory)
    } else {
        TempDir::new()
    }
    .unwrap()
}

/// A child that does not outlive its test.
struct ChildGuard(Child);

impl Drop for ChildGuard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(orders: &Orders) -> ChildGuard {
    let child = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "killed::process_that_will_be_killed",
            "--nocapture",
        ])
        .env(ORDERS, serde_json::to_string(orders).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    ChildGuard(child.unwrap())
}
