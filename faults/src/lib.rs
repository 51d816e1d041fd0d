//! Disks that fill up, fail, lie and lose power, for SQLite under test.
//!
//! [`FaultVfs`] is a layer between SQLite and its files. It passes every call on until a test turns on
//! [`Faults`]: writes to a full disk, and syncs that fail, are slow, or do nothing and report
//! success.
//!
//! Killing a process does not show whether its data was durable: its writes are still in the system's
//! cache, synced or not. So the layer can also keep an *undo journal*: the bytes that every unsynced
//! change replaced. Once the process is dead, [`power_loss`] undoes all or some of these changes, as
//! a disk does in a power loss.
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
//! It does not model:
//!
//! - the mapped `-shm` file, which SQLite rebuilds after a power loss;
//! - files without a name and files that are deleted on close;
//! - a file with durable content and a name that is not durable: the sync of a file counts for both;
//! - renames. SQLite renames no file; a program that does has to sync the file and its directory,
//!   and the power loss leaves the renamed file alone.
//!
//! It is for Unix and for tests: a registered VFS stays for the life of the process.

mod controls;
mod journal;
mod power;
mod vfs;

pub use controls::{Faults, SyncFault, WriteFault};
pub use power::{Damage, Loss, power_loss};
pub use vfs::{FaultVfs, RegisterError};
