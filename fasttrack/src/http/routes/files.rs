//! The routes of files that rows have.

use super::{API_PREFIX, Action, Route, admits_anonymous};
use crate::schema::{Catalog, Model, Verb};

/// What is done about the file of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileAct {
    /// It is sent.
    Put,
    /// It is wanted.
    Get,
    /// It is taken away.
    Delete,
}

impl FileAct {
    const ALL: [Self; 3] = [Self::Put, Self::Get, Self::Delete];

    /// Whose rule says who may.
    #[must_use]
    pub const fn verb(self) -> Verb {
        match self {
            Self::Put | Self::Delete => Verb::Update,
            Self::Get => Verb::Read,
        }
    }

    /// Its method.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Put => "PUT",
            Self::Get => "GET",
            Self::Delete => "DELETE",
        }
    }
}

/// The routes of the files of a resource. One's own account has its files there, too, under `me`.
pub(super) fn of_resource(catalog: &Catalog, model: &Model) -> Vec<Route> {
    let schema = model.schema;
    let mut routes = Vec::new();
    for (column, field) in schema.columns.iter().enumerate().filter_map(|(place, it)| Some((place, it.file?))) {
        for act in FileAct::ALL {
            let route = |id: &str, admits_anonymous| Route {
                method: act.method(),
                path: format!("{API_PREFIX}/{}/{id}/{}", schema.plural, field.name),
                action: Action::File { model: model.index, column, act },
                admits_anonymous,
            };
            // What only some may set is never one's own to set.
            let is_shut =
                act != FileAct::Get && schema.columns.get(column).is_some_and(|column| column.write.is_some());
            routes.extend((schema.account && !is_shut).then(|| route("me", false)));
            routes.extend(schema.rule(act.verb()).map(|rule| route("{id}", admits_anonymous(catalog, schema, rule))));
        }
    }
    routes
}
