//! The raw form: messages as the browser delivers them.

use leptos::prelude::*;

use crate::{ConnectionStats, EventSourceOptions, Message, Role, Status, driver};

/// Opens a stream and hands its messages to `on_messages` without decoding them.
///
/// Use it if the data is no JSON, or if you decode it later. Heartbeats arrive too. When the URL
/// changes, the stream moves there and keeps its last event id.
///
/// Call it inside a component or another reactive owner. See [the crate](crate) for what holds for
/// every stream.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_event_source::{EventSourceOptions, Message, use_raw_event_source};
///
/// #[component]
/// fn Lines() -> impl IntoView {
///     let lines = RwSignal::new(Vec::<Message>::new());
///     use_raw_event_source("/lines", EventSourceOptions::default(), move |messages| {
///         lines.update(|lines| lines.extend(messages));
///     });
///     view! {
///         <For each=move || lines.get() key=|line| line.last_event_id.clone() let:line>
///             <p>{line.data}</p>
///         </For>
///     }
/// }
/// ```
pub fn use_raw_event_source(
    url: impl Into<Signal<String>>,
    options: EventSourceOptions,
    on_messages: impl FnMut(Vec<Message>) + 'static,
) -> UseEventSource {
    driver::start(url.into(), options, Box::new(on_messages))
}

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
