//! The table of pages. The server's routes, the chunks, the bar and the palette read it, so a new
//! page is one row here, its chunk, and the arms of the matches that the compiler names.

use percent_encoding::percent_decode_str;
use pulseboard_contract::push_percent_encoded;

use crate::chunks::Chunk;

/// A page of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The dashboard.
    Board,
    /// A room.
    Chat,
    /// A topic.
    Topic,
    /// The inspector.
    Inspector,
    /// The guide.
    Guide,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct PagePath {
    /// The page.
    pub page: Page,
    /// Its path as axum writes it. `{name}` stands for one segment, `{*name}` for one or more; it
    /// is the end of the path.
    pub pattern: &'static str,
    /// The chunk that holds its code.
    pub(crate) chunk: Chunk,
    /// How the bar and the palette lead to it, unless they do not.
    pub(crate) tab: Option<Tab>,
}

/// A page in the bar, in the palette and among the shortcuts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tab {
    /// Where it leads.
    pub href: &'static str,
    /// Its name in the bar.
    pub label: &'static str,
    /// Its name in the palette and in the list of shortcuts.
    pub action: &'static str,
    /// The shortcut that leads there.
    pub keys: &'static str,
}

/// The pages, those of the bar in its order.
pub const PATHS: [PagePath; 5] = [
    PagePath {
        page: Page::Board,
        pattern: "/",
        chunk: Chunk::Board,
        tab: Some(Tab {
            href: "/",
            label: "Board",
            action: "Go to the board",
            keys: "g b",
        }),
    },
    PagePath {
        page: Page::Chat,
        pattern: "/chat/{room}",
        chunk: Chunk::Chat,
        tab: Some(Tab {
            href: "/chat/general",
            label: "Chat",
            action: "Go to the chat",
            keys: "g c",
        }),
    },
    PagePath {
        page: Page::Topic,
        pattern: "/topics/{*topic}",
        chunk: Chunk::Topic,
        tab: None,
    },
    PagePath {
        page: Page::Inspector,
        pattern: "/inspector",
        chunk: Chunk::Inspector,
        tab: Some(Tab {
            href: "/inspector",
            label: "Inspector",
            action: "Go to the inspector",
            keys: "g i",
        }),
    },
    PagePath {
        page: Page::Guide,
        pattern: "/guide",
        chunk: Chunk::Guide,
        tab: Some(Tab {
            href: "/guide",
            label: "Guide",
            action: "Go to the guide",
            keys: "g g",
        }),
    },
];

/// The pages of the bar.
pub(crate) fn tabs() -> impl Iterator<Item = (Page, Tab)> {
    PATHS.iter().filter_map(|row| Some((row.page, row.tab?)))
}

/// The chunk of the page at a path, or of the page that says there is none.
pub(crate) fn chunk_at(path: &str) -> Chunk {
    Page::at(path).map_or(Chunk::NotFound, |(page, _)| page.chunk())
}

impl Page {
    /// The page at a path, and the variable part of the path, decoded.
    ///
    /// ```
    /// use pulseboard_app::Page;
    ///
    /// assert_eq!(Page::at("/chat/on%20call"), Some((Page::Chat, "on call".into())));
    /// assert_eq!(Page::at("/api/docs"), None);
    /// ```
    pub fn at(path: &str) -> Option<(Self, String)> {
        PATHS
            .iter()
            .find_map(|row| Some((row.page, row.parameter(path)?)))
    }

    /// The path of this page with a parameter. A page whose path has no variable part ignores it.
    ///
    /// ```
    /// use pulseboard_app::Page;
    ///
    /// assert_eq!(Page::Chat.href("on call"), "/chat/on%20call");
    /// assert_eq!(Page::Guide.href(""), "/guide");
    /// ```
    pub fn href(self, parameter: &str) -> String {
        let pattern = self.row().pattern;
        let Some((before, variable)) = pattern.split_once('{') else {
            return pattern.to_owned();
        };
        let mut href = before.to_owned();
        if variable.starts_with('*') {
            for (index, segment) in parameter.split('/').enumerate() {
                if index > 0 {
                    href.push('/');
                }
                push_percent_encoded(&mut href, segment);
            }
        } else {
            push_percent_encoded(&mut href, parameter);
        }
        href
    }

    /// The chunk that holds its code.
    pub(crate) fn chunk(self) -> Chunk {
        self.row().chunk
    }

    fn row(self) -> &'static PagePath {
        const { &PATHS }
            .iter()
            .find(|row| row.page == self)
            .unwrap_or(&PATHS[0])
    }
}

impl PagePath {
    /// The variable part of a path that fits this row: empty where the row has none.
    fn parameter(&self, path: &str) -> Option<String> {
        let Some((before, variable)) = self.pattern.split_once('{') else {
            return (self.pattern == path).then(String::new);
        };
        let parameter = path.strip_prefix(before)?;
        if parameter.is_empty() || (!variable.starts_with('*') && parameter.contains('/')) {
            return None;
        }
        let parameter = percent_decode_str(parameter).decode_utf8().ok()?;
        Some(parameter.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::Room;

    use super::*;

    #[test]
    fn a_path_leads_to_its_page_and_says_its_parameter() {
        for (path, page, parameter) in [
            ("/", Page::Board, ""),
            ("/chat/general", Page::Chat, "general"),
            ("/chat/gr%C3%B6%C3%9Fe", Page::Chat, "größe"),
            ("/chat/a+b", Page::Chat, "a+b"),
            ("/topics/host/metrics", Page::Topic, "host/metrics"),
            ("/topics/a%2Fb", Page::Topic, "a/b"),
            ("/inspector", Page::Inspector, ""),
            ("/guide", Page::Guide, ""),
        ] {
            assert_eq!(Page::at(path), Some((page, parameter.to_owned())), "{path}");
        }
    }

    #[test]
    fn any_other_path_leads_to_no_page() {
        for path in [
            "",
            "//",
            "//example.org",
            "/chat",
            "/chat/",
            "/chat/a/b",
            "/topics",
            "/topics/",
            "/chat/%FF",
            "/guide/",
            "/inspector/x",
            "/nothing",
            "/metrics",
            "/api/docs",
            "/offline",
        ] {
            assert_eq!(Page::at(path), None, "{path}");
            assert_eq!(chunk_at(path), Chunk::NotFound, "{path}");
        }
    }

    #[test]
    fn the_address_of_a_page_leads_back_to_it() {
        for row in PATHS {
            let parameter = match row.page {
                Page::Chat => "on call? #1 100%",
                Page::Topic => "a b/größe/%41",
                Page::Board | Page::Inspector | Page::Guide => "",
            };
            let href = row.page.href(parameter);
            assert!(href.is_ascii() && !href.contains([' ', '?', '#']), "{href}");
            assert_eq!(Page::at(&href), Some((row.page, parameter.to_owned())));
        }
    }

    #[test]
    fn a_room_has_the_path_that_the_contract_gives_it() {
        let room = Room::new("größe:1").unwrap();
        assert_eq!(Page::Chat.href(&room.to_string()), room.path());
    }

    #[test]
    fn every_page_has_one_row_and_every_tab_leads_to_its_own_page() {
        for (index, row) in PATHS.iter().enumerate() {
            assert_eq!(
                PATHS.iter().position(|other| other.page == row.page),
                Some(index)
            );
            assert_eq!(chunk_at(&row.page.href("a")), row.chunk);
            let variables = row.pattern.matches('{').count();
            assert_eq!(variables, usize::from(row.pattern.ends_with('}')));
        }
        for (page, tab) in tabs() {
            assert_eq!(Page::at(tab.href).map(|(page, _)| page), Some(page));
        }
    }
}
