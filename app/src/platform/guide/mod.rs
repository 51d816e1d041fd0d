//! What the guide asks of the browser: which lesson is being read, where the focus goes, what a
//! publish was answered.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod side;

pub use side::{Reading, bring_into_row, focus, go, publish};

/// The answer to a publish that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Stored now, rather than known already.
    pub is_new: bool,
    /// The event's id; none for what is not stored.
    pub id: Option<String>,
}

/// The answer in terms of what was published.
#[cfg(any(feature = "hydrate", test))]
fn taken(status: u16, body: &str) -> Taken {
    let answer = serde_json::from_str::<serde_json::Value>(body).ok();
    let id = answer.and_then(|answer| answer.get("id")?.as_str().map(str::to_owned));
    Taken {
        is_new: status != 200,
        id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_was_known_is_told_from_one_that_is_new() {
        let id = Some("9f2c41d7-5".to_owned());
        assert_eq!(
            taken(201, r#"{"id":"9f2c41d7-5"}"#),
            Taken {
                is_new: true,
                id: id.clone()
            }
        );
        assert_eq!(
            taken(200, r#"{"id":"9f2c41d7-5"}"#),
            Taken { is_new: false, id }
        );
        assert_eq!(
            taken(202, r#"{"id":null}"#),
            Taken {
                is_new: true,
                id: None
            }
        );
    }
}
