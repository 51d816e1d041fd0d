//! Renders the text of a lesson. It supports a small part of Markdown: paragraphs, `code`, *emphasis*,
//! **strong**, [a link](/chat/guide) and fenced blocks. Its only input is the files of this crate.

use leptos::prelude::*;

use super::highlight::coloured;

/// The start and the end of a code block.
const FENCE: &str = "```";

/// A piece of a paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Code(&'a str),
    Emphasis(&'a str),
    Strong(&'a str),
    Link { text: &'a str, href: &'a str },
}

/// The text as elements.
pub(super) fn prose(text: &'static str) -> AnyView {
    blocks(text)
        .into_iter()
        .map(block)
        .collect_view()
        .into_any()
}

/// Splits text into paragraphs and fenced blocks. A fenced block may contain blank lines.
fn blocks(text: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = match rest.strip_prefix(FENCE) {
            Some(fenced) => fenced.find(FENCE).map(|end| end + 2 * FENCE.len()),
            None => rest.find("\n\n"),
        };
        let (block, after) = rest.split_at(end.unwrap_or(rest.len()));
        blocks.push(block);
        rest = after.trim_start();
    }
    blocks
}

fn block(text: &'static str) -> AnyView {
    match text
        .strip_prefix(FENCE)
        .and_then(|rest| rest.trim_end_matches('`').split_once('\n'))
    {
        Some((name, code)) => view! {
            <pre class="code single" tabindex="0" aria-label=name>
                {coloured(name, code.trim_end())}
            </pre>
        }
        .into_any(),
        None => view! { <p>{pieces(text).into_iter().map(piece).collect_view()}</p> }.into_any(),
    }
}

fn piece(piece: Piece<'static>) -> AnyView {
    match piece {
        Piece::Text(text) => text.into_any(),
        Piece::Code(text) => view! { <code>{text}</code> }.into_any(),
        Piece::Emphasis(text) => view! { <em>{text}</em> }.into_any(),
        Piece::Strong(text) => view! { <strong>{text}</strong> }.into_any(),
        // The API documentation is not a page of the app, so the browser loads it.
        Piece::Link { text, href } if href.starts_with("/api") => view! {
            <a href=href rel="external">
                {text}
            </a>
        }
        .into_any(),
        Piece::Link { text, href } => view! { <a href=href>{text}</a> }.into_any(),
    }
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['`', '*', '[']) {
        let (before, marked) = rest.split_at(start);
        let Some((piece, after)) = marked_piece(marked) else {
            break;
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(piece);
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The piece that starts at the mark, and the text after it.
fn marked_piece(text: &str) -> Option<(Piece<'_>, &str)> {
    if let Some(rest) = text.strip_prefix('`') {
        let (code, rest) = rest.split_once('`')?;
        return Some((Piece::Code(code), rest));
    }
    if let Some(rest) = text.strip_prefix("**") {
        let (strong, rest) = rest.split_once("**")?;
        return Some((Piece::Strong(strong), rest));
    }
    if let Some(rest) = text.strip_prefix('*') {
        let (emphasis, rest) = rest.split_once('*')?;
        return Some((Piece::Emphasis(emphasis), rest));
    }
    let (text, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (href, rest) = rest.split_once(')')?;
    Some((Piece::Link { text, href }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_pieces_and_everything_else_is_text() {
        assert_eq!(
            pieces("**Look at** the `id:` in [Chat](/chat/a), *now*."),
            [
                Piece::Strong("Look at"),
                Piece::Text(" the "),
                Piece::Code("id:"),
                Piece::Text(" in "),
                Piece::Link {
                    text: "Chat",
                    href: "/chat/a"
                },
                Piece::Text(", "),
                Piece::Emphasis("now"),
                Piece::Text("."),
            ]
        );
    }

    #[test]
    fn an_unclosed_mark_is_text() {
        assert_eq!(pieces("2 * 3"), [Piece::Text("2 * 3")]);
        assert_eq!(pieces("an [open"), [Piece::Text("an [open")]);
    }

    #[test]
    fn a_fenced_block_keeps_its_blank_lines() {
        assert_eq!(
            blocks("one\n\n```sh\na\n\nb\n```\n\ntwo\n"),
            ["one", "```sh\na\n\nb\n```", "two"]
        );
    }
}
