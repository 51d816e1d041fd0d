//! Addresses within the site: path, query and hash.

/// An address within the site, such as `/topics/a?type=b#c`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    /// The path, percent-encoded.
    pub path: String,
    /// The query without its question mark, percent-encoded.
    pub query: String,
    /// The hash with its `#`, or nothing where there is no `#`.
    pub hash: String,
}

impl Address {
    /// Takes an address apart. Any text is an address; nothing is decoded.
    pub(crate) fn parse(href: &str) -> Self {
        let (href, hash) = href.split_at(href.find('#').unwrap_or(href.len()));
        let (path, query) = href.split_once('?').unwrap_or((href, ""));
        Self {
            path: path.to_owned(),
            query: query.to_owned(),
            hash: hash.to_owned(),
        }
    }

    /// The address as text.
    pub(crate) fn href(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        [&self.path, mark, &self.query, &self.hash].concat()
    }

    /// Whether this address names an element of the page that is open at `here`.
    pub(super) fn is_within(&self, here: &Self) -> bool {
        !self.hash.is_empty() && self.path == here.path && self.query == here.query
    }
}

/// The fields of a query, decoded, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query that has no question mark, such as `a=1&a=2`.
    pub(crate) fn parse(text: &str) -> Self {
        Self(
            form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The last value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.all(name).last().map(str::to_owned)
    }

    /// Every value of a field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_path_query_and_hash() {
        for (href, path, query, hash) in [
            ("/", "/", "", ""),
            ("/guide#replay", "/guide", "", "#replay"),
            ("/inspector?q=a%20b#x?y", "/inspector", "q=a%20b", "#x?y"),
            ("/?a=1?b&c=/#", "/", "a=1?b&c=/", "#"),
        ] {
            let address = Address::parse(href);
            assert_eq!(
                (&*address.path, &*address.query, &*address.hash),
                (path, query, hash)
            );
            assert_eq!(address.href(), href);
        }
    }

    #[test]
    fn an_empty_query_is_no_query() {
        assert_eq!(Address::parse("/guide?"), Address::parse("/guide"));
        assert_eq!(Address::parse("/guide?#a").href(), "/guide#a");
    }

    #[test]
    fn only_a_hash_leads_to_an_element_of_the_same_page() {
        let is_within = |to: &str, here: &str| Address::parse(to).is_within(&Address::parse(here));
        assert!(is_within("/guide#a", "/guide"));
        assert!(is_within("/guide#a", "/guide#b"));
        assert!(is_within("/guide#", "/guide"));
        assert!(!is_within("/guide", "/guide#b"));
        assert!(!is_within("/guide#a", "/"));
        assert!(!is_within("/?a#a", "/?b"));
    }

    #[test]
    fn a_query_is_read_as_forms_write_it() {
        let query =
            Query::parse("q=topic%3Aa+b&type=x&type=gr%C3%B6%C3%9Fe&empty=&bare&100%25=%2541");
        assert_eq!(query.get("q").as_deref(), Some("topic:a b"));
        assert_eq!(query.get("type").as_deref(), Some("größe"));
        assert_eq!(query.all("type").collect::<Vec<_>>(), ["x", "größe"]);
        assert_eq!(query.get("empty").as_deref(), Some(""));
        assert_eq!(query.get("bare").as_deref(), Some(""));
        assert_eq!(query.get("none"), None);
        // What is decoded once is not decoded again.
        assert_eq!(query.get("100%").as_deref(), Some("%41"));
    }

    #[test]
    fn a_query_that_is_not_utf_8_is_read_all_the_same() {
        assert_eq!(
            Query::parse("q=%FF%").get("q").as_deref(),
            Some("\u{fffd}%")
        );
    }
}
