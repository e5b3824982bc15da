//! Two worlds: databases that differ in what somebody may not see answer all that he asks alike, to the byte.
//!
//! Everything is generated from the declarations: the rows, what differs, and the requests. So an application is tested by
//! naming it. What a declaration tells by its nature stays the same in both worlds, and `secret.rs` says what that is;
//! that a row is there is told by its id (403 instead of 404) unless the resource conceals it, and has a test of its own.

mod asking;
mod doing;
mod hearing;
mod library;
mod secret;
mod shapes;
mod values;
mod whole;
mod world;
mod writing;

use std::{collections::BTreeMap, thread};

use fasttrack::{
    Application,
    schema::{Model, Verb},
    testing::{TestApp, json},
};

use self::{
    asking::Asking,
    world::{World, roles},
};
use crate::driver::Random;

/// Where the numbers begin.
const SEED: u64 = 0x2_2026;

/// What each caller asks beside what is asked systematically.
const REQUESTS: usize = 400;

#[test]
fn nobody_can_tell_what_he_may_not_see_from_the_tracker() {
    check(resources::application, 1);
}

#[test]
fn nobody_can_tell_what_he_may_not_see_from_a_workspace() {
    // Most of its organisations have one member, whom nobody tells anything.
    check(workspace::application, 0);
}

#[test]
fn nobody_can_tell_what_he_may_not_see_from_a_library() {
    check(library::application, 3);
}

/// The one thing that is told of a row which somebody may not see: that it is there, unless its resource conceals it.
#[test]
fn an_id_tells_that_a_row_is_there_unless_it_is_concealed() {
    for application in [resources::application, library::application] {
        let mut world = World::begin(application());
        world.fill(SEED);
        let somebody = &world.people[0];
        let seen = secret::seen(&world, &secret::rights(&world, Some(somebody)), Some(somebody));
        let client = world.app.as_(&somebody.login);
        for model in world.catalog().models() {
            let may_read = model.schema.rule(Verb::Read).is_some() && !model.schema.account;
            let secret = world.rows.keys().find(|row| row.0 == model.index && !seen.contains(row));
            let (Some((_, id)), true) = (secret, may_read) else { continue };
            for method in ["GET", "PATCH", "DELETE"] {
                let [there, missing] = [*id, 99_999].map(|id| {
                    let call = client.call(method, &format!("/{}/{id}", model.schema.plural));
                    let reply = if method == "PATCH" { call.json(&json!({})).send() } else { call.send() };
                    (reply.status, reply.json()["detail"].to_string().replace(&id.to_string(), "?"))
                });
                let said = format!("{method} {}: {there:?} {missing:?}", model.schema.plural);
                assert_eq!(missing.0, 404, "{said}");
                assert_eq!(
                    (there.0, there == missing),
                    if model.schema.conceal { (404, true) } else { (403, false) },
                    "{said}"
                );
            }
        }
    }
}

/// Has everybody ask two worlds of an application that differ in what he may not see; at their sockets they are told so many
/// things at least.
#[track_caller]
fn check(application: fn() -> Application, told_at_least: usize) {
    let callers = callers(application);
    let found: Vec<_> = thread::scope(|scope| {
        let started: Vec<_> = callers.into_iter().map(|who| scope.spawn(move || ask_as(application, who))).collect();
        started.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let (mut statuses, mut heard) = (BTreeMap::new(), 0);
    for asked in found {
        let (answers, told) = asked.unwrap_or_else(|cause| std::panic::resume_unwind(cause));
        heard += told;
        for (status, count) in answers {
            *statuses.entry(status).or_insert(0) += count;
        }
    }
    eprintln!("answers by status: {statuses:?}; {heard} messages at sockets");
    assert!(heard >= told_at_least, "hardly anybody was told anything at a socket: {heard}");
    for status in [200, 201, 403, 404, 422] {
        assert!(
            statuses.get(&status).is_some_and(|count| *count > 10),
            "hardly any answer is a {status}: {statuses:?}"
        );
    }
}

/// Nobody, and for each role somebody who owns something and somebody who owns nothing, by their places.
fn callers(application: fn() -> Application) -> Vec<Option<usize>> {
    let app = TestApp::setup(application()).set("MIGRATIONS_DIR", "none").start();
    let people = 0..2 * roles(&app.layers().catalog).len();
    std::iter::once(None).chain(people.map(Some)).collect()
}

/// What one caller asks, and what he was answered and told.
fn ask_as(application: fn() -> Application, who: Option<usize>) -> (BTreeMap<u16, usize>, usize) {
    let mut worlds = [(); 2].map(|()| World::begin(application()));
    for world in &mut worlds {
        world.fill(SEED);
    }
    let mut random = Random(SEED + who.map_or(0, |who| who as u64 + 1));
    let somebody = who.map(|who| &worlds[0].people[who]);
    let seen = secret::seen(&worlds[0], &secret::rights(&worlds[0], somebody), somebody);
    let apart = secret::alter(&mut worlds, who, &mut random);
    if let Some(who) = who {
        hearing::tell_of_secrets(&worlds, who, &seen);
    }
    let mut asking = Asking::new(worlds, who, seen, apart, random);
    ask_everything(&mut asking);
    hear_the_same(&mut asking);
    (asking.statuses, asking.hearing.map_or(0, |hearing| hearing.count()))
}

fn ask_everything(asking: &mut Asking) {
    let catalog = asking.worlds[0].app.layers().catalog.clone();
    let has = |model: &Model, verb| model.schema.rule(verb).is_some();
    for path in documented(asking) {
        asking.get(&path);
    }
    for model in catalog.models().iter().filter(|model| has(model, Verb::List)) {
        let collections = asking.collections(model);
        let first = collections.len().min(3);
        for collection in collections.iter().take(first) {
            asking.ask_systematically(model, collection);
        }
    }
    for _ in 0..REQUESTS {
        let model = &catalog.models()[asking.random.below(catalog.models().len())];
        let row = asking.random_row(model);
        match asking.random.below(30) {
            0..6 => {
                let shape = asking.shape(model);
                let mark = if shape.is_empty() { "" } else { "?" };
                asking.get(&format!("{row}{mark}{}", shape.join("&")));
            }
            6..10 => asking.ask_for_a_list(model),
            10..13 => {
                let collections = asking.collections(model);
                let (path, body) = (asking.random.of(&collections), asking.body(model, true));
                asking.ask("POST", [&path; 2], Some(&body));
            }
            13..16 => {
                let body = asking.body(model, false);
                asking.ask("PATCH", [&row; 2], Some(&body));
            }
            16 => _ = asking.ask("DELETE", [&row; 2], None),
            18..20 => asking.ask_in_a_version(&row, model),
            20..22 => asking.ask_once(&row, model),
            22..24 => asking.ask_together(),
            17 => {
                let paths = documented(asking);
                let path = asking.random.of(&paths);
                asking.get(&path);
            }
            _ => asking.others_act(),
        }
    }
}

/// The paths of the document that are read, with ids in them that both worlds have.
fn documented(asking: &mut Asking) -> Vec<String> {
    let document = asking.worlds[0].app.anonymous().at("GET", "/openapi.json").ok();
    let paths = document["paths"].as_object().unwrap();
    let read = paths.iter().filter(|(_, item)| item["get"].is_object()).map(|(path, _)| path.as_str());
    let own: Vec<_> =
        read.filter_map(|path| path.strip_prefix("/api/v1")).filter(|path| !path.starts_with("/auth")).collect();
    let catalog = asking.worlds[0].app.layers().catalog.clone();
    let mut filled = Vec::new();
    for path in own {
        let first = path.split('/').nth(1).unwrap_or_default();
        let model = catalog.models().iter().find(|model| model.schema.plural == first);
        match (path.contains('{'), model) {
            (false, _) => filled.push(path.to_owned()),
            (true, Some(model)) => {
                let row = asking.random_row(model);
                let (begin, end) = (path.find('{').unwrap(), path.rfind('}').unwrap());
                filled.push(format!("{}{}", row, &path[end + 1..]).replace("//", "/"));
                assert!(path[..begin].ends_with('/'), "{path}");
            }
            (true, None) => {}
        }
    }
    filled
}

/// Has the caller told the same in both worlds: in the list of what he was told, and at a socket that begins with all of it.
fn hear_the_same(asking: &mut Asking) {
    let Some(who) = asking.who else { return };
    let count = asking.walk("/notifications?limit=7");
    if count == 0 {
        // He has disabled himself.
        return;
    }
    asking.walk("/notifications?sort=-id&limit=3");
    let heard = asking.worlds.each_ref().map(|world| {
        let mut socket = world.app.as_(&world.people[who].login).socket_since(0);
        let told: Vec<_> =
            (0..count).map(|_| socket.next()).map(|told| (told.kind, told.data, told.actor_id)).collect();
        socket.expect_silence();
        told
    });
    assert_eq!(heard[0], heard[1]);
}
