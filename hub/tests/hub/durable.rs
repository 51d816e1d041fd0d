//! The log as a file: what it keeps, and what it refuses to touch.

use std::{fs, path::Path, time::Duration};

use pulseboard_contract::Epoch;
use pulseboard_hub::{
    Filter, Log, NewEvent, OpenError, Order, Query, Retention, SqliteLog, SqliteOptions, Start,
};
use tempfile::TempDir;

use crate::{Board, Client, EPOCH, event, filter, id, now, numbered, options, retention};

/// Opens the log of a directory as soon as whoever had it has let go.
pub(crate) async fn reopened(directory: &Path, retention: &Retention) -> SqliteLog {
    reopened_as(directory, retention, EPOCH).await
}

async fn reopened_as(directory: &Path, retention: &Retention, epoch: u32) -> SqliteLog {
    let open = async {
        loop {
            let options = SqliteOptions {
                retention: retention.clone(),
                ..SqliteOptions::default()
            };
            match SqliteLog::open(directory, Epoch::new(epoch), options) {
                Err(OpenError::InUse(_)) => tokio::time::sleep(Duration::from_micros(200)).await,
                opened => return opened.unwrap(),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), open)
        .await
        .expect("the last hub lets go of the file")
}

async fn board(directory: &Path) -> Board {
    Board::over(reopened(directory, &retention(10_000)).await, options(10))
}

pub(crate) async fn end(board: Board) {
    board.close();
    board.closed().await;
}

/// Everything the log has, as text.
pub(crate) fn contents(log: &SqliteLog) -> Vec<String> {
    let query = Query {
        filter: Filter::all(),
        after: None,
        before: None,
        order: Order::Ascending,
        limit: usize::MAX,
        max_bytes: usize::MAX,
        now: now(),
    };
    log.read(&query)
        .unwrap()
        .events
        .iter()
        .map(|event| event.to_json().to_string())
        .collect()
}

#[tokio::test]
async fn everything_published_is_there_again_exactly() {
    let directory = TempDir::new().unwrap();
    let first = board(directory.path()).await;
    let mut whole = NewEvent {
        id: Some("build-77".into()),
        source: "/ci".into(),
        expires: Some("2999-01-01T00:00:00.125Z".parse().unwrap()),
        ..event(
            "deploys/größe",
            "com.ci.deploy",
            r#"{"n":12345678901234567890123,"t":"\u0000\u2028 🦀","a":[1.50]}"#,
        )
    };
    whole
        .attributes
        .insert(
            "traceparent",
            pulseboard_contract::AttributeValue::Text("00-ab-cd-01".into()),
        )
        .unwrap();
    whole
        .attributes
        .insert("attempt", pulseboard_contract::AttributeValue::Integer(3))
        .unwrap();
    first
        .publish(vec![whole.clone(), numbered(1)])
        .await
        .unwrap();
    let before = contents(&first.log);
    end(first).await;

    let again = board(directory.path()).await;
    assert_eq!(contents(&again.log), before);
    let known = again.publish(vec![whole]).await.unwrap();
    assert_eq!(
        (known[0].event_id, known[0].is_duplicate),
        (Some(id(1)), true),
        "and a publish that comes again is known"
    );
    assert_eq!(
        again.publish(vec![numbered(2)]).await.unwrap()[0].event_id,
        Some(id(3))
    );
    let mut client = Client::open(&again, filter(&["n"], &[]), Start::After(id(0)));
    assert_eq!(client.numbers(2).await, [1, 2]);
}

#[tokio::test]
async fn what_was_exported_and_comes_back_is_known() {
    let directory = TempDir::new().unwrap();
    let board = board(directory.path()).await;
    board
        .publish(vec![
            numbered(1),
            NewEvent {
                id: Some("own".into()),
                ..numbered(2)
            },
        ])
        .await
        .unwrap();
    // As an export has them: one without an id of its own under its event id.
    let back = |id: &str, n: u64| NewEvent {
        id: Some(id.to_owned()),
        ..numbered(n)
    };
    let first = id(1).to_string();
    let again = board
        .publish(vec![back(&first, 1), back("own", 2)])
        .await
        .unwrap();
    assert!(
        again.iter().all(|published| published.is_duplicate),
        "{again:?}"
    );
    assert_eq!(
        [again[0].event_id, again[1].event_id],
        [Some(id(1)), Some(id(2))]
    );
    // The same text from elsewhere is somebody else's id, and so is one of another log.
    let elsewhere = NewEvent {
        source: "/elsewhere".into(),
        ..back(&first, 1)
    };
    let other_log = back("00000001-1", 1);
    let new = board.publish(vec![elsewhere, other_log]).await.unwrap();
    assert!(
        new.iter().all(|published| !published.is_duplicate),
        "{new:?}"
    );
}

#[tokio::test]
async fn a_sequence_is_never_given_twice_although_everything_was_pruned() {
    let directory = TempDir::new().unwrap();
    let first = board(directory.path()).await;
    let brief = NewEvent {
        expires: Some(now()),
        ..numbered(1)
    };
    first.publish(vec![brief.clone(), brief]).await.unwrap();
    first.prune();
    end(first).await;
    let again = board(directory.path()).await;
    assert!(contents(&again.log).is_empty());
    assert_eq!(
        again.publish(vec![numbered(1)]).await.unwrap()[0].event_id,
        Some(id(3))
    );
}

#[tokio::test]
async fn two_processes_do_not_share_a_log() {
    let directory = TempDir::new().unwrap();
    let _first = board(directory.path()).await;
    let second = SqliteLog::open(directory.path(), Epoch::new(1), SqliteOptions::default());
    assert!(matches!(second, Err(OpenError::InUse(path)) if path == directory.path()));
}

#[tokio::test]
async fn a_log_restored_from_a_copy_has_a_new_epoch() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("events.db");
    let keep = retention(100);
    let (directory, keep) = (&directory, &keep);
    let publish = |board: Board, count: u64| async move {
        for n in 0..count {
            board.publish(vec![numbered(n)]).await.unwrap();
        }
        board.prune();
        end(board).await;
        // The hub lets go of the file a moment after it has ended; who opens it next finds it
        // closed.
        drop(reopened(directory.path(), keep).await);
    };
    publish(board(directory.path()).await, 3).await;
    let copy = fs::read(&file).unwrap();
    publish(board(directory.path()).await, 2).await;

    // Put back into the same file: it is behind what the mark beside it says.
    fs::write(&file, &copy).unwrap();
    let restored = reopened_as(directory.path(), keep, 7).await;
    assert_eq!(
        (restored.epoch(), restored.bounds().last),
        (Epoch::new(7), 3)
    );
    drop(restored);
    assert_eq!(
        reopened_as(directory.path(), keep, 8).await.epoch(),
        Epoch::new(7),
        "and keeps it"
    );

    // Put back as another file, the mark with it.
    let moved = directory.path().join("moved");
    fs::rename(&file, &moved).unwrap();
    fs::copy(&moved, &file).unwrap();
    assert_eq!(
        reopened_as(directory.path(), keep, 9).await.epoch(),
        Epoch::new(9)
    );

    // Made anew.
    fs::remove_file(&file).unwrap();
    let anew = reopened_as(directory.path(), keep, 10).await;
    assert_eq!((anew.epoch(), anew.bounds().last), (Epoch::new(10), 0));
}

/// The files of a directory and what is in them.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect();
    files.retain(|(name, _)| name != "lock");
    files.sort();
    files
}

fn refused(directory: &Path) -> String {
    let before = files(directory);
    let error = SqliteLog::open(directory, Epoch::new(1), SqliteOptions::default())
        .err()
        .expect("it is refused");
    // Not with `assert_eq`, which would print the files.
    assert!(files(directory) == before, "it was left as it was: {error}");
    error.to_string()
}

#[tokio::test]
async fn a_foreign_file_is_refused_and_left_as_it_is() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("events.db");
    fs::write(&file, "my thesis").unwrap();
    assert!(
        refused(directory.path())
            .contains("events.db is not a log of Pulseboard (it is no SQLite database)")
    );

    fs::remove_file(&file).unwrap();
    let other = rusqlite::Connection::open(&file).unwrap();
    other
        .execute_batch("CREATE TABLE thesis (text TEXT)")
        .unwrap();
    drop(other);
    assert!(refused(directory.path()).contains("another program's SQLite database"));
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_and_left_as_it_is() {
    let directory = TempDir::new().unwrap();
    end(board(directory.path()).await).await;
    let newer = rusqlite::Connection::open(directory.path().join("events.db")).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let message = refused(directory.path());
    assert!(message.contains("newer Pulseboard (schema 99"), "{message}");
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_left_as_it_is() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("events.db");
    let whole = board(directory.path()).await;
    for n in 0..2_000 {
        whole.publish(vec![numbered(n)]).await.unwrap();
    }
    end(whole).await;
    // The hub lets go of the file a moment after it has ended.
    drop(reopened(directory.path(), &retention(10_000)).await);
    let good = fs::read(&file).unwrap();
    // The pages after the first overwritten; and cut off in the middle.
    let mut scrambled = good.clone();
    scrambled[4096..].fill(0xa5);
    for (bad, how) in [
        (scrambled, "scrambled"),
        (good[..good.len() / 2].to_vec(), "cut off"),
    ] {
        fs::write(&file, bad).unwrap();
        let message = refused(directory.path());
        assert!(
            message.contains("events.db is damaged") && message.contains("move it away"),
            "{how}: {message}"
        );
    }
    fs::write(&file, good).unwrap();
    assert_eq!(
        reopened(directory.path(), &retention(10_000))
            .await
            .bounds()
            .last,
        2_000
    );
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let error = SqliteLog::open(file.join("data"), Epoch::new(1), SqliteOptions::default())
        .err()
        .unwrap();
    assert!(error.to_string().contains("file/data: "), "{error}");
}

#[tokio::test]
async fn the_write_ahead_log_does_not_grow_with_what_is_published() {
    let directory = TempDir::new().unwrap();
    let board = board(directory.path()).await;
    let large = format!("\"{}\"", "x".repeat(30_000));
    for _ in 0..60 {
        board
            .publish((0..50).map(|_| event("large", "text", &large)).collect())
            .await
            .unwrap();
    }
    let size = |name: &str| fs::metadata(directory.path().join(name)).unwrap().len();
    assert!(
        size("events.db-wal") < 64 * 1024 * 1024,
        "{} bytes for 90 MB of events",
        size("events.db-wal")
    );
}
