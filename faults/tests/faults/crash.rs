//! A process is killed and loses power while it writes, checkpoints and reads, round after round.

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use pulseboard_faults::{Damage, FaultVfs, Loss, power_loss};
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{insert, open, survivors};

const ROUNDS: u64 = 12;

/// How a process ends.
enum End {
    /// It aborts after this many writes and syncs.
    Crash { after_operations: u64 },
    /// The test kills it this long after it has acknowledged this many commits.
    Kill { acknowledged: u64, then: Duration },
}

#[test]
fn acknowledged_commits_survive_kills_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let mut rng = StdRng::seed_from_u64(17);
    let (mut lost, mut acknowledged) = (0, 0);
    for round in 0..ROUNDS {
        // Half of the rounds end between two operations of the file system; the others end at a
        // random place.
        let end = if round % 2 == 0 {
            End::Crash {
                after_operations: rng.random_range(10..400),
            }
        } else {
            End::Kill {
                acknowledged: rng.random_range(1..60),
                then: Duration::from_micros(rng.random_range(0..10_000)),
            }
        };
        let last = run(dir.path(), false, &end);
        acknowledged = last.unwrap_or(acknowledged);
        lost += power_loss(&dir.path().join("undo"), Loss::Some { seed: rng.random() })
            .unwrap()
            .lost;
        let survivors = survivors(dir.path());
        let kept = i64::try_from(survivors.len()).unwrap();
        assert_eq!(
            survivors,
            (1..=kept).collect::<Vec<_>>(),
            "round {round}: commits survive in order"
        );
        assert!(
            kept >= acknowledged,
            "round {round}: {acknowledged} were acknowledged, {kept} survived"
        );
    }
    assert!(acknowledged > 0);
    assert!(lost > 0, "no round had anything to lose");
}

#[test]
fn acknowledged_commits_vanish_when_the_disk_lies() {
    let dir = tempfile::tempdir().unwrap();
    let last = run(
        dir.path(),
        true,
        &End::Kill {
            acknowledged: 20,
            then: Duration::ZERO,
        },
    );
    assert!(last >= Some(20));
    let Damage { unsynced, lost } = power_loss(&dir.path().join("undo"), Loss::Everything).unwrap();
    assert!(lost > 0 && lost == unsynced);
    assert!(survivors(dir.path()).is_empty());
}

/// Lets a process write until its end; returns the last number that it acknowledged.
fn run(dir: &Path, lying: bool, end: &End) -> Option<i64> {
    let crash_after = match end {
        End::Crash { after_operations } => *after_operations,
        End::Kill { .. } => u64::MAX,
    };
    let mut child = ChildGuard(
        Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "crash::process_that_will_be_killed",
                "--nocapture",
            ])
            .env("FAULTS_DIR", dir)
            .env("FAULTS_LYING", lying.to_string())
            .env("FAULTS_CRASH_AFTER", crash_after.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut output = BufReader::new(child.0.stderr.take().unwrap());
    let mut acknowledged = None;
    let mut count = 0;
    loop {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        // The kill may have cut off the last line within its number.
        let Some(line) = line.strip_suffix('\n') else {
            break;
        };
        let Some(n) = line.strip_prefix("acknowledged ") else {
            panic!("unexpected line of the process: {line}")
        };
        acknowledged = Some(n.parse().unwrap());
        count += 1;
        match end {
            End::Crash { after_operations } => assert!(
                count <= *after_operations,
                "every commit takes at least one operation"
            ),
            // Acknowledgements until its death are read too: the pipe ends with the process.
            End::Kill { acknowledged, then } if count == *acknowledged => {
                // No event is awaited here. Without the pause the kill would always come right
                // after a commit, when nothing is under way.
                thread::sleep(*then);
                child.0.kill().unwrap();
            }
            End::Kill { .. } => {}
        }
    }
    let status = child.0.wait().unwrap();
    assert!(
        !status.success() && status.code().is_none(),
        "only a signal ends it: {status}"
    );
    acknowledged
}

/// A child that does not outlive its test.
struct ChildGuard(Child);

impl Drop for ChildGuard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Not a test but the process that [`run`] starts. Without its variables it does nothing.
#[test]
fn process_that_will_be_killed() {
    let Some(dir) = env::var_os("FAULTS_DIR") else {
        return;
    };
    let dir = Path::new(&dir);
    let variable = |name| env::var(name).unwrap();
    let faults = FaultVfs::new("killed")
        .undo_journal(&dir.join("undo"))
        .as_default()
        .register()
        .unwrap();
    faults.lie_about_syncs(variable("FAULTS_LYING").parse().unwrap());
    faults.crash_after(variable("FAULTS_CRASH_AFTER").parse().unwrap());

    let written = AtomicBool::new(false);
    let once_written = || {
        while !written.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        open(dir, None)
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            let db = open(dir, None);
            // Only the other thread makes checkpoints, so both work at the same time.
            db.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
            db.pragma_update(None, "synchronous", "FULL").unwrap();
            let next: i64 = db
                .query_row("SELECT coalesce(max(n), 0) + 1 FROM numbers", [], |row| {
                    row.get(0)
                })
                .unwrap();
            for n in next.. {
                insert(&db, n).unwrap();
                eprintln!("acknowledged {n}");
                written.store(true, Ordering::SeqCst);
            }
        });
        scope.spawn(|| {
            let db = once_written();
            db.pragma_update(None, "synchronous", "FULL").unwrap();
            for mode in ["PASSIVE", "PASSIVE", "RESTART", "TRUNCATE"].iter().cycle() {
                // A checkpoint may time out while it waits for the writer.
                let _ = db.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()));
            }
        });
        scope.spawn(|| {
            let db = once_written();
            db.pragma_update(None, "mmap_size", 1 << 20).unwrap();
            loop {
                let count = "SELECT count(*), max(n), sum(length(filling)) FROM numbers";
                let (count, max): (i64, i64) = db
                    .query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)))
                    .unwrap();
                assert_eq!(count, max);
            }
        });
    });
}
