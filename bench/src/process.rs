//! The processor time and memory of a process, from Linux's `/proc` (proc(5)).
//!
//! Resident memory does not include the kernel's socket buffers.

use std::{
    collections::BTreeMap,
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

/// The unit of processor time in `/proc`: 1 / `USER_HZ`, which is 100 on every architecture of Rust.
const TICK: Duration = Duration::from_millis(10);
const SAMPLE_EVERY: Duration = Duration::from_millis(50);

/// A running process.
#[derive(Clone, Debug)]
pub struct Process {
    folder: PathBuf,
}

impl Process {
    /// Opens the process with this id.
    ///
    /// # Errors
    /// If there is no such process.
    pub fn open(pid: u32) -> Result<Self, Failure> {
        let process = Self {
            folder: format!("/proc/{pid}").into(),
        };
        process
            .cpu()
            .map_err(|_| Failure::usage(format!("--pid {pid}: there is no such process")))?;
        Ok(process)
    }

    /// Opens the current process.
    pub fn own() -> Self {
        Self {
            folder: "/proc/self".into(),
        }
    }

    /// Returns the processor time so far, user and system, of all threads.
    ///
    /// # Errors
    /// If the process has ended.
    pub fn cpu(&self) -> Result<CpuTime, Failure> {
        let stat = self.read("stat")?;
        let ticks = cpu_ticks(&stat)
            .map(|ticks| TICK * ticks)
            .ok_or_else(|| self.unreadable("stat"))?;
        Ok(CpuTime {
            ticks,
            threads: self.threads().unwrap_or_default(),
        })
    }

    /// Returns the nanoseconds on a processor by thread; `None` if the kernel does not count them.
    fn threads(&self) -> Option<BTreeMap<u32, u64>> {
        let tasks = fs::read_dir(self.folder.join("task")).ok()?;
        let thread = |task: fs::DirEntry| {
            let id = task.file_name().to_str()?.parse().ok()?;
            // A thread that ends between the listing and the read is skipped.
            let line = fs::read_to_string(task.path().join("schedstat")).ok()?;
            Some((id, on_processor(&line)?))
        };
        Some(tasks.flatten().filter_map(thread).collect())
    }

    /// Returns the current resident memory in bytes.
    ///
    /// # Errors
    /// If the process has ended.
    pub fn resident(&self) -> Result<u64, Failure> {
        self.status("VmRSS:")
    }

    /// Returns the highest resident memory since the process started, in bytes.
    ///
    /// # Errors
    /// If the process has ended.
    pub fn highest_resident(&self) -> Result<u64, Failure> {
        self.status("VmHWM:")
    }

    /// Starts sampling resident memory, until the sampler is dropped.
    pub fn sample_memory(&self) -> MemorySampler {
        let (process, peak) = (self.clone(), Arc::new(AtomicU64::new(0)));
        let sampled = Arc::clone(&peak);
        let task = tokio::spawn(async move {
            while let Ok(resident) = process.resident() {
                sampled.fetch_max(resident, Ordering::Relaxed);
                tokio::time::sleep(SAMPLE_EVERY).await;
            }
        });
        MemorySampler { task, peak }
    }

    fn status(&self, field: &str) -> Result<u64, Failure> {
        kibibytes(&self.read("status")?, field)
            .map(|kib| kib * 1024)
            .ok_or_else(|| self.unreadable("status"))
    }

    fn read(&self, name: &str) -> Result<String, Failure> {
        fs::read_to_string(self.folder.join(name)).map_err(|_| self.unreadable(name))
    }

    fn unreadable(&self, name: &str) -> Failure {
        Failure::run(format!(
            "cannot read {}: the process has ended",
            self.folder.join(name).display()
        ))
    }
}

/// The processor time of a process up to a point in time.
///
/// A tick is too coarse for a run of 0.2 s, so this has the nanoseconds of each living thread
/// (`schedstat`) and the ticks of the whole process, which include threads that have ended.
#[derive(Clone, Debug, Default)]
pub struct CpuTime {
    ticks: Duration,
    threads: BTreeMap<u32, u64>,
}

impl CpuTime {
    /// Returns the processor time since an earlier point in time.
    pub fn since(&self, earlier: &Self) -> Duration {
        let ticks = self.ticks.saturating_sub(earlier.ticks);
        let fine = self.threads.iter().map(|(id, nanos)| {
            nanos.saturating_sub(earlier.threads.get(id).copied().unwrap_or_default())
        });
        let fine = Duration::from_nanos(fine.sum());
        // User and system time are each rounded at both ends. A larger difference means that threads
        // have ended, and then the ticks are more precise.
        let ended = earlier
            .threads
            .keys()
            .any(|id| !self.threads.contains_key(id));
        if ended || fine + 2 * TICK < ticks {
            ticks
        } else {
            fine
        }
    }
}

/// The resources that a process used during a run.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Processor time.
    pub cpu: Duration,
    /// Resident memory at the start of the measurement, in bytes.
    pub resident: u64,
    /// The highest resident memory sampled during the measurement.
    pub peak: u64,
    /// The highest resident memory since the process started.
    pub highest: u64,
}

/// Measures the server, if its process is known, and the generator itself.
#[derive(Debug)]
pub struct Meter {
    server: Option<(Process, CpuTime, u64, MemorySampler)>,
    own: CpuTime,
}

impl Meter {
    /// Starts the measurement.
    ///
    /// # Errors
    /// If the server's process has ended.
    pub fn start(server: Option<&Process>) -> Result<Self, Failure> {
        let server = server
            .map(|process| {
                Ok((
                    process.clone(),
                    process.cpu()?,
                    process.resident()?,
                    process.sample_memory(),
                ))
            })
            .transpose()?;
        Ok(Self {
            server,
            own: Process::own().cpu()?,
        })
    }

    /// Returns the resources that the server used, and the processor time of the generator.
    ///
    /// # Errors
    /// If the server's process has ended.
    pub fn finish(self) -> Result<(Option<Usage>, Duration), Failure> {
        let own = Process::own().cpu()?.since(&self.own);
        let Some((process, cpu, resident, memory)) = self.server else {
            return Ok((None, own));
        };
        let usage = Usage {
            cpu: process.cpu()?.since(&cpu),
            resident,
            peak: memory.peak().max(process.resident()?),
            highest: process.highest_resident()?,
        };
        Ok((Some(usage), own))
    }
}

/// Samples resident memory twenty times a second.
#[derive(Debug)]
pub struct MemorySampler {
    task: JoinHandle<()>,
    peak: Arc<AtomicU64>,
}

impl MemorySampler {
    /// Returns the highest sample in bytes.
    pub fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }
}

impl Drop for MemorySampler {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Returns how many files this process may open.
pub fn descriptor_limit() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    limits.lines().find_map(|line| {
        line.strip_prefix("Max open files")?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    })
}

/// Returns `utime` + `stime`. The name before them may contain spaces and parentheses, so parsing
/// starts after the last `)`.
fn cpu_ticks(stat: &str) -> Option<u32> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

/// Returns the first figure of `schedstat`, the time on a processor. The second is the time waiting
/// for one.
fn on_processor(schedstat: &str) -> Option<u64> {
    schedstat.split_whitespace().next()?.parse().ok()
}

fn kibibytes(status: &str, field: &str) -> Option<u64> {
    status.lines().find_map(|line| {
        line.strip_prefix(field)?
            .trim()
            .strip_suffix("kB")?
            .trim()
            .parse()
            .ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_after_any_process_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 900 0 1 0 250 50 3 4 20 0 3 0 1000 1 2";
        assert_eq!(cpu_ticks(stat), Some(300));
        assert_eq!(cpu_ticks("42 (a) S 1"), None);
    }

    fn cpu(ticks: u64, threads: &[(u32, u64)]) -> CpuTime {
        CpuTime {
            ticks: Duration::from_millis(ticks * 10),
            threads: threads
                .iter()
                .map(|(id, ms)| (*id, ms * 1_000_000))
                .collect(),
        }
    }

    #[test]
    fn processor_time_is_finer_than_a_tick() {
        let (before, after) = (
            cpu(3, &[(1, 20), (2, 11)]),
            cpu(4, &[(1, 22), (2, 14), (3, 1)]),
        );
        assert_eq!(after.since(&before), Duration::from_millis(6));
        assert_eq!(before.since(&before), Duration::ZERO);
    }

    #[test]
    fn the_time_of_threads_that_have_ended_is_not_lost() {
        let before = cpu(3, &[(1, 20), (2, 11)]);
        assert_eq!(
            cpu(6, &[(1, 22)]).since(&before),
            Duration::from_millis(30),
            "a thread that existed before"
        );
        assert_eq!(
            cpu(9, &[(1, 22), (2, 14)]).since(&before),
            Duration::from_millis(60),
            "a thread that started and ended in between"
        );
        assert_eq!(
            cpu(9, &[]).since(&cpu(3, &[])),
            Duration::from_millis(60),
            "a kernel without schedstat"
        );
    }

    #[test]
    fn time_waiting_for_a_processor_does_not_count() {
        assert_eq!(on_processor("81234567 402 19\n"), Some(81_234_567));
        assert_eq!(on_processor(""), None);
    }

    #[test]
    fn the_processor_time_of_a_thread_grows_while_it_works() {
        let (own, began) = (Process::own(), std::time::Instant::now());
        let threads = || own.threads().unwrap_or_default();
        let before = threads();
        let grown = |(id, nanos): (&u32, &u64)| {
            nanos.saturating_sub(before.get(id).copied().unwrap_or_default())
        };
        // Other processes may use the processors for a while, so this only guards against a hang.
        while threads().iter().map(grown).max().unwrap_or_default() < 20_000_000 {
            assert!(
                began.elapsed() < Duration::from_mins(5),
                "{before:?}, {:?}",
                threads()
            );
        }
        // The clock is read after the threads, so a pause in between cannot make them exceed it.
        let after = threads();
        let elapsed = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        assert!(
            after
                .iter()
                .map(grown)
                .all(|nanos| nanos <= elapsed + 20_000_000),
            "{before:?}, {after:?}, {elapsed}"
        );
    }

    #[test]
    fn memory_is_read_in_kibibytes() {
        assert_eq!(
            kibibytes("VmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n", "VmRSS:"),
            Some(1024)
        );
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
