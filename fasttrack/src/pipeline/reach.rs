//! What the deletion of a row can reach, from the declarations alone: which tables refer to which, and in what order
//! their rows go.

use std::collections::BTreeSet;

use crate::{
    schema::{Catalog, Column, OnDelete},
    sql::{Referrer, Which},
};

/// How a row goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Going {
    /// For good. What was deleted and is kept holds nothing back, and goes with what it refers to.
    ForGood,
    /// To be kept: it is stored still, and so is what goes along.
    ToBeKept,
}

/// A relation of the application.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relation {
    pub referrer: Referrer,
    pub column: &'static Column,
}

/// What hangs on the rows of one resource.
#[derive(Debug)]
pub(super) struct Reach {
    /// Relations by which rows go along, each row of which has to be known.
    pub takes: Vec<Referrer>,
    /// Relations that rows lose, and fields of many rows that lose some.
    pub loses: Vec<Referrer>,
    /// Relations in a circle, which are taken from rows before these go. Else each row of a long chain would be deleted by
    /// the deletion of the one before, and `SQLite` goes 1,000 deep.
    pub cuts: Vec<Referrer>,
    /// The tables some rows of which go, in an order in which no row goes before one that refers to it.
    pub order: Vec<usize>,
}

/// Every relation, by the place of its table and its own.
pub(super) fn relations(catalog: &Catalog) -> Vec<Relation> {
    let mut relations = Vec::new();
    for model in catalog.tables() {
        for column in model.schema.columns {
            let Some(parent) = catalog.target(column) else { continue };
            let (parent, child) = (parent.index, model.index);
            let referrer = Referrer { parent, child, schema: model.schema, key: column.key, which: Which::All };
            relations.push(Relation { referrer, column });
        }
    }
    relations
}

impl Relation {
    fn takes(&self) -> bool {
        self.column.on_delete == Some(OnDelete::Cascade)
    }

    /// Which of the rows that refer go along; `None` where none do.
    fn which(&self, going: Going) -> Option<Which> {
        let is_kept = self.referrer.schema.deleted().is_some();
        match (going, self.column.on_delete) {
            (Going::ForGood, Some(OnDelete::Cascade)) => Some(Which::All),
            (Going::ForGood, Some(OnDelete::Restrict)) if is_kept => Some(Which::Gone),
            (Going::ToBeKept, Some(OnDelete::Cascade)) if is_kept => Some(Which::There),
            _ => None,
        }
    }

    /// Whether rows that refer keep what they refer to from going.
    pub(super) fn holds_back(&self) -> bool {
        self.column.on_delete == Some(OnDelete::Restrict)
    }

    fn loses(&self) -> bool {
        self.column.on_delete == Some(OnDelete::SetNull) || self.is_set()
    }

    /// Whether rows have any number of the others, and lose those that go; no row holds another one by it.
    pub(super) fn is_set(&self) -> bool {
        !self.column.is_stored()
    }
}

impl Reach {
    /// What the rows of the table at `root` reach. Rows that nothing hangs on, that nobody hears of (`is_heard`), and that
    /// would go with whatever they refer to, are left to the database, which deletes them with that.
    pub(super) fn of(root: usize, relations: &[Relation], going: Going, is_heard: impl Fn(usize) -> bool) -> Self {
        let mut reached = taken_by(root, relations, going);
        let is_leaf = |table: usize| {
            let refers = |it: &&Relation| it.referrer.child == table && reached.contains(&it.referrer.parent);
            going == Going::ForGood
                && !is_heard(table)
                && !relations.iter().any(|it| it.referrer.parent == table)
                && relations.iter().filter(refers).all(Relation::takes)
        };
        let leaves: Vec<_> = reached.iter().copied().filter(|table| *table != root && is_leaf(*table)).collect();
        reached.retain(|table| !leaves.contains(table));
        let is_reached = |relation: &&Relation| reached.contains(&relation.referrer.parent);
        let inner: Vec<_> = relations
            .iter()
            .filter(is_reached)
            .filter(|it| !it.is_set() && reached.contains(&it.referrer.child))
            .collect();
        let (cuts, kept): (Vec<_>, Vec<_>) = inner.iter().partition(|relation| {
            relation.column.nullable && leads_to(&inner, relation.referrer.parent, relation.referrer.child)
        });
        let referrers = |relations: Vec<&&Relation>| relations.iter().map(|relation| relation.referrer).collect();
        let takes = inner.iter().filter_map(|relation| {
            let which = relation.which(going)?;
            Some(Referrer { which, ..relation.referrer })
        });
        Self {
            takes: takes.collect(),
            loses: relations.iter().filter(is_reached).filter(|it| it.loses()).map(|it| it.referrer).collect(),
            order: order(&reached, &kept),
            cuts: referrers(cuts),
        }
    }

    /// Whether a row can be deleted by itself.
    pub(super) fn is_nothing(&self) -> bool {
        self.takes.is_empty() && self.loses.is_empty()
    }
}

/// The tables some rows of which go with those of `root`.
fn taken_by(root: usize, relations: &[Relation], going: Going) -> BTreeSet<usize> {
    let mut reached = BTreeSet::from([root]);
    let mut fresh = vec![root];
    while let Some(parent) = fresh.pop() {
        let takes = |it: &&Relation| it.referrer.parent == parent && it.which(going).is_some();
        let children = relations.iter().filter(takes);
        fresh.extend(children.map(|it| it.referrer.child).filter(|child| reached.insert(*child)));
    }
    reached
}

/// Whether the rows of one table refer to those of another, by however many steps.
fn leads_to(relations: &[&Relation], from: usize, to: usize) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut fresh = vec![from];
    while let Some(at) = fresh.pop() {
        if at == to {
            return true;
        }
        let next = relations.iter().filter(|relation| relation.referrer.child == at);
        fresh.extend(next.map(|relation| relation.referrer.parent).filter(|next| seen.insert(*next)));
    }
    false
}

/// Each table after those that refer to it; where that cannot be, in the order of the catalog.
fn order(tables: &BTreeSet<usize>, relations: &[&&Relation]) -> Vec<usize> {
    let mut left = tables.clone();
    let mut order = Vec::new();
    while let Some(first) = left.first().copied() {
        let is_referred_to = |table: usize| {
            relations.iter().any(|it| {
                it.referrer.parent == table && it.referrer.child != table && left.contains(&it.referrer.child)
            })
        };
        let next = left.iter().copied().find(|table| !is_referred_to(*table)).unwrap_or(first);
        left.remove(&next);
        order.push(next);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{DeletedAt, Id, Kind, Schema};

    const fn relation(name: &'static str, key: &'static str, target: &'static str, on_delete: OnDelete) -> Column {
        Column { kind: Kind::Relation(target), ..Column::new::<i64>(name, key).on_delete(on_delete) }
    }

    const fn nullable(name: &'static str, key: &'static str, target: &'static str, on_delete: OnDelete) -> Column {
        Column { nullable: true, ..relation(name, key, target, on_delete) }
    }

    const ID: Column = Column::new::<Id<()>>("id", "id");
    static USER: Schema = Schema::new("user", "users").account().columns(&[ID]);
    static PROJECT: Schema =
        Schema::new("project", "projects").columns(&[ID, relation("owner", "owner_id", "user", OnDelete::Restrict)]);
    static TASK: Schema = Schema::new("task", "tasks").columns(&[
        ID,
        relation("project", "project_id", "project", OnDelete::Cascade),
        nullable("parent", "parent_id", "task", OnDelete::Cascade),
        nullable("assignee", "assignee_id", "user", OnDelete::SetNull),
    ]);
    static NOTE: Schema = Schema::new("note", "notes").columns(&[
        ID,
        relation("task", "task_id", "task", OnDelete::Cascade),
        relation("author", "author_id", "user", OnDelete::Cascade),
    ]);
    static DRAFT: Schema = Schema::new("draft", "drafts").columns(&[
        ID,
        relation("project", "project_id", "project", OnDelete::Restrict),
        Column::new::<DeletedAt>("deleted_at", "deleted_at"),
    ]);
    static LINK: Schema = Schema::new("link", "links").columns(&[
        ID,
        relation("project", "project_id", "project", OnDelete::Cascade),
        relation("task", "task_id", "task", OnDelete::Restrict),
    ]);

    /// What the deletion of `root` reaches where these are heard of: takes, loses, cuts, order.
    fn reach(root: &str, heard: &[&str]) -> [String; 4] {
        let catalog = Catalog::link(&[&LINK, &NOTE, &PROJECT, &TASK, &USER]).unwrap();
        let name = |table: usize| catalog.get(table).unwrap().schema.name;
        reach_in(&catalog, root, Going::ForGood, &|table| heard.contains(&name(table)))
    }

    fn reach_in(catalog: &Catalog, root: &str, going: Going, is_heard: &dyn Fn(usize) -> bool) -> [String; 4] {
        let name = |table: usize| catalog.get(table).unwrap().schema.name;
        let root = catalog.find(root).unwrap().index;
        let reach = Reach::of(root, &relations(catalog), going, is_heard);
        let keys = |referrers: &[Referrer]| {
            referrers.iter().map(|it| format!("{}.{}", it.schema.name, it.key)).collect::<Vec<_>>().join(" ")
        };
        let order = reach.order.iter().map(|table| name(*table)).collect::<Vec<_>>().join(" ");
        [keys(&reach.takes), keys(&reach.loses), keys(&reach.cuts), order]
    }

    #[test]
    fn what_hangs_on_a_row_goes_before_it() {
        for (root, heard, expected) in [
            ("note", &[][..], ["", "", "", "note"]),
            ("task", &[], ["task.parent_id", "", "task.parent_id", "task"]),
            ("task", &["note"], ["note.task_id task.parent_id", "", "task.parent_id", "note task"]),
            (
                "project",
                &[],
                ["link.project_id task.project_id task.parent_id", "", "task.parent_id", "link task project"],
            ),
            ("user", &["project"], ["", "task.assignee_id", "", "user"]),
            ("user", &[], ["", "task.assignee_id", "", "user"]),
            ("user", &["note"], ["note.author_id", "task.assignee_id", "", "note user"]),
        ] {
            assert_eq!(reach(root, heard), expected, "{root}, where {heard:?} are heard of");
        }
    }

    #[test]
    fn what_was_deleted_and_is_kept_holds_nothing_back() {
        let catalog = Catalog::link(&[&DRAFT, &PROJECT, &USER]).unwrap();
        for (going, expected) in [
            (Going::ForGood, ["draft.project_id", "", "", "draft project"]),
            (Going::ToBeKept, ["", "", "", "project"]),
        ] {
            assert_eq!(reach_in(&catalog, "project", going, &|_| true), expected, "{going:?}");
        }
        let reach = Reach::of(1, &relations(&catalog), Going::ForGood, |_| false);
        assert_eq!(reach.takes.iter().map(|it| it.which).collect::<Vec<_>>(), [Which::Gone]);
    }
}
