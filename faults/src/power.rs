//! The power loss: undoes what was not synced.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::Path,
};

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::journal::{Change, Record, journaled_files, parse};

/// What happens to the changes that were not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// None of them has reached the disk.
    Everything,
    /// Some have reached it: any sectors of any writes, because a disk keeps no order between two
    /// syncs. A creation, deletion or truncation of a file also may or may not have happened, but a
    /// file that was not created has no content. One seed always gives the same loss.
    Some {
        /// Seeds the choice.
        seed: u64,
    },
}

/// The result of a power loss, so that a test can check that there was something to lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Damage {
    /// Changes that were not durable.
    pub unsynced: usize,
    /// How many of these are lost, at least in part.
    pub lost: usize,
}

/// A disk writes this many bytes completely or not at all.
const SECTOR: u64 = 512;

/// Leaves the files as a disk would have them after a power loss, and removes their journals from
/// `undo_dir`. The process that wrote the files must be dead, and no other may have them open.
///
/// # Errors
/// A journal or one of the files cannot be read or written.
pub fn power_loss(undo_dir: &Path, loss: Loss) -> io::Result<Damage> {
    let mut damage = Damage::default();
    let mut rng = match loss {
        Loss::Everything => None,
        Loss::Some { seed } => Some(StdRng::seed_from_u64(seed)),
    };
    for (file, journal) in journaled_files(undo_dir)? {
        let (records, _) = parse(&fs::read(&journal)?);
        let mut disk = Disk {
            file: &file,
            // A disk may have kept almost everything of one file and almost nothing of another.
            chance: rng.as_mut().map(|rng| (rng.random(), rng)),
            damage: &mut damage,
        };
        let mut done = Vec::new();
        for record in records.iter().rev() {
            let Some(change) = disk.undo(record)? else {
                break;
            };
            done.push(change);
        }
        done.reverse();
        disk.redo(done)?;
        for record in records {
            if let Change::Deleted { saved } = record.change {
                remove(&saved)?;
            }
        }
        remove(&journal)?;
    }
    Ok(damage)
}

/// One file on its disk.
struct Disk<'a> {
    file: &'a Path,
    /// How probable it is that an unsynced change has reached the disk, and the source of
    /// randomness. `None`: nothing has reached it.
    chance: Option<(f64, &'a mut StdRng)>,
    damage: &'a mut Damage,
}

/// A change that was undone, with what is needed to make it again.
enum Undone {
    Created,
    Deleted,
    Written { offset: u64, bytes: Vec<u8> },
    Truncated { len: u64 },
    Synced,
    NameSynced,
    SyncFailed,
}

/// Whether an undone change has reached the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Durable,
    /// Chance decides.
    Open,
    Dropped,
}

impl Undone {
    /// Whether this changes the directory.
    fn is_name(&self) -> bool {
        matches!(self, Self::Created | Self::Deleted)
    }
}

impl Disk<'_> {
    /// Undoes the newest change that is not yet undone. If the kill came right before it, the change
    /// was not made. Returns `None` if a program other than SQLite has renamed or removed the file
    /// since; that program has to make the change durable.
    fn undo(&self, Record { change, before }: &Record) -> io::Result<Option<Undone>> {
        Ok(Some(match change {
            Change::Written { .. } | Change::Truncated { .. } if !self.file.exists() => {
                return Ok(None);
            }
            Change::Created => {
                remove(self.file)?;
                Undone::Created
            }
            Change::Deleted { saved } => {
                remove(self.file)?;
                fs::hard_link(saved, self.file)?;
                Undone::Deleted
            }
            &Change::Written {
                offset,
                len,
                old_len,
            } => {
                let file = self.open()?;
                let end = file.metadata()?.len().min(offset + len);
                let mut bytes =
                    vec![0; usize::try_from(end.saturating_sub(offset)).map_err(io::Error::other)?];
                file.read_exact_at(&mut bytes, offset)?;
                file.set_len(old_len)?;
                file.write_all_at(before, offset)?;
                Undone::Written { offset, bytes }
            }
            &Change::Truncated { len, old_len } => {
                let file = self.open()?;
                file.set_len(old_len)?;
                file.write_all_at(before, len)?;
                Undone::Truncated { len }
            }
            Change::Synced => Undone::Synced,
            Change::NameSynced => Undone::NameSynced,
            Change::SyncFailed => Undone::SyncFailed,
        }))
    }

    /// Makes the changes again that have reached the disk.
    fn redo(&mut self, changes: Vec<Undone>) -> io::Result<()> {
        let fates = fates(&changes);
        // Changes after a creation or deletion that did not happen were made to a file that does
        // not exist.
        let mut cut_off = false;
        for (change, fate) in changes.into_iter().zip(fates) {
            let is_name = change.is_name();
            let whole = match change {
                Undone::Synced | Undone::NameSynced | Undone::SyncFailed => continue,
                Undone::Created
                | Undone::Deleted
                | Undone::Truncated { .. }
                | Undone::Written { .. }
                    if cut_off =>
                {
                    false
                }
                Undone::Written { offset, bytes } => self.write_again(fate, offset, &bytes)?,
                Undone::Truncated { len } => {
                    self.keeps(fate) && self.open()?.set_len(len).map(|()| true)?
                }
                Undone::Created => self.keeps(fate) && File::create(self.file).map(|_| true)?,
                Undone::Deleted => self.keeps(fate) && remove(self.file).map(|()| true)?,
            };
            cut_off |= is_name && !whole;
            if fate != Fate::Durable {
                self.damage.unsynced += 1;
                self.damage.lost += usize::from(!whole);
            }
        }
        Ok(())
    }

    /// Writes the sectors again that have reached the disk; returns whether all have.
    fn write_again(&mut self, fate: Fate, offset: u64, bytes: &[u8]) -> io::Result<bool> {
        let file = self.open()?;
        let (mut offset, mut rest, mut whole) = (offset, bytes, true);
        while !rest.is_empty() {
            let in_sector = usize::try_from(SECTOR - offset % SECTOR).map_err(io::Error::other)?;
            let (sector, after) = rest.split_at(in_sector.min(rest.len()));
            if self.keeps(fate) {
                file.write_all_at(sector, offset)?;
            } else {
                whole = false;
            }
            offset += sector.len() as u64;
            rest = after;
        }
        Ok(whole)
    }

    fn keeps(&mut self, fate: Fate) -> bool {
        match fate {
            Fate::Durable => true,
            Fate::Open => self
                .chance
                .as_mut()
                .is_some_and(|(probability, rng)| rng.random_bool(*probability)),
            Fate::Dropped => false,
        }
    }

    fn open(&self) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(self.file)
    }
}

/// The fate of each change, as the successful and failed syncs among them decide.
fn fates(changes: &[Undone]) -> Vec<Fate> {
    let mut fates = vec![Fate::Open; changes.len()];
    for (at, change) in changes.iter().enumerate() {
        let earlier = fates[..at]
            .iter_mut()
            .zip(changes)
            .filter(|(fate, _)| **fate == Fate::Open);
        match change {
            Undone::Created
            | Undone::Deleted
            | Undone::Written { .. }
            | Undone::Truncated { .. } => {}
            Undone::Synced => earlier.for_each(|(fate, _)| *fate = Fate::Durable),
            Undone::NameSynced => {
                earlier
                    .filter(|(_, change)| change.is_name())
                    .for_each(|(fate, _)| *fate = Fate::Durable);
            }
            // A failed sync drops data. Names and lengths wait for the next sync.
            Undone::SyncFailed => {
                earlier
                    .filter(|(_, change)| matches!(change, Undone::Written { .. }))
                    .for_each(|(fate, _)| *fate = Fate::Dropped);
            }
        }
    }
    fates
}

/// Removes a file that may not exist.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Journals;

    /// Acts like the VFS: records each change and makes it. Returns the file after the power loss.
    fn after(loss: Loss, changes: &[(Change, u8)]) -> (Vec<u8>, Damage) {
        let dir = tempfile::tempdir().unwrap();
        let (path, undo) = (dir.path().join("file"), dir.path().join("undo"));
        fs::write(&path, [b'a'; 1024]).unwrap();
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .unwrap();
        let journal = Journals::new(&undo).unwrap().of(&path).unwrap();
        for (change, byte) in changes {
            let content = fs::read(&path).unwrap();
            let old_len = content.len() as u64;
            let at = |offset: u64| usize::try_from(offset.min(old_len)).unwrap();
            match change {
                &Change::Written { offset, len, .. } => {
                    let before = &content[at(offset)..at(offset + len)];
                    journal
                        .lock()
                        .append(
                            Change::Written {
                                offset,
                                len,
                                old_len,
                            },
                            before,
                        )
                        .unwrap();
                    file.write_all_at(&vec![*byte; usize::try_from(len).unwrap()], offset)
                        .unwrap();
                }
                &Change::Truncated { len, .. } => {
                    journal
                        .lock()
                        .append(Change::Truncated { len, old_len }, &content[at(len)..])
                        .unwrap();
                    file.set_len(len).unwrap();
                }
                Change::Synced => journal.lock().synced().unwrap(),
                Change::SyncFailed => journal.lock().sync_failed().unwrap(),
                Change::Created | Change::Deleted { .. } | Change::NameSynced => {
                    unreachable!("names are tested on SQLite")
                }
            }
        }
        let damage = power_loss(&undo, loss).unwrap();
        (fs::read(&path).unwrap(), damage)
    }

    fn write(offset: u64, len: u64, byte: u8) -> (Change, u8) {
        (
            Change::Written {
                offset,
                len,
                old_len: 0,
            },
            byte,
        )
    }

    fn truncate(len: u64) -> (Change, u8) {
        (Change::Truncated { len, old_len: 0 }, 0)
    }

    const SYNC: (Change, u8) = (Change::Synced, 0);
    const FAILED_SYNC: (Change, u8) = (Change::SyncFailed, 0);

    #[test]
    fn overlapping_changes_are_undone_to_the_last_sync() {
        let changes = [
            write(0, 100, b'b'),
            SYNC,
            write(50, 2000, b'c'),
            truncate(70),
            write(60, 50, b'd'),
            truncate(300),
            write(5000, 1, b'e'),
        ];
        let (file, damage) = after(Loss::Everything, &changes);
        assert_eq!(file, [&[b'b'; 100][..], &[b'a'; 924]].concat());
        assert_eq!(
            damage,
            Damage {
                unsynced: 5,
                lost: 5
            }
        );
    }

    #[test]
    fn writes_that_a_failed_sync_dropped_stay_lost_unless_they_are_written_again() {
        let changes = [
            write(0, 1024, b'b'),
            FAILED_SYNC,
            write(512, 1024, b'c'),
            SYNC,
            write(600, 1, b'd'),
        ];
        let (file, damage) = after(Loss::Everything, &changes);
        assert_eq!(file, [[b'a'; 512], [b'c'; 512], [b'c'; 512]].concat());
        assert_eq!(
            damage,
            Damage {
                unsynced: 2,
                lost: 2
            }
        );
    }

    #[test]
    fn some_sectors_reach_the_disk_whole_and_in_any_order() {
        let (mut older_alone, mut newer_alone) = (false, false);
        for seed in 0..50 {
            let (file, _) = after(
                Loss::Some { seed },
                &[write(0, 1024, b'b'), write(0, 1024, b'c')],
            );
            assert!(
                file.chunks(512)
                    .all(|sector| sector.iter().all(|byte| *byte == sector[0])),
                "seed {seed}"
            );
            older_alone |= file.contains(&b'b');
            newer_alone |= file.contains(&b'a') && file.contains(&b'c');
        }
        assert!(older_alone && newer_alone);
    }
}
