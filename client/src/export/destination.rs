//! Where an export is written: standard output, a file, or a device.

use std::{
    fs::{File, Permissions},
    io::{self, BufWriter, IsTerminal, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::{error::CommandError, escape, output::write_error};

/// The destination of an export. A file appears only in [`Destination::finish`]; an export that
/// fails leaves the old file as it was.
pub(super) struct Destination {
    writer: BufWriter<Box<dyn Sink>>,
    name: String,
    is_terminal: bool,
}

impl Destination {
    /// Opens a file, or standard output if there is no path.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, CommandError> {
        let Some(path) = path else {
            return Ok(Self {
                writer: BufWriter::new(Box::new(io::stdout())),
                name: "standard output".to_owned(),
                is_terminal: io::stdout().is_terminal(),
            });
        };
        let name = path.display().to_string();
        let sink = open_file(path).map_err(|error| write_error(&name, &error))?;
        Ok(Self {
            writer: BufWriter::new(sink),
            name,
            is_terminal: false,
        })
    }

    /// The name for messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Writes one line and returns its length in bytes, including the line end.
    ///
    /// # Errors
    /// If it cannot be written; [`CommandError::OutputClosed`] if the reader of a pipe is gone.
    pub(super) fn write(&mut self, line: &str) -> Result<u64, CommandError> {
        // A file gets the exact bytes. For a terminal, control characters are escaped.
        let written = if self.is_terminal {
            writeln!(self.writer, "{}", escape::json(line))
        } else {
            writeln!(self.writer, "{line}")
        };
        written.map_err(|error| write_error(&self.name, &error))?;
        Ok(line.len() as u64 + 1)
    }

    /// Writes what is buffered and puts the file in place.
    ///
    /// # Errors
    /// If the file cannot be written, synced or renamed.
    pub(super) fn finish(self) -> Result<(), CommandError> {
        let name = self.name;
        let finished = self
            .writer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(Sink::finish);
        finished.map_err(|error| write_error(&name, &error))
    }
}

/// A writer with a last step.
trait Sink: Write {
    fn finish(self: Box<Self>) -> io::Result<()>;
}

impl Sink for io::Stdout {
    fn finish(self: Box<Self>) -> io::Result<()> {
        io::stdout().flush()
    }
}

/// A device or a pipe. It is written directly, because it must not be replaced by a file.
impl Sink for File {
    fn finish(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

/// A temporary file beside `path` that takes its name at the end.
struct Replacement {
    temporary: NamedTempFile,
    path: PathBuf,
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}

impl Sink for Replacement {
    fn finish(self: Box<Self>) -> io::Result<()> {
        // Sync before the rename: otherwise a power failure could leave an empty file under the
        // final name.
        self.temporary.as_file().sync_all()?;
        self.temporary
            .persist(&self.path)
            .map(drop)
            .map_err(|error| error.error)
    }
}

fn open_file(path: &Path) -> io::Result<Box<dyn Sink>> {
    // A symbolic link stays; the file that it points to is replaced.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Ok(Box::new(File::options().write(true).open(&path)?));
    }
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // The permissions of any new file: read and write, limited by the umask.
    let permissions = Permissions::from_mode(0o666);
    let temporary = tempfile::Builder::new()
        .prefix(".pulseboard-export-")
        .permissions(permissions)
        .tempfile_in(directory)?;
    Ok(Box::new(Replacement { temporary, path }))
}
