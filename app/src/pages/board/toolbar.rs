//! The toolbar above the tiles: the group of topics, the time range, and the menu of the layout.

use std::collections::BTreeSet;

use leptos::prelude::*;
use pulseboard_contract::Topic;

use super::{
    arrange::LAYOUT_MENU,
    layout::{Layout, RANGES, key},
    state::{BoardState, use_board},
};
use crate::{
    components::{Copy, keyed},
    platform::location,
};
use pulseboard_feed::Widget;

/// The toolbar.
#[component]
pub(super) fn Toolbar(hidden: Memo<Vec<Widget>>) -> impl IntoView {
    let board = use_board();
    let groups = Memo::new(move |_| board.widgets.with(|widgets| groups(widgets)));
    let range = Memo::new(move |_| board.layout.with(|layout| layout.range));
    view! {
        <div class="chips needs-script" role="group" aria-label="Topics shown">
            <Chip group=None />
            {keyed(
                move || groups.get(),
                Clone::clone,
                move |group| view! { <Chip group=Some(group) /> }.into_any(),
            )}
        </div>
        <div class="segments needs-script" role="group" aria-label="Time shown">
            {RANGES
                .map(|(millis, label)| {
                    view! {
                        <button
                            aria-pressed=move || (range.get() == millis).to_string()
                            on:click=move |_| board.layout.update(|layout| layout.range = millis)
                        >
                            {label}
                        </button>
                    }
                        .into_any()
                })
                .collect_view()}
        </div>
        <LayoutMenu hidden=hidden />
    }
}

/// The button of one group of topics.
#[component]
fn Chip(group: Option<String>) -> impl IntoView {
    let board = use_board();
    let label = group.clone().unwrap_or_else(|| "all".to_owned());
    let this = group.clone();
    let is_chosen = move || board.layout.with(|layout| layout.group == this);
    view! {
        <button
            class="chip"
            aria-pressed=move || is_chosen().to_string()
            on:click=move |_| board.layout.update(|layout| layout.group.clone_from(&group))
        >
            {label}
        </button>
    }
}

/// The menu of the layout: its hidden tiles, its link, and its reset.
#[component]
fn LayoutMenu(hidden: Memo<Vec<Widget>>) -> impl IntoView {
    let board = use_board();
    let count = move || hidden.with(Vec::len);
    let word = move || match count() {
        0 => "Arrange".to_owned(),
        count => format!("Hidden ({count})"),
    };
    let link = Signal::derive(move || {
        let link = board.layout.with(Layout::to_link);
        location::origin().unwrap_or_default() + &link
    });
    let is_automatic = move || board.layout.with(Layout::is_automatic);
    view! {
        <details class="arrangement needs-script" name="menu">
            <summary
                class="button"
                id=LAYOUT_MENU
                aria-label=move || {
                    if count() == 0 {
                        "Arrange the board".to_owned()
                    } else {
                        format!("Arrange the board, {} hidden", count())
                    }
                }
            >
                {move || word()}
            </summary>
            <div class="popover">
                <p class="quiet">
                    "Drag a tile by its header, or use its menu to pin, move, resize, hide or enlarge it. Saved in this browser."
                </p>
                <div class="hidden-tiles" hidden=move || count() == 0>
                    <span class="label">"Hidden"</span>
                    <ul>
                        {keyed(
                            move || hidden.get(),
                            key,
                            move |widget| view! { <HiddenTile widget=widget /> }.into_any(),
                        )}
                    </ul>
                </div>
                <div class="actions">
                    <Copy label="Copy link" text=link />
                    <button
                        class="button"
                        disabled=move || is_automatic()
                        on:click=move |_| board.layout.update(Layout::reset)
                    >
                        "Reset layout"
                    </button>
                </div>
            </div>
        </details>
    }
}

/// A hidden tile, and the button that shows it.
#[component]
fn HiddenTile(widget: Widget) -> impl IntoView {
    let board = use_board();
    let name = title(&widget);
    let key = key(&widget);
    let show = move |_| {
        board
            .layout
            .update(|layout| layout.change(&key, |choice| choice.is_hidden = false));
    };
    view! {
        <li>
            <span class="topic">{name.clone()}</span>
            <button class="button" aria-label=format!("Show {name}") on:click=show>
                "Show"
            </button>
        </li>
    }
}

/// The name of a tile.
fn title(widget: &Widget) -> String {
    widget
        .topic()
        .map_or_else(|| "Notifications".to_owned(), Topic::to_string)
}

/// The notice about a layout from a link. The reader's own layout stays until they keep the shared one.
#[component]
pub(super) fn SharedNotice(is_shared: RwSignal<bool>, keep: Callback<()>) -> impl IntoView {
    view! {
        {move || {
            is_shared
                .get()
                .then(|| {
                    view! {
                        <p class="shared-layout" role="status">
                            <span>
                                "You're viewing a shared layout. Yours is unchanged."
                            </span>
                            <a class="button go" href="/" on:click=move |_| keep.run(())>
                                "Keep this layout"
                            </a>
                            <a class="button" href="/">
                                "Back to my layout"
                            </a>
                        </p>
                    }
                        .into_any()
                })
        }}
    }
}

/// The groups of topics: by their first segment.
fn groups(widgets: &[Widget]) -> Vec<String> {
    let groups: BTreeSet<_> = widgets
        .iter()
        .filter_map(Widget::topic)
        .map(group_of)
        .collect();
    groups.into_iter().collect()
}

fn group_of(topic: &Topic) -> String {
    match topic.as_str().split_once('/') {
        Some((first, _)) => format!("{first}/**"),
        None => topic.to_string(),
    }
}

/// Whether a tile belongs to a group.
pub(super) fn is_in(widget: &Widget, group: Option<&str>) -> bool {
    match (widget.topic(), group) {
        (_, None) => true,
        (Some(topic), Some(group)) => group_of(topic) == group,
        (None, Some(_)) => false,
    }
}

impl BoardState {
    /// The address of the board, with the tile that fills it if there is one. A layout from a link
    /// stays in the address.
    pub(super) fn address(self, tile: Option<&str>) -> String {
        let mut address = "/".to_owned();
        let mut separator = '?';
        for (name, value) in [
            ("layout", self.shared.get()),
            ("tile", tile.map(str::to_owned)),
        ] {
            if let Some(value) = value {
                address.push(separator);
                address.push_str(name);
                address.push('=');
                pulseboard_contract::push_percent_encoded(&mut address, &value);
                separator = '&';
            }
        }
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_grouped_by_their_first_segment() {
        let topic = |name: &str| Topic::new(name).unwrap();
        let widgets = [
            Widget::Numbers(topic("host/metrics")),
            Widget::Lines(topic("deploys")),
            Widget::Room(topic("chat/a")),
            Widget::Room(topic("chat/b")),
            Widget::Notices,
        ];
        assert_eq!(groups(&widgets), ["chat/**", "deploys", "host/**"]);
        let shown = |group| widgets.iter().filter(|widget| is_in(widget, group)).count();
        assert_eq!(
            (shown(None), shown(Some("chat/**")), shown(Some("deploys"))),
            (5, 2, 1)
        );
    }
}
