//! Durations as people write them: `500ms`, `60s`, `2m`, `1h`.

use std::time::Duration;

/// Nobody waits longer; it keeps every sum of a moment and a duration in range.
const MOST: Duration = Duration::from_hours(366 * 24);

/// Reads a number with a unit (`ms`, `s`, `m`, `h`, `d`); seconds where there is none. A year at
/// the most.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a duration like 500ms, 60s, 2m, 1h or 7d".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds_a_unit = match &text[digits.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return Err(expected()),
    };
    // Only what is written in digits: f64 would also read "1e9" and "inf".
    if digits.is_empty()
        || !digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return Err(expected());
    }
    let number: f64 = digits.parse().map_err(|_| expected())?;
    let duration = Duration::try_from_secs_f64(number * seconds_a_unit).map_err(|_| expected())?;
    if duration > MOST {
        Err("expected a year at the most".to_owned())
    } else {
        Ok(duration)
    }
}

/// Writes a duration in the largest unit that needs no fraction.
pub(crate) fn words(duration: Duration) -> String {
    let (seconds, millis) = (duration.as_secs(), duration.as_millis());
    if duration.subsec_nanos() != 0 {
        format!("{millis}ms")
    } else if seconds != 0 && seconds.is_multiple_of(3_600) {
        format!("{}h", seconds / 3_600)
    } else if seconds != 0 && seconds.is_multiple_of(60) {
        format!("{}m", seconds / 60)
    } else {
        format!("{seconds}s")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_with_a_unit() {
        for (text, millis) in [
            ("0", 0),
            ("1.5", 1_500),
            ("60s", 60_000),
            ("250ms", 250),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
            "", "s", "-1s", "1e3", "inf", "1 s", "1w", "9999d", "1.2.3", "ä",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in ["0s", "250ms", "59s", "1m", "90s", "2h"] {
            assert_eq!(words(parse_duration(text).unwrap()), text);
        }
    }
}
