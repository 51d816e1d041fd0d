//! The geometry of charts: scales with round numbers, ticks of time, and series as paths. Pure.

mod scale;
mod trace;
mod window;

pub use scale::Scale;
pub use trace::{Paths, trace};
pub use window::Window;

/// The box lines are drawn in; the browser stretches it to its place.
pub const WIDTH: f64 = 1_000.0;
/// The height of the box.
pub const HEIGHT: f64 = 100.0;
