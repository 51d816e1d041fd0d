//! The lessons, in their order.

use leptos::{html, prelude::*, task::spawn_local};
use pulseboard::{Event, Framing, Payload, TypeName};

use super::{
    lesson::{Code, Lesson},
    try_it::{TryIt, trial},
};
use crate::{components::Compose, environment, event_source::Received, feed::Feed, live::use_live};

/// All of them.
#[component]
pub(super) fn Lessons() -> impl IntoView {
    view! {
        <Listen/>
        <Basic/>
        <EventTypes/>
        <Reconnect/>
        <Protocol/>
        <LiveChat/>
        <Heartbeats/>
    }
}

/// Publishes to the guide's topic and says when it could not.
fn publish(
    topic: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: String,
    problem: RwSignal<Option<String>>,
) {
    spawn_local(async move {
        let outcome = environment::post(&format!("/topics/{topic}"), headers, body).await;
        problem.set(outcome.err().map(|error| error.to_string()));
    });
}

/// Bytes of data that fit a few lines.
const READABLE: usize = 160;

const TEXT: &[(&str, &str)] = &[("content-type", "text/plain")];
const NOTIFICATION: &[(&str, &str)] = &[("content-type", "application/json"), ("ce-type", "notification")];
const UPDATE: &[(&str, &str)] = &[("content-type", "application/json"), ("ce-type", "update")];

/// A line of text and a button that publishes it.
#[component]
fn PublishText(topic: &'static str, #[prop(into)] value: String) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let problem = RwSignal::new(None);
    let submit = move |submit: leptos::ev::SubmitEvent| {
        submit.prevent_default();
        if let Some(input) = input.get_untracked() {
            publish(topic, TEXT, input.value(), problem);
        }
    };
    view! {
        <form class="compose" on:submit=submit>
            <input node_ref=input value=value required maxlength="1000" aria-label="What to publish" autocomplete="off"/>
            <button class="button go" type="submit">"Publish"</button>
        </form>
        <p class="problem" role="alert">{problem}</p>
    }
}

/// What a message says, whatever its type.
fn say(received: &Received) -> String {
    let Ok(event_type) = TypeName::new(&received.event_type) else { return received.data.clone() };
    let Ok(json) = pulseboard::Json::parse(&received.data) else { return received.data.clone() };
    match Payload::decode(&event_type, &json) {
        Payload::Message(message) => message.message,
        Payload::Notification(notification) => format!("{}: {}", notification.severity.name(), notification.message),
        Payload::Update(update) => update.content,
        Payload::Heartbeat(heartbeat) => format!("alive at {}", heartbeat.time),
        Payload::Chat(chat) => format!("{}: {}", chat.user, chat.text),
        Payload::Presence(presence) => presence.users.join(", "),
        Payload::Typing(typing) => format!("{} is typing", typing.user),
        Payload::Gap(gap) => format!("lost after {}", gap.after),
        Payload::Metrics(_) | Payload::Other { .. } => received.data.clone(),
    }
}

/// What a chat message says; on `/chat-stream` they have no event type.
fn say_chat(received: &Received) -> String {
    match serde_json::from_str::<pulseboard::Chat>(&received.data) {
        Ok(chat) => format!("{}: {}", chat.user, chat.text),
        Err(_) => say(received),
    }
}

#[component]
fn Listen() -> impl IntoView {
    let trial = trial("/events?topic=guide/listen", &[]);
    view! {
        <Lesson
            id="listen"
            title="Listen to a stream"
            text="One URL, one connection. The browser keeps it open and hands every event to your page; there is nothing to poll and no library to load."
            code=Code {
                rust: "let live = use_event_source(\n    \"/events?topic=guide/listen\",\n    StreamOptions::default(),\n    move |batch| messages.update(|list| list.extend(batch)),\n);\nview! { <p>{move || format!(\"{:?}\", live.status.get())}</p> }",
                javascript: "const eventSource = new EventSource('/events?topic=guide/listen');\n\neventSource.onmessage = (event) => {\n    console.log('New message:', event.data);\n};",
                curl: "curl -N http://127.0.0.1:3000/events?topic=guide/listen\n\ncurl -d 'Hello World' -H 'Content-Type: text/plain' \\\n    http://127.0.0.1:3000/topics/guide/listen",
            }
        >
            <TryIt trial=trial show=say hint="Connect, then publish a line: it comes back through the server.">
                <PublishText topic="guide/listen" value="Hello World"/>
            </TryIt>
        </Lesson>
    }
}

#[component]
fn Basic() -> impl IntoView {
    let trial = trial("/stream", &[]);
    view! {
        <Lesson
            id="basic"
            title="Open, message, error, close"
            text="Four things happen to a connection, and each has its handler. /stream sends every message as JSON without an event type, so onmessage is all it takes."
            code=Code {
                rust: "let live = use_event_source(\"/stream\", options, move |batch| {\n    for received in batch {\n        display(serde_json::from_str::<Message>(&received.data)?);\n    }\n});\n\nmatch live.status.get() {\n    Status::Open => \"Connection opened\",\n    Status::Reconnecting { .. } => \"Reconnecting\",\n    // Connecting, Offline, Paused, Closed\n}\n\nlive.close.run(());",
                javascript: "const eventSource = new EventSource('/stream');\n\neventSource.onmessage = (event) => displayMessage(JSON.parse(event.data));\neventSource.onopen = () => console.log('Connection opened');\neventSource.onerror = (event) => console.log('Error occurred:', event);\n\nfunction closeConnection() {\n    eventSource.close();\n}",
                curl: "curl -N http://127.0.0.1:3000/stream",
            }
        >
            <TryIt trial=trial show=say hint="Connect, publish, close. Everything you see has been on the wire.">
                <PublishText topic="guide/basic" value="Another update"/>
            </TryIt>
        </Lesson>
    }
}

#[component]
fn EventTypes() -> impl IntoView {
    let trial = trial("/events?topic=guide/types", &["notification", "update"]);
    let problem = RwSignal::new(None);
    view! {
        <Lesson
            id="types"
            title="Event types"
            text="An event can carry a name. A listener hears only the names it asked for. In Rust a name is a variant of one enum, and the compiler knows them all."
            code=Code {
                rust: "match event.payload() {\n    Payload::Notification(n) => toast(n.severity, n.message),\n    Payload::Update(u) => content.set(u.content),\n    Payload::Heartbeat(h) => alive.set(h.time),\n    // every other row of the table: no `_`\n}",
                javascript: "eventSource.addEventListener('notification', (event) => {\n    showNotification(event.data);\n});\neventSource.addEventListener('update', (event) => {\n    updateContent(event.data);\n});",
                curl: "curl -H 'Content-Type: application/json' -H 'ce-type: notification' \\\n    -d '{\"type\": \"info\", \"message\": \"New user joined\"}' \\\n    http://127.0.0.1:3000/topics/guide/types",
            }
        >
            <TryIt trial=trial show=say hint="Connect and publish one of each: they arrive under their names.">
                <p class="actions">
                    <button class="button" on:click=move |_| publish("guide/types", NOTIFICATION, r#"{"type":"info","message":"New user joined"}"#.into(), problem)>
                        "Publish a notification"
                    </button>
                    <button class="button" on:click=move |_| publish("guide/types", UPDATE, r#"{"content":"Page content updated"}"#.into(), problem)>
                        "Publish an update"
                    </button>
                </p>
                <p class="problem" role="alert">{problem}</p>
            </TryIt>
        </Lesson>
    }
}

#[component]
fn Reconnect() -> impl IntoView {
    let trial = trial("/events?topic=guide/reconnect", &["gap"]);
    view! {
        <Lesson
            id="reconnect"
            title="Reconnect without loss"
            text="Every event has an id. A browser that lost its connection comes back with the last one it saw, and the server sends what came since. Close the stream here, publish, and connect again."
            code=Code {
                rust: "// Nothing to write: the stream remembers its cursor through\n// reconnects, pauses, and a browser that gave up.\nlive.close.run(());\nlive.open.run(()); // resumes after the last event it saw",
                javascript: "eventSource.onerror = () => {\n    // The browser reconnects by itself and sends\n    // Last-Event-ID: 9f2c41d7-48211\n    console.log('Reconnecting...');\n};",
                curl: "curl -N -H 'Last-Event-ID: 9f2c41d7-48211' \\\n    http://127.0.0.1:3000/events?topic=guide/reconnect",
            }
        >
            <TryIt trial=trial show=say hint="Connect, close, publish a few lines, connect: they all arrive.">
                <PublishText topic="guide/reconnect" value="Sent while nobody listened"/>
            </TryIt>
        </Lesson>
    }
}

#[component]
fn Protocol() -> impl IntoView {
    let live = use_live();
    // The newest event short enough to be read at a glance, or else simply the newest.
    let newest = Memo::new(move |_| {
        live.feed.with(|feed: &Feed| {
            let stored = || feed.recent().map(|recent| &recent.event).filter(|event| event.event_id.is_some());
            stored().find(|event| event.data.as_str().len() <= READABLE).or_else(|| stored().next()).cloned()
        })
    });
    let wire = move |framing: Framing| {
        newest.get().map_or_else(
            || "Publish something first.".to_owned(),
            |event: std::sync::Arc<Event>| event.to_sse(framing).trim_end().to_owned(),
        )
    };
    view! {
        <Lesson
            id="protocol"
            title="The protocol is text"
            text="Fields on lines, a blank line after each event. Here is a recent event of this server, as each of the three framings writes it: named for addEventListener, unnamed for onmessage, envelope with everything there is to know."
            code=Code {
                rust: "let text = event.to_sse(Framing::Named);\n\nlet mut decoder = sse::Decoder::default();\ndecoder.push(text.as_bytes(), |message| {\n    received.push(message);\n})?;",
                javascript: "const response = await fetch('/events?topic=**');\nconst reader = response.body\n    .pipeThrough(new TextDecoderStream())\n    .getReader();\nconsole.log((await reader.read()).value);",
                curl: "curl -iN 'http://127.0.0.1:3000/events?framing=envelope'",
            }
        >
            <div class="tile try">
                <header><h3>"On the wire"</h3></header>
                {Framing::ALL.map(|framing| view! {
                    <h4 class="label">{framing.name()}</h4>
                    <pre class="wire" tabindex="0" aria-label=framing.name()>{move || wire(framing)}</pre>
                }.into_any()).collect_view()}
            </div>
        </Lesson>
    }
}

#[component]
fn LiveChat() -> impl IntoView {
    let trial = trial("/chat-stream?room=guide", &[]);
    view! {
        <Lesson
            id="chat"
            title="A live chat"
            text="Talking needs two directions, and HTTP has both: what you say goes up as a POST, what everybody says comes down the stream. This is the room called guide; it has a page of its own under Chat."
            code=Code {
                rust: "let url = \"/chat-stream?room=guide\";\nlet live = use_event_source(url, options, move |batch| {\n    for received in batch {\n        let chat: Chat = serde_json::from_str(&received.data)?;\n        lines.update(|lines| lines.push(chat));\n    }\n});",
                javascript: "const eventSource = new EventSource('/chat-stream?room=guide');\n\neventSource.onmessage = (event) => {\n    const message = JSON.parse(event.data);\n    displayMessage(message.user, message.text, message.time);\n};",
                curl: "curl -H 'Content-Type: application/json' \\\n    -d '{\"user\": \"Ada\", \"text\": \"Hello\"}' \\\n    http://127.0.0.1:3000/chat/guide",
            }
        >
            <TryIt trial=trial show=say_chat hint="Connect and say something; open this page twice to talk to yourself.">
                <Compose room="guide".to_owned()/>
            </TryIt>
        </Lesson>
    }
}

#[component]
fn Heartbeats() -> impl IntoView {
    let trial = trial("/events?topic=guide/quiet", &[]);
    view! {
        <Lesson
            id="heartbeat"
            title="Know that it is alive"
            text="A quiet stream and a dead one look alike. So the server sends a heartbeat every fifteen seconds, as an event a page can hear, with the position the stream has passed. When two are missed, this page's own stream starts anew."
            code=Code {
                rust: "StreamOptions {\n    heartbeat_millis: 15_000,\n    ..StreamOptions::default()\n}\n\n// The status tells: silent for two and a half heartbeats\n// means Reconnecting, and nothing is lost.",
                javascript: "eventSource.addEventListener('heartbeat', (event) => {\n    console.log('Server is alive');\n});",
                curl: "curl -N http://127.0.0.1:3000/events?topic=guide/quiet",
            }
        >
            <TryIt trial=trial show=say hint="Connect and wait up to fifteen seconds.">
                <span></span>
            </TryIt>
        </Lesson>
    }
}
