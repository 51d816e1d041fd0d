//! The layout of the board: order, pins, sizes and hidden tiles, the time range, and the group of
//! topics. Pure.

mod rows;
mod text;

pub(super) use rows::Placed;

use pulseboard_contract::Topic;

use pulseboard_feed::Widget;

/// The most tiles of a layout. The feed follows no more topics than that.
const TILES: usize = 400;

/// The time ranges of the charts: their milliseconds and their labels.
pub(super) const RANGES: [(i64, &str); 6] = [
    (60_000, "1 min"),
    (300_000, "5 min"),
    (900_000, "15 min"),
    (3_600_000, "1 h"),
    (21_600_000, "6 h"),
    (86_400_000, "24 h"),
];

/// The width of a tile, in twelve columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Small,
    Medium,
    Large,
    Full,
}

impl Width {
    pub(super) const ALL: [(Self, &str); 4] = [
        (Self::Small, "Small"),
        (Self::Medium, "Medium"),
        (Self::Large, "Large"),
        (Self::Full, "Full"),
    ];

    const fn columns(self) -> u8 {
        match self {
            Self::Small => 3,
            Self::Medium => 4,
            Self::Large => 6,
            Self::Full => 12,
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Small => 'S',
            Self::Medium => 'M',
            Self::Large => 'L',
            Self::Full => 'X',
        }
    }
}

/// The height of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Height {
    Short,
    Tall,
}

impl Height {
    pub(super) const ALL: [(Option<Self>, &str); 3] = [
        (Some(Self::Short), "Short"),
        (None, "Normal"),
        (Some(Self::Tall), "Tall"),
    ];

    /// The value of `data-height`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Tall => "tall",
        }
    }
}

/// The reader's choices for one tile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// The key of the tile; see [`key`].
    pub(super) key: String,
    /// Whether it comes before the others.
    pub(super) is_pinned: bool,
    pub(super) is_hidden: bool,
    /// None for the automatic width.
    pub(super) width: Option<Width>,
    pub(super) height: Option<Height>,
}

/// A layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The time range of the charts in milliseconds, one of [`RANGES`].
    pub(super) range: i64,
    /// The group of topics to show; none for all topics.
    pub(super) group: Option<String>,
    /// Whether the choices give the order of the tiles. Tiles without a choice follow in their
    /// automatic order.
    is_ordered: bool,
    choices: Vec<Choice>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            range: RANGES[1].0,
            group: None,
            is_ordered: false,
            choices: Vec::new(),
        }
    }
}

/// The key of a tile in a layout: its kind and its topic.
pub(super) fn key(widget: &Widget) -> String {
    match widget {
        Widget::Host(topic) => format!("h:{topic}"),
        Widget::Numbers(topic) => key_of_numbers(topic),
        Widget::States(topic) => format!("s:{topic}"),
        Widget::Lines(topic) => format!("l:{topic}"),
        Widget::Room(topic) => format!("r:{topic}"),
        Widget::Notices => "notices".to_owned(),
    }
}

/// The key of the tile with a topic's numbers.
pub(super) fn key_of_numbers(topic: &Topic) -> String {
    format!("n:{topic}")
}

impl Layout {
    /// Whether order, sizes, pins and hidden tiles are all automatic.
    pub(super) fn is_automatic(&self) -> bool {
        !self.is_ordered
            && self.choices.iter().all(|choice| {
                *choice
                    == Choice {
                        key: choice.key.clone(),
                        ..Choice::default()
                    }
            })
    }

    /// Returns to the automatic layout, with the same time range and topics.
    pub(super) fn reset(&mut self) {
        self.is_ordered = false;
        self.choices.clear();
    }

    /// Shows all tiles of all topics.
    pub(super) fn show_all(&mut self) {
        self.group = None;
        self.choices
            .iter_mut()
            .for_each(|choice| choice.is_hidden = false);
    }

    /// The choices for a tile.
    pub(super) fn choice(&self, key: &str) -> Choice {
        let chosen = self
            .choices
            .iter()
            .find(|choice| choice.key == key)
            .cloned();
        chosen.unwrap_or_else(|| Choice {
            key: key.to_owned(),
            ..Choice::default()
        })
    }

    /// Changes the choices for a tile.
    pub(super) fn change(&mut self, key: &str, change: impl FnOnce(&mut Choice)) {
        if !self.choices.iter().any(|choice| choice.key == key) && self.choices.len() < TILES {
            self.choices.push(Choice {
                key: key.to_owned(),
                ..Choice::default()
            });
        }
        if let Some(choice) = self.choices.iter_mut().find(|choice| choice.key == key) {
            change(choice);
        }
    }

    /// Moves a tile to the position of another one. `all` are all tiles in their automatic order.
    /// Pinned tiles stay among the pinned ones.
    pub(super) fn put(&mut self, all: &[Widget], moved: &str, target: &str) {
        let mut order: Vec<String> = self.order(all).into_iter().map(key).collect();
        let position = |order: &[String], wanted: &str| order.iter().position(|key| key == wanted);
        let (Some(from), Some(to)) = (position(&order, moved), position(&order, target)) else {
            return;
        };
        if self.choice(moved).is_pinned != self.choice(target).is_pinned {
            return;
        }
        let tile = order.remove(from);
        order.insert(to, tile);
        // Absent tiles keep their choices, after the others.
        let absent = self
            .choices
            .iter()
            .filter(|choice| !order.contains(&choice.key))
            .cloned();
        let mut choices: Vec<_> = order.iter().map(|key| self.choice(key)).collect();
        choices.extend(absent);
        choices.truncate(TILES);
        self.choices = choices;
        self.is_ordered = true;
    }

    /// All tiles in their order, with the hidden ones.
    fn order<'a>(&self, all: &'a [Widget]) -> Vec<&'a Widget> {
        let mut order: Vec<_> = all.iter().collect();
        order.sort_by_key(|widget| {
            let key = key(widget);
            let position = self.choices.iter().position(|choice| choice.key == key);
            let is_pinned = position
                .and_then(|position| self.choices.get(position))
                .is_some_and(|choice| choice.is_pinned);
            (
                !is_pinned,
                if self.is_ordered {
                    position.unwrap_or(usize::MAX)
                } else {
                    0
                },
            )
        });
        order
    }

    /// The keys of the visible tiles, in order.
    pub(super) fn keys_shown(&self, all: &[Widget]) -> Vec<String> {
        self.order(all)
            .into_iter()
            .map(key)
            .filter(|key| !self.choice(key).is_hidden)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn topic(name: &str) -> Topic {
        Topic::new(name).unwrap()
    }

    pub(super) fn widgets() -> Vec<Widget> {
        vec![
            Widget::Host(topic("host/metrics")),
            Widget::Numbers(topic("office/sensor")),
            Widget::Lines(topic("deploys")),
            Widget::Notices,
            Widget::Room(topic("chat/general")),
        ]
    }

    pub(super) fn shown(layout: &Layout) -> String {
        layout
            .arrange(&widgets())
            .0
            .iter()
            .map(|tile| key(&tile.widget))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn tiles_are_pinned_hidden_and_moved() {
        let mut layout = Layout::default();
        assert_eq!(
            shown(&layout),
            "h:host/metrics n:office/sensor l:deploys notices r:chat/general"
        );
        layout.change("notices", |choice| choice.is_pinned = true);
        layout.change("l:deploys", |choice| choice.is_hidden = true);
        assert_eq!(
            shown(&layout),
            "notices h:host/metrics n:office/sensor r:chat/general"
        );
        assert_eq!(
            layout.arrange(&widgets()).1,
            [Widget::Lines(topic("deploys"))]
        );
        layout.put(&widgets(), "r:chat/general", "h:host/metrics");
        assert_eq!(
            shown(&layout),
            "notices r:chat/general h:host/metrics n:office/sensor"
        );
        layout.put(&widgets(), "r:chat/general", "n:office/sensor");
        assert_eq!(
            shown(&layout),
            "notices h:host/metrics n:office/sensor r:chat/general"
        );
        layout.put(&widgets(), "r:chat/general", "notices");
        assert_eq!(
            shown(&layout),
            "notices h:host/metrics n:office/sensor r:chat/general",
            "a pinned tile stays first"
        );
        assert!(!layout.is_automatic());
        layout.reset();
        assert!(layout.is_automatic());
    }

    #[test]
    fn a_new_topic_comes_last_and_an_absent_one_keeps_its_choices() {
        let mut layout = Layout::default();
        layout.change("l:away", |choice| choice.width = Some(Width::Small));
        layout.put(&widgets(), "notices", "h:host/metrics");
        let mut later = widgets();
        later.insert(2, Widget::Numbers(topic("new")));
        let keys: Vec<_> = layout
            .arrange(&later)
            .0
            .iter()
            .map(|tile| key(&tile.widget))
            .collect();
        assert_eq!(keys.last().map(String::as_str), Some("n:new"));
        assert_eq!(layout.choice("l:away").width, Some(Width::Small));
    }
}
