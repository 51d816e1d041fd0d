//! The names of the front end's files, which a release build makes of what is in them, so that browsers keep them for good.

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

/// Loads what the page needs: the stylesheet first, because nothing is drawn without it, and the module beside it.
#[component]
pub(crate) fn AssetLinks() -> impl IntoView {
    let Assets { style, script, module } = use_context().unwrap_or_default();
    let nonce = use_nonce();
    let start = format!("import s,{{hydrate}} from {script:?};s({{module_or_path:{module:?}}}).then(hydrate)");
    view! {
        <link rel="stylesheet" href=style/>
        <link rel="modulepreload" href=script/>
        <link rel="preload" href=module r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
        <script type="module" nonce=nonce>{start}</script>
    }
}
