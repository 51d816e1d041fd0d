//! The connection badge: what the stream is doing, by word and shape as well as by colour, and the
//! switches for it.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::{clock::use_clock, format, live::use_live, platform};
use leptos_event_source::{Role, Status};

/// The badge on every page. Without script nothing is live, and it says so.
#[component]
pub fn Badge() -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let status = live.stream.status;
    let watching = Memo::new(move |_| live.feed.with(pulseboard_feed::Feed::watching));
    let received = Memo::new(move |_| live.feed.with(pulseboard_feed::Feed::received));
    let position = Memo::new(move |_| live.feed.with(|feed| feed.position().to_string()));
    let word = Memo::new(move |_| match status.get() {
        Status::Connecting => "Connecting".to_owned(),
        Status::Open => "Live".to_owned(),
        Status::Reconnecting { at: Some(at), .. } => {
            clock.now();
            format!(
                "Reconnecting in {:.0} s",
                ((at - platform::page_clock()) / 1_000.0).ceil().max(0.0)
            )
        }
        Status::Reconnecting { at: None, .. } => "Reconnecting".to_owned(),
        Status::Offline => "Offline".to_owned(),
        Status::Paused => "Paused".to_owned(),
        Status::Closed => "Closed".to_owned(),
    });
    let state = move || match status.get() {
        Status::Connecting => "connecting",
        Status::Open => "open",
        Status::Reconnecting { .. } => "reconnecting",
        Status::Offline => "offline",
        Status::Paused => "paused",
        Status::Closed => "closed",
    };
    let is_stopped = move || matches!(status.get(), Status::Paused | Status::Closed);
    let role = live.stream.role;
    let explanation = move || match (status.get(), role.get()) {
        (Status::Connecting, _) => "The stream is being opened.".to_owned(),
        (Status::Open, Role::Alone) => "Events arrive as they happen.".to_owned(),
        (Status::Open, Role::Leader { followers }) => {
            let others = format::count(followers as u64, "other tab", "other tabs");
            format!("Events arrive as they happen. This tab shares its connection with {others}.")
        }
        (Status::Open, Role::Follower) => {
            "Live · shared by another tab. Events arrive over its connection as they happen."
                .to_owned()
        }
        (Status::Reconnecting { .. }, _) => {
            "The connection was lost. Nothing will be missed: it resumes after the last event."
                .to_owned()
        }
        (Status::Offline, _) => {
            "The browser has no network. The stream resumes by itself when there is one.".to_owned()
        }
        (Status::Paused, _) => {
            "Nothing arrives in this tab while it is paused. Resuming brings what was missed."
                .to_owned()
        }
        (Status::Closed, _) => {
            "The stream was closed by hand. Opening it brings what was missed.".to_owned()
        }
    };
    let role_name = move || match role.get() {
        Role::Alone => "alone",
        Role::Leader { .. } => "leader",
        Role::Follower => "follower",
    };
    view! {
        <details class="badge-menu needs-script" name="menu">
            <summary class="badge" data-state=move || state() data-role=move || role_name()>
                <span class="dot"></span>
                <span class="word">{word}</span>
                <small>
                    {move || match (status.get(), watching.get()) {
                        (Status::Open, Some(count)) if count > 0 => format!("{count} watching"),
                        _ => String::new(),
                    }}
                </small>
            </summary>
            <div class="popover">
                // Read by who opens it. That something changed is told by the one place that tells,
                // and once.
                <p>{move || explanation()}</p>
                <dl class="facts">
                    <dt>"Received"</dt>
                    <dd>{move || format::count(received.get(), "event", "events")}</dd>
                    <dt>"Passed"</dt>
                    <dd>
                        <code>{position}</code>
                    </dd>
                </dl>
                <p class="actions">
                    {move || {
                        if is_stopped() {
                            view! {
                                <button
                                    class="button go"
                                    on:click=move |_| live.stream.open.run(())
                                >
                                    <Icon name=IconName::Play />
                                    "Resume"
                                </button>
                            }
                                .into_any()
                        } else {
                            view! {
                                <button class="button" on:click=move |_| live.stream.pause.run(())>
                                    <Icon name=IconName::Pause />
                                    "Pause"
                                </button>
                                <button class="button" on:click=move |_| live.stream.close.run(())>
                                    <Icon name=IconName::Close />
                                    "Close"
                                </button>
                            }
                                .into_any()
                        }
                    }}
                </p>
            </div>
        </details>
        <p class="badge without-script">"Not live: this page needs JavaScript to follow events"</p>
    }
}
