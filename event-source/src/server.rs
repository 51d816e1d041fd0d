//! The driver where there is no browser: nothing connects.

use leptos::prelude::*;

use super::{Part, Received, Record, Status, StreamOptions, UseEventSource};

/// See the module; on the server this opens nothing, and the status stays "connecting", as it will
/// be when the page loads.
pub fn use_event_source(
    _url: impl Into<Signal<String>>,
    options: StreamOptions,
    _on_events: impl FnMut(Vec<Received>) + 'static,
) -> UseEventSource {
    let status = if options.immediate {
        Status::Connecting
    } else {
        Status::Closed
    };
    let nothing = Callback::new(|()| ());
    UseEventSource {
        status: Signal::stored(status),
        part: RwSignal::new(Part::Alone).read_only(),
        record: RwSignal::new(Record::default()).read_only(),
        open: nothing,
        close: nothing,
        pause: nothing,
    }
}
