//! The layer of one VFS: its faults, its journals, and the VFS below it.

use std::{ffi::CStr, io, path::Path};

use rusqlite::ffi;

use crate::{
    controls::Faults,
    journal::{Journals, SharedJournal},
};

/// The data behind `pAppData`, for the methods of a VFS.
pub(super) struct Layer {
    pub(super) below: *mut ffi::sqlite3_vfs,
    pub(super) faults: Faults,
    pub(super) journals: Option<Journals>,
}

impl Layer {
    /// Returns the layer of one of our VFSes, and the VFS below.
    ///
    /// # Safety
    /// `vfs` was made by [`FaultVfs::register`](super::FaultVfs::register).
    pub(super) unsafe fn of(vfs: *mut ffi::sqlite3_vfs) -> (&'static Self, *mut ffi::sqlite3_vfs) {
        // SAFETY: see `super`; the layer is leaked, and only ever shared.
        let layer = unsafe { &*(*vfs).pAppData.cast::<Self>() };
        (layer, layer.below)
    }

    /// The journal of a file, if it has one.
    pub(super) fn journal(&self, name: Option<&CStr>) -> io::Result<Option<SharedJournal>> {
        match (&self.journals, name) {
            (Some(journals), Some(name)) => journals
                .of(Path::new(name.to_str().map_err(io::Error::other)?))
                .map(Some),
            (None, _) | (_, None) => Ok(None),
        }
    }

    pub(super) fn directory_synced(&self, file: Option<&SharedJournal>) -> io::Result<()> {
        match (&self.journals, file) {
            (Some(journals), Some(file)) => journals.directory_synced(file),
            (None, _) | (_, None) => Ok(()),
        }
    }
}
