//! What a row says that its reader may do is what he may do: for everybody, and every row of every application here.

use std::collections::BTreeMap;

use fasttrack::{
    Application,
    schema::{Model, Verb},
    testing::{Client, json},
};
use serde_json::Value;

use super::{library, world::World};

/// Where the numbers begin.
const SEED: u64 = 0xCA_2026;

#[test]
fn the_tracker_says_what_one_may_do() {
    check(resources::application, &["delete"]);
}

#[test]
fn a_workspace_says_what_one_may_do() {
    check(workspace::application, &["update", "delete"]);
}

#[test]
fn a_library_says_what_one_may_do() {
    check(library::application, &["update", "delete"]);
}

/// Has everybody look at every row, and try; these verbs are there for some and not for others.
#[track_caller]
fn check(application: fn() -> Application, both: &[&str]) {
    let callers = World::begin(application()).people.len().min(5);
    let mut seen = BTreeMap::new();
    for who in std::iter::once(None).chain((0..callers).map(Some)) {
        // What one deletes is there for the next one.
        let mut world = World::begin(application());
        world.fill(SEED);
        ask_as(&world, who, &mut seen);
    }
    for verb in both {
        let is_both = seen.get(verb).is_some_and(|counts| counts.iter().all(|count| *count > 3));
        assert!(is_both, "`{verb}` is hardly ever there, or nearly always: {seen:?}");
    }
}

/// How often a verb was not there, and was.
type Seen = BTreeMap<&'static str, [usize; 2]>;

fn ask_as(world: &World, who: Option<usize>, seen: &mut Seen) {
    let client = who.map_or_else(|| world.app.anonymous(), |who| world.app.as_(&world.people[who].login));
    for model in world.catalog().models() {
        let plural = model.schema.plural;
        // Other people's rows first: one's own account may go.
        let own = who.map(|who| world.people[who].login.id);
        let ids = world.rows.keys().filter(|(index, _)| *index == model.index).map(|(_, id)| *id);
        let people = world.people.iter().map(|somebody| somebody.login.id).filter(|id| Some(*id) != own);
        let ids: Vec<_> = if model.schema.account { people.chain(own).collect() } else { ids.collect() };
        for id in ids {
            let said = said_by_lists(world, &client, model, id);
            let alone = client.get(&format!("/{plural}/{id}?expand=can&fields=id")).send();
            let alone = (alone.status == 200).then(|| alone.json()["can"].clone());
            assert!(
                said.iter().chain(&alone).all(|can| Some(can) == said.first().or(alone.as_ref())),
                "{plural} {id}: {said:?} {alone:?}"
            );
            let Some(can) = said.first().or(alone.as_ref()) else { continue };
            for verb in [Verb::History, Verb::Update, Verb::Delete] {
                let says = can.as_array().unwrap().iter().any(|name| name == verb.name());
                let may = may(&client, model, id, verb);
                assert_eq!(says, may, "{} {plural} {id} by {who:?}: {can}", verb.name());
                if model.schema.rule(verb).is_some() {
                    seen.entry(verb.name()).or_default()[usize::from(says)] += 1;
                }
            }
        }
    }
}

/// What the lists say that have the row.
fn said_by_lists(world: &World, client: &Client<'_>, model: &Model, id: i64) -> Vec<Value> {
    if model.schema.rule(Verb::List).is_none() {
        return Vec::new();
    }
    let plural = model.schema.plural;
    let above = model.parent.and_then(|parent| world.catalog().get(parent.index));
    let collection = above.map_or_else(
        || Some(format!("/{plural}")),
        |above| {
            let parent = world.rows.get(&(model.index, id))?.get(model.parent?.key)?;
            Some(format!("/{}/{parent}/{plural}", above.schema.plural))
        },
    );
    let page = client.get(&format!("{}?id[in]={id}&expand=can", collection.unwrap())).send();
    let items = if page.status == 200 { page.json()["items"].as_array().cloned() } else { None };
    items.unwrap_or_default().iter().map(|row| row["can"].clone()).collect()
}

/// Whether somebody may do it, by doing it.
fn may(client: &Client<'_>, model: &Model, id: i64, verb: Verb) -> bool {
    let path = format!("/{}/{id}", model.schema.plural);
    let status = match verb {
        Verb::Update => client.patch(&path, &json!({})).send().status,
        Verb::Delete => client.call("DELETE", &path).send().status,
        _ => client.get(&format!("{path}/history")).send().status,
    };
    match status {
        200 | 204 | 409 => true,
        401 | 403 | 404 | 405 => false,
        other => panic!("{} {path}: {other}", verb.name()),
    }
}
