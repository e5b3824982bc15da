//! What refers to a wrong declaration is not wrong for that.

use fasttrack::prelude::*;

include!("parts/account.in");

#[resource]
#[can(read: member)]
#[rule(member: owner | role(Admin))]
pub struct Project {
    pub id: Id<Project>,
    #[field(len = 1..=200, serach)]
    pub name: String,
    #[field(default = Active)]
    pub status: Status,
    #[field(hidden, default, read_only)]
    pub secret: i64,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<User>,
}

impl Project {
    fn title(&self) -> &str {
        &self.name
    }
}

#[resource(under = project, hooks)]
#[can(read, list: project.member)]
#[can(create: project.owner & project.status == Active)]
#[on(created => made { project: project.name } to project.owner)]
#[on(created => run tell)]
pub struct Task {
    pub id: Id<Task>,
    #[field(write_once, on_delete = cascade)]
    pub project: BelongsTo<Project>,
}

impl Hooks for Task {
    async fn before_create(new: &mut Self, cx: &mut HookContext<'_>) -> Result<(), Refusal> {
        let project: Option<Project> = cx.find(new.project.id().get()).await?;
        project.map_or_else(|| Err(Refusal::conflict("no project")), |project| Ok(drop(project.title().len())))
    }
}

async fn tell(change: Change<Task>, context: Context) -> JobResult {
    context.find::<Project>(change.id).await?;
    Ok(())
}

fasttrack::resources! { account: User, Project, Task }

fn main() {}
