//! What a fan-out run says.

use serde_json::{Value, json};

use super::{Tell, content, grouped, milliseconds, per_second, quantiles, usage_json, usage_rows, verdict};
use crate::{fan_out::Report, publisher::Pace};

impl Tell for Report {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let options = &self.options;
        let pace = match options.pace {
            Pace::Steady(rate) => format!("{rate} events/s"),
            Pace::Saturated => "as fast as answered".to_owned(),
        };
        let mut rows = vec![
            ("subscribers", grouped(options.subscribers as u64)),
            ("publishers", format!("{}, {pace}, {} bytes", options.publishers, options.bytes)),
            ("events published", format!("{} of {} planned", grouped(self.published), grouped(options.planned))),
            ("events/s", format!("{:.1}", per_second(self.published, self.publishing))),
            ("answer p50 / p99 / max", milliseconds(&self.answers)),
        ];
        if options.pace != Pace::Saturated {
            rows.push(("furthest behind schedule", format!("{:.2} ms", self.behind.as_secs_f64() * 1e3)));
        }
        let expected = self.published * options.subscribers as u64;
        rows.extend([
            (
                "deliveries",
                format!("{} of {} in {:.2} s", grouped(self.deliveries), grouped(expected), self.elapsed.as_secs_f64()),
            ),
            ("deliveries/s", format!("{:.0}", per_second(self.deliveries, self.elapsed))),
            ("latency p50 / p99 / max", milliseconds(&self.latency)),
        ]);
        if let Some(server) = self.server {
            rows.extend(usage_rows(&server, self.deliveries, "deliveries per server CPU second", "server CPU per delivery"));
        }
        rows.push(("generator CPU", format!("{:.2} s", self.own_cpu.as_secs_f64())));
        rows.extend(verdict(&self.tally, self.failure.as_ref()));
        rows
    }

    fn json(&self) -> Value {
        let options = &self.options;
        let rate = match options.pace {
            Pace::Steady(rate) => rate,
            Pace::Saturated => 0,
        };
        json!({
            "run": "fan-out",
            "peer": options.target.peer.protocol().name(),
            "ok": self.is_correct(),
            "subscribers": options.subscribers,
            "publishers": options.publishers,
            "rate": rate,
            "bytes": options.bytes,
            "planned": options.planned,
            "published": self.published,
            "events_per_second": per_second(self.published, self.publishing),
            "answer_ms": quantiles(&self.answers),
            "behind_schedule_ms": self.behind.as_secs_f64() * 1e3,
            "seconds": self.elapsed.as_secs_f64(),
            "deliveries": self.deliveries,
            "expected_deliveries": self.published * options.subscribers as u64,
            "deliveries_per_second": per_second(self.deliveries, self.elapsed),
            "latency_ms": quantiles(&self.latency),
            "server": self.server.map(|server| usage_json(&server, self.deliveries, "deliveries")),
            "generator_cpu_seconds": self.own_cpu.as_secs_f64(),
            "content": content(&self.tally),
            "failure": self.failure.as_ref().map(ToString::to_string),
        })
    }
}
