//! The guide: the lessons of Server-Sent Events, each tried live against this server, with the Rust that does the same.

mod lesson;
mod lessons;
mod try_it;

use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn Guide() -> impl IntoView {
    provide_context(try_it::OneTrial(RwSignal::new(None)));
    view! {
        <Title text="Guide"/>
        <article class="guide">
            <header class="intro">
                <h1>"Server-Sent Events, live"</h1>
                <p>
                    "A server keeps one HTTP response open and writes events into it as they happen. \
                    Everything on this page runs against the server you are looking at."
                </p>
            </header>
            <lessons::Lessons/>
        </article>
    }
}
