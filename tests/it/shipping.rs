//! What ships the server: image, compose file, unit. No engine runs here; what can be read off the files is checked.

use std::{collections::BTreeMap, fs, path::Path};

use saphyr::{LoadableYamlNode, Yaml};

use crate::driver::Settings;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What is shipped: a folder with its image and its compose file.
struct Shipped {
    folder: &'static str,
    manifest: &'static str,
    compose: &'static str,
    program: &'static str,
}

/// The reference application, and what a new project begins with.
const SHIPPED: [Shipped; 2] = [
    Shipped { folder: "", manifest: "Cargo.toml", compose: "docker-compose.yml", program: "fasttrack" },
    Shipped { folder: "fasttrack/starter/", manifest: "Cargo.toml.in", compose: "compose.yaml", program: "starter" },
];

impl Shipped {
    fn read(&self, name: &str) -> String {
        read(&format!("{}{name}", self.folder))
    }

    /// The instructions of the Dockerfile, in order.
    fn instructions(&self) -> Vec<(String, String)> {
        let text = self.read("Dockerfile");
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let split = |line: &str| line.split_once(' ').map(|(word, rest)| (word.to_owned(), rest.to_owned()));
        lines.map(|line| split(line).unwrap_or_else(|| panic!("{line} is no instruction"))).collect()
    }
}

fn all<'a>(instructions: &'a [(String, String)], word: &str) -> Vec<&'a str> {
    instructions.iter().filter(|(name, _)| name == word).map(|(_, rest)| rest.as_str()).collect()
}

#[test]
fn the_images_build_these_programs_and_run_them_without_rights() {
    for shipped in &SHIPPED {
        let (instructions, program) = (shipped.instructions(), shipped.program);
        let manifest = shipped.read(shipped.manifest);
        assert!(manifest.contains(&format!("[[bin]]\nname = \"{program}\"")), "the binary has another name");
        let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")).expect("a rust version");
        let from = all(&instructions, "FROM");
        assert!(from[0].starts_with(&format!("rust:{}", version.trim_end_matches('"'))), "{from:?} is not {version}");
        assert_eq!(version.trim_end_matches('"'), env!("CARGO_PKG_RUST_VERSION"), "what the framework needs");
        assert_eq!(from.len(), 2, "what builds does not ship");
        assert!(all(&instructions, "RUN").iter().any(|run| run.contains("cargo build --release --locked")));
        assert_eq!(all(&instructions, "USER"), ["nonroot"]);
        let binary = format!("/usr/local/bin/{program}");
        let copied = format!("--from=build /source/target/release/{program} {binary}");
        assert!(all(&instructions, "COPY").contains(&copied.as_str()), "{copied}");
        assert_eq!(all(&instructions, "ENTRYPOINT"), [format!("[\"{binary}\"]")]);
        let health = all(&instructions, "HEALTHCHECK").join(" ");
        assert!(health.ends_with(&format!("CMD [\"{binary}\", \"healthcheck\"]")), "{health}");
        let ignored = shipped.read(".dockerignore");
        for secret in [".env", "*.db", "*.db.key", "target"] {
            assert!(ignored.lines().any(|line| line == secret), "{secret} would get into the image");
        }
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
fn the_settings_of_the_images_are_settings_of_the_server() {
    for shipped in &SHIPPED {
        let instructions = shipped.instructions();
        let settings = all(&instructions, "ENV").join(" ");
        let mut settings: BTreeMap<_, _> = settings
            .split_whitespace()
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        assert_eq!(settings["HOST"], "0.0.0.0", "a container is reached from outside");
        assert_eq!(settings["DATABASE_URL"], format!("sqlite:///data/{}.db", shipped.program), "it is in the volume");
        // The one that is for SQLite.
        assert_eq!(settings.remove("SQLITE_TMPDIR").as_deref(), Some("/data"), "temporary files are kept in memory");
        assert_eq!(all(&instructions, "VOLUME"), ["/data"]);
        assert_eq!(all(&instructions, "EXPOSE"), [settings["PORT"].as_str()]);
        check_settings_are_understood("the Dockerfile", &settings);
    }
}

#[test]
fn the_compose_files_keep_the_database_in_a_volume() {
    for shipped in &SHIPPED {
        let text = shipped.read(shipped.compose);
        let documents = Yaml::load_from_str(&text).expect("YAML");
        let service = &documents[0]["services"]["api"];
        assert_eq!(service["build"].as_str(), Some("."));
        assert_eq!(service["volumes"][0].as_str(), Some("data:/data"));
        assert!(documents[0]["volumes"].as_mapping_get("data").is_some(), "the volume is declared");
        assert_eq!(service["ports"][0].as_str(), Some("127.0.0.1:8000:8000"));
        let file = &service["env_file"][0];
        assert_eq!(
            (file["path"].as_str(), file["required"].as_bool()),
            (Some(".env"), Some(false)),
            "settings reach it"
        );
        let environment = service["environment"].as_mapping().expect("settings");
        let text = |value: &Yaml<'_>| value.as_str().expect("text").to_owned();
        let settings: BTreeMap<_, _> = environment.iter().map(|(name, value)| (text(name), text(value))).collect();
        // A file that is also for a server outside a container must not move this one to where nobody reaches it.
        let listens = ["HOST", "PORT"].map(|name| settings.get(name).map(String::as_str));
        assert_eq!(listens, [Some("0.0.0.0"), Some("8000")]);
        check_settings_are_understood(shipped.compose, &settings);
    }
}

/// What Compose makes of a text where nothing is set.
fn filled(text: &str) -> String {
    let mut parts = text.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |filled, part| {
        let (variable, rest) = part.split_once('}').expect("a variable has an end");
        let (_, stands_in) = variable.split_once(":-").expect("`docker compose up` must not ask for what nodes need");
        filled + stands_in + rest
    })
}

/// The texts of a list, or the keys of a mapping.
fn texts(value: &Yaml<'_>) -> Vec<String> {
    let listed = value.as_sequence().map(|items| items.iter().collect::<Vec<_>>());
    let listed = listed.or_else(|| Some(value.as_mapping()?.keys().collect())).expect("a list or a mapping");
    listed.iter().map(|item| item.as_str().expect("text").to_owned()).collect()
}

#[test]
fn the_nodes_start_when_told_and_are_reached_through_the_proxy_alone() {
    let text = read("docker-compose.yml");
    let documents = Yaml::load_from_str(&text).expect("YAML");
    let services = documents[0]["services"].as_mapping().expect("services");
    let mut seen = Vec::new();
    for (name, service) in services {
        let name = name.as_str().expect("a name");
        assert_eq!(service["read_only"].as_bool(), Some(true), "{name}");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(texts(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        assert_eq!(service["restart"].as_str(), Some("unless-stopped"), "{name}");
        if name == "api" {
            assert!(service.as_mapping_get("profiles").is_none(), "`docker compose up` starts it");
            continue;
        }
        assert_eq!(texts(&service["profiles"]), ["nodes"], "{name}");
        let published = service.as_mapping_get("ports").map(texts).unwrap_or_default();
        assert!(
            published.iter().all(|port| name == "proxy" && port.starts_with("127.0.0.1:")),
            "{name}: {published:?}"
        );
        for needed in service.as_mapping_get("depends_on").map(texts).unwrap_or_default() {
            assert_eq!(service["depends_on"][needed.as_str()]["condition"].as_str(), Some("service_healthy"));
            let other = &documents[0]["services"][needed.as_str()];
            let checked = other.as_mapping_get("healthcheck").is_some() || other.as_mapping_get("build").is_some();
            assert!(checked, "{needed} is never healthy");
        }
        for network in texts(&service["networks"]) {
            let is_inside = documents[0]["networks"][network.as_str()].as_mapping_get("internal").is_some();
            assert!(is_inside || ["proxy", "node"].contains(&name), "{name} can be reached by {network}");
        }
        seen.push(name.to_owned());
    }
    assert_eq!(seen, ["proxy", "node", "postgres", "redis"]);
}

#[test]
fn the_nodes_share_what_they_have_to_and_trust_the_proxy() {
    let text = read("docker-compose.yml");
    let documents = Yaml::load_from_str(&text).expect("YAML");
    let services = &documents[0]["services"];
    let environment = services["node"]["environment"].as_mapping().expect("settings");
    let text = |value: &Yaml<'_>| filled(value.as_str().expect("text"));
    let mut settings: BTreeMap<_, _> = environment.iter().map(|(name, value)| (text(name), text(value))).collect();
    let proxy = services["proxy"]["networks"]["edge"]["ipv4_address"].as_str().expect("an address that stays");
    assert!(settings["TRUSTED_PROXIES"].split(',').all(|address| address == proxy), "{settings:?}");
    assert!(settings["DATABASE_URL"].ends_with(":@postgres:5432/fasttrack"), "no password stands in the file");
    let key = settings.remove("SECRET_KEY").expect("a key that all have");
    let refusal = Settings::new().set("SECRET_KEY", key).refused();
    assert!(refusal.stderr.contains("SECRET_KEY"), "a node without a key says so: {}", refusal.stderr);
    // Where the others are is nowhere outside of the containers.
    assert_eq!(settings.remove("REDIS_URL").as_deref(), Some("redis://redis:6379"));
    check_settings_are_understood("docker-compose.yml", &settings);
}

#[test]
fn the_proxy_asks_nodes_whether_they_are_ready_and_lets_sockets_be() {
    let text = read("docker-compose.yml");
    let documents = Yaml::load_from_str(&text).expect("YAML");
    let proxy = &documents[0]["services"]["proxy"];
    assert_eq!(texts(&proxy["volumes"]), ["./deploy/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"]);
    let text = read("deploy/haproxy.cfg");
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.starts_with('#')).collect();
    let value = |key: &str| lines.iter().find_map(|line| line.strip_prefix(key)).expect(key).trim();
    assert!(value("http-check send").contains("uri /ready "));
    assert!(value("server-template").starts_with("node 10 node:8000 check "), "the service, and the port that it has");
    assert!(value("http-request return").contains("/+metrics"), "metrics are for those inside");
    assert!(!value("log-format").contains("%r") && !value("log-format").contains("%HQ"), "tokens come into the log");
    let seconds = |key: &str| value(key).trim_end_matches('s').parse::<u32>().expect("seconds");
    assert!(seconds("timeout tunnel") > 75, "a node closes silent sockets sooner");
    assert!(seconds("timeout server") > 60, "a write may take so long");
    assert!(seconds("hard-stop-after") < 40, "the container is stopped by then");
}

/// The workflow runs what its project has: a command that does not exist would be found by strangers only.
#[test]
fn the_workflow_of_a_new_project_checks_what_its_readme_promises() {
    let documents = Yaml::load_from_str(&read("fasttrack/starter/.github/workflows/ci.yml")).map(|documents| {
        let steps = documents[0]["jobs"]["check"]["steps"].as_sequence().expect("steps").clone();
        steps.iter().filter_map(|step| step.as_mapping_get("run")?.as_str().map(str::to_owned)).collect::<Vec<_>>()
    });
    let runs = documents.expect("YAML");
    for command in ["cargo fmt --check", "cargo clippy --all-targets --locked -- -D warnings", "cargo test --locked"] {
        assert!(runs.iter().any(|run| run == command), "{command} is not in {runs:?}");
    }
}

#[test]
fn a_new_project_builds_sqlite_as_this_one_does() {
    assert_eq!(read("fasttrack/starter/.cargo/config.toml"), read(".cargo/config.toml"));
}

/// What a new project's example says of a variable is what the variable is.
#[test]
fn the_example_of_a_new_project_shows_defaults_as_they_are() {
    let example = read("fasttrack/starter/.env.example");
    let mut shown = 0;
    for line in example.lines().filter_map(|line| line.strip_prefix('#')).filter(|line| !line.starts_with(' ')) {
        let (name, value) = line.split_once('=').expect("NAME=VALUE");
        let variable = fasttrack::config::VARIABLES.iter().find(|variable| variable.name == name);
        let variable = variable.unwrap_or_else(|| panic!("{name} is no setting"));
        assert_eq!(value, variable.default.unwrap_or_default(), "{name}");
        shown += 1;
    }
    assert!(shown > 5, "{shown}");
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
