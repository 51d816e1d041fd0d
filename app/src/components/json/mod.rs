//! JSON to read: indented, its kinds of value told apart by colour, its branches to fold away.
//!
//! The tree is text in the shape of the JSON it shows: without script, and copied as a whole, it is
//! the document.

pub mod scan;

use leptos::prelude::*;
use pulseboard_contract::Json;
use scan::Shape;

/// Values drawn as a tree. Larger documents are one text: thousands of elements would make the page
/// slow for a document that nobody unfolds by hand.
const NODES: usize = 600;
/// Branches deeper than this begin folded.
const UNFOLDED: usize = 3;

/// A value of the tree that somebody pointed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    /// Where it is, as the inspector's filter writes it: `data.tags[0]`.
    pub path: String,
    /// The value, as it is written.
    pub value: String,
}

/// JSON as a tree. It is put on the page as text, never as markup.
#[component]
pub fn JsonTree(
    /// What to show.
    json: Json,
    /// Takes the value that is pointed at.
    picked: RwSignal<Option<Picked>>,
) -> impl IntoView {
    if nodes(json.as_str(), NODES) >= NODES {
        return view! {
            <pre class="json" tabindex="0">
                {indented(json.as_str(), 0)}
            </pre>
        }
        .into_any();
    }
    let tree = value(
        json.as_str(),
        String::new(),
        String::new(),
        "data".to_owned(),
        0,
        picked,
    );
    view! {
        <div class="json" role="group" aria-label="Payload">
            {tree}
        </div>
    }
    .into_any()
}

/// One value: what stands before it (indent and key), itself, and the comma after it.
fn value(
    raw: &str,
    before: String,
    after: String,
    path: String,
    depth: usize,
    picked: RwSignal<Option<Picked>>,
) -> AnyView {
    let shape = scan::shape(raw);
    let this = Picked {
        path: path.clone(),
        value: raw.to_owned(),
    };
    let point = Callback::new(move |()| picked.set(Some(this.clone())));
    let class = match shape {
        Shape::Object | Shape::Array => "token-mark",
        Shape::Text => "token-text",
        Shape::Number => "token-number",
        Shape::Word => "token-word",
    };
    let parts: Vec<_> = scan::children(raw).collect();
    if parts.is_empty() {
        return view! {
            <div class="leaf">
                {words("token-key", before)}
                <button class=class title=path on:click=move |_| point.run(())>
                    {raw.to_owned()}
                </button> {words("token-mark", after)}
            </div>
        }
        .into_any();
    }
    let (open, close) = if shape == Shape::Object {
        ("{", "}")
    } else {
        ("[", "]")
    };
    let count = parts.len();
    let hidden = format!(
        " {} {close}{after}",
        crate::format::count(count as u64, "value", "values")
    );
    let inner = parts
        .into_iter()
        .enumerate()
        .map(|(index, (key, part))| {
            let indent = "  ".repeat(depth + 1);
            let (before, path) = match key {
                Some(key) => (format!("{indent}{key}: "), step(&path, &scan::plain(key))),
                None => (indent, format!("{path}[{index}]")),
            };
            let comma = if index + 1 == count { "" } else { "," };
            value(part, before, comma.to_owned(), path, depth + 1, picked)
        })
        .collect::<Vec<_>>();
    view! {
        <details open=depth < UNFOLDED>
            <summary on:click=move |_| point.run(()) data-hidden=hidden>
                {words("token-key", before)}
                <span class="token-mark">{open}</span>
            </summary>
            {inner}
            <div class="leaf">
                <span class="token-mark">{format!("{}{close}{after}", "  ".repeat(depth))}</span>
            </div>
        </details>
    }
    .into_any()
}

/// A piece of a line; an empty one would be a space in the server's HTML.
fn words(class: &'static str, text: String) -> Option<AnyView> {
    (!text.is_empty()).then(|| view! { <span class=class>{text}</span> }.into_any())
}

/// The path to a member.
pub fn step(path: &str, key: &str) -> String {
    let is_plain = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if is_plain {
        format!("{path}.{key}")
    } else {
        format!("{path}[{}]", serde_json::Value::from(key))
    }
}

/// How many values there are, counted up to a bound.
fn nodes(raw: &str, bound: usize) -> usize {
    let mut count = 1;
    for (_, part) in scan::children(raw) {
        if count >= bound {
            return bound;
        }
        count += nodes(part, bound - count);
    }
    count
}

/// The same text over lines, indented.
pub fn indented(raw: &str, depth: usize) -> String {
    let mut parts = scan::children(raw).peekable();
    if parts.peek().is_none() {
        return raw.to_owned();
    }
    let (open, close) = raw.split_at(1);
    let mut text = open.to_owned();
    let indent = "  ".repeat(depth + 1);
    while let Some((key, part)) = parts.next() {
        text.push('\n');
        text.push_str(&indent);
        if let Some(key) = key {
            text.push_str(key);
            text.push_str(": ");
        }
        text.push_str(&indented(part, depth + 1));
        if parts.peek().is_some() {
            text.push(',');
        }
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push_str(
        close
            .get(close.len().saturating_sub(1)..)
            .unwrap_or_default(),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_indented_as_people_write_it() {
        assert_eq!(
            indented(r#"{"a":1,"b":[true,{}],"c":[]}"#, 0),
            "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    {}\n  ],\n  \"c\": []\n}"
        );
        assert_eq!(indented("12.50", 0), "12.50");
    }

    #[test]
    fn what_is_shown_says_what_was_sent() {
        let sent =
            r#"{"n":12345678901234567890123,"s":"<script>\u2028}","l":[1,[2,[]]],"e":{"x":null}}"#;
        assert_eq!(Json::parse(&indented(sent, 0)).unwrap().as_str(), sent);
    }

    #[test]
    fn a_path_is_one_the_filter_reads() {
        assert_eq!(step("data", "user"), "data.user");
        assert_eq!(step("data.a", "two words"), r#"data.a["two words"]"#);
        assert_eq!(step("data", r#"a"]"#), r#"data["a\"]"]"#);
    }

    #[test]
    fn a_large_document_is_counted_no_further_than_needed() {
        assert_eq!(nodes(r#"{"a":[1,2],"b":{}}"#, 100), 5);
        assert_eq!(nodes(&format!("[{}1]", "1,".repeat(5_000)), 600), 600);
    }
}
