//! What a power loss leaves, examined by the process itself.

use std::fs::{self, OpenOptions};
use std::io::Write;

use pulseboard_faults::{Damage, Loss};

use crate::{Disk, insert};

#[test]
fn synced_commits_survive_whatever_is_lost() {
    for seed in 0..10 {
        let disk = Disk::new(&format!("survive-{seed}"));
        let db = disk.open("FULL");
        for n in 1..=20 {
            insert(&db, n).unwrap();
            if n % 6 == 0 {
                db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
                    .unwrap();
            }
        }
        // An open transaction that has spilled pages into the write-ahead log, and syncs nothing.
        db.execute_batch("PRAGMA cache_size = 2; PRAGMA synchronous = OFF; BEGIN")
            .unwrap();
        for n in 100..130 {
            insert(&db, n).unwrap();
        }
        let loss = if seed == 0 {
            Loss::Everything
        } else {
            Loss::Some { seed }
        };
        let damage = disk.power_loss(db, loss);
        assert!(damage.unsynced > 0, "there was nothing to lose");
        assert_eq!(
            disk.survivors(),
            (1..=20).collect::<Vec<_>>(),
            "seed {seed}"
        );
    }
}

#[test]
fn commits_without_a_sync_are_lost() {
    let disk = Disk::new("no-sync");
    let db = disk.open("FULL");
    insert(&db, 1).unwrap();
    db.pragma_update(None, "synchronous", "OFF").unwrap();
    insert(&db, 2).unwrap();
    let damage = disk.power_loss(db, Loss::Everything);
    assert_eq!(disk.survivors(), [1]);
    assert!(damage.lost > 0 && damage.lost == damage.unsynced);
}

#[test]
fn commits_are_lost_when_the_disk_lies_about_its_syncs() {
    let disk = Disk::new("lie");
    let db = disk.open("FULL");
    insert(&db, 1).unwrap();
    disk.faults.lie_about_syncs(true);
    insert(&db, 2).unwrap();
    disk.power_loss(db, Loss::Everything);
    assert_eq!(disk.survivors(), [1]);
}

#[test]
fn a_database_that_was_never_synced_is_lost() {
    let disk = Disk::new("never-there");
    disk.faults.lie_about_syncs(true);
    let db = disk.open("FULL");
    insert(&db, 1).unwrap();
    disk.power_loss(db, Loss::Everything);
    assert!(!disk.database().exists());
}

#[test]
fn a_deletion_that_was_not_synced_is_undone() {
    let disk = Disk::new("deletion");
    let db = disk.open("FULL");
    insert(&db, 1).unwrap();
    let wal = disk.database().with_extension("db-wal");
    let content = fs::read(&wal).unwrap();
    assert!(!content.is_empty());
    // The last connection copies the write-ahead log into the database and deletes it, without a
    // sync of the directory.
    drop(db);
    assert!(!wal.exists());
    pulseboard_faults::power_loss(&disk.undo_dir(), Loss::Everything).unwrap();
    assert_eq!(fs::read(&wal).unwrap(), content);
    assert_eq!(disk.survivors(), [1]);
    assert_eq!(
        fs::read_dir(disk.undo_dir()).unwrap().count(),
        0,
        "nothing is left to undo"
    );
}

#[test]
fn a_file_that_another_program_has_renamed_is_left_alone() {
    for another in [false, true] {
        let disk = Disk::new(&format!("renamed-{another}"));
        disk.faults.lie_about_syncs(true);
        drop(disk.open("FULL"));
        let (database, renamed) = (disk.database(), disk.database().with_extension("renamed"));
        let content = fs::read(&database).unwrap();
        fs::rename(&database, &renamed).unwrap();
        if another {
            // A new file has the old name, and its content was not synced.
            drop(disk.open("FULL"));
        }
        pulseboard_faults::power_loss(&disk.undo_dir(), Loss::Everything).unwrap();
        assert_eq!(fs::read(&renamed).unwrap(), content);
        assert!(!database.exists());
        assert_eq!(fs::read_dir(disk.undo_dir()).unwrap().count(), 0);
    }
}

#[test]
fn a_deleted_rollback_journal_reappears_and_undoes_the_commit() {
    for (synchronous, survivors) in [("EXTRA", &[1, 2][..]), ("FULL", &[1])] {
        let disk = Disk::new(&format!("rollback-{synchronous}"));
        let db = disk.open("EXTRA");
        db.pragma_update(None, "journal_mode", "delete").unwrap();
        insert(&db, 1).unwrap();
        // Deleting the rollback journal is the commit. According to SQLite's documentation, only
        // EXTRA syncs the directory after it.
        db.pragma_update(None, "synchronous", synchronous).unwrap();
        insert(&db, 2).unwrap();
        let journal = disk.database().with_extension("db-journal");
        disk.power_loss(db, Loss::Everything);
        assert_eq!(journal.exists(), synchronous == "FULL");
        assert_eq!(disk.survivors(), survivors, "{synchronous}");
    }
}

#[test]
fn a_torn_record_at_the_end_of_the_undo_journal_was_not_made() {
    // A kill can cut off the last record at any of these places.
    for cut in [1, 10, 60, 300, 3000] {
        let disk = Disk::new(&format!("torn-{cut}"));
        let db = disk.open("FULL");
        insert(&db, 1).unwrap();
        db.pragma_update(None, "synchronous", "OFF").unwrap();
        db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .unwrap();
        insert(&db, 2).unwrap();
        Box::leak(Box::new(db));

        let mut torn = 0;
        for entry in fs::read_dir(disk.undo_dir()).unwrap() {
            let path = entry.unwrap().path();
            let record = [
                br#"{"change":{"Written":{"offset":0,"len":4096,"old_len":8192}},"before":4096}"#,
                &b"\n"[..],
            ]
            .concat();
            let record = [record, vec![7; 4096]].concat();
            let mut journal = OpenOptions::new().append(true).open(path).unwrap();
            journal.write_all(&record[..record.len() - cut]).unwrap();
            torn += 1;
        }
        assert!(torn > 0);
        pulseboard_faults::power_loss(&disk.undo_dir(), Loss::Everything).unwrap();
        assert_eq!(disk.survivors(), [1], "cut by {cut}");
    }
}

#[test]
fn a_truncation_that_was_not_synced_is_undone() {
    let disk = Disk::new("truncation");
    let db = disk.open("FULL");
    insert(&db, 1).unwrap();
    let wal = disk.database().with_extension("db-wal");
    let content = fs::read(&wal).unwrap();
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    assert_eq!(fs::metadata(&wal).unwrap().len(), 0);
    disk.power_loss(db, Loss::Everything);
    assert_eq!(fs::read(&wal).unwrap(), content);
    assert_eq!(disk.survivors(), [1]);
}

#[test]
fn the_same_seed_causes_the_same_loss() {
    let damage = |name: &str, seed| -> Damage {
        let disk = Disk::new(name);
        let db = disk.open("FULL");
        db.pragma_update(None, "synchronous", "OFF").unwrap();
        for n in 1..=10 {
            db.execute("INSERT INTO numbers VALUES (?1, zeroblob(3000))", [n])
                .unwrap();
        }
        disk.power_loss(db, Loss::Some { seed })
    };
    let first: Vec<_> = (0..8)
        .map(|seed| damage(&format!("seed-{seed}"), seed))
        .collect();
    let again: Vec<_> = (0..8)
        .map(|seed| damage(&format!("seed-{seed}-again"), seed))
        .collect();
    assert_eq!(first, again);
    assert!(first.iter().any(|one| *one != first[0]), "seeds differ");
}
