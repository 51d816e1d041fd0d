//! The files that a page loads. Their names in a release build contain a hash of their content, so
//! browsers can cache them for ever.

use leptos::{nonce::use_nonce, prelude::*};

/// The addresses of the files. The server puts them into the context.
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

/// The script that starts the app: it loads the module and hydrates the page. If that fails, or if the
/// module panics later, it shows [`Broken`]. The app itself could not, because it has stopped.
const START: &str = r#"const broken = () => document.documentElement.setAttribute("data-broken", "");
const check = (error) => { if (error instanceof WebAssembly.RuntimeError) broken(); };
addEventListener("error", (event) => check(event.error));
addEventListener("unhandledrejection", (event) => check(event.reason));
const start = (script, module) =>
  import(script).then((code) => code.default({ module_or_path: module }).then(code.hydrate)).catch((error) => { broken(); throw error; });
"#;

/// Loads the files: the stylesheet first, because the browser draws nothing without it.
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

/// The notice on a page whose app has stopped, for example because an upgrade of the server removed
/// the rest of its code. It is outside the app, which could not show it any more.
#[component]
pub(crate) fn Broken() -> impl IntoView {
    view! {
        <div class="broken" role="alert">
            <p>
                <b>"This page has stopped."</b>
                " Nothing is lost. Reload it to continue."
            </p>
            <a class="button go" href="" rel="external">
                "Reload"
            </a>
        </div>
    }
}
