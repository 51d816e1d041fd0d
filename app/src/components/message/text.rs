//! What somebody said, taken apart: words, links, code, and the characters that would turn the text
//! around.
//!
//! Only `http` and `https` become links, and a link shows its whole address. Nothing else of what
//! was said is markup.

/// A part of what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Words as they are.
    Text(String),
    /// An address of the web, which is shown and leads where it says.
    Link(String),
    /// Between two backticks on one line.
    Code(String),
    /// Between two lines of three backticks.
    Block(String),
    /// A character that changes the direction of the text after it; shown by its number instead of
    /// being obeyed.
    Turn(char),
}

const FENCE: &str = "```";

/// Takes a text apart.
pub fn spans(text: &str) -> Vec<Span> {
    // A form sends the ends of its lines as two characters.
    let text = text.replace("\r\n", "\n");
    let mut spans = Spans::default();
    let mut rest = text.as_str();
    while let Some((before, inside, after)) = fenced(rest) {
        // The block stands on lines of its own.
        spans.prose(before.strip_suffix('\n').unwrap_or(before));
        spans.push(Span::Block(block(inside).to_owned()));
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    spans.prose(rest);
    spans.0
}

/// What is before, inside and after the first pair of fences that has something between them.
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

    /// Text with code in its lines.
    fn prose(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, code, after)) = quoted(rest) {
            self.words(before);
            self.push(Span::Code(code.to_owned()));
            rest = after;
        }
        self.words(rest);
    }

    /// Text with links in it.
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
        for (at, c) in text.char_indices().filter(|(_, c)| turns(*c)) {
            self.text(&text[from..at]);
            self.push(Span::Turn(c));
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

/// What is before, inside and after the first pair of backticks on one line.
fn quoted(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text.get(from..)?.find('`')?;
        let inside = open + 1;
        let length = text.get(inside..)?.find(['`', '\n'])?;
        let close = inside + length;
        if length > 0 && text[close..].starts_with('`') && !text[inside..close].contains(turns) {
            return Some((&text[..open], &text[inside..close], &text[close + 1..]));
        }
        from = inside;
    }
}

/// Embeddings, overrides and isolates of writing direction: with them a text can be made to read as
/// another one.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Where the first address begins and ends.
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
        if !follows_word && leads_somewhere(address) {
            return Some((start, start + address.len()));
        }
        // Past the scheme that was none.
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
        || turns(c)
        || matches!(
            c,
            '<' | '>' | '"' | '`' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        )
}

/// Without what ends the sentence and not the address. A bracket stays where it was opened in the
/// address.
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

/// Whether there is a host, and no user before it: `https://bank.example@evil.example` leads
/// elsewhere than it reads.
fn leads_somewhere(address: &str) -> bool {
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

    /// Words as they are, links in angle brackets, code in square ones, turns by number.
    fn shown(text: &str) -> String {
        let show = |span: Span| match span {
            Span::Text(text) => text,
            Span::Link(address) => format!("<{address}>"),
            Span::Code(code) => format!("[{code}]"),
            Span::Block(code) => format!("[[{code}]]"),
            Span::Turn(c) => format!("U+{:04X}", u32::from(c)),
        };
        spans(text).into_iter().map(show).collect()
    }

    #[test]
    fn an_address_of_the_web_is_a_link() {
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
    fn what_ends_the_sentence_does_not_belong_to_the_address() {
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
    fn nothing_else_is_a_link() {
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
    fn a_link_ends_before_what_would_turn_it_around() {
        assert_eq!(
            shown("https://a.example/\u{202e}gpj.exe"),
            "<https://a.example/>U+202Egpj.exe"
        );
        assert_eq!(shown("a\u{2066}b\u{2069}"), "aU+2066bU+2069");
        assert_eq!(
            shown("`a\u{202e}b`"),
            "`aU+202Eb`",
            "nor is it hidden in code"
        );
    }

    #[test]
    fn code_is_left_as_it_is() {
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
    fn nothing_is_lost_but_the_marks_of_code() {
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
