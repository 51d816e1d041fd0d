//! The open sheet: it loads the chunk of the sheet and shows it.

use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;

use super::{Sheet, use_commands};
use crate::{
    chunks::{self, Build, Chunk},
    live::use_live,
    platform::http::UNREACHABLE,
};
use leptos_event_source::Status;

/// How long the page is live before it prefetches.
const PREFETCH_AFTER_MILLIS: u64 = 2_000;

/// The open sheet, if there is one.
#[component]
pub fn Sheets() -> impl IntoView {
    let commands = use_commands();
    let built = RwSignal::new(None::<Build>);
    Effect::new(move |_| {
        let sheet = commands.sheet.get();
        let Some(sheet) = sheet else {
            return built.set(None);
        };
        spawn_local(async move {
            let fetched = chunks::fetch(chunk_of(sheet)).await;
            // The reader may have closed it in the meantime.
            if commands.sheet.try_get_untracked() != Some(Some(sheet)) {
                return;
            }
            if let Ok(build) = fetched {
                built.try_set(Some(build));
            } else {
                commands.close(sheet);
                commands.confirm(&format!(
                    "{UNREACHABLE} This part of the page can't be loaded now."
                ));
            }
        });
    });
    prefetch_when_live(chunk_of(Sheet::Palette));
    view! { {move || built.get().map(|build| build())} }
}

/// Loads a chunk once the page has been live for a moment, so that it opens at once, even while the
/// server is unreachable.
fn prefetch_when_live(chunk: Chunk) {
    let status = use_live().stream.status;
    let is_open = Memo::new(move |_| status.get() == Status::Open);
    let is_fetched = StoredValue::new(false);
    Effect::new(move |timer: Option<Option<TimeoutHandle>>| {
        // The connection closed before the time was over.
        if let Some(timer) = timer.flatten() {
            timer.clear();
        }
        let fetch = move || {
            is_fetched.set_value(true);
            spawn_local(chunk.prefetch());
        };
        if is_open.get() && !is_fetched.get_value() {
            set_timeout_with_handle(fetch, Duration::from_millis(PREFETCH_AFTER_MILLIS)).ok()
        } else {
            None
        }
    });
}

fn chunk_of(sheet: Sheet) -> Chunk {
    match sheet {
        Sheet::Palette => Chunk::Palette,
        Sheet::Help => Chunk::Help,
    }
}
