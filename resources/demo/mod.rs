//! `fasttrack demo`: a small office at work.

mod words;

use self::words::{COMMENTS, DETAILS, PEOPLE, PROJECTS, THINGS, VERBS};
use crate::{comment::Comment, project::Project, task::Task};
use fasttrack::{
    app::{Demo, DemoAccount, DemoRow},
    error::Error,
};
use serde_json::{Value, json};

/// Tasks that are created before the comments on them are: a page of memory, not all of it.
const AT_ONCE: usize = 10_000;

/// Makes accounts, projects, and as many tasks as are wanted, with comments on every third.
///
/// # Errors
/// When the database is busy, or cannot be written to.
pub async fn fill(demo: Demo) -> Result<(), Error> {
    let mut people = vec![demo.account("admin@example.com", "Avery Admin", "admin").await?];
    for (name, email) in PEOPLE {
        people.push(demo.account(email, name, "user").await?);
    }
    let owners = |number: usize| person(&people, number);
    let rows = PROJECTS.iter().enumerate().map(|(number, (name, description))| -> DemoRow {
        (None, owners(number), json!({ "name": name, "description": description }))
    });
    let projects = demo.create::<Project>(rows.collect()).await?;
    let mut made = 0;
    while made < demo.size() {
        let numbers = made..demo.size().min(made + AT_ONCE);
        made = numbers.end;
        let rows = numbers.clone().map(|number| {
            let place = number % projects.len();
            (projects.get(place).copied(), owners(place), task(number, &people))
        });
        let tasks = demo.create::<Task>(rows.collect()).await?;
        let commented = tasks.iter().zip(numbers).filter(|(_, number)| number % 3 == 0);
        let rows = commented.map(|(id, number)| {
            (Some(*id), owners(number % projects.len()), json!({ "body": pick(COMMENTS, number / 3) }))
        });
        demo.create::<Comment>(rows.collect()).await?;
    }
    Ok(())
}

/// The person who owns the project of this number; the administrator owns none.
fn person(people: &[DemoAccount], number: usize) -> DemoAccount {
    let place = 1 + number % PEOPLE.len();
    #[expect(clippy::indexing_slicing, reason = "there is an administrator and one account for each of these people")]
    people[place]
}

/// A task: most are to do, some are being done by somebody, some are done.
fn task(number: usize, people: &[DemoAccount]) -> Value {
    let status = pick(&["todo", "in_progress", "todo", "done", "done", "todo", "in_progress"], number);
    let assignee = (status != "todo" || number.is_multiple_of(4)).then(|| person(people, number / 2).id);
    json!({
        "title": format!("{} {}", pick(VERBS, number), pick(THINGS, number / VERBS.len() + number)),
        "description": pick(DETAILS, number / 2),
        "status": status,
        "priority": pick(&["medium", "low", "medium", "high", "medium"], number / 3),
        "assignee_id": assignee,
    })
}

fn pick<'a>(words: &[&'a str], number: usize) -> &'a str {
    words.get(number % words.len().max(1)).copied().unwrap_or_default()
}
