//! The table of contents: beside the lessons on a wide screen, a row above them on a narrow one.

use leptos::prelude::*;

use super::lessons::LESSONS;
use crate::{
    command::{Action, use_commands},
    platform::{
        location::go_to,
        scrolling::{Reading, bring_into_row},
    },
};

/// The links to the lessons. The lesson being read is marked.
#[component]
pub(super) fn Rail() -> impl IntoView {
    // The server marks none: it does not know which lesson the address opens.
    let current = RwSignal::new(None::<usize>);
    let reading = StoredValue::new_local(None);
    Effect::new(move |_| {
        let ids = LESSONS.iter().map(|lesson| lesson.id).collect();
        let reads = move |index: Option<usize>| {
            if current
                .try_get_untracked()
                .is_some_and(|current| current != index)
            {
                current.set(index);
            }
        };
        reading.set_value(Some(Reading::new(ids, reads)));
    });
    Effect::new(move |_| {
        if let Some(index) = current.get() {
            bring_into_row(&link_id(index));
        }
    });
    // The command palette offers the lessons by title.
    let commands = use_commands();
    for lesson in &LESSONS {
        commands.offer(Action {
            group: "Lessons",
            label: lesson.title,
            keys: "",
            run: Callback::new(move |()| go_to(lesson.id)),
        });
    }
    let link = |(index, lesson): (usize, &'static super::lessons::Lesson)| {
        let mark = move || (current.get() == Some(index)).then_some("location");
        view! {
            <li>
                <a
                    id=link_id(index)
                    href=format!("#{}", lesson.id)
                    rel="external"
                    aria-current=mark
                >
                    <span class="number">{index + 1}</span>
                    {lesson.short}
                </a>
            </li>
        }
        .into_any()
    };
    view! {
        <nav class="rail" aria-label="Lessons">
            <ol>{LESSONS.iter().enumerate().map(link).collect::<Vec<_>>()}</ol>
        </nav>
    }
}

fn link_id(index: usize) -> String {
    format!("to-{}", LESSONS[index].id)
}
