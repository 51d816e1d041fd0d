//! Shows JSON as an indented tree with coloured values and branches that fold.
//!
//! The tree is text in the shape of its JSON: without script, and when copied as a whole, it is the
//! document.

pub mod raw;

use leptos::prelude::*;
use pulseboard_contract::Json;
use raw::Kind;

/// The most values drawn as a tree. A larger document is one block of text, because thousands of
/// elements would make the page slow.
const MAX_TREE_VALUES: usize = 600;
/// Branches at this depth and below start folded.
const OPEN_DEPTH: usize = 3;

/// A value that the reader selected in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectedValue {
    /// Its path in the syntax of the inspector's filter: `data.tags[0]`.
    pub path: String,
    /// The value as it is written.
    pub value: String,
}

/// JSON as a tree. All of it reaches the page as text, never as markup.
#[component]
pub fn JsonTree(
    /// The document.
    json: Json,
    /// Receives the value that the reader selects.
    selected: RwSignal<Option<SelectedValue>>,
) -> impl IntoView {
    if count_values(json.as_str(), MAX_TREE_VALUES) >= MAX_TREE_VALUES {
        return view! {
            <pre class="json" tabindex="0">
                {indented(json.as_str(), 0)}
            </pre>
        }
        .into_any();
    }
    let root = Node {
        raw: json.as_str(),
        before: String::new(),
        after: "",
        path: "data".to_owned(),
        depth: 0,
    };
    let tree = root.view(selected);
    view! {
        <div class="json" role="group" aria-label="Payload">
            {tree}
        </div>
    }
    .into_any()
}

/// One value of the tree and the text around it.
struct Node<'a> {
    /// The value as it is written.
    raw: &'a str,
    /// The indent and the key.
    before: String,
    /// The comma, where another value follows.
    after: &'static str,
    path: String,
    depth: usize,
}

impl Node<'_> {
    fn view(self, selected: RwSignal<Option<SelectedValue>>) -> AnyView {
        let this = SelectedValue {
            path: self.path.clone(),
            value: self.raw.to_owned(),
        };
        let select = Callback::new(move |()| selected.set(Some(this.clone())));
        let children = raw::children(self.raw);
        if children.is_empty() {
            self.leaf(select)
        } else {
            self.branch(&children, select, selected)
        }
    }

    fn leaf(self, select: Callback<()>) -> AnyView {
        let class = match raw::kind(self.raw) {
            Kind::Object | Kind::Array => "token-mark",
            Kind::String => "token-text",
            Kind::Number => "token-number",
            Kind::Literal => "token-word",
        };
        view! {
            <div class="leaf">
                {token("token-key", self.before)}
                <button class=class title=self.path on:click=move |_| select.run(())>
                    {self.raw.to_owned()}
                </button> {token("token-mark", self.after.to_owned())}
            </div>
        }
        .into_any()
    }

    fn branch(
        self,
        children: &[raw::Child<'_>],
        select: Callback<()>,
        selected: RwSignal<Option<SelectedValue>>,
    ) -> AnyView {
        let Self {
            raw,
            before,
            after,
            path,
            depth,
        } = self;
        let (open, close) = if raw::kind(raw) == Kind::Object {
            ("{", "}")
        } else {
            ("[", "]")
        };
        let hidden = format!(
            " {} {close}{after}",
            crate::format::count(children.len() as u64, "value", "values")
        );
        let child = |(index, child): (usize, &raw::Child<'_>)| {
            let indent = "  ".repeat(depth + 1);
            let (before, path) = match child.key {
                Some(key) => (
                    format!("{indent}{key}: "),
                    member_path(&path, &raw::text(key)),
                ),
                None => (indent, format!("{path}[{index}]")),
            };
            Node {
                raw: child.value,
                before,
                after: if index + 1 == children.len() { "" } else { "," },
                path,
                depth: depth + 1,
            }
            .view(selected)
        };
        let inner = children.iter().enumerate().map(child).collect::<Vec<_>>();
        view! {
            <details open=depth < OPEN_DEPTH>
                <summary on:click=move |_| select.run(()) data-hidden=hidden>
                    {token("token-key", before)}
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
}

/// A coloured part of a line. An empty one is left out, because the server's HTML would have a space
/// in its place.
fn token(class: &'static str, text: String) -> Option<AnyView> {
    (!text.is_empty()).then(|| view! { <span class=class>{text}</span> }.into_any())
}

/// The path of a member of the value at `path`, in the syntax of the inspector's filter.
pub fn member_path(path: &str, key: &str) -> String {
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

/// The number of values in a document. Counting stops at `limit`.
fn count_values(raw: &str, limit: usize) -> usize {
    let mut count = 1;
    for child in raw::children(raw) {
        if count >= limit {
            return limit;
        }
        count += count_values(child.value, limit - count);
    }
    count
}

/// The same JSON over several lines, indented by two spaces a level from `depth` on.
pub fn indented(raw: &str, depth: usize) -> String {
    let mut children = raw::children(raw).into_iter().peekable();
    if children.peek().is_none() {
        return raw.to_owned();
    }
    let (open, close) = raw.split_at(1);
    let mut text = open.to_owned();
    let indent = "  ".repeat(depth + 1);
    while let Some(child) = children.next() {
        text.push('\n');
        text.push_str(&indent);
        if let Some(key) = child.key {
            text.push_str(key);
            text.push_str(": ");
        }
        text.push_str(&indented(child.value, depth + 1));
        if children.peek().is_some() {
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
    fn indented_json_has_a_line_for_each_value() {
        assert_eq!(
            indented(r#"{"a":1,"b":[true,{}],"c":[]}"#, 0),
            "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    {}\n  ],\n  \"c\": []\n}"
        );
        assert_eq!(indented("12.50", 0), "12.50");
    }

    #[test]
    fn indented_json_is_the_same_document() {
        let sent =
            r#"{"n":12345678901234567890123,"s":"<script>\u2028}","l":[1,[2,[]]],"e":{"x":null}}"#;
        assert_eq!(Json::parse(&indented(sent, 0)).unwrap().as_str(), sent);
    }

    #[test]
    fn a_member_path_has_the_syntax_of_the_filter() {
        assert_eq!(member_path("data", "user"), "data.user");
        assert_eq!(member_path("data.a", "two words"), r#"data.a["two words"]"#);
        assert_eq!(member_path("data", r#"a"]"#), r#"data["a\"]"]"#);
    }

    #[test]
    fn counting_stops_at_the_limit() {
        assert_eq!(count_values(r#"{"a":[1,2],"b":{}}"#, 100), 5);
        assert_eq!(
            count_values(&format!("[{}1]", "1,".repeat(5_000)), 600),
            600
        );
    }
}
