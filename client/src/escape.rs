//! Makes untrusted text safe to print on a terminal.
//!
//! Anybody can publish an event with any data. Printed raw, an escape sequence in it could rewrite
//! the screen, the window's title or, on some terminals, the next command. A bidirectional override
//! could show words in a different order than the text has them.

use std::fmt::Write;

/// Returns the text on one line, with every control character and bidirectional override as a
/// visible escape like `\u{1b}`.
///
/// Backslashes stay as they are, so that paths are readable. The result is therefore ambiguous; use
/// [`json`] where the exact text matters.
///
/// ```
/// use pulseboard_client::escape;
///
/// assert_eq!(escape::plain("red\u{1b}[31m"), r"red\u{1b}[31m");
/// assert_eq!(escape::plain("two\nlines"), r"two\nlines");
/// ```
pub fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            c if is_unsafe(c) => {
                // Writing to a string cannot fail.
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Returns the same JSON value with every character that a terminal would obey as a `\u` escape. In
/// JSON such characters appear only inside strings, where the escape has the same meaning.
///
/// ```
/// use pulseboard_client::escape;
///
/// assert_eq!(escape::json("\"a\u{9b}b\""), r#""a\u009bb""#);
/// ```
pub fn json(text: &str) -> String {
    if !text.chars().any(is_unsafe) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            // All of them are in the Basic Multilingual Plane, so four digits are enough.
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// C0 and C1 controls, DEL, line separators, and characters that change the direction of text
/// (Unicode's `Bidi_Control`).
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(
            plain("\u{1b}[2J\u{1b}]0;owned\u{7}"),
            r"\u{1b}[2J\u{1b}]0;owned\u{7}"
        );
        assert_eq!(plain("a\u{9b}31mb\u{7f}\u{0}"), r"a\u{9b}31mb\u{7f}\u{0}");
        assert_eq!(plain("two\r\nlines\t"), r"two\r\nlines\t");
        assert_eq!(plain("\u{202e}txt.exe\u{2066}"), r"\u{202e}txt.exe\u{2066}");
        assert_eq!(plain("Grüße 🦀 \u{301}"), "Grüße 🦀 \u{301}");
        assert_eq!(plain(r"C:\temp"), r"C:\temp");
    }

    proptest! {
        #[test]
        fn any_text_becomes_one_safe_line(text in ".{0,60}|[\u{0}-\u{a0}]{0,60}|[\u{2000}-\u{2070}]{0,60}") {
            prop_assert!(!plain(&text).chars().any(is_unsafe));
        }

        #[test]
        fn any_json_becomes_safe_and_keeps_its_meaning(text in ".{0,60}|[\u{0}-\u{a0}]{0,60}|[\u{2000}-\u{2070}]{0,60}") {
            let written = serde_json::to_string(&serde_json::json!({"a": [&text], text.clone(): 1})).unwrap();
            let safe = json(&written);
            prop_assert!(!safe.chars().any(is_unsafe));
            prop_assert_eq!(
                serde_json::from_str::<serde_json::Value>(&safe).unwrap(),
                serde_json::from_str::<serde_json::Value>(&written).unwrap()
            );
        }
    }
}
