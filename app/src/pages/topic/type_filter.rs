//! Links that show one event type of the topic.

use leptos::prelude::*;
use pulseboard_contract::TypeName;

use crate::live::use_live;
use pulseboard_feed::{History, HistoryAddress, TopicFeed};

/// A link for each event type, if there are several. The address carries the choice.
#[component]
pub(super) fn TypeFilter(place: HistoryAddress, revision: Memo<Option<u64>>) -> impl IntoView {
    let live = use_live();
    let here = place.clone();
    let types = Memo::new(move |_| {
        revision.get();
        let mut types: Vec<TypeName> = Vec::new();
        live.feed.with_untracked(|feed| {
            let loaded = feed.history().and_then(History::numbers);
            let known = feed
                .topic(&here.topic)
                .into_iter()
                .chain(loaded)
                .flat_map(TopicFeed::types);
            for name in here.types.iter().chain(known) {
                if let Err(at) = types.binary_search(name) {
                    types.insert(at, name.clone());
                }
            }
        });
        types
    });
    let link = move |event_type: Option<TypeName>| {
        let is_current = event_type
            .as_ref()
            .map_or(place.types.is_empty(), |name| place.types.contains(name));
        let href = HistoryAddress {
            types: event_type.iter().cloned().collect(),
            ..place.clone()
        }
        .href();
        let label = event_type.map_or_else(|| "all types".to_owned(), |name| name.to_string());
        view! {
            <a class="chip" href=href data-noscroll="" aria-current=is_current.then_some("true")>
                {label}
            </a>
        }
        .into_any()
    };
    view! {
        {move || {
            let types = types.get();
            (types.len() > 1)
                .then(|| {
                    let links: Vec<_> = std::iter::once(None)
                        .chain(types.into_iter().map(Some))
                        .map(&link)
                        .collect();
                    view! {
                        <nav class="chips" aria-label="Event types">
                            {links}
                        </nav>
                    }
                        .into_any()
                })
        }}
    }
}
