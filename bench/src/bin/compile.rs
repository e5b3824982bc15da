//! Measures what resources cost at compile time: the application as it is, and with more resources of eight fields.
//!
//! Each is built in debug without its own artefacts (the dependencies are there already), and then after an edit of one
//! resource. Times are the middle of three.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

type Error = Box<dyn std::error::Error>;

/// Resources that are added.
const MORE: usize = 50;

/// Builds of which the middle one counts.
const RUNS: usize = 3;

const PACKAGE: &str = "tracker-compiled";

fn main() -> Result<(), Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the bench lies in the repository")?;
    let few = measure(root, 0)?;
    let many = measure(root, MORE)?;
    println!("{:<14}{:>12}{:>16}", "", "debug build", "after an edit");
    for (what, times) in [("as it is", &few), ("50 more", &many)] {
        println!("{what:<14}{:>10.1} s{:>14.1} s", times.0.as_secs_f64(), times.1.as_secs_f64());
    }
    let each = |more: Duration, few: Duration| (more.as_secs_f64() - few.as_secs_f64()) / MORE as f64;
    println!("{:<14}{:>10.3} s{:>14.3} s", "each", each(many.0, few.0), each(many.1, few.1));
    Ok(())
}

/// The times of a build from nothing of its own, and after an edit.
fn measure(root: &Path, more: usize) -> Result<(Duration, Duration), Error> {
    let folder = tempfile::tempdir()?;
    copy_application(root, folder.path())?;
    for number in 0..more {
        fs::write(resource_file(folder.path(), number), resource(number, 100))?;
    }
    // The dependencies are there already when the application was built.
    let target = root.join("target");
    build(folder.path(), &target)?;
    let mut whole = Vec::new();
    let mut edited = Vec::new();
    for run in 0..RUNS {
        clean(folder.path(), &target)?;
        whole.push(build(folder.path(), &target)?);
        edit(folder.path(), more, run)?;
        edited.push(build(folder.path(), &target)?);
    }
    whole.sort();
    edited.sort();
    Ok((whole[RUNS / 2], edited[RUNS / 2]))
}

/// Changes a bound of one resource.
fn edit(folder: &Path, more: usize, run: usize) -> Result<(), Error> {
    if more > 0 {
        return Ok(fs::write(resource_file(folder, 0), resource(0, 200 + run))?);
    }
    let path = folder.join("resources/project.rs");
    let text = fs::read_to_string(&path)?;
    let bound = |number: usize| format!("len = 1..={number}");
    let before = if run == 0 { bound(200) } else { bound(300 + run - 1) };
    if !text.contains(&before) {
        return Err(format!("{} does not hold {before}", path.display()).into());
    }
    Ok(fs::write(&path, text.replacen(&before, &bound(300 + run), 1))?)
}

fn resource_file(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("resources/item{number}.rs"))
}

/// A resource of eight fields, as plain and as busy as those of the reference application.
fn resource(number: usize, bound: usize) -> String {
    format!(
        "//! One of many.

use crate::{{project::Project, user::User}};
use fasttrack::prelude::*;

/// How far it has come.
#[derive(Choice)]
pub enum State {{
    /// Not yet.
    Open,
    /// For good.
    Shut,
}}

/// One of many.
#[resource(under = project)]
#[can(create, list, delete: project.owner | role(Admin))]
#[can(read, update: project.owner | keeper | role(Admin))]
#[on(changed(state) => item{number}_changed {{ old: old.state, new: new.state }} to project.owner, keeper)]
pub struct Item{number} {{
    pub id: Id<Item{number}>,
    #[field(len = 1..={bound}, filter, sort, search)]
    pub name: String,
    #[field(len = ..=10_000, default, search)]
    pub note: String,
    #[field(default = Open, filter, sort)]
    pub state: State,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
    #[field(filter, on_delete = set_null)]
    pub keeper: Option<BelongsTo<User>>,
    #[field(filter, sort)]
    pub created_at: CreatedAt,
    pub updated_at: UpdatedAt,
}}
"
    )
}

/// The application as a package of another name, which uses the framework where it lies.
fn copy_application(root: &Path, folder: &Path) -> Result<(), Error> {
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    // Members of the workspace stay where they are, and its program is called otherwise here.
    let stays = ["members ", "default-members ", "exclude ", "default-run "];
    let lines = manifest.lines().filter(|line| !stays.iter().any(|key| line.starts_with(key)));
    let manifest = lines
        .collect::<Vec<_>>()
        .join("\n")
        .replace("name = \"tracker\"", &format!("name = \"{PACKAGE}\""))
        .replace("name = \"fasttrack\"\npath", "name = \"fasttrack-compiled\"\npath")
        .replace("path = \"fasttrack\"", &format!("path = '{}'", root.join("fasttrack").display()));
    // The tests, which come last but for what they depend on, stay behind.
    let manifest = manifest.split("[[test]]").next().unwrap_or_default();
    fs::write(folder.join("Cargo.toml"), manifest)?;
    for file in ["Cargo.lock", "build.rs"] {
        fs::copy(root.join(file), folder.join(file))?;
    }
    copy_folder(&root.join("resources"), &folder.join("resources"))?;
    copy_folder(&root.join(".cargo"), &folder.join(".cargo"))
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Error> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let copy = to.join(path.file_name().ok_or("a name")?);
        if path.is_dir() { copy_folder(&path, &copy)? } else { fs::copy(&path, &copy).map(drop)? }
    }
    Ok(())
}

fn clean(folder: &Path, target: &Path) -> Result<(), Error> {
    cargo(folder, target, &["clean", "--quiet", "--package", PACKAGE])
}

fn build(folder: &Path, target: &Path) -> Result<Duration, Error> {
    let start = Instant::now();
    cargo(folder, target, &["build", "--quiet"])?;
    Ok(start.elapsed())
}

fn cargo(folder: &Path, target: &Path, arguments: &[&str]) -> Result<(), Error> {
    let status = Command::new("cargo").args(arguments).current_dir(folder).env("CARGO_TARGET_DIR", target).status()?;
    if status.success() { Ok(()) } else { Err(format!("cargo {arguments:?} failed").into()) }
}
