//! JSON as text to read: indented, its kinds of token told apart by colour.

use leptos::prelude::*;
use pulseboard::Json;

/// What a piece of JSON is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Key,
    Text,
    Number,
    Word,
    Mark,
}

impl Token {
    const fn class(self) -> &'static str {
        match self {
            Self::Key => "token-key",
            Self::Text => "token-text",
            Self::Number => "token-number",
            Self::Word => "token-word",
            Self::Mark => "token-mark",
        }
    }
}

/// JSON, indented and coloured. It is put on the page as text, never as markup.
#[component]
pub fn JsonText(
    /// What to show.
    json: Json,
) -> impl IntoView {
    let pieces: Vec<_> = tokens(json.as_str())
        .into_iter()
        .map(|(token, text)| view! { <span class=token.class()>{text}</span> }.into_any())
        .collect();
    view! { <pre class="json" tabindex="0">{pieces}</pre> }
}

/// Splits one line of valid JSON into its tokens, with the line breaks and the indent it is shown with.
fn tokens(json: &str) -> Vec<(Token, String)> {
    let mut tokens: Vec<(Token, String)> = Vec::new();
    let mut depth = 0usize;
    let mut rest = json;
    let line = |depth: usize| format!("\n{}", "  ".repeat(depth));
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => string_length(rest),
            '{' | '[' | '}' | ']' | ',' | ':' => 1,
            _ => rest.find([',', '}', ']']).unwrap_or(rest.len()),
        };
        let (piece, after) = rest.split_at(length);
        rest = after;
        match c {
            '"' if after.starts_with(':') => tokens.push((Token::Key, piece.to_owned())),
            '"' => tokens.push((Token::Text, piece.to_owned())),
            '{' | '[' if after.starts_with(['}', ']']) => tokens.push((Token::Mark, piece.to_owned())),
            '{' | '[' => {
                depth += 1;
                tokens.push((Token::Mark, format!("{piece}{}", line(depth))));
            }
            '}' | ']' => {
                let is_empty = matches!(tokens.last(), Some((Token::Mark, open)) if open == "{" || open == "[");
                depth = if is_empty { depth } else { depth.saturating_sub(1) };
                let before = if is_empty { String::new() } else { line(depth) };
                tokens.push((Token::Mark, format!("{before}{piece}")));
            }
            ',' => tokens.push((Token::Mark, format!(",{}", line(depth)))),
            ':' => tokens.push((Token::Mark, ": ".to_owned())),
            't' | 'f' | 'n' => tokens.push((Token::Word, piece.to_owned())),
            _ => tokens.push((Token::Number, piece.to_owned())),
        }
    }
    tokens
}

/// How long the string at the start is, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return index + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> String {
        tokens(Json::parse(json).unwrap().as_str()).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn it_is_indented_as_people_write_it() {
        assert_eq!(
            text(r#"{"a":1,"b":[true,{}],"c":[]}"#),
            "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    {}\n  ],\n  \"c\": []\n}"
        );
        assert_eq!(text("12.50"), "12.50");
    }

    #[test]
    fn marks_inside_strings_are_text() {
        let tokens = tokens(r#"{"a\"}":"x,y:\\"}"#);
        assert_eq!(tokens[1], (Token::Key, r#""a\"}""#.to_owned()));
        assert_eq!(tokens[3], (Token::Text, r#""x,y:\\""#.to_owned()));
    }

    #[test]
    fn what_is_shown_says_what_was_sent() {
        let sent = r#"{"n":12345678901234567890123,"s":"<script>\u2028","l":[1,[2,[]]],"e":{"x":null}}"#;
        assert_eq!(Json::parse(&text(sent)).unwrap().as_str(), sent);
    }
}
