//! Code in a little colour: comments, strings and keywords. A scanner of a few lines, which both
//! sides run, because the browser's first render has to be what the server sent.

use leptos::prelude::*;

/// What a piece of code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Comment,
    Text,
    Keyword,
}

/// How a language is scanned.
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

/// Code as a row of spans.
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
            Kind::Text => "text",
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

/// The pieces, which together are the code.
fn scan<'a>(grammar: &Grammar, code: &'a str) -> Vec<(Kind, &'a str)> {
    let mut pieces = Vec::new();
    let (mut rest, mut plain) = (code, 0);
    // Plain text is taken up to what comes next.
    let mut before = ' ';
    while let Some(first) = rest[plain..].chars().next() {
        let here = &rest[plain..];
        // A mark amid a word, as in an address, begins nothing.
        let begins_word = !before.is_alphanumeric() && before != '_';
        let (kind, length) = if here.starts_with(grammar.comment) && before.is_whitespace() {
            (Kind::Comment, here.find('\n').unwrap_or(here.len()))
        } else if grammar.quotes.contains(&first) && begins_word {
            (Kind::Text, quoted(here, first))
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

/// The length of a string with its quotes.
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
            "nothing is lost"
        );
        pieces
            .into_iter()
            .filter(|(found, _)| *found == kind)
            .map(|(_, text)| text)
            .collect()
    }

    #[test]
    fn comments_strings_and_keywords_are_told_apart() {
        let code = "let a = \"let // \\\"b\\\"\"; // let it be\nmatch letter";
        assert_eq!(of(Kind::Keyword, &RUST, code), ["let", "match"]);
        assert_eq!(of(Kind::Text, &RUST, code), ["\"let // \\\"b\\\"\""]);
        assert_eq!(of(Kind::Comment, &RUST, code), ["// let it be"]);
    }

    #[test]
    fn an_address_has_no_comment_in_it() {
        assert_eq!(
            of(Kind::Comment, &SHELL, "curl http://a/b#c # after"),
            ["# after"]
        );
        assert!(of(Kind::Comment, &JAVASCRIPT, "`http://a`").is_empty());
    }

    #[test]
    fn a_string_that_does_not_end_goes_to_the_end() {
        assert_eq!(of(Kind::Text, &SHELL, "echo 'ä"), ["'ä"]);
    }
}
