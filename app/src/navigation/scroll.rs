//! How far each entry of the history was scrolled when the reader left it.
//!
//! Every entry of the history that belongs to the app has a number in `history.state`. The
//! positions stand beside the history, because the browser's own restoration comes before a page
//! whose chunk is still being fetched. They outlive the document as text in the tab's storage.

use std::fmt::Write;

/// The entries whose positions are remembered: as many as a browser keeps.
const REMEMBERED: usize = 50;

/// The scroll positions of the entries of this tab's history.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Positions {
    /// The entry whose page is open.
    current: u32,
    /// The newest entry.
    newest: u32,
    /// The number of an entry and its position in pixels, the latest last.
    left: Vec<(u32, f64)>,
}

impl Positions {
    /// Reads what [`Self::to_text`] wrote. What cannot be read is left out.
    pub(super) fn parse(text: &str) -> Self {
        let left: Vec<_> = text
            .lines()
            .filter_map(|line| {
                let (entry, position) = line.split_once(' ')?;
                Some((entry.parse().ok()?, position.parse().ok()?))
            })
            .collect();
        Self {
            current: 0,
            newest: left.iter().map(|(entry, _)| *entry).max().unwrap_or(0),
            left,
        }
    }

    /// The positions as text: a line for each.
    pub(super) fn to_text(&self) -> String {
        self.left
            .iter()
            .fold(String::new(), |mut text, (entry, position)| {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{entry} {position}");
                text
            })
    }

    /// The entry whose page is open.
    pub(super) fn current(&self) -> u32 {
        self.current
    }

    /// Opens a new entry and returns its number.
    pub(super) fn add(&mut self) -> u32 {
        self.newest += 1;
        self.current = self.newest;
        self.current
    }

    /// Opens an entry that exists.
    pub(super) fn enter(&mut self, entry: u32) {
        self.current = entry;
        self.newest = self.newest.max(entry);
    }

    /// Remembers the position of the open entry.
    pub(super) fn leave(&mut self, position: f64) {
        self.left.retain(|(entry, _)| *entry != self.current);
        if self.left.len() == REMEMBERED {
            self.left.remove(0);
        }
        self.left.push((self.current, position));
    }

    /// The position of the open entry when the reader left it last.
    pub(super) fn position(&self) -> Option<f64> {
        self.left
            .iter()
            .find(|(entry, _)| *entry == self.current)
            .map(|(_, position)| *position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_keeps_the_position_it_was_left_at_last() {
        let mut positions = Positions::default();
        let first = positions.add();
        assert_eq!(positions.position(), None);
        positions.leave(100.0);
        positions.leave(120.5);
        let second = positions.add();
        assert_eq!((positions.current(), positions.position()), (second, None));
        positions.leave(7.0);
        positions.enter(first);
        assert_eq!(positions.position(), Some(120.5));
        positions.enter(second);
        assert_eq!(positions.position(), Some(7.0));
    }

    #[test]
    fn the_next_document_goes_on_with_positions_and_numbers() {
        let mut before = Positions::default();
        for position in [1.0, 2.5, 3.0] {
            before.add();
            before.leave(position);
        }
        let mut after = Positions::parse(&before.to_text());
        after.enter(2);
        assert_eq!(after.position(), Some(2.5));
        assert_eq!(after.add(), 4);
        assert_eq!(Positions::parse("x\n1\n2 y\n"), Positions::default());
    }

    #[test]
    fn the_oldest_positions_are_forgotten() {
        let mut positions = Positions::default();
        for _ in 0..=REMEMBERED {
            positions.add();
            positions.leave(1.0);
        }
        assert_eq!(positions.to_text().lines().count(), REMEMBERED);
        positions.enter(1);
        assert_eq!(positions.position(), None);
        positions.enter(2);
        assert_eq!(positions.position(), Some(1.0));
    }
}
