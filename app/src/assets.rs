//! The names of the front end's files, which a release build makes of what is in them, so that
//! browsers keep them for good.

use leptos::{nonce::use_nonce, prelude::*};

/// The addresses of what a page loads. The server puts them into the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// The stylesheet.
    pub style: String,
    /// The script that loads the module.
    pub script: String,
    /// The WebAssembly module.
    pub module: String,
}

impl Default for Assets {
    /// The names of a development build.
    fn default() -> Self {
        Self {
            style: "/pkg/pulseboard.css".to_owned(),
            script: "/pkg/pulseboard.js".to_owned(),
            module: "/pkg/pulseboard.wasm".to_owned(),
        }
    }
}

/// Starts the page: fetches script and module and takes the page over. Where that fails, or the
/// module ends later on, the page says so ([`Broken`]); nothing else could, because what would have
/// to is what has ended.
const START: &str = r#"const broken = () => document.documentElement.setAttribute("data-broken", "");
const look = (what) => { if (what instanceof WebAssembly.RuntimeError) broken(); };
addEventListener("error", (event) => look(event.error));
addEventListener("unhandledrejection", (event) => look(event.reason));
const start = (script, module) =>
  import(script).then((code) => code.default({ module_or_path: module }).then(code.hydrate)).catch((error) => { broken(); throw error; });
"#;

/// Loads what the page needs: the stylesheet first, because nothing is drawn without it, and the
/// module beside it.
#[component]
pub(crate) fn AssetLinks() -> impl IntoView {
    let Assets {
        style,
        script,
        module,
    } = use_context().unwrap_or_default();
    let nonce = use_nonce();
    let start = format!("{START}start({script:?}, {module:?});");
    view! {
        <link rel="stylesheet" href=style />
        <link rel="modulepreload" href=script />
        <link
            rel="preload"
            href=module
            r#as="fetch"
            r#type="application/wasm"
            crossorigin="anonymous"
        />
        <script type="module" nonce=nonce>
            {start}
        </script>
    }
}

/// What a page says that has stopped working, as after an update of the server that took the rest
/// of its code away. It is no part of the app, which would have to be alive to show it.
#[component]
pub(crate) fn Broken() -> impl IntoView {
    view! {
        <div class="broken" role="alert">
            <p>
                <b>"This page has stopped."</b>
                " What is on it stays, and nothing is lost: loading it again brings it back."
            </p>
            <a class="button go" href="" rel="external">
                "Load again"
            </a>
        </div>
    }
}
