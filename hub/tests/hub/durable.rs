//! The log as a file: what it keeps, and which files it does not touch.

use std::{fs, path::Path, thread};

use pulseboard_contract::Epoch;
use pulseboard_hub::{
    Filter, Log, NewEvent, OpenError, Order, Query, Retention, SqliteLog, SqliteOptions, Start,
};
use tempfile::TempDir;
use tokio::{sync::oneshot, time::timeout};

use crate::{
    Client, EPOCH, HANG_GUARD, TestHub, event, filter, id, now, numbered, options, retention,
};

/// Opens the log of a directory once its last owner has released it.
pub(crate) async fn reopened(directory: &Path, retention: &Retention) -> SqliteLog {
    reopened_as(directory, retention, EPOCH).await
}

async fn reopened_as(directory: &Path, retention: &Retention, epoch: u32) -> SqliteLog {
    released(directory).await;
    let options = SqliteOptions {
        retention: retention.clone(),
        ..SqliteOptions::default()
    };
    SqliteLog::open(directory, Epoch::new(epoch), options).unwrap()
}

/// Waits until no log has the directory open. A hub releases it a moment after it has closed.
async fn released(directory: &Path) {
    let Ok(lock) = fs::File::options().write(true).open(directory.join("lock")) else {
        return;
    };
    let (done, waited) = oneshot::channel();
    thread::spawn(move || {
        let locked = lock.lock();
        drop(lock);
        done.send(locked)
    });
    timeout(HANG_GUARD, waited)
        .await
        .expect("the last hub releases the file")
        .unwrap()
        .unwrap();
}

async fn open_hub(directory: &Path) -> TestHub {
    TestHub::over(reopened(directory, &retention(10_000)).await, options(10))
}

pub(crate) async fn end(hub: TestHub) {
    hub.close();
    hub.closed().await;
}

/// Every event of the log, as text.
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
async fn a_reopened_log_has_every_event_exactly() {
    let directory = TempDir::new().unwrap();
    let first = open_hub(directory.path()).await;
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

    let again = open_hub(directory.path()).await;
    assert_eq!(contents(&again.log), before);
    let known = again.publish(vec![whole]).await.unwrap();
    assert_eq!(
        (known[0].event_id, known[0].is_duplicate),
        (Some(id(1)), true),
        "a repeated publish is a duplicate"
    );
    assert_eq!(
        again.publish(vec![numbered(2)]).await.unwrap()[0].event_id,
        Some(id(3))
    );
    let mut client = Client::open(&again, filter(&["n"], &[]), Start::After(id(0)));
    assert_eq!(client.numbers(2).await, [1, 2]);
}

#[tokio::test]
async fn an_exported_event_that_is_imported_again_is_a_duplicate() {
    let directory = TempDir::new().unwrap();
    let hub = open_hub(directory.path()).await;
    hub.publish(vec![
        numbered(1),
        NewEvent {
            id: Some("own".into()),
            ..numbered(2)
        },
    ])
    .await
    .unwrap();
    // An export gives an event without a producer's id its event id.
    let back = |id: &str, n: u64| NewEvent {
        id: Some(id.to_owned()),
        ..numbered(n)
    };
    let first = id(1).to_string();
    let again = hub
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
    // The same id from another source, and an id of another log, belong to other events.
    let elsewhere = NewEvent {
        source: "/elsewhere".into(),
        ..back(&first, 1)
    };
    let other_log = back("00000001-1", 1);
    let new = hub.publish(vec![elsewhere, other_log]).await.unwrap();
    assert!(
        new.iter().all(|published| !published.is_duplicate),
        "{new:?}"
    );
}

#[tokio::test]
async fn a_sequence_is_never_assigned_twice_although_everything_was_pruned() {
    let directory = TempDir::new().unwrap();
    let first = open_hub(directory.path()).await;
    let brief = NewEvent {
        expires: Some(now()),
        ..numbered(1)
    };
    first.publish(vec![brief.clone(), brief]).await.unwrap();
    first.prune();
    end(first).await;
    let again = open_hub(directory.path()).await;
    assert!(contents(&again.log).is_empty());
    assert_eq!(
        again.publish(vec![numbered(1)]).await.unwrap()[0].event_id,
        Some(id(3))
    );
}

#[tokio::test]
async fn a_log_that_is_open_cannot_be_opened_again() {
    let directory = TempDir::new().unwrap();
    let _first = open_hub(directory.path()).await;
    let second = SqliteLog::open(directory.path(), Epoch::new(1), SqliteOptions::default());
    assert!(matches!(second, Err(OpenError::InUse(path)) if path == directory.path()));
}

#[tokio::test]
async fn a_log_restored_from_a_copy_has_a_new_epoch() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("events.db");
    let keep = retention(100);
    let (directory, keep) = (&directory, &keep);
    let publish = |hub: TestHub, count: u64| async move {
        for n in 0..count {
            hub.publish(vec![numbered(n)]).await.unwrap();
        }
        hub.prune();
        end(hub).await;
        // The hub releases the file a moment after it has closed.
        drop(reopened(directory.path(), keep).await);
    };
    publish(open_hub(directory.path()).await, 3).await;
    let copy = fs::read(&file).unwrap();
    publish(open_hub(directory.path()).await, 2).await;

    // Copied back into the same file: the database is behind the mark.
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
        "it keeps the new epoch"
    );

    // Copied back as another file; the mark fits.
    let moved = directory.path().join("moved");
    fs::rename(&file, &moved).unwrap();
    fs::copy(&moved, &file).unwrap();
    assert_eq!(
        reopened_as(directory.path(), keep, 9).await.epoch(),
        Epoch::new(9)
    );

    // Created again.
    fs::remove_file(&file).unwrap();
    let anew = reopened_as(directory.path(), keep, 10).await;
    assert_eq!((anew.epoch(), anew.bounds().last), (Epoch::new(10), 0));
}

/// The files of a directory and their contents.
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

fn rejection(directory: &Path) -> String {
    let before = files(directory);
    let error = SqliteLog::open(directory, Epoch::new(1), SqliteOptions::default())
        .err()
        .expect("the file is rejected");
    // Without `assert_eq`, which would print the files.
    assert!(
        files(directory) == before,
        "the files are unchanged: {error}"
    );
    error.to_string()
}

#[tokio::test]
async fn a_foreign_file_is_rejected_and_left_unchanged() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("events.db");
    fs::write(&file, "my thesis").unwrap();
    assert!(
        rejection(directory.path())
            .contains("events.db is not a log of Pulseboard (it is not an SQLite database)")
    );

    fs::remove_file(&file).unwrap();
    let other = rusqlite::Connection::open(&file).unwrap();
    other
        .execute_batch("CREATE TABLE thesis (text TEXT)")
        .unwrap();
    drop(other);
    assert!(rejection(directory.path()).contains("another program's SQLite database"));
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_rejected_and_left_unchanged() {
    let directory = TempDir::new().unwrap();
    end(open_hub(directory.path()).await).await;
    let newer = rusqlite::Connection::open(directory.path().join("events.db")).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let message = rejection(directory.path());
    assert!(message.contains("newer Pulseboard (schema 99"), "{message}");
}

#[tokio::test]
async fn a_damaged_file_is_rejected_and_left_unchanged() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("events.db");
    let whole = open_hub(directory.path()).await;
    for n in 0..2_000 {
        whole.publish(vec![numbered(n)]).await.unwrap();
    }
    end(whole).await;
    // The hub releases the file a moment after it has closed.
    drop(reopened(directory.path(), &retention(10_000)).await);
    let good = fs::read(&file).unwrap();
    // The pages after the first are overwritten; or the file is cut off in the middle.
    let mut scrambled = good.clone();
    scrambled[4096..].fill(0xa5);
    for (bad, how) in [
        (scrambled, "scrambled"),
        (good[..good.len() / 2].to_vec(), "cut off"),
    ] {
        fs::write(&file, bad).unwrap();
        let message = rejection(directory.path());
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
async fn a_directory_that_cannot_be_created_is_named_in_the_error() {
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
    let hub = open_hub(directory.path()).await;
    let large = format!("\"{}\"", "x".repeat(30_000));
    for _ in 0..60 {
        hub.publish((0..50).map(|_| event("large", "text", &large)).collect())
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
