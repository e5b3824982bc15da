//! Routes as data: what follows from the catalog, and what every application has.

mod actions;
mod admin;
mod anonymous;
mod files;
mod fixed;
pub(super) mod webhooks;

pub(super) use self::anonymous::admits_anonymous;
pub use self::{
    actions::{ServiceAction, SessionAction},
    admin::{AdminAction, below_path},
    files::FileAct,
    webhooks::WebhookAction,
};
use crate::{
    pipeline::Right,
    schema::{Catalog, Model, Schema, Verb},
};

/// What stands before all routes of the API.
pub const API_PREFIX: &str = "/api/v1";

/// A method and a path, and what they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method. `GET` answers `HEAD` too.
    pub method: &'static str,
    /// The path; `{id}` stands for a row's id, `{file}` and `{provider}` for a name.
    pub path: String,
    /// What it does.
    pub action: Action,
    /// Whether somebody without a token may get an answer other than 401.
    pub admits_anonymous: bool,
}

/// What a route does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A verb on the resource at this place in the catalog.
    Resource {
        /// Its index.
        model: usize,
        /// The verb.
        verb: Verb,
        /// Whether `{id}` is the parent's, not the row's.
        nested: bool,
    },
    /// A verb on the caller's own account.
    Oneself {
        /// The account's index.
        model: usize,
        /// Reading or updating.
        verb: Verb,
    },
    /// Something about the file that a row of the resource at this place has.
    File {
        /// Its index.
        model: usize,
        /// The place of the field among its columns.
        column: usize,
        /// What.
        act: FileAct,
    },
    /// Something about accounts and their sessions.
    Session(SessionAction),
    /// Something about receivers of webhooks.
    Webhook(WebhookAction),
    /// Something about the application as a whole.
    Admin(AdminAction),
    /// Many operations in one transaction.
    Batch,
    /// What the caller was told.
    Notifications,
    /// A WebSocket, over which the caller is told.
    Socket,
    /// Something about the server itself.
    Service(ServiceAction),
    /// What the application's own route does.
    Custom {
        /// Its place among them.
        index: usize,
        /// The resource of the row that it acts on, and who may.
        asks: Option<(usize, Right)>,
    },
    /// A verb on a resource that the application answers itself.
    Replaced {
        /// The place of its handler among the application's own routes.
        index: usize,
        /// Index of the resource.
        model: usize,
        /// The verb.
        verb: Verb,
    },
}

impl Action {
    /// Whether the route looks at no token at all, since it is how one gets a token, or concerns the server alone.
    #[must_use]
    pub const fn is_public(self) -> bool {
        matches!(
            self,
            Self::Service(_)
                | Self::Session(
                    SessionAction::Register
                        | SessionAction::Login
                        | SessionAction::Refresh
                        | SessionAction::Forgot
                        | SessionAction::Reset
                        | SessionAction::Verify
                        | SessionAction::BeginElsewhere
                        | SessionAction::ReturnFromElsewhere
                        | SessionAction::FinishElsewhere
                )
        )
    }

    /// Whether the query string means something here.
    #[must_use]
    pub const fn takes_query(self) -> bool {
        let is_about_elsewhere =
            matches!(self, Self::Session(SessionAction::BeginElsewhere | SessionAction::ReturnFromElsewhere));
        is_about_elsewhere || self.is_list()
    }

    /// Whether rows are asked for, page by page.
    #[must_use]
    pub const fn is_list(self) -> bool {
        if let Self::Webhook(action) = self {
            return action.is_list();
        }
        matches!(
            self,
            Self::Resource { verb: Verb::List | Verb::History, .. }
                | Self::Replaced { verb: Verb::List | Verb::History, .. }
                | Self::Session(SessionAction::List | SessionAction::ListKeys | SessionAction::ListIdentities)
                | Self::Notifications
                | Self::Admin(AdminAction::Jobs)
        )
    }
}

/// The generated route of a verb on a resource.
pub(super) fn of_verb(catalog: &Catalog, name: &str, verb: Verb) -> Option<Route> {
    resource(catalog, catalog.find(name)?, verb)
}

/// The path of a row, where any verb has a route for one.
pub(super) fn of_row(schema: &Schema, id: i64) -> Option<String> {
    let has_route = [Verb::Read, Verb::Update, Verb::Delete].iter().any(|&verb| schema.rule(verb).is_some());
    has_route.then(|| format!("{API_PREFIX}/{}/{id}", schema.plural))
}

/// The routes that follow from the catalog, and those that every application has.
#[must_use]
pub fn declared(catalog: &Catalog) -> Vec<Route> {
    let mut routes = Vec::new();
    for model in catalog.models() {
        if model.schema.account {
            routes.extend(
                [("GET", Verb::Read), ("PATCH", Verb::Update)].map(|(method, verb)| oneself(model, method, verb)),
            );
        }
        routes.extend(Verb::ALL.iter().filter_map(|&verb| resource(catalog, model, verb)));
        routes.extend(files::of_resource(catalog, model));
    }
    let account = catalog.account().map(|model| model.schema);
    routes.extend(fixed::session_routes(account));
    routes.extend(webhooks::routes(catalog));
    routes.extend(admin::routes(catalog));
    let batch = format!("{API_PREFIX}/batch");
    routes.push(Route { method: "POST", path: batch, action: Action::Batch, admits_anonymous: false });
    routes.push(notified(format!("{API_PREFIX}/notifications"), Action::Notifications));
    routes.push(notified("/ws".to_owned(), Action::Socket));
    routes.extend(fixed::service_routes(account));
    routes
}

const fn notified(path: String, action: Action) -> Route {
    Route { method: "GET", path, action, admits_anonymous: false }
}

fn oneself(model: &Model, method: &'static str, verb: Verb) -> Route {
    Route {
        method,
        path: format!("{API_PREFIX}/{}/me", model.schema.plural),
        action: Action::Oneself { model: model.index, verb },
        admits_anonymous: false,
    }
}

fn resource(catalog: &Catalog, model: &Model, verb: Verb) -> Option<Route> {
    let (method, rule) = (method(verb)?, model.schema.rule(verb)?);
    let is_collection = matches!(verb, Verb::Create | Verb::List);
    let parent = model.parent.filter(|_| is_collection).and_then(|parent| catalog.get(parent.index));
    let plural = model.schema.plural;
    let path = match parent {
        _ if matches!(verb, Verb::Restore | Verb::History) => format!("{API_PREFIX}/{plural}/{{id}}/{}", verb.name()),
        Some(parent) => format!("{API_PREFIX}/{}/{{id}}/{plural}", parent.schema.plural),
        None if is_collection => format!("{API_PREFIX}/{plural}"),
        None => format!("{API_PREFIX}/{plural}/{{id}}"),
    };
    Some(Route {
        method,
        path,
        action: Action::Resource { model: model.index, verb, nested: parent.is_some() },
        admits_anonymous: admits_anonymous(catalog, model.schema, rule),
    })
}

/// The method of a verb's route, where it has one.
const fn method(verb: Verb) -> Option<&'static str> {
    match verb {
        Verb::Create | Verb::Restore => Some("POST"),
        Verb::List | Verb::Read | Verb::History => Some("GET"),
        Verb::Update => Some("PATCH"),
        Verb::Delete => Some("DELETE"),
        Verb::Show => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{
        http::{CustomRoute, route_table::table},
        schema::{Column, Grant, Id, Kind, Path, Rule},
    };

    const fn relation(name: &'static str, key: &'static str, target: &'static str) -> Column {
        let mut column = Column::new::<i64>(name, key);
        column.kind = Kind::Relation(target);
        column
    }

    #[expect(clippy::large_types_passed_by_value, reason = "runs at compile time only")]
    const fn grant(verb: Verb, rule: Rule) -> Grant {
        Grant { verb, rule }
    }

    static USER: Schema = Schema::new("user", "users")
        .account()
        .columns(&[Column::new::<Id<()>>("id", "id")])
        .grants(&[grant(Verb::List, Rule::Role("admin"))]);
    static TASK: Schema = Schema::new("task", "tasks")
        .columns(&[relation("owner", "owner_id", "user")])
        .named_rules(&[
            ("member", Rule::Related(Path::HERE.then("owner"))),
            ("open", Rule::Any(&[Rule::Authenticated, Rule::Anyone])),
        ])
        .grants(&[
            grant(Verb::Create, Rule::Authenticated),
            grant(Verb::Read, Rule::All(&[Rule::Anyone, Rule::Named { path: Path::HERE, rule: "member" }])),
            grant(Verb::Delete, Rule::Not(&Rule::Authenticated)),
        ]);
    static NOTE: Schema =
        Schema::new("note", "notes").under("task").columns(&[relation("task", "task_id", "task")]).grants(&[
            grant(Verb::Create, Rule::Named { path: Path::HERE.then("task"), rule: "member" }),
            grant(Verb::List, Rule::Named { path: Path::HERE.then("task"), rule: "open" }),
            grant(Verb::Update, Rule::Named { path: Path::HERE.then("task"), rule: "unknown" }),
        ]);

    fn routes() -> Vec<Route> {
        table(&Catalog::link(&[&USER, &TASK, &NOTE]).unwrap(), &[]).unwrap()
    }

    #[salvo::handler]
    pub(crate) async fn nothing() {}

    #[test]
    fn a_hand_written_route_has_a_place_of_its_own() {
        let catalog = Catalog::link(&[&USER, &TASK, &NOTE]).unwrap();
        let add = |routes: &[CustomRoute]| table(&catalog, routes).map(|routes| routes.last().cloned().unwrap());
        let added = add(&[CustomRoute::get("/tasks/{id}/stats", nothing)]).unwrap();
        assert_eq!(
            (added.path.as_str(), added.action),
            ("/api/v1/tasks/{id}/stats", Action::Custom { index: 0, asks: None })
        );
        for route in [CustomRoute::get("/tasks/recent", nothing), CustomRoute::patch("/users", nothing)] {
            assert!(add(&[route]).is_ok());
        }
        for route in [CustomRoute::get("/tasks/{id}", nothing), CustomRoute::post("/auth/login", nothing)] {
            assert!(add(&[route]).unwrap_err().contains("is there already"));
        }
        let twice = [(); 2].map(|()| CustomRoute::get("/twice", nothing));
        assert!(add(&twice).unwrap_err().contains("is there already"));
        for path in ["", "tasks", "/", "/tasks/", "/a//b", "/{task}", "/{id}/x/{id}", "/A", "/a?b", "/a{id}", "/<x>"] {
            assert!(add(&[CustomRoute::get(path, nothing)]).unwrap_err().contains("is none"), "{path}");
        }
    }

    #[test]
    fn a_verb_with_a_rule_has_a_route() {
        let found: Vec<_> = routes()
            .iter()
            .filter(|route| matches!(route.action, Action::Resource { .. } | Action::Oneself { .. }))
            .map(|route| (route.method, route.path.clone(), route.admits_anonymous))
            .collect();
        let expected = [
            ("GET", "/users/me", false),
            ("PATCH", "/users/me", false),
            ("GET", "/users", false),
            ("POST", "/tasks", false),
            ("GET", "/tasks/{id}", false),
            ("DELETE", "/tasks/{id}", true),
            ("POST", "/tasks/{id}/notes", false),
            ("GET", "/tasks/{id}/notes", true),
            ("PATCH", "/notes/{id}", true),
        ]
        .map(|(method, path, anonymous)| (method, format!("{API_PREFIX}{path}"), anonymous));
        assert_eq!(found, expected);
    }

    #[test]
    fn no_two_routes_are_the_same() {
        let mut seen = std::collections::HashSet::new();
        assert!(routes().iter().all(|route| seen.insert((route.method, route.path.clone()))));
    }

    #[test]
    fn the_way_to_a_token_needs_none() {
        for route in routes() {
            let is_public = route.action.is_public();
            let expected =
                ["register", "login", "refresh", "forgot", "reset"].iter().any(|word| route.path.ends_with(word))
                    || route.path.contains("/oidc/")
                    || !route.path.starts_with(API_PREFIX) && route.path != "/ws";
            assert_eq!(is_public, expected, "{}", route.path);
            assert!(!is_public || route.admits_anonymous);
        }
    }
}
