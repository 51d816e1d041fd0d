//! Which fields of a topic share a chart: those with the same unit and values of a similar size. °C
//! and ppm never share one.

use crate::format::{self, Unit};
use pulseboard_feed::TopicFeed;

/// The most lines of a chart, as many as there are colours.
const LINES: usize = 6;
/// Of two fields on one scale, the larger is at most this many times the smaller. Otherwise the
/// smaller one would be a flat line.
const TIMES: f64 = 10.0;

/// The charts of a topic, each with the names of its fields, in the order in which the fields first
/// arrived.
pub(super) fn charts(topic: &TopicFeed) -> Vec<Vec<String>> {
    group(topic.series().map(|(name, series)| (name, series.size())))
}

fn group<'a>(fields: impl Iterator<Item = (&'a str, f64)>) -> Vec<Vec<String>> {
    // Each chart with the unit and the size of its first field. Other fields are compared with it.
    let mut charts: Vec<(Unit, f64, Vec<String>)> = Vec::new();
    for (name, size) in fields {
        let (_, unit) = format::field(name);
        let is_alike = |chart: &&mut (Unit, f64, Vec<String>)| {
            let (larger, smaller) = (chart.1.max(size), chart.1.min(size));
            // Percentages share a scale, whatever their sizes.
            chart.0 == unit
                && chart.2.len() < LINES
                && (unit == Unit::Named("%") || smaller == 0.0 || larger <= smaller * TIMES)
        };
        match charts.iter_mut().find(is_alike) {
            Some(chart) => chart.2.push(name.to_owned()),
            None => charts.push((unit, size, vec![name.to_owned()])),
        }
    }
    charts.into_iter().map(|(_, _, fields)| fields).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charts(fields: &[(&str, f64)]) -> Vec<String> {
        group(fields.iter().copied())
            .into_iter()
            .map(|fields| fields.join(" "))
            .collect()
    }

    #[test]
    fn fields_share_a_scale_if_their_units_are_equal_and_their_sizes_similar() {
        assert_eq!(
            charts(&[
                ("temperature", 22.0),
                ("humidity_percent", 50.0),
                ("co2_ppm", 650.0)
            ])
            .len(),
            3
        );
        assert_eq!(
            charts(&[("p50_ms", 12.0), ("p90_ms", 60.0), ("p99_ms", 110.0)]),
            ["p50_ms p90_ms p99_ms"]
        );
        assert_eq!(
            charts(&[("queue", 12.0), ("total", 900.0), ("active", 4.0)]),
            ["queue active", "total"]
        );
        assert_eq!(
            charts(&[("cpu_percent", 90.0), ("disk_percent", 2.0)]),
            ["cpu_percent disk_percent"]
        );
        assert_eq!(
            charts(&[("in_bytes", 5e6), ("out_bytes", 0.0)]),
            ["in_bytes out_bytes"]
        );
    }

    #[test]
    fn a_chart_has_no_more_lines_than_there_are_colours() {
        let names: Vec<_> = (0..8).map(|n| format!("f{n}")).collect();
        let fields: Vec<_> = names.iter().map(|name| (name.as_str(), 1.0)).collect();
        assert_eq!(
            group(fields.into_iter())
                .iter()
                .map(Vec::len)
                .collect::<Vec<_>>(),
            [6, 2]
        );
    }
}
