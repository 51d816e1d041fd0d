//! Ctrl-C and SIGTERM: the first signal asks for a clean end, the second ends the process at once.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::error::CommandError;

/// The exit code that a shell reports for a process that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// Tells a command that the process was asked to end.
#[derive(Clone)]
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Starts to handle signals; from now on they no longer end the process by themselves.
    ///
    /// # Errors
    /// If the system does not let the process handle signals.
    pub(crate) fn listen() -> Result<Self, CommandError> {
        let failed = |error| CommandError::Failed(format!("cannot listen for signals: {error}"));
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let (sender, receiver) = watch::channel(false);
        // A separate task, because the command's own task may be blocked in a write to a pipe that
        // nobody reads.
        tokio::spawn(async move {
            let mut is_first = true;
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                if !is_first {
                    std::process::exit(INTERRUPTED);
                }
                is_first = false;
                sender.send_replace(true);
            }
        });
        Ok(Self(receiver))
    }

    /// Returns once the process was asked to end.
    pub(crate) async fn requested(&mut self) {
        if self.0.wait_for(|requested| *requested).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
