//! The view of one lesson: text and code on one side, the demo on the other, and links to the previous
//! and the next lesson below.

use leptos::prelude::*;

use super::{code::samples, lessons::LESSONS, prose::prose};

/// The lesson at this index.
pub(super) fn lesson(index: usize) -> AnyView {
    let lesson = &LESSONS[index];
    let href = format!("#{}", lesson.id);
    view! {
        <section class="lesson" id=lesson.id aria-label=lesson.title>
            <div class="words">
                <h2>
                    <span class="number" aria-hidden="true">
                        {index + 1}
                    </span>
                    <a href=href rel="external">
                        {lesson.title}
                    </a>
                </h2>
                {prose(lesson.words)}
                {lesson.demo.is_some().then(|| samples(lesson))}
            </div>
            <div class="live">{lesson.demo.map_or_else(|| samples(lesson), |demo| demo())}</div>
            <div class="onward">
                {index.checked_sub(1).map(|before| neighbour("Previous", "back", before))}
                {(index + 1 < LESSONS.len()).then(|| neighbour("Next", "on", index + 1))}
            </div>
        </section>
    }
    .into_any()
}

fn neighbour(word: &'static str, class: &'static str, index: usize) -> AnyView {
    let lesson = &LESSONS[index];
    view! {
        <a class=class href=format!("#{}", lesson.id) rel="external">
            <small>{word}</small>
            <span>{lesson.title}</span>
        </a>
    }
    .into_any()
}
