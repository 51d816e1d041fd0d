//! What the cookies of a browser say about its visitor.

use axum::http::{HeaderMap, header};
use cookie::{Cookie, SameSite, time::Duration};
use pulseboard_app::{Theme, Visitor};
use pulseboard_contract::is_user_name;

/// The visitor, as far as the cookies are valid.
pub(crate) fn visitor(headers: &HeaderMap) -> Visitor {
    let cookies: Vec<_> = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse_encoded)
        .filter_map(Result::ok)
        .collect();
    let value = |name: &str| {
        cookies
            .iter()
            .find(|cookie| cookie.name() == name)
            .map(Cookie::value)
    };
    Visitor {
        name: value("name")
            .filter(|name| is_user_name(name))
            .map(str::to_owned),
        theme: value("theme").and_then(Theme::from_name),
        knows_hint: value("hint") == Some("gone"),
        board: value("board")
            .filter(|board| !board.is_empty())
            .map(str::to_owned),
    }
}

/// The header `Set-Cookie` that makes a browser remember this name for a year.
pub(crate) fn name_cookie(name: &str) -> String {
    Cookie::build(("name", name))
        .path("/")
        .max_age(Duration::days(365))
        .same_site(SameSite::Lax)
        .build()
        .encoded()
        .to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn visitor_with(cookie: &str) -> Visitor {
        visitor(&HeaderMap::from_iter([(
            header::COOKIE,
            cookie.parse().unwrap(),
        )]))
    }

    #[test]
    fn a_name_survives_its_cookie() {
        for name in ["Ada", "a; b=c", "\"Грейс\" %41", "a/b?c#d", "'x'"] {
            let cookie = name_cookie(name);
            let (pair, attributes) = cookie.split_once("; ").unwrap();
            assert_eq!(attributes, "SameSite=Lax; Path=/; Max-Age=31536000");
            assert_eq!(visitor_with(pair).name.as_deref(), Some(name));
        }
    }

    #[test]
    fn a_cookie_that_is_not_valid_is_ignored() {
        for cookie in [
            "name=a%0ab",
            "name=%ff",
            "name=",
            "theme=pink",
            "x",
            "board=",
        ] {
            assert_eq!(visitor_with(cookie), Visitor::default(), "{cookie}");
        }
    }

    #[test]
    fn every_cookie_is_read() {
        assert_eq!(
            visitor_with("a=b; name=Ada%20L; theme=dark; hint=gone; board=%7B%7D"),
            Visitor {
                name: Some("Ada L".to_owned()),
                theme: Some(Theme::Dark),
                knows_hint: true,
                board: Some("{}".to_owned()),
            }
        );
    }
}
