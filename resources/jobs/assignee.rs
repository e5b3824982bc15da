//! A mail to whoever is given a task.

use crate::{project::Project, task::Task, user::User};
use fasttrack::prelude::*;

/// Tells the new assignee of a task, unless that is out of date by now.
///
/// # Errors
/// When the database does not answer, or the mail server does not take the mail; then it is tried again.
pub async fn mail_the_assignee(change: Change<Task>, context: Context) -> JobResult {
    let told = change.new.and_then(|task| task.assignee);
    let (Some(task), Some(told)) = (context.find::<Task>(change.id).await?, told) else { return Ok(()) };
    if task.assignee.is_none_or(|now| now.id() != told.id()) {
        return Ok(());
    }
    let Some(user) = context.find::<User>(told).await?.filter(|user| user.is_active) else { return Ok(()) };
    let Some(project) = context.find::<Project>(task.project).await? else { return Ok(()) };
    let subject = format!("[{}] {}", project.name, task.title);
    let link = context.link(&format!("/api/v1/tasks/{}", change.id));
    let text = format!(
        "Hello {},\n\nthis task of the project \"{}\" is yours now:\n\n{}\n\n{}\n\n{link}\n",
        user.display_name, project.name, task.title, task.description
    );
    Ok(context.mail((&user.email, &user.display_name), &subject, &text).await?)
}
