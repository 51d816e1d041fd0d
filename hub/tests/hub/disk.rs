//! The log on a disk that is full, that fails, and that cannot sync: what is refused is not there,
//! now or later, and everything else goes on.

use std::{
    fs,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
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
    Board, Client, EPOCH,
    durable::{contents, end, reopened},
    event, filter, id, now, numbered, options, retention,
};

/// What is wrong with the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Writes(WriteFault, u64),
    Syncs(SyncFault),
}

/// The disk is full at once, or in the middle of a commit; and so on.
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
    fn is_answered_by(self, answer: &PublishError) -> bool {
        match answer {
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

/// A directory on a disk with faults to come.
struct Disk {
    directory: TempDir,
    vfs: String,
    faults: Faults,
}

impl Disk {
    fn new() -> Self {
        // A VFS stays for the life of the process, so each has a name of its own.
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

    /// A hub on it, with a ring of ten.
    fn board(&self, retention: Retention) -> Board {
        let log = SqliteOptions {
            retention,
            vfs: Some(self.vfs.clone()),
        };
        Board::over(
            SqliteLog::open(self.directory.path().join("log"), Epoch::new(EPOCH), log).unwrap(),
            options(10),
        )
    }

    fn breaks(&self, fault: Fault) {
        match fault {
            Fault::Writes(fault, after_bytes) => self.faults.fail_writes(fault, after_bytes),
            Fault::Syncs(fault) => self.faults.fail_syncs(fault),
        }
    }

    /// What the next process finds, on a disk that works.
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

/// With an id of its own.
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

/// Publishes, breaks the disk, is refused, and leaves with the disk healed or not.
async fn refused(disk: &Disk, board: &Board, fault: Fault, has_read: bool) -> Client {
    let mut live = Client::open(board, Filter::all(), Start::Now);
    for n in 1..=3 {
        board.publish(vec![identified(n)]).await.unwrap();
    }
    board.publish(vec![state(4)]).await.unwrap();
    assert_eq!(live.numbers(4).await, [1, 2, 3, 4]);
    if has_read {
        assert_eq!(numbers(&board.log), [1, 2, 3, 4]);
    }
    for n in 5..=7 {
        // Anew each time: what was written in part before has used up some of the room.
        disk.breaks(fault);
        let long = event("long", "text", &format!("\"{}\"", "x".repeat(20_000)));
        let error = board
            .publish(vec![identified(n), long, state(100)])
            .await
            .unwrap_err();
        assert!(fault.is_answered_by(&error), "{fault:?}: {error:?}");
        let error = board.check().await.unwrap_err();
        assert!(fault.is_answered_by(&error), "{fault:?}: {error:?}");
    }
    // Reading goes on: the history, and a stream that begins with it.
    assert_eq!(numbers(&board.log), [1, 2, 3, 4], "{fault:?}");
    let mut replay = Client::open(board, filter(&["n"], &[]), Start::Beginning);
    assert_eq!(replay.numbers(3).await, [1, 2, 3], "{fault:?}");
    live
}

#[tokio::test]
async fn what_is_refused_is_not_there_and_publishing_goes_on_once_the_disk_works() {
    for (fault, has_read) in FAULTS
        .into_iter()
        .flat_map(|fault| [(fault, false), (fault, true)])
    {
        let disk = Disk::new();
        let board = disk.board(keeping());
        let mut live = refused(&disk, &board, fault, has_read).await;
        disk.faults.heal();
        board.check().await.unwrap();
        // One that was refused is no duplicate when it comes again.
        let published = board
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
        assert_eq!(numbers(&board.log), all, "{fault:?}");
        assert_eq!(board.log_count(), 6, "{fault:?}");
        drop(live);
        end(board).await;
        assert_eq!(numbers(&disk.reopened(&keeping()).await), all, "{fault:?}");
    }
}

#[tokio::test]
async fn what_was_refused_does_not_show_up_in_the_next_process() {
    for (fault, has_read) in FAULTS
        .into_iter()
        .flat_map(|fault| [(fault, false), (fault, true)])
    {
        let disk = Disk::new();
        let board = disk.board(keeping());
        refused(&disk, &board, fault, has_read).await;
        // It ends while the disk still fails.
        end(board).await;
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
async fn pruning_that_fails_takes_nothing_and_is_made_up_for() {
    for fault in FAULTS {
        let disk = Disk::new();
        let board = disk.board(retention(5));
        for n in 1..=20 {
            board.publish(vec![numbered(n)]).await.unwrap();
        }
        disk.breaks(fault);
        // With some room left a short step may succeed.
        while board.log.maintain(now()).unwrap_or(false) {}
        let left = numbers(&board.log);
        assert!(left.ends_with(&[16, 17, 18, 19, 20]), "{fault:?}: {left:?}");
        assert_eq!(board.log_count(), left.len() as u64, "{fault:?}");
        disk.faults.heal();
        board.prune();
        assert_eq!(
            (numbers(&board.log), board.log_count()),
            ((16..=20).collect(), 5),
            "{fault:?}"
        );
        board.publish(vec![numbered(21)]).await.unwrap();
        end(board).await;
        assert_eq!(
            numbers(&disk.reopened(&retention(5)).await),
            [16, 17, 18, 19, 20, 21],
            "{fault:?}"
        );
    }
}

/// Two MiB in events of their own, so that a checkpoint is asked for.
fn much(from: u64) -> Vec<NewEvent> {
    let large = format!("\"{}\"", "x".repeat(30_000));
    (0..75)
        .map(|n| event("large", "text", if n == 74 { "0" } else { &large }))
        .chain([numbered(from)])
        .collect()
}

/// Until something is so that nobody tells of.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait)
        .await
        .expect(what);
}

#[tokio::test]
async fn a_checkpoint_that_fails_loses_nothing_and_is_made_up_for() {
    for fault in [WriteFault::Full, WriteFault::Io] {
        let disk = Disk::new();
        let board = disk.board(keeping());
        let mut live = Client::open(&board, filter(&["n"], &[]), Start::Now);
        let database = disk.directory.path().join("log/events.db");
        let size = || fs::metadata(&database).unwrap().len();
        let before = size();
        // The checkpoint begins with a sync, and so it has not written anything when the publish is
        // answered.
        disk.faults.delay_syncs(Duration::from_millis(100));
        board.publish(much(1)).await.unwrap();
        disk.faults.fail_writes(fault, 0);
        let writes = disk.faults.writes();
        until("the checkpoint fails", || disk.faults.writes() > writes).await;
        assert!(board.publish(vec![numbered(2)]).await.is_err());
        assert_eq!(size(), before);
        disk.faults.heal();
        board.publish(much(3)).await.unwrap();
        until("another checkpoint is made", || size() > before + (4 << 20)).await;
        assert_eq!(live.numbers(2).await, [1, 3]);
        let all = contents(&board.log);
        assert_eq!(all.len(), 2 * 76);
        drop(live);
        end(board).await;
        assert!(contents(&disk.reopened(&keeping()).await) == all);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_now_and_then_costs_only_what_was_refused() {
    let disk = Disk::new();
    let board = disk.board(keeping());
    let mut live = Client::open(&board, filter(&["n"], &[]), Start::Now);
    let publish = |task: u64| {
        let hub = board.hub.clone();
        async move {
            let mut stored = Vec::new();
            for n in (task * 1_000..).take(250) {
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
    let mut rng = StdRng::seed_from_u64(23);
    while !publishing.iter().all(tokio::task::JoinHandle::is_finished) {
        disk.breaks(*FAULTS.choose(&mut rng).unwrap());
        tokio::time::sleep(Duration::from_micros(rng.random_range(0..3_000))).await;
        disk.faults.heal();
        tokio::time::sleep(Duration::from_micros(rng.random_range(0..6_000))).await;
    }
    let mut stored: Vec<_> = join_all(publishing)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();
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
        "the stream has what was answered"
    );
    let all = contents(&board.log);
    drop(live);
    end(board).await;
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
async fn what_needs_no_disk_goes_on_while_the_disk_takes_nothing() {
    let disk = Disk::new();
    let board = disk.board(Retention::default());
    let mut client = Client::open(&board, Filter::all(), Start::Now);
    disk.faults.fail_writes(WriteFault::Full, 0);
    let typing = || event("chat/general", "typing", r#"{"user":"Ada"}"#);
    // Side by side, so that one group has both.
    let (stored, sent) = tokio::join!(
        board.publish(vec![numbered(1)]),
        board.publish(vec![typing()])
    );
    assert!(
        matches!(stored, Err(PublishError::Log(LogError::Full(_)))),
        "{stored:?}"
    );
    assert_eq!(sent.unwrap()[0].event_id, None);
    assert_eq!(client.event().await.event_type.as_str(), "typing");
    assert!(
        board.publish(vec![typing(), numbered(2)]).await.is_err(),
        "a publish is all or nothing"
    );
    disk.faults.heal();
    board.publish(vec![numbered(3)]).await.unwrap();
    assert_eq!(client.numbers(1).await, [3]);
}
