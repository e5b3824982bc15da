//! Environments of Python that the bench keeps in its `target`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::Error;

/// The folder of the bench itself.
pub const BENCH: &str = env!("CARGO_MANIFEST_DIR");

/// The folder of programs of an environment with what the file of requirements names; made where it is not there yet.
pub async fn programs(name: &str, requirements: &str) -> Result<PathBuf, Error> {
    let bench = Path::new(BENCH);
    let (environment, file) = (bench.join("target/rivals").join(name), bench.join("rivals").join(requirements));
    let (wanted, kept) = (fs::read(&file)?, environment.join("requirements.txt"));
    let programs = environment.join("bin");
    if fs::read(&kept).is_ok_and(|kept| kept == wanted) {
        return Ok(programs);
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&environment)).await?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    run(Command::new(programs.join("python")).args(pip).arg(&file)).await?;
    fs::write(kept, wanted)?;
    Ok(programs)
}

async fn run(command: &mut Command) -> Result<(), Error> {
    let output = command.output().await?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().last().unwrap_or("it says nothing").to_owned().into())
}
