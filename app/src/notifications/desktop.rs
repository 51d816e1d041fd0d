//! What the desktop is told: by choice, by one tab of a browser, and only when none of them is
//! looked at.

use pulseboard_contract::Severity;

use super::{Notice, stack::rank_of};
use crate::platform::attention::{self, Desktop};
use pulseboard_feed::{At, Place};

/// More than so many at once are told as one.
const MOST: usize = 3;

/// Tells the desktop of those that matter enough, newest last, unless somebody looks at a page of
/// this browser. Clicking one opens its address.
pub async fn tell(desktop: &Desktop, notices: Vec<Notice>, from: Severity) {
    let told: Vec<_> = notices
        .into_iter()
        .filter(|notice| rank_of(notice.notification.severity) >= rank_of(from))
        .collect();
    if told.is_empty() || attention::is_anybody_looking().await {
        return;
    }
    if told.len() > MOST {
        let newest = told
            .last()
            .map(|notice| notice.notification.message.as_str())
            .unwrap_or_default();
        desktop.tell(
            &format!("{} notifications", told.len()),
            newest,
            "pulseboard",
            "/",
        );
        return;
    }
    for notice in told {
        let (severity, topic) = (notice.notification.severity.name(), &notice.event.topic);
        // The tag makes one of what several tabs may tell.
        let tag = notice
            .event
            .event_id
            .map(|id| id.to_string())
            .unwrap_or_default();
        desktop.tell(
            &format!("{severity}: {topic}"),
            &notice.notification.message,
            &tag,
            &href(&notice),
        );
    }
}

/// The notification among the others of its topic.
pub fn href(notice: &Notice) -> String {
    let at = notice.event.event_id.map_or(At::Newest, At::Event);
    Place {
        at,
        ..Place::of(notice.event.topic.clone())
    }
    .href()
}
