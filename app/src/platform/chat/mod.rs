//! What a conversation asks of the browser: where its reader is, what is kept for the next visit,
//! and saying something.

#[cfg(any(feature = "hydrate", test))]
use {crate::outbox::Failure, pulseboard_contract::EventId, serde::Deserialize};

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod side;

pub use side::{
    Attention, Keyboard, Scrolling, StorageWatch, fit, has_touch_keyboard, hold_reading,
    is_composing, load, load_all, place, save, say, scroll_to_end, submit, unique,
};

/// Where a reader is in what can be scrolled, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScrollPlace {
    /// What is above.
    pub above: i32,
    /// What is below.
    pub below: i32,
    /// How much is seen at a time.
    pub height: i32,
}

/// What the server answered to something said.
#[cfg(any(feature = "hydrate", test))]
fn answer(status: u16, body: &str) -> Result<Option<EventId>, Failure> {
    #[derive(Deserialize)]
    struct Published {
        id: Option<EventId>,
    }
    if (200..300).contains(&status) {
        return serde_json::from_str::<Published>(body)
            .map(|published| published.id)
            .map_err(|error| Failure {
                reason: format!("The answer cannot be read: {error}."),
                is_passing: true,
            });
    }
    let problem = super::explain(status, body).to_string();
    // Busy, full, overloaded, or somebody in between who cannot reach it: the same may be taken
    // another time.
    Err(Failure {
        reason: problem,
        is_passing: matches!(status, 408 | 425 | 429 | 500..),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_published_is_known_by_its_id_the_first_time_and_again() {
        let id = "00000007-12".parse().ok();
        for status in [200, 201] {
            assert_eq!(answer(status, r#"{"id":"00000007-12"}"#), Ok(id));
        }
    }

    #[test]
    fn what_may_be_taken_another_time_is_told_from_what_is_refused() {
        for (status, is_passing) in [
            (400, false),
            (413, false),
            (429, true),
            (502, true),
            (503, true),
            (507, true),
        ] {
            assert_eq!(
                answer(status, "").unwrap_err().is_passing,
                is_passing,
                "{status}"
            );
        }
        assert_eq!(
            answer(400, r#"{"detail":"Too long."}"#).unwrap_err().reason,
            "Too long."
        );
        assert!(
            answer(201, "<html>").unwrap_err().is_passing,
            "it is the proxy's page, and to say it again does no harm"
        );
    }
}
