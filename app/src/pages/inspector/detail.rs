//! One event in full: its payload, its bytes on the wire, and how to publish it again.

use std::sync::Arc;

use leptos::prelude::*;
use pulseboard::{Event, Framing};

use crate::{
    components::{Copy, JsonText, TimeOfDay},
    feed::Place,
};

/// The event.
#[component]
pub(super) fn Detail(event: Arc<Event>) -> impl IntoView {
    view! {
        <header>
            <h2 class="topic"><a href=Place::of(event.topic.clone()).href()>{event.topic.to_string()}</a></h2>
            <span class="fresh"><TimeOfDay at=event.time/></span>
        </header>
        <p class="type-name">{event.event_type.to_string()}</p>
        <Facts event=event/>
    }
}

/// What there is to know of it, without what names it.
#[component]
pub(crate) fn Facts(event: Arc<Event>) -> impl IntoView {
    let wire = event.to_sse(Framing::Named);
    let (curl, json) = (as_curl(&event), event.to_json().to_string());
    view! {
        <JsonText json=event.data.clone()/>
        <dl class="facts">
            <dt>"Event id"</dt>
            <dd><code>{event.event_id.map_or_else(|| "not stored".to_owned(), |id| id.to_string())}</code></dd>
            <dt>"Source"</dt>
            <dd><code>{event.source.clone()}</code></dd>
            <dt>"Size"</dt>
            <dd>{format!("{} bytes on the wire", wire.len())}</dd>
        </dl>
        <h3 class="label">"On the wire"</h3>
        <pre class="wire" tabindex="0">{wire.trim_end().to_owned()}</pre>
        <p class="actions needs-script">
            <Copy label="Copy as curl" text=curl/>
            <Copy label="Copy JSON" text=json/>
        </p>
    }
}

/// The command that publishes the same data again.
fn as_curl(event: &Event) -> String {
    // In a shell's single quotes everything stands for itself but the quote.
    let data = event.data.as_str().replace('\'', r"'\''");
    format!(
        "curl -H 'Content-Type: application/json' -H 'ce-type: {}' -d '{data}' http://127.0.0.1:3000/topics/{}",
        event.event_type.as_str().replace('\'', r"'\''"),
        event.topic
    )
}

#[cfg(test)]
mod tests {
    use pulseboard::{Attributes, Json, Timestamp, Topic, TypeName};

    use super::*;

    #[test]
    fn a_quote_in_the_data_does_not_end_the_commands_quotes() {
        let event = Event {
            event_id: None,
            id: "1".into(),
            source: "/test".into(),
            event_type: TypeName::new("update").unwrap(),
            topic: Topic::new("page").unwrap(),
            time: Timestamp::from_millis(0).unwrap(),
            expires: None,
            attributes: Attributes::default(),
            data: Json::parse(r#"{"content":"it's"}"#).unwrap(),
        };
        assert!(as_curl(&event).contains(r#"-d '{"content":"it'\''s"}' http"#));
    }
}
