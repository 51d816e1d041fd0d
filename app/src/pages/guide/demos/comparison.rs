//! The table that compares Server-Sent Events and WebSocket.

use leptos::prelude::*;

/// The table.
pub(in crate::pages::guide) fn comparison() -> AnyView {
    const ROWS: [(&str, &str, &str); 7] = [
        (
            "Direction",
            "server to page; requests go the other way",
            "both, at any time",
        ),
        (
            "Content",
            "text, in events with a type and an id",
            "text or bytes, in a format you define",
        ),
        (
            "After a lost connection",
            "the browser reconnects and sends the last id",
            "you write the code",
        ),
        (
            "Proxies",
            "plain HTTP; buffering must be off",
            "every proxy must allow the upgrade",
        ),
        (
            "Connections",
            "six per server over HTTP/1.1, shared over HTTP/2",
            "one each, with a higher limit",
        ),
        (
            "Authorisation",
            "cookies; headers only with fetch",
            "cookies; no headers from browsers",
        ),
        ("With curl", "every version", "recent versions only"),
    ];
    let row = |(what, stream, socket): (&'static str, &'static str, &'static str)| {
        view! {
            <tr>
                <th scope="row">{what}</th>
                <td>{stream}</td>
                <td>{socket}</td>
            </tr>
        }
        .into_any()
    };
    view! {
        <table class="comparison">
            <thead>
                <tr>
                    <td></td>
                    <th scope="col">"Server-Sent Events"</th>
                    <th scope="col">"WebSocket"</th>
                </tr>
            </thead>
            <tbody>{ROWS.map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
