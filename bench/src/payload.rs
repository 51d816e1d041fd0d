//! The payload of the events of a run: `{"n": 7, "sent": 1234567, "pad": "HIJ…"}`.
//!
//! `n` is the number of the event in the run, from 0. `sent` is the publisher's time stamp. `pad` is
//! a pattern that begins at another letter for every `n`, so a payload that is cut, shifted or stored
//! under another number is found. A server may format the JSON anew (spaces, order of keys), but the
//! values must be the same.

use std::io::Write;

use memchr::memchr2;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ENVELOPE: usize = br#"{"n": , "sent": , "pad": ""}"#.len();

/// The values of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The event's number in the run, from 0.
    pub n: u64,
    /// The publisher's time stamp, in nanoseconds of the run's clock.
    pub sent: u64,
}

/// Encodes and decodes the payloads of a run, which all have the same length.
#[derive(Debug)]
pub struct PayloadCodec {
    bytes: usize,
    pattern: Vec<u8>,
}

impl PayloadCodec {
    /// Creates a codec for payloads of `bytes` bytes. A payload that needs more has no padding.
    pub fn new(bytes: usize) -> Self {
        Self {
            bytes,
            pattern: ALPHABET
                .iter()
                .copied()
                .cycle()
                .take(bytes + ALPHABET.len())
                .collect(),
        }
    }

    /// Appends the JSON of `payload`.
    pub fn encode(&self, payload: Payload, out: &mut Vec<u8>) {
        let Payload { n, sent } = payload;
        // Writing to a `Vec` cannot fail.
        let _ = write!(out, r#"{{"n": {n}, "sent": {sent}, "pad": ""#);
        out.extend_from_slice(self.pad(payload));
        out.extend_from_slice(b"\"}");
    }

    /// Decodes the output of [`PayloadCodec::encode`]. Returns `None` if anything differs from the
    /// payload published under its number.
    pub fn decode(&self, json: &[u8]) -> Option<Payload> {
        let (mut n, mut sent, mut pad) = (None, None, None);
        let mut json = JsonReader(json);
        json.expect(b'{')?;
        loop {
            let key = json.string()?;
            json.expect(b':')?;
            match key {
                b"n" if n.is_none() => n = Some(json.number()?),
                b"sent" if sent.is_none() => sent = Some(json.number()?),
                b"pad" if pad.is_none() => pad = Some(json.string()?),
                _ => return None,
            }
            match json.token()? {
                b',' => {}
                b'}' => break,
                _ => return None,
            }
        }
        let payload = Payload { n: n?, sent: sent? };
        (json.token().is_none() && pad? == self.pad(payload)).then_some(payload)
    }

    fn pad(&self, payload: Payload) -> &[u8] {
        let length = self
            .bytes
            .saturating_sub(ENVELOPE + digits(payload.n) + digits(payload.sent));
        let from = usize::try_from(payload.n % ALPHABET.len() as u64).unwrap_or_default();
        self.pattern.get(from..from + length).unwrap_or_default()
    }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// A reader of the JSON that payloads use: one flat object of unsigned numbers and strings without
/// escapes.
struct JsonReader<'a>(&'a [u8]);

impl<'a> JsonReader<'a> {
    /// Returns the next byte that is not white space.
    fn token(&mut self) -> Option<u8> {
        loop {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            if !matches!(first, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*first);
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.token()? == byte).then_some(())
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let end = memchr2(b'"', b'\\', self.0)?;
        let (text, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        self.expect(b'"')?;
        Some(text)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = u64::from(digit(self.token()?)?);
        while let Some(digit) = self.0.first().copied().and_then(digit) {
            number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
            self.0 = &self.0[1..];
        }
        Some(number)
    }
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(codec: &PayloadCodec, n: u64, sent: u64) -> Vec<u8> {
        let mut json = Vec::new();
        codec.encode(Payload { n, sent }, &mut json);
        json
    }

    #[test]
    fn a_payload_has_the_requested_length_and_can_be_decoded() {
        let codec = PayloadCodec::new(256);
        for (n, sent) in [
            (0, 0),
            (9, 10),
            (61, 99),
            (62, 1_000_000_007),
            (u64::MAX, u64::MAX),
        ] {
            let json = encoded(&codec, n, sent);
            assert_eq!(json.len(), 256);
            assert_eq!(codec.decode(&json), Some(Payload { n, sent }));
            assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
        }
    }

    #[test]
    fn a_payload_without_room_for_padding_has_none() {
        let codec = PayloadCodec::new(0);
        assert_eq!(encoded(&codec, 3, 4), br#"{"n": 3, "sent": 4, "pad": ""}"#);
        assert_eq!(
            codec.decode(br#"{"n": 3, "sent": 4, "pad": ""}"#),
            Some(Payload { n: 3, sent: 4 })
        );
    }

    #[test]
    fn spaces_and_the_order_of_keys_do_not_matter() {
        let codec = PayloadCodec::new(30);
        assert_eq!(
            codec.decode(br#" {"pad":"","sent":4 ,"n":3}"#),
            Some(Payload { n: 3, sent: 4 })
        );
    }

    #[test]
    fn any_changed_byte_of_the_number_or_the_padding_is_found() {
        let codec = PayloadCodec::new(128);
        let json = encoded(&codec, 7, 12);
        for at in 0..json.len() {
            let mut changed = json.clone();
            changed[at] = if changed[at] == b'8' { b'9' } else { b'8' };
            let sent = at
                == json
                    .iter()
                    .position(|byte| *byte == b'1')
                    .unwrap_or_default()
                || at
                    == json
                        .iter()
                        .position(|byte| *byte == b'2')
                        .unwrap_or_default();
            assert!(
                sent || codec.decode(&changed).is_none(),
                "byte {at} of {:?}",
                String::from_utf8_lossy(&changed)
            );
            assert!(codec.decode(&json[..at]).is_none(), "cut at {at}");
        }
    }
}
