//! Everything about a resource that does not depend on a request, computed once at start.

use std::sync::Arc;

use super::{
    Target,
    cascade::Cascade,
    counted::Counted,
    flow::Step,
    inline::Along,
    outbox::Effects,
    pages::Pages,
    permit::Right,
    rows::{RowsPlan, Shown},
    second::Second,
    update::UpdatePlans,
};
use crate::{
    db::Dialect,
    outbox::OutboxListener,
    query::Inside,
    schema::{Catalog, Change, Column, Kind, LinkError, Literal, Model, Schema, Verb},
    sql::{self, CallerRole, Guard, Insert, Known, Leaf, Predicate, Reference, Table, Template, View},
};

/// What everything is prepared from.
#[derive(Clone, Copy)]
pub(super) struct Setup<'a> {
    pub dialect: Dialect,
    pub catalog: &'a Catalog,
    /// Who delivers what the outbox holds.
    pub listener: &'a Arc<dyn OutboxListener>,
}

impl Setup<'_> {
    /// The triggers of a resource that hear of some changes.
    pub(super) fn effects(self, model: &Model, hears: impl Fn(Change) -> bool) -> Result<Effects, LinkError> {
        let plans = sql::effects(self.dialect, self.catalog, model)?;
        let plans = plans.into_iter().filter(|effect| hears(effect.change)).collect();
        let (schema, timed) = (model.schema, Arc::new(sql::Timed::all(model.schema)));
        let counted = Arc::new(Counted::of(self, model)?);
        Ok(Effects { schema, plans: Arc::new(plans), timed, counted, listener: Arc::clone(self.listener) })
    }
}

/// A resource, ready to serve.
pub(super) struct Engine {
    pub schema: &'static Schema,
    pub table: Table,
    pub parent: Option<Parent>,
    /// The relations that rows show, and what is inside by each.
    pub relations: Vec<(&'static Column, Inside)>,
    /// The rows that come along with each.
    pub along: Vec<Inside>,
    pub effects: Effects,
    /// What a deletion reaches.
    pub cascade: Arc<Cascade>,
    /// Registration of the account: creation without a rule.
    pub register: Arc<RowsPlan>,
    plans: Vec<(CallerRole, RolePlan)>,
}

/// Where a nested resource hangs.
pub(super) struct Parent {
    pub schema: &'static Schema,
    pub key: &'static str,
    pub table: Table,
}

/// What callers of one role may do.
pub(super) struct RolePlan {
    pub create: Option<Arc<RowsPlan>>,
    /// What is created along with a row.
    pub along: Vec<Arc<Along>>,
    pub list: Predicate,
    pub read: Predicate,
    /// Who is shown a row inside one that refers to it.
    pub show: Predicate,
    /// What a caller may see of the rows, one by one or in a list.
    pub seen: Predicate,
    pub update: Predicate,
    /// How a row is looked at before an update, where that sets nothing that not everybody may set who may update.
    pub looked_at: Arc<Template>,
    /// What is asked of an update besides.
    pub second: Second,
    pub delete: Predicate,
    pub restore: Predicate,
    pub history: Predicate,
    /// The rules that the declaration gives a name.
    named: Vec<(&'static str, Predicate)>,
    /// Whether the caller may read the parent.
    pub parent_read: Predicate,
    /// The table, of whose rows in a list is shown what a caller is shown.
    pub table: Table,
    /// The same of a row that is read alone.
    pub alone: Table,
    /// The same of his own account.
    pub own: Table,
    /// The same of a row that is shown inside one that refers to it.
    pub beside: Table,
    pub read_one: Template,
    /// The caller's own row, on the account.
    pub read_oneself: Template,
    /// A row as the caller is shown it who has changed it; `None` where he is shown all of it, and it is what was written.
    pub shown: Option<Template>,
    /// The same of his own account.
    pub shown_oneself: Option<Template>,
    pub guards: Vec<Guard>,
    /// Steps of flows that not everybody may take who may update.
    pub steps: Vec<Step>,
    pub references: Vec<Reference>,
    pub pages: Pages,
    pub updates: Arc<UpdatePlans>,
}

impl Engine {
    pub(super) fn new(setup: Setup<'_>, model: &Model, cascade: Arc<Cascade>) -> Result<Self, LinkError> {
        let Setup { dialect, catalog, .. } = setup;
        let schema = model.schema;
        let table = Table::served_at(dialect, schema, catalog.base());
        let effects = setup.effects(model, |_| true)?;
        let parent = model.parent.and_then(|parent| {
            let schema = catalog.get(parent.index)?.schema;
            Some(Parent { schema, key: parent.key, table: Table::served_at(dialect, schema, catalog.base()) })
        });
        let mut plans = Vec::new();
        for role in CallerRole::every(catalog) {
            plans.push((role, RolePlan::new(setup, model, &table, &effects, role)?));
        }
        let shown = schema.columns.iter().filter(|column| !column.hidden);
        let inside = |column: &'static Column| {
            let target = catalog.target(column)?.index;
            Some((column, Inside { name: column.name, key: column.key, target }))
        };
        let relations = shown.filter_map(inside).collect();
        let along = schema.taken_along().filter_map(|(has, _)| {
            Some(Inside { name: has.name, key: has.name, target: catalog.find(has.resource)?.index })
        });
        let guards = guards(catalog, model, CallerRole::Anonymous)?;
        let references = references(catalog, model, CallerRole::Anonymous)?;
        let open = Insert::new(table.clone(), Predicate::Always, guards, references);
        let register = RowsPlan::new(schema, open, effects.clone());
        let shown = plan_of(&plans, beginner(schema)).and_then(|plan| plan.shown_oneself.clone());
        Ok(Self {
            schema,
            parent,
            relations,
            along: along.collect(),
            cascade,
            register: Arc::new(register.shown(shown, Shown::ToItself)),
            effects,
            table,
            plans,
        })
    }

    /// The plan for callers of this role.
    pub(super) fn plan(&self, role: CallerRole) -> Option<&RolePlan> {
        plan_of(&self.plans, role)
    }
}

/// Roles are few, and looked through in less time than one is hashed.
fn plan_of(plans: &[(CallerRole, RolePlan)], role: CallerRole) -> Option<&RolePlan> {
    plans.iter().find(|(other, _)| *other == role).map(|(_, plan)| plan)
}

impl RolePlan {
    fn new(
        setup: Setup<'_>,
        model: &Model,
        table: &Table,
        effects: &Effects,
        role: CallerRole,
    ) -> Result<Self, LinkError> {
        let catalog = setup.catalog;
        let policy = |verb| policy(catalog, model, verb, role);
        let guards = guards(catalog, model, role)?;
        let references = references(catalog, model, role)?;
        let create = policy(Verb::Create)?;
        let insert = Insert::new(table.clone(), create, guards.clone(), references.clone());
        let created = model.schema.rule(Verb::Create).is_some();
        let (read, list) = (policy(Verb::Read)?, policy(Verb::List)?);
        let parent_read = match model.parent.and_then(|parent| catalog.get(parent.index)) {
            Some(parent) => self::policy(catalog, parent, Verb::Read, role)?,
            None => Predicate::Never,
        };
        let show = model.schema.rule_of_showing();
        let show = show.map_or(Ok(Predicate::Never), |rule| sql::fold(catalog, model, rule, role))?;
        let view = View::of(catalog, model, role)?;
        let given = |known: &Predicate| table.clone().showing(view.given(known));
        let is_written_whole = |table: &Table| table.view.is_whole() && !effects.move_own_figures();
        let shown = |table: &Table| (!is_written_whole(table)).then(|| sql::read(table, &Predicate::Always));
        let (alone, own) = (given(&read), given(&Predicate::Leaf(Leaf::Oneself)));
        let (shown, shown_oneself) = (shown(&given(&Predicate::Always)), shown(&own));
        let rows = |insert| RowsPlan::new(model.schema, insert, effects.clone()).shown(shown.clone(), Shown::ToCaller);
        let update = policy(Verb::Update)?;
        Ok(Self {
            create: created.then(|| Arc::new(rows(insert))),
            along: Along::all(setup, model, role)?,
            seen: Predicate::any([read.clone(), list.clone()]),
            read_one: sql::read(&alone, &read),
            read_oneself: sql::read(&own, &Predicate::Always),
            table: given(&list),
            alone,
            own,
            beside: given(&show),
            show,
            shown,
            shown_oneself,
            list,
            looked_at: Arc::new(sql::locked_state(table, &[&update, &read], false)),
            read,
            update,
            second: Second::of(catalog, model, role)?,
            delete: policy(Verb::Delete)?,
            restore: policy(Verb::Restore)?,
            history: policy(Verb::History)?,
            named: named(catalog, model, role)?,
            parent_read,
            guards,
            steps: Step::of(catalog, model, role)?,
            references,
            pages: Pages::new(),
            updates: Arc::new(UpdatePlans::new()),
        })
    }

    /// The table, of whose rows is shown what a caller is shown of a list, or of the `target`.
    pub(super) const fn showing(&self, target: Option<Target>) -> &Table {
        match target {
            None => &self.table,
            Some(Target::Id(_)) => &self.alone,
            Some(Target::Oneself) => &self.own,
        }
    }

    /// Whom of the callers a verb lets that is about a row which is there.
    pub(super) fn may(&self, verb: Verb) -> &Predicate {
        match verb {
            Verb::Update if self.second.is_never() => &Predicate::Never,
            verb => self.policy(Right::Verb(verb)).unwrap_or(&Predicate::Never),
        }
    }

    /// What a right to a row asks; `None` when it is to no row, or the resource does not have it.
    pub(super) fn policy(&self, right: Right) -> Option<&Predicate> {
        match right {
            Right::Verb(Verb::Read) => Some(&self.read),
            Right::Verb(Verb::Update) => Some(&self.update),
            Right::Verb(Verb::Delete) => Some(&self.delete),
            Right::Verb(Verb::History) => Some(&self.history),
            Right::Verb(Verb::Show) => Some(&self.show),
            Right::Verb(Verb::Create | Verb::List | Verb::Restore) => None,
            Right::Named(name) => self.named.iter().find(|(known, _)| *known == name).map(|(_, policy)| policy),
        }
    }
}

/// The role of an account that is new.
fn beginner(account: &Schema) -> CallerRole {
    match account.column("role").and_then(sql::stored_default) {
        Some(Literal::Text(word)) => CallerRole::Role(word),
        _ => CallerRole::Anonymous,
    }
}

/// Whom of a role the rules of the declaration's own let.
fn named(catalog: &Catalog, model: &Model, role: CallerRole) -> Result<Vec<(&'static str, Predicate)>, LinkError> {
    let rules = model.schema.named_rules.iter();
    rules.map(|(name, rule)| Ok((*name, sql::fold_change(catalog, model, rule, role)?))).collect()
}

/// Who of a role may use `verb`; nobody, where it has no rule.
pub(super) fn policy(catalog: &Catalog, model: &Model, verb: Verb, caller: CallerRole) -> Result<Predicate, LinkError> {
    let Some(rule) = model.schema.rule(verb) else { return Ok(Predicate::Never) };
    match verb {
        Verb::List | Verb::Read | Verb::History | Verb::Show => sql::fold(catalog, model, rule, caller),
        Verb::Create | Verb::Update | Verb::Delete | Verb::Restore => sql::fold_change(catalog, model, rule, caller),
    }
}

/// The fields that this role may not set freely.
pub(super) fn guards(catalog: &Catalog, model: &Model, role: CallerRole) -> Result<Vec<Guard>, LinkError> {
    let mut guards = Vec::new();
    for column in model.schema.columns {
        if let Some(rule) = &column.write {
            guards.push(Guard { key: column.key, policy: sql::fold(catalog, model, rule, role)? });
        }
    }
    Ok(guards)
}

/// What may be referred to: an active account; of anything else, a row that the caller may read. The parent only has to
/// exist, since the rule speaks of it; so does what no rule lets anybody read.
pub(super) fn references(catalog: &Catalog, model: &Model, role: CallerRole) -> Result<Vec<Reference>, LinkError> {
    let mut references = Vec::new();
    for column in model.schema.columns.iter().filter(|column| !column.actor) {
        let Some(target) = catalog.target(column) else { continue };
        let parent = model.schema.under == Some(column.name);
        let allowed = match target.schema.rule(Verb::Read) {
            _ if parent => Predicate::Always,
            _ if target.schema.account => active_account(target.schema),
            Some(_) => policy(catalog, target, Verb::Read, role)?,
            None => Predicate::Always,
        };
        references.push(Reference {
            key: column.key,
            table: target.schema.plural,
            deleted: target.schema.deleted_key(),
            is_many: !column.is_stored(),
            target: target.schema.name,
            parent,
            account: target.schema.account,
            allowed,
        });
    }
    Ok(references)
}

fn active_account(account: &'static Schema) -> Predicate {
    let active = account.column("is_active").filter(|column| column.kind == Kind::Bool);
    active.map_or(Predicate::Always, |column| {
        Predicate::Leaf(sql::Leaf::Compare {
            steps: Vec::new(),
            column,
            op: crate::schema::Comparison::Eq,
            value: crate::schema::Literal::Bool(true),
        })
    })
}

/// The roles that let change every account, whoever has them: what a rule says of accounts as such (`is_active`) may
/// hold, what it says of the caller and one of them (`self`) does not. In alphabetical order.
///
/// # Errors
/// [`LinkError`] when a path does not resolve.
pub fn managers(catalog: &Catalog, account: &Model) -> Result<Vec<&'static str>, LinkError> {
    let known = |leaf: &Leaf| match leaf {
        Leaf::Compare { .. } | Leaf::Moment { .. } | Leaf::Present(_) => Known::Granted,
        Leaf::Oneself | Leaf::Account(_) | Leaf::Exists { .. } | Leaf::OfCaller { .. } | Leaf::LikeCaller { .. } => {
            Known::Refused
        }
    };
    let lets_all = |policy: &Predicate| policy.decide(true, &known).is_always();
    let mut roles = Vec::new();
    for role in CallerRole::every(catalog) {
        let CallerRole::Role(word) = role else { continue };
        let lets_afterwards = match Second::of(catalog, account, role)? {
            Second::AsItWouldBe(after) => lets_all(&after),
            Second::Hangs(_) | Second::Nothing => true,
        };
        if lets_afterwards && lets_all(&policy(catalog, account, Verb::Update, role)?) {
            roles.push(word);
        }
    }
    roles.sort_unstable();
    Ok(roles)
}
