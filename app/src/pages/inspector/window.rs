//! Which rows of a long list are in view: only those exist. Pure.

use std::ops::Range;

use crate::platform::scroll_area::Extent;

/// Rows beyond either edge, so that scrolling finds them drawn.
const BEYOND: usize = 4;
/// Rows of the page before anything is measured, and of the page without script.
pub(super) const FIRST_ROWS: usize = 60;

/// How many rows are needed to fill the view, wherever it is scrolled to. It changes only with the
/// size of the view.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Pixels of a screen.
pub(super) fn slots(extent: Option<Extent>) -> usize {
    extent.map_or(FIRST_ROWS, |extent| {
        (extent.height / extent.row).ceil() as usize + 1 + 2 * BEYOND
    })
}

/// The rows in view of a list of so many.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Lists are bounded.
pub(super) fn in_view(extent: Option<Extent>, total: usize) -> Range<usize> {
    let slots = slots(extent);
    let above = extent.map_or(0, |extent| {
        ((extent.top / extent.row).max(0.0) as usize).saturating_sub(BEYOND)
    });
    // Past its end a list has no rows: the last ones stay in view.
    let first = above.min(total.saturating_sub(slots));
    first..(first + slots).min(total)
}

/// Where to scroll to so that the row is in view; none where it is.
#[allow(clippy::cast_precision_loss)] // Lists are bounded.
pub(super) fn reveal(extent: Extent, index: usize) -> Option<f64> {
    let top = index as f64 * extent.row;
    if top < extent.top {
        Some(top)
    } else if top + extent.row > extent.top + extent.height {
        Some(top + extent.row - extent.height)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn extent(top: f64) -> Extent {
        Extent {
            top,
            height: 300.0,
            row: 30.0,
        }
    }

    #[test]
    fn only_what_is_in_view_and_a_little_more_is_drawn() {
        assert_eq!(in_view(Some(extent(0.0)), 5_000), 0..19);
        assert_eq!(in_view(Some(extent(3_000.0)), 5_000), 96..115);
        assert_eq!(in_view(Some(extent(999_999.0)), 5_000), 4_981..5_000);
        assert_eq!(in_view(Some(extent(0.0)), 3), 0..3);
        assert_eq!(in_view(None, 5_000), 0..FIRST_ROWS);
    }

    #[test]
    fn a_row_is_brought_into_view_by_the_shortest_way() {
        assert_eq!(reveal(extent(300.0), 10), None);
        assert_eq!(reveal(extent(300.0), 9), Some(270.0));
        assert_eq!(reveal(extent(300.0), 20), Some(330.0));
    }

    proptest! {
        #[test]
        #[allow(clippy::cast_precision_loss)] // Lists are bounded.
        fn the_view_is_always_filled(top in 0.0..200_000.0f64, height in 1.0..4_000.0f64, total in 0usize..6_000) {
            let extent = Extent { top, height, row: 30.0 };
            let rows = in_view(Some(extent), total);
            prop_assert!(rows.end <= total && rows.len() <= slots(Some(extent)));
            let last = (total as f64 * 30.0 - height).max(0.0);
            let top = top.min(last);
            prop_assert!(rows.start as f64 * 30.0 <= top + 0.001);
            prop_assert!(rows.end as f64 * 30.0 >= (top + height).min(total as f64 * 30.0) - 0.001);
        }
    }
}
