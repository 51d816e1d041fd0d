//! The command as a process: flags, environment and configuration file.

use std::{
    fs,
    process::{Command, Output},
};

use crate::{
    command::{check_refused, pulseboard},
    soon,
};

/// Runs `serve` with a file, an environment and flags. The server cannot listen on any of their
/// addresses, so the error shows which of them was used.
async fn serve(file: &str, variables: &[(&str, &str)], flags: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, file).unwrap();
    let mut command = pulseboard();
    command
        .arg("--config")
        .arg(&path)
        .args(flags)
        .envs(variables.iter().copied());
    ended(command).await
}

/// Runs the command to its end. If it found an address it would serve forever; then it is killed and
/// the test fails.
async fn ended(command: Command) -> Output {
    soon(
        tokio::process::Command::from(command)
            .kill_on_drop(true)
            .output(),
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn a_flag_overrides_the_environment_which_overrides_the_file() {
    let file = "[serve]\nlisten = \"192.0.2.1:1\"\nephemeral = true\n";
    check_refused(&serve(file, &[], &[]).await, "192.0.2.1:1");
    check_refused(
        &serve(file, &[("PULSEBOARD_LISTEN", "192.0.2.1:2")], &[]).await,
        "192.0.2.1:2",
    );
    check_refused(
        &serve(
            file,
            &[("PULSEBOARD_LISTEN", "192.0.2.1:2")],
            &["--listen", "192.0.2.1:3"],
        )
        .await,
        "192.0.2.1:3",
    );
}

#[tokio::test]
async fn a_mistake_in_the_file_is_reported_on_one_line_with_exit_code_2() {
    for (file, words) in [
        (
            "[serve]\n\nlisen = \"127.0.0.1:0\"\n",
            ["config.toml:3:", "\"lisen\""],
        ),
        (
            "[serve]\nheartbeat = \"soon\"\n",
            ["config.toml:2:", "\"heartbeat\""],
        ),
        (
            "[serve]\nephemeral = \"yes\"\n",
            ["config.toml:2:", "true or false"],
        ),
        ("\n[dance]\n", ["config.toml:2:", "[dance]"]),
        ("[serve\n", ["config.toml:1:", "TOML"]),
    ] {
        for word in words {
            check_refused(&serve(file, &[], &[]).await, word);
        }
    }
    let (mut named, mut in_environment) = (pulseboard(), pulseboard());
    named.args(["--config", "/does/not/exist.toml"]);
    in_environment.env("PULSEBOARD_CONFIG", "/does/not/exist.toml");
    for command in [named, in_environment] {
        check_refused(&ended(command).await, "/does/not/exist.toml");
    }
}

#[test]
fn the_file_in_the_users_configuration_directory_is_read() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("pulseboard")).unwrap();
    let path = home.path().join("pulseboard").join("config.toml");
    let command = || {
        let mut command = pulseboard();
        command
            .env_remove("PULSEBOARD_CONFIG")
            .env("XDG_CONFIG_HOME", home.path())
            .args(["publish", "t", "x", "--retry-for", "0"]);
        command
    };
    fs::write(&path, "url = \"http://127.0.0.1:1\"\n").unwrap();
    let output = command().output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("http://127.0.0.1:1:"), "{stderr}");
    fs::write(&path, "nothing = 1\n").unwrap();
    check_refused(&command().output().unwrap(), "config.toml:1:");
    let help = command().arg("--help").output().unwrap();
    assert!(
        help.status.success() && !help.stdout.is_empty(),
        "help must be had with a broken file"
    );
}

#[test]
fn help_has_examples_the_variables_and_the_exit_codes() {
    let help = |words: &[&str]| {
        let output = pulseboard().args(words).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty());
        String::from_utf8(output.stdout).unwrap()
    };
    let text = help(&["--help"]);
    for word in [
        "serve",
        "publish",
        "tail",
        "export",
        "import",
        "completions",
        "Examples:",
        "Exit codes: 0",
        "--config",
    ] {
        assert!(text.contains(word), "{word} is missing in {text}");
    }
    for (command, variable) in [
        ("serve", "PULSEBOARD_DATA_DIR"),
        ("publish", "PULSEBOARD_PUBLISH_SOURCE"),
        ("tail", "PULSEBOARD_TAIL_FROM"),
        ("export", "PULSEBOARD_EXPORT_OUTPUT"),
        ("import", "PULSEBOARD_URL"),
    ] {
        let text = help(&[command, "--help"]);
        assert!(
            text.contains("Examples:")
                && text.contains(variable)
                && text.contains("PULSEBOARD_CONFIG"),
            "{text}"
        );
    }
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = pulseboard().args(["completions", shell]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && script.contains("keep-going"),
            "{shell}: {script}"
        );
    }
    check_refused(
        &pulseboard().args(["completions", "tcsh"]).output().unwrap(),
        "tcsh",
    );
}
