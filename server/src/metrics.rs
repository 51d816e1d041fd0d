//! What the server measures of itself, for Prometheus.
//!
//! One registry a server, and labels of few values only: a route's pattern, never a path; never a
//! topic or a type, which anybody can make up.

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

/// Seconds, from an answer out of memory to one that somebody waits for.
const REQUEST_SECONDS: [f64; 10] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0,
];

/// The measures of one server.
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
    /// All at zero. `others` adds what is measured elsewhere, such as in the hub.
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
            "Time to the head of the answer",
            Unit::Seconds,
            requests.clone(),
        );
        own.register(
            "publishes",
            "Requests that publish, by how they came and what became of them",
            publishes.clone(),
        );
        own.register(
            "published_events",
            "Events handed to the hub, by how they came",
            events.clone(),
        );
        own.register("streams", "Streams open now", streams.clone());
        own.register(
            "streams_opened",
            "Streams that were opened, live or to replay what was missed first",
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

    /// A request was answered; of a stream, this is when it began.
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

    /// A request to publish was answered with this status.
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

    /// The hub took these events.
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

    /// A stream begins; it ends when the guard goes.
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

    /// All measures as text, in the format of `OpenMetrics`.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Counts a stream for as long as it is open.
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

/// What the operating system says of this process, asked when somebody looks.
#[derive(Debug)]
struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Ok(pid) = get_current_pid() else {
            return Ok(());
        };
        // What cannot be found out is left out.
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
        // The names every exporter uses; more digits than a double has are not to be had here.
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
            "Memory in use",
            Some(&Unit::Bytes),
            process.memory() as f64,
        )?;
        gauge(
            "process_start_time",
            "When the process began, in seconds since 1970",
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
            "Processor time used",
            Some(&Unit::Seconds),
            MetricType::Counter,
        )?)
    }
}
