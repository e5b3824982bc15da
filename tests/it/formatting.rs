//! What strangers take over is as rustfmt has it by itself: their project has no `rustfmt.toml`, and their CI asks.

use std::{
    env, fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Pages whose code is copied into projects.
const PAGES: [&str; 4] = ["docs/embedding.md", "docs/first-app.md", "docs/reference.md", "docs/testing.md"];

/// Rustfmt with its defaults, whatever stands in the folders around.
struct Rustfmt {
    home: tempfile::TempDir,
}

impl Rustfmt {
    /// `None` where it is not installed, which the machine that gates has.
    fn new() -> Option<Self> {
        if Command::new("rustfmt").arg("--version").output().is_ok_and(|output| output.status.success()) {
            let home = tempfile::tempdir().unwrap();
            fs::write(home.path().join("rustfmt.toml"), "").unwrap();
            return Some(Self { home });
        }
        assert!(env::var_os("CI").is_none(), "rustfmt is not installed");
        eprintln!("NOT RUN: rustfmt is not installed");
        None
    }

    /// The code as it would have it; `None` where it is none.
    fn formatted(&self, code: &str) -> Option<String> {
        let mut rustfmt = Command::new("rustfmt");
        rustfmt.args(["--edition", "2024", "--config-path"]).arg(self.home.path());
        rustfmt.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = rustfmt.spawn().unwrap();
        child.stdin.take().unwrap().write_all(code.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    /// What a block should be like, which is items, statements or fields.
    fn block(&self, code: &str) -> Option<String> {
        [("", ""), ("fn shown() {\n", "}\n"), ("struct Shown {\n", "}\n")].iter().find_map(|(start, end)| {
            let depth = if start.is_empty() { "" } else { "    " };
            let inside = code.lines().map(|line| format!("{depth}{line}").trim_end().to_owned() + "\n");
            let whole = self.formatted(&format!("{start}{}{end}", inside.collect::<String>()))?;
            let inside = whole.strip_prefix(start)?.strip_suffix(end)?;
            Some(inside.lines().map(|line| line.strip_prefix(depth).unwrap_or(line).to_owned() + "\n").collect())
        })
    }
}

#[test]
fn the_files_of_a_new_project_are_formatted() {
    let Some(rustfmt) = Rustfmt::new() else { return };
    let starter = Path::new(ROOT).join("fasttrack/starter");
    let mut count = 0;
    for folder in ["", "resources", "tests"] {
        for entry in fs::read_dir(starter.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "rs") {
                let code = fs::read_to_string(&path).unwrap();
                assert_eq!(rustfmt.formatted(&code).as_deref(), Some(code.as_str()), "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 5, "{count}");
}

#[test]
fn what_pages_show_is_formatted() {
    let Some(rustfmt) = Rustfmt::new() else { return };
    for page in PAGES {
        let text = fs::read_to_string(Path::new(ROOT).join(page)).unwrap();
        let blocks: Vec<_> = text.split("```rust\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
        assert!(!blocks.is_empty(), "{page}");
        for block in blocks {
            // A field is shown where it goes.
            let depth = block.chars().take_while(|c| *c == ' ').count();
            let flush: String =
                block.lines().map(|line| line.get(depth..).unwrap_or_default().to_owned() + "\n").collect();
            let expected = rustfmt.block(&flush).unwrap_or_else(|| panic!("{page}: this is no Rust:\n{block}"));
            assert_eq!(flush, expected, "{page}");
        }
    }
}
