//! What is written of applications that have everything between them.

use super::{super::sample, *};
use crate::{
    http::{Replacement, routes::tests::nothing},
    schema::{Column, Grant, Id, Resource as Declared, Rule, Schema, Verb},
};

/// The lines of what begins with `start`, to the brace that ends it, without comments.
#[track_caller]
fn part<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    let at = text.find(start).unwrap_or_else(|| panic!("{start} is not in the client"));
    let lines = text[at..].lines().take_while(|line| *line != "}").map(str::trim);
    lines.filter(|line| !["/*", "*"].iter().any(|mark| line.starts_with(mark))).skip(1).collect()
}

fn tracker() -> String {
    typescript(&sample::tracker(), &[])
}

fn everything() -> String {
    typescript(&sample::everything(), &[])
}

#[test]
fn the_same_declarations_give_the_same_text() {
    assert_eq!(tracker(), tracker());
    assert_eq!(everything(), everything());
}

#[test]
fn a_row_has_what_is_shown_and_an_input_what_is_taken() {
    let text = tracker();
    let user = part(&text, "export interface User {");
    assert!(user.contains(&"id: number;") && user.contains(&"display_name: string;"), "{user:?}");
    assert!(user.contains(&"role: \"user\" | \"admin\";"), "{user:?}");
    assert!(!text.contains("password_hash") && user.iter().all(|line| !line.starts_with("password")), "{user:?}");
    // Shown to some alone, inside the rows of others.
    let expanded = part(&text, "export interface ExpandedUser {");
    assert!(expanded.contains(&"email?: string;") && expanded.contains(&"id: number;"), "{expanded:?}");
    let task = part(&text, "export interface Task {");
    assert!(task.contains(&"assignee_id: number | null;") && !task.iter().any(|line| line.starts_with("assignee?")));
    let create = part(&text, "export interface TaskCreate {");
    assert!(create.contains(&"title: string;") && create.contains(&"description?: string;"), "{create:?}");
    for key in ["id", "project_id", "created_at"] {
        assert!(!create.iter().any(|line| line.starts_with(key)), "{key} in {create:?}");
    }
    let update = part(&text, "export interface TaskUpdate {");
    assert!(update.contains(&"title?: string;"), "{update:?}");
    let own = part(&text, "export interface UserSelfUpdate {");
    assert!(own.contains(&"current_password?: string;") && !own.iter().any(|line| line.starts_with("role")), "{own:?}");
}

#[test]
fn lists_are_asked_what_is_declared() {
    let text = tracker();
    let filter = part(&text, "export interface TaskFilter {");
    let status = "status?: Filter<\"todo\" | \"in_progress\" | \"done\", \"ne\" | \"in\" | \"gt\" | \"gte\" | \"lt\" | \"lte\">;";
    assert!(filter.contains(&status), "{filter:?}");
    assert!(filter.contains(&"id?: Operated<number, \"in\">;"), "{filter:?}");
    assert!(!filter.iter().any(|line| line.starts_with("description")), "{filter:?}");
    let sort = text.lines().find(|line| line.starts_with("export type TaskSort")).unwrap();
    assert!(
        sort.contains("\"-created_at\"") && sort.contains("\"-relevance\"") && !sort.contains("description"),
        "{sort}"
    );
    let expand = text.lines().find(|line| line.starts_with("export type TaskExpand")).unwrap();
    assert!(expand.contains("\"project.owner\"") && expand.contains("\"can\""), "{expand}");
}

#[test]
fn events_have_their_data() {
    let text = tracker();
    let events = part(&text, "export interface Events {");
    assert!(events.contains(&"task_assigned: { task_id: number; project: string };"), "{events:?}");
    let status = "\"todo\" | \"in_progress\" | \"done\"";
    let changed = format!("status_changed: {{ task_id: number; old: {status} | null; new: {status} }};");
    assert!(events.contains(&changed.as_str()), "{events:?}");
    assert!(text.contains("  task_assigned: \"task\",\n"), "by which resource it is declared");
}

#[test]
fn what_a_resource_has_no_rule_for_has_no_method() {
    let text = tracker();
    let methods = |class: &str| {
        let lines = part(&text, &format!("export class {class} extends Rows {{"));
        let name = |line: &&str| line.split(['<', '(']).next().unwrap_or_default().to_owned();
        let starts = lines.iter().filter(|line| line.ends_with('{') && line.contains("): "));
        starts.map(name).collect::<Vec<_>>()
    };
    assert_eq!(methods("CommentApi"), ["create", "list", "delete"]);
    assert_eq!(methods("TaskApi"), ["create", "list", "get", "update", "delete"]);
    assert!(methods("UserApi").contains(&"async updateMe".to_owned()));
}

#[test]
fn rows_that_come_along_are_there_and_so_is_every_type() {
    let text = everything();
    let row = part(&text, "export interface ProblemRow {");
    assert!(row.contains(&"hints: Hint[];") && row.contains(&"hints_has_more: boolean;"), "{row:?}");
    assert!(row.contains(&"extra: unknown;") && row.contains(&"ratio: number | null;"), "{row:?}");
    let create = part(&text, "export interface ProblemRowCreate {");
    assert!(create.contains(&"notices: ({ text: string })[];"), "{create:?}");
    assert!(create.iter().any(|line| line.starts_with("hints?: ")), "{create:?}");
    let relations = part(&text, "export interface ProblemRowRelations {");
    assert!(relations.contains(&"hints: Several<Hint, HintRelations>;"), "{relations:?}");
}

const ID: Column = Column::new::<Id<()>>("id", "id");
const OPEN: &[Grant] = &[Grant::new(Verb::Create, Rule::Anyone), Grant::new(Verb::Update, Rule::Anyone)];
const MAP: Schema = Schema::new("map", "maps").columns(&[ID]).grants(OPEN);
const LIVE: Schema = Schema::new("live_set", "live").columns(&[ID]).grants(OPEN);

struct Map;

impl Declared for Map {
    type Fields = ();

    const NAME: &'static str = "map";
    const FIELDS: () = ();
    const SCHEMA: Schema = MAP;
}

/// A class of the platform that the runtime uses, and a method of the client.
#[test]
fn a_resource_may_be_called_as_anything() {
    static USER: Schema = Schema::new("user", "users").account().columns(&[ID]);
    static MAPS: Schema = MAP;
    static LIVES: Schema = LIVE;
    let text = typescript(&Catalog::link(&[&USER, &MAPS, &LIVES]).unwrap(), &[]);
    assert!(text.contains("export interface MapRow {") && !text.contains("export interface Map {"));
    assert!(text.contains("  readonly maps: MapRowApi;") && text.contains("  readonly liveRows: LiveSetApi;"));
}

/// What an application answers itself is not kept, and a key for it is refused.
#[test]
fn a_handler_of_the_applications_own_is_sent_no_key() {
    static USER: Schema = Schema::new("user", "users").account().columns(&[ID]);
    static MAPS: Schema = MAP;
    let catalog = Catalog::link(&[&USER, &MAPS]).unwrap();
    let keyed = |custom: &[CustomRoute], method: &str| {
        let text = typescript(&catalog, custom);
        let class = part(&text, "export class MapRowApi extends Rows {").join("\n");
        class.split(&format!("{method}(")).nth(1).unwrap().split("keyed: ").nth(1).unwrap().starts_with("true")
    };
    assert!(keyed(&[], "create") && keyed(&[], "update"));
    let replaced = [Replacement::of::<Map>(Verb::Create, nothing).into()];
    assert!(!keyed(&replaced, "create") && keyed(&replaced, "update"));
}

#[test]
fn a_route_by_hand_has_a_method() {
    let answer =
        serde_json::json!({ "type": "object", "required": ["n"], "properties": { "n": { "type": "integer" } } });
    let custom = [
        CustomRoute::get("/tasks/{id}/stats", nothing)
            .named("get_task_stats")
            .parameter("since", "From when.", serde_json::json!({ "type": "string" }))
            .answers("Figures.", answer),
        CustomRoute::post("/shout", nothing).takes(serde_json::json!({ "type": "object" })),
    ];
    let text = typescript(&sample::tracker(), &custom);
    let lines = part(&text, "export class Routes extends Rows {");
    let query = "options: RequestOptions & { readonly query?: { readonly since?: string } } = {}";
    assert!(
        lines.contains(&format!("getTaskStats(id: number, {query}): Promise<{{ n: number }}> {{").as_str()),
        "{lines:?}"
    );
    let shout = "postShout(body: Record<string, unknown>, options: RequestOptions = {}): Promise<void> {";
    assert!(lines.contains(&shout), "{lines:?}");
}
