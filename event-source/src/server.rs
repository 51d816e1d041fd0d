//! The platform outside the browser: it opens nothing.

use leptos::prelude::*;

use crate::{ConnectionStats, EventSourceOptions, Message, Role, Status, UseEventSource};

/// The stream as the browser will begin it, so that the server renders the same page.
pub(crate) fn start(
    _url: Signal<String>,
    options: EventSourceOptions,
    _on_messages: Box<dyn FnMut(Vec<Message>)>,
) -> UseEventSource {
    let status = if options.immediate {
        Status::Connecting
    } else {
        Status::Closed
    };
    let nothing = Callback::new(|()| ());
    UseEventSource {
        status: Signal::stored(status),
        role: RwSignal::new(Role::Alone).read_only(),
        stats: RwSignal::new(ConnectionStats::default()).read_only(),
        open: nothing,
        close: nothing,
        pause: nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_connects_and_the_status_is_what_the_browser_begins_with() {
        let owner = Owner::new();
        owner.with(|| {
            let start = |options| {
                start(
                    Signal::stored(String::new()),
                    options,
                    Box::new(|_| panic!("there is no stream")),
                )
            };
            let stream = start(EventSourceOptions::default());
            stream.open.run(());
            assert_eq!(stream.status.get_untracked(), Status::Connecting);
            let stream = start(EventSourceOptions::default().immediate(false));
            assert_eq!(stream.status.get_untracked(), Status::Closed);
        });
    }
}
