//! `baja serve`.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use crate::{config::Settings, startup::Application, telemetry};

pub(super) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    telemetry::init(settings.log.format, &settings.log.filter)?;
    // Registered before anything is bound, so that no signal finds the service without a handler.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let application = Application::build(settings).await?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    application.run(stop).await?;
    Ok(ExitCode::SUCCESS)
}
