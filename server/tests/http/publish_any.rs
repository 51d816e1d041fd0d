//! Any event, published in any format, comes out of the stream and the history unchanged.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::{prelude::*, test_runner::TestRunner};
use pulseboard_contract::{AttributeValue, Attributes, Event, Json, Topic, TypeName};
use reqwest::RequestBuilder;

use crate::{Stream, TestServer, soon};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    Structured,
    StructuredToTopic,
    Batch,
    Lines,
    Binary,
}

/// Text in any script, with the characters that have a meaning in some format. Attributes must not
/// have control characters, so there are none.
fn text(most: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("%41".to_owned()),
        Just("\u{2028}".to_owned()),
        Just("\u{1f980}".to_owned()),
        Just("}\u{feff}{".to_owned()),
        "[^\\p{Cc}]{1,4}",
    ];
    proptest::collection::vec(piece, 1..most).prop_map(|pieces| pieces.concat())
}

fn data() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just("12345678901234567890123".to_owned()),
        Just("1.50e-3".to_owned()),
        Just("null".to_owned()),
        // JSON writes a line end inside a string as an escape, so a line stays one line.
        Just(r#""a\r\n\u0000b""#.to_owned()),
        text(4).prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(" , "))),
            // Keys may repeat, and they keep the order of the producer.
            proptest::collection::vec(("[abz]", inner), 0..4).prop_map(|members| {
                let members: Vec<_> = members
                    .into_iter()
                    .map(|(name, value)| format!("\"{name}\" : {value}"))
                    .collect();
                format!("{{{}}}", members.join("\t,"))
            }),
        ]
    });
    value.prop_map(|text| Json::parse(&text).unwrap())
}

fn event() -> impl Strategy<Value = Event> {
    let names = ("[a-zß.]{1,12}", "[a-z0-9~@]{1,6}(/[a-z]{1,4}){0,3}");
    let times = (
        0..253_402_300_799_999_i64,
        proptest::option::of(4_000_000_000_000..253_402_300_799_999_i64),
    );
    let attribute = prop_oneof![
        text(4).prop_map(AttributeValue::Text),
        any::<i32>().prop_map(AttributeValue::Integer),
        any::<bool>().prop_map(AttributeValue::Boolean),
    ];
    let attributes = proptest::collection::btree_map("x[a-z0-9]{0,8}", attribute, 0..5);
    (names, text(6), text(6), times, attributes, data()).prop_map(
        |((event_type, topic), id, source, (time, expires), further, data)| {
            let mut attributes = Attributes::default();
            for (name, value) in further {
                attributes.insert(&name, value).unwrap();
            }
            Event {
                event_id: None,
                id,
                source,
                event_type: TypeName::new(&format!("t.{event_type}")).unwrap(),
                topic: Topic::new(&topic).unwrap(),
                time: pulseboard_contract::Timestamp::from_millis(time).unwrap(),
                expires: expires
                    .map(|millis| pulseboard_contract::Timestamp::from_millis(millis).unwrap()),
                attributes,
                data,
            }
        },
    )
}

fn request(server: &TestServer, format: Format, event: &Event) -> RequestBuilder {
    let post =
        |path: &str, content_type: &str| server.post(path).header("content-type", content_type);
    let to_topic = format!("/topics/{}", event.topic);
    let json = event.to_json().to_string();
    match format {
        Format::Structured => post("/events", "application/cloudevents+json").body(json),
        Format::StructuredToTopic => post(&to_topic, "application/cloudevents+json").body(json),
        Format::Batch => {
            post("/events", "application/cloudevents-batch+json").body(format!("[{json}]"))
        }
        Format::Lines => post("/events", "application/x-ndjson").body(json),
        Format::Binary => {
            let mut request = post(&to_topic, "application/json").body(event.data.to_string());
            let mut header = |name: &str, value: &str| {
                let value = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
                request = request
                    .try_clone()
                    .unwrap()
                    .header(format!("ce-{name}"), value);
            };
            header("specversion", "1.0");
            header("id", &event.id);
            header("source", &event.source);
            header("type", event.event_type.as_str());
            header("time", &event.time.to_string());
            if let Some(expires) = event.expires {
                header("expires", &expires.to_string());
            }
            for (name, value) in event.attributes.iter() {
                header(name, &value.to_string());
            }
            request
        }
    }
}

/// Headers have no types, so every extension attribute becomes text.
fn as_text(event: &Event) -> Attributes {
    let mut attributes = Attributes::default();
    for (name, value) in event.attributes.iter() {
        attributes
            .insert(name, AttributeValue::Text(value.to_string()))
            .unwrap();
    }
    attributes
}

#[test]
fn any_event_in_any_format_comes_out_unchanged() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (server, stream) = runtime.block_on(async {
        let server = TestServer::start().await;
        let stream = server
            .stream("/events?framing=envelope&topic=**")
            .await
            .opened()
            .await;
        (server, tokio::sync::Mutex::new(stream))
    });
    let format = proptest::sample::select(vec![
        Format::Structured,
        Format::StructuredToTopic,
        Format::Batch,
        Format::Lines,
        Format::Binary,
    ]);
    let number = std::cell::Cell::new(0);
    TestRunner::new(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })
    .run(&(format, event()), |(format, mut event)| {
        // Random events may repeat, but each must be published once.
        number.set(number.get() + 1);
        event.id = format!("{}{}", event.id, number.get());
        runtime.block_on(async {
            let response = soon(request(&server, format, &event).send()).await.unwrap();
            let (status, text) = (response.status(), response.text().await.unwrap());
            prop_assert_eq!(status, 201, "{}", text);
            let received = next(&mut *stream.lock().await).await;
            if format == Format::Binary {
                event.attributes = as_text(&event);
            }
            event.event_id = received.event_id;
            prop_assert!(event.event_id.is_some());
            prop_assert_eq!(&received, &event);
            prop_assert_eq!(received.data.as_str(), event.data.as_str());
            Ok(())
        })
    })
    .unwrap();
}

/// The next event that is not presence.
async fn next(stream: &mut Stream) -> Event {
    loop {
        let message = stream.message().await.unwrap();
        if message.event_type == "message" {
            let event: Event = serde_json::from_str(&message.data).unwrap();
            if event.event_type.as_str() != "presence" {
                return event;
            }
        }
    }
}
