//! Makes sure there is a folder to embed: without a front-end build it is empty, and tests of the
//! server still compile.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let site =
        Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../target/site");
    fs::create_dir_all(&site)?;
    println!("cargo::rerun-if-changed=build.rs");
    // A debug build reads the files when it runs; compiling the server anew for each of them would
    // help nobody.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={}", site.display());
    }
    Ok(())
}
