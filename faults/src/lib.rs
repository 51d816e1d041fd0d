//! Disks that fill up, fail, lie and lose power, for SQLite under test.
//!
//! [`FaultVfs`] is a layer between SQLite and its files. It passes everything through until the
//! [`Faults`] it was registered with say otherwise: writes that find the disk full, syncs that
//! fail, are slow, or claim to have happened.
//!
//! Killing a process does not show whether its data was durable: what it wrote is still in the
//! system's cache, synced or not. So the layer can also keep an *undo journal*: what every unsynced
//! change replaced. Once the process is dead, [`power_loss`] takes those changes back, all of them
//! or some, as a disk does when the power goes.
//!
//! ```
//! use pulseboard_faults::{FaultVfs, Loss, WriteFault, power_loss};
//! use rusqlite::{Connection, OpenFlags};
//!
//! # let dir = tempfile::tempdir()?;
//! let undo = dir.path().join("undo");
//! let faults = FaultVfs::new("example").undo_journal(&undo).register()?;
//! let db = Connection::open_with_flags_and_vfs(dir.path().join("log.db"), OpenFlags::default(), "example")?;
//! db.execute_batch("CREATE TABLE events(n)")?;
//!
//! faults.fail_writes(WriteFault::Full, 0);
//! assert!(db.execute("INSERT INTO events VALUES (1)", []).is_err());
//! faults.heal();
//! db.execute("INSERT INTO events VALUES (1)", [])?;
//!
//! drop(db);
//! power_loss(&undo, Loss::Everything)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What it does not model: the mapped `-shm` file, which SQLite builds anew after a power loss;
//! files without a name and those deleted on close; and a file whose content is durable and whose
//! name is not: the sync of a file counts for both. Renames are not SQLite's: whoever renames a
//! file syncs it and its directory, and the power loss leaves that alone.
//!
//! It is for Unix, and for tests: a registered VFS stays for the life of the process.

mod controls;
mod journal;
mod power;
mod vfs;

pub use controls::{Faults, SyncFault, WriteFault};
pub use power::{Damage, Loss, power_loss};
pub use vfs::{FaultVfs, RegisterError};
