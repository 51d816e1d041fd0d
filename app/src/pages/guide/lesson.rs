//! One lesson: words and code on one side, the live part on the other, and the ways to its
//! neighbours at its foot.

use leptos::prelude::*;

use super::{code::samples, lessons::LESSONS, prose::prose};

/// The lesson of this place in the order.
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
                {lesson.trial.is_some().then(|| samples(lesson))}
            </div>
            <div class="live">{lesson.trial.map_or_else(|| samples(lesson), |trial| trial())}</div>
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
