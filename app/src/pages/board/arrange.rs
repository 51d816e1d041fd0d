//! Arranging tiles: the menu of a tile, for keyboard and touch, and dragging a tile by its header.

use leptos::{ev, prelude::*};

use super::{
    layout::{Choice, Height, Layout, Width},
    state::{BoardState, Drag, use_board},
};
use crate::platform::{focus::focus_soon, overlays, pointer, scrolling::scroll_position};

/// The id of the menu of the whole layout, which brings hidden tiles back.
pub(super) const LAYOUT_MENU: &str = "arrange-board";

/// The menu of a tile. Its items are built when it opens.
#[component]
pub(super) fn Menu(key: String, name: String) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let key = StoredValue::new(key);
    view! {
        <details
            class="tile-menu needs-script"
            name="menu"
            on:toggle=move |event| is_open.set(overlays::is_open(&event))
        >
            <summary class="icon-button" aria-label=format!("Arrange {name}")>
                <Dots />
            </summary>
            {move || is_open.get().then(|| view! { <Items key=key.get_value() /> }.into_any())}
        </details>
    }
}

/// Three dots.
#[component]
fn Dots() -> impl IntoView {
    view! {
        <svg
            class="glyph"
            viewBox="0 0 24 24"
            width="24"
            height="24"
            aria-hidden="true"
            focusable="false"
        >
            <path
                d="M5 12h.01M12 12h.01M19 12h.01"
                fill="none"
                stroke="currentColor"
                stroke-width="3"
                stroke-linecap="round"
            />
        </svg>
    }
}

/// The items of the menu.
#[component]
fn Items(key: String) -> impl IntoView {
    let board = use_board();
    // The host's row of tiles always takes the whole width.
    let has_size = !key.starts_with("h:");
    let key = StoredValue::new(key);
    let choice = Memo::new(move |_| board.layout.with(|layout| layout.choice(&key.get_value())));
    let pin = move || {
        if choice.with(|choice| choice.is_pinned) {
            "Unpin"
        } else {
            "Pin to top"
        }
    };
    view! {
        <div class="popover">
            <button
                class="menu-item"
                id=move || id_of("pin", key)
                on:click=move |_| {
                    change(board, key, |choice| choice.is_pinned = !choice.is_pinned);
                    // The tile moves in the document, so the button loses the focus.
                    focus_soon(id_of("pin", key));
                }
            >
                {move || pin()}
            </button>
            <div class="menu-pair">
                <button
                    class="menu-item"
                    id=move || id_of("left", key)
                    on:click=move |_| step(board, key, true)
                >
                    "Move left"
                </button>
                <button
                    class="menu-item"
                    id=move || id_of("right", key)
                    on:click=move |_| step(board, key, false)
                >
                    "Move right"
                </button>
            </div>
            {has_size.then(|| sizes(board, key, choice))}
            {full_screen_link(board, key)}
            <button
                class="menu-item"
                on:click=move |_| {
                    change(board, key, |choice| choice.is_hidden = true);
                    focus_soon(LAYOUT_MENU.to_owned());
                }
            >
                "Hide"
            </button>
        </div>
    }
}

/// The link that makes the tile fill the page, or leads back.
fn full_screen_link(board: BoardState, key: StoredValue<String>) -> AnyView {
    let is_full = move || board.full.with(|full| *full == Some(key.get_value()));
    let label = move || {
        if is_full() {
            "Leave full screen"
        } else {
            "Full screen"
        }
    };
    let address = move || {
        let tile = key.get_value();
        board.address((!is_full()).then_some(tile.as_str()))
    };
    let leave = move || {
        if !is_full() {
            board.scroll_before.set_value(scroll_position());
        }
        overlays::close_menus();
    };
    view! {
        <a class="menu-item" data-noscroll="" href=move || address() on:click=move |_| leave()>
            {move || label()}
        </a>
    }
    .into_any()
}

/// The choices of width and height.
fn sizes(board: BoardState, key: StoredValue<String>, choice: Memo<Choice>) -> AnyView {
    let width = |width: Option<Width>, name: &'static str| {
        view! {
            <button
                aria-pressed=move || choice.with(|choice| choice.width == width).to_string()
                on:click=move |_| change(board, key, |choice| choice.width = width)
            >
                {name}
            </button>
        }
        .into_any()
    };
    let height = |height: Option<Height>, name: &'static str| {
        view! {
            <button
                aria-pressed=move || choice.with(|choice| choice.height == height).to_string()
                on:click=move |_| change(board, key, |choice| choice.height = height)
            >
                {name}
            </button>
        }
        .into_any()
    };
    let widths = Width::ALL
        .map(|(one, name)| width(Some(one), name))
        .collect_view();
    view! {
        <div class="menu-sizes">
            <span class="label">"Width"</span>
            <div class="segments" role="group" aria-label="Width">
                {width(None, "Auto")}
                {widths}
            </div>
            <span class="label">"Height"</span>
            <div class="segments" role="group" aria-label="Height">
                {Height::ALL.map(|(one, name)| height(one, name)).collect_view()}
            </div>
        </div>
    }
    .into_any()
}

/// Changes the reader's choices for a tile.
fn change(board: BoardState, key: StoredValue<String>, change: impl FnOnce(&mut Choice)) {
    board
        .layout
        .update(|layout| layout.change(&key.get_value(), change));
}

fn id_of(what: &str, key: StoredValue<String>) -> String {
    format!("{what}-{}", key.get_value())
}

/// Moves a visible tile by one position.
fn step(board: BoardState, key: StoredValue<String>, is_left: bool) {
    let key_text = key.get_value();
    board.widgets.with_untracked(|all| {
        board.layout.update(|layout| {
            let order = layout.keys_shown(all);
            let at = order.iter().position(|other| *other == key_text);
            let to = at.and_then(|at| {
                if is_left {
                    at.checked_sub(1)
                } else {
                    Some(at + 1)
                }
            });
            if let Some(target) = to.and_then(|to| order.get(to)) {
                layout.put(all, &key_text, target);
            }
        });
    });
    // The tile moves in the document, so the button loses the focus.
    focus_soon(id_of(if is_left { "left" } else { "right" }, key));
}

/// Starts to drag a tile if the press was on its header and not on a control there. Touch scrolls the
/// page instead and uses the menu.
pub(super) fn press(board: BoardState, key: &str, event: &ev::PointerEvent) {
    if pointer::starts_drag(event) {
        let from = (event.client_x(), event.client_y());
        board.dragged.set(Some(Drag {
            key: key.to_owned(),
            from,
            is_moving: false,
            over: None,
        }));
    }
}

/// Cancels a drag, and returns whether there was one.
pub(super) fn cancel_drag(board: BoardState) -> bool {
    let is_dragging = board
        .dragged
        .with_untracked(|drag| drag.as_ref().is_some_and(|drag| drag.is_moving));
    if is_dragging {
        board.dragged.set(None);
    }
    is_dragging
}

/// Follows the drag over the whole window, until the current owner is cleaned up.
pub(super) fn follow_drag(board: BoardState) {
    /// A pointer moves a little during a click; a drag moves further than this, in pixels.
    const SLACK: i32 = 6;
    let moved = move |event: ev::PointerEvent| {
        if board.dragged.with_untracked(Option::is_none) {
            return;
        }
        let at = (event.client_x(), event.client_y());
        board.dragged.update(|drag| {
            if let Some(drag) = drag {
                drag.is_moving |=
                    (at.0 - drag.from.0).abs().max((at.1 - drag.from.1).abs()) > SLACK;
                if drag.is_moving {
                    // Pinned tiles stay among the pinned ones.
                    let is_pinned = |key: &str| {
                        board
                            .layout
                            .with_untracked(|layout| layout.choice(key).is_pinned)
                    };
                    drag.over =
                        pointer::tile_at(at).filter(|over| is_pinned(over) == is_pinned(&drag.key));
                }
            }
        });
    };
    let dropped = move |_: ev::PointerEvent| {
        let Some(drag) = board.dragged.get_untracked() else {
            return;
        };
        board.dragged.set(None);
        if let Some(over) = drag.over.filter(|over| drag.is_moving && *over != drag.key) {
            board.widgets.with_untracked(|all| {
                board
                    .layout
                    .update(|layout: &mut Layout| layout.put(all, &drag.key, &over));
            });
        }
    };
    let cancelled = move |_: ev::PointerEvent| board.dragged.set(None);
    Effect::new(move |_| {
        let listeners = [
            window_event_listener(ev::pointermove, moved),
            window_event_listener(ev::pointerup, dropped),
            window_event_listener(ev::pointercancel, cancelled),
        ];
        on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
    });
}
