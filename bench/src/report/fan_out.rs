//! The report of a fan-out run.

use serde_json::{Value, json};

use super::{
    Render, Verdict, grouped, milliseconds, per_second, quantiles, usage_json, usage_rows,
};
use crate::{
    fan_out::{Report, StalledCounts},
    publisher::Pace,
};

impl Render for Report {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let options = &self.options;
        let pace = match options.pace {
            Pace::Steady(rate) => format!("{rate} events/s"),
            Pace::Saturated => "as fast as answered".to_owned(),
        };
        let mut rows = vec![
            ("subscribers", grouped(options.subscribers as u64)),
            (
                "publishers",
                format!(
                    "{}, {pace}, {} bytes",
                    options.load.publishers, options.load.bytes
                ),
            ),
            (
                "events published",
                format!(
                    "{} of {} planned",
                    grouped(self.published),
                    grouped(options.load.planned)
                ),
            ),
            (
                "events/s",
                format!("{:.1}", per_second(self.published, self.publishing)),
            ),
            ("answer p50 / p99 / max", milliseconds(&self.response_times)),
        ];
        if options.pace != Pace::Saturated {
            rows.push((
                "longest schedule delay",
                format!("{:.2} ms", self.schedule_delay.as_secs_f64() * 1e3),
            ));
        }
        let expected = self.published * options.subscribers as u64;
        rows.extend([
            (
                "deliveries",
                format!(
                    "{} of {} in {:.2} s",
                    grouped(self.deliveries),
                    grouped(expected),
                    self.elapsed.as_secs_f64()
                ),
            ),
            (
                "deliveries/s",
                format!("{:.0}", per_second(self.deliveries, self.elapsed)),
            ),
            ("latency p50 / p99 / max", milliseconds(&self.latency)),
        ]);
        if let Some(server) = self.server {
            rows.extend(usage_rows(
                &server,
                self.deliveries,
                "deliveries per server CPU second",
                "server CPU per delivery",
            ));
        }
        if let Some(stalled) = self.stalled {
            rows.push(("stalled readers", stalled_text(&stalled)));
        }
        rows.push((
            "generator CPU",
            format!("{:.2} s", self.own_cpu.as_secs_f64()),
        ));
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
            "subscribers": options.subscribers,
            "stalled": self.stalled.as_ref().map(stalled_json),
            "publishers": options.load.publishers,
            "rate": rate,
            "bytes": options.load.bytes,
            "planned": options.load.planned,
            "published": self.published,
            "events_per_second": per_second(self.published, self.publishing),
            "answer_ms": quantiles(&self.response_times),
            "behind_schedule_ms": self.schedule_delay.as_secs_f64() * 1e3,
            "seconds": self.elapsed.as_secs_f64(),
            "deliveries": self.deliveries,
            "expected_deliveries": self.published * options.subscribers as u64,
            "deliveries_per_second": per_second(self.deliveries, self.elapsed),
            "latency_ms": quantiles(&self.latency),
            "server": self.server.map(|server| usage_json(&server, self.deliveries, "deliveries")),
            "generator_cpu_seconds": self.own_cpu.as_secs_f64(),
        })
    }

    fn verdict(&self) -> Verdict<'_> {
        Verdict {
            violations: self.violations,
            failure: self.failure.as_ref(),
        }
    }
}

/// The stalled readers by the state of their streams at the end of the run.
pub(super) fn stalled_text(stalled: &StalledCounts) -> String {
    let StalledCounts {
        ended,
        read_out,
        behind,
    } = stalled;
    format!(
        "{}: {ended} ended by the server, {read_out} read to the end, {behind} still behind",
        ended + read_out + behind
    )
}

fn stalled_json(stalled: &StalledCounts) -> Value {
    let StalledCounts {
        ended,
        read_out,
        behind,
    } = stalled;
    json!({
        "subscribers": ended + read_out + behind,
        "ended_by_server": ended,
        "read_out": read_out,
        "still_behind": behind,
    })
}
