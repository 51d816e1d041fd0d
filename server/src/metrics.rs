//! The metrics of the server, for Prometheus.
//!
//! Each server has a registry of its own. A label has few values: the pattern of a route, but never
//! a path, a topic or an event type, which clients can invent.

use std::{fmt, time::Duration};

use axum::http::StatusCode;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text::encode},
    metrics::{
        MetricType, counter::ConstCounter, counter::Counter, family::Family, gauge::ConstGauge,
        gauge::Gauge, histogram::Histogram,
    },
    registry::{Registry, Unit},
};
use pulseboard_contract::Framing;
use pulseboard_hub::{Published, Start};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

/// The buckets of response times in seconds, from a response out of memory to one that a user has to
/// wait for.
const REQUEST_SECONDS: [f64; 10] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0,
];

/// The metrics of one server.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
    publishes: Family<PublishLabels, Counter>,
    events: Family<EventLabels, Counter>,
    streams: Family<FramingLabels, Gauge>,
    opened: Family<OpenedLabels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PublishLabels {
    way: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabels {
    way: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FramingLabels {
    framing: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OpenedLabels {
    framing: &'static str,
    start: &'static str,
}

impl Metrics {
    /// All metrics at zero. `others` registers the metrics of other parts, such as the hub.
    pub(crate) fn new(others: impl FnOnce(&mut Registry)) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Process));
        let own = registry.sub_registry_with_prefix("pulseboard");
        let requests = Family::<_, _, fn() -> Histogram>::new_with_constructor(|| {
            Histogram::new(REQUEST_SECONDS)
        });
        let (publishes, events, streams, opened) = (
            Family::default(),
            Family::default(),
            Family::default(),
            Family::default(),
        );
        own.register_with_unit(
            "http_request",
            "Time from a request to the head of its response",
            Unit::Seconds,
            requests.clone(),
        );
        own.register(
            "publishes",
            "Requests that publish, by format and outcome",
            publishes.clone(),
        );
        own.register(
            "published_events",
            "Events that the hub accepted, by format",
            events.clone(),
        );
        own.register("streams", "Open streams", streams.clone());
        own.register(
            "streams_opened",
            "Streams opened, by whether they start live or with a replay",
            opened.clone(),
        );
        others(own);
        Self {
            registry,
            requests,
            publishes,
            events,
            streams,
            opened,
        }
    }

    /// Counts a request and the time to the head of its response.
    pub(crate) fn requested(
        &self,
        method: &'static str,
        route: &str,
        status: StatusCode,
        took: Duration,
    ) {
        let labels = RequestLabels {
            method,
            route: route.to_owned(),
            status: class(status),
        };
        self.requests
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
    }

    /// Counts a request to publish, by the status of its response.
    pub(crate) fn answered(&self, way: &'static str, status: StatusCode) {
        let outcome = match status {
            status if status.is_server_error() => "failed",
            status if status.is_client_error() => "refused",
            _ => "accepted",
        };
        self.publishes
            .get_or_create(&PublishLabels { way, outcome })
            .inc();
    }

    /// Counts events that the hub accepted.
    pub(crate) fn published(&self, way: &'static str, published: &[Published]) {
        let duplicates = published
            .iter()
            .filter(|published| published.is_duplicate)
            .count();
        for (outcome, count) in [
            ("new", published.len() - duplicates),
            ("duplicate", duplicates),
        ] {
            if count > 0 {
                self.events
                    .get_or_create(&EventLabels { way, outcome })
                    .inc_by(count as u64);
            }
        }
    }

    /// Counts a stream as open until the guard is dropped.
    pub(crate) fn opened(&self, framing: Framing, start: Start) -> OpenStream {
        let start = match start {
            Start::Now => "now",
            Start::Beginning | Start::After(_) => "replay",
        };
        let framing = framing.name();
        self.opened
            .get_or_create(&OpenedLabels { framing, start })
            .inc();
        let open = self
            .streams
            .get_or_create(&FramingLabels { framing })
            .clone();
        open.inc();
        OpenStream(open)
    }

    /// All metrics as text in the `OpenMetrics` format.
    ///
    /// # Errors
    ///
    /// If a metric cannot be written.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Counts a stream as open until it is dropped.
pub(crate) struct OpenStream(Gauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

/// The metrics of this process, read from the operating system for each request.
#[derive(Debug)]
struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Ok(pid) = get_current_pid() else {
            return Ok(());
        };
        // A value that the system does not provide is left out.
        let Ok(mut system) = System::new() else {
            return Ok(());
        };
        let what = ProcessRefreshKind::nothing()
            .with_memory()
            .with_cpu()
            .without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, what);
        let Some(process) = system.process(pid) else {
            return Ok(());
        };
        // The names that all exporters use. Their values are floating-point numbers.
        #[allow(clippy::cast_precision_loss)]
        let (cpu, start) = (
            process.accumulated_cpu_time() as f64 / 1e3,
            process.start_time() as f64,
        );
        let mut gauge = |name: &str, help: &str, unit: Option<&Unit>, value: f64| {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?)
        };
        #[allow(clippy::cast_precision_loss)]
        gauge(
            "process_resident_memory",
            "Resident memory",
            Some(&Unit::Bytes),
            process.memory() as f64,
        )?;
        gauge(
            "process_start_time",
            "Start time of the process in seconds since 1970",
            Some(&Unit::Seconds),
            start,
        )?;
        if let Some(files) = process.open_files() {
            #[allow(clippy::cast_precision_loss)]
            gauge(
                "process_open_fds",
                "Open file descriptors",
                None,
                files as f64,
            )?;
        }
        let counter = ConstCounter::new(cpu);
        counter.encode(encoder.encode_descriptor(
            "process_cpu",
            "Processor time used by the process",
            Some(&Unit::Seconds),
            MetricType::Counter,
        )?)
    }
}
