//! The controls of a demo that publish, and the server's response.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};

use super::demo::Demo;
use crate::platform::http::{self, Published};

/// The headers of a request.
pub(super) type Headers = &'static [(&'static str, &'static str)];

pub(super) const TEXT: Headers = &[("content-type", "text/plain")];

/// An event that a button publishes.
#[derive(Clone, Copy)]
pub(super) struct Example {
    /// The label of the button.
    pub(super) label: &'static str,
    /// The headers of the request.
    pub(super) headers: Headers,
    /// The body of the request.
    pub(super) body: &'static str,
}

/// Publishes, and shows the server's last response as text.
#[derive(Clone, Copy)]
pub(super) struct Publisher {
    success: RwSignal<String>,
    problem: RwSignal<String>,
}

impl Publisher {
    pub(super) fn new() -> Self {
        Self {
            success: RwSignal::new(String::new()),
            problem: RwSignal::new(String::new()),
        }
    }

    /// Publishes to a topic.
    pub(super) fn publish(self, topic: &'static str, headers: Headers, body: String) {
        spawn_local(async move {
            let outcome = http::publish(&format!("/topics/{topic}"), headers, body, None).await;
            let (success, problem) = match outcome {
                Ok(Published { is_new, id }) => {
                    let id = id.map(|id| id.to_string()).unwrap_or_default();
                    (
                        if is_new {
                            format!("201, stored as {id}")
                        } else {
                            format!("200, already stored as {id}")
                        },
                        String::new(),
                    )
                }
                Err(error) => (String::new(), error.to_string()),
            };
            self.success.try_set(success);
            self.problem.try_set(problem);
        });
    }

    /// The response.
    pub(super) fn view(self) -> AnyView {
        view! {
            <p class="answer" role="status">
                {self.success}
            </p>
            <p class="problem" role="alert">
                {self.problem}
            </p>
        }
        .into_any()
    }
}

/// A text field and a button that publishes its text. `opens` is false in lessons about a closed
/// stream, which publishing must not open.
pub(super) fn text_form(
    demo: Demo,
    topic: &'static str,
    value: &'static str,
    opens: bool,
) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let publisher = Publisher::new();
    let submit = move |submit: SubmitEvent| {
        submit.prevent_default();
        if let Some(input) = input.get_untracked() {
            if opens {
                demo.open_first();
            }
            publisher.publish(topic, TEXT, input.value());
        }
    };
    view! {
        <form class="compose" on:submit=submit>
            <input
                node_ref=input
                value=value
                required
                maxlength="1000"
                aria-label="Text to publish"
                autocomplete="off"
            />
            <button class="button" type="submit">
                "Publish"
            </button>
        </form>
        {publisher.view()}
    }
    .into_any()
}

/// A button for each example.
pub(super) fn buttons(demo: Demo, topic: &'static str, examples: &'static [Example]) -> AnyView {
    let publisher = Publisher::new();
    let button = |example: &'static Example| {
        let publish = move |_| {
            demo.open_first();
            publisher.publish(topic, example.headers, example.body.to_owned());
        };
        view! {
            <button class="button" on:click=publish>
                {example.label}
            </button>
        }
        .into_any()
    };
    view! {
        <p class="actions">{examples.iter().map(button).collect::<Vec<_>>()}</p>
        {publisher.view()}
    }
    .into_any()
}
