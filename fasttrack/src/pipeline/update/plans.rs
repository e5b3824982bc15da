//! How rows are changed, kept from one request to the next: to write the statement anew, and to find out whether who may change a
//! row sees it afterwards, took a twentieth of a change.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::super::second::Second;
use crate::{
    schema::{Kind, Schema},
    sql::{Predicate, Table, Update},
};

/// Most of one resource and role; few sets of fields are changed together again and again.
const MOST: usize = 32;

/// How rows of a resource are changed by callers of one role, by the columns that change.
pub(in super::super) struct UpdatePlans(Cache<Vec<&'static str>, Arc<UpdatePlan>>);

/// How rows are changed in certain columns.
pub(super) struct UpdatePlan {
    pub(super) update: Update,
    /// The columns by which the row would hang elsewhere.
    pub(super) moved: Vec<&'static str>,
    /// Whether who may change the row is known to see it afterwards.
    pub(super) leaves_seen: bool,
}

/// What a caller may do, and see.
#[derive(Clone, Copy)]
pub(super) struct May<'a> {
    pub(super) schema: &'static Schema,
    pub(super) policy: &'a Predicate,
    pub(super) second: &'a Second,
    /// Which rows he may see; `None` where he may see this one whatever becomes of it.
    pub(super) seen: Option<&'a Predicate>,
}

impl UpdatePlans {
    pub(in super::super) fn new() -> Self {
        Self(Cache::new(MOST))
    }

    /// How rows are changed in these columns by who may do this, which is the same each time.
    pub(super) fn find(&self, table: &Table, may: May<'_>, changed: Vec<&'static str>) -> Arc<UpdatePlan> {
        self.0.get(&changed).unwrap_or_else(|| {
            let plan = Arc::new(UpdatePlan::new(table, may, &changed));
            self.0.insert(changed, Arc::clone(&plan));
            plan
        })
    }
}

impl UpdatePlan {
    pub(super) fn new(table: &Table, may: May<'_>, changed: &[&'static str]) -> Self {
        let moved = may.second.moved(may.policy, changed);
        let touched = may.schema.columns.iter().filter(|column| column.kind == Kind::UpdatedAt);
        let keys: Vec<_> = changed.iter().copied().chain(touched.map(|column| column.key)).collect();
        let is_changed = |key: &str| changed.contains(&key);
        let leaves_seen = |seen| may.second.leaves_seen(may.policy, seen, may.schema, &is_changed);
        Self {
            update: Update::of(table, may.policy, &moved, &keys),
            moved,
            leaves_seen: may.seen.is_none_or(leaves_seen),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        db::{Arg, Dialect},
        schema::Column,
        sql::{Leaf, Values},
    };

    static NOTES: Schema = Schema::new("note", "notes").columns(&[
        Column { kind: Kind::Id, ..Column::new::<i64>("id", "id") },
        Column::new::<Option<String>>("title", "title"),
        Column::new::<i64>("size", "size"),
        Column::new::<bool>("done", "done"),
        Column { kind: Kind::UpdatedAt, ..Column::new::<String>("updated_at", "updated_at") },
    ]);

    #[test]
    fn a_change_is_found_by_the_columns_that_change_in_their_order() {
        let orders: [&[&'static str]; 9] = [
            &["title"],
            &["size"],
            &["size", "title"],
            &["title", "size"],
            &["done", "title", "size"],
            &["size", "done", "title"],
            &["title", "size", "done"],
            &["done"],
            &[],
        ];
        let (policy, seen) = (Predicate::Leaf(Leaf::Oneself), Predicate::Always);
        let may = May { schema: &NOTES, policy: &policy, second: &Second::Nothing, seen: Some(&seen) };
        let values = Values { id: Some(3), caller: Some(9), ..Values::default() };
        let set: Vec<_> =
            [("updated_at", 1), ("size", 2), ("done", 3), ("title", 4)].map(|(key, n)| (key, Arg::Int(n))).into();
        for dialect in Dialect::ALL {
            let (table, plans) = (Table::new(dialect, &NOTES), UpdatePlans::new());
            for changed in orders.into_iter().chain(orders) {
                let found = plans.find(&table, may, changed.to_vec());
                let anew = UpdatePlan::new(&table, may, changed);
                assert_eq!((&found.moved, found.leaves_seen), (&anew.moved, anew.leaves_seen));
                let made = anew.update.fill(&set, values);
                assert_eq!(found.update.fill(&set, values), made, "{changed:?}");
                let held = |key: &&str| set.iter().find(|(other, _)| other == key).unwrap().1.clone();
                let values: Vec<_> = changed.iter().chain(&["updated_at"]).map(held).collect();
                assert_eq!(made.args.get(..values.len()), Some(values.as_slice()), "{changed:?}");
            }
            assert!(plans.0.len() <= orders.len());
        }
    }
}
