//! Numbers: charts of a topic's fields, and the states that come with them.

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
