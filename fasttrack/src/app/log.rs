//! The log: what happens, on standard error; and the traces of a build that exports them.
//!
//! What the program says beside its log (where it listens, why it does not start) takes the shape of the log from
//! [`line()`], so that whoever reads lines of JSON finds nothing else.

use std::{
    io::{self, Write as _},
    panic::{self, PanicHookInfo},
};

use serde_json::json;
use tracing::Level;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

use super::StartError;
use crate::{
    clock,
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
    let mut layers = vec![shaped(config.log_format, io::stderr).with_filter(filter(&config.log, "off")).boxed()];
    let begun = Begun::of(config, &mut layers)?;
    // Somebody who runs two servers in one process keeps the log of the first.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    panic::set_hook(Box::new(|info| {
        let (place, words) = place_and_words(info);
        tell_of_panic(&place, words);
    }));
    Ok(begun)
}

/// The log in one of its shapes.
fn shaped<W>(format: LogFormat, writer: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        LogFormat::Text => layer.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    }
}

/// One line beside the log, without its end: the text for people, or what the log for machines would have made of it.
pub(crate) fn line(format: LogFormat, level: Level, text: &str) -> String {
    match format {
        LogFormat::Text => text.to_owned(),
        LogFormat::Json => {
            json!({ "timestamp": clock::now(), "level": level.as_str(), "message": text, "target": "fasttrack" })
                .to_string()
        }
    }
}

/// Has a panic before the log begins, or in a command without one, take the shape of the log. For people the standard
/// library says it well.
pub(crate) fn shape_panics(format: LogFormat) {
    if format == LogFormat::Json {
        panic::set_hook(Box::new(|info| {
            let (place, words) = place_and_words(info);
            let line = line(LogFormat::Json, Level::ERROR, &format!("panic at {place}: {words}"));
            let _ = writeln!(io::stderr(), "{line}");
        }));
    }
}

fn place_and_words<'a>(info: &'a PanicHookInfo<'_>) -> (String, &'a str) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    (place, info.payload_as_str().unwrap_or("no message"))
}

/// The field of the words must not be called `message`: the line has one already.
fn tell_of_panic(place: &str, words: &str) {
    tracing::error!(place, words, "panic");
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use serde_json::Value;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_one_line_that_says_each_thing_once() {
        let kept = Kept::default();
        let writer = kept.clone();
        let log = tracing_subscriber::registry().with(vec![shaped(LogFormat::Json, move || writer.clone())]);
        tracing::subscriber::with_default(log, || tell_of_panic("src/x.rs:1:2", "index out of bounds"));
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["message"], "panic");
        assert_eq!((&line["words"], &line["place"]), (&"index out of bounds".into(), &"src/x.rs:1:2".into()));
        assert_eq!(text.matches("\"message\":").count(), 1, "{text}");
    }

    #[test]
    fn a_line_beside_the_log_has_its_shape() {
        let text = "cannot listen on \"x\":\n80";
        assert_eq!(line(LogFormat::Text, Level::ERROR, text), text);
        let line = line(LogFormat::Json, Level::ERROR, text);
        assert_eq!(line.lines().count(), 1, "{line}");
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&value["level"], &value["message"]), (&"ERROR".into(), &text.into()));
        assert!(value["timestamp"].as_str().is_some_and(|at| clock::parse_timestamp(at).is_some()), "{line}");
    }
}
