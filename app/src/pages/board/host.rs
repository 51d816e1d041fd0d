//! The tiles of the host: processor, memory, network, disk and load, each with one large value.

use leptos::prelude::*;
use pulseboard_contract::Topic;

use super::{
    arrange::Menu,
    chart::Spark,
    state::{draw, follow},
    tile::Fresh,
};
use crate::format::{Precision, Unit, quantity, with_unit};
use pulseboard_feed::{HistoryAddress, TopicFeed};

/// The content of one tile.
#[derive(Clone, Copy)]
struct Stat {
    label: &'static str,
    field: &'static str,
    unit: Unit,
    /// The text at the left below the value.
    left: fn(&TopicFeed) -> Option<String>,
    right: Right,
}

/// The text at the right below the value.
#[derive(Clone, Copy)]
enum Right {
    /// The largest value of the time range.
    Peak,
    /// Another text about the topic.
    Text(fn(&TopicFeed) -> Option<String>),
}

const STATS: [Stat; 5] = [
    Stat {
        label: "CPU",
        field: "cpu_percent",
        unit: Unit::Named("%"),
        left: |topic| {
            topic.value("cpu_cores").map(|cores| {
                if cores > 1.0 {
                    format!("{cores:.0} cores")
                } else {
                    "1 core".into()
                }
            })
        },
        right: Right::Peak,
    },
    Stat {
        label: "Memory",
        field: "memory_used_bytes",
        unit: Unit::Bytes,
        left: |topic| {
            topic
                .value("memory_total_bytes")
                .map(|total| format!("of {}", with_unit(total, Unit::Bytes, Precision::MEASURED)))
        },
        right: Right::Text(|topic| percent(topic, "memory_used_bytes", "memory_total_bytes")),
    },
    Stat {
        label: "Network in",
        field: "network_in_bytes_per_second",
        unit: Unit::BytesPerSecond,
        left: |topic| {
            topic.value("network_out_bytes_per_second").map(|out| {
                format!(
                    "out {}",
                    with_unit(out, Unit::BytesPerSecond, Precision::MEASURED)
                )
            })
        },
        right: Right::Peak,
    },
    Stat {
        label: "Disk write",
        field: "disk_write_bytes_per_second",
        unit: Unit::BytesPerSecond,
        left: |topic| {
            topic.value("disk_read_bytes_per_second").map(|read| {
                format!(
                    "read {}",
                    with_unit(read, Unit::BytesPerSecond, Precision::MEASURED)
                )
            })
        },
        right: Right::Text(|topic| {
            percent(topic, "disk_used_bytes", "disk_total_bytes")
                .map(|percent| format!("{percent} full"))
        }),
    },
    Stat {
        label: "Load",
        field: "load_1",
        unit: Unit::Plain,
        left: |_| Some("1 min".into()),
        right: Right::Text(|topic| {
            topic.value("load_5").map(|load| {
                format!(
                    "5 min {}",
                    with_unit(load, Unit::Plain, Precision::MEASURED)
                )
            })
        }),
    },
];

fn percent(topic: &TopicFeed, part: &str, whole: &str) -> Option<String> {
    let (part, whole) = (topic.value(part)?, topic.value(whole)?);
    (whole > 0.0).then(|| format!("{:.0} %", part / whole * 100.0))
}

/// The row of tiles. It moves as one tile.
#[component]
pub(super) fn HostTiles(topic: Topic) -> impl IntoView {
    let key = format!("h:{topic}");
    let name = topic.to_string();
    view! {
        <div
            class="host-tiles"
            data-topic=name.clone()
            data-key=key.clone()
            role="group"
            aria-label=name.clone()
        >
            {STATS
                .into_iter()
                .enumerate()
                .map(|(index, stat)| {
                    view! { <StatTile topic=topic.clone() index=index stat=stat /> }.into_any()
                })
                .collect_view()}
            <Menu key=key.clone() name=name.clone() />
        </div>
    }
}

#[component]
fn StatTile(topic: Topic, index: usize, stat: Stat) -> impl IntoView {
    let value = follow(&topic, move |topic| {
        topic
            .value(stat.field)
            .map(|value| quantity(value, stat.unit, Precision::MEASURED))
    });
    let number = move || {
        value
            .get()
            .flatten()
            .map_or("\u{2013}".to_owned(), |(number, _)| number)
    };
    let unit = move || value.get().flatten().map_or("", |(_, unit)| unit);
    let left = follow(&topic, stat.left);
    let right = draw(&topic, move |topic, range| match stat.right {
        Right::Peak => topic
            .field(stat.field)?
            .peak(range.start)
            .map(|peak| format!("peak {}", with_unit(peak, stat.unit, Precision::MEASURED))),
        Right::Text(text) => text(topic),
    });
    view! {
        <section class="tile stat" aria-label=stat.label>
            <header>
                <h2>
                    <a href=HistoryAddress::of(topic.clone()).href() draggable="false">
                        {stat.label}
                    </a>
                </h2>
                <span class="topic">{topic.to_string()}</span>
                <Fresh topic=topic.clone() expects_more=true />
            </header>
            <p class="value">{move || number()}<small>{move || unit()}</small></p>
            <p class="under">
                <span>{move || left.get().flatten()}</span>
                <span>{move || right.get().flatten()}</span>
            </p>
            <Spark topic=topic field=stat.field colour=index />
        </section>
    }
}
