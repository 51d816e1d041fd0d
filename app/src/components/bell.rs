//! The bell: what was notified, how much of it is new to the reader, and whether the desktop is
//! told.

use leptos::{html, prelude::*};
use pulseboard_contract::Severity;

use super::{Ago, Icon, IconName, SeverityMark, event_key, keyed, use_origin};
use crate::{
    command::{Action, use_commands},
    notifications::{href, use_notifications},
    platform::desktop::{self, Permission},
};

/// Notifications shown in the list.
const SHOWN: usize = 20;
/// More unread than this are not counted: the page has no more of them.
const COUNTED: usize = 99;

/// The bell on every page. Opening it shows what is new; closing it counts that as read.
#[component]
pub fn Bell() -> impl IntoView {
    let notices = use_notifications();
    let (unread, newest) = (notices.unread, notices.newest());
    let details = NodeRef::<html::Details>::new();
    let toggled = move || {
        let is_open = details
            .get_untracked()
            .is_some_and(|details| details.open());
        if is_open {
            notices.permission.set(desktop::permission());
            notices
                .toasts
                .update(crate::notifications::ToastStack::clear);
        } else if notices.is_open.get_untracked() {
            notices.mark_all_read();
        }
        notices.is_open.set(is_open);
    };
    let label = move || match unread.get() {
        0 => "Notifications".to_owned(),
        count => format!("Notifications, {} unread", counted(count)),
    };
    let list = move || {
        newest.get();
        notices.list(SHOWN)
    };
    let commands = use_commands();
    let mark = move || {
        let unread = notices.unread.get_untracked();
        notices.mark_all_read();
        commands.say(if unread > 0 {
            "Notifications marked read"
        } else {
            "No notification is unread"
        });
    };
    commands.offer(Action {
        group: "This page",
        label: "Mark notifications read",
        keys: "",
        run: mark.into(),
    });
    let origin = use_origin();
    let example = move || {
        let origin = origin.get();
        format!(
            "curl -H 'ce-type: notification' \\\n  --json '{{\"type\":\"warning\",\"message\":\"disk 90% full\"}}' \\\n  {origin}/topics/backup"
        )
    };
    view! {
        <details class="bell" name="menu" node_ref=details on:toggle=move |_| toggled()>
            <summary class="icon-button" aria-label=move || label()>
                <Icon name=IconName::Bell />
                {move || {
                    (unread.get() > 0)
                        .then(|| view! { <b>{move || counted(unread.get())}</b> }.into_any())
                }}
            </summary>
            <div class="popover">
                <div class="heading">
                    <h2>"Notifications"</h2>
                    {move || {
                        (unread.get() > 0)
                            .then(|| {
                                view! {
                                    <button
                                        class="button"
                                        on:click=move |_| notices.mark_all_read()
                                    >
                                        <Icon name=IconName::Check />
                                        "Mark all read"
                                    </button>
                                }
                                    .into_any()
                            })
                    }}
                </div>
                <ul class="rows">
                    {keyed(
                        list,
                        |notice| event_key(&notice.event),
                        move |notice| {
                            let (severity, topic) = (
                                notice.notification.severity,
                                notice.event.topic.to_string(),
                            );
                            let (message, at, href) = (
                                notice.notification.message.clone(),
                                notice.event.time,
                                href(&notice),
                            );
                            let is_unread = Memo::new(move |_| notices.is_unread(&notice));
                            view! {
                                <li class:unread=is_unread>
                                    <p class="what">
                                        <SeverityMark severity=severity />
                                        <code>{topic}</code>
                                        {move || {
                                            is_unread
                                                .get()
                                                .then(|| {
                                                    view! { <span class="new-mark">"new"</span> }.into_any()
                                                })
                                        }}
                                        <Ago at=at />
                                    </p>
                                    <a class="text" href=href>
                                        {message}
                                    </a>
                                </li>
                            }
                                .into_any()
                        },
                    )}
                </ul>
                {move || {
                    newest
                        .get()
                        .is_none()
                        .then(|| {
                            view! {
                                <div class="nothing">
                                    <p class="quiet">
                                        "Nothing yet. Whatever is published as a notification is listed here:"
                                    </p>
                                    <pre tabindex="0">{example}</pre>
                                </div>
                            }
                                .into_any()
                        })
                }}
                <DesktopChoice />
            </div>
        </details>
    }
}

fn counted(unread: usize) -> String {
    if unread > COUNTED {
        format!("{COUNTED}+")
    } else {
        unread.to_string()
    }
}

/// Whether the desktop is told while no tab is looked at, and from which severity on.
#[component]
fn DesktopChoice() -> impl IntoView {
    let notices = use_notifications();
    let is_on =
        move || notices.desktop.get().is_some() && notices.permission.get() == Permission::Granted;
    // That one has not decided is said only to who was asked. What stands in the way is said before
    // one tries in vain.
    let asked = RwSignal::new(false);
    let switch = move || {
        if is_on() {
            notices.choose_desktop(None);
            return;
        }
        leptos::task::spawn_local(async move {
            let permission = desktop::ask_permission().await;
            notices.permission.set(permission);
            asked.set(true);
            if permission == Permission::Granted {
                notices.choose_desktop(Some(
                    notices.desktop.get_untracked().unwrap_or(Severity::Warning),
                ));
            }
        });
    };
    let problem = move || match notices.permission.get() {
        Permission::Missing => "This browser has no desktop notifications.",
        Permission::Insecure => "Desktop notifications need HTTPS, or a page from this machine.",
        Permission::Refused => {
            "The browser blocks them for this site. Allow them in its settings for the site, and try again."
        }
        Permission::Undecided if asked.get() => {
            "The browser was not told whether it may. Try again, and allow it."
        }
        Permission::Undecided | Permission::Granted => "",
    };
    let can = Memo::new(move |_| {
        !matches!(
            notices.permission.get(),
            Permission::Missing | Permission::Insecure
        )
    });
    view! {
        <div class="desktop needs-script">
            <button
                class="switch"
                role="switch"
                aria-checked=move || is_on().to_string()
                aria-describedby="desktop-problem"
                disabled=move || !can.get()
                on:click=move |_| switch()
            >
                <span>"Desktop notifications"</span>
                <span class="knob" aria-hidden="true">
                    {move || if is_on() { "on" } else { "off" }}
                </span>
            </button>
            {move || {
                is_on()
                    .then(|| {
                        view! {
                            <div class="segments" role="group" aria-label="Tell the desktop of">
                                {[
                                    (Severity::Info, "Everything"),
                                    (Severity::Warning, "Warnings, errors"),
                                    (Severity::Error, "Errors"),
                                ]
                                    .map(|(from, word)| {
                                        view! {
                                            <button
                                                aria-pressed=move || {
                                                    (notices.desktop.get() == Some(from)).to_string()
                                                }
                                                on:click=move |_| notices.choose_desktop(Some(from))
                                            >
                                                {word}
                                            </button>
                                        }
                                    })
                                    .into_any()}
                            </div>
                            <p class="quiet">"Shown while no tab of this board is in view."</p>
                        }
                            .into_any()
                    })
            }}
            <p class="problem" id="desktop-problem" role="status">
                {move || problem()}
            </p>
        </div>
    }
}
