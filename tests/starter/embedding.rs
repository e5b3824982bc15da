//! `docs/embedding.md`: the service that it shows is compiled as it is printed, with two projects that `new` has made.

use std::fs;

use crate::{
    page::{Step, steps},
    project::{Project, framework, home},
};

#[test]
fn the_service_around_two_applications_compiles_as_it_is_shown() {
    for name in ["embedding/shop", "embedding/desk"] {
        Project::begin(name);
    }
    let service = Project::at(home().join("embedding/service"));
    fs::create_dir_all(service.folder().join("src")).expect("a folder for the service");
    let page =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/embedding.md")).expect("the page is there");
    let mut files = Vec::new();
    for step in steps(&page) {
        match step {
            Step::File { path, text } => {
                // The clone is not beside it here, but around it.
                let mut text = text.replace("../fasttrack/fasttrack", &framework().display().to_string());
                if path == "Cargo.toml" {
                    text += "\n[workspace]\n";
                }
                fs::write(service.folder().join(&path), text).expect("the folder is there");
                files.push(path);
            }
            Step::Serve(line) => assert!(line.ends_with(" cargo run\n"), "{line}"),
            other => panic!("what is to be done? {other:?}"),
        }
    }
    assert_eq!(files, ["Cargo.toml", "src/main.rs"]);
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock");
    fs::copy(lock, service.folder().join("Cargo.lock")).expect("the folder is there");
    let said = service.cargo(&["build"]);
    assert!(!said.contains("warning"), "{said}");
    service.cargo(&["fmt", "--check"]);
}
