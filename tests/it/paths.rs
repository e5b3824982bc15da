//! Where the database and its key are, however the name of the file is written.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
    process::Command,
};

use serde_json::json;

use crate::driver::{Settings, TestApp, sqlite_only};

fn at(settings: &Settings, name: &str) -> Settings {
    settings.clone().set("DATABASE_URL", format!("sqlite://{name}"))
}

/// The names of the files in the working directory and below.
fn files(settings: &Settings) -> Vec<String> {
    let mut folders = vec![settings.directory()];
    let mut names = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                names.push(entry.path().strip_prefix(settings.directory()).unwrap().display().to_string());
            }
        }
    }
    names.sort();
    names
}

/// Stops a server as its operator does, so that nothing of it is left but what it keeps.
fn stop(mut app: TestApp) {
    app.terminate();
    assert_eq!(app.wait(), Some(0));
}

#[test]
fn every_name_of_a_file_leads_to_one_database_one_key_and_one_server() {
    let settings = Settings::new();
    fs::create_dir_all(settings.directory().join("real/deeper")).unwrap();
    symlink("real/t.db", settings.directory().join("link.db")).unwrap();
    symlink("real", settings.directory().join("folder")).unwrap();
    let absolute = settings.directory().join("real/t.db").display().to_string();
    let names =
        ["link.db", "real/t.db", "./real/t.db", "real/deeper/../t.db", "folder/t.db", "folder/../link.db", &absolute];

    // The link leads to what is not there yet.
    let first = at(&settings, names[0]).start();
    let person = first.person();
    for name in names {
        let refusal = at(&settings, name).refused();
        assert!(refusal.stderr.contains("another server runs on"), "{name}: {}", refusal.stderr);
    }
    stop(first);
    for name in names {
        let app = at(&settings, name).start();
        app.get("/users/me").by(&person).ok();
        // What was committed last lies beside the file when the next one starts.
        let body = json!({ "display_name": name });
        app.patch("/users/me", &body).by(&person).ok();
        let app = app.kill().start();
        assert_eq!(app.get("/users/me").by(&person).ok()["display_name"], *name);
        stop(app);
    }
    assert_eq!(files(&settings), ["folder", "link.db", "real/t.db", "real/t.db.key"]);
}

#[test]
fn what_can_be_no_database_file_is_refused_in_words() {
    let settings = Settings::new();
    fs::create_dir(settings.directory().join("folder")).unwrap();
    symlink("round.db", settings.directory().join("round.db")).unwrap();
    symlink("nowhere/t.db", settings.directory().join("lost.db")).unwrap();
    for (name, words) in [
        ("file:t.db", "DATABASE_URL has to be sqlite://FILE, without `file:`"),
        ("file:///tmp/t.db", "DATABASE_URL has to be sqlite://FILE, without `file:`"),
        ("folder/..", "DATABASE_URL has to be a file"),
        ("folder/", "DATABASE_URL has to be"),
        ("folder", "folder: Is a directory"),
        ("nowhere/t.db", "No such file or directory"),
        ("lost.db", "No such file or directory"),
        ("round.db", "round.db"),
        ("t.db?mode=ro", "DATABASE_URL has to be"),
    ] {
        for command in [&[][..], &["user", "create", "a@example.com"], &["migrate", "up"]] {
            let output = at(&settings, name).run(command, "the password\n");
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success() && stderr.contains(words), "{name} {command:?}: {stderr}");
            assert!(stderr.contains("DATABASE_URL") && stderr.lines().count() == 1, "{name} {command:?}: {stderr}");
        }
    }
    assert_eq!(files(&settings), ["lost.db", "round.db"]);
}

/// Nothing in a name is decoded, and none is a URI.
#[test]
fn a_name_is_taken_as_it_is_written() {
    for name in ["a%20b.db", "a b#c.db", "./file:t.db", "x.db&mode=memory"] {
        let settings = Settings::new();
        stop(at(&settings, name).start());
        let name = name.trim_start_matches("./");
        assert_eq!(files(&settings), [name.to_owned(), format!("{name}.key")]);
    }
}

#[test]
fn a_copy_is_made_where_its_name_says() {
    sqlite_only!("it is about names of files");
    let settings = Settings::new();
    drop(settings.start());
    symlink("nowhere.db", settings.directory().join("lost.db")).unwrap();
    symlink("t.db", settings.directory().join("link.db")).unwrap();
    let backup = |source: &str, file: &str| at(&settings, source).run(&["backup", file], "");
    for (source, file) in [("t.db", "file:copy.db"), ("link.db", "copy?.db")] {
        let output = backup(source, file);
        assert!(output.status.success() && settings.directory().join(file).is_file(), "{file}: {output:?}");
    }
    for (source, file, words) in [
        ("t.db", "lost.db", "is there already"),
        ("t.db", "link.db", "is the database itself"),
        ("link.db", "t.db", "is the database itself"),
        ("link.db", "t.db-wal", ""),
        ("link.db", "link.db-wal", "is a name that the database has"),
        ("link.db", "./t.db.key", ""),
    ] {
        let output = backup(source, file);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && stderr.contains(words), "{source} {file}: {stderr}");
    }
    assert!(settings.directory().join("lost.db").is_symlink());
}

#[test]
fn a_key_that_its_group_may_read_is_told_and_one_for_everybody_is_refused() {
    sqlite_only!("it is about names of files");
    let app = Settings::new().start();
    let person = app.person();
    let mut settings = app.kill();
    let key = settings.directory().join("t.db.key");
    for mode in [0o640, 0o660, 0o440] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let app = settings.start();
        app.get("/users/me").by(&person).ok();
        let told = format!("mode=\"{mode:04o}\"");
        assert!(app.log().lines().any(|line| line.contains("WARN") && line.contains(&told)), "{}", app.log());
        settings = app.kill();
    }
    for mode in [0o644, 0o606] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let refusal = settings.refused();
        assert!(refusal.stderr.contains("t.db.key can be read by others"), "{mode:o}: {}", refusal.stderr);
    }
}

/// A library that refuses hard links, as file systems do that have none (FAT, and mounts of other machines).
fn without_hard_links(settings: &Settings) -> PathBuf {
    let (code, library) = (settings.directory().join("no_links.c"), settings.directory().join("no_links.so"));
    fs::write(
        &code,
        "#include <errno.h>\n\
         int link(const char *from, const char *to) { errno = EPERM; return -1; }\n\
         int linkat(int a, const char *from, int b, const char *to, int flags) { errno = EPERM; return -1; }\n",
    )
    .unwrap();
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&code).status();
    assert!(made.expect("the compiler that SQLite is built with").success());
    library
}

#[test]
fn a_start_needs_no_hard_links() {
    sqlite_only!("it is about names of files");
    let tools = Settings::new();
    let library = without_hard_links(&tools).display().to_string();
    let probe = Command::new("ln").args([&library, &format!("{library}.2")]).env("LD_PRELOAD", &library).status();
    assert!(!probe.unwrap().success(), "hard links are refused");
    let settings = Settings::new().set("LD_PRELOAD", library);
    let app = settings.start();
    let person = app.person();
    app.kill().start().get("/users/me").by(&person).ok();
    let key = settings.directory().join("t.db.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(files(&settings).iter().all(|name| name.starts_with("t.db") && name.matches('.').count() <= 2));
    let output = settings.run(&["backup", "copy.db"], "");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_file_with_several_names_is_told() {
    sqlite_only!("it is about names of files");
    let settings = Settings::new();
    stop(settings.start());
    assert!(!settings.log().contains("hard links"));
    fs::hard_link(settings.directory().join("t.db"), settings.directory().join("twin.db")).unwrap();
    let app = settings.start();
    assert!(app.log().contains("hard links"), "{}", app.log());
    let refusal = at(&settings, "twin.db").refused();
    assert!(refusal.stderr.contains("another server runs on"), "{}", refusal.stderr);
}

#[test]
fn what_is_no_file_is_refused_at_once_and_left_alone() {
    let settings = Settings::new();
    assert!(Command::new("mkfifo").arg(settings.directory().join("pipe")).status().unwrap().success());
    for name in ["pipe", "/dev/null"] {
        let refusal = at(&settings, name).refused();
        assert!(refusal.stderr.contains("this is no regular file"), "{name}: {}", refusal.stderr);
    }
    assert_eq!(files(&settings), ["pipe"]);
}
