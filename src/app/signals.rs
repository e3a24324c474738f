//! SIGTERM and SIGINT stop, SIGHUP reloads.

use std::sync::Arc;

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::{ConfigHandle, supervisor};

/// Installed before anything starts: from here on no signal ends the process by itself.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// # Errors
    /// The system refuses a handler.
    pub(super) fn install() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())?, hang_up: signal(SignalKind::hangup())? })
    }

    /// Reloads as often as requested; returns when the service must stop.
    pub(super) async fn wait_for_stop(&mut self, live: &Arc<ConfigHandle>) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hang_up.recv() => reload(live).await,
            }
        }
    }
}

/// Reads every file again, for `systemctl reload`.
async fn reload(live: &Arc<ConfigHandle>) {
    let begun = NotifyState::monotonic_usec_now();
    let states: Vec<NotifyState<'_>> = std::iter::once(NotifyState::Reloading).chain(begun).collect();
    supervisor::notify_systemd(&states);
    let this = Arc::clone(live);
    let right = tokio::task::spawn_blocking(move || this.refresh(true)).await.unwrap_or(false);
    let status = if right { "reloaded" } else { "not everything was taken over: see the journal" };
    supervisor::notify_systemd(&[NotifyState::Ready, NotifyState::Status(status)]);
}
