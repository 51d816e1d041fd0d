//! A process that is killed while it writes, checkpoints and reads, and loses power: round after round.

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use pulseboard_faults::{Damage, FaultVfs, Loss, power_loss};
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{insert, open, survivors};

const ROUNDS: u64 = 12;

/// How a round goes.
struct Round<'a> {
    dir: &'a Path,
    lying: bool,
    /// The process crashes before this write or sync; otherwise it is killed after `acknowledged` commits.
    crash_after: Option<u64>,
    acknowledged: usize,
}

#[test]
fn acknowledged_commits_survive_kills_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let mut rng = StdRng::seed_from_u64(17);
    let (mut lost, mut acknowledged) = (0, 0);
    for round in 0..ROUNDS {
        // Half of the rounds end between two operations of the file system, drawn; the others wherever the kill finds them.
        let crash_after = (round % 2 == 0).then(|| rng.random_range(10..400));
        let last = run(&Round { dir: dir.path(), lying: false, crash_after, acknowledged: rng.random_range(1..60) });
        acknowledged = last.unwrap_or(acknowledged);
        lost += power_loss(&dir.path().join("undo"), Loss::Some { seed: rng.random() }).unwrap().lost;
        let survivors = survivors(dir.path());
        let kept = i64::try_from(survivors.len()).unwrap();
        assert_eq!(survivors, (1..=kept).collect::<Vec<_>>(), "round {round}: commits survive in their order");
        assert!(kept >= acknowledged, "round {round}: {acknowledged} were acknowledged, {kept} survived");
    }
    assert!(acknowledged > 0);
    assert!(lost > 0, "in no round was there anything to lose");
}

#[test]
fn acknowledged_commits_vanish_when_the_disk_lies() {
    let dir = tempfile::tempdir().unwrap();
    let last = run(&Round { dir: dir.path(), lying: true, crash_after: None, acknowledged: 20 });
    assert!(last >= Some(20));
    let Damage { unsynced, lost } = power_loss(&dir.path().join("undo"), Loss::Everything).unwrap();
    assert!(lost > 0 && lost == unsynced);
    assert!(survivors(dir.path()).is_empty());
}

/// Lets a process write until its end, and answers the last number that it has acknowledged.
fn run(round: &Round<'_>) -> Option<i64> {
    let mut child = Killed(
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "crash::process_that_will_be_killed", "--nocapture"])
            .env("FAULTS_DIR", round.dir)
            .env("FAULTS_LYING", round.lying.to_string())
            .env("FAULTS_CRASH_AFTER", round.crash_after.unwrap_or(u64::MAX).to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut acknowledged = None;
    let mut count = 0;
    for line in BufReader::new(child.0.stderr.take().unwrap()).split(b'\n') {
        let line = String::from_utf8(line.unwrap()).unwrap();
        let Some(n) = line.strip_prefix("acknowledged ").and_then(|n| n.strip_suffix('.')) else {
            panic!("the process says: {line}");
        };
        acknowledged = Some(n.parse().unwrap());
        count += 1;
        // What it acknowledges between the kill and its death is read as well: the pipe ends with the process.
        if count == round.acknowledged && round.crash_after.is_none() {
            child.0.kill().unwrap();
        }
    }
    let status = child.0.wait().unwrap();
    assert!(!status.success() && status.code().is_none(), "it ends by a signal alone: {status}");
    acknowledged
}

/// A child that does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Not a test: what [`run`] starts. Without its variables it does nothing.
#[test]
fn process_that_will_be_killed() {
    let Some(dir) = env::var_os("FAULTS_DIR") else { return };
    let dir = Path::new(&dir);
    let variable = |name| env::var(name).unwrap();
    let faults = FaultVfs::new("killed").undo_journal(&dir.join("undo")).register().unwrap();
    faults.lie_about_syncs(variable("FAULTS_LYING").parse().unwrap());
    faults.crash_after(variable("FAULTS_CRASH_AFTER").parse().unwrap());

    let written = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let db = open(dir, "killed");
            // The other thread alone moves the log into the database, so both work at once.
            db.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
            db.pragma_update(None, "synchronous", "FULL").unwrap();
            let next: i64 = db.query_row("SELECT coalesce(max(n), 0) + 1 FROM numbers", [], |row| row.get(0)).unwrap();
            for n in next.. {
                insert(&db, n).unwrap();
                eprintln!("acknowledged {n}.");
                written.store(true, Ordering::SeqCst);
            }
        });
        scope.spawn(|| {
            while !written.load(Ordering::SeqCst) {
                thread::yield_now();
            }
            let db = open(dir, "killed");
            db.pragma_update(None, "synchronous", "FULL").unwrap();
            for mode in ["PASSIVE", "PASSIVE", "RESTART", "TRUNCATE"].iter().cycle() {
                // A checkpoint that has to wait too long for the writer is no failure.
                let _ = db.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()));
            }
        });
    });
}
