//! `fasttrack demo`: fills an empty database with what the application thinks shows it best, and prints the log-ins.

use std::{io, io::Write as _};

use indicatif::{ProgressBar, ProgressStyle};

use super::table::table;
use crate::{
    app::{self, App, Application, Demo, StartError},
    config::Config,
    db::{DatabaseUrl, DbOptions},
    error::Error,
};

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub(super) enum DemoError {
    /// The database is not there.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The application has none.
    #[error("this application has no demo; `Application::demo` gives it one")]
    None,
    /// Somebody has been here.
    #[error("{0} holds accounts already; a demo fills an empty database only: name another one in DATABASE_URL")]
    NotEmpty(DatabaseUrl),
    /// A row was refused.
    #[error("the demo was not finished: {0}")]
    Refused(#[from] Error),
    /// The machine gives no randomness.
    #[error("no password can be made up: {0}")]
    Random(String),
}

/// Fills the database. `size` is how many rows of the application's unit are wanted.
pub(super) async fn run(application: Application, size: Option<usize>, config: &Config) -> Result<(), DemoError> {
    let (_, usual, fill) = application.demo.ok_or(DemoError::None)?;
    let beside = app::is_served(&config.database);
    let app = App::open(application.resources, config, DbOptions { beside, ..DbOptions::default() }).await?;
    if !Demo::suits(&app) {
        app.db.close().await;
        return Err(DemoError::None);
    }
    let size = size.unwrap_or(usual);
    let bar = progress(size);
    let ticking = bar.clone();
    let password = password()?;
    let demo = Demo::new(app, size, password.clone(), move || ticking.inc(1));
    let filled = if demo.is_empty().await? {
        let filled = fill(demo.clone()).await;
        // What was made before a failure sends no mail either.
        let forgotten = demo.forget_jobs().await;
        filled.and(forgotten).map_err(DemoError::from)
    } else {
        Err(DemoError::NotEmpty(config.database.clone()))
    };
    bar.finish_and_clear();
    demo.close().await;
    filled?;
    let rows = demo.accounts().into_iter().map(|(email, role)| [email, password.clone(), role.to_owned()]);
    let _ = write!(io::stdout(), "{}", table(&["e-mail", "password", "role"], rows));
    Ok(())
}

fn progress(size: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(size).unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} rows, {per_sec}") {
        bar.set_style(style);
    }
    bar
}

/// Easy to read out, and not to be guessed: 16 letters and digits.
fn password() -> Result<String, DemoError> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|cause| DemoError::Random(cause.to_string()))?;
    let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied().map_or('x', char::from);
    Ok(random.iter().map(letter).collect())
}
