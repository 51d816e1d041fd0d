//! A server that the run itself starts, kills and starts again. Only this child process is ever
//! ended.

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

/// A command and the process that is doing it. Dropping it kills the process.
#[derive(Debug)]
pub struct Served {
    command: Vec<String>,
    target: Target,
    child: Child,
}

impl Served {
    /// Starts the server and waits until it listens.
    pub async fn start(command: Vec<String>, target: Target) -> Result<Self, Failure> {
        if TcpStream::connect(target.address).await.is_ok() {
            return Err(Failure::usage(format!(
                "{}: something listens there already, and it is not ours to kill",
                target.address
            )));
        }
        let mut served = Self {
            child: spawn(&command)?,
            command,
            target,
        };
        served.listens().await?;
        Ok(served)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the server as a power failure would (SIGKILL), and starts it again at once.
    pub fn crash(&mut self) -> Result<(), Failure> {
        let broke = |error| Failure::run(format!("the server could not be killed: {error}"));
        self.child.kill().map_err(broke)?;
        self.child.wait().map_err(broke)?;
        self.child = spawn(&self.command)?;
        Ok(())
    }

    /// Waits until the server accepts connections.
    pub async fn listens(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + LISTENS_WITHIN;
        while TcpStream::connect(self.target.address).await.is_err() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(Failure::run(format!(
                    "the server ended instead of listening: {status}"
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

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Its standard output is dropped, because the report stands on ours; what it complains of is seen.
fn spawn(command: &[String]) -> Result<Child, Failure> {
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| Failure::usage("which command starts the server?"))?;
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| Failure::usage(format!("{program}: {error}")))
}
