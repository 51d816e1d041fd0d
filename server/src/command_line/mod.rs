//! The command line of `pulseboard`: the command and its flags, which come from the command line,
//! the environment and the configuration file.
//!
//! A mistake prints one line to standard error and ends the process with exit code 2, so that it is
//! easy to read in the log of a service.

mod arguments;

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};
use clap_complete::Shell;
use pulseboard_client::{config_file, export, import, publish, tail};

use self::arguments::Arguments;
use crate::config::{Config, fail};

const AFTER_HELP: &str = "\
Without a command, pulseboard serves: `pulseboard --listen ADDRESS` means `pulseboard serve --listen ADDRESS`.

Examples:
  pulseboard                                       serve the board at http://127.0.0.1:3000
  pulseboard publish deploys api v2 is live        publish one event
  tail -F app.log | pulseboard publish app/log     publish each line as an event
  pulseboard tail 'app/**' --from start            print stored events, then follow new ones
  pulseboard export -o events.ndjson               write all stored events to a file

Configuration: every flag has an environment variable; the command's help names it. A TOML file sets defaults: the file \
that --config names, or else pulseboard/config.toml in your configuration directory. A key is the name of a flag, a table \
is the name of a command: write listen = \"0.0.0.0:3000\" under [serve]. Write flags that several commands share, such as \
url, at the top of the file. Flags override environment variables, which override the file.

Exit codes: 0 success; 1 the network, the server or the input failed; 2 invalid flags or configuration.";

/// A live event board: publish with one POST, see it in every open browser.
#[derive(Debug, Parser)]
#[command(name = "pulseboard", version, after_help = AFTER_HELP, max_term_width = 130, subcommand_required = true)]
struct CommandLine {
    #[command(subcommand)]
    task: Task,

    /// The configuration file; an empty value disables it.
    // `read` finds this value before clap parses anything, because the values of the file are
    // clap's defaults. It is declared here for the help and for errors.
    #[arg(long, global = true, env = config_file::VARIABLE, value_name = "FILE", value_parser = clap::value_parser!(OsString))]
    #[allow(dead_code)]
    config: Option<OsString>,
}

/// A command with its flags.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Serve the board. This is the default command.
    Serve(Config),
    /// Publish events from the command line, or each line of standard input.
    Publish(publish::Args),
    /// Print events as they arrive.
    Tail(tail::Args),
    /// Write stored events to a file, one JSON per line.
    Export(export::Args),
    /// Publish events that export wrote.
    Import(import::Args),
    /// Print the completion script for a shell.
    #[command(
        after_help = "Example:\n  pulseboard completions bash > ~/.local/share/bash-completion/completions/pulseboard"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

impl Task {
    /// Reads the command line, the environment and the configuration file.
    ///
    /// # Errors
    /// If the user asked for help or the version, or made a mistake. The text is already printed;
    /// the process should end with the exit code.
    pub fn from_command_line() -> Result<Self, ExitCode> {
        read(std::env::args_os()).map_err(|stop| match stop {
            Stop::Help(text) => {
                // If standard output is closed, nobody wants the text.
                let _ = write!(io::stdout(), "{text}");
                ExitCode::SUCCESS
            }
            Stop::Mistake(reason) => fail(&reason),
        })
    }
}

/// Prints the completion script for a shell.
pub fn print_completions(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(
        shell,
        &mut CommandLine::command(),
        "pulseboard",
        &mut script,
    );
    let mut stdout = io::stdout();
    match stdout.write_all(&script).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(
                io::stderr(),
                "pulseboard: cannot write to standard output: {error}"
            );
            ExitCode::FAILURE
        }
        Ok(()) | Err(_) => ExitCode::SUCCESS,
    }
}

/// Why there is no command to run.
#[derive(Debug)]
enum Stop {
    /// The user asked for help or the version.
    Help(String),
    /// A mistake, explained on one line.
    Mistake(String),
}

fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Task, Stop> {
    let command = CommandLine::command();
    let arguments = Arguments::new(arguments, |word| command.find_subcommand(word).is_some());
    let stop = |error: clap::Error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stop::Help(error.to_string()),
        _ => Stop::Mistake(one_line(&error.to_string(), &arguments.help)),
    };
    // Help and completions must work even with a broken configuration file.
    match command.clone().try_get_matches_from(&arguments.words) {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            ) =>
        {
            return Err(stop(error));
        }
        Ok(matches) if matches.subcommand_name() == Some("completions") => {
            return task(&matches).map_err(stop);
        }
        Ok(_) | Err(_) => {}
    }
    let command = match config_file::find(arguments.config.clone()).map_err(Stop::Mistake)? {
        Some((path, text)) => config_file::apply_defaults(command, &path, &text)
            .map_err(|error| Stop::Mistake(error.to_string()))?,
        None => command,
    };
    let matches = command
        .try_get_matches_from(&arguments.words)
        .map_err(stop)?;
    task(&matches).map_err(stop)
}

fn task(matches: &clap::ArgMatches) -> Result<Task, clap::Error> {
    CommandLine::from_arg_matches(matches).map(|line| line.task)
}

/// Shortens an error of clap to one line. clap prints the error, a tip and the usage; the error is
/// the first paragraph.
fn one_line(message: &str, help: &str) -> String {
    let paragraph: Vec<_> = message
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let text = paragraph.join(" ");
    format!(
        "{} (see {help})",
        text.strip_prefix("error: ").unwrap_or(&text)
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read_words(words: &[&str]) -> Result<Task, Stop> {
        // Without the configuration file of the user who runs the tests.
        read(
            ["pulseboard", "--config="]
                .iter()
                .chain(words)
                .map(OsString::from),
        )
    }

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn serve_has_the_same_flags_with_and_without_the_command() {
        for words in [
            &["--listen", "127.0.0.1:0"][..],
            &["serve", "--listen", "127.0.0.1:0"],
            &["--listen=127.0.0.1:0"],
        ] {
            match read_words(words).unwrap() {
                Task::Serve(config) => assert_eq!(config.listen, "127.0.0.1:0", "{words:?}"),
                other => panic!("{words:?} is {other:?}"),
            }
        }
        assert!(matches!(read_words(&[]), Ok(Task::Serve(_))));
        assert!(matches!(read_words(&["tail", "a"]), Ok(Task::Tail(_))));
    }

    #[test]
    fn a_mistake_is_explained_on_one_line_that_names_the_right_help() {
        for (words, help) in [
            (&["--heartbeat", "-1"][..], "serve --help"),
            (&["--listen", "nowhere"], "serve --help"),
            (&["--wat"], "serve --help"),
            (&["dance"], "pulseboard --help"),
            (&["--retain", "host/** age=7"], "serve --help"),
            (&["--latest-only", "a/**/b"], "serve --help"),
            (&["--listen"], "serve --help"),
            (&["tail"], "tail --help"),
            (&["tail", "a b"], "tail --help"),
            (&["publish", "a", "--url", "nowhere"], "publish --help"),
            (&["export", "--after", "x"], "export --help"),
            (&["completions", "basic"], "completions --help"),
            (&["import", "a", "b"], "import --help"),
        ] {
            match read_words(words).unwrap_err() {
                Stop::Mistake(line) => assert!(
                    !line.contains('\n') && line.len() > 30 && line.contains(help),
                    "{line}"
                ),
                Stop::Help(text) => panic!("{words:?} printed {text}"),
            }
        }
    }

    #[test]
    fn every_flag_has_its_own_variable_and_is_a_key_of_the_file() {
        // Every flag accepts one of these values, or one of the values that it lists.
        let values = [
            "true",
            "1",
            "\"1\"",
            "\"a\"",
            "\"http://a\"",
            "\"127.0.0.1:0\"",
            "\"9f2c41d7-1\"",
            "\"start\"",
            "\"1h\"",
            "\"a age=1d\"",
        ];
        let command = CommandLine::command();
        let mut variables = std::collections::BTreeMap::<String, String>::new();
        for subcommand in command.get_subcommands() {
            let name = subcommand.get_name();
            for arg in config_file::flags(subcommand) {
                let flag = arg.get_long().unwrap();
                let variable = arg
                    .get_env()
                    .unwrap_or_else(|| panic!("{name} --{flag} has no variable"))
                    .to_str()
                    .unwrap();
                let upper = flag.to_uppercase().replace('-', "_");
                let common = format!("PULSEBOARD_{upper}");
                let own = format!("PULSEBOARD_{}_{upper}", name.to_uppercase());
                // The older name, with the unit.
                let is_named = variable == common
                    || variable == own
                    || variable == "PULSEBOARD_HEARTBEAT_SECONDS";
                assert!(is_named, "{name} --{flag} is read from {variable}");
                let owner = variables
                    .entry(variable.to_owned())
                    .or_insert_with(|| flag.to_owned());
                assert_eq!(owner, flag, "{variable} is read by two flags");
                let words = arg
                    .get_possible_values()
                    .into_iter()
                    .map(|word| format!("{:?}", word.get_name()));
                let is_key = values
                    .iter()
                    .map(ToString::to_string)
                    .chain(words)
                    .any(|value| {
                        let file = format!("[{name}]\n{flag} = {value}\n");
                        config_file::apply_defaults(command.clone(), Path::new("x"), &file).is_ok()
                    });
                assert!(is_key, "{flag} is not a key of [{name}]");
            }
        }
        assert!(variables.len() > 20, "{variables:?}");
    }

    #[test]
    fn only_flags_that_commands_share_may_be_at_the_top_of_the_file() {
        for (file, is_right) in [
            ("url = \"http://a\"\nretry-for = \"1m\"", true),
            ("listen = \"a:1\"", false),
            ("type = \"a\"", false),
        ] {
            let outcome = config_file::apply_defaults(CommandLine::command(), Path::new("x"), file);
            assert_eq!(outcome.is_ok(), is_right, "{file}");
        }
    }
}
