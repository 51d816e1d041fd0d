//! The buttons beside the filter: live or stored events, pause, and export.

use leptos::prelude::*;
use leptos_event_source::Status;

use super::{
    export_menu::ExportMenu,
    list::{List, Source},
};
use crate::{
    components::{Icon, IconName},
    live::use_live,
};

/// The buttons.
#[component]
pub(super) fn Toolbar(list: List) -> impl IntoView {
    let live = use_live();
    let is_stopped = move || matches!(live.stream.status.get(), Status::Paused | Status::Closed);
    let source = move |this: Source, label: &'static str| {
        view! {
            <button
                type="button"
                aria-pressed=move || (list.source.get() == this).to_string()
                on:click=move |_| list.source.set(this)
            >
                {label}
            </button>
        }
        .into_any()
    };
    view! {
        <div class="segments needs-script" role="group" aria-label="Events to show">
            {source(Source::Live, "Live")}
            {source(Source::Stored, "Stored")}
        </div>
        <button
            class="button needs-script"
            type="button"
            title="Disconnects this page. Resume loads what you missed."
            on:click=move |_| {
                if is_stopped() { live.stream.open.run(()) } else { live.stream.pause.run(()) }
            }
        >
            <Icon name=Signal::derive(move || {
                if is_stopped() { IconName::Play } else { IconName::Pause }
            }) />
            {move || if is_stopped() { "Resume" } else { "Pause" }}
        </button>
        <ExportMenu list=list />
    }
}
