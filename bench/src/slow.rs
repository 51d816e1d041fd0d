//! The slow run: what readers that do not read cost the server, and the others. Two fan-outs, one
//! after the other: the readers alone, then beside as many streams as asked for that are opened and
//! not read.

use crate::{
    check::Tally,
    failure::Failure,
    fan_out::{self, Stalled},
};

/// What came out.
#[derive(Debug)]
pub struct Report {
    /// The readers alone.
    pub alone: fan_out::Report,
    /// The readers beside those who do not read.
    pub beside: fan_out::Report,
}

/// Does the run: what is asked for is the second of the two fan-outs.
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
    /// What was wrong in either.
    pub fn tally(&self) -> Tally {
        let mut tally = self.alone.tally;
        tally += self.beside.tally;
        tally
    }

    /// What broke first.
    pub fn failure(&self) -> Option<&Failure> {
        self.alone.failure.as_ref().or(self.beside.failure.as_ref())
    }

    /// What became of those who did not read.
    pub fn stalled(&self) -> Stalled {
        self.beside.stalled.unwrap_or_default()
    }

    /// How many times as long a delivery took beside those who do not read: so many of 1,000 are
    /// not beyond.
    pub fn slowdown(&self, per_mille: u64) -> Option<f64> {
        let (alone, beside) = (
            self.alone.latency.quantile(per_mille)?,
            self.beside.latency.quantile(per_mille)?,
        );
        (alone > 0).then(|| crate::report::float(beside) / crate::report::float(alone))
    }
}
