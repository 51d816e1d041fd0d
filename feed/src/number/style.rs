//! How a language writes a number: its digits, its separators, and the size of its groups.
//!
//! The style is learned from two samples instead of a list of languages. Writing a number then needs
//! no formatter of the browser.

use std::borrow::Cow;

/// The style of a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberStyle {
    minus: Cow<'static, str>,
    group: Cow<'static, str>,
    point: Cow<'static, str>,
    /// The digit for zero; the others follow it.
    zero: char,
    /// How many digits the group before the point has; 0 if digits are not grouped.
    primary: usize,
    /// How many digits the other groups have.
    secondary: usize,
    /// How many digits must be before a group for a separator to be written.
    least: usize,
}

impl NumberStyle {
    /// The style without a language: `−1,234.5`.
    pub const NEUTRAL: Self = Self {
        minus: Cow::Borrowed("\u{2212}"),
        group: Cow::Borrowed(","),
        point: Cow::Borrowed("."),
        zero: '0',
        primary: 3,
        secondary: 3,
        least: 1,
    };

    /// Learns the style of a language that writes −1234567.8 and 1234 like this; none if the texts
    /// do not have these digits.
    pub fn learn(long: &str, short: &str) -> Option<Self> {
        let one = long.chars().find(|c| c.is_numeric())?;
        let zero = char::from_u32(u32::from(one).checked_sub(1)?)?;
        let is_digit = |c: char| digit(c, zero).is_some();
        let (minus, rest) = long.split_at(long.find(is_digit)?);
        let runs: Vec<&str> = rest
            .split(|c| !is_digit(c))
            .filter(|run| !run.is_empty())
            .collect();
        let parts: Vec<&str> = rest
            .split(is_digit)
            .filter(|part| !part.is_empty())
            .collect();
        let digits = runs
            .concat()
            .chars()
            .filter_map(|c| digit(c, zero))
            .eq(1..=8);
        // A separator after each run of digits but the last, and nothing after that.
        if !digits || parts.len() + 1 != runs.len() || runs.last()?.chars().count() != 1 {
            return None;
        }
        let length = |from_end: usize| {
            runs.len()
                .checked_sub(from_end)
                .map_or(0, |at| runs[at].chars().count())
        };
        let is_parted = runs.len() > 2;
        let is_short_parted = short
            .split(|c| !is_digit(c))
            .filter(|run| !run.is_empty())
            .count()
            > 1;
        // The mathematical minus is as wide as a digit, so numbers do not move when they turn
        // negative.
        let minus = if minus == "-" {
            Self::NEUTRAL.minus
        } else {
            minus.to_owned().into()
        };
        Some(Self {
            minus,
            group: if is_parted {
                (*parts.first()?).to_owned().into()
            } else {
                Cow::Borrowed("")
            },
            point: (*parts.last()?).to_owned().into(),
            zero,
            primary: if is_parted { length(2) } else { 0 },
            secondary: if runs.len() > 3 {
                length(3).max(1)
            } else {
                length(2).max(1)
            },
            least: if is_short_parted { 1 } else { 2 },
        })
    }

    /// A number with this many decimals.
    pub fn write(&self, value: f64, decimals: usize) -> String {
        let text = format!("{value:.decimals$}");
        let (is_negative, digits) = text
            .strip_prefix('-')
            .map_or((false, text.as_str()), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut written = String::with_capacity(text.len() + 8);
        // A number that rounds to zero has no minus.
        if is_negative && digits.contains(|c: char| c.is_alphabetic() || ('1'..='9').contains(&c)) {
            written.push_str(&self.minus);
        }
        let is_parted = self.primary > 0 && whole.len() >= self.primary + self.least;
        for (index, c) in whole.chars().enumerate() {
            let left = whole.len() - index;
            let ends_group = left == self.primary
                || (left > self.primary && (left - self.primary).is_multiple_of(self.secondary));
            if is_parted && index > 0 && ends_group {
                written.push_str(&self.group);
            }
            written.push(self.digit(c));
        }
        if !fraction.is_empty() {
            written.push_str(&self.point);
            written.extend(fraction.chars().map(|c| self.digit(c)));
        }
        written
    }

    fn digit(&self, c: char) -> char {
        c.to_digit(10)
            .and_then(|digit| char::from_u32(u32::from(self.zero) + digit))
            .unwrap_or(c)
    }
}

/// The value of a digit, counted from this zero.
fn digit(c: char, zero: char) -> Option<u32> {
    u32::from(c)
        .checked_sub(u32::from(zero))
        .filter(|digit| *digit < 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(long: &str, short: &str) -> [String; 4] {
        let style = NumberStyle::learn(long, short).unwrap();
        [(-1_234_567.8, 1), (1_234.0, 0), (12_345.678, 2), (0.5, 1)]
            .map(|(value, decimals)| style.write(value, decimals))
    }

    #[test]
    fn a_style_is_learned_from_two_samples() {
        assert_eq!(
            NumberStyle::learn("-1,234,567.8", "1,234"),
            Some(NumberStyle::NEUTRAL),
            "English"
        );
        assert_eq!(
            written("-1.234.567,8", "1.234"),
            ["\u{2212}1.234.567,8", "1.234", "12.345,68", "0,5"],
            "German"
        );
        assert_eq!(
            written("-12,34,567.8", "1,234"),
            ["\u{2212}12,34,567.8", "1,234", "12,345.68", "0.5"],
            "Hindi"
        );
        assert_eq!(
            written("-1.234.567,8", "1234"),
            ["\u{2212}1.234.567,8", "1234", "12.345,68", "0,5"],
            "Spanish"
        );
        assert_eq!(
            written("\u{2212}1\u{a0}234\u{a0}567,8", "1\u{a0}234"),
            [
                "\u{2212}1\u{a0}234\u{a0}567,8",
                "1\u{a0}234",
                "12\u{a0}345,68",
                "0,5"
            ],
            "Swedish"
        );
        assert_eq!(
            written("\u{61c}-١٬٢٣٤٬٥٦٧٫٨", "١٬٢٣٤"),
            ["\u{61c}-١٬٢٣٤٬٥٦٧٫٨", "١٬٢٣٤", "١٢٬٣٤٥٫٦٨", "٠٫٥"],
            "Arabic"
        );
        assert_eq!(
            written("-1234567.8", "1234"),
            ["\u{2212}1234567.8", "1234", "12345.68", "0.5"],
            "ungrouped"
        );
    }

    #[test]
    fn texts_without_the_digits_are_no_style() {
        for long in [
            "",
            "minus a million",
            "-1,234,568",
            "1,234,567.8-",
            "-1,234,567.80",
            "-一百二十三万",
        ] {
            assert_eq!(NumberStyle::learn(long, "1,234"), None, "{long}");
        }
    }

    #[test]
    fn zero_has_no_minus() {
        assert_eq!(NumberStyle::NEUTRAL.write(-0.001, 2), "0.00");
        assert_eq!(NumberStyle::NEUTRAL.write(-0.005_1, 2), "\u{2212}0.01");
        assert_eq!(NumberStyle::NEUTRAL.write(f64::NAN, 2), "NaN");
    }
}
