//! What a process has used, as Linux tells in `/proc` (proc(5)).
//!
//! Resident memory is the process's own: the kernel's socket buffers are not in it.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinHandle;

use crate::failure::Failure;

/// `USER_HZ`, in which Linux counts processor time towards user space: 100 on every architecture Rust has.
const TICK: Duration = Duration::from_millis(10);
const SAMPLE_EVERY: Duration = Duration::from_millis(50);

/// A running process.
#[derive(Clone, Debug)]
pub struct Process {
    folder: PathBuf,
}

impl Process {
    /// The process with this id, if there is one.
    pub fn open(pid: u32) -> Result<Self, Failure> {
        let process = Self { folder: format!("/proc/{pid}").into() };
        process.cpu().map_err(|_| Failure::usage(format!("--pid {pid}: there is no such process")))?;
        Ok(process)
    }

    /// This process.
    pub fn own() -> Self {
        Self { folder: "/proc/self".into() }
    }

    /// Processor time so far, user and system, of all threads.
    pub fn cpu(&self) -> Result<Duration, Failure> {
        let stat = self.read("stat")?;
        cpu_ticks(&stat).map(|ticks| TICK * ticks).ok_or_else(|| self.unreadable("stat"))
    }

    /// Resident memory now, in bytes.
    pub fn resident(&self) -> Result<u64, Failure> {
        self.status("VmRSS:")
    }

    /// The most resident memory since the process began, in bytes.
    pub fn highest_resident(&self) -> Result<u64, Failure> {
        self.status("VmHWM:")
    }

    /// Begins to watch resident memory; the watch ends when it is dropped.
    pub fn watch(&self) -> Watch {
        let (process, peak) = (self.clone(), Arc::new(AtomicU64::new(0)));
        let seen = Arc::clone(&peak);
        let task = tokio::spawn(async move {
            while let Ok(resident) = process.resident() {
                seen.fetch_max(resident, Ordering::Relaxed);
                tokio::time::sleep(SAMPLE_EVERY).await;
            }
        });
        Watch { task, peak }
    }

    fn status(&self, field: &str) -> Result<u64, Failure> {
        kibibytes(&self.read("status")?, field).map(|kib| kib * 1024).ok_or_else(|| self.unreadable("status"))
    }

    fn read(&self, name: &str) -> Result<String, Failure> {
        fs::read_to_string(self.folder.join(name)).map_err(|_| self.unreadable(name))
    }

    fn unreadable(&self, name: &str) -> Failure {
        Failure::run(format!("{} cannot be read: the process is gone", self.folder.join(name).display()))
    }
}

/// What a process used during a run.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Processor time.
    pub cpu: Duration,
    /// Resident bytes when the measuring began.
    pub resident: u64,
    /// The most resident bytes seen from then on.
    pub peak: u64,
    /// The most resident bytes since the process began.
    pub highest: u64,
}

/// Measures the server, where its process is known, and the generator itself, from now on.
#[derive(Debug)]
pub struct Meter {
    server: Option<(Process, Duration, u64, Watch)>,
    own: Duration,
}

impl Meter {
    /// Begins to measure.
    pub fn start(server: Option<&Process>) -> Result<Self, Failure> {
        let server =
            server.map(|process| Ok((process.clone(), process.cpu()?, process.resident()?, process.watch()))).transpose()?;
        Ok(Self { server, own: Process::own().cpu()? })
    }

    /// What the server used since, and the generator's processor time.
    pub fn finish(self) -> Result<(Option<Usage>, Duration), Failure> {
        let own = Process::own().cpu()?.saturating_sub(self.own);
        let Some((process, cpu, resident, watch)) = self.server else { return Ok((None, own)) };
        let usage = Usage {
            cpu: process.cpu()?.saturating_sub(cpu),
            resident,
            peak: watch.peak().max(process.resident()?),
            highest: process.highest_resident()?,
        };
        Ok((Some(usage), own))
    }
}

/// Resident memory, looked at twenty times a second.
#[derive(Debug)]
pub struct Watch {
    task: JoinHandle<()>,
    peak: Arc<AtomicU64>,
}

impl Watch {
    /// The most that was seen, in bytes.
    pub fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How many files this process may have open.
pub fn descriptor_limit() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok())
}

/// `utime` + `stime`. The name before them may contain spaces and parentheses, hence from the last `)`.
fn cpu_ticks(stat: &str) -> Option<u32> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

fn kibibytes(status: &str, field: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(field)?.trim().strip_suffix("kB")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_any_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 900 0 1 0 250 50 3 4 20 0 3 0 1000 1 2";
        assert_eq!(cpu_ticks(stat), Some(300));
        assert_eq!(cpu_ticks("42 (a) S 1"), None);
    }

    #[test]
    fn memory_is_read_in_kibibytes() {
        assert_eq!(kibibytes("VmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n", "VmRSS:"), Some(1024));
        assert_eq!(kibibytes("VmHWM:\t 2048 kB\n", "VmRSS:"), None);
    }

    #[test]
    fn this_process_can_be_read() {
        let own = Process::own();
        assert!(own.cpu().is_ok());
        assert!(own.resident().is_ok_and(|bytes| bytes > 100_000));
        assert!(own.highest_resident().is_ok_and(|bytes| bytes > 100_000));
        assert!(descriptor_limit().is_some_and(|limit| limit > 10));
        assert!(Process::open(u32::MAX).is_err());
    }
}
