//! The client of an application with what uses it, compiled to JavaScript in a folder of its own.

use std::{
    collections::HashMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Arc, Mutex, PoisonError},
};

use fasttrack::Application;
use tempfile::TempDir;

/// All that makes the compiler stricter, and a client may be used with. Nothing is known of Node, and of the platform what
/// browsers have.
const SETTINGS: &str = r#"{
  "compilerOptions": {
    "strict": true, "exactOptionalPropertyTypes": true, "noUncheckedIndexedAccess": true, "noImplicitOverride": true,
    "noImplicitReturns": true, "noPropertyAccessFromIndexSignature": true, "noFallthroughCasesInSwitch": true,
    "noUnusedParameters": true, "isolatedModules": true, "verbatimModuleSyntax": true, "declaration": true,
    "target": "ES2022", "module": "ES2022", "moduleResolution": "bundler", "lib": ["ES2022", "DOM"], "types": [], "outDir": "out"
  },
  "include": ["*.ts"]
}"#;

/// A folder with a client.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// The client of this application, and nothing yet that uses it.
    pub(crate) fn new(application: &Application) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let client = application.typescript().expect("the declarations fit together");
        for (name, text) in
            [("client.ts", client.as_str()), ("tsconfig.json", SETTINGS), ("package.json", r#"{"type":"module"}"#)]
        {
            fs::write(folder.path().join(name), text).expect("a file");
        }
        Self { folder }
    }

    /// Compiles it with these files.
    #[track_caller]
    pub(crate) fn compile(&self, files: &[(&str, &str)]) {
        let output = self.tsc(files);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        fs::write(self.folder.path().join("out/package.json"), r#"{"type":"module"}"#).expect("a file");
    }

    /// What the compiler says of a file that is wrong.
    #[track_caller]
    pub(crate) fn refuses(&self, wrong: &str) -> String {
        let output = self.tsc(&[("wrong.ts", wrong)]);
        assert!(!output.status.success(), "it compiles: {wrong}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn tsc(&self, files: &[(&str, &str)]) -> Output {
        for (name, text) in files {
            fs::write(self.folder.path().join(name), text).expect("a file");
        }
        let compiler = env::var_os("TSC").unwrap_or_else(|| "tsc".into());
        let output = Command::new(&compiler).current_dir(self.folder.path()).output();
        let hint = "this test needs the compiler of TypeScript (TSC names another program)";
        output.unwrap_or_else(|error| panic!("{}: {error}; {hint}", Path::new(&compiler).display()))
    }

    /// A file that was compiled.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("out").join(name)
    }
}

const HARNESS: (&str, &str) = ("harness.ts", include_str!("typescript/harness.ts"));

/// One of the applications of this repository, compiled once, with what is to be run and what must not compile.
#[track_caller]
pub(crate) fn compiled(name: &'static str) -> Arc<Project> {
    static COMPILED: Mutex<Option<HashMap<&str, Arc<Project>>>> = Mutex::new(None);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let compiled = compiled.get_or_insert_default();
    let project = compiled.entry(name).or_insert_with(|| {
        let (application, cases, uses) = match name {
            "tracker" => (resources::application(), TRACKER, include_str!("typescript/tracker_uses.ts")),
            _ => (workspace::application(), WORKSPACE, include_str!("typescript/workspace_uses.ts")),
        };
        let project = Project::new(&application);
        project.compile(&[HARNESS, ("cases.ts", cases), ("uses.ts", uses)]);
        Arc::new(project)
    });
    Arc::clone(project)
}

const TRACKER: &str = include_str!("typescript/tracker.ts");
const WORKSPACE: &str = include_str!("typescript/workspace.ts");
