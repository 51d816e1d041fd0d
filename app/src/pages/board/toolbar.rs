//! What stands above the tiles: which topics, how much time, and the arrangement as a whole.

use std::collections::BTreeSet;

use leptos::prelude::*;
use pulseboard_contract::Topic;

use super::{
    arrange::ARRANGE,
    layout::{Layout, RANGES, key},
    state::{Board, use_board},
};
use crate::{
    components::{Copy, keyed},
    platform::location,
};
use pulseboard_feed::Widget;

/// The choices of topics and of time, and the menu of the arrangement.
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
        <Arrangement hidden=hidden />
    }
}

/// One choice of topics.
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

/// What is hidden, the link to this arrangement, and the way back to none.
#[component]
fn Arrangement(hidden: Memo<Vec<Widget>>) -> impl IntoView {
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
                id=ARRANGE
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
                    "Drag a tile by its header, or use the menu at its corner: pin, move, resize, hide, full screen. It stays so in this browser."
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
                        "Reset to automatic"
                    </button>
                </div>
            </div>
        </details>
    }
}

/// A tile that is hidden, and the button that brings it back.
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

/// What a tile is called.
fn title(widget: &Widget) -> String {
    widget
        .topic()
        .map_or_else(|| "Notifications".to_owned(), Topic::to_string)
}

/// Said while somebody looks at an arrangement that came by a link: it is kept only if they say so.
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
                                "This is how somebody else arranged the board. Yours is unchanged."
                            </span>
                            <a class="button go" href="/" on:click=move |_| keep.run(())>
                                "Keep this layout"
                            </a>
                            <a class="button" href="/">
                                "Back to mine"
                            </a>
                        </p>
                    }
                        .into_any()
                })
        }}
    }
}

/// The groups one can choose: topics by their first segment.
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

/// Whether a tile belongs to the topics shown.
pub(super) fn is_in(widget: &Widget, group: Option<&str>) -> bool {
    match (widget.topic(), group) {
        (_, None) => true,
        (Some(topic), Some(group)) => group_of(topic) == group,
        (None, Some(_)) => false,
    }
}

impl Board {
    /// The address of the board with a tile that fills it, or with none. An arrangement that came
    /// by a link stays in it.
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
