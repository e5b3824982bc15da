//! By what the rules of other resources look for rows of one.

use super::ddl::collect_own;
use crate::schema::{Catalog, Column, LinkError, Model, Rule, Step};

/// By which pairs of a relation and an account the rules of any resource look for rows of `model`: whether there is one of
/// this account that refers to a row, and to which rows those of an account refer.
pub(super) fn asked_by_others<'a>(catalog: &'a Catalog, model: &Model) -> Result<Vec<[&'a Column; 2]>, LinkError> {
    let mut asked = Vec::new();
    for asking in catalog.models() {
        for rule in asking.schema.rules() {
            collect_asked(catalog, asking, rule, &mut asked)?;
        }
    }
    let mut found: Vec<[&Column; 2]> = Vec::new();
    for [many, account] in &asked {
        let columns = [many.target, account.key].map(|key| model.schema.column_of_key(key));
        if let ([Some(relation), Some(account)], true) = (columns, many.table == model.schema.plural)
            && !found.iter().any(|pair| pair[0].key == relation.key && pair[1].key == account.key)
        {
            found.push([relation, account]);
        }
    }
    Ok(found)
}

/// The last two relations of every way to an account that goes to many rows and then one further.
fn collect_asked(catalog: &Catalog, model: &Model, rule: &Rule, asked: &mut Vec<[Step; 2]>) -> Result<(), LinkError> {
    match rule {
        Rule::Any(parts) | Rule::All(parts) => {
            parts.iter().try_for_each(|part| collect_asked(catalog, model, part, asked))
        }
        Rule::Not(part) => collect_asked(catalog, model, part, asked),
        Rule::OfCaller(part) => {
            catalog.account().map_or(Ok(()), |account| collect_asked(catalog, account, part, asked))
        }
        Rule::Related(path) => {
            if let [.., many, account] = catalog.walk(model, path)?.0.as_slice()
                && many.is_many()
                && !account.is_many()
            {
                asked.push([many.clone(), account.clone()]);
            }
            Ok(())
        }
        Rule::AnyOf { path, rule } => {
            let (steps, end) = catalog.walk(model, path)?;
            let mut own = Vec::new();
            collect_own(rule, &mut own);
            for path in own {
                if let (Some(many), [account]) = (steps.last(), catalog.walk(end, &path)?.0.as_slice())
                    && many.is_many()
                {
                    asked.push([many.clone(), account.clone()]);
                }
            }
            collect_asked(catalog, end, rule, asked)
        }
        _ => Ok(()),
    }
}
