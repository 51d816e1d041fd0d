//! The log on a disk that is full, that fails, or that cannot sync: a rejected publish is never in the
//! log, now or later, and everything else continues.

use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use futures_util::future::join_all;
use pulseboard_contract::Epoch;
use pulseboard_faults::{FaultVfs, Faults, SyncFault, WriteFault};
use pulseboard_hub::{
    Filter, Log, LogError, NewEvent, PublishError, Retention, SqliteLog, SqliteOptions, Start,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use tempfile::TempDir;

use crate::{
    Client, EPOCH, HANG_GUARD, TestHub,
    durable::{contents, end, reopened},
    event, filter, id, now, numbered, options, retention,
};

/// A fault of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Writes(WriteFault, u64),
    Syncs(SyncFault),
}

/// The disk is full or fails at once, or in the middle of a commit; or its syncs fail.
const FAULTS: [Fault; 7] = [
    Fault::Writes(WriteFault::Full, 0),
    Fault::Writes(WriteFault::Full, 3_000),
    Fault::Writes(WriteFault::Full, 9_000),
    Fault::Writes(WriteFault::Io, 0),
    Fault::Writes(WriteFault::Io, 5_000),
    Fault::Syncs(SyncFault::Retained),
    Fault::Syncs(SyncFault::Dropped),
];

impl Fault {
    fn causes(self, error: &PublishError) -> bool {
        match error {
            PublishError::Log(LogError::Full(_)) => {
                matches!(self, Self::Writes(WriteFault::Full, _))
            }
            PublishError::Log(LogError::Failed(_)) => {
                !matches!(self, Self::Writes(WriteFault::Full, _))
            }
            PublishError::Closed => false,
        }
    }
}

/// A directory on a disk that can fail.
struct Disk {
    directory: TempDir,
    vfs: String,
    faults: Faults,
}

impl Disk {
    fn new() -> Self {
        // A VFS stays for the life of the process, so each needs its own name.
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let vfs = format!("disk-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = TempDir::new().unwrap();
        let faults = FaultVfs::new(&vfs)
            .undo_journal(&directory.path().join("undo"))
            .register()
            .unwrap();
        Self {
            directory,
            vfs,
            faults,
        }
    }

    /// A hub on this disk, with a ring of ten entries.
    fn hub(&self, retention: Retention) -> TestHub {
        let log = SqliteOptions {
            retention,
            vfs: Some(self.vfs.clone()),
        };
        TestHub::over(
            SqliteLog::open(self.directory.path().join("log"), Epoch::new(EPOCH), log).unwrap(),
            options(10),
        )
    }

    fn break_with(&self, fault: Fault) {
        match fault {
            Fault::Writes(fault, after_bytes) => self.faults.fail_writes(fault, after_bytes),
            Fault::Syncs(fault) => self.faults.fail_syncs(fault),
        }
    }

    /// The log that the next process finds, on a disk that works.
    async fn reopened(&self, retention: &Retention) -> SqliteLog {
        reopened(&self.directory.path().join("log"), retention).await
    }
}

fn keeping() -> Retention {
    Retention {
        latest_only: vec!["state/*".parse().unwrap()],
        ..retention(100_000)
    }
}

fn state(n: u64) -> NewEvent {
    event("state/door", "count", &n.to_string())
}

/// A numbered event with a producer's id.
fn identified(n: u64) -> NewEvent {
    NewEvent {
        id: Some(n.to_string()),
        ..numbered(n)
    }
}

fn numbers(log: &SqliteLog) -> Vec<u64> {
    let data = |json: &String| {
        serde_json::from_str::<serde_json::Value>(json).unwrap()["data"]
            .as_u64()
            .unwrap()
    };
    contents(log).iter().map(data).collect()
}

/// Publishes four events, breaks the disk, and publishes until it is rejected three times. The disk
/// stays broken.
async fn publish_rejected(disk: &Disk, hub: &TestHub, fault: Fault, has_read: bool) -> Client {
    let mut live = Client::open(hub, Filter::all(), Start::Now);
    for n in 1..=3 {
        hub.publish(vec![identified(n)]).await.unwrap();
    }
    hub.publish(vec![state(4)]).await.unwrap();
    assert_eq!(live.numbers(4).await, [1, 2, 3, 4]);
    if has_read {
        assert_eq!(numbers(&hub.log), [1, 2, 3, 4]);
    }
    for n in 5..=7 {
        // Set again each time: partial writes have used up some of the room.
        disk.break_with(fault);
        let long = event("long", "text", &format!("\"{}\"", "x".repeat(20_000)));
        let error = hub
            .publish(vec![identified(n), long, state(100)])
            .await
            .unwrap_err();
        assert!(fault.causes(&error), "{fault:?}: {error:?}");
        let error = hub.check().await.unwrap_err();
        assert!(fault.causes(&error), "{fault:?}: {error:?}");
    }
    // Reading continues: the history, and a stream from the beginning.
    assert_eq!(numbers(&hub.log), [1, 2, 3, 4], "{fault:?}");
    let mut replay = Client::open(hub, filter(&["n"], &[]), Start::Beginning);
    assert_eq!(replay.numbers(3).await, [1, 2, 3], "{fault:?}");
    live
}

#[tokio::test]
async fn a_rejected_publish_is_not_in_the_log_and_publishing_continues_once_the_disk_works() {
    for (fault, has_read) in FAULTS
        .into_iter()
        .flat_map(|fault| [(fault, false), (fault, true)])
    {
        let disk = Disk::new();
        let hub = disk.hub(keeping());
        let mut live = publish_rejected(&disk, &hub, fault, has_read).await;
        disk.faults.heal();
        hub.check().await.unwrap();
        // A rejected event is not a duplicate when it is published again.
        let published = hub
            .publish(vec![identified(8), identified(6)])
            .await
            .unwrap();
        let ids: Vec<_> = published
            .iter()
            .map(|published| (published.event_id, published.is_duplicate))
            .collect();
        assert_eq!(
            ids,
            [(Some(id(5)), false), (Some(id(6)), false)],
            "{fault:?}"
        );
        assert_eq!(live.numbers(2).await, [8, 6], "{fault:?}");
        let all = [1, 2, 3, 4, 8, 6];
        assert_eq!(numbers(&hub.log), all, "{fault:?}");
        assert_eq!(hub.log_count(), 6, "{fault:?}");
        drop(live);
        end(hub).await;
        assert_eq!(numbers(&disk.reopened(&keeping()).await), all, "{fault:?}");
    }
}

#[tokio::test]
async fn a_rejected_publish_does_not_appear_in_the_next_process() {
    for (fault, has_read) in FAULTS
        .into_iter()
        .flat_map(|fault| [(fault, false), (fault, true)])
    {
        let disk = Disk::new();
        let hub = disk.hub(keeping());
        publish_rejected(&disk, &hub, fault, has_read).await;
        // The hub closes while the disk still fails.
        end(hub).await;
        let log = disk.reopened(&keeping()).await;
        assert_eq!(
            numbers(&log),
            [1, 2, 3, 4],
            "{fault:?}, read before: {has_read}"
        );
        assert_eq!(
            (log.epoch(), log.bounds().last),
            (Epoch::new(EPOCH), 4),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn pruning_that_fails_removes_nothing_and_is_repeated() {
    for fault in FAULTS {
        let disk = Disk::new();
        let hub = disk.hub(retention(5));
        for n in 1..=20 {
            hub.publish(vec![numbered(n)]).await.unwrap();
        }
        disk.break_with(fault);
        // If some room is left, a short step may succeed.
        while hub.log.maintain(now()).unwrap_or(false) {}
        let left = numbers(&hub.log);
        assert!(left.ends_with(&[16, 17, 18, 19, 20]), "{fault:?}: {left:?}");
        assert_eq!(hub.log_count(), left.len() as u64, "{fault:?}");
        disk.faults.heal();
        hub.prune();
        assert_eq!(
            (numbers(&hub.log), hub.log_count()),
            ((16..=20).collect(), 5),
            "{fault:?}"
        );
        hub.publish(vec![numbered(21)]).await.unwrap();
        end(hub).await;
        assert_eq!(
            numbers(&disk.reopened(&retention(5)).await),
            [16, 17, 18, 19, 20, 21],
            "{fault:?}"
        );
    }
}

/// More than 2 MiB, so that the log requests a checkpoint.
fn much(from: u64) -> Vec<NewEvent> {
    let large = format!("\"{}\"", "x".repeat(30_000));
    (0..75)
        .map(|n| event("large", "text", if n == 74 { "0" } else { &large }))
        .chain([numbered(from)])
        .collect()
}

#[tokio::test]
async fn a_checkpoint_that_fails_loses_nothing_and_is_repeated() {
    for fault in [WriteFault::Full, WriteFault::Io] {
        let disk = Disk::new();
        let hub = disk.hub(keeping());
        let mut live = Client::open(&hub, filter(&["n"], &[]), Start::Now);
        let database = disk.directory.path().join("log/events.db");
        let size = || fs::metadata(&database).unwrap().len();
        let before = size();
        // A commit writes to the write-ahead log, a checkpoint to the database.
        disk.faults.fail_database_writes(fault);
        hub.publish(much(1)).await.unwrap();
        let has_failed = |faults: &Faults| faults.failed_writes() > 0;
        assert!(disk.faults.wait_until(HANG_GUARD, has_failed));
        disk.faults.fail_writes(fault, 0);
        assert!(hub.publish(vec![numbered(2)]).await.is_err());
        assert_eq!(size(), before);
        disk.faults.heal();
        hub.publish(much(3)).await.unwrap();
        let is_made_up = |_: &Faults| size() > before + (4 << 20);
        assert!(
            disk.faults.wait_until(HANG_GUARD, is_made_up),
            "another checkpoint is made"
        );
        assert_eq!(live.numbers(2).await, [1, 3]);
        let all = contents(&hub.log);
        assert_eq!(all.len(), 2 * 76);
        drop(live);
        end(hub).await;
        assert!(contents(&disk.reopened(&keeping()).await) == all);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_intermittently_costs_only_the_rejected_publishes() {
    let disk = Arc::new(Disk::new());
    let hub = disk.hub(keeping());
    let mut live = Client::open(&hub, filter(&["n"], &[]), Start::Now);
    // Before each publish the disk breaks or heals, while the other tasks' publishes are under way.
    let rng = Arc::new(Mutex::new(StdRng::seed_from_u64(23)));
    let publish = |task: u64| {
        let (hub, disk, rng) = (hub.hub.clone(), disk.clone(), rng.clone());
        async move {
            let mut stored = Vec::new();
            for n in (task * 1_000..).take(250) {
                let fault = {
                    let mut rng = rng.lock().unwrap();
                    FAULTS
                        .choose(&mut rng)
                        .filter(|_| rng.random_bool(0.3))
                        .copied()
                };
                disk.faults.heal();
                if let Some(fault) = fault {
                    disk.break_with(fault);
                }
                let large = event(
                    "large",
                    "text",
                    &format!(
                        "\"{}\"",
                        "x".repeat(usize::try_from(n * 7919 % 30_000).unwrap())
                    ),
                );
                if let Ok(published) = hub.publish(vec![numbered(n), large, state(n)]).await {
                    stored.push((published[0].event_id.unwrap().seq, n));
                }
            }
            stored
        }
    };
    let publishing: Vec<_> = (1..=3).map(|task| tokio::spawn(publish(task))).collect();
    let mut stored: Vec<_> = join_all(publishing)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();
    disk.faults.heal();
    stored.sort_unstable();
    assert!(
        (100..750).contains(&stored.len()),
        "{} of 750 were stored",
        stored.len()
    );
    let stored: Vec<_> = stored.into_iter().map(|(_, n)| n).collect();

    assert_eq!(
        live.numbers(stored.len()).await,
        stored,
        "the stream has every acknowledged event"
    );
    let all = contents(&hub.log);
    drop(live);
    end(hub).await;
    let log = disk.reopened(&keeping()).await;
    assert!(
        contents(&log) == all,
        "the next process finds what this one had"
    );
    let count = 2 * stored.len() as u64 + 1;
    assert_eq!(all.len() as u64, count, "every event and the last state");
    assert_eq!(
        log.bounds().last,
        3 * stored.len() as u64,
        "and no sequence was skipped"
    );
}

#[tokio::test]
async fn ephemeral_events_are_sent_while_the_disk_is_full() {
    let disk = Disk::new();
    let hub = disk.hub(Retention::default());
    let mut client = Client::open(&hub, Filter::all(), Start::Now);
    disk.faults.fail_writes(WriteFault::Full, 0);
    let typing = || event("chat/general", "typing", r#"{"user":"Ada"}"#);
    // At the same time, so that one group has both.
    let (stored, sent) = tokio::join!(hub.publish(vec![numbered(1)]), hub.publish(vec![typing()]));
    assert!(
        matches!(stored, Err(PublishError::Log(LogError::Full(_)))),
        "{stored:?}"
    );
    assert_eq!(sent.unwrap()[0].event_id, None);
    assert_eq!(client.event().await.event_type.as_str(), "typing");
    assert!(
        hub.publish(vec![typing(), numbered(2)]).await.is_err(),
        "a publish is all or nothing"
    );
    disk.faults.heal();
    hub.publish(vec![numbered(3)]).await.unwrap();
    assert_eq!(client.numbers(1).await, [3]);
}
