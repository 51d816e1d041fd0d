//! One row of the table: a figure of the reports, its unit, and whether a higher figure is better.

use serde_json::Value;

use crate::report::grouped;

/// One row.
#[derive(Debug)]
pub(super) struct Metric {
    /// The label of the row.
    pub(super) label: &'static str,
    /// The JSON Pointer of the figure in a report (RFC 6901).
    pointer: &'static str,
    unit: Unit,
    better: Better,
    /// The goal for Pulseboard.
    goal: Option<Goal>,
}

/// A limit that a figure of Pulseboard should not exceed.
#[derive(Clone, Copy, Debug)]
struct Goal {
    most: f64,
    /// Whether the limit itself meets the goal.
    inclusive: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    Count,
    Milliseconds,
    Microseconds,
    Seconds,
    Mebibytes,
    Bytes,
    Times,
}

#[derive(Clone, Copy, Debug)]
enum Better {
    More,
    Less,
    /// The figure describes what happened.
    Neither,
}

pub(super) const MEBIBYTE: f64 = 1_048_576.0;
/// A figure that is better when it is higher.
pub(super) const fn more(label: &'static str, pointer: &'static str, unit: Unit) -> Metric {
    Metric {
        label,
        pointer,
        unit,
        better: Better::More,
        goal: None,
    }
}

/// A figure that is better when it is lower.
pub(super) const fn less(label: &'static str, pointer: &'static str, unit: Unit) -> Metric {
    Metric {
        label,
        pointer,
        unit,
        better: Better::Less,
        goal: None,
    }
}

/// A figure that describes what happened and is neither better nor worse.
pub(super) const fn neutral(label: &'static str, pointer: &'static str, unit: Unit) -> Metric {
    Metric {
        label,
        pointer,
        unit,
        better: Better::Neither,
        goal: None,
    }
}

impl Metric {
    /// Sets a goal: the figure must be below this.
    pub(super) const fn below(self, most: f64) -> Self {
        Self {
            goal: Some(Goal {
                most,
                inclusive: false,
            }),
            ..self
        }
    }

    /// Sets a goal: the figure must not exceed this.
    pub(super) const fn at_most(self, most: f64) -> Self {
        Self {
            goal: Some(Goal {
                most,
                inclusive: true,
            }),
            ..self
        }
    }

    /// Returns the goal and whether this figure of Pulseboard meets it.
    pub(super) fn goal(&self, ours: Option<f64>) -> Option<String> {
        let Goal { most, inclusive } = self.goal?;
        let sign = if inclusive { "≤" } else { "<" };
        let result = match ours {
            None => "",
            Some(value) if value < most || (inclusive && value <= most) => ": met",
            Some(_) => ": MISSED",
        };
        Some(format!("{sign} {}{result}", self.unit.round(most)))
    }

    /// Returns the median of the reports' figures, the lower one if their number is even. Returns
    /// `None` if no report has the figure.
    pub(super) fn median(&self, reports: &[&Value]) -> Option<f64> {
        let mut values: Vec<f64> = reports
            .iter()
            .filter_map(|report| report.pointer(self.pointer)?.as_f64())
            .collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len().checked_sub(1)? / 2).copied()
    }

    /// Formats the figure, followed by the factor by which `base` is better.
    pub(super) fn show(&self, value: f64, base: Option<f64>) -> String {
        let shown = self.unit.show(value);
        let ratio = base.and_then(|base| match self.better {
            Better::More => Some(base / value),
            Better::Less => Some(value / base),
            Better::Neither => None,
        });
        match ratio.filter(|ratio| ratio.is_finite()) {
            Some(ratio) => format!("{shown} ({ratio:.2} ×)"),
            None => shown,
        }
    }
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Count => integer(value),
            Self::Milliseconds => format!("{value:.2} ms"),
            Self::Microseconds => format!("{value:.2} µs"),
            Self::Seconds => format!("{value:.2} s"),
            Self::Mebibytes => format!("{:.1} MiB", value / MEBIBYTE),
            Self::Times => format!("{value:.2} ×"),
            Self::Bytes => format!("{} bytes", integer(value)),
        }
    }

    /// Formats a round figure without decimals.
    fn round(self, value: f64) -> String {
        match self {
            Self::Count => integer(value),
            Self::Milliseconds => format!("{value} ms"),
            Self::Microseconds => format!("{value} µs"),
            Self::Seconds => format!("{value} s"),
            Self::Mebibytes => format!("{} MiB", value / MEBIBYTE),
            Self::Bytes => format!("{} bytes", integer(value)),
            Self::Times => format!("{value} ×"),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are positive and much smaller than 2^64"
)]
fn integer(value: f64) -> String {
    grouped(value.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_above_one_always_means_that_the_base_is_better() {
        let (rate, time) = (more("", "", Unit::Count), less("", "", Unit::Milliseconds));
        assert_eq!(rate.show(100.0, Some(150.0)), "100 (1.50 ×)");
        assert_eq!(time.show(3.0, Some(2.0)), "3.00 ms (1.50 ×)");
        assert_eq!(rate.show(1_234_567.0, None), "1,234,567");
        assert_eq!(rate.show(0.0, Some(1.0)), "0");
    }

    #[test]
    fn a_figure_without_better_or_worse_has_no_ratio() {
        assert_eq!(neutral("", "", Unit::Times).show(2.0, Some(1.0)), "2.00 ×");
    }

    #[test]
    fn a_goal_shows_whether_it_is_met() {
        let (below, at_most) = (
            less("", "", Unit::Milliseconds).below(50.0),
            neutral("", "", Unit::Times).at_most(1.5),
        );
        assert_eq!(below.goal(Some(49.9)).as_deref(), Some("< 50 ms: met"));
        assert_eq!(below.goal(Some(50.0)).as_deref(), Some("< 50 ms: MISSED"));
        assert_eq!(at_most.goal(Some(1.5)).as_deref(), Some("≤ 1.5 ×: met"));
        assert_eq!(at_most.goal(Some(1.51)).as_deref(), Some("≤ 1.5 ×: MISSED"));
        assert_eq!(at_most.goal(None).as_deref(), Some("≤ 1.5 ×"));
        assert_eq!(
            less("", "", Unit::Mebibytes)
                .below(128.0 * MEBIBYTE)
                .goal(None)
                .as_deref(),
            Some("< 128 MiB")
        );
        assert_eq!(less("", "", Unit::Seconds).goal(Some(1.0)), None);
    }

    #[test]
    fn the_median_ignores_reports_without_the_figure() {
        let reports = [
            serde_json::json!({"x": 3}),
            serde_json::json!({}),
            serde_json::json!({"x": 1}),
            serde_json::json!({"x": 2}),
        ];
        let metric = more("", "/x", Unit::Count);
        assert_eq!(
            metric.median(&reports.iter().collect::<Vec<_>>()),
            Some(2.0)
        );
        assert_eq!(metric.median(&[]), None);
    }
}
