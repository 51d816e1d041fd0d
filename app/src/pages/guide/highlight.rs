//! Highlights comments, strings and keywords of code. Server and browser both run it, because
//! hydration needs the same elements on both sides.

use leptos::prelude::*;

/// The kind of a piece of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Comment,
    String,
    Keyword,
}

/// The lexical rules of a language.
struct Grammar {
    comment: &'static str,
    quotes: &'static [char],
    keywords: &'static [&'static str],
}

const RUST: Grammar = Grammar {
    comment: "//",
    quotes: &['"'],
    keywords: &[
        "as", "async", "await", "const", "else", "fn", "for", "if", "impl", "in", "let", "loop",
        "match", "move", "mut", "pub", "return", "self", "static", "struct", "use", "while",
    ],
};
const JAVASCRIPT: Grammar = Grammar {
    comment: "//",
    quotes: &['\'', '"', '`'],
    keywords: &[
        "async", "await", "break", "class", "const", "else", "for", "function", "if", "let", "new",
        "null", "of", "return", "while",
    ],
};
const SHELL: Grammar = Grammar {
    comment: "#",
    quotes: &['\'', '"'],
    keywords: &["curl", "location", "printf", "proxy_pass"],
};

/// The code as a list of spans.
pub(super) fn coloured(language: &str, code: &str) -> AnyView {
    let grammar = match language {
        "Rust" => &RUST,
        "JavaScript" => &JAVASCRIPT,
        _ => &SHELL,
    };
    let span = |(kind, text): (Kind, &str)| {
        let class = match kind {
            Kind::Plain => "",
            Kind::Comment => "comment",
            Kind::String => "text",
            Kind::Keyword => "keyword",
        };
        view! { <span class=class>{text.to_owned()}</span> }.into_any()
    };
    scan(grammar, code)
        .into_iter()
        .map(span)
        .collect::<Vec<_>>()
        .into_any()
}

/// Splits code into pieces. Joined, they are the code again.
fn scan<'a>(grammar: &Grammar, code: &'a str) -> Vec<(Kind, &'a str)> {
    let mut pieces = Vec::new();
    let (mut rest, mut plain) = (code, 0);
    // Plain text is collected up to the next comment, string or keyword.
    let mut before = ' ';
    while let Some(first) = rest[plain..].chars().next() {
        let here = &rest[plain..];
        // A mark inside a word, as in an address, starts no comment or string.
        let begins_word = !before.is_alphanumeric() && before != '_';
        let (kind, length) = if here.starts_with(grammar.comment) && before.is_whitespace() {
            (Kind::Comment, here.find('\n').unwrap_or(here.len()))
        } else if grammar.quotes.contains(&first) && begins_word {
            (Kind::String, quoted(here, first))
        } else if first.is_alphabetic() && begins_word {
            let word = here
                .find(|next: char| !next.is_alphanumeric() && next != '_')
                .unwrap_or(here.len());
            let is_keyword = grammar.keywords.contains(&&here[..word]);
            (
                if is_keyword {
                    Kind::Keyword
                } else {
                    Kind::Plain
                },
                word,
            )
        } else {
            (Kind::Plain, first.len_utf8())
        };
        before = here[..length].chars().next_back().unwrap_or(first);
        if kind == Kind::Plain {
            plain += length;
            continue;
        }
        if plain > 0 {
            pieces.push((Kind::Plain, &rest[..plain]));
        }
        pieces.push((kind, &rest[plain..plain + length]));
        (rest, plain) = (&rest[plain + length..], 0);
    }
    if !rest.is_empty() {
        pieces.push((Kind::Plain, rest));
    }
    pieces
}

/// The length of a string literal, including its quotes.
fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (index, next) in text.char_indices().skip(1) {
        if next == quote && !is_escaped {
            return index + quote.len_utf8();
        }
        is_escaped = next == '\\' && !is_escaped;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Kind, grammar: &Grammar, code: &'static str) -> Vec<&'static str> {
        let pieces = scan(grammar, code);
        assert_eq!(
            pieces.iter().map(|(_, text)| *text).collect::<String>(),
            code,
            "no text is lost"
        );
        pieces
            .into_iter()
            .filter(|(found, _)| *found == kind)
            .map(|(_, text)| text)
            .collect()
    }

    #[test]
    fn comments_strings_and_keywords_are_recognised() {
        let code = "let a = \"let // \\\"b\\\"\"; // let it be\nmatch letter";
        assert_eq!(of(Kind::Keyword, &RUST, code), ["let", "match"]);
        assert_eq!(of(Kind::String, &RUST, code), ["\"let // \\\"b\\\"\""]);
        assert_eq!(of(Kind::Comment, &RUST, code), ["// let it be"]);
    }

    #[test]
    fn an_address_contains_no_comment() {
        assert_eq!(
            of(Kind::Comment, &SHELL, "curl http://a/b#c # after"),
            ["# after"]
        );
        assert!(of(Kind::Comment, &JAVASCRIPT, "`http://a`").is_empty());
    }

    #[test]
    fn an_unclosed_string_continues_to_the_end() {
        assert_eq!(of(Kind::String, &SHELL, "echo 'ä"), ["'ä"]);
    }
}
