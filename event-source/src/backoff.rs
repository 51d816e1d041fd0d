//! How long to wait before the next attempt: full jitter, so that a thousand browsers do not come
//! back at once.

/// The wait before the first retry is at most this.
const BASE_MILLIS: u32 = 1_000;
/// No wait is longer.
const CAP_MILLIS: u32 = 30_000;
/// No wait is shorter: a server that refuses at once must not be asked hundreds of times a second.
const FLOOR_MILLIS: u32 = 250;

/// Milliseconds to wait before retry number `attempt` (the first is 1), drawn evenly between the
/// floor and a bound that doubles with each attempt. `random` is in `0.0..1.0`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // The product lies within 0..=CAP_MILLIS.
pub(crate) fn delay_millis(attempt: u32, random: f64) -> u32 {
    let bound = BASE_MILLIS
        .saturating_mul(1 << attempt.saturating_sub(1).min(16))
        .min(CAP_MILLIS);
    ((f64::from(bound) * random.clamp(0.0, 1.0)) as u32).max(FLOOR_MILLIS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bound_doubles_up_to_its_cap() {
        let longest: Vec<_> = (1..=8).map(|attempt| delay_millis(attempt, 1.0)).collect();
        assert_eq!(
            longest,
            [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
        );
    }

    proptest! {
        #[test]
        fn a_wait_is_never_below_the_floor_nor_above_the_cap(attempt: u32, random in 0.0..1.0f64) {
            let delay = delay_millis(attempt, random);
            prop_assert!((FLOOR_MILLIS..=CAP_MILLIS).contains(&delay));
        }
    }
}
