//! A line and the area under it, in an SVG box that stretches to its place. Text is never inside the
//! box, because stretching would distort it.

use leptos::prelude::*;

use super::plot::{HEIGHT, Paths, WIDTH};

/// The line of a chart and the area under it.
#[component]
pub fn Line(
    /// Its paths.
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
