//! The house rules that a compiler does not hold: layers, sizes, words that must not appear.

mod source;

use std::collections::BTreeSet;

use self::source::{Source, sources};

const MAX_FILE_LINES: usize = 400;
const MAX_FUNCTION_LINES: usize = 60;
const MAX_RESOURCE_LINES: usize = 40;

/// Fails with every finding at once.
#[track_caller]
fn check_none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

/// Where any of these words stands in the code of these files, comments and literals aside.
fn mentions<'a>(files: impl Iterator<Item = &'a Source>, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for (number, line) in file.code.lines().enumerate() {
            let named = words.iter().filter(|word| source::has_word(line, word));
            found.extend(named.map(|word| format!("{}:{} names {word}", file.path, number + 1)));
        }
    }
    found
}

fn runtime(files: &[Source]) -> impl Iterator<Item = &Source> {
    files.iter().filter(|file| file.path.starts_with("fasttrack/src/"))
}

#[test]
fn the_scanner_finds_what_it_looks_for() {
    let file = Source::parse(
        "x.rs",
        "fn a() {\n    // salvo\n    let s = \"salvo\";\n    let c = '\"';\n    salvo::run();\n}\n",
    );
    assert_eq!(mentions([&file].into_iter(), &["salvo"]), ["x.rs:5 names salvo"]);
    assert_eq!(file.functions(), [("a".to_owned(), 1, 6)]);
    let raw =
        Source::parse("x.rs", "/* a /* b */ salvo */ const S: &str = r#\"salvo \" \"#;\nfn f<'a>(x: &'a str) {\n}\n");
    assert_eq!(mentions([&raw].into_iter(), &["salvo"]), Vec::<String>::new());
    assert_eq!(raw.functions(), [("f".to_owned(), 2, 2)]);
    assert!(source::has_word("use rbdc::db;", "rbdc") && !source::has_word("use rbdc_sqlite::X;", "rbdc"));
}

#[test]
fn only_http_names_salvo() {
    let files = sources();
    let may = [
        "fasttrack/src/http",
        "resources/routes/",
        "tests/it/inside/custom.rs",
        "tests/it/inside/actions.rs",
        "tests/it/embedding/",
        "tests/it/reference.rs",
    ];
    let outside = files.iter().filter(|file| !may.iter().any(|folder| file.path.starts_with(folder)));
    check_none(
        "only fasttrack/src/http/ and hand-written routes know salvo; move the code there, or hide the type behind ours",
        &mentions(outside, &["salvo"]),
    );
    assert!(!mentions(runtime(&files), &["salvo"]).is_empty(), "the scan sees no salvo at all: it is broken");
}

#[test]
fn only_its_folder_names_the_client_of_http() {
    let files = sources();
    let client = ["hyper", "hyper_util", "hyper_rustls"];
    let outside = files.iter().filter(|file| !file.path.starts_with("fasttrack/src/outgoing/"));
    // The server is hyper's as well, by salvo.
    let outside = outside.filter(|file| !file.path.starts_with("fasttrack/src/http/"));
    check_none("only fasttrack/src/outgoing/ sends requests; the rest asks that", &mentions(outside, &client));
    assert!(!mentions(runtime(&files), &["hyper_util"]).is_empty(), "the scan sees no client at all: it is broken");
}

#[test]
fn only_its_folder_names_the_library_of_openid_connect() {
    let files = sources();
    let outside = files.iter().filter(|file| !file.path.starts_with("fasttrack/src/oidc/"));
    check_none("only fasttrack/src/oidc/ speaks OpenID Connect", &mentions(outside, &["openidconnect"]));
    assert!(!mentions(runtime(&files), &["openidconnect"]).is_empty(), "the scan sees none at all: it is broken");
}

#[test]
fn only_the_bucket_names_what_signs_for_it() {
    let files = sources();
    let outside = files.iter().filter(|file| !file.path.starts_with("fasttrack/src/files/bucket/"));
    check_none("only fasttrack/src/files/bucket/ speaks to S3", &mentions(outside, &["rusty_s3"]));
    assert!(!mentions(runtime(&files), &["rusty_s3"]).is_empty(), "the scan sees none at all: it is broken");
}

#[test]
fn only_db_names_the_drivers() {
    let files = sources();
    let drivers = ["rbatis", "rbdc", "rbdc_sqlite", "rbs", "tokio_postgres"];
    let may = ["fasttrack/src/db", "fasttrack-sqlite/"];
    let outside = files.iter().filter(|file| !may.iter().any(|folder| file.path.starts_with(folder)));
    check_none("only fasttrack/src/db/ and what it asks of SQLite know the drivers", &mentions(outside, &drivers));
    assert!(!mentions(runtime(&files), &drivers).is_empty(), "the scan sees no driver at all: it is broken");
}

#[test]
fn only_its_folder_names_the_client_of_redis() {
    let files = sources();
    let client = ["redis_rs"];
    let outside = files.iter().filter(|file| !file.path.starts_with("fasttrack/src/redis/"));
    check_none("only fasttrack/src/redis/ knows the client; the rest asks that", &mentions(outside, &client));
    assert!(!mentions(runtime(&files), &client).is_empty(), "the scan sees no client at all: it is broken");
}

/// Words of one database's SQL; what both take is not among them.
const OF_ONE_DATABASE: [&str; 17] = [
    "PRAGMA",
    "sqlite_master",
    "sqlite_schema",
    "sqlite_sequence",
    "json_each",
    "group_concat",
    "strftime",
    "json_valid",
    "row_to_json",
    "string_agg",
    "json_array_elements",
    "pg_catalog",
    "pg_notify",
    "pg_class",
    "information_schema",
    "to_char",
    "ILIKE",
];

#[test]
fn sql_of_one_database_stands_in_its_dialect() {
    let files = sources();
    let may = ["fasttrack/src/sql/dialect", "fasttrack/src/db/sqlite", "fasttrack/src/db/postgres"];
    // The names that no table may have, and the words that no script may.
    let lists = ["fasttrack/src/schema/names.rs", "fasttrack/src/hooks.rs"];
    let is_test = |path: &str| path.contains("/tests/") || path.ends_with("tests.rs");
    let outside = runtime(&files)
        .filter(|file| !may.iter().chain(&lists).any(|place| file.path.starts_with(place)) && !is_test(&file.path));
    let found: Vec<_> = outside
        .flat_map(|file| {
            // A file's own tests stand at its end.
            let product = file.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let lines = product.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
            let words = lines.flat_map(|(number, line)| {
                let named = OF_ONE_DATABASE.iter().filter(move |word| source::has_word(line, word));
                named.map(move |word| format!("{}:{} says {word}", file.path, number + 1))
            });
            words.collect::<Vec<_>>()
        })
        .collect();
    check_none("move it to `sql/dialect/`, behind `Syntax` or `SchemaSyntax`", &found);
}

#[test]
fn sql_does_no_io() {
    let files = sources();
    let sql: Vec<_> = runtime(&files).filter(|file| file.path.starts_with("fasttrack/src/sql")).collect();
    assert!(!sql.is_empty(), "fasttrack/src/sql/ is not there");
    let io =
        ["async", "await", "tokio", "std::fs", "std::net", "std::io", "std::env", "SystemTime", "Instant", "Mutex"];
    check_none("sql/ turns plans into text and arguments, and does nothing else", &mentions(sql.into_iter(), &io));
}

#[test]
fn dependencies_point_down() {
    let files = sources();
    let above = |layer: &str| -> &[&str] {
        match layer {
            "types" | "job" | "hooks" => {
                &["schema", "sql", "query", "pipeline", "auth", "notify", "webhooks", "migrate", "http", "app", "cli"]
            }
            "schema" => &["sql", "query", "pipeline", "auth", "notify", "migrate", "http", "app", "cli", "db"],
            "sql" | "query" => &["pipeline", "auth", "notify", "webhooks", "http", "app", "cli"],
            "db" | "files" | "redis" | "outgoing" | "oidc" | "wire" | "clock" | "password" | "error" | "principal"
            | "email" | "outbox" | "program" => {
                &["sql", "query", "pipeline", "auth", "notify", "migrate", "http", "app", "cli"]
            }
            "pipeline" => &["auth", "notify", "webhooks", "http", "app", "cli"],
            "auth" | "notify" | "webhooks" | "migrate" | "transfer" => &["http", "app", "cli"],
            "http" => &["app", "cli"],
            "app" => &["cli", "testing"],
            "cli" => &["testing"],
            _ => &[],
        }
    };
    let mut found = Vec::new();
    for file in runtime(&files) {
        let inner = file.path.trim_start_matches("fasttrack/src/").trim_end_matches(".rs");
        let layer = inner.split('/').next().unwrap_or_default();
        for upper in above(layer) {
            let names = file.names_module(upper);
            found.extend(names.iter().map(|line| format!("{}:{line} reaches up from {layer} to {upper}", file.path)));
        }
    }
    check_none(
        "cli -> app -> http -> {auth, notify} -> pipeline -> {query, sql} -> schema -> hooks -> job -> types; the rest are leaves",
        &found,
    );
}

#[test]
fn the_macros_know_neither_operators_nor_statuses() {
    let files = sources();
    let in_macros = |file: &&Source| file.path.starts_with("fasttrack-macros/src/") && !file.path.contains("/tests/");
    let macros: Vec<_> = files.iter().filter(in_macros).collect();
    assert!(!macros.is_empty(), "fasttrack-macros/src/ is not there");
    let statuses = [
        "200",
        "201",
        "204",
        "400",
        "401",
        "403",
        "404",
        "405",
        "409",
        "413",
        "415",
        "422",
        "429",
        "500",
        "503",
        "StatusCode",
    ];
    check_none(
        "what a declaration becomes over HTTP is the runtime's affair",
        &mentions(macros.iter().copied(), &statuses),
    );
    let operators = ["gte", "lte", "contains"].map(|name| format!("\"{name}\""));
    let found: Vec<_> = macros
        .iter()
        .filter(|file| operators.iter().any(|name| file.text.contains(name)))
        .map(|file| file.path.clone())
        .collect();
    check_none("filter operators are rows of the runtime's table", &found);
}

/// A program is called as its author likes; a command that is named otherwise is not there.
#[test]
fn advice_calls_the_program_by_its_name() {
    let files = sources();
    let advises = |line: &str| line.contains("`fasttrack ") && !line.trim_start().starts_with("//");
    let mut found = Vec::new();
    for file in runtime(&files).filter(|file| !file.path.contains("/tests/")) {
        let lines = file.text.lines().enumerate().filter(|(_, line)| advises(line));
        found.extend(lines.map(|(number, line)| format!("{}:{}: {}", file.path, number + 1, line.trim())));
    }
    check_none("say `{} migrate up`, and `program::name()`", &found);
}

#[test]
fn files_and_functions_stay_short() {
    let files = sources();
    let mut found = Vec::new();
    let mut functions = 0;
    for file in &files {
        let lines = file.text.lines().count();
        if lines > MAX_FILE_LINES {
            found.push(format!("{}: {lines} lines; at most {MAX_FILE_LINES}", file.path));
        }
        for (name, line, length) in file.functions() {
            functions += 1;
            if length > MAX_FUNCTION_LINES {
                found.push(format!("{}:{line} {name}: {length} lines; at most {MAX_FUNCTION_LINES}", file.path));
            }
        }
    }
    check_none("split what is too long where it does two things", &found);
    assert!(functions > 200, "the scan sees only {functions} functions: it is broken");
}

#[test]
fn declarations_stay_short() {
    let files = sources();
    let mut names = BTreeSet::new();
    let mut found = Vec::new();
    let plumbing = ["lib.rs", "main.rs"];
    let is_declaration = |name: &str| !name.contains('/') && !plumbing.contains(&name);
    let declarations = files.iter().filter(|file| file.path.strip_prefix("resources/").is_some_and(is_declaration));
    for file in declarations {
        let lines = file.code.lines().filter(|line| !line.trim().is_empty()).count();
        names.insert(file.path.as_str());
        if lines > MAX_RESOURCE_LINES {
            found.push(format!("{}: {lines} lines without comments; at most {MAX_RESOURCE_LINES}", file.path));
        }
    }
    check_none("an entity is one short file", &found);
    for name in ["user", "project", "task", "comment"] {
        assert!(names.contains(format!("resources/{name}.rs").as_str()), "resources/{name}.rs is not there: {names:?}");
    }
}

#[test]
fn nothing_is_left_undone_or_silenced() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    let silencers = [concat!("#[al", "low"), concat!("#![al", "low"), concat!("#[ign", "ore"), concat!("un", "safe {")];
    let mut found = Vec::new();
    for file in sources() {
        for (number, line) in file.text.lines().enumerate() {
            // Whoever writes a declaration answers for his own lints, not for those of what it expands to; and an
            // expectation there would fail wherever it is not needed.
            let expansion = file.path.starts_with("fasttrack-macros/src/") && line.contains("reason = ");
            let unsafe_may_be = file.path.starts_with("fasttrack-sqlite/");
            let silencers = silencers.iter().filter(|word| !(expansion || unsafe_may_be && word.starts_with("uns")));
            let hits = marks.iter().chain(silencers).filter(|word| line.contains(**word));
            found.extend(hits.map(|word| format!("{}:{}: {word}", file.path, number + 1)));
        }
    }
    check_none("finish it, or say `#[expect(…, reason = \"…\")]`", &found);
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<_> =
        sources().into_iter().filter(|file| !file.text.starts_with("//!")).map(|file| file.path).collect();
    check_none("a file opens with `//!` and its one job", &silent);
}
