//! Which rows a client wants to see inside those that refer to them: `expand=assignee,project.owner`.

use crate::{error::Fault, schema::Column, wire::Params};

/// Most names in one `expand`.
pub const MAX_EXPANDED: usize = 10;

/// Most relations that one of them follows.
pub const MAX_EXPANDED_DEPTH: usize = 2;

/// A relation that is to be followed.
#[derive(Debug)]
pub struct Expand {
    /// The relation.
    pub column: &'static Column,
    /// Position of the resource that it leads to.
    pub target: usize,
    /// What is to be followed from there.
    pub beneath: Vec<Self>,
}

/// The relations of the resource at this position that a caller may know of, each with where it leads.
pub type Relations<'a> = &'a dyn Fn(usize) -> Vec<(&'static Column, usize)>;

/// Takes `expand` out of the parameters of a request about rows of the resource at `position`. What is wrong with it is
/// among the faults of the parameters then.
pub fn take(relations: Relations<'_>, position: usize, params: &mut Params) -> Vec<Expand> {
    let is_expand = |param: &crate::wire::Param| param.name == "expand" && param.operator.is_none();
    let Some(at) = params.items.iter().position(is_expand) else { return Vec::new() };
    let text = params.items.remove(at).value;
    parse(relations, position, &text).unwrap_or_else(|fault| {
        params.faults.push(fault);
        Vec::new()
    })
}

/// Reads the names.
fn parse(relations: Relations<'_>, position: usize, text: &str) -> Result<Vec<Expand>, Fault> {
    let names: Vec<_> = text.split(',').collect();
    if names.len() > MAX_EXPANDED {
        return Err(Fault::new("expand", "too_many", format!("at most {MAX_EXPANDED} names")));
    }
    let mut found = Vec::new();
    for name in names {
        let steps: Vec<_> = name.split('.').collect();
        if steps.len() > MAX_EXPANDED_DEPTH {
            let most = format!("`{name}` follows more than {MAX_EXPANDED_DEPTH} relations");
            return Err(Fault::new("expand", "too_deep", most));
        }
        follow(relations, position, (name, &steps), &mut found)?;
    }
    Ok(found)
}

fn follow(
    relations: Relations<'_>,
    position: usize,
    (name, steps): (&str, &[&str]),
    found: &mut Vec<Expand>,
) -> Result<(), Fault> {
    let [step, rest @ ..] = steps else { return Ok(()) };
    let known = relations(position);
    let Some((column, target)) = known.iter().find(|(column, _)| column.name == *step) else {
        let names: Vec<_> = known.iter().map(|(column, _)| column.name).collect();
        let expected =
            if names.is_empty() { "there is none".to_owned() } else { format!("known: {}", names.join(", ")) };
        let of = if *step == name { String::new() } else { format!(" of `{name}`") };
        return Err(Fault::new("expand", "unknown", format!("`{step}`{of} is no relation; {expected}")));
    };
    let at = found.iter().position(|expand| expand.column.name == *step).unwrap_or_else(|| {
        found.push(Expand { column, target: *target, beneath: Vec::new() });
        found.len() - 1
    });
    match found.get_mut(at) {
        Some(expand) => follow(relations, *target, (name, rest), &mut expand.beneath),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Kind;

    const PROJECT: Column = relation("project", "project_id");
    const OWNER: Column = relation("owner", "owner_id");

    const fn relation(name: &'static str, key: &'static str) -> Column {
        let mut column = Column::new::<i64>(name, key);
        column.kind = Kind::Relation("any");
        column
    }

    fn check(text: &str, expected: Result<&str, &str>) {
        let relations = |position: usize| match position {
            0 => vec![(&PROJECT, 1)],
            1 => vec![(&OWNER, 2)],
            _ => Vec::new(),
        };
        let mut params = Params::parse(Some(&format!("expand={text}")));
        let found = take(&relations, 0, &mut params);
        assert!(params.items.is_empty());
        let said = match params.faults.first() {
            Some(fault) => Err(fault.message.clone()),
            None => Ok(told(&found)),
        };
        assert_eq!(said.as_deref().map_err(String::as_str), expected, "{text}");
    }

    fn told(found: &[Expand]) -> String {
        let tell = |expand: &Expand| format!("{}({})", expand.column.name, told(&expand.beneath));
        found.iter().map(tell).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_become_a_tree() {
        check("project", Ok("project()"));
        check("project,project", Ok("project()"));
        check("project.owner", Ok("project(owner())"));
        check("project,project.owner", Ok("project(owner())"));
        check("owner", Err("`owner` is no relation; known: project"));
        check("project.", Err("`` of `project.` is no relation; known: owner"));
        check("project.title", Err("`title` of `project.title` is no relation; known: owner"));
        check("project.owner.x", Err("`project.owner.x` follows more than 2 relations"));
        check(",", Err("`` is no relation; known: project"));
        check(&"project,".repeat(11), Err("at most 10 names"));
        check("PROJECT", Err("`PROJECT` is no relation; known: project"));
    }
}
