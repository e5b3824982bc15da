//! What things are called in the document: component schemas, and resources in sentences.

use std::collections::HashSet;

use crate::{
    http::CustomRoute,
    pipeline,
    schema::{Catalog, Model},
    words::capitalised,
};

/// Component schemas that every application has; a resource never takes one of these names.
pub(super) const RESERVED: &[&str] = &[
    "Problem",
    "ValidationProblem",
    "Fault",
    "Credentials",
    "RefreshRequest",
    "PasswordChange",
    "TokenPair",
    "Session",
    "SessionPage",
    "Health",
    "WebhookCreate",
    "WebhookUpdate",
    "Webhook",
    "NewWebhook",
    "ChangedWebhook",
    "WebhookPage",
    "WebhookDelivery",
    "WebhookDeliveryPage",
    "Job",
    "JobPage",
];

/// The names of one resource's component schemas.
#[derive(Debug)]
pub(super) struct Names {
    /// A row.
    pub(super) row: String,
    /// A page of rows.
    pub(super) page: String,
    /// A row inside one that refers to it, where less of it is shown there.
    pub(super) expanded: String,
    /// The body that creates one; of the account, the body that registers.
    pub(super) create: String,
    /// The body that changes one.
    pub(super) update: String,
    /// The body with which accounts change themselves.
    pub(super) update_own: String,
    /// The body that registers an account.
    pub(super) registration: String,
    /// What can be done with a row.
    pub(super) can: Vec<String>,
}

impl Names {
    /// The names of each resource, in the order of the catalog. A resource whose names are taken gets `Row` appended.
    pub(super) fn of(catalog: &Catalog, custom: &[CustomRoute]) -> Vec<Self> {
        let mut taken: HashSet<String> = RESERVED.iter().map(|&name| name.to_owned()).collect();
        let of = |model: &Model| {
            let can = pipeline::rights_of(model.schema).map(|verb| verb.name().to_owned());
            let acts = custom.iter().filter_map(|route| route.act_on(model.schema.name)).map(str::to_owned);
            Self { can: can.chain(acts).collect(), ..Self::of_model(model, &mut taken) }
        };
        catalog.models().iter().map(of).collect()
    }

    fn of_model(model: &Model, taken: &mut HashSet<String>) -> Self {
        let mut stem = pascal(model.schema.name);
        loop {
            let names = Self::from_stem(&stem);
            if names.all().iter().all(|name| !taken.contains(*name)) {
                taken.extend(names.all().iter().map(|&name| name.to_owned()));
                return names;
            }
            stem.push_str("Row");
        }
    }

    /// The names that follow from that of a row.
    pub(super) fn from_stem(stem: &str) -> Self {
        Self {
            row: stem.to_owned(),
            expanded: format!("Expanded{stem}"),
            page: format!("{stem}Page"),
            create: format!("{stem}Create"),
            update: format!("{stem}Update"),
            update_own: format!("{stem}SelfUpdate"),
            registration: format!("{stem}Registration"),
            can: Vec::new(),
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> [&str; 7] {
        [&self.row, &self.page, &self.expanded, &self.create, &self.update, &self.update_own, &self.registration]
    }
}

/// `task_item` as `TaskItem`.
fn pascal(snake: &str) -> String {
    snake.split('_').map(capitalised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_pascal_case() {
        assert_eq!(pascal("task_item"), "TaskItem");
    }
}
