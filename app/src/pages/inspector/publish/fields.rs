//! The fields of the publish form. Each one shows its own problem.

use leptos::prelude::*;
use pulseboard_contract::EventType;

use super::{
    PAYLOAD_ID,
    draft::{Draft, templates},
};
use crate::live::use_live;

/// All fields.
#[component]
pub(super) fn Fields(draft: RwSignal<Draft>) -> impl IntoView {
    view! {
        <Templates draft=draft />
        <TopicField draft=draft />
        <Problem id="topic-problem" draft=draft check=|draft| draft.topic().err() />
        <TypeField draft=draft />
        <Problem id="type-problem" draft=draft check=|draft| draft.event_type().err() />
        <PayloadField draft=draft />
        <Problem id="payload-problem" draft=draft check=|draft| draft.data().err() />
        <AttributesField draft=draft />
    }
}

/// A button for each event type, which fills in an example.
#[component]
fn Templates(draft: RwSignal<Draft>) -> impl IntoView {
    let chip = move |event_type: EventType| {
        let name = event_type.name();
        let fill_in = move |_| {
            draft.update(|draft| {
                name.clone_into(&mut draft.event_type);
                draft.data = event_type.draft();
            });
        };
        view! {
            <button
                type="button"
                class="chip"
                aria-pressed=move || draft.with(|draft| draft.event_type == name).to_string()
                on:click=fill_in
            >
                {name}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="chips" role="group" aria-label="Templates">
            {templates().map(chip).collect_view()}
        </div>
    }
}

#[component]
fn TopicField(draft: RwSignal<Draft>) -> impl IntoView {
    let live = use_live();
    // Read again with each change of the draft, not with each event.
    let topics = Memo::new(move |_| {
        draft.track();
        live.feed.with_untracked(|feed| {
            feed.topics()
                .map(|topic| topic.topic().to_string())
                .collect::<Vec<_>>()
        })
    });
    let option = |name: String| view! { <option value=name></option> }.into_any();
    view! {
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
                {move || topics.get().into_iter().map(option).collect::<Vec<_>>()}
            </datalist>
        </label>
    }
}

#[component]
fn TypeField(draft: RwSignal<Draft>) -> impl IntoView {
    view! {
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
    }
}

#[component]
fn PayloadField(draft: RwSignal<Draft>) -> impl IntoView {
    view! {
        <label>
            "Payload"
            <textarea
                id=PAYLOAD_ID
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
    }
}

#[component]
fn AttributesField(draft: RwSignal<Draft>) -> impl IntoView {
    view! {
        <details class="more" open=move || draft.with(|draft| !draft.attributes.is_empty())>
            <summary>"More attributes"</summary>
            <label>
                "One per line, for example subject: api"
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
    }
}

/// The problem of a field, below it.
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
