//! Compiles the Rust samples of the lessons as they are shown.

#![allow(
    dead_code,
    missing_docs,
    clippy::pedantic,
    clippy::all,
    clippy::wildcard_enum_match_arm,
    unused_qualifications
)]

macro_rules! compiled {
    ($($lesson:ident { $($import:tt)* })+) => {
        $(mod $lesson {
            $($import)*
            include!(concat!(stringify!($lesson), "/code.rs"));
        })+
    };
}

compiled! {
    listen {
        use leptos_event_source::{Event, EventSourceOptions, use_event_source};
        use leptos::prelude::*;
        use pulseboard_contract::Message;
    }
    basic {
        use leptos_event_source::{EventSourceOptions, Status, use_event_source};
        use leptos::prelude::*;
        use pulseboard_contract::Message;
    }
    protocol {
        use pulseboard_contract::{Event, Framing, sse};
    }
    types {
        use pulseboard_contract::{Event, Payload};
    }
    publish {}
    reconnect {
        use leptos_event_source::{EventSourceOptions, use_raw_event_source};
        use leptos::prelude::*;
    }
    replay {
        use leptos_event_source::{EventSourceOptions, use_raw_event_source};
        use leptos::prelude::*;
    }
    heartbeat {
        use std::time::Duration;
        use leptos_event_source::{EventSourceOptions, use_raw_event_source};
        use leptos::prelude::*;
    }
    chat {
        use leptos_event_source::{EventSourceOptions, use_event_source};
        use leptos::prelude::*;
        use pulseboard_contract::Chat;
    }
    connections {
        use leptos_event_source::Role;
    }
}
