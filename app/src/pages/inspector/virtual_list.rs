//! A virtual list: only the rows in view exist as elements. Pure.

use std::ops::Range;

use crate::platform::scroll_area::Extent;

/// Rows drawn beyond either edge, so that they are there before scrolling shows them.
const OVERSCAN: usize = 4;
/// Rows drawn before the page is measured, and without script.
const FIRST_ROWS: usize = 60;

/// The number of rows that fill the view at any scroll position. It changes only with the size of
/// the view.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Pixels of a screen.
pub(super) fn slots(extent: Option<Extent>) -> usize {
    extent.map_or(FIRST_ROWS, |extent| {
        (extent.height / extent.row).ceil() as usize + 1 + 2 * OVERSCAN
    })
}

/// The indexes of the rows to draw, in a list of `total` rows.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Lists are bounded.
pub(super) fn in_view(extent: Option<Extent>, total: usize) -> Range<usize> {
    let slots = slots(extent);
    let above = extent.map_or(0, |extent| {
        ((extent.top / extent.row).max(0.0) as usize).saturating_sub(OVERSCAN)
    });
    // The last rows stay in view when the list is scrolled past its end.
    let first = above.min(total.saturating_sub(slots));
    first..(first + slots).min(total)
}

/// The scroll position that shows the row, by the shortest way. `None` if it is in view.
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
    fn only_the_rows_in_view_and_a_few_more_are_drawn() {
        assert_eq!(in_view(Some(extent(0.0)), 5_000), 0..19);
        assert_eq!(in_view(Some(extent(3_000.0)), 5_000), 96..115);
        assert_eq!(in_view(Some(extent(999_999.0)), 5_000), 4_981..5_000);
        assert_eq!(in_view(Some(extent(0.0)), 3), 0..3);
        assert_eq!(in_view(None, 5_000), 0..FIRST_ROWS);
    }

    #[test]
    fn a_row_is_scrolled_into_view_by_the_shortest_way() {
        assert_eq!(reveal(extent(300.0), 10), None);
        assert_eq!(reveal(extent(300.0), 9), Some(270.0));
        assert_eq!(reveal(extent(300.0), 20), Some(330.0));
    }

    proptest! {
        #[test]
        #[allow(clippy::cast_precision_loss)] // Lists are bounded.
        fn the_rows_always_fill_the_view(top in 0.0..200_000.0f64, height in 1.0..4_000.0f64, total in 0usize..6_000) {
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
