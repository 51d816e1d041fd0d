//! The report of a herd run.

use serde_json::{Value, json};

use super::{Render, Verdict, float, grouped, mebibytes, seconds};
use crate::{herd::Report, histogram::Histogram};

impl Render for Report {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let options = &self.options;
        let pause = if self.paused {
            ", paused during the outage"
        } else {
            ""
        };
        let subscribers = options.subscribers as u64;
        vec![
            ("subscribers", grouped(subscribers)),
            (
                "publishers",
                format!(
                    "{}, {} events/s, {} bytes{pause}",
                    options.load.publishers, options.rate, options.load.bytes
                ),
            ),
            ("events published", grouped(self.published)),
            (
                "deliveries",
                format!(
                    "{} of {}",
                    grouped(self.deliveries),
                    grouped(self.published * subscribers)
                ),
            ),
            ("broken streams", grouped(self.disconnects)),
            ("failed requests", grouped(self.failed_requests)),
            (
                "server listens again",
                format!("{:.2} s after the kill", self.listening.as_secs_f64()),
            ),
            (
                "reconnected, first / median / last",
                spread_text(&self.reconnected),
            ),
            (
                "caught up, first / median / last",
                spread_text(&self.caught_up),
            ),
            (
                "server CPU until all caught up",
                format!("{:.2} s", self.server.cpu.as_secs_f64()),
            ),
            ("server memory, highest", mebibytes(self.server.highest)),
        ]
    }

    fn json(&self) -> Value {
        let options = &self.options;
        json!({
            "run": "herd",
            "peer": options.target.peer.protocol().name(),
            "subscribers": options.subscribers,
            "publishers": options.load.publishers,
            "rate": options.rate,
            "bytes": options.load.bytes,
            "paused": self.paused,
            "published": self.published,
            "deliveries": self.deliveries,
            "expected_deliveries": self.published * options.subscribers as u64,
            "streams_broken": self.disconnects,
            "requests_in_vain": self.failed_requests,
            "listens_seconds": self.listening.as_secs_f64(),
            "back_seconds": spread_json(&self.reconnected),
            "whole_seconds": spread_json(&self.caught_up),
            "server": {"cpu_seconds": self.server.cpu.as_secs_f64(), "rss_bytes_peak": self.server.highest},
        })
    }

    fn verdict(&self) -> Verdict<'_> {
        Verdict {
            violations: self.violations,
            failure: self.failure.as_ref(),
        }
    }
}

fn spread_text(histogram: &Histogram) -> String {
    let [first, median, last] =
        [histogram.min(), histogram.quantile(500), histogram.max()].map(seconds);
    format!("{first} / {median} / {last}")
}

fn spread_json(histogram: &Histogram) -> Value {
    let [first, median, last] = [histogram.min(), histogram.quantile(500), histogram.max()]
        .map(|nanos| nanos.map(|nanos| float(nanos) / 1e9));
    json!({"first": first, "median": median, "last": last})
}
