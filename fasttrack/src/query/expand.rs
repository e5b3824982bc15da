//! What a client wants to see of rows: some of their fields alone (`fields=id,title`), rows inside those that refer to them
//! (`expand=assignee,project.owner`), and what he may do with each (`expand=can`).

use crate::{
    error::Fault,
    wire::{Param, Params},
};

/// Most names in one `expand`.
pub const MAX_EXPANDED: usize = 10;

/// Most relations that one of them follows.
pub const MAX_EXPANDED_DEPTH: usize = 2;

/// The name under which a row says what the caller may do with it.
pub const CAN: &str = "can";

/// What is shown of rows.
#[derive(Debug, Default)]
pub struct Shape {
    /// The fields that are shown, by their keys; `None` for all.
    pub fields: Option<Vec<&'static str>>,
    /// The rows that are shown inside each.
    pub expand: Vec<Expand>,
    /// Whether each row says what the caller may do with it.
    pub can: bool,
}

/// Rows that are shown inside each.
#[derive(Debug)]
pub struct Expand {
    /// Which they are.
    pub inside: Inside,
    /// What is shown of them.
    pub beneath: Shape,
}

/// Rows that may be shown inside each of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inside {
    /// What they are called.
    pub name: &'static str,
    /// The field that leads there; the name again, where they are those that came along.
    pub key: &'static str,
    /// Position of their resource.
    pub target: usize,
}

/// What a caller may know of a resource.
#[derive(Debug, Default)]
pub struct Expandable {
    /// What its rows may show inside.
    pub inside: Vec<Inside>,
    /// Whether there is anything that could be done with its rows.
    pub can: bool,
}

/// What a caller may know of the resource at a position.
pub type Relations<'a> = &'a dyn Fn(usize) -> Expandable;

impl Shape {
    /// Whether rows are shown as they are without it.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.fields.is_none() && self.expand.is_empty() && !self.can
    }
}

/// Takes `expand` out of the parameters of a request about rows of the resource at `position`. What is wrong with it is
/// among the faults of the parameters then.
pub fn take_expand(relations: Relations<'_>, position: usize, params: &mut Params) -> Shape {
    let Some(text) = take(params, "expand") else { return Shape::default() };
    parse(relations, position, &text).unwrap_or_else(|fault| {
        params.faults.push(fault);
        Shape::default()
    })
}

/// Takes `fields` out of them: some of those which are `known`, in their order.
pub fn take_fields(known: &[&'static str], params: &mut Params) -> Option<Vec<&'static str>> {
    let is_empty = |fault: &&mut Fault| fault.field == "fields" && fault.code == "empty";
    if let Some(fault) = params.faults.iter_mut().find(is_empty) {
        fault.message = format!("{}; {}", fault.message, these(known));
    }
    let text = take(params, "fields")?;
    let mut asked = Vec::new();
    for name in text.split(',') {
        let wrong = match known.iter().find(|key| **key == name) {
            None => Fault::new("fields", "unknown", format!("`{name}` is no field; {}", these(known))),
            Some(key) if asked.contains(key) => {
                Fault::new("fields", "repeated", format!("`{name}` is there twice; {}", these(known)))
            }
            Some(key) => {
                asked.push(*key);
                continue;
            }
        };
        params.faults.push(wrong);
        return None;
    }
    Some(known.iter().copied().filter(|key| asked.contains(key)).collect())
}

fn take(params: &mut Params, name: &str) -> Option<String> {
    let is_it = |param: &Param| param.name == name && param.operator.is_none();
    let at = params.items.iter().position(is_it)?;
    Some(params.items.remove(at).value)
}

fn these(known: &[&str]) -> String {
    if known.is_empty() { "there is none".to_owned() } else { format!("known: {}", known.join(", ")) }
}

/// Reads the names.
fn parse(relations: Relations<'_>, position: usize, text: &str) -> Result<Shape, Fault> {
    let names: Vec<_> = text.split(',').collect();
    if names.len() > MAX_EXPANDED {
        return Err(Fault::new("expand", "too_many", format!("at most {MAX_EXPANDED} names")));
    }
    let mut found = Shape::default();
    for name in names {
        let steps: Vec<_> = name.split('.').collect();
        let followed = steps.len() - usize::from(steps.last() == Some(&CAN));
        if followed > MAX_EXPANDED_DEPTH {
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
    found: &mut Shape,
) -> Result<(), Fault> {
    let [step, rest @ ..] = steps else { return Ok(()) };
    let known = relations(position);
    if *step == CAN && rest.is_empty() && known.can {
        found.can = true;
        return Ok(());
    }
    let Some(inside) = known.inside.iter().find(|inside| inside.name == *step) else {
        let mut names: Vec<_> = known.inside.iter().map(|inside| inside.name).collect();
        names.extend(known.can.then_some(CAN));
        let of = if *step == name { String::new() } else { format!(" of `{name}`") };
        return Err(Fault::new("expand", "unknown", format!("`{step}`{of} is no relation; {}", these(&names))));
    };
    let at = found.expand.iter().position(|expand| expand.inside == *inside).unwrap_or_else(|| {
        found.expand.push(Expand { inside: *inside, beneath: Shape::default() });
        found.expand.len() - 1
    });
    match found.expand.get_mut(at) {
        Some(expand) => follow(relations, inside.target, (name, rest), &mut expand.beneath),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: Inside = Inside { name: "project", key: "project_id", target: 1 };
    const OWNER: Inside = Inside { name: "owner", key: "owner_id", target: 2 };

    fn check(text: &str, expected: Result<&str, &str>) {
        let relations = |position: usize| match position {
            0 => Expandable { inside: vec![PROJECT], can: false },
            1 => Expandable { inside: vec![OWNER], can: true },
            2 => Expandable { inside: Vec::new(), can: true },
            _ => Expandable::default(),
        };
        let mut params = Params::parse(Some(&format!("expand={text}")));
        let found = take_expand(&relations, 0, &mut params);
        assert!(params.items.is_empty());
        let said = match params.faults.first() {
            Some(fault) => Err(fault.message.clone()),
            None => Ok(told(&found)),
        };
        assert_eq!(said.as_deref().map_err(String::as_str), expected, "{text}");
    }

    fn told(found: &Shape) -> String {
        let tell = |expand: &Expand| format!("{}({})", expand.inside.name, told(&expand.beneath));
        let can = found.can.then(|| CAN.to_owned());
        found.expand.iter().map(tell).chain(can).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_become_a_tree() {
        check("project", Ok("project()"));
        check("project,project", Ok("project()"));
        check("project.owner", Ok("project(owner())"));
        check("project,project.owner", Ok("project(owner())"));
        check("owner", Err("`owner` is no relation; known: project"));
        check("project.", Err("`` of `project.` is no relation; known: owner, can"));
        check("project.title", Err("`title` of `project.title` is no relation; known: owner, can"));
        check("project.owner.x", Err("`project.owner.x` follows more than 2 relations"));
        check(",", Err("`` is no relation; known: project"));
        check(&"project,".repeat(11), Err("at most 10 names"));
        check("PROJECT", Err("`PROJECT` is no relation; known: project"));
    }
    #[test]
    fn what_may_be_done_is_asked_where_anything_can() {
        check("can", Err("`can` is no relation; known: project"));
        check("project.can", Ok("project(can)"));
        // It follows no relation, so that it may stand behind as many as there may be.
        check("project.owner.can,project.can", Ok("project(owner(can) can)"));
        check("project.owner.can.can", Err("`project.owner.can.can` follows more than 2 relations"));
        check("project.can.owner", Err("`project.can.owner` follows more than 2 relations"));
        check("project.can.", Err("`project.can.` follows more than 2 relations"));
    }

    #[test]
    fn fields_are_those_that_are_known_in_their_order() {
        let check = |text: &str, expected: Result<&[&str], &str>| {
            let mut params = Params::parse(Some(&format!("fields={text}")));
            let found = take_fields(&["id", "title", "status"], &mut params);
            assert!(params.items.is_empty());
            let said =
                params.faults.first().map_or(Ok(found.as_deref().unwrap_or_default()), |f| Err(f.message.as_str()));
            assert_eq!(said, expected, "{text}");
        };
        check("title,id", Ok(&["id", "title"]));
        check("status", Ok(&["status"]));
        check("title,title", Err("`title` is there twice; known: id, title, status"));
        check("titel", Err("`titel` is no field; known: id, title, status"));
        check("id,", Err("`` is no field; known: id, title, status"));
        check("", Err("the parameter has no value; known: id, title, status"));
        let mut params = Params::parse(Some("fields[x]=id"));
        assert_eq!((take_fields(&["id"], &mut params), params.items.len()), (None, 1));
    }
}
