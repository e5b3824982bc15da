//! The routes under `/admin`, about the application as a whole.

use serde_json::{Value, json};

use super::{
    operation::{Operation, component},
    pages::page,
    params,
    resources::ANYONE_LOGGED_IN,
};
use crate::{
    http::{
        admin_routes::who,
        routes::{API_PREFIX, below_path},
    },
    pipeline,
    schema::{Catalog, Model},
    words::words,
};

const TAG: &str = "admin";

/// The tag of these routes.
pub(super) fn tag() -> Value {
    json!({ "name": TAG, "description": "What is declared, and what the server has still to do: what the page `/admin` shows." })
}

/// The routes, where there is an account that could ask.
pub(super) fn paths(catalog: &Catalog) -> Vec<(String, Value)> {
    if catalog.account().is_none() {
        return Vec::new();
    }
    let who = format!("Who may: {}.", who(catalog));
    let render = |operation: Operation| operation.explain(&who).refuses(&[403]).render();
    let above = catalog.models().iter().filter(|model| pipeline::below(catalog, model.index).next().is_some());
    let below = above.map(|model| {
        let path = format!("{API_PREFIX}{}", below_path(model.schema.plural));
        (path, json!({ "get": self::below(catalog, model).render() }))
    });
    let fixed = vec![
        (format!("{API_PREFIX}/admin/resources"), json!({ "get": describe().render() })),
        (format!("{API_PREFIX}/admin/jobs"), json!({ "get": render(jobs()) })),
        (format!("{API_PREFIX}/admin/jobs/{{id}}/retry"), json!({ "post": render(retry()) })),
    ];
    fixed.into_iter().chain(below).collect()
}

fn below(catalog: &Catalog, model: &Model) -> Operation {
    let noun = words(model.schema.name);
    let plurals: Vec<_> = pipeline::below(catalog, model.index).map(|model| model.schema.plural).collect();
    let answer = json!({
        "type": "object",
        "required": ["create"],
        "properties": { "create": { "type": "array", "items": { "type": "string", "enum": plurals } } },
    });
    Operation::new(
        format!("read_what_may_be_below_{}", model.schema.name),
        TAG,
        format!("Read what the caller may create below a {noun}"),
    )
    .explain("What the values of such a row decide counts as if it were decided for the caller.")
    .explain("Who may: whoever may read the row.")
    .parameters([params::id(&noun)])
    .refuses(&[403])
    .refuses_when(404, format!("There is no such {noun}, or the caller may not know of it."))
    .answers_with(200, "The resources.", "application/json", &answer)
}

fn describe() -> Operation {
    Operation::new("describe_resources", TAG, "Read what is declared, as it is for the caller")
        .explain(
            "For pages that show tables and forms: each resource with its fields, and the paths of what the role of the caller \
             lets him do with some of its rows. What it never lets him see or send is left out.",
        )
        .explain(ANYONE_LOGGED_IN)
        .answers_with(200, "The resources.", "application/json", &json!({ "type": "object" }))
}

fn jobs() -> Operation {
    let state = json!({
        "name": "state",
        "in": "query",
        "description": "Only those that failed for good (`dead`), or only the others (`waiting`).",
        "schema": { "type": "string", "enum": ["waiting", "dead"] },
    });
    Operation::new("list_jobs", TAG, "List the jobs that wait or failed for good")
        .explain("What has succeeded is no job any more.")
        .parameters([state])
        .parameters(params::paging(&["id"]))
        .parameters(params::ids())
        .refuses(&[400])
        .answers_list("A page of jobs.", &component("JobPage"))
}

fn retry() -> Operation {
    Operation::new("retry_job", TAG, "Have a job tried once more")
        .explain("At once, as if it had never failed.")
        .parameters([params::id("job")])
        .answers_empty(202, "It is due now.")
        .refuses_when(404, "There is no such job, or none any more: it has succeeded.")
}

/// The component schemas of these routes.
pub(super) fn schemas() -> [(&'static str, Value); 2] {
    [("Job", job()), ("JobPage", page("A page of jobs.", "Job"))]
}

fn job() -> Value {
    let text = |description: &str| json!({ "type": ["string", "null"], "description": description });
    json!({
        "description": "Something that the server has still to do, or could not.",
        "type": "object",
        "required": ["id", "name", "resource", "row_id", "state", "tries", "created_at", "due_at", "error"],
        "properties": {
            "id": { "type": "integer", "format": "int64", "description": "Id of the job." },
            "name": { "type": "string", "description": "The function that it runs." },
            "resource": text("The resource of the row that it is about; null where it is about none."),
            "row_id": { "type": ["integer", "null"], "format": "int64", "description": "The id of that row." },
            "state": {
                "type": "string",
                "enum": ["waiting", "dead"],
                "description": "What is to become of it; `dead` has failed for good.",
            },
            "tries": { "type": "integer", "format": "int64", "minimum": 0, "description": "How often it was tried." },
            "created_at": { "type": "string", "format": "date-time", "description": "When the change was made." },
            "due_at": {
                "type": ["string", "null"],
                "format": "date-time",
                "description": "From when on it is tried next; null for one that failed for good.",
            },
            "error": text("Why the last attempt failed."),
        },
    })
}
