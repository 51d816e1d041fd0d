//! The menu that downloads or copies events.

use leptos::{prelude::*, task::spawn_local};

use super::{export, list::List};
use crate::{
    clock::use_clock,
    components::{Icon, IconName},
    format,
    platform::{clipboard::copy, downloads::download},
};

/// Exports the marked events, or all events in the list.
#[component]
pub(super) fn ExportMenu(list: List) -> impl IntoView {
    let clock = use_clock();
    let outcome = RwSignal::new(None::<String>);
    let marked = Memo::new(move |_| list.marked.with(std::collections::BTreeMap::len));
    let count = move || match marked.get() {
        0 => events(list.rows.with(|rows| rows.total)),
        marked => format::count(marked as u64, "selected event", "selected events"),
    };
    let save = move |_| {
        let exported = list.events_to_export();
        download(
            &export::file_name(clock.now_untracked()),
            "application/x-ndjson",
            &export::as_ndjson(&exported),
        );
        outcome.set(Some(format!("{} downloaded.", events(exported.len()))));
    };
    let copy_all = move |_| {
        let exported = list.events_to_export();
        spawn_local(async move {
            let is_copied = copy(&export::as_ndjson(&exported)).await;
            outcome.try_set(Some(if is_copied {
                format!("{} copied.", events(exported.len()))
            } else {
                "Could not copy to the clipboard.".to_owned()
            }));
        });
    };
    view! {
        <details class="export needs-script" name="menu">
            <summary class="button" on:click=move |_| outcome.set(None)>
                <Icon name=IconName::Download />
                "Export"
            </summary>
            <div class="popover">
                <p>
                    <strong>{move || count()}</strong>
                    ", one CloudEvents JSON object per line, oldest first. Import the file with "
                    <code>"pulseboard import"</code> "."
                </p>
                <p class="actions">
                    <button type="button" class="button go" on:click=save>
                        "Download NDJSON"
                    </button>
                    <button type="button" class="button" on:click=copy_all>
                        "Copy"
                    </button>
                </p>
                <p class="quiet">
                    "Ctrl+click or Space selects single events, Shift+click a range. Esc clears the selection."
                </p>
                <p class="done" role="status">
                    {outcome}
                </p>
            </div>
        </details>
    }
}

fn events(count: usize) -> String {
    format::count(count as u64, "event", "events")
}
