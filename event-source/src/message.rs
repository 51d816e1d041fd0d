//! A message of a stream before it is decoded.

/// A message of a stream, as the browser delivers it.
///
/// ```
/// use leptos_event_source::Message;
///
/// // The server wrote "id: 7\nevent: deploy\ndata: {}\n\n".
/// let message = Message {
///     event_type: "deploy".to_owned(),
///     data: "{}".to_owned(),
///     last_event_id: "7".to_owned(),
/// };
/// assert_eq!(message.last_event_id, "7");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The `event:` field; `message` if the server sends none.
    pub event_type: String,
    /// The `data:` lines, joined by line feeds.
    pub data: String,
    /// The id of this message or, if it has none, of the last message that had one. Empty if no
    /// message had an id yet.
    pub last_event_id: String,
}
