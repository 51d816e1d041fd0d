//! A layout as text, for the browser's storage and for links.
//!
//! ```text
//! 1;r=300000;g=office/**;o;n:office/sensor=pLt;l:deploys=x;r:chat/general
//! ```

use super::{Choice, Height, Layout, RANGES, TILES, Width};

/// The version at the beginning of the text. Another version comes from a Pulseboard with other
/// layouts.
const VERSION: &str = "1";

impl Layout {
    /// Reads a layout. Parts that cannot be read are skipped; a text of another version gives none.
    pub(in super::super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';');
        if parts.next()?.trim() != VERSION {
            return None;
        }
        let mut layout = Self::default();
        for part in parts {
            match part.split_once('=') {
                None if part == "o" => layout.is_ordered = true,
                Some(("r", millis)) => {
                    let known = RANGES
                        .iter()
                        .find(|(range, _)| millis.parse() == Ok(*range));
                    layout.range = known.map_or(layout.range, |(range, _)| *range);
                }
                Some(("g", group)) => {
                    layout.group = Some(group.to_owned()).filter(|group| !group.is_empty());
                }
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

    /// The text from which [`Layout::parse`] reads the same layout.
    pub(in super::super) fn to_text(&self) -> String {
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
            if self.is_ordered
                || *choice
                    != (Choice {
                        key: choice.key.clone(),
                        ..Choice::default()
                    })
            {
                choice.write(&mut text);
            }
        }
        text
    }

    /// The link to the layout, without the origin of the site.
    pub(in super::super) fn to_link(&self) -> String {
        let mut value = String::new();
        pulseboard_contract::push_percent_encoded(&mut value, &self.to_text());
        // A query may have these characters unencoded, which keeps the link readable.
        for (encoded, plain) in [
            ("%2F", "/"),
            ("%3A", ":"),
            ("%3B", ";"),
            ("%3D", "="),
            ("%2A", "*"),
        ] {
            value = value.replace(encoded, plain);
        }
        format!("/?layout={value}")
    }
}

impl Choice {
    fn parse(key: &str, flags: &str) -> Self {
        let mut choice = Self {
            key: key.to_owned(),
            ..Self::default()
        };
        for flag in flags.chars() {
            match flag {
                'p' => choice.is_pinned = true,
                'x' => choice.is_hidden = true,
                's' => choice.height = Some(Height::Short),
                't' => choice.height = Some(Height::Tall),
                _ => {
                    let width = Width::ALL
                        .into_iter()
                        .map(|(width, _)| width)
                        .find(|width| width.letter() == flag);
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
        let flags = [
            self.is_pinned.then_some('p'),
            self.is_hidden.then_some('x'),
            self.width.map(Width::letter),
            height,
        ];
        let flags: String = flags.into_iter().flatten().collect();
        if !flags.is_empty() {
            text.push('=');
            text.push_str(&flags);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::widgets, *};

    #[test]
    fn a_layout_is_read_as_it_was_written() {
        let mut layout = Layout {
            range: 86_400_000,
            group: Some("office/**".into()),
            ..Layout::default()
        };
        layout.change("notices", |choice| choice.is_hidden = true);
        layout.put(&widgets(), "r:chat/general", "n:office/sensor");
        layout.change("n:office/sensor", |choice| {
            (choice.is_pinned, choice.width, choice.height) =
                (true, Some(Width::Full), Some(Height::Tall));
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
        assert_eq!(
            Layout::parse(&Layout::default().to_text()),
            Some(Layout::default())
        );
    }

    #[test]
    fn any_text_gives_a_layout_or_none() {
        for text in ["", "2;o", "0", "{}", "layout"] {
            assert_eq!(Layout::parse(text), None, "{text}");
        }
        for text in ["1", "1;", "1;;;=;r=;r=7;r=x;g=", "1;=p"] {
            assert_eq!(Layout::parse(text), Some(Layout::default()), "{text}");
        }
        let odd = Layout::parse("1;o;n:gone=pZ?t;n:gone=x;notices").unwrap();
        assert_eq!(odd.to_text(), "1;o;n:gone=pt;notices");
        let many = (0..1_000)
            .map(|n| format!(";n:{n}=p"))
            .collect::<Vec<_>>()
            .concat();
        assert_eq!(
            Layout::parse(&format!("1{many}")).unwrap().choices.len(),
            TILES
        );
    }
}
