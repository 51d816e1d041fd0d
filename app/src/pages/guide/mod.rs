//! The guide: the lessons of Server-Sent Events, each tried live against this server, with the code
//! that does the same.
//!
//! What a lesson says and shows are files in `lessons/`, a folder for each; `lessons/mod.rs` puts
//! them in order. The Rust among them is compiled by the tests, and the browser tests run the curl
//! lines.

mod code;
mod highlight;
mod lesson;
mod lessons;
mod prose;
mod publish;
mod rail;
mod trials;
mod try_it;

use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn Guide() -> impl IntoView {
    provide_context(try_it::OneTrial(RwSignal::new(None)));
    code::Reader::provide();
    view! {
        <Title text="Guide" />
        <article class="guide">
            <header class="intro">
                <h1>"Server-Sent Events, live"</h1>
                <p>
                    "A server keeps one HTTP response open and writes events into it as they happen. \
                    Everything on this page runs against the server you are looking at."
                </p>
            </header>
            <rail::Rail />
            <div class="lessons">
                {(0..lessons::LESSONS.len()).map(lesson::lesson).collect::<Vec<_>>()}
                <footer class="closing">
                    <h2>"Where to go from here"</h2>
                    <ul>
                        <li>
                            <a href="/inspector">"Inspector"</a>
                            " – every event as it comes, with its bytes on the wire"
                        </li>
                        <li>
                            <a href="/api/docs" rel="external">
                                "The interface"
                            </a>
                            " – every route, what it takes and what it answers"
                        </li>
                        <li>
                            <a href="/">"Board"</a>
                            " – what has been published so far"
                        </li>
                    </ul>
                </footer>
            </div>
        </article>
    }
}
