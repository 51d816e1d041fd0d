//! The colours of lines, as numbers for `style/board.css`.

/// The number of colours. They repeat after the last.
const COLOURS: usize = 6;

/// The value of `data-series` for a line.
pub(super) fn colour(line: usize) -> String {
    (line % COLOURS).to_string()
}
