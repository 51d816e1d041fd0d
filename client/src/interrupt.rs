//! Ctrl-C and termination: the first asks for a clean end, the second does not wait for it.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::Failure;

/// What a shell reports of a process that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// Told when the process is asked to end.
#[derive(Clone)]
pub(crate) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// From here on signals no longer end the process by themselves.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let failed = |error| Failure::Failed(format!("cannot listen for signals: {error}"));
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let (sender, receiver) = watch::channel(false);
        // A task of its own: the one that works may be stuck in a write to a pipe that nobody
        // reads.
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

    /// Returns once the process has been asked to end.
    pub(crate) async fn requested(&mut self) {
        if self.0.wait_for(|requested| *requested).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
