//! Chunked transfer coding (RFC 9112, section 7.1), as far as streams need it.

use bytes::BytesMut;
use pulseboard_hub::Wrapping;

/// Each piece of a stream is one chunk. The last chunk is empty and has no trailers.
pub(super) const CHUNKS: Wrapping = Wrapping {
    before: write_size,
    after: b"\r\n",
    end: b"0\r\n\r\n",
};

/// Writes the line before a chunk: its length in hexadecimal.
fn write_size(length: usize, out: &mut BytesMut) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = (usize::BITS - length.leading_zeros()).div_ceil(4).max(1);
    out.extend(
        (0..digits)
            .rev()
            .map(|place| DIGITS[(length >> (4 * place)) & 15]),
    );
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_its_length_in_hexadecimal_and_its_bytes() {
        for length in [1usize, 9, 10, 15, 16, 255, 256, 4_095, 65_536] {
            let piece = vec![b'x'; length];
            let chunk = CHUNKS.wrap(&piece);
            let expected = [format!("{length:x}\r\n").as_bytes(), &piece, b"\r\n"].concat();
            assert_eq!(chunk, expected, "{length}");
        }
    }
}
