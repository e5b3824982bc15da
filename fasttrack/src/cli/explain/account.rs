//! Who an account is, and what the conditions of its rights say of a row: asked of the database, in the statements that
//! requests ask.

use super::{
    super::absent,
    ExplainCommand, ExplainError, find as find_resource, meaning,
    rights::{self, Account, Rights, RowFound, Told},
};
use crate::{
    access::{self, Granted},
    app::{App, Opening},
    auth::Known,
    config::Config,
    db::{DbOptions, Statement},
    error::Error,
    schema::{Asked, Catalog, Kind, Model, Resources, Step, Way},
    sql::{self, CallerRole, Seen, Values},
};

/// What the account of this address may do with the rows of a resource, or with one of them.
pub(super) async fn find(
    command: &ExplainCommand,
    email: &str,
    resources: Resources,
    config: &Config,
) -> Result<Rights, ExplainError> {
    absent::database(&config.database)?;
    let options = DbOptions { readers: 1, beside: true, ..DbOptions::default() };
    let app = App::open_with(resources, config, Opening { options, ..Opening::default() }).await?;
    let found = rights(&app, command, email).await;
    app.db.close().await;
    found
}

async fn rights(app: &App, command: &ExplainCommand, email: &str) -> Result<Rights, ExplainError> {
    let model = find_resource(&app.catalog, &command.resource)?;
    let Known { id, is_active, role } = absent::account(&app.auth, email, ExplainError::Database).await?;
    let caller = CallerRole::Role(role);
    let granted = access::granted(&app.catalog, model, caller)?;
    let withheld = access::withheld(&app.catalog, model, caller, &granted);
    let asked = match command.row {
        Some(row) => Some(ask(app, model, row, (id, caller), &granted).await?),
        None => None,
    };
    let row = asked.as_ref().map(|asked| asked.row);
    let account = Account { id, email: email.to_owned(), role, is_active };
    let mut rights = Rights::new(account, model.schema, row);
    rights.judge(&granted, asked.as_ref().map(|asked| asked.told.as_slice()));
    rights.withhold(&withheld);
    if command.sql {
        let mut rules = meaning::rules(&app.catalog, model, Some(app.db.dialect()))?;
        let own = format!("role {role}");
        for rule in &mut rules {
            rule.sql.retain(|sql| sql.caller == own);
        }
        rights.add_statements(rules, asked.map(|asked| asked.statement.sql));
    }
    Ok(rights)
}

/// A row, and what every condition says of it.
struct Answers {
    row: RowFound,
    told: Vec<Told>,
    statement: Statement,
}

async fn ask(
    app: &App,
    model: &Model,
    row: i64,
    (account, role): (i64, CallerRole),
    granted: &[Granted],
) -> Result<Answers, ExplainError> {
    let catalog = &app.catalog;
    let terms: Way = granted.iter().flat_map(rights::conditions).filter(|term| term.asked.is_some()).collect();
    let terms: Vec<_> = terms.iter().filter_map(|term| Some((term, term.asked.as_ref()?))).collect();
    let folded = terms.iter().map(|(_, asked)| sql::fold_asked(catalog, model, asked, role));
    let predicates = folded.collect::<Result<Vec<_>, _>>()?;
    let looks: Vec<_> = terms.iter().map(|(_, asked)| looks(catalog, model, asked)).collect();
    let fields: Vec<_> = looks.iter().flatten().map(|(_, seen)| seen.clone()).collect();
    let table = sql::Table::served_at(app.db.dialect(), model.schema, catalog.base());
    let values = Values { id: Some(row), caller: Some(account), ..Values::default() };
    let statement = sql::look(&table, &predicates, &fields).fill(values);
    let mut found = app.db.read(statement.clone()).await.map_err(Error::from)?;
    let cells = found.first_mut().ok_or(ExplainError::NoSuchRow(model.schema.name, row))?;
    let mut place = terms.len();
    let mut told = Vec::new();
    for (number, ((term, _), look)) in terms.iter().zip(&looks).enumerate() {
        let facts = look.as_ref().map(|(label, seen)| {
            place += 1;
            let text = cells.take_bytes(place).unwrap_or_default();
            format!("{label} is {}", in_words(&text, seen.column.key))
        });
        told.push(Told { term: (*term).clone(), holds: cells.int(number + 1) == Some(1), facts });
    }
    let row = RowFound { id: row, is_deleted: cells.int(0) == Some(1) };
    Ok(Answers { row, told, statement })
}

/// The field at which a condition looks, by its path; `None` where it looks at none, at those of many rows, or at what is
/// told to nobody.
fn looks(catalog: &Catalog, model: &Model, asked: &Asked) -> Option<(String, Seen)> {
    let trail = asked.trail();
    let (steps, column) = catalog.field(model, &trail)?;
    let is_told = !matches!(column.kind, Kind::PasswordHash | Kind::Many(_)) && !steps.iter().any(Step::is_many);
    is_told.then(|| (trail.join("."), Seen { steps, column }))
}

/// Longest text that is shown whole, in characters.
const SHOWN: usize = 60;

/// What an object of JSON has under its one key.
fn in_words(json: &[u8], key: &str) -> String {
    let object: serde_json::Value = serde_json::from_slice(json).unwrap_or_default();
    match object.get(key) {
        Some(serde_json::Value::String(text)) if text.chars().count() > SHOWN => {
            format!("{}…", text.chars().take(SHOWN).collect::<String>())
        }
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => "null".to_owned(),
    }
}
