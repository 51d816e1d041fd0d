//! The positions of tiles: rows of twelve columns without holes.

use super::{Choice, Layout, Width, key};
use pulseboard_feed::Widget;

impl Layout {
    /// The visible tiles, each with its position, and the hidden ones.
    pub(in super::super) fn arrange(&self, all: &[Widget]) -> (Vec<Placed>, Vec<Widget>) {
        let (hidden, shown): (Vec<&Widget>, Vec<&Widget>) = self
            .order(all)
            .into_iter()
            .partition(|widget| self.choice(&key(widget)).is_hidden);
        let tiles: Vec<_> = shown
            .iter()
            .map(|widget| (*widget, self.choice(&key(widget))))
            .collect();
        let spans = |natural: fn(&Widget) -> u8, chosen: fn(Width) -> u8| {
            let tiles: Vec<_> = tiles
                .iter()
                .map(|(widget, choice)| Span {
                    columns: choice.width.map_or_else(|| natural(widget), chosen),
                    is_fixed: choice.width.is_some(),
                    is_greedy: matches!(widget, Widget::Numbers(_)),
                })
                .collect();
            pack(&tiles)
        };
        let wide = spans(
            |widget| match widget {
                Widget::Host(_) => 12,
                Widget::Numbers(_) => 6,
                Widget::States(_) | Widget::Lines(_) | Widget::Room(_) | Widget::Notices => 4,
            },
            Width::columns,
        );
        let medium = spans(
            |widget| match widget {
                Widget::Host(_) => 12,
                Widget::Numbers(_)
                | Widget::States(_)
                | Widget::Lines(_)
                | Widget::Room(_)
                | Widget::Notices => 6,
            },
            |width| if width == Width::Full { 12 } else { 6 },
        );
        let placed = tiles.into_iter().zip(wide.into_iter().zip(medium));
        let placed = placed.map(|((widget, choice), (wide, medium))| Placed {
            widget: widget.clone(),
            wide,
            medium,
            choice,
        });
        (placed.collect(), hidden.into_iter().cloned().collect())
    }
}

/// A tile and its position.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Placed {
    pub(in super::super) widget: Widget,
    /// The columns it takes of twelve, in a wide window and in one of medium width.
    pub(in super::super) wide: u8,
    pub(in super::super) medium: u8,
    pub(in super::super) choice: Choice,
}

/// The columns that a tile asks for.
struct Span {
    columns: u8,
    /// Whether the reader chose the width; then it never stretches.
    is_fixed: bool,
    /// Whether it takes the free columns of its row before others do.
    is_greedy: bool,
}

/// The number of columns of each tile, so that no row has a hole that a tile could fill. Tiles fill
/// the rows in order, from the left; the free columns of a row go to its tiles.
fn pack(tiles: &[Span]) -> Vec<u8> {
    const COLUMNS: u8 = 12;
    let mut rows: Vec<std::ops::Range<usize>> = Vec::new();
    let mut used = COLUMNS;
    for (index, tile) in tiles.iter().enumerate() {
        if let Some(row) = rows.last_mut().filter(|_| used + tile.columns <= COLUMNS) {
            row.end = index + 1;
            used += tile.columns;
        } else {
            rows.push(index..index + 1);
            used = tile.columns;
        }
    }
    // A small tile alone in the last row gets one of the three tiles of the row before it, so that
    // both rows have two.
    if let [.., before, last] = rows.as_mut_slice() {
        let is_small = |range: &std::ops::Range<usize>| {
            tiles
                .get(range.clone())
                .is_some_and(|tiles| tiles.iter().all(|tile| !tile.is_fixed && tile.columns <= 4))
        };
        if last.len() == 1 && before.len() == 3 && is_small(last) && is_small(before) {
            before.end -= 1;
            last.start -= 1;
        }
    }
    let mut columns: Vec<u8> = tiles.iter().map(|tile| tile.columns).collect();
    for row in rows {
        let used: u8 = row.clone().filter_map(|index| columns.get(index)).sum();
        let flexible = |greedy: bool| {
            let takes = move |index: &usize| {
                tiles
                    .get(*index)
                    .is_some_and(|tile| !tile.is_fixed && (tile.is_greedy || !greedy))
            };
            row.clone().filter(takes).collect::<Vec<_>>()
        };
        let greedy = flexible(true);
        let takers = if greedy.is_empty() {
            flexible(false)
        } else {
            greedy
        };
        for turn in 0..COLUMNS.saturating_sub(used) {
            let Some(taker) = takers.get(usize::from(turn) % takers.len().max(1)) else {
                break;
            };
            if let Some(columns) = columns.get_mut(*taker) {
                *columns += 1;
            }
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{topic, widgets},
        *,
    };

    #[test]
    fn rows_have_no_holes() {
        for host in 0..2 {
            for numbers in 0..7 {
                for lines in 0..12 {
                    let mut widgets: Vec<_> = (0..host)
                        .map(|n| Widget::Host(topic(&format!("t{n}"))))
                        .collect();
                    widgets.extend((0..numbers).map(|n| Widget::Numbers(topic(&format!("t{n}")))));
                    widgets.extend((0..lines).map(|n| Widget::Lines(topic(&format!("t{n}")))));
                    let placed = Layout::default().arrange(&widgets).0;
                    for columns in [|tile: &Placed| tile.wide, |tile: &Placed| tile.medium] {
                        // Filled from the left, every row comes to twelve columns.
                        let end = placed.iter().map(columns).fold(0, |at, width| {
                            assert!(at + width <= 12, "{placed:?}");
                            (at + width) % 12
                        });
                        assert_eq!(end, 0, "{placed:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_tile_with_a_chosen_width_keeps_it_and_the_others_fill_the_row() {
        let mut layout = Layout::default();
        layout.change("l:deploys", |choice| choice.width = Some(Width::Small));
        let widths: Vec<_> = layout
            .arrange(&widgets())
            .0
            .iter()
            .map(|tile| (tile.wide, tile.medium))
            .collect();
        assert_eq!(widths, [(12, 12), (9, 6), (3, 6), (6, 6), (6, 6)]);
    }
}
