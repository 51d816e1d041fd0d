//! Makes text of others safe on a terminal.
//!
//! An event's data is whatever somebody published. Written raw, an escape sequence in it could
//! rewrite the screen, the window's title or, on some terminals, the next command; a bidirectional
//! override could show words in another order than they stand in.

use std::fmt::Write;

/// The text on one line, with every control character and bidirectional override as a visible
/// escape, like `\u{1b}`.
///
/// A backslash stays one, because paths should read well; what must be exact is read as JSON.
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

/// The same JSON with what a terminal would obey as `\u` escapes. In JSON such characters stand
/// only inside strings, where the escape means the same.
pub fn json(text: &str) -> String {
    if !text.chars().any(is_unsafe) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            // All of them lie in the Basic Multilingual Plane: one unit, four digits.
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// C0 and C1 controls and DEL, the line separators, and what changes the direction of text
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
    fn nothing_a_terminal_obeys_passes() {
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
        fn any_text_is_one_safe_line(text in ".{0,60}|[\u{0}-\u{a0}]{0,60}|[\u{2000}-\u{2070}]{0,60}") {
            prop_assert!(!plain(&text).chars().any(is_unsafe));
        }

        #[test]
        fn any_json_is_safe_and_means_the_same(text in ".{0,60}|[\u{0}-\u{a0}]{0,60}|[\u{2000}-\u{2070}]{0,60}") {
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
