//! `docs/first-app.md`, done as it is printed, up to where it needs Docker.

use std::{
    env, fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    page::{Step, steps},
    project::{Project, home, succeed},
    server::Server,
};

/// Where the page says that the server is.
const ADDRESS: &str = "http://127.0.0.1:8000";

/// A reader of the page, and what he has got so far.
struct Reader {
    project: Project,
    /// Where a shell was when it ended; another one begins there.
    folder: PathBuf,
    server: Option<Server>,
    said: String,
}

/// The reader's desk: a clone of the framework in `fasttrack`, and a cargo whose `install` has been done already, by what
/// this build is made of.
fn desk() -> PathBuf {
    let desk = home().join("first-app");
    fs::remove_dir_all(&desk).ok();
    fs::create_dir_all(desk.join("bin")).expect("a folder for the reader");
    symlink(env!("CARGO_MANIFEST_DIR"), desk.join("fasttrack")).expect("a clone");
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let program = env!("CARGO_BIN_EXE_fasttrack");
    let shim = format!(
        "#!/bin/sh\ncase \"$*\" in\n  'install --path fasttrack/fasttrack') ;;\n  'fasttrack new '*)\n    shift && \
         '{program}' \"$@\" && cp fasttrack/Cargo.lock \"$2\" ;;\n  *) exec '{cargo}' \"$@\" ;;\nesac\n"
    );
    let path = desk.join("bin/cargo");
    fs::write(&path, shim).expect("a cargo");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a cargo that runs");
    desk
}

impl Reader {
    #[track_caller]
    fn follow(&mut self, step: &Step) {
        match step {
            Step::Run(lines) => self.run(lines),
            Step::Serve(line) => {
                assert_eq!(line, "cargo run\n", "what serves is built and started");
                self.shell("cargo build");
                self.server = Some(Server::start(&self.project));
            }
            Step::File { path, text } => fs::write(self.folder.join(path), text).expect("the folder is there"),
            Step::Insert { path, below, text } => insert(&self.folder.join(path), below, text),
            Step::Replace { path, line, text } => replace(&self.folder.join(path), line, text),
            Step::Docker(lines) => assert!(lines.contains("docker compose"), "this needs no Docker:\n{lines}"),
        }
    }

    /// Serves for a moment, as who tries out what he has just been given.
    #[track_caller]
    fn try_out(&self) {
        self.shell("cargo build");
        drop(Server::start(&self.project));
        assert!(self.project.folder().join("fasttrack.db").is_file(), "a start makes a database");
    }

    #[track_caller]
    fn run(&mut self, lines: &str) {
        let address = self.server.as_ref().map_or(ADDRESS.to_owned(), |server| format!("http://{}", server.address()));
        let said = self.shell(&format!("{}\necho\npwd", lines.replace(ADDRESS, &address)));
        self.folder = said.trim_end().lines().last().map(PathBuf::from).expect("where the shell ended");
        self.said += &said;
    }

    #[track_caller]
    fn shell(&self, script: &str) -> String {
        let mut shell = self.project.command("sh");
        let path = env::var("PATH").unwrap_or_default();
        let bin = self.project.folder().with_file_name("bin");
        shell.args(["-euc", script]).current_dir(&self.folder);
        let output = succeed(shell.env("PATH", format!("{}:{path}", bin.display())).env("BCRYPT_COST", "4"));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// Adds lines below the line that begins so.
#[track_caller]
fn insert(path: &Path, below: &str, text: &str) {
    edit(path, below, |line| format!("{line}\n{}", text.trim_end()));
}

/// Puts lines where the line stands that begins so.
#[track_caller]
fn replace(path: &Path, line: &str, text: &str) {
    edit(path, line, |_| text.trim_end().to_owned());
}

#[track_caller]
fn edit(path: &Path, start: &str, edited: impl Fn(&str) -> String) {
    let before = fs::read_to_string(path).expect("the file is there");
    let is_meant = |line: &&str| line.trim_start().starts_with(start);
    let line = before.lines().find(is_meant).unwrap_or_else(|| panic!("{}: no line begins {start}", path.display()));
    let after = before.replacen(&format!("{line}\n"), &(edited(line) + "\n"), 1);
    fs::write(path, after).expect("the file can be written");
}

#[test]
fn the_first_application_is_made_as_the_page_says() {
    if Command::new("curl").arg("--version").output().is_err() {
        assert!(env::var_os("CI").is_none(), "docs/first-app.md needs curl, which is not installed");
        return;
    }
    let desk = desk();
    let project = Project::at(desk.join("helpdesk"));
    let mut reader = Reader { project, folder: desk, server: None, said: String::new() };
    let page =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/first-app.md")).expect("the page is there");
    let steps = steps(&page);
    for (number, step) in steps.iter().enumerate() {
        reader.follow(step);
        if number == 0 {
            reader.try_out();
        }
    }
    assert!(matches!(steps.last(), Some(Step::Docker(_))), "the page ends with a container");
    reader.project.cargo(&["fmt", "--check"]);
    let document = reader.server.as_ref().expect("the page serves").get("/openapi.json");
    let about = document["info"]["description"].as_str().unwrap_or_default();
    assert!(about.starts_with("Helps who needs help.\n"), "{about}");
    for said in [
        "\"subject\":\"The printer is on fire\"",
        "made admin",
        "/api/v1/tickets/{id}/replies",
        "administrators_solve_tickets_and_authors_hear_of_it ... ok",
        "0002_add_due_date",
    ] {
        assert!(reader.said.contains(said), "{said:?} was not said:\n{}", reader.said);
    }
}
