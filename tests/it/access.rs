//! `access.lock`: who may do what, as the declarations have it and as the repository says it.

use std::{fs, path, process::Command};

use fasttrack::{
    Application, assert_never,
    schema::{Column, Forbidden, Grant, Id, Kind, Never, OnDelete, Path, Rule, Schema, Verb},
    testing::TestApp,
};
use resources::{comment::Comment, project::Project, task::Task, user::User};

/// Checks that the file in a folder of the repository says the same.
#[track_caller]
fn check(folder: &str, application: &Application) {
    let file = path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("access.lock");
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

/// What must never happen, whatever the rules come to say.
#[test]
fn nobody_does_what_is_not_his() {
    let application = resources::application();
    assert_never!(application, anonymous: list, read, update, delete, restore, history, show);
    assert_never!(application, anonymous | role(User): create.role, update.role, update.is_active);
    assert_never!(application, User, role(User) & !self: read, update);
    assert_never!(application, Project, !owner & !role(Admin): read, update, delete);
    assert_never!(application, Task, role(User) & !project.owner: create, delete);
    assert_never!(application, Task, !member: read, update.title);
    assert_never!(application, Comment, role(User) & !author: delete);
    let workspace = workspace::application();
    assert_never!(workspace, anonymous: list, read, update, delete, restore, history);
    assert_never!(workspace, workspace::booking::Booking, !booker: update, delete);
}

#[test]
fn what_does_not_hold_fails_with_an_example() {
    let failed = |said: fn(&Application)| {
        let failed = std::panic::catch_unwind(|| said(&resources::application())).unwrap_err();
        failed.downcast_ref::<String>().unwrap().clone()
    };
    for (said, expected) in [
        (
            (|application| assert_never!(application, Task, role(User): delete)) as fn(&Application),
            "task: that never happens (role user: delete), but a user who is project.owner may delete tasks",
        ),
        (
            |application| assert_never!(application, anonymous: create.display_name),
            "user: that never happens (not anyone logged in: create display_name), but somebody who is not logged in may \
             register with display_name",
        ),
        (
            |application| assert_never!(application, Task, assignee & status == Done: update.title),
            "task: that never happens (assignee and status is done: update title), but a user who is assignee may update \
             title of tasks where status is done",
        ),
        (|application| assert_never!(application, role(Boss): read), "role: `boss` names nothing that is declared"),
    ] {
        assert_eq!(failed(said), expected);
    }
}

/// A sentence of a declaration that its rules contradict, by way of another resource.
#[test]
fn an_application_of_which_it_does_not_hold_does_not_start() {
    const OWNED: Rule = Rule::Related(Path::HERE.then("owner"));
    const SHOPS: Rule = Rule::Named { path: Path::HERE.then("shop"), rule: "keeper" };
    const NEVERS: &[Never] = &[Never::new(Rule::Role("user"), &[Forbidden::new(Verb::Delete)])];
    const fn relation(name: &'static str, key: &'static str, target: &'static str) -> Column {
        Column { kind: Kind::Relation(target), ..Column::new::<i64>(name, key).on_delete(OnDelete::Cascade) }
    }
    static SHOP: Schema = Schema::new("shop", "shops")
        .columns(&[Column::new::<Id<()>>("id", "id"), relation("owner", "owner_id", "user")])
        .named_rules(&[("keeper", OWNED)])
        .grants(&[Grant::new(Verb::Read, OWNED)]);
    static SALE: Schema = Schema::new("sale", "sales")
        .columns(&[Column::new::<Id<()>>("id", "id"), relation("shop", "shop_id", "shop")])
        .grants(&[Grant::new(Verb::Delete, SHOPS)])
        .nevers(NEVERS);
    let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
    let schemas: &'static [&'static Schema] = vec![*user, &SHOP, &SALE].leak();
    let setup = TestApp::setup(Application::new(schemas)).set("MIGRATIONS_DIR", "none");
    let Err(refused) = setup.try_start() else { panic!("it starts") };
    let expected = "sale: that never happens (role user: delete), but a user who is shop.owner may delete sales";
    assert_eq!(refused.to_string(), expected);
    let schemas: &'static [&'static Schema] = vec![*user, &SHOP].leak();
    drop(TestApp::setup(Application::new(schemas)).set("MIGRATIONS_DIR", "none").start());
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
