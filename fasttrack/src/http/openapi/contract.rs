//! What the contract of the reference application says of its document.

use serde_json::{Value, json};

use super::laws::{keys, operations, parameters, statuses, tracker};

/// Every route with its operation, and how it can be refused beyond 422 and 500.
const ROUTES: &[(&str, &str, &[u16])] = &[
    ("POST /api/v1/auth/register", "register", &[400, 403, 409, 413, 415, 429, 503]),
    ("POST /api/v1/auth/login", "log_in", &[400, 401, 403, 413, 415, 429, 503]),
    ("POST /api/v1/auth/refresh", "refresh_tokens", &[400, 401, 413, 415, 429, 503]),
    ("POST /api/v1/auth/logout", "log_out", &[401, 429, 503]),
    ("POST /api/v1/auth/password", "change_password", &[400, 401, 413, 415, 429, 503]),
    ("POST /api/v1/auth/forgot", "forgot_password", &[400, 413, 415, 429, 503]),
    ("POST /api/v1/auth/reset", "reset_password", &[400, 401, 413, 415, 429, 503]),
    ("POST /api/v1/auth/verify", "verify_address", &[400, 401, 413, 415, 429, 503]),
    ("POST /api/v1/auth/verify/send", "send_verification", &[401, 429, 503]),
    ("GET /api/v1/auth/sessions", "list_sessions", &[400, 401, 426, 429, 503]),
    ("DELETE /api/v1/auth/sessions/{id}", "end_session", &[401, 404, 412, 429, 503]),
    ("POST /api/v1/auth/totp", "begin_totp", &[401, 409, 429, 503]),
    ("POST /api/v1/auth/totp/confirm", "confirm_totp", &[400, 401, 409, 413, 415, 429, 503]),
    ("DELETE /api/v1/auth/totp", "end_totp", &[400, 401, 404, 412, 413, 415, 429, 503]),
    ("POST /api/v1/auth/keys", "create_key", &[400, 401, 409, 413, 415, 429, 503]),
    ("GET /api/v1/auth/keys", "list_keys", &[400, 401, 426, 429, 503]),
    ("DELETE /api/v1/auth/keys/{id}", "end_key", &[401, 404, 412, 429, 503]),
    ("GET /api/v1/auth/oidc/{provider}", "begin_oidc", &[404, 429, 503]),
    ("POST /api/v1/auth/oidc/{provider}", "finish_oidc", &[400, 401, 403, 404, 413, 415, 429, 503]),
    ("GET /api/v1/auth/oidc/{provider}/callback", "return_from_oidc", &[401, 403, 404, 409, 429, 503]),
    ("GET /api/v1/auth/identities", "list_identities", &[400, 401, 426, 429, 503]),
    ("DELETE /api/v1/auth/identities/{id}", "end_identity", &[401, 404, 412, 429, 503]),
    ("GET /api/v1/users/me", "get_me", &[401, 412, 429, 503]),
    ("PATCH /api/v1/users/me", "update_me", &[400, 401, 403, 409, 412, 413, 415, 429, 503]),
    ("GET /api/v1/users", "list_users", &[400, 401, 403, 426, 429, 503]),
    ("GET /api/v1/users/{id}", "get_user", &[401, 403, 404, 412, 429, 503]),
    ("PATCH /api/v1/users/{id}", "update_user", &[400, 401, 403, 404, 409, 412, 413, 415, 429, 503]),
    ("POST /api/v1/projects", "create_project", &[400, 401, 413, 415, 429, 503]),
    ("GET /api/v1/projects", "list_projects", &[400, 401, 426, 429, 503]),
    ("GET /api/v1/projects/{id}", "get_project", &[401, 403, 404, 412, 429, 503]),
    ("PATCH /api/v1/projects/{id}", "update_project", &[400, 401, 403, 404, 412, 413, 415, 429, 503]),
    ("DELETE /api/v1/projects/{id}", "delete_project", &[401, 403, 404, 412, 429, 503]),
    ("POST /api/v1/projects/{id}/tasks", "create_task", &[400, 401, 403, 404, 413, 415, 429, 503]),
    ("GET /api/v1/projects/{id}/tasks", "list_tasks", &[400, 401, 403, 404, 426, 429, 503]),
    ("GET /api/v1/tasks/{id}", "get_task", &[401, 403, 404, 412, 429, 503]),
    ("PATCH /api/v1/tasks/{id}", "update_task", &[400, 401, 403, 404, 412, 413, 415, 429, 503]),
    ("DELETE /api/v1/tasks/{id}", "delete_task", &[401, 403, 404, 412, 429, 503]),
    ("POST /api/v1/tasks/{id}/comments", "create_comment", &[400, 401, 403, 404, 413, 415, 429, 503]),
    ("GET /api/v1/tasks/{id}/comments", "list_comments", &[400, 401, 403, 404, 426, 429, 503]),
    ("DELETE /api/v1/comments/{id}", "delete_comment", &[401, 403, 404, 412, 429, 503]),
    ("POST /api/v1/batch", "run_batch", &[400, 401, 403, 404, 409, 412, 413, 415, 429, 503]),
    ("GET /api/v1/notifications", "list_notifications", &[400, 401, 426, 429, 503]),
    ("POST /api/v1/webhooks", "create_webhook", &[400, 401, 403, 409, 413, 415, 429, 503]),
    ("GET /api/v1/webhooks", "list_webhooks", &[400, 401, 403, 426, 429, 503]),
    ("GET /api/v1/webhooks/{id}", "get_webhook", &[401, 403, 404, 429, 503]),
    ("PATCH /api/v1/webhooks/{id}", "update_webhook", &[400, 401, 403, 404, 412, 413, 415, 429, 503]),
    ("DELETE /api/v1/webhooks/{id}", "delete_webhook", &[401, 403, 404, 412, 429, 503]),
    ("GET /api/v1/webhooks/{id}/deliveries", "list_webhook_deliveries", &[400, 401, 403, 404, 426, 429, 503]),
    ("POST /api/v1/webhooks/{id}/deliveries/{n}/retry", "retry_webhook_delivery", &[401, 403, 404, 409, 429, 503]),
    ("GET /api/v1/admin/resources", "describe_resources", &[401, 429, 503]),
    ("GET /api/v1/admin/projects/{id}/below", "read_what_may_be_below_project", &[401, 403, 404, 429, 503]),
    ("GET /api/v1/admin/tasks/{id}/below", "read_what_may_be_below_task", &[401, 403, 404, 429, 503]),
    ("GET /api/v1/admin/jobs", "list_jobs", &[400, 401, 403, 426, 429, 503]),
    ("POST /api/v1/admin/jobs/{id}/retry", "retry_job", &[401, 403, 404, 429, 503]),
    ("GET /ws", "connect", &[403, 426, 429, 503]),
    ("GET /health", "get_health", &[]),
    ("GET /ready", "get_readiness", &[503]),
    ("GET /metrics", "get_metrics", &[]),
    ("GET /openapi.json", "get_openapi", &[]),
    ("GET /docs", "get_docs", &[]),
    ("GET /live", "get_live", &[]),
    ("GET /admin", "get_admin", &[]),
    ("GET /reset", "get_reset", &[]),
    ("GET /verify", "get_verify", &[]),
];

/// Operations that need no token.
const PUBLIC: &[&str] = &[
    "register",
    "log_in",
    "refresh_tokens",
    "forgot_password",
    "reset_password",
    "verify_address",
    "begin_oidc",
    "finish_oidc",
    "return_from_oidc",
    "get_health",
    "get_readiness",
    "get_metrics",
    "get_openapi",
    "get_docs",
    "get_live",
    "get_admin",
    "get_reset",
    "get_verify",
];

#[test]
fn the_routes_are_those_of_the_contract() {
    let document = tracker();
    let operations = operations(&document);
    for (route, operation) in &operations {
        let (_, id, refused) =
            ROUTES.iter().find(|(known, ..)| known == route).unwrap_or_else(|| panic!("{route} is in no contract"));
        assert_eq!(operation["operationId"], *id, "{route}");
        let mut expected = [refused, [422, 500].as_slice()].concat();
        expected.sort_unstable();
        let refusals: Vec<_> = statuses(operation).into_iter().filter(|status| *status >= 400).collect();
        assert_eq!(refusals, expected, "{route}");
        let empty = ["log_out", "change_password", "reset_password", "verify_address"];
        let succeeds = if route.starts_with("DELETE") || empty.contains(id) {
            204
        } else if ["forgot_password", "send_verification", "retry_webhook_delivery", "retry_job"].contains(id) {
            202
        } else if route.starts_with("POST")
            && !["log_in", "refresh_tokens", "run_batch", "begin_totp", "confirm_totp", "finish_oidc"].contains(id)
        {
            201
        } else if *id == "connect" {
            101
        } else if *id == "begin_oidc" {
            302
        } else {
            200
        };
        assert!(statuses(operation).contains(&succeeds), "{route}");
        // Who hands a task on may not see it any more.
        let may_hide = route.starts_with("PATCH") && statuses(operation).contains(&204);
        assert_eq!(may_hide, *id == "update_task", "{route}");
        assert_eq!(operation["security"] == json!([]), PUBLIC.contains(id), "{route}");
    }
    assert_eq!(operations.len(), ROUTES.len());
}

#[test]
fn bodies_hold_the_keys_of_the_contract_in_its_order() {
    let document = tracker();
    let check = |schema: &str, expected: &[&str], required: &[&str]| {
        let schema_object = &document["components"]["schemas"][schema];
        let expanded = |key: &&str| {
            let description = schema_object["properties"][*key]["description"].as_str();
            description.is_some_and(|text| text.starts_with("With `expand="))
        };
        let mut found = keys(&schema_object["properties"]);
        found.retain(|key| !expanded(key));
        assert_eq!(found, expected, "{schema}");
        let found: Vec<_> =
            schema_object["required"].as_array().into_iter().flatten().map(|key| key.as_str().unwrap()).collect();
        assert_eq!(found, required, "{schema}");
    };
    let user = ["id", "email", "email_verified", "display_name", "role", "is_active", "created_at", "updated_at"];
    check("User", &user, &user);
    check("ExpandedUser", &user, &["id", "display_name"]);
    check("UserRegistration", &["email", "password", "display_name"], &["email", "password"]);
    check("UserSelfUpdate", &["email", "display_name", "current_password"], &[]);
    check("UserUpdate", &["email", "display_name", "role", "is_active", "current_password"], &[]);
    let project = ["id", "name", "description", "status", "owner_id", "created_at", "updated_at"];
    check("Project", &project, &project);
    check("ProjectCreate", &["name", "description", "status"], &["name"]);
    check("ProjectUpdate", &["name", "description", "status"], &[]);
    check("TaskCreate", &["title", "description", "status", "priority", "assignee_id"], &["title"]);
    check("TaskUpdate", &["title", "description", "status", "priority", "assignee_id"], &[]);
    check(
        "Comment",
        &["id", "body", "task_id", "author_id", "created_at"],
        &["id", "body", "task_id", "author_id", "created_at"],
    );
    check("CommentCreate", &["body"], &["body"]);
    check(
        "TokenPair",
        &["access_token", "refresh_token", "token_type", "expires_in"],
        &["access_token", "refresh_token", "token_type", "expires_in"],
    );
    assert!(document["components"]["schemas"]["CommentUpdate"].is_null());
}

#[test]
fn the_password_is_in_no_answer() {
    let document = tracker();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for key in keys(&schema["properties"]).iter().filter(|key| key.contains("password")) {
            assert_eq!(schema["additionalProperties"], false, "{name} is an input");
            assert_eq!(schema["properties"][key]["writeOnly"], true, "{name}.{key}");
        }
    }
}

/// The query parameters of a list, with an operator left out.
fn fields_of(document: &Value, route: &str) -> Vec<String> {
    let operation = operations(document)[route];
    let mut names: Vec<_> = parameters(document, operation)
        .into_iter()
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| parameter["name"].as_str().unwrap().split('[').next().unwrap().to_owned())
        .collect();
    names.dedup();
    names
}

fn sorts_of(document: &Value, route: &str) -> Vec<String> {
    let operation = operations(document)[route];
    let sort = parameters(document, operation).into_iter().find(|parameter| parameter["name"] == "sort").unwrap();
    let orders = sort["schema"]["items"]["enum"].as_array().unwrap();
    orders.iter().map(|order| order.as_str().unwrap().to_owned()).filter(|order| !order.starts_with('-')).collect()
}

#[test]
fn lists_take_the_parameters_of_the_contract() {
    let document = tracker();
    let check = |route: &str, filters: &[&str], sorts: &[&str]| {
        let mut found = fields_of(&document, route);
        found.retain(|name| !["expand", "fields"].contains(&name.as_str()));
        assert_eq!(found, [&["limit", "cursor", "sort"], filters].concat(), "{route}");
        assert_eq!(sorts_of(&document, route), sorts, "{route}");
    };
    check(
        "GET /api/v1/projects",
        &["q", "count", "id", "status", "created_at"],
        &["id", "name", "created_at", "updated_at"],
    );
    check(
        "GET /api/v1/projects/{id}/tasks",
        &["q", "count", "id", "title", "status", "task_status", "priority", "assignee_id", "created_at"],
        &["id", "title", "status", "priority", "created_at", "updated_at"],
    );
    check("GET /api/v1/tasks/{id}/comments", &["q", "count", "id", "author_id", "created_at"], &["id", "created_at"]);
    check("GET /api/v1/users", &["q", "count", "id", "email", "role", "is_active"], &["id", "email", "created_at"]);
    check("GET /api/v1/auth/sessions", &["id"], &["id"]);
    check("GET /api/v1/notifications", &["id"], &["id"]);
}

#[test]
fn rows_are_shown_inside_those_that_refer_to_them() {
    let document = tracker();
    let check = |route: &str, expected: &[&str]| {
        let operation = operations(&document)[route];
        let expand = parameters(&document, operation).into_iter().find(|parameter| parameter["name"] == "expand");
        let names = expand.map(|expand| expand["schema"]["items"]["enum"].clone());
        assert_eq!(names, (!expected.is_empty()).then(|| json!(expected)), "{route}");
    };
    check("GET /api/v1/projects", &["owner", "owner.can", "can"]);
    let of_project = ["project", "project.owner", "project.owner.can", "project.can"];
    check("GET /api/v1/tasks/{id}", &[&of_project[..], &["assignee", "assignee.can", "can"]].concat());
    check("GET /api/v1/users/me", &["can"]);
    let task = &document["components"]["schemas"]["Task"]["properties"];
    assert_eq!(task["project"]["anyOf"][0]["$ref"], "#/components/schemas/Project");
    assert_eq!(task["assignee"]["anyOf"][0]["$ref"], "#/components/schemas/ExpandedUser");
}

#[test]
fn an_older_name_of_a_filter_is_deprecated() {
    let document = tracker();
    let operation = operations(&document)["GET /api/v1/projects/{id}/tasks"];
    for parameter in parameters(&document, operation) {
        let older = parameter["name"].as_str().unwrap().starts_with("task_status");
        assert_eq!(parameter["deprecated"] == true, older, "{parameter}");
    }
}

#[test]
fn operations_say_who_may() {
    let document = tracker();
    let operations = operations(&document);
    let check = |route: &str, expected: &str| {
        let description = operations[route]["description"].as_str().unwrap();
        assert!(description.ends_with(expected), "{route}: {description}");
    };
    check("GET /api/v1/tasks/{id}", "Who may: project.owner, assignee or role admin.");
    check("POST /api/v1/tasks/{id}/comments", "Who may: task.project.owner, task.assignee or role admin.");
    check("GET /api/v1/projects", "Who may: owner or role admin. Rows for which this does not hold are left out.");
    check("DELETE /api/v1/projects/{id}", "Deletes with it: tasks, comments.\n\nWho may: owner or role admin.");
    check("POST /api/v1/projects", "Who may: anyone logged in.");
}

#[test]
fn what_can_be_wrong_with_a_body_stands_where_there_is_one() {
    let document = tracker();
    for (route, operation) in operations(&document) {
        let body = &operation["requestBody"];
        let targets =
            operation["responses"].as_object().unwrap().values().filter_map(|response| response["$ref"].as_str());
        let of_bodies = ["BadRequest", "ContentTooLarge", "UnsupportedMediaType", "UnprocessableContent"];
        let found: Vec<_> = targets.filter(|target| of_bodies.iter().any(|name| target.ends_with(name))).collect();
        assert_eq!(found.len(), if body.is_object() { of_bodies.len() } else { 0 }, "{route}: {found:?}");
    }
    let responses = document["components"]["responses"].as_object().unwrap();
    for (name, response) in
        responses.iter().filter(|(name, _)| ["BadCursor", "InvalidParameters"].contains(&name.as_str()))
    {
        assert!(!response["description"].as_str().unwrap().contains("body"), "{name}");
    }
}
