//! How somebody arranged the board: order, pins, sizes, what is hidden, and the time and topics
//! shown. Pure.

mod rows;
mod text;

pub(super) use rows::Placed;

use pulseboard_contract::Topic;

use pulseboard_feed::Widget;

/// Tiles remembered: more topics than the feed follows are on no board.
const TILES: usize = 400;

/// How much time the charts may show, in milliseconds, and how that is called.
pub(super) const RANGES: [(i64, &str); 6] = [
    (60_000, "1 min"),
    (300_000, "5 min"),
    (900_000, "15 min"),
    (3_600_000, "1 h"),
    (21_600_000, "6 h"),
    (86_400_000, "24 h"),
];

/// How wide a tile is, of twelve columns.
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

/// How high a tile is.
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

    /// Its word in `data-height`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Tall => "tall",
        }
    }
}

/// What was chosen for one tile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// Which tile; see [`key`].
    pub(super) key: String,
    /// Before the others.
    pub(super) is_pinned: bool,
    pub(super) is_hidden: bool,
    /// As it comes where none is chosen.
    pub(super) width: Option<Width>,
    pub(super) height: Option<Height>,
}

/// The arrangement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// How much time the charts show, in milliseconds: one of [`RANGES`].
    pub(super) range: i64,
    /// The group of topics shown; all where none is chosen.
    pub(super) group: Option<String>,
    /// Whether the order of the tiles is the order of the choices. Tiles without a choice come
    /// after, as they would anyway.
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

/// What a tile is known by in an arrangement: its kind and its topic.
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

/// What the tile of a topic's numbers is known by.
pub(super) fn key_of_numbers(topic: &Topic) -> String {
    format!("n:{topic}")
}

impl Layout {
    /// Whether the tiles stand as they would by themselves.
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

    /// The tiles as they would stand by themselves, over the same time and topics.
    pub(super) fn reset(&mut self) {
        self.is_ordered = false;
        self.choices.clear();
    }

    /// Nothing hidden, of all topics.
    pub(super) fn show_all(&mut self) {
        self.group = None;
        self.choices
            .iter_mut()
            .for_each(|choice| choice.is_hidden = false);
    }

    /// What was chosen for a tile.
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

    /// Changes what was chosen for a tile.
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

    /// Puts a tile where another one is: before it where it comes from behind, else after it. `all`
    /// are the tiles there are, as they come by themselves. A pinned tile stays among the pinned.
    pub(super) fn put(&mut self, all: &[Widget], moved: &str, target: &str) {
        let mut order: Vec<String> = self.order(all).into_iter().map(key).collect();
        let place = |order: &[String], wanted: &str| order.iter().position(|key| key == wanted);
        let (Some(from), Some(to)) = (place(&order, moved), place(&order, target)) else {
            return;
        };
        if self.choice(moved).is_pinned != self.choice(target).is_pinned {
            return;
        }
        let tile = order.remove(from);
        order.insert(to, tile);
        // Tiles that are not here now keep their choices, behind the others.
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

    /// The tiles in their order, hidden ones as well.
    fn order<'a>(&self, all: &'a [Widget]) -> Vec<&'a Widget> {
        let mut order: Vec<_> = all.iter().collect();
        order.sort_by_key(|widget| {
            let key = key(widget);
            let place = self.choices.iter().position(|choice| choice.key == key);
            let is_pinned = place
                .and_then(|place| self.choices.get(place))
                .is_some_and(|choice| choice.is_pinned);
            (
                !is_pinned,
                if self.is_ordered {
                    place.unwrap_or(usize::MAX)
                } else {
                    0
                },
            )
        });
        order
    }

    /// The keys of the tiles shown, in order.
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
            "what is pinned stays first"
        );
        assert!(!layout.is_automatic());
        layout.reset();
        assert!(layout.is_automatic());
    }

    #[test]
    fn a_new_topic_comes_after_what_was_arranged_and_an_unknown_one_is_remembered() {
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
