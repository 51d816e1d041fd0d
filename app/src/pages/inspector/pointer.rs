//! The pointer over the live list. While it aims, the list holds still; and what is pressed is the
//! event that was there when the press began, whatever its slot says when it ends. Pure; times are
//! those of the page's clock.

use pulseboard_feed::Recent;

/// A pointer that rests for so long aims at nothing: somebody watches, or has gone for coffee.
const REST_MILLIS: f64 = 2_000.0;

/// What the pointer does.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    moved: Option<f64>,
    is_down: bool,
    /// The slot that was pressed, and the event it showed.
    pressed: Option<(usize, Recent)>,
}

impl Pointer {
    /// It moves over the list.
    pub(super) fn moves(&mut self, now: f64) {
        self.moved = Some(now);
    }

    /// A slot is pressed that shows this.
    pub(super) fn presses(&mut self, now: f64, place: usize, shown: Recent) {
        self.moves(now);
        self.is_down = true;
        self.pressed = Some((place, shown));
    }

    /// The press is over. The click comes only after it.
    pub(super) fn lets_go(&mut self) {
        self.is_down = false;
    }

    /// It leaves the list. A finger does so before its click comes.
    pub(super) fn leaves(&mut self) {
        self.moved = None;
        self.lets_go();
    }

    /// What was meant by a click on a slot: what it showed when it was pressed. None where the
    /// click came without a press, as from assistive technology.
    pub(super) fn meant(&mut self, place: usize) -> Option<Recent> {
        self.pressed
            .take()
            .filter(|(pressed, _)| *pressed == place)
            .map(|(_, shown)| shown)
    }

    /// Whether somebody is about to choose something.
    pub(super) fn is_aiming(&self, now: f64) -> bool {
        self.is_down || self.moved.is_some_and(|moved| now - moved < REST_MILLIS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::event;

    fn recent(number: u64) -> Recent {
        Recent {
            number,
            event: event(number, "a", "update", r#"{"content":"x"}"#).into(),
            came: None,
        }
    }

    #[test]
    fn it_aims_while_it_moves_and_a_moment_longer() {
        let mut pointer = Pointer::default();
        assert!(!pointer.is_aiming(0.0));
        pointer.moves(100.0);
        assert!(pointer.is_aiming(2_000.0) && !pointer.is_aiming(2_100.0));
        pointer.moves(3_000.0);
        pointer.leaves();
        assert!(!pointer.is_aiming(3_001.0));
    }

    #[test]
    fn it_aims_as_long_as_it_is_down() {
        let mut pointer = Pointer::default();
        pointer.presses(0.0, 3, recent(7));
        assert!(pointer.is_aiming(60_000.0));
        pointer.lets_go();
        assert!(!pointer.is_aiming(60_000.0));
    }

    #[test]
    fn a_click_means_what_was_there_when_it_was_pressed() {
        let mut pointer = Pointer::default();
        pointer.presses(0.0, 3, recent(7));
        pointer.leaves();
        assert_eq!(
            pointer.meant(3).map(|recent| recent.number),
            Some(7),
            "a finger is gone before its click"
        );
        assert_eq!(pointer.meant(3).map(|recent| recent.number), None, "once");
        pointer.presses(0.0, 3, recent(7));
        assert_eq!(
            pointer.meant(4).map(|recent| recent.number),
            None,
            "pressed elsewhere"
        );
    }
}
