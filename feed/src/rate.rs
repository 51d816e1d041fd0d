//! The rate of events over the last ten seconds.

use std::collections::VecDeque;

use pulseboard_contract::Timestamp;

/// The window, in seconds.
const WINDOW: i64 = 10;

/// Counts events by second, over the window.
#[derive(Clone, Debug, Default)]
pub struct Rate {
    /// Each second and its number of events, oldest first.
    seconds: VecDeque<(i64, u32)>,
}

impl Rate {
    /// Counts one event. An event older than the newest second counts in the newest second.
    pub fn count(&mut self, time: Timestamp) {
        let second = time.millis().div_euclid(1_000);
        match self.seconds.back_mut() {
            Some((newest, count)) if *newest >= second => *count = count.saturating_add(1),
            _ => self.seconds.push_back((second, 1)),
        }
        while self
            .seconds
            .front()
            .is_some_and(|(oldest, _)| *oldest < second - WINDOW)
        {
            self.seconds.pop_front();
        }
    }

    /// Events per second, over the ten full seconds before `now`.
    pub fn per_second(&self, now: Timestamp) -> f64 {
        let end = now.millis().div_euclid(1_000);
        let events: u32 = self
            .seconds
            .iter()
            .filter(|(s, _)| (end - WINDOW..end).contains(s))
            .map(|(_, count)| count)
            .sum();
        #[allow(clippy::cast_precision_loss)] // The window is ten.
        {
            f64::from(events) / WINDOW as f64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Timestamp {
        #[allow(clippy::cast_possible_truncation)]
        Timestamp::from_millis((seconds * 1_000.0) as i64).unwrap()
    }

    #[test]
    fn it_is_the_mean_of_the_last_ten_full_seconds() {
        let mut rate = Rate::default();
        for second in 0..30 {
            rate.count(at(f64::from(second)));
            rate.count(at(f64::from(second) + 0.5));
        }
        assert!((rate.per_second(at(30.0)) - 2.0).abs() < f64::EPSILON);
        assert!((rate.per_second(at(35.0)) - 1.0).abs() < f64::EPSILON);
        assert!(rate.per_second(at(60.0)).abs() < f64::EPSILON);
        assert!(rate.seconds.len() <= 12, "old seconds go");
    }
}
