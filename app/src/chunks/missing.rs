//! What stands where a page would, while its code cannot be had.
use leptos::{prelude::*, task::spawn_local};

use super::{Build, Chunk, fetch};
use crate::live::use_live;
use leptos_event_source::Status;

/// Says that the page is missing, and becomes the page once it can be had.
pub(super) fn missing(part: Chunk) -> AnyView {
    view! { <Missing part=part /> }.into_any()
}

#[component]
fn Missing(part: Chunk) -> impl IntoView {
    let built = RwSignal::new(None::<Build>);
    let status = use_live().stream.status;
    let again = move || {
        spawn_local(async move {
            if let Ok(build) = fetch(part).await {
                built.try_set(Some(build));
            }
        });
    };
    // A stream that opens says that the server is back.
    Effect::new(move |was_away: Option<bool>| {
        let is_away = status.get() != Status::Open;
        if was_away == Some(true) && !is_away && built.with_untracked(Option::is_none) {
            again();
        }
        is_away
    });
    move || match built.get() {
        Some(build) => build(),
        None => view! {
            <section class="empty" role="alert">
                <h1>"This page is not here yet"</h1>
                <p>
                    "Its code could not be fetched: the server does not answer, or is a newer one. "
                    "It comes by itself once the server is back."
                </p>
                <p class="actions">
                    <button class="button go" on:click=move |_| again()>
                        "Try again"
                    </button>
                    // Outside the router, so that everything is loaded anew.
                    <a class="button" href="" rel="external">
                        "Load the page again"
                    </a>
                </p>
            </section>
        }
        .into_any(),
    }
}
