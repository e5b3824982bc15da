//! The log: what happens, on standard error.

use std::{io, panic};

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Begins to log as the settings say. Panics are logged like everything else, so that a log for machines stays one.
pub(super) fn begin(config: &Config) {
    let builder = tracing_subscriber::fmt().with_env_filter(filter(&config.log)).with_writer(io::stderr);
    // Somebody who runs two servers in one process keeps the log of the first.
    let _ = match config.log_format {
        LogFormat::Text => builder.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, message = info.payload_as_str().unwrap_or("no message"), "panic");
    }));
}

/// What the framework below has to say is of interest when it warns, unless asked for.
fn filter(wanted: &str) -> EnvFilter {
    EnvFilter::new(format!("salvo_core=warn,{wanted}"))
}
