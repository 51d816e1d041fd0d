//! The pointer over the live list. The list freezes while the reader aims at an event. A click selects
//! the event that the slot showed when the press began, even if the slot shows another one when it
//! ends. Pure; times are milliseconds of the page's clock.

use pulseboard_feed::Recent;

/// A pointer that has not moved for this long does not aim at an event.
const REST_MILLIS: f64 = 2_000.0;

/// The state of the pointer.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    last_move: Option<f64>,
    is_down: bool,
    /// The pressed slot and the event that it showed.
    pressed: Option<(usize, Recent)>,
}

impl Pointer {
    /// The pointer moved over the list.
    pub(super) fn moved_at(&mut self, now: f64) {
        self.last_move = Some(now);
    }

    /// The reader presses a slot that shows this event.
    pub(super) fn pressed_at(&mut self, now: f64, slot: usize, shown: Recent) {
        self.moved_at(now);
        self.is_down = true;
        self.pressed = Some((slot, shown));
    }

    /// The press ends. Its click follows.
    pub(super) fn released(&mut self) {
        self.is_down = false;
    }

    /// The pointer leaves the list. A finger leaves before its click.
    pub(super) fn left(&mut self) {
        self.last_move = None;
        self.released();
    }

    /// The event that the slot showed when it was pressed. `None` for a click without a press, as from
    /// assistive technology.
    pub(super) fn clicked(&mut self, slot: usize) -> Option<Recent> {
        self.pressed
            .take()
            .filter(|(pressed, _)| *pressed == slot)
            .map(|(_, shown)| shown)
    }

    /// Whether the reader is about to select an event.
    pub(super) fn is_aiming(&self, now: f64) -> bool {
        self.is_down
            || self
                .last_move
                .is_some_and(|moved| now - moved < REST_MILLIS)
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
    fn a_pointer_aims_while_it_moves_and_a_moment_longer() {
        let mut pointer = Pointer::default();
        assert!(!pointer.is_aiming(0.0));
        pointer.moved_at(100.0);
        assert!(pointer.is_aiming(2_000.0) && !pointer.is_aiming(2_100.0));
        pointer.moved_at(3_000.0);
        pointer.left();
        assert!(!pointer.is_aiming(3_001.0));
    }

    #[test]
    fn a_pointer_aims_while_it_is_pressed() {
        let mut pointer = Pointer::default();
        pointer.pressed_at(0.0, 3, recent(7));
        assert!(pointer.is_aiming(60_000.0));
        pointer.released();
        assert!(!pointer.is_aiming(60_000.0));
    }

    #[test]
    fn a_click_selects_the_event_that_was_pressed() {
        let mut pointer = Pointer::default();
        pointer.pressed_at(0.0, 3, recent(7));
        pointer.left();
        assert_eq!(
            pointer.clicked(3).map(|recent| recent.number),
            Some(7),
            "a finger leaves before its click"
        );
        assert_eq!(pointer.clicked(3).map(|recent| recent.number), None, "once");
        pointer.pressed_at(0.0, 3, recent(7));
        assert_eq!(
            pointer.clicked(4).map(|recent| recent.number),
            None,
            "pressed elsewhere"
        );
    }
}
