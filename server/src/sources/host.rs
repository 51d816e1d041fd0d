//! The metrics of this machine: load, memory, network and disks, published every second on
//! `host/metrics`.
//!
//! A value that the machine does not provide is left out.

use std::{collections::BTreeMap, path::Path, time::Duration};

use pulseboard_contract::{Attributes, EventType, Metrics, Payload, reserved::host_topic};
use pulseboard_hub::{NewEvent, PublishError};
use sysinfo::{
    CpuRefreshKind, DiskRefreshKind, Disks, MemoryRefreshKind, Networks, RefreshKind, System,
};
use tokio::time::{MissedTickBehavior, interval};

use crate::SqliteHub;

const EVERY: Duration = Duration::from_secs(1);

/// Publishes until the hub closes.
pub(crate) async fn run(hub: SqliteHub) {
    let topic = host_topic();
    let source = format!(
        "/host/{}",
        System::host_name()
            .ok()
            .filter(|name| !name.is_empty())
            .as_deref()
            .unwrap_or("localhost")
    );
    // Reading /proc and the size of file systems can block; a network mount can block for long.
    let Ok(mut sampler) = tokio::task::spawn_blocking(Sampler::new).await else {
        return;
    };
    // The first sample is published at once, so that the page has its tiles from the start. Rates
    // need two samples.
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let sample = tokio::task::spawn_blocking(move || {
            let metrics = sampler.sample();
            (sampler, metrics)
        });
        let Ok((back, metrics)) = sample.await else {
            return;
        };
        sampler = back;
        let event = NewEvent {
            id: None,
            source: source.clone(),
            event_type: EventType::Metrics.into(),
            topic: topic.clone(),
            time: hub.now(),
            expires: None,
            attributes: Attributes::default(),
            data: Payload::Metrics(metrics).json(),
        };
        // The hub logs its errors itself, and the next sample is published in a second.
        if let Err(PublishError::Closed) = hub.publish(vec![event]).await {
            return;
        }
    }
}

struct Sampler {
    system: Option<System>,
    networks: Option<Networks>,
    disks: Option<Disks>,
    /// When the last sample was taken; rates are measured since then.
    last: Option<std::time::Instant>,
}

impl Sampler {
    fn new() -> Self {
        let what = RefreshKind::nothing()
            .with_cpu(CpuRefreshKind::nothing().with_usage())
            .with_memory(MemoryRefreshKind::nothing().with_ram());
        Self {
            system: System::new_with_specifics(what).ok(),
            networks: Networks::new_with_refreshed_list().ok(),
            disks: Disks::new_with_refreshed_list_specifics(disk_refresh()).ok(),
            last: None,
        }
    }

    fn sample(&mut self) -> Metrics {
        let seconds = self
            .last
            .replace(std::time::Instant::now())
            .map(|last| last.elapsed().as_secs_f64().max(0.001));
        let mut numbers = BTreeMap::new();
        let mut put = |name: &str, number: f64| {
            numbers.insert(name.to_owned(), (number * 10.0).round() / 10.0);
        };
        if let Some(system) = &mut self.system {
            system.refresh_cpu_usage();
            system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
            if seconds.is_some() {
                put("cpu_percent", f64::from(system.global_cpu_usage()));
            }
            put("cpu_cores", number(system.cpus().len() as u64));
            put("memory_used_bytes", number(system.used_memory()));
            put("memory_total_bytes", number(system.total_memory()));
        }
        if let Some(networks) = &mut self.networks {
            networks.refresh(true);
            let (received, sent) = traffic(networks);
            if let Some(seconds) = seconds {
                put("network_in_bytes_per_second", number(received) / seconds);
                put("network_out_bytes_per_second", number(sent) / seconds);
            }
        }
        if let Some(disks) = &mut self.disks {
            disks.refresh_specifics(true, disk_refresh());
            let (read, written) = disk_traffic(disks);
            if let Some(seconds) = seconds {
                put("disk_read_bytes_per_second", number(read) / seconds);
                put("disk_write_bytes_per_second", number(written) / seconds);
            }
            if let Some(root) = disks
                .iter()
                .find(|disk| disk.mount_point() == Path::new("/"))
            {
                put(
                    "disk_used_bytes",
                    number(root.total_space().saturating_sub(root.available_space())),
                );
                put("disk_total_bytes", number(root.total_space()));
            }
        }
        if let Ok(load) = System::load_average() {
            put("load_1", load.one);
            put("load_5", load.five);
            put("load_15", load.fifteen);
        }
        Metrics(numbers)
    }
}

fn disk_refresh() -> DiskRefreshKind {
    DiskRefreshKind::nothing().with_storage().with_io_usage()
}

/// Bytes received and sent since the last sample. The loopback interface counts only if there is no
/// other.
fn traffic(networks: &Networks) -> (u64, u64) {
    let sum = |is_loopback: bool| {
        let chosen = networks
            .iter()
            .filter(|(name, _)| (name.as_os_str() == "lo") == is_loopback);
        chosen.fold((0, 0), |(received, sent), (_, data)| {
            (received + data.received(), sent + data.transmitted())
        })
    };
    sum(!networks.iter().any(|(name, _)| name.as_os_str() != "lo"))
}

/// Bytes read and written since the last sample. A disk that is mounted several times counts once.
fn disk_traffic(disks: &Disks) -> (u64, u64) {
    let by_device: BTreeMap<_, _> = disks
        .iter()
        .map(|disk| (disk.name(), disk.usage()))
        .collect();
    by_device.values().fold((0, 0), |(read, written), usage| {
        (read + usage.read_bytes, written + usage.written_bytes)
    })
}

/// The count as a floating-point number, which is exact up to 2^53.
#[allow(clippy::cast_precision_loss)]
fn number(count: u64) -> f64 {
    count as f64
}
