//! The geometry of charts: scales with round numbers, time ranges with round ticks, and series as
//! paths. Pure.

mod scale;
mod time_range;
mod trace;

pub use scale::Scale;
pub use time_range::TimeRange;
pub use trace::{Paths, trace};

/// The width of the box that lines are drawn in. The browser stretches it to its place.
pub const WIDTH: f64 = 1_000.0;
/// The height of the box.
pub const HEIGHT: f64 = 100.0;
