//! The files of the front end, embedded in the binary. A debug build reads them from the disk,
//! because the development watcher replaces them.

use std::sync::OnceLock;

use leptos::{WasmSplitManifest, prelude::ArcStoredValue};
use percent_encoding::percent_decode_str;
use pulseboard_app::Assets;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../target/site"]
struct Site;

/// The folder of the files that the build generates.
const GENERATED: &str = "pkg";

/// What a page has to know about the files of the front end.
pub(crate) struct FrontEnd {
    /// The files that every page loads.
    pub(crate) assets: Assets,
    /// Which modules each lazily loaded chunk consists of, so that a page can tell the browser to
    /// fetch them early. `None` if the front end is one module.
    pub(crate) modules: Option<WasmSplitManifest>,
}

/// Read once: the names do not change while a server runs, not even under the watcher.
pub(crate) fn front_end() -> &'static FrontEnd {
    static FRONT_END: OnceLock<FrontEnd> = OnceLock::new();
    FRONT_END.get_or_init(|| FrontEnd {
        assets: assets(),
        modules: modules(),
    })
}

/// The file at this path of a URL.
pub(crate) fn find(path: &str) -> Option<(String, EmbeddedFile)> {
    let path = percent_decode_str(path.strip_prefix('/')?)
        .decode_utf8()
        .ok()?;
    // In a debug build the path reaches the disk, so each segment must be a plain name.
    let is_name =
        |segment: &str| !matches!(segment, "" | "." | "..") && !segment.contains(['\\', ':', '\0']);
    if !path.split('/').all(is_name) {
        return None;
    }
    Site::get(&path).map(|file| (path.into_owned(), file))
}

/// The compressed form of a file that the build has made.
pub(crate) fn compressed(path: &str, extension: &str) -> Option<EmbeddedFile> {
    Site::get(&format!("{path}.{extension}"))
}

/// Whether the content of the file never changes, because its name contains its version or a hash.
pub(crate) fn is_immutable(path: &str) -> bool {
    path.starts_with("fonts/") || (path.starts_with(GENERATED) && hash_in(path).is_some())
}

/// The files that every page loads, under the names that the build gave them. Without a build they
/// have their usual names.
fn assets() -> Assets {
    let usual = Assets::default();
    let named = |extension: &str| {
        generated("pulseboard", extension).map(|file| format!("/{GENERATED}/{file}"))
    };
    Assets {
        style: named("css").unwrap_or(usual.style),
        script: named("js").unwrap_or(usual.script),
        module: named("wasm").unwrap_or(usual.module),
    }
}

fn modules() -> Option<WasmSplitManifest> {
    let manifest = Site::get(&format!(
        "{GENERATED}/{}",
        generated("__wasm_split_manifest", "json")?
    ))?;
    let modules = serde_json::from_slice(&manifest.data).ok()?;
    Some(WasmSplitManifest(ArcStoredValue::new((
        format!("/{GENERATED}"),
        modules,
        generated("__wasm_split", "js")?,
    ))))
}

/// The one generated file with this stem and extension, with or without a hash between them.
fn generated(stem: &str, extension: &str) -> Option<String> {
    Site::iter().find_map(|path| {
        let name = path.strip_prefix(GENERATED)?.strip_prefix('/')?;
        let between = name.strip_prefix(stem)?.strip_suffix(extension)?;
        (between == "."
            || hash_in(name)
                .is_some_and(|hash| between.strip_prefix('.') == Some(&format!("{hash}."))))
        .then(|| name.to_owned())
    })
}

/// The hash before the extension of a file: an MD5 in unpadded base64, which is 22 characters.
fn hash_in(name: &str) -> Option<&str> {
    let (stem, _) = name.rsplit_once('.')?;
    let (_, hash) = stem.rsplit_once('.')?;
    let is_hash = hash.len() == 22
        && hash
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    // A development build has 22 underscores in its place.
    (is_hash && hash.bytes().any(|byte| byte != b'_')).then_some(hash)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_site() {
        for path in [
            "/../Cargo.toml",
            "/%2e%2e/%2e%2e/Cargo.toml",
            "//etc/passwd",
            "/%2fetc/passwd",
            "/pkg/..%5c..%5cCargo.toml",
            "/%00",
            "/%ff",
            "/",
        ] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn a_hash_is_told_apart_from_a_version() {
        assert_eq!(
            hash_in("pulseboard.Q2-bXwlc_kTbPqe1xN0Bxw.wasm"),
            Some("Q2-bXwlc_kTbPqe1xN0Bxw")
        );
        for name in [
            "pulseboard.wasm",
            "inter-5.3.0.woff2",
            "__wasm_split.______________________.js",
            "a.Q2-bXwlc_kTbPqe1xN0Bxw",
        ] {
            assert_eq!(hash_in(name), None, "{name}");
        }
    }
}
