//! The report of a slow run.

use serde_json::{Value, json};

use super::{Render, Verdict, fan_out::stalled_text, grouped, mebibytes, milliseconds};
use crate::slow::Report;

impl Render for Report {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let (alone, beside) = (&self.alone, &self.beside);
        let options = &beside.options;
        let (readers, planned, seconds) = (
            options.subscribers as u64,
            options.load.planned,
            options.duration.as_secs(),
        );
        let mut rows = vec![
            ("readers", grouped(readers)),
            (
                "events",
                format!(
                    "{} of {} bytes in {seconds} s, twice",
                    grouped(planned),
                    options.load.bytes
                ),
            ),
            (
                "latency alone p50 / p99 / max",
                milliseconds(&alone.latency),
            ),
            (
                "latency beside p50 / p99 / max",
                milliseconds(&beside.latency),
            ),
            ("stalled readers", stalled_text(&self.stalled())),
        ];
        if let (Some(p50), Some(p99)) = (self.slowdown(500), self.slowdown(990)) {
            rows.push((
                "slowdown beside p50 / p99",
                format!("{p50:.2} × / {p99:.2} ×"),
            ));
        }
        if let (Some(alone), Some(beside)) = (alone.server, beside.server) {
            let peaks = format!("{} / {}", mebibytes(alone.peak), mebibytes(beside.peak));
            rows.push(("server memory peak alone / beside", peaks));
            let cpu = format!(
                "{:.2} s / {:.2} s",
                alone.cpu.as_secs_f64(),
                beside.cpu.as_secs_f64()
            );
            rows.push(("server CPU alone / beside", cpu));
        }
        rows
    }

    fn json(&self) -> Value {
        let options = &self.beside.options;
        json!({
            "run": "slow",
            "peer": options.target.peer.protocol().name(),
            "subscribers": options.subscribers,
            "planned": options.load.planned,
            "bytes": options.load.bytes,
            "seconds": options.duration.as_secs(),
            "not_reading": options.stalled,
            "slowdown": {"p50": self.slowdown(500), "p99": self.slowdown(990)},
            "alone": self.alone.json(),
            "beside": self.beside.json(),
        })
    }

    fn verdict(&self) -> Verdict<'_> {
        Verdict {
            violations: self.violations(),
            failure: self.failure(),
        }
    }
}
