//! The layout of a Markdown table. Cells are padded to the width of their column, so the table is
//! readable in a terminal.

use std::fmt::Write as _;

/// Formats rows as Markdown. The first row is the heading. The first column is text, aligned left;
/// the others are figures, aligned right.
pub(super) fn markdown(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<_> = (0..columns)
        .map(|column| width(column).unwrap_or_default().max(4))
        .collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (column, width) in widths.iter().enumerate() {
            let cell = row.get(column).map_or("", String::as_str);
            // Writing to a `String` cannot fail.
            let _ = if column == 0 {
                write!(text, "| {cell:<width$} ")
            } else {
                write!(text, "| {cell:>width$} ")
            };
        }
        text.push_str("|\n");
        if number == 0 {
            for (column, width) in widths.iter().enumerate() {
                let dashes = "-".repeat(width - usize::from(column > 0));
                let _ = if column == 0 {
                    write!(text, "| {dashes} ")
                } else {
                    write!(text, "| {dashes}: ")
                };
            }
            text.push_str("|\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_aligned_left_and_figures_right() {
        let rows = [
            vec![String::new(), "a".to_owned()],
            vec!["µ × events".to_owned(), "12".to_owned()],
        ];
        assert_eq!(
            markdown(&rows),
            "|            |    a |\n| ---------- | ---: |\n| µ × events |   12 |\n"
        );
    }
}
