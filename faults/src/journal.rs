//! The undo journal of one file: the bytes that its unsynced changes replaced, oldest first.
//!
//! The journal is a plain file. Each record is appended *before* its change is made, so a process
//! that is killed at any moment has recorded everything it did. A record is a line of JSON, followed
//! by the bytes that the change replaces. Only the process dies and not the machine, so the system's
//! cache keeps the journal and it is never synced.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{self, Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

/// The journals of a process: one per file, shared by all connections that have it open.
#[derive(Debug)]
pub(crate) struct Journals {
    dir: PathBuf,
    by_file: Mutex<HashMap<PathBuf, SharedJournal>>,
}

#[derive(Debug, Clone)]
pub(crate) struct SharedJournal {
    file: Arc<Path>,
    journal: Arc<Mutex<Journal>>,
}

#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    records: File,
    len: u64,
    /// Whether the records have a creation or deletion that no sync of the directory follows.
    unsynced_name: bool,
    /// The contents of deleted files, under other names.
    saved: Vec<PathBuf>,
    /// Whether a failed sync has dropped writes. Then the next successful sync must not empty the
    /// journal, or the dropped writes would count as durable.
    dropped: bool,
}

/// One change of a file, with what is needed to undo it apart from the bytes it replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Change {
    Created,
    /// The content still exists, under another name.
    Deleted {
        saved: PathBuf,
    },
    /// `len` bytes were written at `offset`.
    Written {
        offset: u64,
        len: u64,
        old_len: u64,
    },
    Truncated {
        len: u64,
        old_len: u64,
    },
    /// All changes before this one are durable, except the dropped ones.
    Synced,
    /// The directory was synced: creations and deletions before this one are durable.
    NameSynced,
    /// The writes since the last sync, successful or not, are dropped.
    SyncFailed,
}

/// A change, and the bytes it replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) change: Change,
    pub(crate) before: Vec<u8>,
}

/// The first line of a record in the file.
#[derive(Serialize, Deserialize)]
struct RecordHeader {
    change: Change,
    /// How many replaced bytes follow.
    before: usize,
}

const SUFFIX: &str = ".undo";

impl Journals {
    pub(crate) fn new(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        Ok(Self {
            dir: path::absolute(dir)?,
            by_file: Mutex::default(),
        })
    }

    /// The journal of the file at `path`. The file need not exist.
    pub(crate) fn of(&self, path: &Path) -> io::Result<SharedJournal> {
        let mut by_file = self.by_file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(journal) = by_file.get(path) {
            return Ok(journal.clone());
        }
        let journal = Arc::new(Mutex::new(Journal::open(&self.dir, path)?));
        let journal = SharedJournal {
            file: path.into(),
            journal,
        };
        by_file.insert(path.to_owned(), journal.clone());
        Ok(journal)
    }

    /// Records that the directory of a file was synced.
    pub(crate) fn directory_synced(&self, file: &SharedJournal) -> io::Result<()> {
        let by_file = self.by_file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut siblings = by_file
            .values()
            .filter(|sibling| sibling.file.parent() == file.file.parent());
        siblings.try_for_each(|sibling| sibling.lock().name_synced())
    }
}

impl SharedJournal {
    pub(crate) fn file_exists(&self) -> bool {
        self.file.exists()
    }

    /// Blocks all other changes of the file, and its syncs: journal and file have to agree.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal {
    /// Opens the journal that an earlier process may have left. Without a power loss, its changes
    /// are in the file and still not synced.
    fn open(dir: &Path, path: &Path) -> io::Result<Self> {
        let journal_path = dir.join(journal_name(path)?);
        let (records, len) = match fs::read(&journal_path) {
            Ok(bytes) => parse(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (Vec::new(), 0),
            Err(error) => return Err(error),
        };
        let records_file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&journal_path)?;
        // Records after a torn one could not be read.
        records_file.set_len(len)?;
        let dropped = records
            .iter()
            .any(|record| record.change == Change::SyncFailed);
        let saved = records
            .into_iter()
            .filter_map(|record| match record.change {
                Change::Deleted { saved } => Some(saved),
                _ => None,
            });
        Ok(Self {
            saved: saved.collect(),
            unsynced_name: len > 0,
            path: journal_path,
            records: records_file,
            len,
            dropped,
        })
    }

    /// Records a change that is about to be made.
    pub(crate) fn append(&mut self, change: Change, before: &[u8]) -> io::Result<()> {
        self.unsynced_name |= matches!(change, Change::Created | Change::Deleted { .. });
        let mut record = serde_json::to_vec(&RecordHeader {
            change,
            before: before.len(),
        })?;
        record.push(b'\n');
        record.extend_from_slice(before);
        match self.records.write_all(&record) {
            Ok(()) => self.len += record.len() as u64,
            Err(error) => {
                self.records.set_len(self.len)?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Records that the file, which exists, is about to be deleted, and keeps its content by a hard
    /// link. That is why the journal has to be on the file system of the file.
    pub(crate) fn append_deletion(&mut self, file: &SharedJournal) -> io::Result<()> {
        let mut number = 0;
        let saved = loop {
            let saved = self.path.with_extension(format!("deleted-{number}"));
            match fs::hard_link(&file.file, &saved) {
                Ok(()) => break saved,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        };
        self.saved.push(saved.clone());
        self.append(Change::Deleted { saved }, &[])
    }

    /// Records a successful sync.
    pub(crate) fn synced(&mut self) -> io::Result<()> {
        if self.dropped {
            return self.append(Change::Synced, &[]);
        }
        self.records.set_len(0)?;
        self.len = 0;
        self.unsynced_name = false;
        self.saved.drain(..).try_for_each(fs::remove_file)
    }

    fn name_synced(&mut self) -> io::Result<()> {
        if self.unsynced_name {
            self.append(Change::NameSynced, &[])?;
            self.unsynced_name = false;
        }
        Ok(())
    }

    /// Records a failed sync that has dropped writes.
    pub(crate) fn sync_failed(&mut self) -> io::Result<()> {
        self.dropped = true;
        self.append(Change::SyncFailed, &[])
    }
}

/// The files that have a journal in `dir`, each with its journal, in the order of their names.
pub(crate) fn journaled_files(dir: &Path) -> io::Result<Vec<(PathBuf, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let journal = entry?.path();
        if let Some(name) = journal
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_suffix(SUFFIX))
        {
            found.push((
                PathBuf::from(name.replace("%2F", "/").replace("%25", "%")),
                journal,
            ));
        }
    }
    found.sort();
    Ok(found)
}

/// The complete records at the start of a journal, and the length of that part. A kill in the middle
/// of an append leaves a torn record at the end, whose change has not been made. Appended bytes are
/// in order, so a record that is long enough is complete.
pub(crate) fn parse(journal: &[u8]) -> (Vec<Record>, u64) {
    let mut records = Vec::new();
    let mut rest = journal;
    while let Some((record, after)) = parse_record(rest) {
        records.push(record);
        rest = after;
    }
    (records, (journal.len() - rest.len()) as u64)
}

fn parse_record(journal: &[u8]) -> Option<(Record, &[u8])> {
    let end = journal.iter().position(|&byte| byte == b'\n')?;
    let (line, rest) = (&journal[..end], &journal[end + 1..]);
    let header: RecordHeader = serde_json::from_slice(line).ok()?;
    let (before, rest) = rest.split_at_checked(header.before)?;
    Some((
        Record {
            change: header.change,
            before: before.to_owned(),
        },
        rest,
    ))
}

/// The name of a journal contains the path of its file, so a directory of journals needs no index.
fn journal_name(path: &Path) -> io::Result<String> {
    let path = path
        .to_str()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path is not UTF-8"))?;
    Ok(path.replace('%', "%25").replace('/', "%2F") + SUFFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undo_journal(dir: &Path) -> PathBuf {
        journaled_files(dir).unwrap()[0].1.clone()
    }

    #[test]
    fn the_next_process_appends_where_a_killed_one_left_a_torn_record() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("100%/file");
        for _process in 0..2 {
            let journal = Journals::new(dir.path()).unwrap().of(&path).unwrap();
            journal
                .lock()
                .append(Change::Truncated { len: 0, old_len: 5 }, b"bytes")
                .unwrap();
            journal
                .lock()
                .records
                .write_all(b"{\"change\":\"Cre")
                .unwrap();
        }
        assert_eq!(journaled_files(dir.path()).unwrap()[0].0, path);
        let (records, _) = parse(&fs::read(undo_journal(dir.path())).unwrap());
        let record = Record {
            change: Change::Truncated { len: 0, old_len: 5 },
            before: b"bytes".to_vec(),
        };
        assert_eq!(records, [record.clone(), record]);
    }

    #[test]
    fn the_content_of_a_deleted_file_is_kept_until_the_next_sync_of_any_process() {
        let dir = tempfile::tempdir().unwrap();
        let (path, undo) = (dir.path().join("file"), dir.path().join("undo"));
        let journals = || Journals::new(&undo).unwrap();
        fs::write(&path, "content").unwrap();
        let journal = journals().of(&path).unwrap();
        journal.lock().append_deletion(&journal).unwrap();
        assert_eq!(fs::read_dir(&undo).unwrap().count(), 2);
        journals().of(&path).unwrap().lock().synced().unwrap();
        assert_eq!(fs::read_dir(&undo).unwrap().count(), 1);
        assert_eq!(fs::read(undo_journal(&undo)).unwrap(), b"");
    }
}
