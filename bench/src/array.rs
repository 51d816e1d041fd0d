//! The parser of a JSON array of flat objects. It returns each object as soon as it is complete.
//!
//! It finds the end of an object by its brace, so it suits payloads, whose strings have no braces
//! ([`PayloadCodec`](crate::payload::PayloadCodec)). An object with a brace inside is cut too early
//! and then counts as malformed. Between the objects, only the syntax of a JSON array is accepted.

use memchr::memchr;

use crate::failure::Failure;

/// The limit of an object, so that an object without an end does not exhaust the memory.
const LONGEST_OBJECT: usize = 4 << 20;

/// Parses one array.
#[derive(Debug, Default)]
pub struct ArrayParser {
    state: State,
    /// The beginning of an object whose end has not arrived yet.
    object: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before `[`.
    #[default]
    Before,
    /// After `[`: an object or the end.
    First,
    /// After a comma: an object.
    Next,
    /// In an object.
    Inside,
    /// After an object: a comma or the end.
    After,
    /// After `]`.
    Closed,
}

impl ArrayParser {
    /// Parses the next piece of the array and calls `each` with every complete object.
    ///
    /// # Errors
    /// If the text is not an array of objects, or if an object is too long.
    pub fn feed(&mut self, piece: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), Failure> {
        let mut rest = piece;
        while let Some((&first, tail)) = rest.split_first() {
            if self.state == State::Inside {
                let Some(end) = memchr(b'}', rest) else {
                    return self.keep(rest);
                };
                let (object, tail) = rest.split_at(end + 1);
                if self.object.is_empty() {
                    each(object);
                } else {
                    self.keep(object)?;
                    each(&self.object);
                    self.object.clear();
                }
                (self.state, rest) = (State::After, tail);
                continue;
            }
            self.state = match (self.state, first) {
                (state, b' ' | b'\t' | b'\r' | b'\n') => state,
                (State::Before, b'[') => State::First,
                (State::First | State::Next, b'{') => {
                    // The brace belongs to the object.
                    self.state = State::Inside;
                    continue;
                }
                (State::First | State::After, b']') => State::Closed,
                (State::After, b',') => State::Next,
                (
                    State::Before
                    | State::First
                    | State::Next
                    | State::Inside
                    | State::After
                    | State::Closed,
                    _,
                ) => {
                    return Err(Failure::run(format!(
                        "not an array of objects: unexpected byte {first:#04x}"
                    )));
                }
            };
            rest = tail;
        }
        Ok(())
    }

    /// Returns whether the array has ended.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.object.extend_from_slice(bytes);
        if self.object.len() > LONGEST_OBJECT {
            return Err(Failure::run(format!(
                "an object is longer than {LONGEST_OBJECT} bytes"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects<'a>(
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(Vec<String>, bool), Failure> {
        let (mut array, mut found) = (ArrayParser::default(), Vec::new());
        for piece in pieces {
            array.feed(piece, |object| {
                found.push(String::from_utf8_lossy(object).into_owned());
            })?;
        }
        Ok((found, array.is_closed()))
    }

    #[test]
    fn objects_cut_at_any_byte_read_the_same() -> Result<(), Failure> {
        let whole = b" [{\"n\": 1}, {\"n\":2} ,\n{}] ";
        let expected = (
            ["{\"n\": 1}", "{\"n\":2}", "{}"]
                .map(str::to_owned)
                .to_vec(),
            true,
        );
        for cut in 0..=whole.len() {
            assert_eq!(
                objects([&whole[..cut], &whole[cut..]])?,
                expected,
                "cut at {cut}"
            );
        }
        assert_eq!(objects(whole.chunks(1))?, expected);
        assert_eq!(objects([&b"[]"[..]])?, (Vec::new(), true));
        Ok(())
    }

    #[test]
    fn an_array_that_stops_early_is_not_closed() -> Result<(), Failure> {
        for open in ["", "[", "[{}", "[{},", "[{},{"] {
            assert!(!objects([open.as_bytes()])?.1, "{open}");
        }
        Ok(())
    }

    #[test]
    fn text_that_is_not_an_array_of_objects_is_refused() {
        for wrong in ["{}", "[1]", "[{}{}]", "[,{}]", "[{},]", "[{}]x", "[{}],"] {
            assert!(objects([wrong.as_bytes()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_object_without_end_is_refused() {
        let (mut array, megabyte) = (ArrayParser::default(), vec![b'x'; 1 << 20]);
        assert!(array.feed(b"[{", |_| ()).is_ok());
        assert!((0..5).any(|_| array.feed(&megabyte, |_| ()).is_err()));
    }
}
