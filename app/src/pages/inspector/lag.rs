//! The lag of events: their arrival time by this device's clock, minus their own time by the
//! producer's clock. Pure.

use pulseboard_contract::Timestamp;

use pulseboard_feed::Recent;

/// Only events that arrived within this time count.
const SPAN_MILLIS: i64 = 60_000;

/// The lag over the last minute, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lag {
    /// The median.
    pub median: i64,
    /// The 95th percentile.
    pub p95: i64,
    /// The number of events measured.
    pub count: usize,
}

/// The lag of one event. `None` for an event that came with the page.
pub(super) fn of(recent: &Recent) -> Option<i64> {
    recent
        .came
        .map(|came| came.millis() - recent.event.time.millis())
}

/// The lag of the events of the last minute. Only stored events count: the server repeats state such
/// as presence to each new subscriber, so its age is not a lag.
pub(super) fn of_last_minute<'a>(
    newest_first: impl Iterator<Item = &'a Recent>,
    now: Timestamp,
) -> Option<Lag> {
    let is_fresh = |recent: &&Recent| {
        recent
            .came
            .is_some_and(|came| now.millis() - came.millis() < SPAN_MILLIS)
    };
    let mut lags: Vec<_> = newest_first
        .take_while(is_fresh)
        .filter(|recent| recent.event.event_id.is_some())
        .filter_map(of)
        .collect();
    lags.sort_unstable();
    let at = |part: usize| {
        lags.get((lags.len() * part / 100).min(lags.len().saturating_sub(1)))
            .copied()
    };
    Some(Lag {
        median: at(50)?,
        p95: at(95)?,
        count: lags.len(),
    })
}

/// A lag for the reader. A negative one shows that two clocks differ.
pub(super) fn format_millis(millis: i64) -> String {
    match millis {
        ..0 => format!("{millis} ms").replace('-', "\u{2212}"),
        0..1_000 => format!("{millis} ms"),
        #[allow(clippy::cast_precision_loss)] // Under 2^53.
        1_000..60_000 => format!("{:.1} s", millis as f64 / 1_000.0),
        _ => crate::format::age(millis),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pulseboard_contract::{Attributes, Epoch, Event, EventId, Json, Topic, TypeName};

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + millis).unwrap()
    }

    fn recent(time: i64, came: Option<i64>) -> Recent {
        let event = Event {
            event_id: Some(EventId {
                epoch: Epoch::new(7),
                seq: 1,
            }),
            id: "1".into(),
            source: "/test".into(),
            event_type: TypeName::new("x").unwrap(),
            topic: Topic::new("a").unwrap(),
            time: at(time),
            expires: None,
            attributes: Attributes::default(),
            data: Json::null(),
        };
        Recent {
            number: 1,
            event: Arc::new(event),
            came: came.map(at),
        }
    }

    #[test]
    fn the_median_and_the_95th_percentile_cover_the_last_minute() {
        let mut all: Vec<_> = (1..=100).map(|lag| recent(0, Some(lag))).collect();
        all.push(recent(0, Some(-70_000)));
        all.push(recent(0, None));
        assert_eq!(
            of_last_minute(all.iter(), at(1)),
            Some(Lag {
                median: 51,
                p95: 96,
                count: 100
            })
        );
        assert_eq!(of_last_minute([recent(0, None)].iter(), at(1)), None);
    }

    #[test]
    fn a_lag_is_formatted_in_a_fitting_unit() {
        assert_eq!(
            [3, 999, 1_500, 120_000, -12].map(format_millis),
            ["3 ms", "999 ms", "1.5 s", "2 min", "\u{2212}12 ms"]
        );
    }
}
