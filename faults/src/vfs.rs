//! The VFS: passes SQLite's calls on to the default VFS, through the faults and the undo journal.
//!
//! This module and its children are the only unsafe code of the workspace. It is sound because:
//!
//! - A registered VFS, its name and its [`Layer`] are leaked, so the pointers in `sqlite3_vfs` stay
//!   valid.
//! - SQLite calls a method only with the VFS or file it belongs to, with pointers that are valid as
//!   documented (<https://sqlite.org/c3ref/vfs.html>,
//!   <https://sqlite.org/c3ref/io_methods.html>), and never one file from two threads at once.
//!   Threads share [`Layer`]; its mutable parts are behind locks.
//! - A method that is passed on gets SQLite's arguments, with the VFS or file below in place of
//!   ours.
#![allow(unsafe_code)]

mod file;
mod layer;

use std::{
    ffi::{CStr, CString, NulError, c_char, c_int, c_void},
    io,
    path::{Path, PathBuf},
    ptr,
    sync::{Mutex, PoisonError},
};

use rusqlite::ffi;

use self::{file::FaultFile, layer::Layer};
use crate::{
    controls::Faults,
    journal::{Change, Journals},
};

/// A VFS to register under a name. Open connections to it with
/// [`rusqlite::Connection::open_with_flags_and_vfs`].
#[derive(Debug, Clone)]
pub struct FaultVfs {
    name: String,
    undo_dir: Option<PathBuf>,
    default: bool,
}

/// The VFS could not be registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The name cannot be passed to C.
    #[error("the name of the VFS contains a NUL")]
    Name(#[from] NulError),
    /// Another VFS has the name. A registration cannot be undone.
    #[error("a VFS with this name already exists")]
    NameTaken,
    /// The directory of the undo journal cannot be created.
    #[error("the directory of the undo journal cannot be created: {0}")]
    UndoDir(#[from] io::Error),
    /// SQLite rejects the VFS with this result code.
    #[error("SQLite rejects the VFS with code {0}")]
    Sqlite(c_int),
}

impl FaultVfs {
    /// A VFS over the default one.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            undo_dir: None,
            default: false,
        }
    }

    /// Keeps an undo journal for [`power_loss`](crate::power_loss) in `dir`, which is created if
    /// needed. It must be on the file system of the database, and only one process may use it at a
    /// time.
    #[must_use]
    pub fn undo_journal(mut self, dir: &Path) -> Self {
        self.undo_dir = Some(dir.to_owned());
        self
    }

    /// Makes this VFS the default, for code that opens its database without naming a VFS.
    #[must_use]
    pub fn as_default(mut self) -> Self {
        self.default = true;
        self
    }

    /// Registers the VFS for the life of the process; returns its switches.
    ///
    /// # Errors
    /// The name is taken or contains a NUL, the undo journal's directory cannot be created, or SQLite
    /// rejects the VFS.
    pub fn register(self) -> Result<Faults, RegisterError> {
        // SQLite would replace a VFS of the same name under its open connections. Finding and
        // registering are two calls, so they need a lock.
        static REGISTERING: Mutex<()> = Mutex::new(());
        let _registering = REGISTERING.lock().unwrap_or_else(PoisonError::into_inner);

        let name = CString::new(self.name)?;
        // SAFETY: the name is a C string, and `sqlite3_vfs_find` initialises SQLite.
        let (taken, below) = unsafe {
            (
                ffi::sqlite3_vfs_find(name.as_ptr()),
                ffi::sqlite3_vfs_find(ptr::null()),
            )
        };
        if !taken.is_null() {
            return Err(RegisterError::NameTaken);
        }
        if below.is_null() {
            return Err(RegisterError::Sqlite(ffi::SQLITE_NOTFOUND));
        }
        let journals = self.undo_dir.as_deref().map(Journals::new).transpose()?;

        let faults = Faults::default();
        let layer = Box::leak(Box::new(Layer {
            below,
            faults: faults.clone(),
            journals,
        }));
        // SAFETY: a VFS that SQLite has registered is valid.
        let below = unsafe { &*below };
        let vfs = Box::leak(Box::new(ffi::sqlite3_vfs {
            iVersion: below.iVersion.min(3),
            szOsFile: FaultFile::size_over(below.szOsFile),
            mxPathname: below.mxPathname,
            pNext: ptr::null_mut(),
            zName: name.into_raw(),
            pAppData: ptr::from_mut(layer).cast(),
            xOpen: Some(x_open),
            xDelete: Some(x_delete),
            xAccess: Some(x_access),
            xFullPathname: Some(x_full_pathname),
            xDlOpen: Some(x_dl_open),
            xDlError: Some(x_dl_error),
            xDlSym: Some(x_dl_sym),
            xDlClose: Some(x_dl_close),
            xRandomness: Some(x_randomness),
            xSleep: Some(x_sleep),
            xCurrentTime: Some(x_current_time),
            xGetLastError: Some(x_get_last_error),
            xCurrentTimeInt64: below.xCurrentTimeInt64.and(Some(x_current_time_int64)),
            xSetSystemCall: below.xSetSystemCall.and(Some(x_set_system_call)),
            xGetSystemCall: below.xGetSystemCall.and(Some(x_get_system_call)),
            xNextSystemCall: below.xNextSystemCall.and(Some(x_next_system_call)),
        }));
        // SAFETY: the VFS and everything it points to are leaked.
        match unsafe { ffi::sqlite3_vfs_register(vfs, c_int::from(self.default)) } {
            ffi::SQLITE_OK => Ok(faults),
            code => Err(RegisterError::Sqlite(code)),
        }
    }
}

/// A name that SQLite passed.
///
/// # Safety
/// It is null or a C string that lives as long as the call it was passed in.
unsafe fn c_str<'a>(name: *const c_char) -> Option<&'a CStr> {
    // SAFETY: by the contract of this function.
    (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) })
}

unsafe extern "C" fn x_open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: see the module. `file` points to `szOsFile` bytes, which are enough for our file and,
    // behind it, the one below.
    unsafe {
        // SQLite closes a file that has methods, even if the open failed.
        (*file).pMethods = ptr::null();
        let (layer, below) = Layer::of(vfs);
        let Some(open) = (*below).xOpen else {
            return ffi::SQLITE_CANTOPEN;
        };
        let named = if flags & ffi::SQLITE_OPEN_DELETEONCLOSE == 0 {
            c_str(name)
        } else {
            None
        };
        let Ok(journal) = layer.journal(named) else {
            return ffi::SQLITE_CANTOPEN;
        };
        let mut noting = journal.as_ref().map(|journal| (journal, journal.lock()));
        if let Some((journal, noting)) = &mut noting
            && flags & ffi::SQLITE_OPEN_CREATE != 0
            && !journal.file_exists()
            && noting.append(Change::Created, &[]).is_err()
        {
            return ffi::SQLITE_CANTOPEN;
        }
        let code = open(below, name, FaultFile::below(file), flags, out_flags);
        drop(noting);
        FaultFile::opened(file, flags, code, layer, journal)
    }
}

unsafe extern "C" fn x_delete(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    sync_dir: c_int,
) -> c_int {
    // SAFETY: see the module.
    unsafe {
        let (layer, below) = Layer::of(vfs);
        let Some(delete) = (*below).xDelete else {
            return ffi::SQLITE_IOERR_DELETE;
        };
        let lying = layer.faults.on_change();
        let Ok(journal) = layer.journal(c_str(name)) else {
            return ffi::SQLITE_IOERR_DELETE;
        };
        let mut noting = journal.as_ref().map(|journal| (journal, journal.lock()));
        if let Some((journal, noting)) = &mut noting
            && journal.file_exists()
            && noting.append_deletion(journal).is_err()
        {
            return ffi::SQLITE_IOERR_DELETE;
        }
        let code = delete(below, name, sync_dir);
        drop(noting);
        if code == ffi::SQLITE_OK
            && sync_dir != 0
            && !lying
            && layer.directory_synced(journal.as_ref()).is_err()
        {
            return ffi::SQLITE_IOERR_DIR_FSYNC;
        }
        code
    }
}

/// Methods that are passed on unchanged: the field, our function, and the result if the VFS below
/// has no such method.
macro_rules! pass_on {
    ($($field:ident as $name:ident($($arg:ident: $kind:ty),*) -> $answer:ty, or $missing:expr;)*) => {$(
        unsafe extern "C" fn $name(vfs: *mut ffi::sqlite3_vfs, $($arg: $kind),*) -> $answer {
            // SAFETY: see the module.
            unsafe {
                let (_, below) = Layer::of(vfs);
                match (*below).$field {
                    Some(method) => method(below, $($arg),*),
                    None => $missing,
                }
            }
        }
    )*};
}

/// The result of `xDlSym`. The bindings give it these arguments; nothing here calls it.
type Symbol = unsafe extern "C" fn(*mut ffi::sqlite3_vfs, *mut c_void, *const c_char);

pass_on! {
    xAccess as x_access(name: *const c_char, flags: c_int, found: *mut c_int) -> c_int, or ffi::SQLITE_IOERR_ACCESS;
    xFullPathname as x_full_pathname(name: *const c_char, len: c_int, out: *mut c_char) -> c_int, or ffi::SQLITE_CANTOPEN;
    xDlOpen as x_dl_open(name: *const c_char) -> *mut c_void, or ptr::null_mut();
    xDlError as x_dl_error(len: c_int, out: *mut c_char) -> (), or ();
    xDlSym as x_dl_sym(library: *mut c_void, symbol: *const c_char) -> Option<Symbol>, or None;
    xDlClose as x_dl_close(library: *mut c_void) -> (), or ();
    xRandomness as x_randomness(len: c_int, out: *mut c_char) -> c_int, or 0;
    xSleep as x_sleep(microseconds: c_int) -> c_int, or 0;
    xCurrentTime as x_current_time(out: *mut f64) -> c_int, or ffi::SQLITE_ERROR;
    xGetLastError as x_get_last_error(len: c_int, out: *mut c_char) -> c_int, or 0;
    xCurrentTimeInt64 as x_current_time_int64(out: *mut ffi::sqlite3_int64) -> c_int, or ffi::SQLITE_ERROR;
    xSetSystemCall as x_set_system_call(name: *const c_char, call: ffi::sqlite3_syscall_ptr) -> c_int, or ffi::SQLITE_NOTFOUND;
    xGetSystemCall as x_get_system_call(name: *const c_char) -> ffi::sqlite3_syscall_ptr, or None;
    xNextSystemCall as x_next_system_call(name: *const c_char) -> *const c_char, or ptr::null();
}
