//! A project that `new` has written, and what is run in it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A project in a folder of its own.
pub(crate) struct Project {
    folder: PathBuf,
}

/// Where projects are made: below the target directory, always at the same place, so that nothing piles up there.
pub(crate) fn home() -> &'static Path {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Rustfmt looks in the folders around, too, where this repository has a taste of its own.
    fs::write(home.join("rustfmt.toml"), "").expect("the folder is there");
    home
}

/// The framework's own folder.
pub(crate) fn framework() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fasttrack")
}

impl Project {
    /// Has the program begin a project that depends on the framework here.
    #[track_caller]
    pub(crate) fn begin(name: &str) -> Self {
        let project = Self::at(home().join(name));
        // What an earlier run has made goes.
        fs::remove_dir_all(&project.folder).ok();
        let mut new = Command::new(env!("CARGO_BIN_EXE_fasttrack"));
        new.arg("new").arg(&project.folder).arg("--path").arg(framework());
        succeed(&mut new);
        // Cargo takes the dependencies that this build has, which are on this machine.
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
        fs::copy(lock, project.folder.join("Cargo.lock")).expect("the folder is there");
        project
    }

    /// A project that is begun otherwise.
    pub(crate) const fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its program, once it is built.
    pub(crate) fn program(&self) -> PathBuf {
        target().join("debug").join(self.folder.file_name().expect("a name"))
    }

    /// A command in its folder. Cargo builds in the directory of this build, and without the network.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder).env("CARGO_TARGET_DIR", target()).env("CARGO_NET_OFFLINE", "true");
        // Of the package of this test. A build script that reads them would run anew in every build that has others, and
        // what depends on it would be compiled anew.
        let of_the_test =
            |name: &str| name == "OUT_DIR" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_the_test)) {
            command.env_remove(name);
        }
        command
    }

    /// Cargo, and Clippy looking on where it is installed. What they say.
    #[track_caller]
    pub(crate) fn cargo(&self, arguments: &[&str]) -> String {
        let mut cargo = self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        if Command::new("clippy-driver").arg("--version").output().is_ok_and(|output| output.status.success()) {
            // So are warnings of Clippy had from a build that is needed anyhow.
            cargo.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver");
        }
        let output = succeed(cargo.args(arguments));
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        said.concat()
    }
}

/// The target directory of this build.
pub(crate) fn target() -> &'static Path {
    let beside = Path::new(env!("CARGO_BIN_EXE_fasttrack")).parent().expect("the program lies in a folder");
    beside.parent().expect("the profile lies in the target directory")
}

/// Runs a command that has to succeed.
#[track_caller]
pub(crate) fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed:\n{stdout}\n{stderr}");
    output
}
