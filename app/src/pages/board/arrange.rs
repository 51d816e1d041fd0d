//! Arranging a tile: its menu, which the keyboard and a finger reach, and dragging it by its
//! header.

use leptos::{ev, prelude::*};

use super::{
    layout::{Choice, Height, Layout, Width},
    state::{Board, Drag, use_board},
};
use crate::platform::{focus::focus_soon, overlays, pointer, scrolling::scroll_position};

/// The id of the menu of the whole arrangement, which brings back what is hidden.
pub(super) const ARRANGE: &str = "arrange-board";

/// The menu of a tile: calm until one comes near. What it offers is built when it is opened.
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
            {move || is_open.get().then(|| view! { <Offers key=key.get_value() /> }.into_any())}
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

#[component]
fn Offers(key: String) -> impl IntoView {
    let board = use_board();
    // A row of tiles fills its row, however it is arranged.
    let has_size = !key.starts_with("h:");
    let key = StoredValue::new(key);
    let choice = Memo::new(move |_| board.layout.with(|layout| layout.choice(&key.get_value())));
    let change = move |change: fn(&mut Choice)| {
        board
            .layout
            .update(|layout| layout.change(&key.get_value(), change));
    };
    let is_full = move || board.full.with(|full| *full == Some(key.get_value()));
    let pin = move || {
        if choice.with(|choice| choice.is_pinned) {
            "Unpin"
        } else {
            "Pin as first"
        }
    };
    let full = move || {
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
            board.left_at.set_value(scroll_position());
        }
        overlays::close_menus();
    };
    let sizes = move || {
        let width = |width: Option<Width>, name: &'static str| {
            let set = move |_| {
                board.layout.update(|layout| {
                    layout.change(&key.get_value(), |choice| choice.width = width)
                });
            };
            view! {
                <button
                    aria-pressed=move || choice.with(|choice| choice.width == width).to_string()
                    on:click=set
                >
                    {name}
                </button>
            }
            .into_any()
        };
        let height = |height: Option<Height>, name: &'static str| {
            let set = move |_| {
                board.layout.update(|layout| {
                    layout.change(&key.get_value(), |choice| choice.height = height);
                });
            };
            view! {
                <button
                    aria-pressed=move || choice.with(|choice| choice.height == height).to_string()
                    on:click=set
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
    };
    view! {
        <div class="popover">
            <button
                class="menu-item"
                id=move || id_of("pin", key)
                on:click=move |_| {
                    change(|choice| choice.is_pinned = !choice.is_pinned);
                    // The tile moves in the document, which takes the focus from the button.
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
            {has_size.then(sizes)}
            <a class="menu-item" data-noscroll="" href=move || address() on:click=move |_| leave()>
                {move || full()}
            </a>
            <button
                class="menu-item"
                on:click=move |_| {
                    change(|choice| choice.is_hidden = true);
                    focus_soon(ARRANGE.to_owned());
                }
            >
                "Hide"
            </button>
        </div>
    }
}

fn id_of(what: &str, key: StoredValue<String>) -> String {
    format!("{what}-{}", key.get_value())
}

/// Moves a tile by one place among those shown.
fn step(board: Board, key: StoredValue<String>, is_left: bool) {
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
    // The tile was taken out of the page and put in elsewhere, which takes the focus from what was
    // pressed.
    focus_soon(id_of(if is_left { "left" } else { "right" }, key));
}

/// Begins to drag a tile, where its header was pressed and nothing in it that does something else.
/// A finger scrolls the page; it has the menu.
pub(super) fn press(board: Board, key: &str, event: &ev::PointerEvent) {
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

/// Puts back what is being dragged; answers whether there was anything.
pub(super) fn let_go(board: Board) -> bool {
    let is_dragging = board
        .dragged
        .with_untracked(|drag| drag.as_ref().is_some_and(|drag| drag.is_moving));
    if is_dragging {
        board.dragged.set(None);
    }
    is_dragging
}

/// Follows what is being dragged, over the whole window, while the owner lives.
pub(super) fn follow_drag(board: Board) {
    /// A hand that clicks trembles.
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
                    // A pinned tile stays among the pinned: nothing else can be put there.
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
