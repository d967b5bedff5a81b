//! `baja serve`.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use super::Global;
use crate::{
    config::{Settings, environment},
    startup::Application,
    telemetry,
};

pub(super) async fn run(global: &Global) -> anyhow::Result<ExitCode> {
    let settings = global.settings()?;
    telemetry::init(settings.log.format, &settings.log.filter)?;
    // Registered before anything is bound, so that no signal finds the service without a handler.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Without a handler this one would end the process.
    let mut hangup = signal(SignalKind::hangup())?;
    let application = Application::build(&settings).await?;
    let mut reloader = application.reloader();
    let config = global.config.clone();
    let reloads = tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            let config = config.clone();
            // What came of it is in the log.
            let _ = reloader.reload(move || Settings::load(config.as_deref(), environment())).await;
        }
    });
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let served = application.run(stop).await;
    reloads.abort();
    served?;
    Ok(ExitCode::SUCCESS)
}
