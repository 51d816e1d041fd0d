//! One lesson: words and code on one side, the live part on the other.

use leptos::prelude::*;

/// The same thing in three languages.
#[derive(Clone, Copy)]
pub(super) struct Code {
    pub(super) rust: &'static str,
    pub(super) javascript: &'static str,
    pub(super) curl: &'static str,
}

/// A lesson.
#[component]
pub(super) fn Lesson(id: &'static str, title: &'static str, text: &'static str, code: Code, children: Children) -> impl IntoView {
    let chosen = RwSignal::new(0usize);
    let tabs = [("Rust", code.rust), ("JavaScript", code.javascript), ("curl", code.curl)];
    view! {
        <section class="lesson" id=id aria-label=title>
            <div class="words">
                <h2>{title}</h2>
                <p>{text}</p>
                <div class="segments needs-script" role="group" aria-label="Language">
                    {tabs.into_iter().enumerate().map(|(index, (name, _))| view! {
                        <button aria-pressed=move || (chosen.get() == index).to_string() on:click=move |_| chosen.set(index)>{name}</button>
                    }.into_any()).collect_view()}
                </div>
                // All three are in the page, so that it can be read without script.
                {tabs.into_iter().enumerate().map(|(index, (name, text))| view! {
                    <pre class="code" tabindex="0" aria-label=name data-chosen=move || (chosen.get() == index).to_string()>{text}</pre>
                }.into_any()).collect_view()}
            </div>
            <div class="live">{children()}</div>
        </section>
    }
}
