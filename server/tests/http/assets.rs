//! Static files. A release build embeds them when it is compiled, so only a debug build can test
//! them.
#![cfg(debug_assertions)]

use std::{fs, path::PathBuf};

use crate::{TestServer, check_problem, header};

/// A folder of the site that exists during one test. Its name is unique among the test programs
/// that run at the same time.
struct Folder {
    name: String,
    path: PathBuf,
}

impl Folder {
    fn with(name: &str, files: &[(&str, &str)]) -> Self {
        let name = format!("{name}-{}", std::process::id());
        let path =
            PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/site")).join(&name);
        fs::create_dir_all(&path).unwrap();
        for (file, text) in files {
            fs::write(path.join(file), text).unwrap();
        }
        Self { name, path }
    }

    fn url(&self, file: &str) -> String {
        format!("/{}/{file}", self.name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[tokio::test]
async fn a_file_has_its_media_type_and_a_tag_to_revalidate_it() {
    let folder = Folder::with("test-tag", &[("a b.js", "let a;"), ("a.wasm", "\0asm")]);
    let server = TestServer::start().await;
    let response = server.get(&folder.url("a%20b.js")).send().await.unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            header(&response, "content-type").as_str()
        ),
        (200, "text/javascript; charset=utf-8")
    );
    assert_eq!(
        (
            header(&response, "cache-control"),
            header(&response, "vary")
        ),
        ("no-cache".to_owned(), "accept-encoding".to_owned())
    );
    let tag = header(&response, "etag");
    assert!(tag.starts_with('"') && tag.len() > 20);
    assert_eq!(response.text().await.unwrap(), "let a;");

    for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let response = server
            .get(&folder.url("a%20b.js"))
            .header("if-none-match", known)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (response.status().as_u16(), header(&response, "etag")),
            (304, tag.clone())
        );
        assert_eq!(response.text().await.unwrap(), "");
    }
    let other = server
        .get(&folder.url("a%20b.js"))
        .header("if-none-match", "\"x\"")
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), 200);
    assert_eq!(
        header(
            &server.get(&folder.url("a.wasm")).send().await.unwrap(),
            "content-type"
        ),
        "application/wasm"
    );
}

#[tokio::test]
async fn a_compressed_form_from_the_build_is_served_to_clients_that_accept_it() {
    let folder = Folder::with(
        "test-encoding",
        &[
            ("a.css", "plain"),
            ("a.css.br", "brotli"),
            ("a.css.gz", "gzip"),
        ],
    );
    let server = TestServer::start().await;
    let mut tags = std::collections::BTreeSet::new();
    for (accepted, encoding, body) in [
        ("gzip, br", "br", "brotli"),
        ("gzip", "gzip", "gzip"),
        ("identity", "", "plain"),
    ] {
        let response = server
            .get(&folder.url("a.css"))
            .header("accept-encoding", accepted)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (
                header(&response, "content-encoding").as_str(),
                header(&response, "content-type").as_str()
            ),
            (encoding, "text/css; charset=utf-8")
        );
        tags.insert(header(&response, "etag"));
        assert_eq!(response.text().await.unwrap(), body);
    }
    assert_eq!(tags.len(), 3, "each encoding has its own tag");
}

#[tokio::test]
async fn a_file_can_only_be_read() {
    let folder = Folder::with("test-read", &[("a.txt", "x")]);
    let server = TestServer::start().await;
    let response = server.post(&folder.url("a.txt")).send().await.unwrap();
    assert_eq!(header(&response, "allow"), "GET,HEAD");
    check_problem(405, None, response).await;
    let head = server
        .client
        .head(server.url(&folder.url("a.txt")))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            head.status().as_u16(),
            header(&head, "content-length").as_str()
        ),
        (200, "1")
    );
}
