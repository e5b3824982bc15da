//! The log: what happens, on standard error; and the traces of a build that exports them.

use std::{io, panic};

use tracing_subscriber::{EnvFilter, Layer, Registry, layer::SubscriberExt, util::SubscriberInitExt};

use super::StartError;
use crate::{
    config::{Config, LogFormat},
    trace,
};

/// What has to be told that the program ends.
#[derive(Debug, Default)]
pub(super) struct Begun {
    #[cfg(feature = "otel")]
    export: Option<trace::export::Export>,
}

/// Begins to log as the settings say. Panics are logged like everything else, so that a log for machines stays one.
///
/// # Errors
/// [`StartError::Traces`] where traces cannot leave as the settings say.
pub(super) fn begin(config: &Config) -> Result<Begun, StartError> {
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = match config.log_format {
        LogFormat::Text => layer.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> =
        vec![layer.with_filter(filter(&config.log, "off")).boxed()];
    let begun = Begun::of(config, &mut layers)?;
    // Somebody who runs two servers in one process keeps the log of the first.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, message = info.payload_as_str().unwrap_or("no message"), "panic");
    }));
    Ok(begun)
}

impl Begun {
    #[cfg(feature = "otel")]
    fn of(config: &Config, layers: &mut Vec<Box<dyn Layer<Registry> + Send + Sync>>) -> Result<Self, StartError> {
        let Some(endpoint) = &config.otlp_endpoint else { return Ok(Self::default()) };
        let export = trace::export::Export::begin(endpoint).map_err(|cause| StartError::Traces(cause.to_string()))?;
        // What is said while spans leave would make more of them.
        let wanted = format!("{},opentelemetry=off,ureq=off,rustls=off", config.log);
        layers.push(export.layer().with_filter(filter(&wanted, "info")).boxed());
        Ok(Self { export: Some(export) })
    }

    #[cfg(not(feature = "otel"))]
    #[expect(clippy::unnecessary_wraps, reason = "a build that exports traces may fail here")]
    fn of(_config: &Config, _layers: &mut Vec<Box<dyn Layer<Registry> + Send + Sync>>) -> Result<Self, StartError> {
        Ok(Self::default())
    }

    /// Waits for what is still to leave.
    #[cfg_attr(not(feature = "otel"), expect(clippy::unused_async, reason = "a build that exports traces waits here"))]
    pub(super) async fn finish(self) {
        #[cfg(feature = "otel")]
        if let Some(export) = self.export {
            export.finish().await;
        }
    }
}

/// What the framework below has to say is of interest when it warns, unless asked for.
fn filter(wanted: &str, spans: &str) -> EnvFilter {
    EnvFilter::new(format!("salvo_core=warn,opentelemetry=warn,{wanted},{}={spans}", trace::TARGET))
}
