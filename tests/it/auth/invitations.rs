//! Accounts that nobody registers: they are made by others, or by others for whom they invite.
#![expect(dead_code, reason = "the columns are for the database alone")]

use std::time::Duration;

use fasttrack::{
    Application,
    mails::{AccountMails, Draft, LinkMail},
    prelude::*,
    schema::{Resource as _, Schema},
    testing::{TestApp, json},
};

mod invited {
    //! An application with accounts for those who are invited.
    use super::*;

    /// What a member may do.
    #[derive(Choice)]
    pub(crate) enum Role {
        /// What everybody may.
        User,
        /// Invites others.
        Admin,
    }

    /// Who was invited.
    #[resource(account(invite_only))]
    #[can(create, list, update: role(Admin))]
    #[can(read: self | role(Admin))]
    pub(crate) struct Member {
        pub id: Id<Member>,
        #[field(unique)]
        pub email: Email,
        #[field(default = false, read_only)]
        pub email_verified: bool,
        #[field(hidden)]
        pub password: PasswordHash,
        #[field(len = ..=40, default)]
        pub display_name: String,
        #[field(default = User, write = role(Admin))]
        pub role: Role,
        #[field(default = true, write = role(Admin))]
        pub is_active: bool,
    }
}

mod made {
    //! An application whose accounts others make.
    use super::*;

    /// What a clerk may do.
    #[derive(Choice)]
    pub(crate) enum Role {
        /// What everybody may.
        User,
        /// Makes accounts.
        Admin,
    }

    /// Who works here.
    #[resource(account(no_registration))]
    #[can(create: role(Admin))]
    #[can(read: self)]
    pub(crate) struct Clerk {
        pub id: Id<Clerk>,
        #[field(unique)]
        pub email: Email,
        #[field(hidden)]
        pub password: PasswordHash,
        #[field(default = User, write = role(Admin))]
        pub role: Role,
        #[field(default = true, write = role(Admin))]
        pub is_active: bool,
    }
}

static MEMBERS: &[&Schema] = &[&invited::Member::SCHEMA];
static CLERKS: &[&Schema] = &[&made::Clerk::SCHEMA];

fn start(application: Application) -> TestApp {
    TestApp::setup(application).set("MIGRATIONS_DIR", "none").start()
}

/// Another text, in two forms.
struct Ours;

impl AccountMails for Ours {
    fn invitation(&self, mail: &LinkMail<'_>) -> Draft {
        let member: serde_json::Value = mail.account().unwrap();
        let text = format!("{} {} {}", member["display_name"], mail.application, mail.link);
        Draft::text("Come\r\nBcc: eve@example.com", text).html("<p>Come</p>")
    }
}

#[test]
fn who_is_invited_chooses_his_password() {
    let app = start(Application::new(MEMBERS));
    let admin = app.account_as("admin", "admin");
    let register = json!({ "email": "eve@example.com", "password": "long enough" });
    app.anonymous().call("POST", "/auth/register").json(&register).refused(404);
    let invite = json!({ "email": "ada@example.com", "display_name": "Ada" });
    app.anonymous().call("POST", "/members").json(&invite).refused(401);
    let sent = json!({ "email": "ada@example.com", "password": "of the admin's choice" });
    app.as_(&admin).call("POST", "/members").json(&sent).refused(422);
    let row = app.as_(&admin).call("POST", "/members").json(&invite).expect(201).json();
    assert_eq!((&row["email_verified"], row.get("password")), (&json!(false), None));

    let log_in = |password: &str| {
        let body = json!({ "email": "ada@example.com", "password": password });
        app.anonymous().call("POST", "/auth/login").json(&body).send().status
    };
    assert_eq!((log_in(""), log_in("of the admin's choice")), (401, 401));
    app.run_jobs();
    let [mail] = &app.mails_to("ada@example.com")[..] else { panic!("not one mail") };
    let token = mail.text.lines().find_map(|line| line.strip_prefix("/reset#token=")).unwrap();
    let body = json!({ "token": token, "password": "of Ada's own choice" });
    app.anonymous().call("POST", "/auth/reset").json(&body).expect(204);
    assert_eq!(log_in("of Ada's own choice"), 200);
    let read = app.as_(&admin).call("GET", &format!("/members/{}", row["id"])).expect(200).json();
    assert_eq!(read["email_verified"], true);
}

#[test]
fn an_invitation_is_good_for_a_week_and_once() {
    let follow = |days: u64| {
        let app = start(Application::new(MEMBERS));
        let admin = app.account_as("admin", "admin");
        app.as_(&admin).call("POST", "/members").json(&json!({ "email": "ada@example.com" })).expect(201);
        app.run_jobs();
        let mail = app.mails_to("ada@example.com").pop().unwrap();
        let token = mail.text.lines().find_map(|line| line.strip_prefix("/reset#token=")).unwrap().to_owned();
        app.advance(Duration::from_secs(days * 24 * 60 * 60 - 60));
        let body = json!({ "token": token, "password": "of Ada's own choice" });
        [(); 2].map(|()| app.anonymous().call("POST", "/auth/reset").json(&body).send().status)
    };
    assert_eq!((follow(7), follow(8)), ([204, 401], [401, 401]));
}

#[test]
fn an_invitation_says_what_the_application_has_it_say() {
    let app = start(Application::new(MEMBERS).mails(Ours));
    let admin = app.account_as("admin", "admin");
    app.run_jobs();
    assert!(app.mails().is_empty(), "who has a password is not invited");
    let invite = json!({ "email": "ada@example.com", "display_name": "Ada" });
    app.as_(&admin).call("POST", "/members").json(&invite).expect(201);
    app.run_jobs();
    let [mail] = &app.mails_to("ada@example.com")[..] else { panic!("not one mail") };
    assert_eq!(mail.subject, "Come  Bcc: eve@example.com");
    assert!(mail.text.starts_with("\"Ada\" fasttrack /reset#token="), "{mail:?}");
    assert_eq!(mail.html.as_deref(), Some("<p>Come</p>"));
}

#[test]
fn accounts_are_made_by_others_where_nobody_registers() {
    let app = start(Application::new(CLERKS));
    let admin = app.account_as("admin", "admin");
    let clerk = json!({ "email": "ada@example.com", "password": "long enough" });
    app.anonymous().call("POST", "/auth/register").json(&clerk).refused(404);
    // Where no address is confirmed, there is nothing to do it with.
    app.anonymous().call("POST", "/auth/verify").json(&json!({ "token": "t" })).refused(404);
    app.as_(&admin).call("POST", "/clerks").json(&clerk).expect(201);
    app.anonymous().call("POST", "/auth/login").json(&clerk).expect(200);
    app.run_jobs();
    assert!(app.mails().is_empty());
}
