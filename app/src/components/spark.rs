//! A line and the area under it, in a box that stretches to its place. Text stands beside it, never
//! inside, so that no stretching touches letters.

use leptos::prelude::*;

use super::plot::{HEIGHT, Paths, WIDTH};

/// The line of a chart and the area under it.
#[component]
pub fn Line(
    /// What to draw.
    #[prop(into)]
    paths: Signal<Paths>,
) -> impl IntoView {
    view! {
        <svg
            class="spark"
            viewBox=format!("0 0 {WIDTH} {HEIGHT}")
            preserveAspectRatio="none"
            aria-hidden="true"
            focusable="false"
        >
            <path class="area" d=move || paths.with(|paths| paths.area.clone()) />
            <path class="line" d=move || paths.with(|paths| paths.line.clone()) />
        </svg>
    }
}
