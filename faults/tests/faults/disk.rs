//! Faults that appear while the database is in use, and heal.

use std::time::{Duration, Instant};

use pulseboard_faults::{FaultVfs, Loss, RegisterError, SyncFault, WriteFault};
use rusqlite::ffi;

use crate::{Disk, HANG_GUARD, code, insert};

#[test]
fn a_full_disk_rejects_a_commit_and_accepts_the_next_one_once_there_is_space() {
    let disk = Disk::new("full");
    let db = disk.open("FULL");
    insert(&db, 1).unwrap();
    disk.faults.fail_writes(WriteFault::Full, 0);
    assert_eq!(code(insert(&db, 2)), ffi::SQLITE_FULL);
    disk.faults.heal();
    insert(&db, 3).unwrap();
    disk.power_loss(db, Loss::Everything);
    assert_eq!(disk.survivors(), [1, 3]);
}

#[test]
fn a_disk_that_fills_up_during_a_write_keeps_the_commits_before() {
    let disk = Disk::new("fills-up");
    let db = disk.open("FULL");
    insert(&db, 1).unwrap();
    disk.faults.fail_writes(WriteFault::Full, 5000);
    let committed = (2..100).take_while(|&n| insert(&db, n).is_ok()).count();
    let before = disk.faults.writes();
    assert_eq!(
        code(insert(&db, 100)),
        ffi::SQLITE_FULL,
        "the disk stays full"
    );
    assert!(disk.faults.writes() > before, "failed writes count");
    disk.power_loss(db, Loss::Some { seed: 1 });
    assert_eq!(disk.survivors().len(), 1 + committed);
}

#[test]
fn a_write_that_fills_the_disk_is_done_in_part() {
    let disk = Disk::new("in-part");
    let db = disk.open("FULL");
    insert(&db, 1).unwrap();
    let wal_len = || {
        disk.database()
            .with_extension("db-wal")
            .metadata()
            .unwrap()
            .len()
    };
    let before = wal_len();
    disk.faults.fail_writes(WriteFault::Full, 100);
    assert_eq!(code(insert(&db, 2)), ffi::SQLITE_FULL);
    assert_eq!(wal_len(), before + 100);
}

#[test]
fn failing_database_writes_fail_checkpoints_and_not_commits() {
    let disk = Disk::new("database-writes");
    let db = disk.open("FULL");
    insert(&db, 1).unwrap();
    disk.faults.fail_database_writes(WriteFault::Io);
    insert(&db, 2).unwrap();
    assert_eq!(disk.faults.failed_writes(), 0);
    let checkpoint = || db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
    assert_eq!(code(checkpoint()), ffi::SQLITE_IOERR_WRITE);
    assert!(disk.faults.failed_writes() > 0);
    disk.faults.heal();
    checkpoint().unwrap();
    disk.power_loss(db, Loss::Everything);
    assert_eq!(disk.survivors(), [1, 2]);
}

#[test]
fn a_test_can_wait_for_an_operation_of_another_thread() {
    let disk = Disk::new("wait");
    let db = disk.open("FULL");
    let faults = disk.faults.clone();
    let syncs = faults.syncs();
    std::thread::scope(|scope| {
        scope.spawn(move || insert(&db, 1).unwrap());
        assert!(faults.wait_until(HANG_GUARD, |faults| faults.syncs() > syncs));
    });
    let never = disk.faults.wait_until(Duration::ZERO, |_| false);
    assert!(!never, "a condition that does not hold ends at the guard");
}

#[test]
fn a_failing_write_is_an_input_output_error() {
    let disk = Disk::new("write-error");
    let db = disk.open("FULL");
    disk.faults.fail_writes(WriteFault::Io, 0);
    assert_eq!(code(insert(&db, 1)), ffi::SQLITE_IOERR_WRITE);
    disk.faults.heal();
    insert(&db, 1).unwrap();
}

#[test]
fn writes_dropped_by_a_failing_sync_are_lost_although_the_next_sync_succeeds() {
    for (fault, survives) in [(SyncFault::Retained, true), (SyncFault::Dropped, false)] {
        let disk = Disk::new(&format!("sync-{fault:?}"));
        let db = disk.open("FULL");
        insert(&db, 1).unwrap();
        // The commit writes to the write-ahead log without a sync; the checkpoint syncs it.
        db.pragma_update(None, "synchronous", "NORMAL").unwrap();
        insert(&db, 2).unwrap();
        disk.faults.fail_syncs(fault);
        let checkpoint = || db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        assert_eq!(code(checkpoint()), ffi::SQLITE_IOERR_FSYNC);
        disk.faults.heal();
        db.pragma_update(None, "synchronous", "FULL").unwrap();
        insert(&db, 3).unwrap();
        let damage = disk.power_loss(db, Loss::Everything);
        assert_eq!(
            disk.survivors(),
            if survives { &[1, 2, 3][..] } else { &[1] },
            "{fault:?}"
        );
        assert_eq!(damage.lost > 0, !survives, "{fault:?}");
    }
}

#[test]
fn a_delayed_sync_takes_at_least_its_delay() {
    let disk = Disk::new("slow-sync");
    let db = disk.open("FULL");
    let (before, started) = (disk.faults.syncs(), Instant::now());
    disk.faults.delay_syncs(Duration::from_millis(30));
    insert(&db, 1).unwrap();
    let syncs = u32::try_from(disk.faults.syncs() - before).unwrap();
    assert!(syncs > 0);
    assert!(started.elapsed() >= Duration::from_millis(30) * syncs);
}

#[test]
fn the_name_of_a_vfs_can_be_registered_once() {
    let _faults = FaultVfs::new("once").register().unwrap();
    assert!(matches!(
        FaultVfs::new("once").register(),
        Err(RegisterError::NameTaken)
    ));
    assert!(matches!(
        FaultVfs::new("a\0b").register(),
        Err(RegisterError::Name(_))
    ));
}
