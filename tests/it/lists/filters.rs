//! Filters: every operator on every field that has it, and none on the others.

use serde_json::{Value, json};

use super::{Board, id};
use crate::driver::{encode, shared};

#[test]
fn filters_keep_what_fits() {
    let board = Board::new(shared(), 24);
    let (owner, assignee) = (board.owner.id, board.assignee.id);
    let check = |query: &str, keep: &dyn Fn(&Value) -> bool| {
        let expected = board.ids_where(keep);
        assert_eq!(board.ids(&format!("{query}&limit=5")), expected, "{query}");
    };
    check("status=todo", &|task| task["status"] == "todo");
    check("task_status=todo", &|task| task["status"] == "todo");
    check("status[ne]=todo", &|task| task["status"] != "todo");
    check("status[in]=todo,done", &|task| task["status"] != "in_progress");
    check("status[in]=todo", &|task| task["status"] == "todo");
    check("status%5Bin%5D=todo%2Cdone", &|task| task["status"] != "in_progress");
    check("task_status[in]=done", &|task| task["status"] == "done");
    check("priority=low", &|task| task["priority"] == "low");
    check("priority[in]=low,high", &|task| task["priority"] != "medium");
    check("priority[in]=high,low", &|task| task["priority"] != "medium");
    check(&format!("assignee_id={assignee}"), &|task| task["assignee_id"] == assignee);
    check(&format!("assignee_id[in]={assignee},{owner}"), &|task| !task["assignee_id"].is_null());
    check("assignee_id[null]=true", &|task| task["assignee_id"].is_null());
    check("assignee_id[null]=false", &|task| !task["assignee_id"].is_null());
    check("assignee_id=999999999999", &|_| false);
    check("title=a", &|task| task["title"] == "a");
    check("title=A", &|_| false);
    check("title=%20a", &|task| task["title"] == " a");
    check("title[ne]=a", &|task| task["title"] != "a");
    check("title[contains]=A", &|task| task["title"].as_str().unwrap().contains('a'));
    check("title[contains]=%C3%A9", &|task| task["title"] == "é");
    check("title[contains]=%C3%89", &|_| false);
    check(&format!("title={}", encode("😀")), &|task| task["title"] == "😀");
    check("status=todo&priority=low&title=B", &|task| {
        task["status"] == "todo" && task["priority"] == "low" && task["title"] == "B"
    });
    check(&format!("status[ne]=done&assignee_id={owner}"), &|task| {
        task["status"] != "done" && task["assignee_id"] == owner
    });
}

#[test]
fn instants_compare() {
    let board = Board::new(shared(), 9);
    let at = |index: usize| board.tasks[index]["created_at"].as_str().unwrap().to_owned();
    let (low, high) = (at(3), at(6));
    let check = |query: &str, keep: &dyn Fn(&str) -> bool| {
        let expected = board.ids_where(|task| keep(task["created_at"].as_str().unwrap()));
        assert_eq!(board.ids(&format!("{query}&limit=2")), expected, "{query}");
    };
    check(&format!("created_at={low}"), &|instant| instant == low);
    check(&format!("created_at[ne]={low}"), &|instant| instant != low);
    check(&format!("created_at[gt]={low}"), &|instant| instant > low.as_str());
    check(&format!("created_at[gte]={low}"), &|instant| instant >= low.as_str());
    check(&format!("created_at[lt]={high}"), &|instant| instant < high.as_str());
    check(&format!("created_at[lte]={high}"), &|instant| instant <= high.as_str());
    check(&format!("created_at[gte]={low}&created_at[lt]={high}"), &|instant| {
        instant >= low.as_str() && instant < high.as_str()
    });
    check(&format!("created_at[gt]={high}&created_at[lt]={low}"), &|_| false);
    check("created_at[gte]=2000-01-01T00:00:00Z", &|_| true);
    check("created_at[lt]=2000-01-01T00:00:00.5Z", &|_| false);
    let finer = |instant: &str| format!("{}789Z", instant.trim_end_matches('Z'));
    check(&format!("created_at[gte]={}", finer(&low)), &|instant| instant >= low.as_str());
    check(&format!("created_at={}", finer(&high)), &|instant| instant == high);
}

#[test]
fn faults_of_filters() {
    let board = Board::new(shared(), 1);
    let check = |query: &str, field: &str| {
        let reply = shared().get(&format!("{}?{query}", board.path)).by(&board.owner).send();
        reply.problem(422);
        let faults = reply.faults();
        assert!(faults.len() == 1 && faults.first().unwrap().starts_with(field), "{query}: {reply}");
    };
    for query in ["status=open", "status=Todo", "status=", "status[in]=todo,open", "status[in]=todo,", "status[in]=,"] {
        check(query, "status");
    }
    for query in ["status[bogus]=todo", "status[null]=true", "status[contains]=to", "status[]=todo", "status[EQ]=todo"]
    {
        check(query, "status");
    }
    for query in ["task_status=open", "task_status[bogus]=x"] {
        check(query, "task_status");
    }
    for value in ["x", "1.0", "1e0", "", "null", "9223372036854775808", "true", "%20"] {
        check(&format!("assignee_id={value}"), "assignee_id");
        check(&format!("assignee_id[in]=1,{value}"), "assignee_id");
    }
    for query in ["assignee_id[null]=yes", "assignee_id[null]=1", "assignee_id[null]=", "assignee_id[contains]=1"] {
        check(query, "assignee_id");
    }
    for value in ["yesterday", "2026", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "1700000000", "", "null"] {
        check(&format!("created_at[gte]={value}"), "created_at");
    }
    for (value, says) in [
        ("2026-11-22T16:10:00+02:00", "%2B"),
        ("2026-11-22T16:10:00%2B0000", "colon"),
        ("2026-11-22%2016:10:00Z", "`T`"),
        ("2026-11-22", "time of day"),
    ] {
        let problem = shared().get(&format!("{}?created_at[gte]={value}", board.path)).by(&board.owner).refused(422);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(says) && detail.contains("%2B") == (says == "%2B"), "{value}: {detail}");
    }
    for query in ["created_at[contains]=2026", "created_at[null]=true"] {
        check(query, "created_at");
    }
    for query in ["title[null]=true", "title=%00", "title[contains]=", "title[bogus]=a"] {
        check(query, "title");
    }
    for field in ["description", "project_id", "id", "updated_at", "assignee", "owner_id", "Title"] {
        check(&format!("{field}=1"), field);
    }
}

#[test]
fn every_fault_of_a_query_is_reported_at_once() {
    let board = Board::new(shared(), 1);
    let path = format!("{}?limit=0&sort=bogus&status=open&bogus=1&assignee_id=x", board.path);
    shared().get(&path).by(&board.owner).faulty(&["limit", "sort", "status", "bogus", "assignee_id"]);
}

#[test]
fn every_list_filters_by_what_the_contract_says() {
    let app = shared();
    let owner = app.person();
    let project = app.post("/projects", &json!({ "name": "n", "status": "archived" })).by(&owner).created();
    app.project(&owner);
    let ids = |path: &str| -> Vec<i64> { app.walk(&owner, path).iter().map(id).collect() };
    assert_eq!(ids("/projects?status=archived"), [id(&project)]);
    assert_eq!(ids("/projects?status[ne]=active"), [id(&project)]);
    let created = project["created_at"].as_str().unwrap();
    assert_eq!(ids(&format!("/projects?created_at[lte]={created}")), [id(&project)]);

    let assignee = app.person();
    let task = app.task(&owner, id(&project), &json!({ "assignee_id": assignee.id }));
    app.comment(&owner, task);
    let comment = app.comment(&assignee, task);
    assert_eq!(ids(&format!("/tasks/{task}/comments?author_id={}", assignee.id)), [comment]);
    assert_eq!(ids(&format!("/tasks/{task}/comments?author_id[ne]={}", owner.id)), [comment]);
    assert_eq!(ids(&format!("/tasks/{task}/comments?created_at[gt]=2000-01-01T00:00:00Z")).len(), 2);

    for (path, fields) in [
        (
            "/projects".to_owned(),
            &["name=n", "owner_id=1", "description=x", "updated_at=2026-01-01T00:00:00Z", "id=1"][..],
        ),
        (format!("/tasks/{task}/comments"), &["body=x", "task_id=1", "id=1", "status=todo"]),
        ("/auth/sessions".to_owned(), &["id=1", "ip=127.0.0.1", "user_agent=x", "current=true", "q=x"]),
    ] {
        for field in fields {
            app.get(&format!("{path}?{field}")).by(&owner).refused(422);
        }
    }
}

#[test]
fn users_filter_by_role_activity_and_address() {
    let app = shared();
    let (one, other) = (app.person(), app.person());
    app.disable(&one);
    let admin = app.admin();
    let found =
        |query: &str| -> Vec<i64> { app.walk(admin, &format!("/users?limit=100&{query}")).iter().map(id).collect() };
    let email = encode(&one.email);
    assert_eq!(found(&format!("email={email}")), [one.id]);
    assert_eq!(found(&format!("email={}", encode(&one.email.to_uppercase()))), [one.id], "the case does not matter");
    assert_eq!(found(&format!("email={email}&is_active=true")), Vec::<i64>::new());
    assert_eq!(found(&format!("email={email}&is_active=false")), [one.id]);
    assert_eq!(found(&format!("email[in]={email},{}", encode(&other.email))), [one.id, other.id]);
    let admins = found("role=admin");
    assert!(admins.contains(&admin.id) && !admins.contains(&other.id));
    assert!(found("is_active=false").contains(&one.id) && !found("is_active[ne]=false").contains(&one.id));
    let tagged =
        app.post("/auth/register", &json!({ "email": format!("bob+{}", one.email), "password": "long enough" }));
    let tagged = id(&tagged.created());
    assert_eq!(found(&format!("email=bob%2B{email}")), [tagged]);
    assert_eq!(found(&format!("email[contains]=bob%2B{email}")), [tagged]);
    for query in ["email=bob+", "email[ne]=bob+", "email[contains]=bob%20", "email[in]=a@b.example,bob+"] {
        let problem = app.get(&format!("/users?{query}{email}")).by(admin).refused(422);
        assert!(problem["detail"].as_str().unwrap().contains("%2B"), "{query}: {problem}");
    }
    for query in ["role=root", "is_active=1", "is_active=yes", "is_active=TRUE", "display_name=x", "password=x", "id=1"]
    {
        app.get(&format!("/users?{query}")).by(admin).refused(422);
    }
}
