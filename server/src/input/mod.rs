//! Reads and checks the input of requests: query parameters, content types and bodies.

mod body;
mod content_type;
mod params;

pub(crate) use self::{
    body::{Limit, declared_bytes, ended_early, read_body, read_on, utf8},
    content_type::{content_type, is_json, is_utf8, media_type},
    params::Params,
};
