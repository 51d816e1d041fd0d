//! The limits that the server and its clients both keep.
//!
//! The server refuses what exceeds a limit; clients use the same constants so that they do not send
//! it in the first place.

/// The most bytes of a topic or a topic pattern. The limit bounds memory, the log and URLs.
pub const TOPIC_BYTES: usize = 200;
/// The most segments of a topic or a topic pattern.
pub const TOPIC_SEGMENTS: usize = 16;
/// The most bytes of an event type's name.
pub const TYPE_NAME_BYTES: usize = 100;
/// The most bytes of the id that a producer gives an event.
pub const PRODUCER_ID_BYTES: usize = 200;
/// The most bytes of an event's source.
pub const SOURCE_BYTES: usize = 300;

/// The most extension attributes of an event.
pub const ATTRIBUTES: usize = 32;
/// The most bytes of an attribute's name; the `CloudEvents` specification asks every receiver to
/// accept names of this length.
pub const ATTRIBUTE_NAME_BYTES: usize = 20;
/// The most bytes of an attribute that is text.
pub const ATTRIBUTE_TEXT_BYTES: usize = 1024;

/// The most bytes of a body that is one event's data: plain text or JSON.
pub const EVENT_BYTES: usize = 64 * 1024;
/// The most bytes of one event's data as it is stored: [`EVENT_BYTES`] and the JSON that the server
/// puts around plain text.
pub const DATA_BYTES: usize = 65 * 1024;
/// The most bytes of one event with its attributes. Every stored event fits, so an exported log can
/// be imported.
pub const ENVELOPE_BYTES: usize = 112 * 1024;
/// The most bytes of a batch or of a body of lines.
pub const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// The most characters of a user's name.
pub const USER_NAME_CHARS: usize = 64;
/// The most characters of one chat message.
pub const CHAT_TEXT_CHARS: usize = 4_000;
/// The most rooms that one stream is present in.
pub const ROOMS_PER_STREAM: usize = 16;

/// The most events, topics or buckets of one page of an answer.
pub const PAGE_ITEMS: usize = 1_000;
/// The most bytes of events in one page of an answer.
pub const PAGE_BYTES: usize = 1024 * 1024;
/// The most topics, and the most types, that one request selects.
pub const SELECTED_NAMES: usize = 32;

/// The most topics of a board: those with the newest events. Nobody reads a board of more tiles.
pub const BOARD_TOPICS: usize = 200;
/// The most fields of a topic that are charted, and the most that are shown as states. An object
/// with more fields is data for the inspector, not for a tile.
pub const CHART_FIELDS: usize = 24;
/// The buckets of a chart's history when a request names no number.
pub const CHART_POINTS: usize = 300;
/// The most changes of one state that are kept and answered: the newest.
pub const STATE_CHANGES: usize = 200;
