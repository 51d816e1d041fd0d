//! The typed forms: messages decoded into values.

use std::{error, fmt};

use serde::de::DeserializeOwned;

use leptos::prelude::*;

use crate::{EventSourceOptions, Message, UseEventSource, use_raw_event_source};

/// A decoded message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<T> {
    /// The `event:` field; `message` if the server sends none.
    pub event_type: String,
    /// The decoded `data:` lines.
    pub data: T,
    /// The id of this message or, if it has none, of the last message that had one. Empty if no
    /// message had an id yet.
    pub last_event_id: String,
}

/// A message that could not be decoded.
///
/// ```
/// use leptos_event_source::{DecodeError, Message};
///
/// let message = Message {
///     event_type: "deploy".to_owned(),
///     data: "soon".to_owned(),
///     last_event_id: "7".to_owned(),
/// };
/// let error = DecodeError { message, error: "not a version" };
/// assert_eq!(
///     error.to_string(),
///     "cannot decode the event \"deploy\" with id \"7\": not a version",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError<E = serde_json::Error> {
    /// The message.
    pub message: Message,
    /// Why it could not be decoded.
    pub error: E,
}

impl<E: fmt::Display> fmt::Display for DecodeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Message {
            event_type,
            last_event_id,
            ..
        } = &self.message;
        let error = &self.error;
        write!(
            f,
            "cannot decode the event {event_type:?} with id {last_event_id:?}: {error}"
        )
    }
}

impl<E: error::Error + 'static> error::Error for DecodeError<E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Opens a stream whose data is JSON, and hands its events to `on_events` as values of `T`.
///
/// A message that cannot be decoded is an `Err` in its place. Heartbeats are left out.
///
/// Every event type of the stream is decoded into `T`. If the types differ, use
/// [`use_event_source_with`] and look at [`Message::event_type`].
///
/// Call it inside a component or another reactive owner. See [the crate](crate) for an example and
/// for what holds for every stream.
pub fn use_event_source<T: DeserializeOwned + 'static>(
    url: impl Into<Signal<String>>,
    options: EventSourceOptions,
    on_events: impl FnMut(Vec<Result<Event<T>, DecodeError>>) + 'static,
) -> UseEventSource {
    use_event_source_with(
        url,
        options,
        |message| serde_json::from_str(&message.data),
        on_events,
    )
}

/// Opens a stream and decodes its messages with your own function.
///
/// Use it if the data is no JSON, or if the event type decides how the data is decoded. A message
/// that `decode` refuses is an `Err` in its place. Heartbeats are left out.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_event_source::{EventSourceOptions, Message, use_event_source_with};
///
/// enum News {
///     Temperature(f64),
///     Text(String),
/// }
///
/// fn decode(message: &Message) -> Result<News, std::num::ParseFloatError> {
///     Ok(match message.event_type.as_str() {
///         "temperature" => News::Temperature(message.data.parse()?),
///         _ => News::Text(message.data.clone()),
///     })
/// }
///
/// #[component]
/// fn Thermometer() -> impl IntoView {
///     let temperature = RwSignal::new(None);
///     let options = EventSourceOptions::default().event_types(["temperature"]);
///     use_event_source_with("/news", options, decode, move |events| {
///         for event in events {
///             match event.map(|event| event.data) {
///                 Ok(News::Temperature(celsius)) => temperature.set(Some(celsius)),
///                 Ok(News::Text(text)) => leptos::logging::log!("{text}"),
///                 Err(error) => leptos::logging::error!("{error}"),
///             }
///         }
///     });
///     view! { <p>{move || temperature.get().map(|celsius| format!("{celsius} °C"))}</p> }
/// }
/// ```
pub fn use_event_source_with<T: 'static, E: 'static>(
    url: impl Into<Signal<String>>,
    options: EventSourceOptions,
    decode: impl Fn(&Message) -> Result<T, E> + 'static,
    mut on_events: impl FnMut(Vec<Result<Event<T>, DecodeError<E>>>) + 'static,
) -> UseEventSource {
    let heartbeat = options
        .heartbeat_interval
        .map(|_| options.heartbeat_event_type.clone());
    use_raw_event_source(url, options, move |messages| {
        let events = decode_all(messages, heartbeat.as_deref(), &decode);
        if !events.is_empty() {
            on_events(events);
        }
    })
}

fn decode_all<T, E>(
    messages: Vec<Message>,
    heartbeat: Option<&str>,
    decode: impl Fn(&Message) -> Result<T, E>,
) -> Vec<Result<Event<T>, DecodeError<E>>> {
    messages
        .into_iter()
        .filter(|message| heartbeat != Some(&message.event_type))
        .map(|message| match decode(&message) {
            Ok(data) => Ok(Event {
                event_type: message.event_type,
                data,
                last_event_id: message.last_event_id,
            }),
            Err(error) => Err(DecodeError { message, error }),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(texts: &[(&str, &str)]) -> Vec<Message> {
        let message = |(id, (event_type, data)): (usize, &(&str, &str))| Message {
            event_type: (*event_type).to_owned(),
            data: (*data).to_owned(),
            last_event_id: id.to_string(),
        };
        texts.iter().enumerate().map(message).collect()
    }

    #[test]
    fn every_message_is_decoded_or_refused_in_its_place() {
        let messages = messages(&[("message", "1"), ("update", "two"), ("message", "3")]);
        let events = decode_all(messages, None, |message| message.data.parse::<u32>());
        let [Ok(one), Err(two), Ok(three)] = events.as_slice() else {
            panic!("{events:?}")
        };
        assert_eq!((one.data, three.data), (1, 3));
        assert_eq!(three.last_event_id, "2");
        assert_eq!(
            (two.message.event_type.as_str(), two.message.data.as_str()),
            ("update", "two")
        );
    }

    #[test]
    fn heartbeats_are_left_out_only_where_the_stream_has_them() {
        let messages = messages(&[("heartbeat", "{}"), ("message", "1")]);
        let decode = |message: &Message| Ok::<_, ()>(message.event_type.clone());
        assert_eq!(decode_all(messages.clone(), None, decode).len(), 2);
        let events = decode_all(messages, Some("heartbeat"), decode);
        assert_eq!(events.len(), 1);
    }
}
