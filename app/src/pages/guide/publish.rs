//! What publishes in a lesson, and the server's answer to it.

use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};

use super::try_it::Trial;
use crate::platform::http::{self, Published};

/// Headers of a request.
pub(super) type Headers = &'static [(&'static str, &'static str)];

pub(super) const TEXT: Headers = &[("content-type", "text/plain")];

/// What can be published with one press.
#[derive(Clone, Copy)]
pub(super) struct Ready {
    /// What the button says.
    pub(super) label: &'static str,
    /// Headers.
    pub(super) headers: Headers,
    /// Body.
    pub(super) body: &'static str,
}

/// What the server answered last, in words.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    taken: RwSignal<String>,
    problem: RwSignal<String>,
}

impl Answer {
    pub(super) fn new() -> Self {
        Self {
            taken: RwSignal::new(String::new()),
            problem: RwSignal::new(String::new()),
        }
    }

    /// Publishes, and remembers the answer.
    pub(super) fn publish(self, topic: &'static str, headers: Headers, body: String) {
        spawn_local(async move {
            let outcome = http::publish(&format!("/topics/{topic}"), headers, body, None).await;
            let (taken, problem) = match outcome {
                Ok(Published { is_new, id }) => {
                    let id = id.map(|id| id.to_string()).unwrap_or_default();
                    (
                        if is_new {
                            format!("201, stored as {id}")
                        } else {
                            format!("200, known already as {id}")
                        },
                        String::new(),
                    )
                }
                Err(error) => (String::new(), error.to_string()),
            };
            self.taken.try_set(taken);
            self.problem.try_set(problem);
        });
    }

    pub(super) fn view(self) -> AnyView {
        view! {
            <p class="answer" role="status">
                {self.taken}
            </p>
            <p class="problem" role="alert">
                {self.problem}
            </p>
        }
        .into_any()
    }
}

/// A line of text and a button that publishes it. Where the lesson is about a stream that is
/// closed, it stays closed.
pub(super) fn line(trial: Trial, topic: &'static str, value: &'static str, opens: bool) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let answer = Answer::new();
    let submit = move |submit: SubmitEvent| {
        submit.prevent_default();
        if let Some(input) = input.get_untracked() {
            if opens {
                trial.open_first();
            }
            answer.publish(topic, TEXT, input.value());
        }
    };
    view! {
        <form class="compose" on:submit=submit>
            <input
                node_ref=input
                value=value
                required
                maxlength="1000"
                aria-label="What to publish"
                autocomplete="off"
            />
            <button class="button" type="submit">
                "Publish"
            </button>
        </form>
        {answer.view()}
    }
    .into_any()
}

/// A button for each of what is ready.
pub(super) fn buttons(trial: Trial, topic: &'static str, ready: &'static [Ready]) -> AnyView {
    let answer = Answer::new();
    let button = |ready: &'static Ready| {
        let publish = move |_| {
            trial.open_first();
            answer.publish(topic, ready.headers, ready.body.to_owned());
        };
        view! {
            <button class="button" on:click=publish>
                {ready.label}
            </button>
        }
        .into_any()
    };
    view! {
        <p class="actions">{ready.iter().map(button).collect::<Vec<_>>()}</p>
        {answer.view()}
    }
    .into_any()
}
