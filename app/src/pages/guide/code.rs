//! The code samples of a lesson, in the language that the reader has chosen. All lessons use the same
//! language, and the browser remembers it.

use leptos::{ev::KeyboardEvent, prelude::*, task::spawn_local};

use super::{
    highlight::coloured,
    lessons::Lesson,
    sample::{Language, Sample},
};
use crate::{
    command::use_commands,
    platform::{clipboard, focus, location, storage},
};

/// The key of the language in the browser's storage.
const LANGUAGE_KEY: &str = "pulseboard.language";
/// The server's address in the sample files. The page shows the address that it was loaded from.
const SAMPLE_ORIGIN: &str = "http://127.0.0.1:3000";
/// The same address without the scheme.
const SAMPLE_HOST: &str = "127.0.0.1:3000";

/// The language that the reader has chosen, and the server's address in the reader's browser.
#[derive(Clone, Copy)]
pub(super) struct SampleSettings {
    language: RwSignal<Language>,
    origin: RwSignal<Option<String>>,
}

impl SampleSettings {
    /// Provides the settings as context. The server renders first and does not know the browser's
    /// storage, so that is read after hydration.
    pub(super) fn provide() {
        let settings = Self {
            language: RwSignal::new(Language::Rust),
            origin: RwSignal::new(None),
        };
        Effect::new(move |_| {
            let stored = storage::get(LANGUAGE_KEY).and_then(|name| {
                Language::ALL
                    .into_iter()
                    .find(|language| language.name() == name)
            });
            if let Some(language) = stored {
                settings.language.set(language);
            }
            settings.origin.set(location::origin());
        });
        provide_context(settings);
    }

    fn choose(self, language: Language) {
        self.language.set(language);
        storage::set(LANGUAGE_KEY, language.name());
    }

    /// The text of a sample with the server's real address, ready to paste.
    fn text(self, sample: &Sample) -> String {
        let text = sample.text.trim_end();
        let Some(origin) = self.origin.get() else {
            return text.to_owned();
        };
        let host = origin
            .split_once("://")
            .map_or(origin.as_str(), |(_, host)| host);
        text.replace(SAMPLE_ORIGIN, &origin)
            .replace(SAMPLE_HOST, host)
    }
}

/// The samples of a lesson, with a tab for each language if there are several. The page contains all
/// of them, so that they can be read without script.
pub(super) fn samples(lesson: &'static Lesson) -> AnyView {
    let (id, samples) = (lesson.id, lesson.samples);
    if samples.is_empty() {
        return ().into_any();
    }
    let settings: SampleSettings = expect_context();
    // A lesson without the chosen language shows its first sample.
    let shown = Memo::new(move |_| {
        let chosen = settings.language.get();
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
        let (text, name) = (untrack(|| settings.text(sample)), sample.language.name());
        spawn_local(async move {
            let is_copied = clipboard::copy(&text).await;
            commands.confirm(&if is_copied {
                format!("Copied the {name} code")
            } else {
                "Could not copy to the clipboard".into()
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
        tabs(id, samples, settings, shown)
    };
    let panel = |(index, sample): (usize, &'static Sample)| {
        let name = sample.language.name();
        let code = move || coloured(name, &settings.text(sample));
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

/// The tabs. Together they are one stop of the Tab key; the arrow keys move between them.
fn tabs(
    id: &'static str,
    samples: &'static [Sample],
    settings: SampleSettings,
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
        settings.choose(samples[then].language);
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
                on:click=move |_| settings.choose(language)
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
