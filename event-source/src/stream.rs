//! An open stream, as your program sees it.

use leptos::prelude::*;

use crate::{ConnectionStats, Role, Status};

/// The state of a stream as signals, and callbacks that control it.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_event_source::{Status, UseEventSource};
///
/// #[component]
/// fn PauseButton(stream: UseEventSource) -> impl IntoView {
///     let is_paused = move || stream.status.get() == Status::Paused;
///     let toggle = move |_| if is_paused() { stream.open.run(()) } else { stream.pause.run(()) };
///     view! { <button on:click=toggle>{move || if is_paused() { "Resume" } else { "Pause" }}</button> }
/// }
/// ```
#[derive(Clone, Copy)]
pub struct UseEventSource {
    /// What the connection does now.
    pub status: Signal<Status>,
    /// Whether this tab uses its own connection or that of another tab.
    pub role: ReadSignal<Role>,
    /// How often the stream was open, and why it failed.
    pub stats: ReadSignal<ConnectionStats>,
    /// Opens the stream after its last event, or tries again at once if it waits for the next
    /// attempt.
    pub open: Callback<()>,
    /// Closes the stream. It keeps its last event id.
    pub close: Callback<()>,
    /// Closes the stream for a while. The difference from `close` is only the status.
    pub pause: Callback<()>,
}
