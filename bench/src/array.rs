//! A JSON array of flat objects, cut into its objects as it comes in.
//!
//! It finds ends of objects by their brace, so it is for payloads, whose strings have none
//! ([`Shape`](crate::payload::Shape)): an object with a brace inside is cut too early and then read
//! as malformed. What stands between the objects must be a JSON array's.

use memchr::memchr;

use crate::failure::Failure;

/// An object without an end must not eat the machine's memory.
const LONGEST_OBJECT: usize = 4 << 20;

/// Reads one array.
#[derive(Debug, Default)]
pub struct Array {
    state: State,
    /// The beginning of an object whose end has not come yet.
    object: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before `[`.
    #[default]
    Before,
    /// Behind `[`: an object or the end.
    First,
    /// Behind a comma: an object.
    Next,
    /// In an object.
    Inside,
    /// Behind an object: a comma or the end.
    Behind,
    /// Behind `]`.
    Closed,
}

impl Array {
    /// Takes the next piece of the array and calls `each` with every object it completes.
    pub fn feed(&mut self, piece: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), Failure> {
        let mut rest = piece;
        while let Some((&first, tail)) = rest.split_first() {
            if self.state == State::Inside {
                let Some(end) = memchr(b'}', rest) else {
                    return self.keep(rest);
                };
                let (object, behind) = rest.split_at(end + 1);
                if self.object.is_empty() {
                    each(object);
                } else {
                    self.keep(object)?;
                    each(&self.object);
                    self.object.clear();
                }
                (self.state, rest) = (State::Behind, behind);
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
                (State::First | State::Behind, b']') => State::Closed,
                (State::Behind, b',') => State::Next,
                (
                    State::Before
                    | State::First
                    | State::Next
                    | State::Inside
                    | State::Behind
                    | State::Closed,
                    _,
                ) => {
                    return Err(Failure::run(format!(
                        "byte {first:#04x} where an array of objects cannot have it"
                    )));
                }
            };
            rest = tail;
        }
        Ok(())
    }

    /// The array has ended.
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
        let (mut array, mut found) = (Array::default(), Vec::new());
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
    fn what_is_no_array_of_objects_is_refused() {
        for wrong in ["{}", "[1]", "[{}{}]", "[,{}]", "[{},]", "[{}]x", "[{}],"] {
            assert!(objects([wrong.as_bytes()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_object_without_end_is_refused() {
        let (mut array, megabyte) = (Array::default(), vec![b'x'; 1 << 20]);
        assert!(array.feed(b"[{", |_| ()).is_ok());
        assert!((0..5).any(|_| array.feed(&megabyte, |_| ()).is_err()));
    }
}
