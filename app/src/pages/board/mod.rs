//! The board: a tile for every topic, without configuration. Readers can arrange the tiles.

mod arrange;
mod chart;
mod history;
mod host;
mod layout;
mod lines;
mod notices;
mod numbers;
mod room;
pub(crate) mod saved;
mod state;
mod states;
mod tile;
mod toolbar;

use leptos::{ev, prelude::*};
use leptos_meta::Title;

use crate::{
    clock::use_clock,
    components::{Copy, keyed, use_origin},
    format,
    live::use_live,
    navigation::{NavigateOptions, use_navigation, use_query},
    platform::scrolling::scroll_to_position,
};
use layout::{Layout, Placed, key};
use pulseboard_feed::Widget;
use state::BoardState;
use toolbar::{SharedNotice, Toolbar, is_in};

/// The page.
#[component]
pub fn Board() -> impl IntoView {
    let query = use_query();
    let shared = Memo::new(move |_| query.with(|query| query.get("layout")));
    let full = Memo::new(move |_| query.with(|query| query.get("tile")));
    let linked = move || shared.with(|text| text.as_deref().and_then(Layout::parse));
    let layout = RwSignal::new(untrack(linked).or_else(saved::saved).unwrap_or_default());
    let board = BoardState::provide(layout, full, shared);
    let is_shared = RwSignal::new(untrack(linked).is_some());
    let keep = Callback::new(move |()| saved::save(&layout.with_untracked(Layout::to_text)));
    saved::sync(layout, is_shared, linked);
    saved::follow_other_tabs(layout, is_shared);
    keep_scroll_position(board);
    history::backfill(board);
    arrange::follow_drag(board);
    follow_escape(board);

    let arranged = Memo::new(move |_| {
        board
            .widgets
            .with(|widgets| layout.with(|layout| layout.arrange(widgets)))
    });
    let hidden = Memo::new(move |_| arranged.with(|(_, hidden)| hidden.clone()));
    let shown = shown(board, arranged);
    let is_empty = Memo::new(move |_| board.widgets.with(Vec::is_empty));
    let shows_nothing = Memo::new(move |_| {
        !is_empty.get() && full.with(Option::is_none) && shown.with(Vec::is_empty)
    });
    view! {
        <Title text="Board" />
        <SharedNotice is_shared=is_shared keep=keep />
        {move || match full.get() {
            Some(_) => view! { <LeaveFull /> }.into_any(),
            None => {
                view! {
                    <div class="head">
                        <div>
                            <h1>"Board"</h1>
                            <Summary />
                        </div>
                        <Toolbar hidden=hidden />
                    </div>
                }
                    .into_any()
            }
        }}
        <div
            class="board-grid"
            data-full=move || full.with(Option::is_some).to_string()
            data-dragging=move || {
                board
                    .dragged
                    .with(|drag| drag.as_ref().is_some_and(|drag| drag.is_moving))
                    .to_string()
            }
        >
            {keyed(
                move || shown.get(),
                |tile| key(&tile.widget),
                move |tile| view! { <GridCell shown=shown widget=tile.widget /> }.into_any(),
            )}
        </div>
        {move || is_empty.get().then(|| view! { <Empty /> }.into_any())}
        {move || shows_nothing.get().then(|| view! { <NothingShown /> }.into_any())}
    }
}

/// The visible tiles: the one that fills the page, or those of the chosen group.
fn shown(board: BoardState, arranged: Memo<(Vec<Placed>, Vec<Widget>)>) -> Memo<Vec<Placed>> {
    Memo::new(move |_| {
        let full = board.full.get();
        board.layout.with(|layout| {
            arranged.with(|(placed, _)| {
                let is_shown = |tile: &&Placed| match &full {
                    Some(full) => key(&tile.widget) == *full,
                    None => is_in(&tile.widget, layout.group.as_deref()),
                };
                let shown: Vec<_> = placed
                    .iter()
                    .filter(is_shown)
                    .map(|tile| tile.widget.clone())
                    .collect();
                // The tiles of a group fill their rows, as those of the whole board do.
                layout.arrange(&shown).0
            })
        })
    })
}

/// The number of topics and the rate of events.
#[component]
fn Summary() -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let summary = Memo::new(move |_| {
        let now = clock.now();
        live.feed.with(|feed| {
            let topics = format::count(feed.topics().count() as u64, "topic", "topics");
            format!("{topics}, {:.1} events/s", feed.rate(now))
        })
    });
    view! { <p>{summary}</p> }
}

/// The cell of the grid with a tile.
#[component]
fn GridCell(shown: Memo<Vec<Placed>>, widget: Widget) -> impl IntoView {
    let board = state::use_board();
    let key_ = key(&widget);
    let placed = {
        let widget = widget.clone();
        Memo::new(move |_| {
            shown.with(|shown| shown.iter().find(|tile| tile.widget == widget).cloned())
        })
    };
    let columns = move |read: fn(&Placed) -> u8| {
        placed.with(|placed| placed.as_ref().map_or(12, read).to_string())
    };
    let height = move || {
        placed.with(|placed| {
            placed
                .as_ref()
                .and_then(|placed| placed.choice.height)
                .map(layout::Height::name)
        })
    };
    let is_pinned = move || {
        placed.with(|placed| {
            placed
                .as_ref()
                .is_some_and(|placed| placed.choice.is_pinned)
        })
    };
    let (dragged, over, pressed) = (key_.clone(), key_.clone(), key_.clone());
    let drag = move || {
        board.dragged.with(|drag| {
            let drag = drag.as_ref().filter(|drag| drag.is_moving)?;
            if drag.key == dragged {
                Some("dragged")
            } else {
                (drag.over.as_deref() == Some(&over)).then_some("over")
            }
        })
    };
    let tile = match widget {
        Widget::Host(topic) => view! { <host::HostTiles topic=topic /> }.into_any(),
        Widget::Numbers(topic) => view! { <numbers::NumbersTile topic=topic /> }.into_any(),
        Widget::States(topic) => view! { <states::StatesTile topic=topic /> }.into_any(),
        Widget::Lines(topic) => view! { <lines::LinesTile topic=topic /> }.into_any(),
        Widget::Notices => view! { <notices::NoticesTile /> }.into_any(),
        Widget::Room(topic) => view! { <room::RoomTile topic=topic /> }.into_any(),
    };
    view! {
        <div class="board-place" data-place=key_ data-height=move || height() data-pinned=move || is_pinned().to_string() data-drag=move || drag()
            style:--wide=move || columns(|placed| placed.wide) style:--medium=move || columns(|placed| placed.medium)
            on:pointerdown=move |event| arrange::press(board, &pressed, &event)>
            {tile}
        </div>
    }
}

/// The link back from a tile that fills the page.
#[component]
fn LeaveFull() -> impl IntoView {
    let board = state::use_board();
    view! {
        <div class="head">
            <h1 class="hidden">"Board"</h1>
            <a class="button" data-noscroll="" href=move || board.address(None)>
                "Back to the board"
            </a>
        </div>
    }
}

/// The board before the first event.
#[component]
fn Empty() -> impl IntoView {
    let origin = use_origin();
    let line = Signal::derive(move || {
        let origin = origin.get();
        format!(
            "curl -d '{{\"temperature\": 21.4}}' -H 'Content-Type: application/json' {origin}/topics/office/sensor"
        )
    });
    view! {
        <section class="empty">
            <h2>"Nothing has been published yet"</h2>
            <p>
                "Publish something and it appears instantly. Numbers become charts; words become states and lists:"
            </p>
            <pre tabindex="0">{line}</pre>
            <div class="actions needs-script">
                <Copy label="Copy" text=line />
            </div>
        </section>
    }
}

/// The board while every tile is hidden or in another group.
#[component]
fn NothingShown() -> impl IntoView {
    let board = state::use_board();
    view! {
        <section class="empty">
            <h2>"No tiles to show"</h2>
            <p>"All tiles are hidden, or belong to topics that are not chosen above."</p>
            <div class="actions">
                <button class="button" on:click=move |_| board.layout.update(Layout::show_all)>
                    "Show all tiles"
                </button>
            </div>
        </section>
    }
}

/// Scrolls to the top when a tile fills the page, and back when the reader leaves it.
fn keep_scroll_position(board: BoardState) {
    Effect::new(move |before: Option<bool>| {
        let is_full = board.full.with(Option::is_some);
        match before {
            Some(false) if is_full => scroll_to_position(0.0),
            Some(true) if !is_full => scroll_to_position(board.scroll_before.get_value()),
            Some(false | true) | None => {}
        }
        is_full
    });
}

/// Escape cancels a drag or leaves the tile that fills the page, unless it closed something else.
fn follow_escape(board: BoardState) {
    let navigation = use_navigation();
    Effect::new(move |_| {
        let listener = window_event_listener(ev::keydown, move |event| {
            if event.key() != "Escape" || event.default_prevented() {
                return;
            }
            if arrange::cancel_drag(board) {
                return;
            }
            if board.full.with_untracked(Option::is_some) {
                let to = untrack(|| board.address(None));
                navigation.navigate(
                    &to,
                    NavigateOptions {
                        scroll: false,
                        ..NavigateOptions::default()
                    },
                );
            }
        });
        on_cleanup(move || listener.remove());
    });
}
