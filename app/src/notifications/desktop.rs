//! Desktop notifications: only where the reader turned them on, from one tab of the browser, and only
//! while no tab is visible.

use pulseboard_contract::Severity;

use super::{Notice, toasts::rank_of};
use crate::platform::{desktop::Desktop, visibility::is_any_tab_visible};
use pulseboard_feed::{Anchor, HistoryAddress};

/// More notifications at once are shown as one.
const MOST: usize = 3;

/// Shows the notifications of at least severity `from` on the desktop, oldest first, unless a page of
/// this browser is visible. A click on one opens its address.
pub async fn show(desktop: &Desktop, notices: Vec<Notice>, from: Severity) {
    let notices: Vec<_> = notices
        .into_iter()
        .filter(|notice| rank_of(notice.notification.severity) >= rank_of(from))
        .collect();
    if notices.is_empty() || is_any_tab_visible().await {
        return;
    }
    if notices.len() > MOST {
        let newest = notices
            .last()
            .map(|notice| notice.notification.message.as_str())
            .unwrap_or_default();
        desktop.show(
            &format!("{} notifications", notices.len()),
            newest,
            "pulseboard",
            "/",
        );
        return;
    }
    for notice in notices {
        let (severity, topic) = (notice.notification.severity.name(), &notice.event.topic);
        // If several tabs show the same notification, the desktop merges them by the tag.
        let tag = notice
            .event
            .event_id
            .map(|id| id.to_string())
            .unwrap_or_default();
        desktop.show(
            &format!("{severity}: {topic}"),
            &notice.notification.message,
            &tag,
            &href(&notice),
        );
    }
}

/// The address of a notification among the other events of its topic.
pub fn href(notice: &Notice) -> String {
    let anchor = notice.event.event_id.map_or(Anchor::Newest, Anchor::Event);
    HistoryAddress {
        anchor,
        ..HistoryAddress::of(notice.event.topic.clone())
    }
    .href()
}
