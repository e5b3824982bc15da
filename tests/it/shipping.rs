//! What ships the server: image, compose file, unit. No engine runs here; what can be read off the files is checked.

use std::{collections::BTreeMap, fs, path::Path};

use saphyr::{LoadableYamlNode, Yaml};

use crate::driver::Settings;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The instructions of the Dockerfile, in order.
fn instructions() -> Vec<(String, String)> {
    let text = read("Dockerfile");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = |line: &str| line.split_once(' ').map(|(word, rest)| (word.to_owned(), rest.to_owned()));
    lines.map(|line| split(line).unwrap_or_else(|| panic!("{line} is no instruction"))).collect()
}

fn all<'a>(instructions: &'a [(String, String)], word: &str) -> Vec<&'a str> {
    instructions.iter().filter(|(name, _)| name == word).map(|(_, rest)| rest.as_str()).collect()
}

#[test]
fn the_image_builds_this_binary_and_runs_it_without_rights() {
    let instructions = instructions();
    let manifest = read("Cargo.toml");
    assert!(manifest.contains("[[bin]]\nname = \"fasttrack\""), "the binary has another name");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")).expect("a rust version");
    let from = all(&instructions, "FROM");
    assert!(from[0].starts_with(&format!("rust:{}", version.trim_end_matches('"'))), "{from:?} is not {version}");
    assert_eq!(from.len(), 2, "what builds does not ship");
    assert!(all(&instructions, "RUN").iter().any(|run| run.contains("cargo build --release --locked")));
    assert_eq!(all(&instructions, "USER"), ["nonroot"]);
    let binary = "/usr/local/bin/fasttrack";
    assert!(
        all(&instructions, "COPY").contains(&"--from=build /source/target/release/fasttrack /usr/local/bin/fasttrack")
    );
    assert_eq!(all(&instructions, "ENTRYPOINT"), [format!("[\"{binary}\"]")]);
    let health = all(&instructions, "HEALTHCHECK").join(" ");
    assert!(health.ends_with(&format!("CMD [\"{binary}\", \"healthcheck\"]")), "{health}");
    let ignored = read(".dockerignore");
    for secret in [".env", "*.db", "target"] {
        assert!(ignored.lines().any(|line| line == secret), "{secret} would get into the image");
    }
}

/// Starts the server with these settings, but for where it listens and keeps its file.
#[track_caller]
fn check_settings_are_understood(what: &str, settings: &BTreeMap<String, String>) {
    let mut server = Settings::new();
    for (name, value) in settings {
        let known = fasttrack::config::VARIABLES.iter().any(|variable| variable.name == name);
        assert!(known, "{what} sets {name}, which is no setting");
        if !["HOST", "PORT", "DATABASE_URL"].contains(&name.as_str()) {
            server = server.set(name, value.as_str());
        }
    }
    server.start().at("GET", "/ready").send().expect(200);
}

#[test]
fn the_settings_of_the_image_are_settings_of_the_server() {
    let instructions = instructions();
    let settings = all(&instructions, "ENV").join(" ");
    let settings: BTreeMap<_, _> = settings
        .split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(settings["HOST"], "0.0.0.0", "a container is reached from outside");
    assert!(settings["DATABASE_URL"].starts_with("sqlite:///data/"), "the database is not in the volume");
    assert_eq!(all(&instructions, "VOLUME"), ["/data"]);
    assert_eq!(all(&instructions, "EXPOSE"), [settings["PORT"].as_str()]);
    check_settings_are_understood("the Dockerfile", &settings);
}

#[test]
fn the_compose_file_keeps_the_database_in_a_volume() {
    let text = read("docker-compose.yml");
    let documents = Yaml::load_from_str(&text).expect("YAML");
    let service = &documents[0]["services"]["api"];
    assert_eq!(service["build"].as_str(), Some("."));
    assert_eq!(service["volumes"][0].as_str(), Some("data:/data"));
    assert!(documents[0]["volumes"].as_mapping_get("data").is_some(), "the volume is declared");
    assert_eq!(service["ports"][0].as_str(), Some("127.0.0.1:8000:8000"));
    let environment = service["environment"].as_mapping().expect("settings");
    let text = |value: &Yaml<'_>| value.as_str().expect("text").to_owned();
    let settings = environment.iter().map(|(name, value)| (text(name), text(value))).collect();
    check_settings_are_understood("docker-compose.yml", &settings);
}

#[test]
fn the_unit_serves_and_leaves_time_to_stop() {
    let text = read("deploy/fasttrack.service");
    let entries: Vec<_> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let value = |key: &str| entries.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    assert_eq!(value("ExecStart"), Some("/usr/local/bin/fasttrack serve"));
    let directory = format!("/var/lib/{}", value("StateDirectory").expect("a state directory"));
    assert_eq!(value("WorkingDirectory"), Some(directory.as_str()));
    let database = value("Environment").and_then(|pair| pair.strip_prefix("DATABASE_URL=sqlite://"));
    assert!(database.is_some_and(|path| path.starts_with(&directory)), "{database:?} is not in {directory}");
    let stop: u32 = value("TimeoutStopSec").and_then(|seconds| seconds.parse().ok()).expect("a time to stop");
    assert!(stop >= 30, "draining takes longer than {stop} s");
}
