//! What things are called in the file: nothing twice, and nothing as what every client has.

use std::collections::HashSet;

use super::RUNTIME;
use crate::{
    http::{CustomRoute, openapi::names::Names},
    schema::Catalog,
    words::capitalised,
};

/// Types that are written beside those of the runtime, whatever is declared.
const WRITTEN: [&str; 8] =
    ["AppEvent", "Auth", "Batch", "BatchResults", "Client", "Events", "ForgottenPassword", "RefreshRequest"];

/// Further ones.
const MORE: [&str; 4] = ["AddressVerification", "Operators", "Routes", "TotpCode"];

/// What the client has besides the objects of resources.
const MEMBERS: [&str; 15] = [
    "auth",
    "batch",
    "close",
    "constructor",
    "feedStatus",
    "hear",
    "live",
    "notifications",
    "on",
    "onFeedStatus",
    "onMissed",
    "request",
    "restart",
    "routes",
    "transport",
];

/// What stands after the name of a row in those of its other types.
const ENDINGS: [&str; 5] = ["Api", "Expand", "Filter", "Relations", "Sort"];

/// The names of each resource, in the order of the catalog: those of the document, where they are free here. A resource whose
/// names are taken gets `Row` appended.
pub(super) fn names_of(catalog: &Catalog, custom: &[CustomRoute]) -> Vec<Names> {
    let mut taken = fixed();
    let mut names = Names::of(catalog, custom);
    for own in &mut names {
        let mut stem = own.row.clone();
        while all(&stem).iter().any(|name| taken.contains(name)) {
            stem.push_str("Row");
        }
        taken.extend(all(&stem));
        *own = Names { can: std::mem::take(&mut own.can), ..Names::from_stem(&stem) };
    }
    names
}

fn all(stem: &str) -> Vec<String> {
    let names = Names::from_stem(stem);
    let endings = ENDINGS.iter().map(|ending| format!("{stem}{ending}"));
    names.all().iter().map(|&name| name.to_owned()).chain(endings).collect()
}

/// Every word that the runtime means something by: its own types, and those of the platform that it uses.
fn fixed() -> HashSet<String> {
    let is_comment = |line: &&str| ["//", "/*", "*"].iter().any(|mark| line.trim_start().starts_with(mark));
    let lines = RUNTIME.iter().flat_map(|part| part.lines()).filter(|line| !is_comment(line));
    let words = lines.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    let words = words.filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()));
    words.chain(WRITTEN).chain(MORE).map(str::to_owned).collect()
}

/// What the client calls the object of a resource: its plural, unless that is something else there.
pub(super) fn property(plural: &str) -> String {
    let name = camel(plural);
    if MEMBERS.contains(&name.as_str()) { format!("{name}Rows") } else { name }
}

/// `order_lines` as `orderLines`.
pub(super) fn camel(snake: &str) -> String {
    let mut parts = snake.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| name + &capitalised(part))
}
