//! Durations on the command line: `500ms`, `60s`, `2m`, `1d12h`, or a plain number of seconds.

use std::time::Duration;

/// The longest duration. It keeps every sum of a moment and a duration in range.
const MAX: Duration = Duration::from_hours(366 * 24);

/// Parses a duration as `humantime` does (`500ms`, `60s`, `1d12h`). A number without a unit means
/// seconds.
///
/// ```
/// use std::time::Duration;
/// use pulseboard_client::parse_duration;
///
/// assert_eq!(parse_duration("1d12h"), Ok(Duration::from_secs(36 * 3600)));
/// assert_eq!(parse_duration("1.5"), Ok(Duration::from_millis(1500)));
/// assert!(parse_duration("soon").is_err());
/// ```
///
/// # Errors
/// If the text is not a duration, or the duration is longer than a year. The message says what is
/// expected.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = seconds(text)
        .or_else(|| humantime::parse_duration(text).ok())
        .ok_or("expected a duration like 500ms, 60s, 2m, 1h or 7d")?;
    if duration > MAX {
        Err("expected at most one year".to_owned())
    } else {
        Ok(duration)
    }
}

/// Writes a duration for people: `250ms`, `1m 30s`, `2h`.
pub(crate) fn display(duration: Duration) -> impl std::fmt::Display {
    humantime::format_duration(duration)
}

/// Parses a decimal number of seconds, with or without the unit.
fn seconds(text: &str) -> Option<Duration> {
    let number = text.strip_suffix('s').unwrap_or(text);
    // f64 also parses "1e9" and "inf"; only decimal digits are allowed here.
    let is_decimal = number
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    Duration::try_from_secs_f64(number.parse().ok().filter(|_| is_decimal)?).ok()
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
            (".5s", 500),
            ("60s", 60_000),
            ("250ms", 250),
            ("2m", 120_000),
            ("1.5m", 90_000),
            ("1h", 3_600_000),
            ("7d", 604_800_000),
            ("1d12h", 129_600_000),
            ("1w", 604_800_000),
            ("1 s", 1_000),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
            "", "s", "-1s", "1e3", "inf", "1x", "9999d", "1.2.3", "ä", ".",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_written_duration_parses_to_the_same_duration() {
        for text in ["0s", "250ms", "59s", "1m", "1m 30s", "2h"] {
            assert_eq!(display(parse_duration(text).unwrap()).to_string(), text);
        }
    }
}
