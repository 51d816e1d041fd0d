//! The notice in place of a page whose chunk could not be loaded.

use leptos::{prelude::*, task::spawn_local};

use super::{Build, Chunk, fetch};
use crate::live::use_live;
use leptos_event_source::Status;

/// The notice. It becomes the page once the chunk can be loaded.
pub(super) fn unavailable(chunk: Chunk) -> AnyView {
    view! { <Unavailable chunk=chunk /> }.into_any()
}

#[component]
fn Unavailable(chunk: Chunk) -> impl IntoView {
    let built = RwSignal::new(None::<Build>);
    let status = use_live().stream.status;
    let again = move || {
        spawn_local(async move {
            if let Ok(build) = fetch(chunk).await {
                built.try_set(Some(build));
            }
        });
    };
    // An open stream means that the server is back.
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
                <h1>"This page can't be loaded"</h1>
                <p>
                    "The server is unreachable or was upgraded. "
                    "The page loads by itself once the server is back."
                </p>
                <p class="actions">
                    <button class="button go" on:click=move |_| again()>
                        "Try again"
                    </button>
                    // Outside the app's navigation, so that the browser loads everything again.
                    <a class="button" href="" rel="external">
                        "Reload"
                    </a>
                </p>
            </section>
        }
        .into_any(),
    }
}
