//! The report of an idle run.

use serde_json::{Value, json};

use super::{Render, Verdict, grouped, mebibytes};
use crate::idle::Report;

impl Render for Report {
    fn rows(&self) -> Vec<(&'static str, String)> {
        let count = self.options.subscribers as u64;
        vec![
            ("subscribers", grouped(count)),
            (
                "server memory before / after",
                format!("{} / {}", mebibytes(self.before), mebibytes(self.after)),
            ),
            (
                "server memory per subscriber",
                format!(
                    "{} bytes",
                    grouped(self.after.saturating_sub(self.before) / count.max(1))
                ),
            ),
            ("server memory, highest ever", mebibytes(self.highest)),
            (
                "server CPU, accepting",
                format!("{:.2} s", self.opening_cpu.as_secs_f64()),
            ),
            (
                "server CPU, idle",
                format!(
                    "{:.2} s in {:.0} s",
                    self.idle_cpu.as_secs_f64(),
                    self.options.duration.as_secs_f64()
                ),
            ),
        ]
    }

    fn json(&self) -> Value {
        let count = self.options.subscribers as u64;
        json!({
            "run": "idle",
            "peer": self.options.target.peer.protocol().name(),
            "subscribers": count,
            "seconds": self.options.duration.as_secs_f64(),
            "server": {
                "rss_bytes_before": self.before,
                "rss_bytes_after": self.after,
                "rss_bytes_per_subscriber": self.after.saturating_sub(self.before) / count.max(1),
                "rss_bytes_highest_ever": self.highest,
                "accepting_cpu_seconds": self.opening_cpu.as_secs_f64(),
                "idle_cpu_seconds": self.idle_cpu.as_secs_f64(),
            },
        })
    }

    fn verdict(&self) -> Verdict<'_> {
        Verdict {
            violations: self.violations,
            failure: self.failure.as_ref(),
        }
    }
}
