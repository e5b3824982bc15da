//! What fifty tests take that each start an application: `time cargo test --test fifty`, which runs only when asked for.

use fasttrack::testing::{TestApp, json};
use resources::{project::Project, task::Task};

/// What a usual test does: two accounts, two rows, a list, a refusal, the jobs.
fn test() {
    let app = TestApp::start(resources::application());
    let (ada, eve) = (app.account("ada"), app.account("eve"));
    let project = app.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
    app.as_(&ada).under(project.id).create::<Task>(&json!({ "title": "Land", "assignee_id": eve.id })).ok();
    assert_eq!(app.as_(&ada).under(project.id).list::<Task>("?status=todo").ok().len(), 1);
    app.as_(&eve).read(project.id).refused(403);
    app.run_jobs();
    assert_eq!(app.mails_to(&eve).len(), 1);
}

macro_rules! tests {
    ($($name:ident)*) => {
        $(#[test] fn $name() { test(); })*
    };
}

tests! {
    t01 t02 t03 t04 t05 t06 t07 t08 t09 t10 t11 t12 t13 t14 t15 t16 t17 t18 t19 t20 t21 t22 t23 t24 t25
    t26 t27 t28 t29 t30 t31 t32 t33 t34 t35 t36 t37 t38 t39 t40 t41 t42 t43 t44 t45 t46 t47 t48 t49 t50
}
