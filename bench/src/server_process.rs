//! A server process that the run starts, kills and starts again. The run never ends another process.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

use crate::{failure::Failure, target::Target};

const LISTENS_WITHIN: Duration = Duration::from_mins(1);
const POLL_EVERY: Duration = Duration::from_millis(2);

/// A command and the process that runs it. Dropping it kills the process.
#[derive(Debug)]
pub struct ServerProcess {
    command: Vec<String>,
    target: Target,
    child: Child,
}

impl ServerProcess {
    /// Starts the server and waits until it listens.
    ///
    /// # Errors
    /// If another process listens on the address, or if the command does not start or does not
    /// listen in time.
    pub async fn start(command: Vec<String>, target: Target) -> Result<Self, Failure> {
        if TcpStream::connect(target.address).await.is_ok() {
            return Err(Failure::usage(format!(
                "{}: another process listens there; herd kills only a server that it started",
                target.address
            )));
        }
        let mut server = Self {
            child: spawn(&command)?,
            command,
            target,
        };
        server.wait_until_listening().await?;
        Ok(server)
    }

    /// Returns its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills the server (SIGKILL), as a power failure would end it, and starts it again at once.
    ///
    /// # Errors
    /// If the process cannot be killed or the command cannot be started.
    pub fn crash(&mut self) -> Result<(), Failure> {
        let failed = |error| Failure::run(format!("cannot kill the server: {error}"));
        self.child.kill().map_err(failed)?;
        self.child.wait().map_err(failed)?;
        self.child = spawn(&self.command)?;
        Ok(())
    }

    /// Waits until the server accepts connections.
    ///
    /// # Errors
    /// If the process ends, or if it does not listen in time.
    pub async fn wait_until_listening(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + LISTENS_WITHIN;
        while TcpStream::connect(self.target.address).await.is_err() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(Failure::run(format!(
                    "the server ended before it listened: {status}"
                )));
            }
            if Instant::now() > deadline {
                let seconds = LISTENS_WITHIN.as_secs();
                return Err(Failure::run(format!(
                    "the server did not listen on {} within {seconds} s",
                    self.target.address
                )));
            }
            sleep(POLL_EVERY).await;
        }
        Ok(())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Both fail only if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the command. Its standard output is discarded, because the report goes to ours; its
/// standard error is shown.
fn spawn(command: &[String]) -> Result<Child, Failure> {
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| Failure::usage("the command that starts the server is missing"))?;
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| Failure::usage(format!("{program}: {error}")))
}
