//! Code in the language that the reader chose, the same one in all lessons and on the next visit.

use leptos::{ev::KeyboardEvent, prelude::*, task::spawn_local};

use super::{highlight::coloured, lessons::Lesson};
use crate::{
    command::use_commands,
    platform::{clipboard, focus, location, storage},
};

/// Where the choice is kept.
const KEPT: &str = "pulseboard.language";
/// Where the server is in the files; shown is where the reader found it.
const WRITTEN: &str = "http://127.0.0.1:3000";
/// The same where code names a host.
const WRITTEN_HOST: &str = "127.0.0.1:3000";

/// A language of the lessons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    JavaScript,
    Curl,
}

impl Language {
    const ALL: [Self; 3] = [Self::Rust, Self::JavaScript, Self::Curl];

    fn name(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::JavaScript => "JavaScript",
            Self::Curl => "curl",
        }
    }
}

/// A piece of code.
pub(super) struct Sample {
    pub(super) language: Language,
    pub(super) text: &'static str,
}

/// What is known of who reads: the language they chose, and under which name they know the server.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    language: RwSignal<Language>,
    origin: RwSignal<Option<String>>,
}

impl Reader {
    /// Puts it into the context. The first render is the server's, so what was kept is read after
    /// it.
    pub(super) fn provide() {
        let reader = Self {
            language: RwSignal::new(Language::Rust),
            origin: RwSignal::new(None),
        };
        Effect::new(move |_| {
            let kept = storage::get(KEPT);
            let kept = kept.and_then(|kept| {
                Language::ALL
                    .into_iter()
                    .find(|language| language.name() == kept)
            });
            if let Some(kept) = kept {
                reader.language.set(kept);
            }
            reader.origin.set(location::origin());
        });
        provide_context(reader);
    }

    fn choose(self, language: Language) {
        self.language.set(language);
        storage::set(KEPT, language.name());
    }

    /// The text of a sample, as it can be pasted by this reader.
    fn text(self, sample: &Sample) -> String {
        let text = sample.text.trim_end();
        let Some(origin) = self.origin.get() else {
            return text.to_owned();
        };
        let host = origin
            .split_once("://")
            .map_or(origin.as_str(), |(_, host)| host);
        text.replace(WRITTEN, &origin).replace(WRITTEN_HOST, host)
    }
}

/// The code of a lesson: tabs where there are several languages. All are in the page, so that it
/// can be read without script.
pub(super) fn samples(lesson: &'static Lesson) -> AnyView {
    let (id, samples) = (lesson.id, lesson.samples);
    if samples.is_empty() {
        return ().into_any();
    }
    let reader: Reader = expect_context();
    // A lesson that does not have the language shows its first.
    let shown = Memo::new(move |_| {
        let chosen = reader.language.get();
        samples
            .iter()
            .position(|sample| sample.language == chosen)
            .unwrap_or_default()
    });
    let commands = use_commands();
    let copy = move |_| {
        let Some(sample) = samples.get(shown.get_untracked()) else {
            return;
        };
        let (text, name) = (untrack(|| reader.text(sample)), sample.language.name());
        spawn_local(async move {
            let is_copied = clipboard::copy(&text).await;
            commands.confirm(&if is_copied {
                format!("Copied the {name} code")
            } else {
                "The browser lets nothing be copied here".into()
            });
        });
    };
    let head = if let [only] = samples {
        view! {
            <span class="label" id=tab_id(id, only.language)>
                {only.language.name()}
            </span>
        }
        .into_any()
    } else {
        tabs(id, samples, reader, shown)
    };
    let panel = |(index, sample): (usize, &'static Sample)| {
        let name = sample.language.name();
        let code = move || coloured(name, &reader.text(sample));
        view! {
            <pre
                class="code"
                id=panel_id(id, sample.language)
                tabindex="0"
                data-name=name
                role=(samples.len() > 1).then_some("tabpanel")
                aria-labelledby=tab_id(id, sample.language)
                data-chosen=move || (shown.get() == index).to_string()
            >
                {move || code()}
            </pre>
        }
        .into_any()
    };
    view! {
        <div class="samples">
            <div class="samples-head needs-script">
                {head}
                <button
                    class="button"
                    on:click=copy
                    aria-label=format!("Copy the code of {}", lesson.short)
                >
                    "Copy"
                </button>
            </div>
            <div class="panels">{samples.iter().enumerate().map(panel).collect::<Vec<_>>()}</div>
        </div>
    }
    .into_any()
}

fn tabs(
    id: &'static str,
    samples: &'static [Sample],
    reader: Reader,
    shown: Memo<usize>,
) -> AnyView {
    let pressed = move |key: KeyboardEvent| {
        let (now, last) = (shown.get_untracked(), samples.len() - 1);
        let then = match key.key().as_str() {
            "ArrowRight" => {
                if now == last {
                    0
                } else {
                    now + 1
                }
            }
            "ArrowLeft" => now.checked_sub(1).unwrap_or(last),
            "Home" => 0,
            "End" => last,
            _ => return,
        };
        key.prevent_default();
        reader.choose(samples[then].language);
        focus::focus(&tab_id(id, samples[then].language));
    };
    let tab = |(index, sample): (usize, &'static Sample)| {
        let language = sample.language;
        let is_shown = move || shown.get() == index;
        view! {
            <button
                role="tab"
                id=tab_id(id, language)
                aria-controls=panel_id(id, language)
                aria-selected=move || is_shown().to_string()
                tabindex=move || if is_shown() { "0" } else { "-1" }
                on:click=move |_| reader.choose(language)
            >
                {language.name()}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="segments" role="tablist" aria-label="Language" on:keydown=pressed>
            {samples.iter().enumerate().map(tab).collect::<Vec<_>>()}
        </div>
    }
    .into_any()
}

fn tab_id(lesson: &str, language: Language) -> String {
    format!("{lesson}-{}-tab", language.name())
}

fn panel_id(lesson: &str, language: Language) -> String {
    format!("{lesson}-{}", language.name())
}
