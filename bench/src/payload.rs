//! The payload a run publishes and finds again: `{"n": 7, "sent": 1234567, "pad": "HIJ…"}`.
//!
//! `n` numbers the events of a run from 0, `sent` is the publisher's clock, and the padding is a
//! pattern that begins at another letter for every `n`, so a payload cut short, shifted or put
//! under another number is noticed. A server may write the JSON anew (spaces, order of keys); what
//! it says must be the same.

use std::io::Write;

use memchr::memchr2;

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ENVELOPE: usize = br#"{"n": , "sent": , "pad": ""}"#.len();

/// What a payload says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The event's number in the run, from 0.
    pub n: u64,
    /// When it was published, in nanoseconds of the run's clock.
    pub sent: u64,
}

/// How long a run's payloads are, and what they are padded with.
#[derive(Debug)]
pub struct Shape {
    bytes: usize,
    pattern: Vec<u8>,
}

impl Shape {
    /// Payloads of `bytes` bytes, or as short as they can be where that is longer.
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
    pub fn write(&self, payload: Payload, out: &mut Vec<u8>) {
        let Payload { n, sent } = payload;
        // Writing to a `Vec` cannot fail.
        let _ = write!(out, r#"{{"n": {n}, "sent": {sent}, "pad": ""#);
        out.extend_from_slice(self.pad(payload));
        out.extend_from_slice(b"\"}");
    }

    /// Reads what [`Shape::write`] wrote; `None` when anything in it differs from what was
    /// published under its number.
    pub fn read(&self, json: &[u8]) -> Option<Payload> {
        let (mut n, mut sent, mut pad) = (None, None, None);
        let mut json = Cursor(json);
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

/// The little JSON that a payload needs: one flat object of unsigned numbers and strings without
/// escapes.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    /// The next byte that is not white space.
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

    fn written(shape: &Shape, n: u64, sent: u64) -> Vec<u8> {
        let mut json = Vec::new();
        shape.write(Payload { n, sent }, &mut json);
        json
    }

    #[test]
    fn a_payload_is_as_long_as_asked_for_and_reads_back() {
        let shape = Shape::new(256);
        for (n, sent) in [
            (0, 0),
            (9, 10),
            (61, 99),
            (62, 1_000_000_007),
            (u64::MAX, u64::MAX),
        ] {
            let json = written(&shape, n, sent);
            assert_eq!(json.len(), 256);
            assert_eq!(shape.read(&json), Some(Payload { n, sent }));
            assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
        }
    }

    #[test]
    fn a_payload_too_short_for_its_padding_has_none() {
        let shape = Shape::new(0);
        assert_eq!(written(&shape, 3, 4), br#"{"n": 3, "sent": 4, "pad": ""}"#);
        assert_eq!(
            shape.read(br#"{"n": 3, "sent": 4, "pad": ""}"#),
            Some(Payload { n: 3, sent: 4 })
        );
    }

    #[test]
    fn spaces_and_the_order_of_keys_do_not_matter() {
        let shape = Shape::new(30);
        assert_eq!(
            shape.read(br#" {"pad":"","sent":4 ,"n":3}"#),
            Some(Payload { n: 3, sent: 4 })
        );
    }

    #[test]
    fn any_changed_byte_of_the_number_or_the_padding_is_noticed() {
        let shape = Shape::new(128);
        let json = written(&shape, 7, 12);
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
                sent || shape.read(&changed).is_none(),
                "byte {at} of {:?}",
                String::from_utf8_lossy(&changed)
            );
            assert!(shape.read(&json[..at]).is_none(), "cut at {at}");
        }
    }
}
