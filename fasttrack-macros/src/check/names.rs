//! Names of tables, columns and indexes, as both databases take them.
//!
//! `SQLite` compares names without regard to the case of ASCII letters; Postgres cuts them after 63 bytes, and takes what
//! is cut to the same for the same. What two declarations can tell alone is for `fasttrack::schema::laws`.

use std::collections::{HashMap, hash_map::Entry};

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;

use crate::{
    errors::Errors,
    model::{Declaration, Field, Rule},
    names,
    shape::Shape,
};

/// Longest name, in bytes.
const MAX_NAME: usize = names::MAX_BYTES;

/// Longest name of a table: beside it, a migration makes it anew as `…__new`.
const MAX_TABLE: usize = MAX_NAME - BESIDE.len();

/// Longest name of a column: a statement has it as `sets(…)`, too.
const MAX_COLUMN: usize = MAX_NAME - "sets()".len();

/// How a table ends that a migration makes beside another.
const BESIDE: &str = "__new";

/// How the names of tables begin that are not for resources, and whose they are.
const FOREIGN_TABLES: [(&str, &str); 4] =
    [("sqlite_", "database"), ("pg_", "database"), ("pragma_", "database"), ("fasttrack_", "framework")];

/// Columns that every table of Postgres has.
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    check_table_is_free(declaration, errors);
    check_columns_are_free(declaration, errors);
    check_pairs_are_free(declaration, errors);
    check_columns_are_apart(declaration, errors);
    check_there_may_be_more(declaration, errors);
    check_what_one_can_is_free(declaration, errors);
    check_indexes_are_apart_and_fit(declaration, errors);
}

fn check_table_is_free(declaration: &Declaration, errors: &mut Errors) {
    let (plural, at) = (&declaration.plural, declaration.plural_at);
    let mut wrong =
        |why: String| errors.push(at, format!("the table would be `{plural}`, {why}; say `plural = \"…\"`"));
    if let Some((begin, whose)) = FOREIGN_TABLES.iter().find(|(begin, _)| plural.starts_with(begin)) {
        wrong(format!("and those that begin with `{begin}` are the {whose}'s own"));
    } else if plural.ends_with(BESIDE) {
        wrong(format!("and those that end with `{BESIDE}` are for migrations"));
    } else if plural.len() > MAX_TABLE {
        wrong(format!("of {} bytes, and a table has at most {MAX_TABLE}", plural.len()));
    } else if !names::is_snake_case(plural) {
        wrong("and a path segment is in snake case".to_owned());
    }
}

/// The table of a field that holds many rows, and the longest index over it.
fn check_pairs_are_free(declaration: &Declaration, errors: &mut Errors) {
    for field in declaration.fields.iter().filter(|field| field.ty.shape == Shape::Many) {
        let table = declaration.pairs_of(field);
        let longest = table.len() + PAIRS_INDEX.len();
        if longest > MAX_NAME && declaration.plural.len() <= MAX_TABLE && field.key.len() <= MAX_COLUMN {
            let message = format!(
                "it is kept in the table `{table}`, an index of which would have a name of {longest} bytes, and a name has \
                 at most {MAX_NAME}; shorten the field, or say another `plural = \"…\"`"
            );
            errors.push(field.ident.span(), message);
        }
    }
}

/// What the name of the longest index over a table of pairs ends with, as `fasttrack::schema::Pairs` has it.
const PAIRS_INDEX: &str = "_from_id_to_id_unique";

fn check_columns_are_free(declaration: &Declaration, errors: &mut Errors) {
    for field in &declaration.fields {
        let key = &field.key;
        if SYSTEM_COLUMNS.iter().any(|system| key.eq_ignore_ascii_case(system)) {
            errors.push(
                field.ident.span(),
                format!("every table of Postgres has a column `{key}` of its own; rename it"),
            );
        } else if key.len() > MAX_COLUMN {
            let message =
                format!("`{key}` is {} bytes long, and a column has at most {MAX_COLUMN}; shorten it", key.len());
            errors.push(field.ident.span(), message);
        }
    }
}

fn check_columns_are_apart(declaration: &Declaration, errors: &mut Errors) {
    let mut seen: HashMap<String, &Field> = HashMap::new();
    for field in &declaration.fields {
        let Some(other) = seen.insert(field.key.to_ascii_lowercase(), field) else { continue };
        let (one, two) = (&other.name, &field.name);
        errors.push(
            field.ident.span(),
            if other.key == field.key {
                format!("`{one}` and `{two}` are both `{}` in JSON; rename one", field.key)
            } else {
                format!("`{one}` and `{two}` are one column to a database, which compares without case; rename one")
            },
        );
    }
}

/// Many rows are shown with a key beside them that says whether there are more.
fn check_there_may_be_more(declaration: &Declaration, errors: &mut Errors) {
    let sets = declaration.fields.iter().filter(|field| field.ty.shape == Shape::Many).map(|field| &field.ident);
    let along = || declaration.has.iter().filter(|has| has.inline.is_some()).map(|has| &has.name);
    for many in sets.chain(along()) {
        let name = many.unraw().to_string();
        let more = format!("{name}_has_more");
        let field = declaration.fields.iter().find(|field| field.name == more || field.key == more);
        let other =
            field.map(|field| field.ident.span()).or_else(|| along().find(|has| **has == more).map(Ident::span));
        if let Some(at) = other {
            errors
                .push(at, format!("beside `{name}`, `{more}` says whether there are more of them; take another name"));
        }
    }
}

/// The key under which a row says what its reader can do with it, and its name in a query string.
fn check_what_one_can_is_free(declaration: &Declaration, errors: &mut Errors) {
    let fields = declaration.fields.iter().filter(|field| field.name == CAN || field.key == CAN);
    let along = declaration.has.iter().filter(|has| has.inline.is_some() && has.name == CAN).map(|has| has.name.span());
    for at in fields.map(|field| field.ident.span()).chain(along) {
        let message = format!("`{CAN}` is where a row says what its reader may do with it; take another name");
        errors.push(at, message);
    }
}

const CAN: &str = "can";

fn check_indexes_are_apart_and_fit(declaration: &Declaration, errors: &mut Errors) {
    let mut seen: HashMap<String, Index<'_>> = HashMap::new();
    for index in indexes(declaration) {
        let Index { name, field, at, .. } = &index;
        // What is too long by itself has a message of its own.
        let fits_by_itself = field.key.len() <= MAX_COLUMN && declaration.plural.len() <= MAX_TABLE;
        if name.len() > MAX_NAME && fits_by_itself {
            let message = format!(
                "its index would be `{name}` of {} bytes, and a name has at most {MAX_NAME}; shorten the field, or say \
                 another `plural = \"…\"`",
                name.len()
            );
            errors.push(*at, message);
        }
        match seen.entry(name.to_ascii_lowercase()) {
            Entry::Occupied(other) if !other.get().is_of_the_same(&index) => {
                let other = &other.get().field.name;
                errors.push(*at, format!("its index would be `{name}`, as that of `{other}` is; rename one"));
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(free) => _ = free.insert(index),
        }
    }
}

/// An index that follows from a declaration.
struct Index<'a> {
    name: String,
    /// What it is over, or begins with.
    field: &'a Field,
    /// Which attribute of the struct says so, if one does.
    attribute: Option<usize>,
    /// Where that is said.
    at: Span,
}

impl Index<'_> {
    /// Whether both are of one column, which has a message of its own, or of one attribute.
    fn is_of_the_same(&self, other: &Self) -> bool {
        self.attribute == other.attribute && self.field.key.eq_ignore_ascii_case(&other.field.key)
    }
}

/// The indexes that follow from a declaration; as `fasttrack::sql::ddl` makes them, and some that it finds to be needless.
fn indexes(declaration: &Declaration) -> Vec<Index<'_>> {
    let table = &declaration.plural;
    let mut made = Vec::new();
    let parent = declaration.under.as_ref().and_then(|under| declaration.field(under));
    let owners = if parent.is_some() { Vec::new() } else { owners(declaration) };
    for field in &declaration.fields {
        let key = &field.key;
        let said = |option: &str| field.option(option).map(|option| option.span);
        let mut push = |name, at| made.push(Index { name, field, attribute: None, at });
        if let Some(at) = said("unique") {
            push(format!("{table}_{key}_unique"), at);
        } else if let Some(at) = said("index").or((field.ty.shape == Shape::Relation).then(|| field.ident.span())) {
            push(format!("{table}_{key}"), at);
        }
        let Some(at) = said("filter").or(said("sort")) else { continue };
        match parent {
            Some(parent) if parent.key == *key => {}
            Some(parent) => push(format!("{table}_{}_{key}", parent.key), at),
            None => push(format!("{table}_by_{key}"), at),
        }
        let owners = owners.iter().filter(|owner| owner.key != *key);
        owners.for_each(|owner| push(format!("{table}_{}_{key}", owner.key), at));
    }
    if let Some((keep, field)) = declaration.keep_deleted.as_ref().zip(declaration.deleted()) {
        made.push(Index { name: format!("{table}_{}", field.key), field, attribute: None, at: keep.at });
    }
    for (place, unique) in declaration.uniques.iter().enumerate() {
        let Some(field) = unique.fields.first().and_then(|first| declaration.named(first)) else { continue };
        let name = format!("{table}_{}", unique.index_name(declaration));
        made.push(Index { name, field, attribute: Some(place), at: unique.at });
    }
    for (place, exclusive) in declaration.exclusives.iter().enumerate() {
        let Some(field) = declaration.named(&exclusive.start) else { continue };
        let name = format!("{table}_{}", exclusive.constraint_name(declaration));
        made.push(Index { name, field, attribute: Some(declaration.uniques.len() + place), at: exclusive.at });
    }
    for limit in &declaration.limits {
        let created = declaration.fields.iter().find(|field| field.ty.shape == Shape::CreatedAt);
        let Some((per, field)) = declaration.named(&limit.per).zip(created.filter(|_| limit.within.is_some())) else {
            continue;
        };
        let name = format!("{table}_{}_{}", per.key, field.key);
        made.push(Index { name, field, attribute: None, at: limit.at });
    }
    made
}

/// The relations by which accounts find their own rows in a list.
fn owners(declaration: &Declaration) -> Vec<&Field> {
    let mut owners = Vec::new();
    let list = declaration.grants.iter().filter(|grant| grant.verb == "list");
    list.for_each(|grant| collect_owners(declaration, named_here(declaration, &grant.rule), &mut owners));
    owners
}

/// What a rule says that is nothing but a name: `list: read`.
fn named_here<'a>(declaration: &'a Declaration, rule: &'a Rule) -> &'a Rule {
    let mut said = rule;
    // More names than there are rules would be a circle.
    for _ in 0..=declaration.rules.len() + declaration.grants.len() {
        let Rule::Path(path) = said else { break };
        let Some(named) = declaration.rule(&path.last).flatten().filter(|_| path.head.is_empty()) else { break };
        said = named;
    }
    said
}

fn collect_owners<'a>(declaration: &'a Declaration, rule: &Rule, owners: &mut Vec<&'a Field>) {
    match rule {
        Rule::Any(parts) | Rule::All(parts) => {
            for part in parts {
                collect_owners(declaration, part, owners);
            }
        }
        Rule::Path(path) if path.head.is_empty() => {
            let field = declaration.field(&path.last).filter(|field| owners.iter().all(|owner| owner.key != field.key));
            owners.extend(field);
        }
        _ => {}
    }
}
