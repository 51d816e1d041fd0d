//! The guide: lessons about Server-Sent Events, each with a live demo against this server and code
//! samples that do the same.
//!
//! Each lesson has a folder in `lessons/` with its text and its samples; `lessons/mod.rs` lists them in
//! order. The tests compile the Rust samples, and the browser tests run the others.

mod code;
mod demo;
mod demos;
mod highlight;
mod lesson;
mod lessons;
mod prose;
mod publish;
mod rail;
mod sample;

use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn Guide() -> impl IntoView {
    provide_context(demo::OpenDemo(RwSignal::new(None)));
    code::SampleSettings::provide();
    view! {
        <Title text="Guide" />
        <article class="guide">
            <header class="intro">
                <h1>"Server-Sent Events, live"</h1>
                <p>
                    "A server keeps one HTTP response open and writes events into it as they happen. \
                    Every demo on this page runs against this server."
                </p>
            </header>
            <rail::Rail />
            <div class="lessons">
                {(0..lessons::LESSONS.len()).map(lesson::lesson).collect::<Vec<_>>()}
                <footer class="closing">
                    <h2>"Next steps"</h2>
                    <ul>
                        <li>
                            <a href="/inspector">"Inspector"</a>
                            " – every event as it arrives, with its bytes on the wire"
                        </li>
                        <li>
                            <a href="/api/docs" rel="external">
                                "API reference"
                            </a>
                            " – every route with its parameters and responses"
                        </li>
                        <li>
                            <a href="/">"Board"</a>
                            " – a live tile for each topic"
                        </li>
                    </ul>
                </footer>
            </div>
        </article>
    }
}
