//! Publishing: the formats in which events arrive over HTTP, and the rules that all of them share.
//!
//! A request goes through one module after the other:
//!
//! 1. A module for each format reads the body: [`binary`] (plain text and JSON), [`structured`] (one
//!    `CloudEvents` envelope), [`batch`] and [`lines`].
//! 2. [`attributes`] collects the attributes of an event and builds the [`NewEvent`].
//! 3. [`validate`](mod@validate) checks it. No format has rules of its own.
//! 4. [`store`] hands it to the hub.
//! 5. [`response`] writes the event ids.
//!
//! [`NewEvent`]: pulseboard_hub::NewEvent

mod attributes;
mod batch;
mod binary;
mod line_decoder;
mod lines;
mod request;
mod response;
mod store;
mod structured;
mod validate;

pub(crate) use self::{
    batch::publish as publish_batch,
    binary::{publish_json, publish_text},
    lines::publish as publish_lines,
    request::{BodyFormat, PublishRequest},
    response::{PublishResponse, of_event as event_response},
    store::publish_one,
    structured::publish as publish_structured,
    validate::{AttributeLocation, validate},
};
