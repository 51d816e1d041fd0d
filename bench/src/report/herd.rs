//! What a herd run says.

use serde_json::{Value, json};

use super::{Tell, Verdict, float, grouped, mebibytes, seconds};
use crate::{herd::Report, histogram::Histogram};

impl Tell for Report {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let options = &self.options;
        let pause = if self.paused {
            ", paused while the server was away"
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
            ("streams that broke", grouped(self.broke)),
            ("requests in vain", grouped(self.in_vain)),
            (
                "listens again",
                format!("{:.2} s after the kill", self.listens.as_secs_f64()),
            ),
            ("back, first / median / last", three(&self.back)),
            ("whole, first / median / last", three(&self.whole)),
            (
                "server CPU until all were whole",
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
            "streams_broken": self.broke,
            "requests_in_vain": self.in_vain,
            "listens_seconds": self.listens.as_secs_f64(),
            "back_seconds": spread(&self.back),
            "whole_seconds": spread(&self.whole),
            "server": {"cpu_seconds": self.server.cpu.as_secs_f64(), "rss_bytes_peak": self.server.highest},
        })
    }

    fn verdict(&self) -> Verdict<'_> {
        Verdict {
            tally: self.tally,
            failure: self.failure.as_ref(),
        }
    }
}

fn three(histogram: &Histogram) -> String {
    let [first, median, last] =
        [histogram.min(), histogram.quantile(500), histogram.max()].map(seconds);
    format!("{first} / {median} / {last}")
}

fn spread(histogram: &Histogram) -> Value {
    let [first, median, last] = [histogram.min(), histogram.quantile(500), histogram.max()]
        .map(|nanos| nanos.map(|nanos| float(nanos) / 1e9));
    json!({"first": first, "median": median, "last": last})
}
