//! Icons of a few strokes, in the colour of the text around them. Each stands beside a word or has a
//! label.

use leptos::prelude::*;
use pulseboard_contract::Severity;

/// The name of an icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // The names are the documentation.
pub enum IconName {
    Back,
    Bell,
    Check,
    Close,
    Cross,
    Down,
    Download,
    Hash,
    Info,
    Pause,
    Play,
    Retry,
    Search,
    Theme,
    Up,
    Warning,
}

impl IconName {
    /// The SVG path, in a box of 24 by 24.
    const fn path(self) -> &'static str {
        match self {
            Self::Back => "M19 12H5m6-6l-6 6l6 6",
            Self::Bell => "M6 9a6 6 0 0 1 12 0c0 5 2 6.5 2 6.5H4S6 14 6 9m4 10a2 2 0 0 0 4 0",
            Self::Check => "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18m-4 9l3 3l5-6",
            Self::Close => "M6 6l12 12M18 6L6 18",
            Self::Cross => "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18m-3 6l6 6m0-6l-6 6",
            Self::Down => "M12 5v14m-6-6l6 6l6-6",
            Self::Download => "M12 4v11m-5-5l5 5l5-5M5 20h14",
            Self::Hash => "M5 9h15M4 15h15M10 4L8 20M16 4l-2 16",
            Self::Info => "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18m0 8v5m0-8.5v.5",
            Self::Pause => "M9 5v14M15 5v14",
            Self::Play => "M7 5l12 7l-12 7z",
            Self::Retry => "M20 11a8 8 0 1 0-2.3 6.300M20 4v7h-7",
            Self::Search => "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14m5 12l4 4",
            Self::Theme => {
                "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18m0 0v18M15 7h3.500M15 12h6M15 17h3.500"
            }
            Self::Up => "M12 19V5m-6 6l6-6l6 6",
            Self::Warning => "M12 4L2.500 20h19zm0 6v4.500m0 2.500v.5",
        }
    }
}

/// An icon. It is decoration, so screen readers skip it.
#[component]
pub fn Icon(
    /// The name of the icon.
    #[prop(into)]
    name: Signal<IconName>,
) -> impl IntoView {
    view! {
        <svg
            class="glyph"
            viewBox="0 0 24 24"
            width="24"
            height="24"
            aria-hidden="true"
            focusable="false"
        >
            <path
                d=move || name.get().path()
                fill="none"
                stroke="currentColor"
                stroke-width="2"
                stroke-linecap="round"
                stroke-linejoin="round"
            />
        </svg>
    }
}

/// A severity, as icon, word and colour.
#[component]
pub fn SeverityMark(
    /// The severity.
    severity: Severity,
) -> impl IntoView {
    let icon = match severity {
        Severity::Info => IconName::Info,
        Severity::Success => IconName::Check,
        Severity::Warning => IconName::Warning,
        Severity::Error => IconName::Cross,
    };
    view! {
        <span class="severity" data-severity=severity.name()>
            <Icon name=icon />
            {severity.name()}
        </span>
    }
}
