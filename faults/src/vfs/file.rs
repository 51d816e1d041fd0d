//! An open file: writes, truncations and syncs go through the faults and the undo journal; all other
//! calls are passed on.

use std::{
    ffi::{c_int, c_void},
    io, ptr,
    sync::atomic::{AtomicBool, Ordering},
};

use rusqlite::ffi;

use super::layer::Layer;
use crate::{
    controls::{SyncAction, SyncFault, WriteFault},
    journal::{Change, SharedJournal},
};

/// Our part of the memory that SQLite gives an open file. The file of the VFS below follows it
/// directly.
#[repr(C)]
pub(super) struct FaultFile {
    /// The field that SQLite's `sqlite3_file` starts with.
    methods: *const ffi::sqlite3_io_methods,
    layer: &'static Layer,
    journal: Option<SharedJournal>,
    /// Whether this is the database, and not its write-ahead log or a journal.
    is_database: bool,
    /// The first sync also syncs the directory. SQLite's VFS for Unix does so for a log or journal
    /// that it may have created.
    syncs_directory: AtomicBool,
}

const SYNCED_WITH_DIRECTORY: c_int =
    ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL;

impl FaultFile {
    /// The memory of our file and a file below of `below` bytes.
    pub(super) fn size_over(below: c_int) -> c_int {
        const {
            assert!(
                align_of::<FaultFile>() <= 8,
                "SQLite aligns the memory of a file to 8 bytes"
            );
        };
        c_int::try_from(size_of::<Self>()).map_or(c_int::MAX, |ours| below.saturating_add(ours))
    }

    /// The file below.
    ///
    /// # Safety
    /// `file` points to the memory of one of our files.
    pub(super) unsafe fn below(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
        // SAFETY: our VFS asks for the memory of both.
        unsafe { file.cast::<Self>().add(1).cast() }
    }

    /// Completes an open. The VFS below has returned `code`, which is passed on.
    ///
    /// # Safety
    /// `file` points to memory of [`FaultFile::size_over`] bytes, which the VFS below has just
    /// opened its file in.
    pub(super) unsafe fn opened(
        file: *mut ffi::sqlite3_file,
        flags: c_int,
        code: c_int,
        layer: &'static Layer,
        journal: Option<SharedJournal>,
    ) -> c_int {
        // SAFETY: by the contract of this function; a file with methods can be closed, opened or
        // not.
        unsafe {
            let below = Self::below(file);
            if code == ffi::SQLITE_OK {
                let methods = match (*(*below).pMethods).iVersion {
                    ..=1 => &METHODS[0],
                    2 => &METHODS[1],
                    3.. => &METHODS[2],
                };
                let syncs_directory =
                    flags & ffi::SQLITE_OPEN_CREATE != 0 && flags & SYNCED_WITH_DIRECTORY != 0;
                file.cast::<Self>().write(Self {
                    methods,
                    layer,
                    journal,
                    is_database: flags & ffi::SQLITE_OPEN_MAIN_DB != 0,
                    syncs_directory: syncs_directory.into(),
                });
            } else if let Some(methods) = (*below).pMethods.as_ref()
                && let Some(close) = methods.xClose
            {
                close(below);
            }
            code
        }
    }
}

/// One table per version, so that SQLite sees what the file below can do.
static METHODS: [ffi::sqlite3_io_methods; 3] = [methods(1), methods(2), methods(3)];

const fn methods(version: c_int) -> ffi::sqlite3_io_methods {
    ffi::sqlite3_io_methods {
        iVersion: version,
        xClose: Some(x_close),
        xRead: Some(x_read),
        xWrite: Some(x_write),
        xTruncate: Some(x_truncate),
        xSync: Some(x_sync),
        xFileSize: Some(x_file_size),
        xLock: Some(x_lock),
        xUnlock: Some(x_unlock),
        xCheckReservedLock: Some(x_check_reserved_lock),
        xFileControl: Some(x_file_control),
        xSectorSize: Some(x_sector_size),
        xDeviceCharacteristics: Some(x_device_characteristics),
        xShmMap: Some(x_shm_map),
        xShmLock: Some(x_shm_lock),
        xShmBarrier: Some(x_shm_barrier),
        xShmUnmap: Some(x_shm_unmap),
        xFetch: Some(x_fetch),
        xUnfetch: Some(x_unfetch),
    }
}

unsafe extern "C" fn x_close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: see `super`; SQLite does not use a file after it has closed it.
    unsafe {
        let code = pass_on_close(file);
        ptr::drop_in_place(file.cast::<FaultFile>());
        code
    }
}

unsafe extern "C" fn x_write(
    file: *mut ffi::sqlite3_file,
    data: *const c_void,
    amount: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: see `super`; no more than the `amount` of bytes that `data` points to is written.
    unsafe {
        let this = &*file.cast::<FaultFile>();
        let (len, fault) = this
            .layer
            .faults
            .on_write(u64::from(amount.unsigned_abs()), this.is_database);
        let mut journal = this.journal.as_ref().map(SharedJournal::lock);
        if len > 0 {
            if let Some(journal) = &mut journal {
                let noted = size(file).and_then(|old_len| {
                    let offset = offset.unsigned_abs();
                    let before = read(file, offset, old_len.min(offset + len))?;
                    journal.append(
                        Change::Written {
                            offset,
                            len,
                            old_len,
                        },
                        &before,
                    )
                });
                if noted.is_err() {
                    return ffi::SQLITE_IOERR_WRITE;
                }
            }
            let code = pass_on_write(file, data, c_int::try_from(len).unwrap_or(amount), offset);
            if code != ffi::SQLITE_OK {
                return code;
            }
        }
        match fault {
            None => ffi::SQLITE_OK,
            Some(WriteFault::Full) => ffi::SQLITE_FULL,
            Some(WriteFault::Io) => ffi::SQLITE_IOERR_WRITE,
        }
    }
}

unsafe extern "C" fn x_truncate(file: *mut ffi::sqlite3_file, len: i64) -> c_int {
    // SAFETY: see `super`.
    unsafe {
        let this = &*file.cast::<FaultFile>();
        this.layer.faults.on_change();
        let mut journal = this.journal.as_ref().map(SharedJournal::lock);
        if let Some(journal) = &mut journal {
            let noted = size(file).and_then(|old_len| {
                let before = read(file, len.unsigned_abs(), old_len)?;
                journal.append(
                    Change::Truncated {
                        len: len.unsigned_abs(),
                        old_len,
                    },
                    &before,
                )
            });
            if noted.is_err() {
                return ffi::SQLITE_IOERR_TRUNCATE;
            }
        }
        pass_on_truncate(file, len)
    }
}

unsafe extern "C" fn x_sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: see `super`.
    unsafe {
        let this = &*file.cast::<FaultFile>();
        let action = this.layer.faults.on_sync();
        // Locked during the sync: a write in the middle of a sync may or may not be part of it, so
        // it has to wait.
        let mut journal = this.journal.as_ref().map(SharedJournal::lock);
        let (code, mut noted) = match (action, &mut journal) {
            (SyncAction::Pretend, _) => (ffi::SQLITE_OK, Ok(())),
            (SyncAction::Fail(SyncFault::Dropped), Some(journal)) => {
                (ffi::SQLITE_IOERR_FSYNC, journal.sync_failed())
            }
            (SyncAction::Fail(SyncFault::Retained | SyncFault::Dropped), _) => {
                (ffi::SQLITE_IOERR_FSYNC, Ok(()))
            }
            (SyncAction::Do, journal) => match (pass_on_sync(file, flags), journal) {
                (ffi::SQLITE_OK, Some(journal)) => (ffi::SQLITE_OK, journal.synced()),
                (code, _) => (code, Ok(())),
            },
        };
        drop(journal);
        if action == SyncAction::Do
            && code == ffi::SQLITE_OK
            && this.syncs_directory.swap(false, Ordering::SeqCst)
        {
            noted = noted.and_then(|()| this.layer.directory_synced(this.journal.as_ref()));
        }
        if noted.is_ok() {
            code
        } else {
            ffi::SQLITE_IOERR_FSYNC
        }
    }
}

/// # Safety
/// `file` is an open file of ours.
unsafe fn size(file: *mut ffi::sqlite3_file) -> io::Result<u64> {
    let mut size = 0;
    // SAFETY: by the contract of this function.
    match unsafe { x_file_size(file, &raw mut size) } {
        ffi::SQLITE_OK => Ok(size.unsigned_abs()),
        code => Err(io::Error::other(format!("SQLite returned {code}"))),
    }
}

/// Reads the bytes from `start` to `end`, which the file has; none if `end` is not after `start`. It
/// reads through the file below and not through a descriptor of our own: closing that one would
/// release SQLite's locks on the file.
///
/// # Safety
/// `file` is an open file of ours.
unsafe fn read(file: *mut ffi::sqlite3_file, start: u64, end: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(end.saturating_sub(start)).map_err(io::Error::other)?];
    let mut offset = i64::try_from(start).map_err(io::Error::other)?;
    // SQLite counts the bytes of one read in a `c_int`.
    for part in bytes.chunks_mut(1 << 20) {
        let amount = c_int::try_from(part.len()).map_err(io::Error::other)?;
        // SAFETY: by the contract of this function, and the part has room for the amount.
        match unsafe { x_read(file, part.as_mut_ptr().cast(), amount, offset) } {
            ffi::SQLITE_OK => offset += i64::from(amount),
            code => return Err(io::Error::other(format!("SQLite returned {code}"))),
        }
    }
    Ok(bytes)
}

/// Methods that are passed on unchanged: the field, our function, and the result if the file below
/// has no such method.
macro_rules! pass_on {
    ($($field:ident as $name:ident($($arg:ident: $kind:ty),*) -> $answer:ty, or $missing:expr;)*) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file, $($arg: $kind),*) -> $answer {
            // SAFETY: see `super`; an open file has methods.
            unsafe {
                let below = FaultFile::below(file);
                match (*(*below).pMethods).$field {
                    Some(method) => method(below, $($arg),*),
                    None => $missing,
                }
            }
        }
    )*};
}

pass_on! {
    xClose as pass_on_close() -> c_int, or ffi::SQLITE_OK;
    xWrite as pass_on_write(data: *const c_void, amount: c_int, offset: i64) -> c_int, or ffi::SQLITE_IOERR_WRITE;
    xTruncate as pass_on_truncate(len: i64) -> c_int, or ffi::SQLITE_IOERR_TRUNCATE;
    xSync as pass_on_sync(flags: c_int) -> c_int, or ffi::SQLITE_IOERR_FSYNC;
    xRead as x_read(out: *mut c_void, amount: c_int, offset: i64) -> c_int, or ffi::SQLITE_IOERR_READ;
    xFileSize as x_file_size(out: *mut i64) -> c_int, or ffi::SQLITE_IOERR_FSTAT;
    xLock as x_lock(level: c_int) -> c_int, or ffi::SQLITE_IOERR_LOCK;
    xUnlock as x_unlock(level: c_int) -> c_int, or ffi::SQLITE_IOERR_UNLOCK;
    xCheckReservedLock as x_check_reserved_lock(out: *mut c_int) -> c_int, or ffi::SQLITE_IOERR_CHECKRESERVEDLOCK;
    xFileControl as x_file_control(operation: c_int, argument: *mut c_void) -> c_int, or ffi::SQLITE_NOTFOUND;
    xSectorSize as x_sector_size() -> c_int, or 0;
    xDeviceCharacteristics as x_device_characteristics() -> c_int, or 0;
    xShmMap as x_shm_map(page: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int, or ffi::SQLITE_IOERR_SHMMAP;
    xShmLock as x_shm_lock(offset: c_int, n: c_int, flags: c_int) -> c_int, or ffi::SQLITE_IOERR_SHMLOCK;
    xShmBarrier as x_shm_barrier() -> (), or ();
    xShmUnmap as x_shm_unmap(delete: c_int) -> c_int, or ffi::SQLITE_OK;
    xFetch as x_fetch(offset: i64, amount: c_int, out: *mut *mut c_void) -> c_int, or ffi::SQLITE_OK;
    xUnfetch as x_unfetch(offset: i64, page: *mut c_void) -> c_int, or ffi::SQLITE_OK;
}
