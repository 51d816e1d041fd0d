//! The slow run: the cost of stalled readers for the server and for the other readers.
//!
//! It consists of two fan-outs, one after the other: the readers alone, then the same readers beside
//! stalled streams.

use crate::{
    check::Violations,
    failure::Failure,
    fan_out::{self, StalledCounts},
};

/// The result of a slow run.
#[derive(Debug)]
pub struct Report {
    /// The readers alone.
    pub alone: fan_out::Report,
    /// The readers beside stalled streams.
    pub beside: fan_out::Report,
}

/// Runs both fan-outs. The options are those of the second one.
///
/// # Errors
/// If one of them cannot start or continue.
pub async fn run(options: fan_out::Options) -> Result<Report, Failure> {
    let alone = fan_out::run(fan_out::Options {
        stalled: 0,
        ..options
    })
    .await?;
    let beside = fan_out::run(options).await?;
    Ok(Report { alone, beside })
}

impl Report {
    /// Returns the violations of both fan-outs.
    pub fn violations(&self) -> Violations {
        let mut violations = self.alone.violations;
        violations += self.beside.violations;
        violations
    }

    /// Returns the first failure.
    pub fn failure(&self) -> Option<&Failure> {
        self.alone.failure.as_ref().or(self.beside.failure.as_ref())
    }

    /// Returns the counts of stalled streams.
    pub fn stalled(&self) -> StalledCounts {
        self.beside.stalled.unwrap_or_default()
    }

    /// Returns the latency beside stalled streams as a multiple of the latency alone, at the
    /// quantile `per_mille` of 1,000.
    pub fn slowdown(&self, per_mille: u64) -> Option<f64> {
        let (alone, beside) = (
            self.alone.latency.quantile(per_mille)?,
            self.beside.latency.quantile(per_mille)?,
        );
        (alone > 0).then(|| crate::report::float(beside) / crate::report::float(alone))
    }
}
