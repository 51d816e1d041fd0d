//! The platform in the browser: it carries out on the `EventSource`, the lock and the channel what the
//! state machines decide.

mod channel;
mod driver;
mod flush;
mod lock;
mod page;
mod source;

use leptos::prelude::*;

use crate::{
    ConnectionStats, EventSourceOptions, Message, Role, Status, UseEventSource, sharing::Sharing,
};

use driver::{Driver, Signals};

/// Opens the stream once the component is mounted or the page is hydrated.
pub(crate) fn start(
    url: Signal<String>,
    options: EventSourceOptions,
    on_messages: Box<dyn FnMut(Vec<Message>)>,
) -> UseEventSource {
    let immediate = options.immediate;
    let interests = options.share.and_then(|share| share.interests);
    let signals = Signals {
        status: RwSignal::new(if immediate {
            Status::Connecting
        } else {
            Status::Closed
        }),
        role: RwSignal::new(Role::Alone),
        stats: RwSignal::new(ConnectionStats::default()),
        other_interests: interests.map(|interests| interests.others),
    };
    let driver = StoredValue::new_local(Driver::new(url, options, signals, on_messages));
    on_cleanup(move || {
        if let Some(driver) = driver.try_get_value() {
            driver.shut_down();
        }
    });

    if let Some(interests) = interests {
        Effect::new(move |_| {
            let interest = interests.own.get();
            driver.with_value(|driver| {
                driver.act(|sharing, now| sharing.set_interest(now, &interest));
            });
        });
    }
    // An effect runs in the browser only, and not before the page is hydrated.
    Effect::new(move |before: Option<String>| {
        let url = url.get();
        driver.with_value(|driver| match before {
            None if immediate => driver.act(Sharing::open),
            None => {}
            Some(before) if before == url => {}
            Some(_) => driver.act(Sharing::on_new_url),
        });
        url
    });

    let callback = move |act: fn(&Driver)| {
        Callback::new(move |()| {
            driver.try_with_value(|driver| act(driver));
        })
    };
    UseEventSource {
        status: signals.status.into(),
        role: signals.role.read_only(),
        stats: signals.stats.read_only(),
        open: callback(|driver| driver.act(Sharing::open)),
        close: callback(|driver| driver.act(|sharing, _| sharing.close())),
        pause: callback(|driver| driver.act(|sharing, _| sharing.pause())),
    }
}
