//! The macro that derives [`EventType`](crate::EventType) and [`Payload`](crate::Payload) from the
//! table. The payload of the type `Chat` is the struct `payload::Chat`, and so on.

macro_rules! event_types {
    ($(
        $(#[doc = $doc:literal])+
        $variant:ident = $name:literal {
            publish: $publisher:ident,
            keep: $storage:ident,
            time: $time:expr,
            example: $example:literal,
            content: $content:expr,
        }
    )+) => {
        /// The event types that Pulseboard knows. Any other name may be published as well; see
        /// [`Payload::Other`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventType {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl EventType {
            /// Every event type, in the order of the table.
            pub const ALL: &[EventType] = &[$(EventType::$variant),+];

            /// The name, as the SSE field `event:` carries it.
            pub const fn name(self) -> &'static str {
                match self { $(EventType::$variant => $name,)+ }
            }

            /// The type with this name, if the table has it.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(EventType::$variant),)+ _ => None }
            }

            /// The field of the payload that holds the time. The server fills it in if the
            /// publisher left it out.
            pub const fn time_field(self) -> Option<&'static str> {
                match self { $(EventType::$variant => $time,)+ }
            }

            /// A complete payload, as the server writes it.
            pub const fn example(self) -> &'static str {
                match self { $(EventType::$variant => $example,)+ }
            }

            pub(super) const fn publisher(self) -> Publisher {
                match self { $(EventType::$variant => Publisher::$publisher,)+ }
            }

            pub(super) const fn storage(self) -> Storage {
                match self { $(EventType::$variant => Storage::$storage,)+ }
            }
        }

        /// The typed data of an event.
        ///
        /// ```
        /// use pulseboard_contract::{Json, Payload, TypeName};
        ///
        /// let json = Json::parse(r#"{"type":"warning","message":"Disk on db-2 is 91 % full"}"#)?;
        /// let payload = Payload::decode(&TypeName::new("notification")?, &json);
        /// assert!(matches!(payload, Payload::Notification(_)));
        /// assert_eq!(payload.text(), "warning: Disk on db-2 is 91 % full");
        ///
        /// let payload = Payload::decode(&TypeName::new("com.ci.deploy")?, &json);
        /// assert!(matches!(payload, Payload::Other { .. }));
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        pub enum Payload {
            $($(#[doc = $doc])+ $variant(crate::payload::$variant),)+
            /// A type that the table does not have, or data that does not fit the type's struct.
            Other {
                /// The name of the type it was published under.
                event_type: TypeName,
                /// The data as published.
                json: Json,
            },
        }

        impl Payload {
            /// The typed form of an event's data. Data that does not fit is [`Payload::Other`], so
            /// every event can be shown.
            pub fn decode(event_type: &TypeName, json: &Json) -> Self {
                event_type
                    .known()
                    .and_then(|known| Self::read(known, json).ok())
                    .unwrap_or_else(|| Self::other(event_type, json))
            }

            /// The typed form of data that somebody wants to publish.
            ///
            /// # Errors
            ///
            /// Fails if the table has the type and the data does not fit its struct; the error
            /// names the field. A `message` never fails: it is also the type of an event that names
            /// none, as in the SSE standard, and may hold any JSON.
            pub fn parse(event_type: &TypeName, json: &Json) -> Result<Self, InvalidPayload> {
                let Some(known) = event_type.known() else {
                    return Ok(Self::other(event_type, json));
                };
                match Self::read(known, json) {
                    Ok(payload) => Ok(payload),
                    Err(_) if known == EventType::Message => Ok(Self::other(event_type, json)),
                    Err(error) => Err(InvalidPayload {
                        event_type: known,
                        reason: error.to_string(),
                    }),
                }
            }

            fn read(known: EventType, json: &Json) -> Result<Self, serde_json::Error> {
                match known { $(EventType::$variant => json.read().map(Payload::$variant),)+ }
            }

            fn other(event_type: &TypeName, json: &Json) -> Self {
                Payload::Other { event_type: event_type.clone(), json: json.clone() }
            }

            /// The row of the table; none for [`Payload::Other`].
            pub const fn known(&self) -> Option<EventType> {
                match self {
                    $(Payload::$variant(_) => Some(EventType::$variant),)+
                    Payload::Other { .. } => None,
                }
            }

            /// The name of the payload's type.
            pub fn event_type(&self) -> TypeName {
                match self {
                    $(Payload::$variant(_) => EventType::$variant.into(),)+
                    Payload::Other { event_type, .. } => event_type.clone(),
                }
            }

            /// The payload as JSON.
            pub fn json(&self) -> Json {
                match self {
                    $(Payload::$variant(payload) => Json::of_payload(payload),)+
                    Payload::Other { json, .. } => json.clone(),
                }
            }

            /// What the payload says, independent of its type.
            pub fn content(&self) -> Content<'_> {
                match self {
                    $(Payload::$variant(payload) => content(payload, $content),)+
                    Payload::Other { json, .. } => Content::Data(json),
                }
            }

            /// The payload as plain text, for a terminal or a list.
            pub fn text(&self) -> String {
                self.content().into_text()
            }
        }
    };
}
