//! How the bytes of a stream are wrapped for the connections they are written to.

use bytes::{Bytes, BytesMut};

/// The wrapping of each piece of a stream, such as the chunks of HTTP/1.
#[derive(Clone, Copy, Debug)]
pub struct Wrapping {
    /// Writes the bytes before a piece of this length.
    pub before: fn(usize, &mut BytesMut),
    /// The bytes after each piece.
    pub after: &'static [u8],
    /// The bytes that end a stream.
    pub end: &'static [u8],
}

impl Wrapping {
    /// Wraps the bytes as one piece.
    pub fn wrap(&self, bytes: &[u8]) -> Bytes {
        let mut wrapped = BytesMut::with_capacity(bytes.len() + 16);
        (self.before)(bytes.len(), &mut wrapped);
        wrapped.extend_from_slice(bytes);
        wrapped.extend_from_slice(self.after);
        wrapped.freeze()
    }
}
