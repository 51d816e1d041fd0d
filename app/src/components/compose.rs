//! The form that sends a message to a room. Without JavaScript it posts; with it, the message goes to
//! the outbox.

use leptos::{ev, html, prelude::*, task::spawn_local};

use super::UnsentMessages;
use crate::{
    live::{Live, use_live},
    outbox::{Outbox, use_outbox},
    platform::{clock::page_clock, http::publish, storage, text_field},
};
use pulseboard_contract::{
    limits::{CHAT_TEXT_CHARS, USER_NAME_CHARS},
    push_percent_encoded,
};

/// The room learns at most this often that somebody is typing.
const TYPING_EVERY_MILLIS: f64 = 2_500.0;
/// The form counts down the last characters from here.
const FEW_LEFT: usize = 200;

/// The form of a room.
#[component]
pub fn Compose(
    /// The room.
    #[prop(into)]
    room: Signal<String>,
    /// Whether the conversation beside the form shows the unsent messages.
    #[prop(optional)]
    in_conversation: bool,
    /// Called after each message.
    #[prop(optional)]
    sent: Option<Callback<()>>,
) -> impl IntoView {
    let form = Form {
        room,
        live: use_live(),
        outbox: use_outbox(),
        name_field: NodeRef::new(),
        text_field: NodeRef::new(),
        problem: RwSignal::new(None),
        left: RwSignal::new(CHAT_TEXT_CHARS),
        last_typing: StoredValue::new(f64::NEG_INFINITY),
        sent,
    };
    form.restore_draft();
    let (problem, left) = (form.problem, form.left);
    let label = move || format!("Message {}", room.get());
    view! {
        {(!in_conversation).then(|| view! { <UnsentMessages room=room /> }.into_any())}
        <form
            class="compose"
            method="post"
            action=move || room_url("/chat/", &room.get())
            on:submit=move |submit| form.submit(&submit)
        >
            {move || form.name_input()}
            <textarea
                id=move || format!("text-{}", room.get())
                name="text"
                node_ref=form.text_field
                required
                maxlength=CHAT_TEXT_CHARS.to_string()
                rows="1"
                autocomplete="off"
                on:input=move |_| form.edited()
                on:keydown=move |key| form.pressed(&key)
                placeholder=move || label()
                aria-label=move || label()
            ></textarea>
            {move || {
                (left.get() <= FEW_LEFT)
                    .then(|| view! { <small class="left">{left}" left"</small> }.into_any())
            }}
            // The text field keeps the focus, so that a phone keeps its keyboard.
            <button
                class="button go"
                type="submit"
                on:mousedown=move |press| press.prevent_default()
            >
                "Send"
            </button>
        </form>
        <p class="problem" role="alert">
            {problem}
        </p>
    }
}

/// The state of the form.
#[derive(Clone, Copy)]
struct Form {
    room: Signal<String>,
    live: Live,
    outbox: Outbox,
    name_field: NodeRef<html::Input>,
    text_field: NodeRef<html::Textarea>,
    problem: RwSignal<Option<&'static str>>,
    /// Characters that are left.
    left: RwSignal<usize>,
    /// When the room last learned that the author is typing.
    last_typing: StoredValue<f64>,
    sent: Option<Callback<()>>,
}

impl Form {
    /// Restores the draft of each room. It runs after hydration, because the server does not have
    /// the draft.
    fn restore_draft(self) {
        Effect::new(move |_| {
            let draft = storage::get(&draft_key(&self.room.get())).unwrap_or_default();
            if let Some(field) = self.text_field.get() {
                field.set_value(&draft);
                text_field::fit_height(self.text_field);
            }
        });
    }

    /// The field for the author's name, hidden once the name is known.
    fn name_input(self) -> AnyView {
        match self.live.name.get() {
            Some(name) => view! { <input type="hidden" name="user" value=name /> }.into_any(),
            None => view! {
                <input
                    class="who"
                    name="user"
                    node_ref=self.name_field
                    required
                    maxlength=USER_NAME_CHARS.to_string()
                    placeholder="Your name"
                    aria-label="Your name"
                    autocomplete="nickname"
                />
            }
            .into_any(),
        }
    }

    /// Hands the message to the outbox.
    fn submit(self, submit: &ev::SubmitEvent) {
        submit.prevent_default();
        let Some(field) = self.text_field.get_untracked() else {
            return;
        };
        let known_name = self.live.name.get_untracked();
        let name = known_name
            .clone()
            .or_else(|| self.name_field.get_untracked().map(|input| input.value()));
        let name = name.unwrap_or_default().trim().to_owned();
        let text = field.value();
        if name.is_empty() || text.trim().is_empty() {
            self.problem.set(Some(if name.is_empty() {
                "Enter your name first."
            } else {
                "Enter a message first."
            }));
            return;
        }
        self.problem.set(None);
        if known_name.is_none() {
            self.live.rename(&name);
        }
        let room = self.room.get_untracked();
        self.outbox.say(&room, name, text.trim_end().to_owned());
        field.set_value("");
        self.left.set(CHAT_TEXT_CHARS);
        text_field::fit_height(self.text_field);
        storage::remove(&draft_key(&room));
        self.last_typing.set_value(f64::NEG_INFINITY);
        // Ready for the next message, also after a click on the button.
        let _ = field.focus();
        if let Some(sent) = self.sent {
            sent.run(());
        }
    }

    /// Enter sends, except on a touch screen, which has no Shift+Enter for a new line.
    fn pressed(self, key: &ev::KeyboardEvent) {
        if key.key() == "Enter"
            && !key.shift_key()
            && !text_field::is_composing(key)
            && !text_field::has_touch_keyboard()
        {
            key.prevent_default();
            text_field::submit_form(self.text_field);
        }
    }

    /// Stores the draft, and tells the room that the author is typing.
    fn edited(self) {
        let Some(field) = self.text_field.get_untracked() else {
            return;
        };
        let text = field.value();
        self.left
            .set(CHAT_TEXT_CHARS.saturating_sub(text.encode_utf16().count()));
        text_field::fit_height(self.text_field);
        let room = self.room.get_untracked();
        if text.is_empty() {
            storage::remove(&draft_key(&room));
        } else {
            storage::set(&draft_key(&room), &text);
        }
        let Some(name) = self.live.name.get_untracked() else {
            return;
        };
        let now = page_clock();
        if text.trim().is_empty() || now - self.last_typing.get_value() < TYPING_EVERY_MILLIS {
            return;
        }
        self.last_typing.set_value(now);
        spawn_local(async move {
            let body = serde_json::json!({ "user": name }).to_string();
            let headers = [("content-type", "application/json"), ("ce-type", "typing")];
            // A failure here is not worth telling the author.
            let _ = publish(&room_url("/topics/chat/", &room), &headers, body, None).await;
        });
    }
}

fn room_url(prefix: &str, room: &str) -> String {
    let mut url = prefix.to_owned();
    push_percent_encoded(&mut url, room);
    url
}

/// The storage key of a room's draft.
fn draft_key(room: &str) -> String {
    format!("pulseboard.draft.{room}")
}
