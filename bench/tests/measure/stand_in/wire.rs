//! The wire formats of the stand-in server.

use super::{Entry, Fault};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    /// Pulseboard.
    Events,
    /// A stream of durable-streams.
    Batches,
    /// One body of durable-streams.
    Array,
}

impl Wire {
    pub(super) fn of(request: &str) -> Self {
        if request.starts_with("GET /events?topic=bench/") {
            Self::Events
        } else if request.starts_with("POST /topics/bench/") {
            assert!(request.contains("ce-type: bench\r\n"), "{request}");
            Self::Events
        } else if request.contains("live=sse") {
            Self::Batches
        } else {
            assert!(
                request
                    .split(' ')
                    .nth(1)
                    .is_some_and(|path| path.starts_with("/bench/")),
                "{request}"
            );
            Self::Array
        }
    }

    /// Returns the response to a publish. Without a sequence, it is a refusal.
    pub(super) fn response(self, seq: Option<u64>) -> String {
        match (self, seq) {
            (_, None) => {
                "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nfull".to_owned()
            }
            (Self::Events, Some(seq)) => {
                format!(
                    "HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{{\"id\": \"e-{seq}\"}}",
                    13 + seq.ilog10()
                )
            }
            (Self::Batches | Self::Array, Some(_)) => {
                "HTTP/1.1 204 No Content\r\nStream-Next-Offset: 1\r\n\r\n".to_owned()
            }
        }
    }

    /// Returns the first block of a stream.
    pub(super) fn first(self, position: u64, fault: Fault) -> String {
        let retry = if fault == Fault::LongRetry {
            4_000
        } else {
            300
        };
        match self {
            Self::Events => format!("retry: {retry}\nid: e-{position}\n\n"),
            Self::Batches | Self::Array => control(position),
        }
    }

    /// Returns the block of an entry.
    pub(super) fn block(self, entry: &Entry) -> String {
        match (self, entry) {
            (Self::Events, Entry::Event(seq, body)) => {
                format!("id: e-{seq}\nevent: bench\ndata: {body}\n\n")
            }
            (Self::Events, Entry::Gap) => "event: gap\ndata: {}\n\n".to_owned(),
            (Self::Batches | Self::Array, Entry::Event(seq, body)) => {
                format!("event: data\ndata:[{body}]\n\n{}", control(*seq))
            }
            (Self::Batches | Self::Array, Entry::Gap) | (_, Entry::End) => String::new(),
        }
    }
}

fn control(offset: u64) -> String {
    format!("event: control\ndata:{{\"streamNextOffset\":\"{offset}\",\"upToDate\":true}}\n\n")
}

/// Returns the sequence after which the requested stream begins; `None` for new events only.
pub(super) fn cursor(request: &str) -> Option<u64> {
    let value = |key: &str| request.split_once(key)?.1.split([' ', '&', '\r']).next();
    match value("offset=") {
        Some("now") => None,
        Some("-1") => Some(0),
        Some(offset) => offset.parse().ok(),
        None => value("Last-Event-ID: e-")
            .or_else(|| value("last_event_id=e-"))?
            .parse()
            .ok(),
    }
}

/// Returns all events as one body, which is cut off at an [`Entry::End`].
pub(super) fn array(entries: &[Entry]) -> String {
    let mut body = "[".to_owned();
    let mut end = "]";
    for entry in entries {
        match entry {
            Entry::Event(_, json) if body.len() == 1 => body.push_str(json),
            Entry::Event(_, json) => body = body + "," + json,
            Entry::Gap => {}
            Entry::End => {
                end = "";
                break;
            }
        }
    }
    let length = body.len() + end.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}{end}"
    )
}

/// Encodes one chunk.
pub(super) fn chunked(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}
