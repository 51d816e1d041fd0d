//! Series: bounds, extremes, and values that arrive late.

use super::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

#[allow(clippy::cast_precision_loss)]
fn seconds(seconds: impl IntoIterator<Item = i64>) -> Series {
    let mut series = Series::default();
    seconds
        .into_iter()
        .for_each(|second| series.push(at(second * 1_000), second as f64));
    series
}

fn firsts(series: impl Iterator<Item = Bucket>) -> Vec<i64> {
    series.map(|bucket| bucket.first.millis() / 1_000).collect()
}

#[test]
fn a_day_of_seconds_fits_and_keeps_its_extremes() {
    let mut series = Series::default();
    for second in 0..86_400 {
        let value = if second == 40_000 {
            99.0
        } else if second == 70_000 {
            -99.0
        } else {
            f64::from(second % 7)
        };
        series.push(at(i64::from(second) * 1_000), value);
    }
    assert!(
        series.buckets.len() <= series.limit,
        "{}",
        series.buckets.len()
    );
    assert_eq!(series.range(at(0)), Some((-99.0, 99.0)));
    assert_eq!(
        series.buckets().map(|bucket| bucket.count).sum::<u32>(),
        86_400
    );
    assert_eq!(
        series.buckets().next().map(|bucket| bucket.first),
        Some(at(0))
    );
    // The newest minute is exact; an hour and a day have hundreds of buckets.
    let exact = series
        .since(at(86_350_000))
        .filter(|bucket| bucket.count == 1)
        .count();
    assert!(exact > 45, "{exact}");
    assert!(series.since(at(82_800_000)).count() > 300);
}

#[test]
fn any_rate_is_bounded() {
    let mut series = Series::default();
    for n in 0..200_000 {
        series.push(at(n / 5), 1.0);
    }
    assert!(series.buckets.len() <= series.limit);
    assert_eq!(
        series.buckets().map(|bucket| bucket.count).sum::<u32>(),
        200_000
    );
    assert!(series.steps() <= 402, "{}", series.steps());
    // The same if the clock jumps back and forth.
    let mut series = Series::default();
    (0..20_000).for_each(|n| series.push(at((n * 7_919_993) % 1_000_000_007), 1.0));
    assert!(series.buckets.len() <= series.limit);
}

#[test]
fn a_small_share_is_coarser_but_still_a_day() {
    let mut series = Series::default();
    series.share(4_800);
    (0..86_400).for_each(|second| {
        series.push(at(second * 1_000), if second == 30_000 { 9.0 } else { 1.0 });
    });
    assert!(
        series.buckets.len() <= 160 && series.buckets.capacity() <= 320,
        "{}",
        series.buckets.capacity()
    );
    assert_eq!(
        series.buckets().next().map(|bucket| bucket.first),
        Some(at(0))
    );
    assert_eq!(series.range(at(0)), Some((1.0, 9.0)));
    assert!(
        series.since(at(82_800_000)).count() > 30,
        "an hour has enough to be drawn"
    );
}

#[test]
fn all_series_of_a_feed_have_so_many_buckets_together() {
    assert_eq!(size_of::<Bucket>(), 48);
    for count in [1, 80, 100, 1_000, 4_800] {
        let mut series = Series::default();
        (0..10_000).for_each(|second| series.push(at(second * 1_000), 1.0));
        series.share(count);
        (10_000..20_000).for_each(|second| series.push(at(second * 1_000), 1.0));
        assert!(
            series.buckets.capacity() * count <= 768_000,
            "{count}: {}",
            series.buckets.capacity()
        );
    }
}

#[test]
fn a_late_value_is_put_at_its_time() {
    let series = seconds([3, 1, 2]);
    assert_eq!(firsts(series.buckets()), [1, 2, 3]);
    assert_eq!(series.last(), Some((at(3_000), 3.0)));
}

#[test]
fn older_buckets_go_before_the_known_ones_and_none_is_there_twice() {
    let mut series = seconds(10..13);
    let older: Vec<_> = (8u8..12)
        .map(|second| Bucket::of(at(i64::from(second) * 1_000), f64::from(second)))
        .collect();
    series.prepend(&older);
    assert_eq!(firsts(series.buckets()), [8, 9, 10, 11, 12]);
}

#[test]
fn a_window_has_one_bucket_before_it() {
    let series = seconds(0..10);
    assert_eq!(firsts(series.since(at(7_000))), [6, 7, 8, 9]);
    assert_eq!(series.peak(at(7_000)), Some(9.0));
}

#[test]
fn a_value_is_found_by_its_time_but_not_across_a_gap() {
    let series = seconds([1, 2, 3, 60]);
    let value = |millis| series.at(at(millis), 3_000).map(|bucket| bucket.mean);
    assert_eq!(
        (value(2_400), value(2_600), value(30_000), value(58_000)),
        (Some(2.0), Some(3.0), None, Some(60.0))
    );
}
