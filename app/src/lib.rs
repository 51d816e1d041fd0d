//! The user interface of Pulseboard: the same pages rendered on the server and made live in the browser.

mod snapshot;

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

pub use snapshot::{Snapshot, Theme, TopicCount, Visitor};

/// The HTML document around the app. The server renders it; a [`Snapshot`] must be in the context.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = use_context::<Snapshot>().and_then(|snapshot| snapshot.visitor.theme).map(Theme::name);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <link rel="stylesheet" href="/pkg/pulseboard.css"/>
                <HydrationScripts options=options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The app.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let snapshot = snapshot::hand_over();
    view! {
        <Title text="Pulseboard"/>
        <Router>
            <main>
                <Routes fallback=|| view! { <h1>"Not found"</h1> }>
                    <Route path=path!("/") view=move || view! { <h1>"Board"</h1> }/>
                    <Route path=path!("/chat/:room") view=|| view! { <h1>"Chat"</h1> }/>
                    <Route path=path!("/inspector") view=|| view! { <h1>"Inspector"</h1> }/>
                    <Route path=path!("/guide") view=|| view! { <h1>"Guide"</h1> }/>
                </Routes>
                <p>{snapshot.events.len()}</p>
            </main>
        </Router>
    }
}
