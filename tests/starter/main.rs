//! A project of one's own, from nothing: what `new` writes is built, tested and served, and `docs/first-app.md` does what
//! it says. Both compile in the target directory of this build, where what they depend on stays between runs.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reports a broken expectation by panicking"
)]

mod embedding;
#[cfg(unix)]
mod first_app;
#[cfg(unix)]
mod image;
mod package;
mod page;
mod project;
mod server;

use std::fs;

use self::{project::Project, server::Server};

#[test]
fn a_new_project_builds_passes_its_tests_and_serves() {
    let project = Project::begin("new-shop");
    project.cargo(&["fmt", "--check"]);
    let said = project.cargo(&["test"]);
    assert!(!said.contains("warning"), "{said}");
    assert!(said.contains("a_note_is_written_found_changed_and_deleted ... ok"), "{said}");

    let server = Server::start(&project);
    let document = server.get("/openapi.json");
    assert!(document["paths"]["/api/v1/notes/{id}"]["patch"].is_object(), "{document}");
    assert_eq!(server.get("/ready")["status"], "ready");
    let info = &document["info"];
    assert_eq!((&info["title"], &info["version"]), (&"new-shop".into(), &"0.1.0".into()));
    assert!(info["description"].as_str().is_some_and(|text| text.starts_with("Keeps notes.\n\n")), "{info}");
    drop(server);

    // Its program calls itself by its name.
    let output = project.command(project.program()).arg("nonsense").output().expect("the program starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.starts_with("new-shop: ") && complaint.contains("`new-shop --help`"), "{complaint}");
    let output = project::succeed(project.command(project.program()).arg("--version"));
    let version = String::from_utf8_lossy(&output.stdout);
    assert_eq!(version, "new-shop 0.1.0\n");
}

#[test]
fn every_file_says_the_name_of_the_project() {
    let project = Project::begin("named");
    for (file, expected) in [
        ("Cargo.toml", "name = \"named\""),
        ("Dockerfile", "ENTRYPOINT [\"/usr/local/bin/named\"]"),
        ("README.md", "# named\n"),
        (".gitignore", "/target\n"),
    ] {
        let text = fs::read_to_string(project.folder().join(file)).unwrap();
        assert!(text.contains(expected), "{file}: {text}");
    }
}
