//! The image of a new project, as far as it can be had without Docker: what its first stage copies and runs, in a folder.
//! It is built without optimisations, so that it shares what this build has compiled.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::project::{Project, home, succeed, target};

/// The instructions of the first stage, in order; a line that ends with `\` goes on.
fn first_stage(dockerfile: &str) -> Vec<(String, String)> {
    let joined = dockerfile.replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let instructions = lines.filter_map(|line| line.split_once(' ')).map(|(word, rest)| (word.into(), rest.into()));
    let mut stages = 0;
    let in_first = |(word, _): &(String, String)| {
        stages += i32::from(word == "FROM");
        stages == 1
    };
    instructions.take_while(in_first).collect()
}

/// Copies a file or a folder, but for what `.dockerignore` names.
fn copy(from: &Path, to: &Path, ignored: &[String]) {
    if from.is_file() {
        fs::copy(from, to).expect("a file can be copied");
        return;
    }
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder is there") {
        let name = entry.expect("an entry").file_name();
        if !ignored.iter().any(|pattern| name.to_str() == Some(pattern)) {
            copy(&from.join(&name), &to.join(&name), ignored);
        }
    }
}

#[test]
fn the_image_is_built_in_layers_and_holds_the_service() {
    let project = Project::begin("in-a-box");
    // The lock file says what the project needs, and no more: `--locked` asks for that.
    project.cargo(&["update", "--workspace"]);
    let read = |name: &str| fs::read_to_string(project.folder().join(name)).expect("the file is there");
    let ignored: Vec<String> = read(".dockerignore").lines().map(str::to_owned).collect();

    let source: PathBuf = home().join("image");
    fs::remove_dir_all(&source).ok();
    fs::create_dir_all(&source).expect("a folder for the image");
    let mut runs = 0;
    for (word, rest) in first_stage(&read("Dockerfile")) {
        match word.as_str() {
            "FROM" | "WORKDIR" => {}
            "COPY" => {
                let (names, to) = rest.rsplit_once(' ').expect("COPY FROM… TO");
                for name in names.split(' ') {
                    let into_folder = to == "./" && name != ".";
                    let to = if into_folder { source.join(name) } else { source.join(to) };
                    copy(&project.folder().join(name), &to, &ignored);
                }
            }
            "RUN" => {
                runs += 1;
                let script = rest.replace("cargo build --release", "cargo build").replace(" /data", " data");
                succeed(project.command("sh").args(["-euc", &script]).current_dir(&source));
                // What is compiled before the sources are there serves nothing.
                let program = target().join("debug/in-a-box");
                let said = succeed(project.command(program).arg("--version").current_dir(&source)).stdout;
                let expected = if runs == 1 { "" } else { "in-a-box 0.1.0\n" };
                assert_eq!(String::from_utf8_lossy(&said), expected, "after {script}");
            }
            word => panic!("{word} is not known here"),
        }
    }
    assert_eq!(runs, 2, "what the service depends on has a layer of its own");
    assert!(source.join("resources/note.rs").is_file() && !source.join("target").exists());
}
