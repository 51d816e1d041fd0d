//! Server-Sent Events, both ways: an encoder, and a decoder for the streams of any server.
//!
//! Source: the HTML Living Standard, section 9.2 "Server-sent events".
//!
//! ```
//! use pulseboard_contract::sse::{Block, Decoder};
//!
//! let text = Block { event: Some("update"), data: Some("two\nlines"), ..Block::default() }.to_string();
//! assert_eq!(text, "event: update\ndata: two\ndata: lines\n\n");
//!
//! let mut received = Vec::new();
//! Decoder::default().push(text.as_bytes(), |message| received.push(message))?;
//! assert_eq!(received[0].data, "two\nlines");
//! # Ok::<(), pulseboard_contract::sse::BlockTooLong>(())
//! ```

mod decode;
mod encode;

pub use decode::{BlockTooLong, Decoder, MessageEvent};
pub use encode::Block;
