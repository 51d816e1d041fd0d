//! The form that publishes: any topic, any type, any JSON. It remembers what was written, and what
//! was published.

use leptos::{prelude::*, task::spawn_local};
use pulseboard_contract::EventId;

pub(super) use super::draft::Draft;
use super::draft::{remember, template, templates};
use crate::{components::keyed, live::use_live, platform};

/// The id of the field of the payload.
pub(super) const PAYLOAD: &str = "publish-payload";
/// Names in the browser's storage.
const DRAFT: &str = "pulseboard.publish.draft";
const EARLIER: &str = "pulseboard.publish.earlier";

/// The form.
#[component]
pub(super) fn PublishForm(draft: RwSignal<Draft>) -> impl IntoView {
    let live = use_live();
    let earlier = RwSignal::new(Vec::<Draft>::new());
    let outcome = RwSignal::new(None::<Result<String, String>>);
    let is_sending = RwSignal::new(false);
    // After hydration: the first render is the server's, which does not know what this browser
    // remembers.
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            if let Some(text) = platform::storage::get(DRAFT)
                && let Ok(remembered) = serde_json::from_str(&text)
            {
                draft.set(remembered);
            }
            if let Some(text) = platform::storage::get(EARLIER) {
                earlier.set(serde_json::from_str(&text).unwrap_or_default());
            }
        } else {
            draft.with_untracked(|draft| store(DRAFT, draft));
        }
        draft.track();
    });
    let publish = move || {
        if is_sending.get_untracked() {
            return;
        }
        let written = draft.get_untracked();
        let checked = match written.check() {
            Ok(checked) => checked,
            Err(problem) => return outcome.set(Some(Err(problem))),
        };
        is_sending.set(true);
        spawn_local(async move {
            let began = platform::clock::page_clock();
            let url = format!("/topics/{}", checked.topic);
            let mut headers = vec![
                ("content-type", "application/json"),
                ("ce-type", checked.event_type.as_str()),
            ];
            let more = checked.headers.iter();
            headers.extend(more.map(|(name, value)| (name.as_str(), value.as_str())));
            let answer =
                platform::http::publish(&url, &headers, checked.data.to_string(), None).await;
            let took = platform::clock::page_clock() - began;
            let told = answer
                .map_err(|error| error.to_string())
                .map(|published| told(published.id, took));
            if told.is_ok() {
                earlier.try_update(|earlier| {
                    remember(earlier, written);
                    store(EARLIER, earlier);
                });
            }
            outcome.try_set(Some(told));
            is_sending.try_set(false);
        });
    };
    let topics = Memo::new(move |_| {
        let known = move || {
            live.feed.with_untracked(|feed| {
                feed.topics()
                    .map(|topic| topic.topic().to_string())
                    .collect::<Vec<_>>()
            })
        };
        draft.with(|_| known())
    });
    view! {
        <header>
            <h2>"Publish"</h2>
        </header>
        <form
            class="stack"
            on:submit=move |submit| {
                submit.prevent_default();
                publish();
            }
            on:keydown=move |event| {
                if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                    event.prevent_default();
                    publish();
                }
            }
        >
            <div class="chips" role="group" aria-label="Begin with">
                {templates()
                    .map(|name| {
                        view! {
                            <button
                                type="button"
                                class="chip"
                                aria-pressed=move || {
                                    draft.with(|draft| draft.event_type == name).to_string()
                                }
                                on:click=move |_| {
                                    draft
                                        .update(|draft| {
                                            name.clone_into(&mut draft.event_type);
                                            template(name)
                                                .unwrap_or_default()
                                                .clone_into(&mut draft.data);
                                        });
                                }
                            >
                                {name}
                            </button>
                        }
                            .into_any()
                    })
                    .collect_view()}
            </div>
            <label>
                "Topic"
                <input
                    class="mono"
                    required
                    spellcheck="false"
                    autocapitalize="off"
                    autocomplete="off"
                    list="known-topics"
                    prop:value=move || draft.with(|draft| draft.topic.clone())
                    aria-invalid=move || draft.with(|draft| draft.topic().is_err()).to_string()
                    aria-describedby="topic-problem"
                    on:input:target=move |input| {
                        draft.update(|draft| draft.topic = input.target().value());
                    }
                />
                <datalist id="known-topics">
                    {move || {
                        topics
                            .get()
                            .into_iter()
                            .map(|name| view! { <option value=name></option> }.into_any())
                            .collect::<Vec<_>>()
                    }}
                </datalist>
            </label>
            <Problem id="topic-problem" draft=draft check=|draft| draft.topic().err() />
            <label>
                "Type"
                <input
                    class="mono"
                    required
                    spellcheck="false"
                    autocapitalize="off"
                    autocomplete="off"
                    prop:value=move || draft.with(|draft| draft.event_type.clone())
                    aria-invalid=move || draft.with(|draft| draft.event_type().is_err()).to_string()
                    aria-describedby="type-problem"
                    on:input:target=move |input| {
                        draft.update(|draft| draft.event_type = input.target().value());
                    }
                />
            </label>
            <Problem id="type-problem" draft=draft check=|draft| draft.event_type().err() />
            <label>
                "Payload"
                <textarea
                    id=PAYLOAD
                    class="mono"
                    rows="5"
                    required
                    spellcheck="false"
                    prop:value=move || draft.with(|draft| draft.data.clone())
                    aria-invalid=move || draft.with(|draft| draft.data().is_err()).to_string()
                    aria-describedby="payload-problem"
                    on:input:target=move |input| {
                        draft.update(|draft| draft.data = input.target().value());
                    }
                ></textarea>
            </label>
            <Problem id="payload-problem" draft=draft check=|draft| draft.data().err() />
            <details class="more" open=move || draft.with(|draft| !draft.attributes.is_empty())>
                <summary>"Further attributes"</summary>
                <label>
                    "One a line, like subject: api"
                    <textarea
                        class="mono"
                        rows="2"
                        spellcheck="false"
                        prop:value=move || draft.with(|draft| draft.attributes.clone())
                        aria-describedby="attributes-problem"
                        on:change:target=move |input| {
                            draft.update(|draft| draft.attributes = input.target().value());
                        }
                    ></textarea>
                </label>
                <Problem id="attributes-problem" draft=draft check=|draft| draft.headers().err() />
            </details>
            <p class="actions">
                <button class="button go" type="submit" disabled=move || is_sending.get()>
                    "Publish"
                </button>
                <button
                    class="button"
                    type="button"
                    on:click=move |_| draft.update(|draft| draft.data = draft.formatted())
                >
                    "Format JSON"
                </button>
                <small class="quiet">"Ctrl+Enter publishes"</small>
            </p>
        </form>
        <p class="problem" role="alert">
            {move || outcome.get().and_then(Result::err)}
        </p>
        <p class="done" role="status">
            {move || outcome.get().and_then(Result::ok)}
        </p>
        {move || {
            earlier
                .with(|earlier| !earlier.is_empty())
                .then(|| {
                    view! {
                        <h3 class="label">"Published before"</h3>
                        <ul class="rows earlier" aria-label="Published before">
                            {keyed(
                                move || earlier.get(),
                                |draft| format!("{draft:?}"),
                                move |one| {
                                    let (topic, event_type, data) = (
                                        one.topic.clone(),
                                        one.event_type.clone(),
                                        one.data.clone(),
                                    );
                                    view! {
                                        <li>
                                            <button on:click=move |_| draft.set(one.clone())>
                                                <code>{topic}</code>
                                                <span class="type">{event_type}</span>
                                                <span class="text">{data}</span>
                                            </button>
                                        </li>
                                    }
                                        .into_any()
                                },
                            )}
                        </ul>
                    }
                        .into_any()
                })
        }}
    }
}

/// What is wrong with a field, under it.
#[component]
fn Problem(
    id: &'static str,
    draft: RwSignal<Draft>,
    check: fn(&Draft) -> Option<String>,
) -> impl IntoView {
    view! {
        <small class="problem" id=id>
            {move || draft.with(check)}
        </small>
    }
}

/// The server's answer in words.
fn told(id: Option<EventId>, took: f64) -> String {
    match id {
        Some(id) => format!("Published as {id} in {took:.0} ms."),
        None => format!("Sent in {took:.0} ms; events of this type are not stored."),
    }
}

fn store<T: serde::Serialize>(name: &str, value: &T) {
    if let Ok(text) = serde_json::to_string(value) {
        platform::storage::set(name, &text);
    }
}
