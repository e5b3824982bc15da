//! Files of rows, over HTTP: what is sent is what is read, by whom it may be, and nothing is left of what is gone.
#![expect(dead_code, reason = "declared for what they become: rows are looked at as JSON")]

mod bucket;
mod crash;
mod exchange;
mod hooks;
mod hostile;
mod keeping;
mod load;
mod rights;

use std::{collections::BTreeSet, fs, path::PathBuf, sync::Arc, time::Duration};

use fasttrack::{
    Application,
    prelude::*,
    testing::{Call, Login, Reply, TestApp, json},
};
use serde_json::Value;
use tempfile::TempDir;

/// What a person may do.
#[derive(Choice)]
pub(crate) enum Role {
    /// What everybody may.
    User,
    /// More than others.
    Admin,
}

/// Who is there.
#[resource(account)]
#[can(read: role(Admin))]
#[can(update, delete: role(Admin))]
pub(crate) struct Person {
    pub id: Id<Person>,
    #[field(unique)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(len = ..=100, default)]
    pub display_name: String,
    #[field(default = User, read_only)]
    pub role: Role,
    #[field(default = true, read_only)]
    pub is_active: bool,
    #[field(max_bytes = 1_000, types("image/png"))]
    pub portrait: Option<File>,
    #[field(max_bytes = 1_000, types("*/*"), write = role(Admin))]
    pub badge: Option<File>,
}

/// What is built.
#[resource(history)]
#[can(create, list, read: authenticated)]
#[can(update, delete: owner)]
#[on(changed(drawing) => drawn { old: old.drawing, new: drawing } to owner)]
pub(crate) struct Plan {
    pub id: Id<Plan>,
    #[field(len = ..=50, default)]
    pub title: String,
    #[field(max_bytes = 100_000, types("image/png", "image/svg+xml", "text/plain", "application/json"))]
    pub drawing: Option<File>,
    #[field(max_bytes = 12_000_000, types("*/*"))]
    pub anything: Option<File>,
    #[field(max_bytes = 1_000, types("*/*"), read = owner)]
    pub quote: Option<File>,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<Person>,
    pub updated_at: UpdatedAt,
}

/// What hangs on a plan and goes with it, and nobody hears of that.
#[resource(under = plan)]
#[can(create, list, read, update: authenticated)]
pub(crate) struct Sheet {
    pub id: Id<Sheet>,
    #[field(write_once, on_delete = cascade)]
    pub plan: BelongsTo<Plan>,
    #[field(max_bytes = 1_000, types("*/*"))]
    pub scan: Option<File>,
}

/// What is kept for a while when it is deleted, and nobody else knows of.
#[resource(conceal, keep_deleted = 30d)]
#[can(create: authenticated)]
#[can(list, read, update, delete, restore: owner)]
pub(crate) struct Draft {
    pub id: Id<Draft>,
    #[field(max_bytes = 1_000, types("*/*"))]
    pub scan: Option<File>,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<Person>,
    pub deleted_at: DeletedAt,
}

/// What a hook has a say in.
#[resource(hooks)]
#[can(create, read, update: authenticated)]
pub(crate) struct Seal {
    pub id: Id<Seal>,
    #[field(len = ..=400, default, read_only)]
    pub seen: String,
    #[field(max_bytes = 1_000, types("*/*"))]
    pub print: Option<File>,
}

fasttrack::resources! { account: Person, Plan, Sheet, Draft, Seal }

/// The beginning of a picture, which is all that is looked at.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and so on";

/// An application with files, and where they lie.
struct Office {
    app: TestApp,
    store: Arc<TempDir>,
    ada: Login,
}

impl Office {
    #[track_caller]
    fn new() -> Self {
        Self::with(&[])
    }

    #[track_caller]
    fn with(settings: &[(&str, &str)]) -> Self {
        let store = Arc::new(tempfile::tempdir().unwrap());
        let files = format!("file://{}", store.path().join("files").display());
        // The migrations beside these tests are the tracker's.
        let setup = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").set("FILES", &files);
        let app = settings.iter().fold(setup, |setup, (name, value)| setup.set(name, value)).start();
        let ada = app.account("ada");
        Self { app, store, ada }
    }

    /// A new plan of Ada's, as its path.
    #[track_caller]
    fn plan(&self) -> String {
        self.made("plans")
    }

    /// A new row of hers, likewise.
    #[track_caller]
    fn made(&self, list: &str) -> String {
        let row = self.app.as_(&self.ada).post(&format!("/{list}"), &json!({})).expect(201).json();
        format!("/{}/{}", list.rsplit('/').next().unwrap(), row["id"])
    }

    /// A call of hers.
    fn call(&self, method: &str, path: &str) -> Call {
        self.app.as_(&self.ada).call(method, path)
    }

    /// What is answered when she sends a file.
    #[track_caller]
    fn put(&self, path: &str, content_type: &str, bytes: &[u8]) -> Reply {
        self.call("PUT", path).body(content_type, bytes).send()
    }

    #[track_caller]
    fn get(&self, path: &str) -> Reply {
        self.call("GET", path).send()
    }

    /// The files that lie there, by name; what is being received aside.
    fn stored(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        collect(&self.store.path().join("files"), &mut |path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.extension().is_none_or(|ending| ending != "part") {
                found.insert(name);
            }
        });
        found
    }

    /// Waits until so many files lie there.
    #[track_caller]
    fn wait_for_stored(&self, count: usize) {
        crate::driver::wait_until(&format!("{count} files lie there"), || self.stored().len() == count);
    }
}

/// Goes through all files in a folder.
fn collect(folder: &std::path::Path, see: &mut impl FnMut(PathBuf)) {
    for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), see);
        } else {
            see(entry.path());
        }
    }
}

/// SHA-256, in hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    crate::driver::hex(&sha2::Sha256::digest(bytes))
}

/// The members of what a row shows of a file.
#[track_caller]
fn shown(value: &Value) -> (&str, &str, u64, &str, &str) {
    let keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["name", "type", "bytes", "sha256", "url"], "{value}");
    let text = |key: &str| value[key].as_str().unwrap();
    (text("name"), text("type"), value["bytes"].as_u64().unwrap(), text("sha256"), text("url"))
}

/// A day, and a moment.
const A_DAY: Duration = Duration::from_mins(24 * 60 + 1);
