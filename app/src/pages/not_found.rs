//! The page for an address nothing is at.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// Says what was looked for and where to go instead.
#[component]
pub fn NotFound() -> impl IntoView {
    let path = use_location().pathname;
    view! {
        <Title text="Not found"/>
        <section class="empty">
            <h1>"There is nothing here"</h1>
            <p>"No page is called "<code>{path}</code>"."</p>
            <p class="actions">
                <a class="button go" href="/">"Go to the board"</a>
                <a class="button" href="/guide">"Read the guide"</a>
            </p>
        </section>
    }
}
