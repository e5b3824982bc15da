//! `migrations!()`.

use std::{fs, path::PathBuf};

use crate::migrations;

/// A folder of its own with these files, which goes with the process's temporary files.
fn folder(name: &str, files: &[&str]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("fasttrack-macros-{}-{name}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    for file in files {
        let file = path.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }
    path
}

/// Expects these titles, in this order, or these mistakes.
#[track_caller]
fn check(name: &str, files: &[&str], titles: &[&str], mistakes: &[&str]) {
    let path = folder(name, files);
    let (tokens, errors) = migrations::embed(&path);
    fs::remove_dir_all(path).unwrap();
    let text = tokens.to_string();
    let found: Vec<_> = text.split("title : \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(found, titles, "{text}");
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), mistakes.len(), "{errors:?}");
    for (error, words) in errors.iter().zip(mistakes) {
        assert!(error.contains(words), "{words:?} is not in {error}");
    }
}

#[test]
fn the_files_of_a_folder_are_put_in_by_their_numbers() {
    let files = ["0002_b.json", "0002_b.up.sql", "0002_b.down.sql", "0001_a_1.up.sql", "0001_a_1.down.sql"];
    let whole = [&files[..], &["0001_a_1.json"]].concat();
    check("whole", &whole, &["0001_a_1", "0002_b"], &[]);
    check("other", &["README.md", "0001_a.sql", "1_a.up.sql", "0000_a.json", "0001_A.json", "0001_é.json"], &[], &[]);
    check("part", &files, &[], &["migrations/0001_a_1.json is missing"]);
    let twice = ["0001_a.json", "0001_a.up.sql", "0001_a.down.sql", "0001_b.json", "0001_b.up.sql", "0001_b.down.sql"];
    check("twice", &twice, &[], &["0001_a and 0001_b, two of one number"]);
}

#[test]
fn each_database_has_a_folder_of_its_own() {
    let of = |folder: &str| [".json", ".up.sql", ".down.sql"].map(|ending| format!("{folder}0001_a{ending}"));
    let both = [of("sqlite/"), of("postgres/")].concat();
    let both: Vec<_> = both.iter().map(String::as_str).collect();
    let path = folder("both", &both);
    let (tokens, errors) = migrations::embed(&path);
    fs::remove_dir_all(path).unwrap();
    let text = tokens.to_string();
    assert!(errors.is_empty());
    for database in ["sqlite", "postgres"] {
        assert!(text.contains(&format!("database : \"{database}\"")), "{text}");
        assert!(text.contains(&format!("\"/migrations/{database}/0001_a.json\"")), "{text}");
    }
    let lying = of("");
    let whole: Vec<_> = both.iter().copied().chain(lying.iter().map(String::as_str)).collect();
    check("lying", &whole, &[], &["move them all into migrations/sqlite/"]);
    check("half", &both[1..], &[], &["migrations/sqlite/0001_a.json is missing"]);
}

#[test]
fn the_compiler_reads_each_file() {
    let path = folder("text", &["0001_a.json", "0001_a.up.sql", "0001_a.down.sql"]);
    let (tokens, _) = migrations::embed(&path);
    fs::remove_dir_all(path).unwrap();
    let text = tokens.to_string();
    for ending in ["up.sql", "down.sql", "json"] {
        assert!(text.contains(&format!("\"/migrations/0001_a.{ending}\"")), "{text}");
    }
    assert_eq!(text.matches("include_str").count(), 3, "{text}");
}

#[test]
fn a_crate_without_the_folder_has_none() {
    let (tokens, errors) = migrations::embed(&PathBuf::from("there is no such folder"));
    assert_eq!((tokens.to_string().as_str(), errors.len()), ("& []", 0));
}
