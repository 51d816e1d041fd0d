//! The events published from the form before, each a click away.

use leptos::prelude::*;

use super::draft::Draft;
use crate::components::keyed;

/// The list, if there are any.
#[component]
pub(super) fn RecentDrafts(
    recent: RwSignal<Vec<Draft>>,
    /// Receives the draft that the reader selects.
    draft: RwSignal<Draft>,
) -> impl IntoView {
    let row = move |one: Draft| {
        let (topic, event_type, data) =
            (one.topic.clone(), one.event_type.clone(), one.data.clone());
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
    };
    move || {
        recent.with(|recent| !recent.is_empty()).then(|| {
            view! {
                <h3 class="label">"Recently published"</h3>
                <ul class="rows earlier" aria-label="Recently published">
                    {keyed(move || recent.get(), |draft| format!("{draft:?}"), row)}
                </ul>
            }
            .into_any()
        })
    }
}
