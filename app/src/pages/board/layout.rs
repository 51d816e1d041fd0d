//! How somebody arranged the board: order, pins, sizes, what is hidden, and the time and topics shown. As text it is kept
//! in the browser and travels in a link. Pure.
//!
//! ```text
//! 1;r=300000;g=office/**;o;n:office/sensor=pwLht;l:deploys=x;r:chat/general
//! ```

use crate::feed::Widget;

/// The version the text begins with; what begins with another is from a Pulseboard that arranged otherwise.
const VERSION: &str = "1";
/// Tiles remembered: more topics than the feed follows are on no board.
const TILES: usize = 400;

/// How much time the charts may show, in milliseconds, and how that is called.
pub(super) const RANGES: [(i64, &str); 6] =
    [(60_000, "1 min"), (300_000, "5 min"), (900_000, "15 min"), (3_600_000, "1 h"), (21_600_000, "6 h"), (86_400_000, "24 h")];

/// How wide a tile is, of twelve columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Small,
    Medium,
    Large,
    Full,
}

impl Width {
    pub(super) const ALL: [(Self, &str); 4] =
        [(Self::Small, "Small"), (Self::Medium, "Medium"), (Self::Large, "Large"), (Self::Full, "Full")];

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
    pub(super) const ALL: [(Option<Self>, &str); 3] =
        [(Some(Self::Short), "Short"), (None, "Normal"), (Some(Self::Tall), "Tall")];

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
    /// Whether the order of the tiles is the order of the choices. Tiles without a choice come after, as they would anyway.
    is_ordered: bool,
    choices: Vec<Choice>,
}

impl Default for Layout {
    fn default() -> Self {
        Self { range: RANGES[1].0, group: None, is_ordered: false, choices: Vec::new() }
    }
}

/// What a tile is known by in an arrangement: its kind and its topic.
pub(super) fn key(widget: &Widget) -> String {
    match widget {
        Widget::Host(topic) => format!("h:{topic}"),
        Widget::Numbers(topic) => format!("n:{topic}"),
        Widget::States(topic) => format!("s:{topic}"),
        Widget::Lines(topic) => format!("l:{topic}"),
        Widget::Room(topic) => format!("r:{topic}"),
        Widget::Notices => "notices".to_owned(),
    }
}

impl Layout {
    /// Reads the text; what cannot be read is left out, and a text of another version is as good as none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';');
        if parts.next()?.trim() != VERSION {
            return None;
        }
        let mut layout = Self::default();
        for part in parts {
            match part.split_once('=') {
                None if part == "o" => layout.is_ordered = true,
                Some(("r", millis)) => {
                    let known = RANGES.iter().find(|(range, _)| millis.parse() == Ok(*range));
                    layout.range = known.map_or(layout.range, |(range, _)| *range);
                }
                Some(("g", group)) => layout.group = Some(group.to_owned()).filter(|group| !group.is_empty()),
                _ => {
                    let (key, flags) = part.split_once('=').unwrap_or((part, ""));
                    let is_known = layout.choices.iter().any(|choice| choice.key == key);
                    if !key.is_empty() && !is_known && layout.choices.len() < TILES {
                        layout.choices.push(Choice::parse(key, flags));
                    }
                }
            }
        }
        Some(layout)
    }

    /// Writes it; [`Layout::parse`] reads the same from it.
    pub(super) fn to_text(&self) -> String {
        let mut text = VERSION.to_owned();
        if self.range != Self::default().range {
            text.push_str(";r=");
            text.push_str(&self.range.to_string());
        }
        if let Some(group) = &self.group {
            text.push_str(";g=");
            text.push_str(group);
        }
        if self.is_ordered {
            text += ";o";
        }
        for choice in &self.choices {
            if self.is_ordered || *choice != (Choice { key: choice.key.clone(), ..Choice::default() }) {
                choice.write(&mut text);
            }
        }
        text
    }

    /// The link that shows it, from the root of the site on.
    pub(super) fn to_link(&self) -> String {
        let mut value = String::new();
        crate::event_source::push_percent_encoded(&mut value, &self.to_text());
        // A query may have these as they are, and a link should be read by people.
        for (encoded, plain) in [("%2F", "/"), ("%3A", ":"), ("%3B", ";"), ("%3D", "="), ("%2A", "*")] {
            value = value.replace(encoded, plain);
        }
        format!("/?layout={value}")
    }

    /// Whether the tiles stand as they would by themselves.
    pub(super) fn is_automatic(&self) -> bool {
        !self.is_ordered && self.choices.iter().all(|choice| *choice == Choice { key: choice.key.clone(), ..Choice::default() })
    }

    /// The tiles as they would stand by themselves, over the same time and topics.
    pub(super) fn reset(&mut self) {
        self.is_ordered = false;
        self.choices.clear();
    }

    /// What was chosen for a tile.
    pub(super) fn choice(&self, key: &str) -> Choice {
        let chosen = self.choices.iter().find(|choice| choice.key == key).cloned();
        chosen.unwrap_or_else(|| Choice { key: key.to_owned(), ..Choice::default() })
    }

    /// Changes what was chosen for a tile.
    pub(super) fn change(&mut self, key: &str, change: impl FnOnce(&mut Choice)) {
        if !self.choices.iter().any(|choice| choice.key == key) && self.choices.len() < TILES {
            self.choices.push(Choice { key: key.to_owned(), ..Choice::default() });
        }
        if let Some(choice) = self.choices.iter_mut().find(|choice| choice.key == key) {
            change(choice);
        }
    }

    /// Puts a tile where another one is: before it where it comes from behind, else after it. `all` are the tiles there
    /// are, as they come by themselves. A pinned tile stays among the pinned.
    pub(super) fn put(&mut self, all: &[Widget], moved: &str, target: &str) {
        let mut order: Vec<String> = self.order(all).into_iter().map(key).collect();
        let place = |order: &[String], wanted: &str| order.iter().position(|key| key == wanted);
        let (Some(from), Some(to)) = (place(&order, moved), place(&order, target)) else { return };
        if self.choice(moved).is_pinned != self.choice(target).is_pinned {
            return;
        }
        let tile = order.remove(from);
        order.insert(to, tile);
        // Tiles that are not here now keep their choices, behind the others.
        let absent = self.choices.iter().filter(|choice| !order.contains(&choice.key)).cloned();
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
            let is_pinned = place.and_then(|place| self.choices.get(place)).is_some_and(|choice| choice.is_pinned);
            (!is_pinned, if self.is_ordered { place.unwrap_or(usize::MAX) } else { 0 })
        });
        order
    }

    /// The keys of the tiles shown, in order.
    pub(super) fn keys_shown(&self, all: &[Widget]) -> Vec<String> {
        self.order(all).into_iter().map(key).filter(|key| !self.choice(key).is_hidden).collect()
    }

    /// The tiles shown, each with its place, and those that are hidden.
    pub(super) fn arrange(&self, all: &[Widget]) -> (Vec<Placed>, Vec<Widget>) {
        let (hidden, shown): (Vec<&Widget>, Vec<&Widget>) =
            self.order(all).into_iter().partition(|widget| self.choice(&key(widget)).is_hidden);
        let tiles: Vec<_> = shown.iter().map(|widget| (*widget, self.choice(&key(widget)))).collect();
        let spans = |natural: fn(&Widget) -> u8, chosen: fn(Width) -> u8| {
            let tiles: Vec<_> = tiles
                .iter()
                .map(|(widget, choice)| Span {
                    columns: choice.width.map_or_else(|| natural(widget), chosen),
                    is_fixed: choice.width.is_some(),
                    is_greedy: matches!(widget, Widget::Numbers(_)),
                })
                .collect();
            pack(&tiles)
        };
        let wide = spans(
            |widget| match widget {
                Widget::Host(_) => 12,
                Widget::Numbers(_) => 6,
                Widget::States(_) | Widget::Lines(_) | Widget::Room(_) | Widget::Notices => 4,
            },
            Width::columns,
        );
        let medium = spans(
            |widget| match widget {
                Widget::Host(_) => 12,
                Widget::Numbers(_) | Widget::States(_) | Widget::Lines(_) | Widget::Room(_) | Widget::Notices => 6,
            },
            |width| if width == Width::Full { 12 } else { 6 },
        );
        let placed = tiles.into_iter().zip(wide.into_iter().zip(medium));
        let placed = placed.map(|((widget, choice), (wide, medium))| Placed { widget: widget.clone(), wide, medium, choice });
        (placed.collect(), hidden.into_iter().cloned().collect())
    }
}

impl Choice {
    fn parse(key: &str, flags: &str) -> Self {
        let mut choice = Self { key: key.to_owned(), ..Self::default() };
        for flag in flags.chars() {
            match flag {
                'p' => choice.is_pinned = true,
                'x' => choice.is_hidden = true,
                's' => choice.height = Some(Height::Short),
                't' => choice.height = Some(Height::Tall),
                _ => {
                    let width = Width::ALL.into_iter().map(|(width, _)| width).find(|width| width.letter() == flag);
                    choice.width = width.or(choice.width);
                }
            }
        }
        choice
    }

    fn write(&self, text: &mut String) {
        text.push(';');
        text.push_str(&self.key);
        let height = self.height.map(|height| match height {
            Height::Short => 's',
            Height::Tall => 't',
        });
        let flags = [self.is_pinned.then_some('p'), self.is_hidden.then_some('x'), self.width.map(Width::letter), height];
        let flags: String = flags.into_iter().flatten().collect();
        if !flags.is_empty() {
            text.push('=');
            text.push_str(&flags);
        }
    }
}

/// A tile and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) widget: Widget,
    /// Columns of twelve, on a wide window and on one of medium width.
    pub(super) wide: u8,
    pub(super) medium: u8,
    pub(super) choice: Choice,
}

/// What a tile asks of its row.
struct Span {
    columns: u8,
    /// Chosen by hand: it is never stretched.
    is_fixed: bool,
    /// What is left of a row goes to these first.
    is_greedy: bool,
}

/// How many of twelve columns each tile has, so that no row has a hole that something could fill. Rows are filled from the
/// left in order; what is left of one goes to its tiles.
fn pack(tiles: &[Span]) -> Vec<u8> {
    const COLUMNS: u8 = 12;
    let mut rows: Vec<std::ops::Range<usize>> = Vec::new();
    let mut used = COLUMNS;
    for (index, tile) in tiles.iter().enumerate() {
        if let Some(row) = rows.last_mut().filter(|_| used + tile.columns <= COLUMNS) {
            row.end = index + 1;
            used += tile.columns;
        } else {
            rows.push(index..index + 1);
            used = tile.columns;
        }
    }
    // A small tile alone at the end takes one of three from the row before, so that two and two share their rows.
    if let [.., before, last] = rows.as_mut_slice() {
        let is_small = |range: &std::ops::Range<usize>| {
            tiles.get(range.clone()).is_some_and(|tiles| tiles.iter().all(|tile| !tile.is_fixed && tile.columns <= 4))
        };
        if last.len() == 1 && before.len() == 3 && is_small(last) && is_small(before) {
            before.end -= 1;
            last.start -= 1;
        }
    }
    let mut columns: Vec<u8> = tiles.iter().map(|tile| tile.columns).collect();
    for row in rows {
        let used: u8 = row.clone().filter_map(|index| columns.get(index)).sum();
        let flexible = |greedy: bool| {
            let takes = move |index: &usize| tiles.get(*index).is_some_and(|tile| !tile.is_fixed && (tile.is_greedy || !greedy));
            row.clone().filter(takes).collect::<Vec<_>>()
        };
        let greedy = flexible(true);
        let takers = if greedy.is_empty() { flexible(false) } else { greedy };
        for turn in 0..COLUMNS.saturating_sub(used) {
            let Some(taker) = takers.get(usize::from(turn) % takers.len().max(1)) else { break };
            if let Some(columns) = columns.get_mut(*taker) {
                *columns += 1;
            }
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulseboard::Topic;

    fn topic(name: &str) -> Topic {
        Topic::new(name).unwrap()
    }

    fn widgets() -> Vec<Widget> {
        vec![
            Widget::Host(topic("host/metrics")),
            Widget::Numbers(topic("office/sensor")),
            Widget::Lines(topic("deploys")),
            Widget::Notices,
            Widget::Room(topic("chat/general")),
        ]
    }

    fn shown(layout: &Layout) -> String {
        layout.arrange(&widgets()).0.iter().map(|tile| key(&tile.widget)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_layout_is_read_as_it_was_written() {
        let mut layout = Layout { range: 86_400_000, group: Some("office/**".into()), ..Layout::default() };
        layout.change("notices", |choice| choice.is_hidden = true);
        layout.put(&widgets(), "r:chat/general", "n:office/sensor");
        layout.change("n:office/sensor", |choice| {
            (choice.is_pinned, choice.width, choice.height) = (true, Some(Width::Full), Some(Height::Tall));
        });
        assert_eq!(
            layout.to_text(),
            "1;r=86400000;g=office/**;o;h:host/metrics;r:chat/general;n:office/sensor=pXt;l:deploys;notices=x"
        );
        assert_eq!(Layout::parse(&layout.to_text()), Some(layout.clone()));
        assert_eq!(
            layout.to_link(),
            "/?layout=1;r=86400000;g=office/**;o;h:host/metrics;r:chat/general;n:office/sensor=pXt;l:deploys;notices=x"
        );
        assert_eq!(Layout::parse(&Layout::default().to_text()), Some(Layout::default()));
    }

    #[test]
    fn whatever_stands_in_the_text_gives_a_layout_or_none() {
        for text in ["", "2;o", "0", "{}", "layout"] {
            assert_eq!(Layout::parse(text), None, "{text}");
        }
        for text in ["1", "1;", "1;;;=;r=;r=7;r=x;g=", "1;=p"] {
            assert_eq!(Layout::parse(text), Some(Layout::default()), "{text}");
        }
        let odd = Layout::parse("1;o;n:gone=pZ?t;n:gone=x;notices").unwrap();
        assert_eq!(odd.to_text(), "1;o;n:gone=pt;notices");
        let many = (0..1_000).map(|n| format!(";n:{n}=p")).collect::<Vec<_>>().concat();
        assert_eq!(Layout::parse(&format!("1{many}")).unwrap().choices.len(), TILES);
    }

    #[test]
    fn tiles_are_pinned_hidden_and_moved() {
        let mut layout = Layout::default();
        assert_eq!(shown(&layout), "h:host/metrics n:office/sensor l:deploys notices r:chat/general");
        layout.change("notices", |choice| choice.is_pinned = true);
        layout.change("l:deploys", |choice| choice.is_hidden = true);
        assert_eq!(shown(&layout), "notices h:host/metrics n:office/sensor r:chat/general");
        assert_eq!(layout.arrange(&widgets()).1, [Widget::Lines(topic("deploys"))]);
        layout.put(&widgets(), "r:chat/general", "h:host/metrics");
        assert_eq!(shown(&layout), "notices r:chat/general h:host/metrics n:office/sensor");
        layout.put(&widgets(), "r:chat/general", "n:office/sensor");
        assert_eq!(shown(&layout), "notices h:host/metrics n:office/sensor r:chat/general");
        layout.put(&widgets(), "r:chat/general", "notices");
        assert_eq!(shown(&layout), "notices h:host/metrics n:office/sensor r:chat/general", "what is pinned stays first");
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
        let keys: Vec<_> = layout.arrange(&later).0.iter().map(|tile| key(&tile.widget)).collect();
        assert_eq!(keys.last().map(String::as_str), Some("n:new"));
        assert_eq!(layout.choice("l:away").width, Some(Width::Small));
    }

    #[test]
    fn rows_have_no_holes() {
        for host in 0..2 {
            for numbers in 0..7 {
                for lines in 0..12 {
                    let mut widgets: Vec<_> = (0..host).map(|n| Widget::Host(topic(&format!("t{n}")))).collect();
                    widgets.extend((0..numbers).map(|n| Widget::Numbers(topic(&format!("t{n}")))));
                    widgets.extend((0..lines).map(|n| Widget::Lines(topic(&format!("t{n}")))));
                    let placed = Layout::default().arrange(&widgets).0;
                    for columns in [|tile: &Placed| tile.wide, |tile: &Placed| tile.medium] {
                        // Filled from the left, every row comes to twelve columns.
                        let end = placed.iter().map(columns).fold(0, |at, width| {
                            assert!(at + width <= 12, "{placed:?}");
                            (at + width) % 12
                        });
                        assert_eq!(end, 0, "{placed:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_has_a_width_of_its_own_keeps_it_and_the_others_fill_the_row() {
        let mut layout = Layout::default();
        layout.change("l:deploys", |choice| choice.width = Some(Width::Small));
        let widths: Vec<_> = layout.arrange(&widgets()).0.iter().map(|tile| (tile.wide, tile.medium)).collect();
        assert_eq!(widths, [(12, 12), (9, 6), (3, 6), (6, 6), (6, 6)]);
    }
}
