//! Explains the filter by examples that the reader can add.

use leptos::prelude::*;

use super::filter::with_part;
use crate::components::{Icon, IconName};

/// Parts of a filter and what they match.
const EXAMPLES: [(&str, &str); 9] = [
    (
        "topic:host/**",
        "a topic or a pattern: * matches one segment, ** all that follow",
    ),
    ("type:notification", "an event type"),
    ("-type:metrics", "a minus excludes"),
    (
        "\"disk is full\"",
        "text anywhere in the event; quotes keep words together",
    ),
    ("data.cpu_percent>80", "a payload field: = != > >= < <="),
    (
        "data.user=Ada",
        "numbers compare as numbers, everything else as text",
    ),
    (
        "data.tags[0]=release",
        "an array element; [*] matches any element",
    ),
    ("data.text~deploy", "the field contains this text"),
    ("data.error", "the field exists"),
];

/// The button and its popover.
#[component]
pub(super) fn FilterHelp(
    /// The text of the filter.
    text: RwSignal<String>,
    /// Sets the text of the filter.
    write: Callback<String>,
) -> impl IntoView {
    let example = move |(example, meaning): (&'static str, &'static str)| {
        let add = move |_| {
            let text = text.get_untracked();
            write.run(format!("{} ", with_part(&text, example)));
        };
        view! {
            <dt>
                <button type="button" class="example" on:click=add>
                    {example}
                </button>
            </dt>
            <dd>{meaning}</dd>
        }
        .into_any()
    };
    view! {
        <details class="filter-help" name="menu">
            <summary class="icon-button" aria-label="Filter help">
                <Icon name=IconName::Info />
            </summary>
            <div class="popover">
                <p class="quiet">
                    "All parts must match; several topics or types match any. Select an example to add it:"
                </p>
                <dl class="terms">{EXAMPLES.map(example).collect_view()}</dl>
            </div>
        </details>
    }
}
