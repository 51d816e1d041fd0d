//! Splits the text of a message into words, links, code, and characters that change the direction of
//! text.
//!
//! Only `http` and `https` addresses become links, and a link shows its whole address. Everything
//! else stays plain text.

/// A part of a message's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Plain text.
    Text(String),
    /// An address on the web. The link shows all of it.
    Link(String),
    /// Text between two backticks on one line.
    Code(String),
    /// Text between two lines of three backticks.
    Block(String),
    /// A character that changes the direction of the text after it. Its number is shown instead.
    DirectionControl(char),
}

const FENCE: &str = "```";

/// Splits a text.
pub fn spans(text: &str) -> Vec<Span> {
    // HTML forms end lines with CR LF.
    let text = text.replace("\r\n", "\n");
    let mut spans = Spans::default();
    let mut rest = text.as_str();
    while let Some((before, inside, after)) = fenced(rest) {
        // The block starts and ends on its own lines.
        spans.prose(before.strip_suffix('\n').unwrap_or(before));
        spans.push(Span::Block(block(inside).to_owned()));
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    spans.prose(rest);
    spans.0
}

/// The text before, inside and after the first pair of fences with text between them.
fn fenced(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once(FENCE)?;
    let (inside, after) = rest.split_once(FENCE)?;
    (!inside.trim().is_empty()).then_some((before, inside, after))
}

/// The lines of a block, without the name of its language.
fn block(inside: &str) -> &str {
    let lines = match inside.split_once('\n') {
        Some((first, lines)) if first.chars().all(|c| c.is_ascii_alphanumeric()) => lines,
        _ => inside,
    };
    lines.trim_end_matches('\n')
}

#[derive(Default)]
struct Spans(Vec<Span>);

impl Spans {
    fn push(&mut self, span: Span) {
        self.0.push(span);
    }

    /// Adds text that may contain inline code.
    fn prose(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, code, after)) = quoted(rest) {
            self.words(before);
            self.push(Span::Code(code.to_owned()));
            rest = after;
        }
        self.words(rest);
    }

    /// Adds text that may contain links.
    fn words(&mut self, text: &str) {
        let mut rest = text;
        while let Some((start, end)) = link(rest) {
            let (before, from) = rest.split_at(start);
            let (address, after) = from.split_at(end - start);
            self.plain(before);
            self.push(Span::Link(address.to_owned()));
            rest = after;
        }
        self.plain(rest);
    }

    fn plain(&mut self, text: &str) {
        let mut from = 0;
        for (at, c) in text
            .char_indices()
            .filter(|(_, c)| is_direction_control(*c))
        {
            self.text(&text[from..at]);
            self.push(Span::DirectionControl(c));
            from = at + c.len_utf8();
        }
        self.text(&text[from..]);
    }

    fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Span::Text(last)) => last.push_str(text),
            _ => self.push(Span::Text(text.to_owned())),
        }
    }
}

/// The text before, inside and after the first pair of backticks on one line.
fn quoted(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text.get(from..)?.find('`')?;
        let inside = open + 1;
        let length = text.get(inside..)?.find(['`', '\n'])?;
        let close = inside + length;
        if length > 0
            && text[close..].starts_with('`')
            && !text[inside..close].contains(is_direction_control)
        {
            return Some((&text[..open], &text[inside..close], &text[close + 1..]));
        }
        from = inside;
    }
}

/// Whether a character embeds, overrides or isolates the direction of text. Such characters can make
/// a text read as another one.
fn is_direction_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The start and the end of the first address.
fn link(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let start = from + scheme(rest)?;
        let follows_word = text[..start]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        let address = trimmed(text[start..].split(ends_address).next().unwrap_or_default());
        if !follows_word && has_plain_host(address) {
            return Some((start, start + address.len()));
        }
        // Continue after this scheme, which does not start an address.
        from = start + "http".len();
    }
}

fn scheme(text: &str) -> Option<usize> {
    let is_scheme = |at: usize| {
        let begins = |scheme: &str| {
            text.get(at..at + scheme.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
        };
        begins("http://") || begins("https://")
    };
    text.match_indices(['h', 'H'])
        .map(|(at, _)| at)
        .find(|at| is_scheme(*at))
}

fn ends_address(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || is_direction_control(c)
        || matches!(
            c,
            '<' | '>' | '"' | '`' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        )
}

/// The address without the punctuation that ends the sentence. A closing bracket stays if the address
/// has its opening one.
fn trimmed(address: &str) -> &str {
    let mut address = address;
    while let Some(last) = address.chars().next_back() {
        let count = |wanted: char| address.chars().filter(|c| *c == wanted).count();
        let is_end = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '…' | '’' | '”' | '»'
            | '。' | '、' => true,
            ')' => count(')') > count('('),
            ']' => count(']') > count('['),
            '}' => count('}') > count('{'),
            _ => false,
        };
        if !is_end {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address
}

/// Whether the address has a host and no user name. `https://bank.example@evil.example` would lead to
/// another host than it seems to.
fn has_plain_host(address: &str) -> bool {
    let Some((_, rest)) = address.split_once("//") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    authority
        .chars()
        .next()
        .is_some_and(|c| c.is_alphanumeric() || c == '[')
        && !authority.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plain text, links in angle brackets, code in square ones, direction controls by number.
    fn shown(text: &str) -> String {
        let show = |span: Span| match span {
            Span::Text(text) => text,
            Span::Link(address) => format!("<{address}>"),
            Span::Code(code) => format!("[{code}]"),
            Span::Block(code) => format!("[[{code}]]"),
            Span::DirectionControl(c) => format!("U+{:04X}", u32::from(c)),
        };
        spans(text).into_iter().map(show).collect()
    }

    #[test]
    fn a_web_address_is_a_link() {
        for (text, expected) in [
            (
                "see https://a.example/x?y=1#z now",
                "see <https://a.example/x?y=1#z> now",
            ),
            ("HTTP://A.example", "<HTTP://A.example>"),
            (
                "http://127.0.0.1:3000 and http://[::1]:3000/",
                "<http://127.0.0.1:3000> and <http://[::1]:3000/>",
            ),
            ("https://größe.example/ü", "<https://größe.example/ü>"),
            ("a\nhttps://a.example\nb", "a\n<https://a.example>\nb"),
            (
                "https://a.example,https://b.example",
                "<https://a.example,https://b.example>",
            ),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn punctuation_at_the_end_of_a_sentence_is_not_part_of_the_address() {
        for (text, expected) in [
            ("It is https://a.example.", "It is <https://a.example>."),
            ("(https://a.example/x)", "(<https://a.example/x>)"),
            (
                "https://a.example/Rust_(language)",
                "<https://a.example/Rust_(language)>",
            ),
            (
                "(https://a.example/Rust_(language)).",
                "(<https://a.example/Rust_(language)>).",
            ),
            ("\"https://a.example\"!", "\"<https://a.example>\"!"),
            ("https://a.example/?!…", "<https://a.example/>?!…"),
            ("<https://a.example>", "<<https://a.example>>"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn other_schemes_and_names_are_not_links() {
        for text in [
            "javascript:alert(1)",
            "javascript://a.example/%0aalert(1)",
            "data:text/html,<b>",
            "ftp://a.example",
            "//a.example",
            "www.a.example",
            "http://",
            "https://.",
            "https:///x",
            "https://bank.example@evil.example/",
            "xhttps://a.example",
            "<a href=\"javascript:alert(1)\">",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn a_link_ends_before_a_direction_control() {
        assert_eq!(
            shown("https://a.example/\u{202e}gpj.exe"),
            "<https://a.example/>U+202Egpj.exe"
        );
        assert_eq!(shown("a\u{2066}b\u{2069}"), "aU+2066bU+2069");
        assert_eq!(
            shown("`a\u{202e}b`"),
            "`aU+202Eb`",
            "code does not hide it either"
        );
    }

    #[test]
    fn code_stays_as_it_is_written() {
        for (text, expected) in [
            (
                "run `curl https://a.example` now",
                "run [curl https://a.example] now",
            ),
            (
                "a ` b\n` c `d`",
                "a ` b\n` c `d`".replace("` c `", "[ c ]").as_str(),
            ),
            ("``", "``"),
            (
                "before\n```rust\nfn main() {}\n\nx\n```\nafter",
                "before[[fn main() {}\n\nx]]after",
            ),
            ("```a b```", "[[a b]]"),
            ("```open", "```open"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn no_text_is_lost_but_the_marks_of_code() {
        for text in [
            "",
            "a\r\nb",
            "`",
            "```",
            "``````",
            "h",
            "http",
            "https://a.example`",
            "é`é`h\u{202e}`",
        ] {
            let plain: String = shown(text)
                .chars()
                .filter(|c| c.is_alphanumeric())
                .collect();
            for c in text.chars().filter(|c| c.is_alphanumeric()) {
                assert!(plain.contains(c), "{text:?} became {plain:?}");
            }
        }
    }
}
