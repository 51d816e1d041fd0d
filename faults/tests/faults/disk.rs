//! Faults that surface while the database is at work, and heal.

use std::time::{Duration, Instant};

use pulseboard_faults::{FaultVfs, Loss, RegisterError, SyncFault, WriteFault};
use rusqlite::ffi;

use crate::{Disk, code, insert};

#[test]
fn full_disk_refuses_the_commit_and_takes_the_next_one_once_there_is_space() {
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
fn disk_that_fills_up_in_the_middle_of_a_write_keeps_what_was_committed() {
    let disk = Disk::new("fills-up");
    let db = disk.open("FULL");
    insert(&db, 1).unwrap();
    disk.faults.fail_writes(WriteFault::Full, 5000);
    let committed = (2..100).take_while(|&n| insert(&db, n).is_ok()).count();
    let before = disk.faults.writes();
    assert_eq!(code(insert(&db, 100)), ffi::SQLITE_FULL, "it stays full");
    assert!(disk.faults.writes() > before, "failed writes count");
    disk.power_loss(db, Loss::Some { seed: 1 });
    assert_eq!(disk.survivors().len(), 1 + committed);
}

#[test]
fn write_that_fills_the_disk_is_done_in_part() {
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
fn failing_write_surfaces_as_an_input_output_error() {
    let disk = Disk::new("write-error");
    let db = disk.open("FULL");
    disk.faults.fail_writes(WriteFault::Io, 0);
    assert_eq!(code(insert(&db, 1)), ffi::SQLITE_IOERR_WRITE);
    disk.faults.heal();
    insert(&db, 1).unwrap();
}

#[test]
fn failing_sync_surfaces_and_what_it_dropped_is_gone_though_the_next_one_succeeds() {
    for (fault, survives) in [(SyncFault::Retained, true), (SyncFault::Dropped, false)] {
        let disk = Disk::new(&format!("sync-{fault:?}"));
        let db = disk.open("FULL");
        insert(&db, 1).unwrap();
        // Without its own sync the commit is in the log and nothing else; the sync comes with the
        // checkpoint.
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
fn sync_takes_as_long_as_it_is_told() {
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
fn name_of_a_vfs_is_taken_once() {
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
