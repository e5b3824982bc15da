//! `access.lock`: who may do what, as the declarations have it and as the repository says it.

use std::{fs, path::Path, process::Command};

use fasttrack::Application;

/// Checks that the file in a folder of the repository says the same.
#[track_caller]
fn check(folder: &str, application: &Application) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("access.lock");
    let text = fs::read_to_string(&file).unwrap();
    let said: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let lines = application.access().unwrap();
    let (file, differs) = (file.display(), said.iter().copied().zip(&lines).find(|(said, line)| said != line));
    assert!(said == lines, "{file} is to be written anew, if that is meant; the first that differs: {differs:?}");
}

#[test]
fn the_files_of_the_repository_say_what_the_declarations_say() {
    check("", &resources::application());
    check("examples/workspace", &workspace::application());
}

#[test]
fn a_line_says_who_may_do_what_with_which_fields() {
    let lines = resources::application().access().unwrap();
    for expected in [
        "anonymous · a new row · users · register · email password display_name",
        "user · as oneself · users · update · email display_name",
        "user · as owner · projects · read · id name description status owner_id created_at updated_at",
        "user · as assignee · tasks · update · title description status priority assignee_id",
        "user · as project.owner · tasks · delete",
        "admin · every row · tasks · delete",
        "user · as author · comments · delete",
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}\nis not in\n{}", lines.join("\n"));
    }
    for unexpected in
        ["password display_name role", "user · as assignee · tasks · delete", "anonymous · every row · tasks"]
    {
        assert!(!lines.iter().any(|line| line.contains(unexpected)), "{unexpected}");
    }
}

#[test]
fn the_command_writes_the_file_and_says_what_has_become_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fasttrack"));
        let output = command.arg("access").args(arguments).current_dir(folder.path()).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), text)
    };
    let (code, text) = run(&["--check"]);
    assert!(code == Some(1) && text.contains("there is no access.lock here"), "{text}");
    let (code, text) = run(&[]);
    assert!(code == Some(0) && text.starts_with("access.lock: "), "{text}");
    assert_eq!(run(&["--check"]).0, Some(0));
    let file = folder.path().join("access.lock");
    let text = fs::read_to_string(&file).unwrap();
    let line = "user · as project.owner · tasks · delete\n";
    fs::write(&file, text.replace(line, "")).unwrap();
    let (code, said) = run(&["--check"]);
    assert!(code == Some(1) && said.contains("do more than") && said.contains(&format!("  + {line}")), "{said}");
    fs::write(&file, format!("{text}user · every row · tasks · delete\n")).unwrap();
    let (code, said) = run(&["--check"]);
    assert!(code == Some(1) && said.contains("do less than"), "{said}");
    assert!(said.contains("  - user · every row · tasks · delete"), "{said}");
}
