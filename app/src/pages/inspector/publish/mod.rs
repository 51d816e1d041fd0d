//! The form that publishes an event of any topic and type with any JSON payload. It remembers its
//! text and the last published events in this browser.

mod draft;
mod fields;
mod recent;

use leptos::{prelude::*, task::spawn_local};
use pulseboard_contract::EventId;

use crate::platform::{clock::page_clock, http, storage};
pub(super) use draft::Draft;
use draft::{ValidDraft, remember};
use fields::Fields;
use recent::RecentDrafts;

/// The id of the payload's field.
pub(super) const PAYLOAD_ID: &str = "publish-payload";
/// Keys in the browser's storage.
const DRAFT_KEY: &str = "pulseboard.publish.draft";
const RECENT_KEY: &str = "pulseboard.publish.earlier";

/// The form.
#[component]
pub(super) fn PublishForm(draft: RwSignal<Draft>) -> impl IntoView {
    let publisher = Publisher::new(draft);
    let outcome = publisher.outcome;
    view! {
        <header>
            <h2>"Publish"</h2>
        </header>
        <form
            class="stack"
            on:submit=move |submit| {
                submit.prevent_default();
                publisher.publish();
            }
            on:keydown=move |event| {
                if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                    event.prevent_default();
                    publisher.publish();
                }
            }
        >
            <Fields draft=draft />
            <p class="actions">
                <button
                    class="button go"
                    type="submit"
                    disabled=move || publisher.is_sending.get()
                >
                    "Publish"
                </button>
                <button
                    class="button"
                    type="button"
                    on:click=move |_| draft.update(|draft| draft.data = draft.formatted())
                >
                    "Format JSON"
                </button>
                <small class="quiet">"Ctrl+Enter to publish"</small>
            </p>
        </form>
        <p class="problem" role="alert">
            {move || outcome.get().and_then(Result::err)}
        </p>
        <p class="done" role="status">
            {move || outcome.get().and_then(Result::ok)}
        </p>
        <RecentDrafts recent=publisher.recent draft=draft />
    }
}

/// Publishes the draft and remembers it.
#[derive(Clone, Copy)]
struct Publisher {
    draft: RwSignal<Draft>,
    /// The last published drafts, newest first.
    recent: RwSignal<Vec<Draft>>,
    /// The result of the last publish, as text for the reader.
    outcome: RwSignal<Option<Result<String, String>>>,
    is_sending: RwSignal<bool>,
}

impl Publisher {
    fn new(draft: RwSignal<Draft>) -> Self {
        let recent = RwSignal::new(Vec::<Draft>::new());
        // After hydration: the server, which renders first, does not know this browser's storage.
        Effect::new(move |before: Option<()>| {
            if before.is_none() {
                if let Some(text) = storage::get(DRAFT_KEY)
                    && let Ok(remembered) = serde_json::from_str(&text)
                {
                    draft.set(remembered);
                }
                if let Some(text) = storage::get(RECENT_KEY) {
                    recent.set(serde_json::from_str(&text).unwrap_or_default());
                }
            } else {
                draft.with_untracked(|draft| store(DRAFT_KEY, draft));
            }
            draft.track();
        });
        Self {
            draft,
            recent,
            outcome: RwSignal::new(None),
            is_sending: RwSignal::new(false),
        }
    }

    /// Publishes the draft, unless it is invalid or a publish is under way.
    fn publish(self) {
        if self.is_sending.get_untracked() {
            return;
        }
        let draft = self.draft.get_untracked();
        let valid = match draft.validate() {
            Ok(valid) => valid,
            Err(problem) => return self.outcome.set(Some(Err(problem))),
        };
        self.is_sending.set(true);
        spawn_local(async move {
            let outcome = send(&valid).await;
            if outcome.is_ok() {
                self.recent.try_update(|recent| {
                    remember(recent, draft);
                    store(RECENT_KEY, recent);
                });
            }
            self.outcome.try_set(Some(outcome));
            self.is_sending.try_set(false);
        });
    }
}

/// Sends a draft and describes the result.
async fn send(draft: &ValidDraft) -> Result<String, String> {
    let start = page_clock();
    let mut headers = vec![
        ("content-type", "application/json"),
        ("ce-type", draft.event_type.as_str()),
    ];
    let attributes = draft.headers.iter();
    headers.extend(attributes.map(|(name, value)| (name.as_str(), value.as_str())));
    let url = format!("/topics/{}", draft.topic);
    let response = http::publish(&url, &headers, draft.data.to_string(), None).await;
    let millis = page_clock() - start;
    match response {
        Ok(published) => Ok(success(published.id, millis)),
        Err(error) => Err(error.to_string()),
    }
}

/// The server's response in words. Only a stored event has an id.
fn success(id: Option<EventId>, millis: f64) -> String {
    match id {
        Some(id) => format!("Published as {id} in {millis:.0} ms."),
        None => format!("Published in {millis:.0} ms. Events of this type are not stored."),
    }
}

fn store<T: serde::Serialize>(key: &str, value: &T) {
    if let Ok(text) = serde_json::to_string(value) {
        storage::set(key, &text);
    }
}
