//! The tile of a topic with numbers: charts of its fields, and its states.

use leptos::prelude::*;
use pulseboard_contract::Topic;

use super::{chart::Charts, states::StateRows, tile::Tile};

/// The tile.
#[component]
pub(super) fn NumbersTile(topic: Topic) -> impl IntoView {
    view! {
        <Tile topic=topic.clone() kind='n' expects_more=true>
            <Charts topic=topic.clone() />
            <StateRows topic=topic />
        </Tile>
    }
}
