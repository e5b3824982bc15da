//! What somebody may not see, and how it is made another.
//!
//! What may be told by declaration stays the same: fields that an event tells along a relation, fields by which a rule of
//! `create` decides, those of a parent by which the list below it is open or not, what is unique together with other fields,
//! which accounts there are and whether they are active, and what keeps a row from being deleted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use fasttrack::{
    db::{Arg, Cell, Statement},
    schema::{Catalog, Column, Effect, Kind, Model, OnDelete, Rule, Verb},
    sql::{self, CallerRole, Scope, Sql, Table, Values, quote},
};

use super::{
    values,
    world::{ROWS, Somebody, World},
};
use crate::driver::{Random, dialect};

/// What somebody may do with which rows, and what he sees of those that he may see.
pub(super) type Rights = BTreeMap<(usize, &'static str), BTreeMap<i64, String>>;

/// Rows that one world alone has, by resource.
pub(super) type Apart = BTreeSet<(usize, i64)>;

/// Rows that are added to the other world, of each resource, and those that are taken away.
const ADDED: i64 = 4;
const TAKEN: usize = 3;

/// Where both worlds have their ids go on.
pub(super) const LAST_ID: i64 = ROWS + 2 * ADDED;

/// What the caller may do in a world.
pub(super) fn rights(world: &World, who: Option<&Somebody>) -> Rights {
    let mut rights = Rights::new();
    for model in world.catalog().models() {
        for verb in [Verb::List, Verb::Read, Verb::Update, Verb::Delete] {
            let allowed = allowed(world, model, verb, who);
            rights.extend(allowed.map(|rows| ((model.index, verb.name()), rows)));
        }
    }
    rights
}

/// The rows of a resource with which somebody may do this, and what he sees of those that he may see; `None` where nobody may.
pub(super) fn allowed(
    world: &World,
    model: &Model,
    verb: Verb,
    who: Option<&Somebody>,
) -> Option<BTreeMap<i64, String>> {
    let rule = model.schema.rule(verb)?;
    let caller = who.map_or(CallerRole::Anonymous, |somebody| CallerRole::Role(somebody.role));
    let shown = matches!(verb, Verb::List | Verb::Read);
    let fold = if shown { sql::fold } else { sql::fold_change };
    let policy = fold(world.catalog(), model, rule, caller).unwrap();
    let table = Table::new(dialect(), model.schema);
    let mut sql = Sql::new(dialect(), "SELECT t.\"id\", ");
    let row = if shown { dialect().text(&table.row_json) } else { "NULL".to_owned() };
    sql.push(&row).push(" FROM ").push(&table.name).push(" t WHERE TRUE").push(&sql::and_there("t", table.deleted));
    sql.push(" AND ");
    policy.write(&mut sql, Scope::of("t"));
    let values = Values { caller: who.map(|somebody| somebody.login.id), ..Values::default() };
    let rows = world.read(sql.finish().fill(values));
    Some(rows.iter().map(|row| (row.int(0).unwrap(), row.text(1).unwrap_or_default().to_owned())).collect())
}

/// The rows that somebody may see, his own account among them.
pub(super) fn seen(world: &World, rights: &Rights, who: Option<&Somebody>) -> BTreeSet<(usize, i64)> {
    let own = who.map(|somebody| (world.account().index, somebody.login.id));
    let shown = rights.iter().filter(|((_, verb), _)| [Verb::List.name(), Verb::Read.name()].contains(verb));
    shown.flat_map(|((index, _), rows)| rows.keys().map(|id| (*index, *id))).chain(own).collect()
}

/// Makes of the second of two worlds another one, as far as somebody may not see it. Says which rows one of them alone
/// has.
pub(super) fn alter(worlds: &mut [World; 2], who: Option<usize>, random: &mut Random) -> Apart {
    let [world, other] = worlds;
    let before = rights(other, who.map(|who| &other.people[who]));
    let altering = Altering {
        caller: who.map(|who| other.people[who].login.id),
        seen: seen(other, &before, who.map(|who| &other.people[who])),
        told: told(other.catalog()),
        who,
        before,
    };
    let catalog = Arc::clone(&other.app.layers().catalog);
    let mut changed = 0;
    for model in catalog.models() {
        for id in stored_ids(other, model) {
            changed += usize::from(altering.change(other, model, id, random));
        }
    }
    assert!(changed > 0, "there is nothing that he may not see");
    let mut apart = Apart::new();
    for model in catalog.models().iter().filter(|model| may_come_and_go(model)) {
        apart.extend(altering.add(other, model, random));
        apart.extend(altering.take(other, model));
    }
    for world in [world, other] {
        world.number_on_from(LAST_ID);
    }
    apart
}

/// Whether rows of it may be there or not without anybody learning of it. What may be referred to without being read tells
/// that it is there, and so does what keeps others from holding the same in several fields.
fn may_come_and_go(model: &Model) -> bool {
    !model.schema.account && model.schema.rule(Verb::Read).is_some() && model.schema.uniques.is_empty()
}

/// What is known of somebody while what he may not see is altered.
struct Altering {
    who: Option<usize>,
    caller: Option<i64>,
    before: Rights,
    seen: BTreeSet<(usize, i64)>,
    /// Fields that are told by declaration.
    told: BTreeSet<(usize, &'static str)>,
}

impl Altering {
    /// Whether he may do and see what he could before.
    fn is_alike(&self, world: &World) -> bool {
        rights(world, self.who.map(|who| &world.people[who])) == self.before
    }

    /// Whether a row is his to see, or he himself.
    fn sees(&self, world: &World, target: &str, id: i64) -> bool {
        let model = world.catalog().find(target).unwrap();
        if model.schema.account { Some(id) == self.caller } else { self.seen.contains(&(model.index, id)) }
    }

    /// Has a row hold something else, as far as he does not see it. Relations lead from what he does not see to what he does
    /// not see either. Whether anything has changed.
    fn change(&self, world: &mut World, model: &Model, id: i64, random: &mut Random) -> bool {
        let is_seen = self.seen.contains(&(model.index, id));
        let is_secret = |column: &&Column| {
            let is_kept = column.figure.is_some();
            !is_kept && !is_told(world.catalog(), &self.told, model, column) && (!is_seen || column.hidden)
        };
        let columns: Vec<_> = model.schema.columns.iter().filter(is_secret).collect();
        let before: Vec<_> = columns.iter().map(|column| stored(world, model, column, id)).collect();
        let changed = self.change_columns(world, (model, id), &columns, random);
        if self.is_alike(world) {
            return changed > 0;
        }
        // A rule goes by one of them.
        columns.iter().zip(before).for_each(|(column, arg)| assert!(set(world, model, column, id, arg)));
        let mut changed = 0;
        for column in columns {
            let before = stored(world, model, column, id);
            changed += self.change_columns(world, (model, id), &[column], random);
            if !self.is_alike(world) {
                assert!(set(world, model, column, id, before));
            }
        }
        changed > 0
    }

    /// Has these columns hold something else, and says how many do.
    fn change_columns(
        &self,
        world: &mut World,
        (model, id): (&Model, i64),
        columns: &[&'static Column],
        random: &mut Random,
    ) -> usize {
        let mut changed = 0;
        for column in columns {
            let now = stored(world, model, column, id);
            if leads_to(column, &now).iter().any(|id| self.sees(world, column.kind.target(), *id)) {
                continue;
            }
            let hidden = |target: &str| {
                let mut ids = world.ids(target);
                ids.retain(|id| !self.sees(world, target, *id));
                ids
            };
            let number = 900_000 + random.below(90_000);
            let value = values::any(random, column, number, &hidden);
            let Some(arg) = values::stored(column, &value) else { continue };
            if set(world, model, column, id, arg) {
                changed += 1;
                if let Some(fields) = world.rows.get_mut(&(model.index, id)) {
                    fields.insert(column.key, value);
                }
            }
        }
        changed
    }

    /// Adds rows that he does not see.
    fn add(&self, world: &mut World, model: &Model, random: &mut Random) -> Apart {
        let mut added = Apart::new();
        for id in ROWS + 1..=ROWS + ADDED {
            if !world.insert_any(random, model.index, id) {
                continue;
            }
            if self.touches_what_he_sees(world, model, id) || !self.is_alike(world) {
                assert!(delete(world, model, id));
            } else {
                added.insert((model.index, id));
            }
        }
        added
    }

    /// Takes away rows that he does not see, and on which nothing hangs.
    fn take(&self, world: &mut World, model: &Model) -> Apart {
        let mut taken = Apart::new();
        for id in 1..=ROWS {
            let is_seen = self.seen.contains(&(model.index, id));
            if taken.len() == TAKEN
                || is_seen
                || is_referred_to(world, model, id)
                || self.touches_what_he_sees(world, model, id)
            {
                continue;
            }
            let Some(fields) = world.rows.get(&(model.index, id)).cloned() else { continue };
            assert!(delete(world, model, id));
            if self.is_alike(world) {
                taken.insert((model.index, id));
            } else {
                assert!(world.insert(model.index, id, fields));
            }
        }
        taken
    }

    /// Whether a relation of a row leads to one that he sees, which it may keep from being deleted, or be counted for.
    fn touches_what_he_sees(&self, world: &World, model: &Model, id: i64) -> bool {
        model.schema.columns.iter().any(|column| {
            let led_to = leads_to(column, &stored(world, model, column, id));
            led_to.iter().any(|id| self.sees(world, column.kind.target(), *id))
        })
    }
}

/// The rows that a relation leads to, or a field of many rows holds.
fn leads_to(column: &Column, arg: &Arg) -> Vec<i64> {
    match (column.kind, arg) {
        (Kind::Relation(_), Arg::Int(id)) => vec![*id],
        (Kind::Many(_), Arg::Text(ids)) => serde_json::from_str(ids).unwrap(),
        _ => Vec::new(),
    }
}

fn stored_ids(world: &World, model: &Model) -> Vec<i64> {
    let sql = format!("SELECT \"id\" FROM {} ORDER BY 1", quote(model.schema.plural));
    world.read(Statement::new(sql, Vec::new())).iter().map(|row| row.int(0).unwrap()).collect()
}

/// What a column of a row holds.
fn stored(world: &World, model: &Model, column: &Column, id: i64) -> Arg {
    let table = Table { deleted: None, ..Table::new(dialect(), model.schema) };
    let place = model.schema.columns.iter().position(|other| other.key == column.key).unwrap();
    let row = world.read(sql::state(&table, &[]).fill(Values { id: Some(id), ..Values::default() })).remove(0);
    match &row.0[place + 1] {
        Cell::Null => Arg::Null,
        Cell::Int(value) => Arg::Int(*value),
        Cell::Float(value) => Arg::Float(*value),
        Cell::Bytes(text) => Arg::Text(String::from_utf8(text.clone()).unwrap()),
    }
}

fn set(world: &World, model: &Model, column: &Column, id: i64, arg: Arg) -> bool {
    if !column.is_stored() {
        return world.set(column, id, &arg);
    }
    let sql = format!("UPDATE {} SET {} = $1 WHERE \"id\" = $2", quote(model.schema.plural), quote(column.key));
    world.try_write(&sql, vec![arg, Arg::Int(id)]).is_some()
}

fn delete(world: &mut World, model: &Model, id: i64) -> bool {
    let sql = format!("DELETE FROM {} WHERE \"id\" = $1", quote(model.schema.plural));
    let is_gone = world.try_write(&sql, vec![Arg::Int(id)]).is_some();
    if is_gone {
        world.rows.remove(&(model.index, id));
    }
    is_gone
}

fn is_referred_to(world: &World, model: &Model, id: i64) -> bool {
    world.catalog().tables().iter().any(|other| {
        let leads_here = |column: &&Column| column.kind == Kind::Relation(model.schema.name);
        other.schema.columns.iter().filter(leads_here).any(|column| {
            let sql = format!("SELECT 1 FROM {} WHERE {} = $1", quote(other.schema.plural), quote(column.key));
            !world.read(Statement::new(sql, vec![Arg::Int(id)])).is_empty()
        })
    })
}

/// Fields that events tell along a relation, those by which a rule of `create` decides, and those of other rows by which it is
/// decided whether a list below one of them is open.
fn told(catalog: &Catalog) -> BTreeSet<(usize, &'static str)> {
    let mut told = BTreeSet::new();
    for model in catalog.models() {
        for trigger in model.schema.triggers {
            let Effect::Event { payload, .. } = trigger.effect else { continue };
            for value in payload {
                told.insert((catalog.walk(model, &value.path).unwrap().1.index, value.field));
            }
        }
        if let Some(rule) = model.schema.rule(Verb::Create) {
            compared(catalog, model, rule, &mut told);
        }
        if let Some(rule) = model.schema.rule(Verb::List).filter(|_| model.parent.is_some()) {
            let mut asked = BTreeSet::new();
            compared(catalog, model, rule, &mut asked);
            told.extend(asked.into_iter().filter(|(index, _)| *index != model.index));
        }
    }
    told
}

/// Fields by which any rule decides.
pub(super) fn decisive(catalog: &Catalog) -> BTreeSet<(usize, &'static str)> {
    let mut decisive = BTreeSet::new();
    for model in catalog.models() {
        let named = model.schema.named_rules.iter().map(|(_, rule)| rule);
        for rule in model.schema.grants.iter().map(|grant| &grant.rule).chain(named).chain(&model.schema.afterwards) {
            compared(catalog, model, rule, &mut decisive);
        }
    }
    decisive
}

fn compared(catalog: &Catalog, model: &Model, rule: &Rule, told: &mut BTreeSet<(usize, &'static str)>) {
    match rule {
        Rule::Any(parts) | Rule::All(parts) => parts.iter().for_each(|part| compared(catalog, model, part, told)),
        Rule::Not(part) => compared(catalog, model, part, told),
        Rule::Compare { path, field, .. } | Rule::Moment { path, field, .. } => {
            told.insert((catalog.walk(model, path).unwrap().1.index, field));
        }
        Rule::OfCaller(part) => compared(catalog, catalog.account().unwrap(), part, told),
        Rule::LikeCaller { path, field, of, with, .. } => {
            told.insert((catalog.walk(model, path).unwrap().1.index, field));
            told.insert((catalog.walk(catalog.account().unwrap(), of).unwrap().1.index, with));
        }
        Rule::Named { path, rule } => {
            let (_, end) = catalog.walk(model, path).unwrap();
            if let Some(rule) = end.schema.named_rule(rule) {
                compared(catalog, end, rule, told);
            }
        }
        _ => {}
    }
}

fn is_told(catalog: &Catalog, told: &BTreeSet<(usize, &'static str)>, model: &Model, column: &Column) -> bool {
    // Whoever deletes an account learns that something keeps it.
    let keeps_an_account = column.on_delete == Some(OnDelete::Restrict)
        && catalog
            .target(column)
            .is_some_and(|target| target.schema.account && target.schema.rule(Verb::Delete).is_some());
    // Whether a row is there its id tells; what a deleted one holds is told to nobody.
    matches!(column.kind, Kind::Id | Kind::DeletedAt)
        || (model.schema.account && ["is_active", "role"].contains(&column.key))
        || told.contains(&(model.index, column.name))
        || keeps_an_account
        || model.schema.uniques.iter().any(|unique| unique.keys.contains(&column.key))
}
