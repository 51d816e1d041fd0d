//! What a process has used, as Linux tells in `/proc` (proc(5)).
//!
//! Resident memory is the process's own: the kernel's socket buffers are not in it.

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

/// `USER_HZ`, in which Linux counts processor time towards user space: 100 on every architecture
/// Rust has.
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
        let process = Self {
            folder: format!("/proc/{pid}").into(),
        };
        process
            .cpu()
            .map_err(|_| Failure::usage(format!("--pid {pid}: there is no such process")))?;
        Ok(process)
    }

    /// This process.
    pub fn own() -> Self {
        Self {
            folder: "/proc/self".into(),
        }
    }

    /// Processor time so far, user and system, of all threads.
    pub fn cpu(&self) -> Result<Cpu, Failure> {
        let stat = self.read("stat")?;
        let ticks = cpu_ticks(&stat)
            .map(|ticks| TICK * ticks)
            .ok_or_else(|| self.unreadable("stat"))?;
        Ok(Cpu {
            ticks,
            threads: self.threads().unwrap_or_default(),
        })
    }

    /// Nanoseconds on a processor by thread; `None` where the kernel does not count them.
    fn threads(&self) -> Option<BTreeMap<u32, u64>> {
        let tasks = fs::read_dir(self.folder.join("task")).ok()?;
        let thread = |task: fs::DirEntry| {
            let id = task.file_name().to_str()?.parse().ok()?;
            // A thread that ends between the listing and the reading is one that ended before.
            let line = fs::read_to_string(task.path().join("schedstat")).ok()?;
            Some((id, on_processor(&line)?))
        };
        Some(tasks.flatten().filter_map(thread).collect())
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
        kibibytes(&self.read("status")?, field)
            .map(|kib| kib * 1024)
            .ok_or_else(|| self.unreadable("status"))
    }

    fn read(&self, name: &str) -> Result<String, Failure> {
        fs::read_to_string(self.folder.join(name)).map_err(|_| self.unreadable(name))
    }

    fn unreadable(&self, name: &str) -> Failure {
        Failure::run(format!(
            "{} cannot be read: the process is gone",
            self.folder.join(name).display()
        ))
    }
}

/// The processor time of a process up to a moment.
///
/// A tick is too coarse for a run of 0.2 s, so each living thread's nanoseconds (`schedstat`) are
/// kept beside the ticks of the whole process, in which threads that have ended are still counted.
#[derive(Clone, Debug, Default)]
pub struct Cpu {
    ticks: Duration,
    threads: BTreeMap<u32, u64>,
}

impl Cpu {
    /// What was used since an earlier moment.
    pub fn since(&self, earlier: &Self) -> Duration {
        let ticks = self.ticks.saturating_sub(earlier.ticks);
        let fine = self.threads.iter().map(|(id, nanos)| {
            nanos.saturating_sub(earlier.threads.get(id).copied().unwrap_or_default())
        });
        let fine = Duration::from_nanos(fine.sum());
        // User and system time are each rounded, at both ends. What is missing beyond that was used
        // by threads that have ended, and then the ticks know better.
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
    server: Option<(Process, Cpu, u64, Watch)>,
    own: Cpu,
}

impl Meter {
    /// Begins to measure.
    pub fn start(server: Option<&Process>) -> Result<Self, Failure> {
        let server = server
            .map(|process| {
                Ok((
                    process.clone(),
                    process.cpu()?,
                    process.resident()?,
                    process.watch(),
                ))
            })
            .transpose()?;
        Ok(Self {
            server,
            own: Process::own().cpu()?,
        })
    }

    /// What the server used since, and the generator's processor time.
    pub fn finish(self) -> Result<(Option<Usage>, Duration), Failure> {
        let own = Process::own().cpu()?.since(&self.own);
        let Some((process, cpu, resident, watch)) = self.server else {
            return Ok((None, own));
        };
        let usage = Usage {
            cpu: process.cpu()?.since(&cpu),
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
    limits.lines().find_map(|line| {
        line.strip_prefix("Max open files")?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    })
}

/// `utime` + `stime`. The name before them may contain spaces and parentheses, hence from the last
/// `)`.
fn cpu_ticks(stat: &str) -> Option<u32> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

/// The first figure of `schedstat` is the time on a processor, the second the time waiting for one.
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
    fn processor_time_is_read_behind_any_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 900 0 1 0 250 50 3 4 20 0 3 0 1000 1 2";
        assert_eq!(cpu_ticks(stat), Some(300));
        assert_eq!(cpu_ticks("42 (a) S 1"), None);
    }

    fn cpu(ticks: u64, threads: &[(u32, u64)]) -> Cpu {
        Cpu {
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
            "one that was there before"
        );
        assert_eq!(
            cpu(9, &[(1, 22), (2, 14)]).since(&before),
            Duration::from_millis(60),
            "one that came and went"
        );
        assert_eq!(
            cpu(9, &[]).since(&cpu(3, &[])),
            Duration::from_millis(60),
            "a kernel without schedstat"
        );
    }

    #[test]
    fn the_time_on_a_processor_is_not_the_time_waiting_for_one() {
        assert_eq!(on_processor("81234567 402 19\n"), Some(81_234_567));
        assert_eq!(on_processor(""), None);
    }

    #[test]
    fn the_time_a_thread_works_is_its_time_on_a_processor() {
        let (own, began) = (Process::own(), std::time::Instant::now());
        let threads = || own.threads().unwrap_or_default();
        let before = threads();
        let grown = |(id, nanos): (&u32, &u64)| {
            nanos.saturating_sub(before.get(id).copied().unwrap_or_default())
        };
        // Tests beside this one may have the processors for a while.
        while threads().iter().map(grown).max().unwrap_or_default() < 20_000_000 {
            assert!(
                began.elapsed() < Duration::from_secs(10),
                "{before:?}, {:?}",
                threads()
            );
        }
        let elapsed = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        assert!(
            threads()
                .iter()
                .map(grown)
                .all(|nanos| nanos <= elapsed + 20_000_000),
            "{before:?}, {:?}",
            threads()
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
