//! What somebody is told at a socket while things happen: the same in both worlds.

use std::{
    collections::BTreeSet,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use fasttrack::db::Arg;
use serde_json::{Value, json};

use super::world::World;
use crate::driver::{Heard, Socket, wait_until};

/// How long both may take to be told the same.
const PATIENCE: Duration = Duration::from_secs(10);

/// A socket of his in each world, open while he and others act.
pub(super) struct Hearing {
    sockets: [Socket; 2],
    /// What was told so far, without numbers and instants.
    told: [Vec<Heard>; 2],
}

impl Hearing {
    /// Opens them, and hears what was told before. The last of that has to be a message which he may see: once it has come
    /// the socket is live.
    pub(super) fn begin(worlds: &[World; 2], who: usize) -> Self {
        let sockets = worlds.each_ref().map(|world| {
            let address = world.app.address();
            let connection = TcpStream::connect(address).expect("the server accepts");
            let query = format!("?since=0&token={}", world.people[who].login.access_token);
            Socket::open(connection, &address.to_string(), &query, &[]).expect("a socket opens")
        });
        let mut this = Self { sockets, told: [Vec::new(), Vec::new()] };
        for (socket, told) in this.sockets.iter_mut().zip(&mut this.told) {
            told.push(without_number(Heard::Message(socket.message())));
        }
        this
    }

    /// Hears what has been told by now, which is the same in both worlds after this was done.
    #[track_caller]
    pub(super) fn follow(&mut self, worlds: &[World; 2], done: &str) {
        for world in worlds {
            wait_until("messages are handed on", || world.app.layers().hub.lag().is_zero());
        }
        let end = Instant::now() + PATIENCE;
        loop {
            for (socket, told) in self.sockets.iter_mut().zip(&mut self.told) {
                hear(socket, told);
            }
            let [one, other] = &self.told;
            if one == other {
                return;
            }
            assert!(
                Instant::now() < end,
                "two worlds that look the same to him tell him different things after\n{done}:\n{:?}\n{:#?}",
                one.iter().zip(other).position(|(one, other)| one != other),
                [one.last(), other.last()],
            );
            thread::yield_now();
        }
    }

    /// How many messages he was told while he listened.
    pub(super) fn count(&self) -> usize {
        self.told[0].iter().filter(|heard| matches!(heard, Heard::Message(_))).count() - 1
    }
}

/// Hears what there is before the answer to a ping.
fn hear(socket: &mut Socket, told: &mut Vec<Heard>) {
    let is_over = |told: &[Heard]| told.last().is_some_and(|last| !matches!(last, Heard::Message(_)));
    if is_over(told) {
        return;
    }
    socket.say(&json!({ "type": "ping" }).to_string());
    loop {
        match socket.hear_within(PATIENCE) {
            Heard::Message(message) if message == json!({ "type": "pong" }) => return,
            heard => told.push(without_number(heard)),
        }
        if is_over(told) {
            return;
        }
    }
}

fn without_number(heard: Heard) -> Heard {
    let Heard::Message(mut message) = heard else { return heard };
    for key in ["id", "timestamp"] {
        message[key] = Value::Null;
    }
    Heard::Message(message)
}

/// Messages to the caller about what he may not see: in both worlds, with other data, and more of them in the second. The
/// last one is the same in both, and his to hear.
pub(super) fn tell_of_secrets(worlds: &[World; 2], who: usize, seen: &BTreeSet<(usize, i64)>) {
    for (world, count) in worlds.iter().zip([3_i64, 7]) {
        let rows: Vec<_> = world.rows.keys().filter(|row| !seen.contains(row)).take(5).collect();
        let account = world.people[who].login.id;
        for number in 1..=count {
            let Some((index, id)) = rows.get(usize::try_from(number).unwrap() % rows.len().max(1)) else { continue };
            let resource = world.catalog().get(*index).unwrap().schema.name;
            tell(world, account, (number, false), (resource, *id), &json!({ "told": format!("{count} {number}") }));
        }
        tell(world, account, (count + 1, true), (world.account().schema.name, account), &json!({}));
        let sql = "INSERT INTO \"outbox_counters\" (\"account_id\", \"last\") VALUES ($1, $2) \
                   ON CONFLICT (\"account_id\") DO UPDATE SET \"last\" = $2";
        world.write(sql, vec![Arg::Int(account), Arg::Int(count + 1)]);
    }
}

/// A message about a row that is there, or has gone.
fn tell(world: &World, account: i64, (number, is_gone): (i64, bool), (resource, id): (&str, i64), data: &Value) {
    let sql = "INSERT INTO \"outbox\" (\"account_id\", \"number\", \"type\", \"resource\", \"row_id\", \
               \"row_is_gone\", \"data\", \"actor_id\", \"created_at\") VALUES ($1, $2, 'secret', $3, $4, $5, $6, $1, $7)";
    let args = vec![
        Arg::Int(account),
        Arg::Int(number),
        Arg::Text(resource.into()),
        Arg::Int(id),
        Arg::Int(i64::from(is_gone)),
        Arg::Text(data.to_string()),
        Arg::Text(fasttrack::clock::now()),
    ];
    world.write(sql, args);
}

/// Messages, on a page or on lines, without their ids, which may tell how many there were that somebody may not see.
pub(super) fn without_ids(text: &str) -> String {
    let without = |line: &str| {
        let Ok(mut told) = serde_json::from_str::<Value>(line) else { return line.to_owned() };
        match told.get_mut("items") {
            Some(items) => items.as_array_mut().into_iter().flatten().for_each(|message| _ = message["id"].take()),
            None => _ = told.as_object_mut().and_then(|message| message.remove("id")),
        }
        told.to_string()
    };
    text.lines().map(without).collect::<Vec<_>>().join("\n")
}
