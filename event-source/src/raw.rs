//! The raw form: messages as the browser delivers them.

use leptos::prelude::*;

use crate::{EventSourceOptions, Message, UseEventSource, platform};

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
    platform::start(url.into(), options, Box::new(on_messages))
}
