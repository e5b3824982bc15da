//! What `docs/reference.md` shows of jobs and routes, compiled and tried.

#![expect(unreachable_pub, reason = "in an application it is reachable")]

mod jobs {
    //! What runs after changes, beside the requests.

    use crate::{task::Task, user::User};
    use fasttrack::prelude::*;

    /// Tells whom a task was given to.
    pub async fn mail_the_assignee(change: Change<Task>, context: Context) -> JobResult {
        let Some(task) = context.find::<Task>(change.id).await? else {
            return Ok(());
        };
        let Some(assignee) = task.assignee else {
            return Ok(());
        };
        if let Some(user) = context.find::<User>(assignee).await? {
            let (to, text) = (&user.email, &task.description);
            context.mail(to, "A task for you", text).await?;
        }
        Ok(())
    }

    /// What somebody works by.
    pub(super) struct Contract {
        user: BelongsTo<User>,
    }

    use fasttrack::error::Error;

    /// Runs when a contract ends.
    pub async fn shut_out(change: Change<Contract>, context: Context) -> JobResult {
        let Some(contract) = change.old else {
            return Ok(());
        };
        match context.disable_account(contract.user).await {
            Ok(_) => Ok(()),
            // The last administrator stays: to try again would change nothing.
            Err(Error::Conflict(why)) => Err(JobError::fatal(why)),
            Err(error) => Err(error.into()),
        }
    }
}

mod regular {
    use fasttrack::{db::Statement, prelude::*};

    use std::time::Duration;

    /// The application, which looks after old notes by itself.
    pub fn application() -> fasttrack::Application {
        fasttrack::Application::new(crate::RESOURCES).every(Duration::from_hours(1), sweep)
    }

    /// Deletes what nobody needs any more.
    async fn sweep(context: Context) -> JobResult {
        let old = "DELETE FROM notes WHERE created_at < '2020'";
        context.write(Statement::new(old, Vec::new())).await?;
        Ok(())
    }
}

mod mails {
    use fasttrack::{
        Application,
        mails::{AccountMails, Draft, LinkMail},
    };

    /// What our mails say.
    struct Ours;

    impl AccountMails for Ours {
        fn reset_password(&self, mail: &LinkMail<'_>) -> Draft {
            let minutes = mail.good_for.as_secs() / 60;
            let text = format!("Good for {minutes} minutes:\n\n{}\n", mail.link);
            Draft::text("Your new password", text)
        }
    }

    /// The application, with these mails.
    pub fn with_mails_of_its_own() -> Application {
        Application::new(crate::RESOURCES).mails(Ours)
    }
}

mod routes {
    //! The routes that no declaration gives.

    use crate::{project::Project, task::Task};
    use fasttrack::{
        error::Error,
        http::{
            Api, CustomRoute, Replacement, Value, json,
            salvo::{self, prelude::*},
        },
        schema::Verb,
    };

    /// `GET /projects/{id}/length`
    pub fn length_of_a_project() -> CustomRoute {
        let answer = json!({
            "type": "object",
            "required": ["letters"],
            "properties": { "letters": { "type": "integer" } },
        });
        CustomRoute::get("/projects/{id}/length", length)
            .summary("Count the letters of a project's name")
            .answers("How many there are.", answer)
    }

    #[handler]
    async fn length(api: Api) -> Result<Json<Value>, Error> {
        let project = api.read::<Project>(api.id()?).await?;
        Ok(Json(json!({ "letters": project.name.chars().count() })))
    }

    /// `POST /tasks/{id}/finish`
    pub fn finish_a_task() -> CustomRoute {
        let task = json!({ "$ref": "#/components/schemas/Task" });
        CustomRoute::action::<Task>("finish", Verb::Update, finish).answers("The task.", task)
    }

    #[handler]
    async fn finish(api: Api) -> Result<Json<Value>, Error> {
        let task = api.row::<Task>()?;
        let done = json!({ "status": "done" });
        Ok(Json(api.update::<Task>(task.id, &done).await?))
    }

    /// `GET /projects/{id}/tasks`
    pub fn list_of_tasks() -> Replacement {
        Replacement::of::<Task>(Verb::List, list).explain("A page also says who asked for it.")
    }

    #[handler]
    async fn list(req: &mut Request, api: Api) -> Result<Json<Value>, Error> {
        let query = req.uri().query();
        let mut page = api.list::<Task>(Some(api.id()?), query).await?;
        page["asked_by"] = json!(api.caller().map(|caller| caller.id));
        Ok(Json(page))
    }
}

use fasttrack::testing::{TestApp, json};
use resources::{project::Project, task::Task};

use crate::kit::shown::check_page;

#[test]
fn the_routes_answer_as_they_are_described() {
    let application = fasttrack::Application::new(resources::RESOURCES).route(routes::length_of_a_project());
    let application = application.route(routes::finish_a_task()).replace(routes::list_of_tasks());
    let app = TestApp::start(application);
    let ada = app.account("ada");
    let client = app.as_(&ada);
    let project = client.create::<Project>(&json!({ "name": "Apollo" })).ok();
    assert_eq!(client.get(&format!("/projects/{}/length", project.id)).ok(), json!({ "letters": 6 }));
    let task = client.under(project.id).create::<Task>(&json!({ "title": "Land" })).ok();
    let done = client.call("POST", &format!("/tasks/{}/finish", task.id)).ok();
    assert_eq!(done["status"], "done");
    let page = client.get(&format!("/projects/{}/tasks", project.id)).ok();
    assert_eq!((&page["asked_by"], &page["items"][0]["id"]), (&json!(ada.id), &json!(task.id)));
}

#[test]
fn what_the_page_shows_compiles() {
    // To see that they are what a trigger may run.
    let _ = (jobs::mail_the_assignee, jobs::shut_out, regular::application, mails::with_mails_of_its_own);
    check_page(include_str!("../../docs/reference.md"), include_str!("reference.rs"), 7);
}
