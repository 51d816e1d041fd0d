//! A button that copies a text and says whether it worked.

use leptos::{prelude::*, task::spawn_local};

use crate::platform::clipboard;

/// The button.
#[component]
pub fn Copy(
    /// The label of the button.
    label: &'static str,
    /// The text, read when the button is pressed.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let is_copied = RwSignal::new(None);
    let copy = move |_| {
        let text = text.get_untracked();
        spawn_local(async move {
            let outcome = clipboard::copy(&text).await;
            is_copied.try_set(Some(outcome));
        });
    };
    let label = move || match is_copied.get() {
        None => label,
        Some(true) => "Copied",
        Some(false) => "Can't copy here",
    };
    view! {
        <button class="button" on:click=copy>
            {move || label()}
        </button>
    }
}
