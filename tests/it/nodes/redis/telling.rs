//! Messages of other nodes, which Redis tells of while it is there.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicI64, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{wait_for_redis, with};
use crate::driver::{
    Heard, Person, Redis, Settings, Socket, TestApp, redis_only, request_head, server_only, wait_until,
};

/// Where nodes tell each other, in the database that these tests use.
const CHANNEL: &str = "fasttrack:3:messages";

/// Two nodes on one database, somebody who owns a project, and somebody else.
struct House {
    apps: [TestApp; 2],
    owner: Person,
    assignee: Person,
    project: i64,
}

impl House {
    fn on(redis: &Redis) -> Self {
        let settings = with(redis);
        let apps = [settings.start(), settings.start()];
        let [owner, assignee] = [(); 2].map(|()| apps[0].person());
        let project = apps[0].project(&owner);
        Self { apps, owner, assignee, project }
    }

    /// Has the assignee told of something, through one of the nodes.
    fn tell(&self, through: usize) {
        self.apps[through].task(&self.owner, self.project, &json!({ "assignee_id": self.assignee.id }));
    }

    /// Both nodes speak over Redis, and hear each other.
    fn wait_until_told_over(&self, redis: &Redis) {
        let mut channel = redis.subscribe(CHANNEL);
        let mut names: Vec<String> = Vec::new();
        wait_until("both nodes speak", || {
            let name = channel.message().split(':').next().unwrap().to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
            names.len() == self.apps.len()
        });
    }
}

/// The next message, which has to be this one, and how long it took.
#[track_caller]
fn hear(socket: &mut Socket, id: i64) -> Duration {
    let begun = Instant::now();
    assert_eq!(socket.message()["id"], id, "each once, in order");
    begun.elapsed()
}

#[test]
fn a_node_without_that_redis_looks_for_what_it_is_not_told() {
    redis_only!("messages over Redis");
    server_only!("several processes on one database");
    let redis = Redis::start();
    let settings = with(&redis);
    let one = settings.start();
    let other = settings.set("REDIS_URL", "").start();
    let [owner, assignee] = [(); 2].map(|()| one.person());
    let project = one.project(&owner);
    let mut socket = other.socket(&assignee);
    wait_until("it is known that they are apart", || other.log().contains("REDIS_URL that is not ours"));
    for number in 1..=5 {
        let through = if number % 2 == 0 { &other } else { &one };
        through.task(&owner, project, &json!({ "assignee_id": assignee.id }));
        assert!(hear(&mut socket, number) < Duration::from_secs(3));
    }
}

#[test]
fn redis_tells_of_what_is_done_through_another_node() {
    redis_only!("messages over Redis");
    server_only!("several processes on one database");
    let redis = Redis::start();
    let house = House::on(&redis);
    house.wait_until_told_over(&redis);
    let mut channel = redis.subscribe(CHANNEL);
    let mut sockets = [0, 1].map(|number| house.apps[number].socket(&house.assignee));
    for number in 0..20 {
        house.tell(number % 2);
        for socket in &mut sockets {
            hear(socket, i64::try_from(number).unwrap() + 1);
        }
    }
    let told = format!(":{}", house.assignee.id);
    wait_until("Redis has told of it", || channel.message().ends_with(&told));
}

#[test]
fn nothing_is_lost_doubled_or_late_while_redis_goes_and_comes_back() {
    redis_only!("messages over Redis");
    server_only!("several processes on one database");
    let mut redis = Redis::start();
    let house = House::on(&redis);
    house.wait_until_told_over(&redis);
    let mut sockets = [0, 1].map(|number| house.apps[number].socket(&house.assignee));
    let mut id = 0;
    let mut tell = |what: &str, times: usize| {
        for number in 0..times {
            id += 1;
            house.tell(number % 2);
            for socket in &mut sockets {
                let took = hear(socket, id);
                assert!(took < Duration::from_secs(3), "{what}: {took:?}");
            }
        }
    };
    tell("Redis is there", 6);
    redis.kill();
    tell("Redis is away", 10);
    redis.run();
    tell("Redis comes back", 10);
    wait_for_redis(&house.apps, 1);
    house.wait_until_told_over(&redis);
    tell("Redis is back", 6);
    redis.stall();
    tell("Redis stands still", 10);
    redis.go_on();
    tell("Redis goes on", 10);
    wait_for_redis(&house.apps, 2);
    tell("Redis has gone on", 6);
    sockets.iter_mut().for_each(Socket::expect_silence);
}

#[test]
fn what_a_node_leaves_untold_when_it_is_killed_is_found_by_the_others() {
    redis_only!("messages over Redis");
    server_only!("several processes on one database");
    let redis = Redis::start();
    let house = House::on(&redis);
    house.wait_until_told_over(&redis);
    let [one, other] = &house.apps;
    let mut socket = one.socket(&house.assignee);
    let body = json!({ "title": "t", "assignee_id": house.assignee.id });
    let path = format!("/projects/{}/tasks", house.project);
    let created = AtomicI64::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while post_until_killed(other, &house.owner, (&path, &body)) {
                    created.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        wait_until("it is busy", || created.load(Ordering::Relaxed) > 20);
        other.kill_now();
    });
    // Whether the last of them were committed nobody was told.
    let committed = || {
        let newest = one.get("/notifications?sort=-id&limit=1").by(&house.assignee).ok();
        newest["items"][0]["id"].as_i64().unwrap()
    };
    let mut next = 1;
    let begun = Instant::now();
    while next <= committed() {
        match socket.hear_within(Duration::from_secs(5)) {
            Heard::Message(message) => assert_eq!(message["id"], next, "each once, in order"),
            other => panic!("{other:?} instead of {next}, {:?} after the end of the node", begun.elapsed()),
        }
        next += 1;
    }
    assert!(next > created.into_inner());
}

/// Whether a task was made; what a killed server leaves unanswered counts as none.
fn post_until_killed(app: &TestApp, owner: &Person, (path, body): (&str, &Value)) -> bool {
    let (token, body) = (format!("Bearer {}", owner.pair.access), body.to_string());
    let length = body.len().to_string();
    let headers =
        [("authorization", token.as_str()), ("content-type", "application/json"), ("content-length", &length)];
    let request = request_head("POST", &format!("/api/v1{path}"), &headers) + &body;
    let answer = TcpStream::connect(app.address()).and_then(|mut stream| {
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    });
    answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 201"))
}

#[test]
fn a_node_that_takes_leave_is_not_missed_and_others_go_on() {
    redis_only!("messages over Redis");
    server_only!("several processes on one database");
    let redis = Redis::start();
    let mut house = House::on(&redis);
    house.wait_until_told_over(&redis);
    let mut channel = redis.subscribe(CHANNEL);
    let mut socket = house.apps[0].socket(&house.assignee);
    house.tell(1);
    house.apps[1].terminate();
    assert_eq!(house.apps[1].wait(), Some(0));
    wait_until("it says good-bye", || channel.message().ends_with(":bye"));
    house.tell(0);
    assert_eq!(socket.ids(2), [1, 2]);
}

#[test]
fn what_is_revoked_is_refused_elsewhere_whether_redis_is_there_or_not() {
    redis_only!("revocation beside Redis");
    server_only!("several processes on one database");
    let mut redis = Redis::start();
    let settings: Settings = with(&redis);
    let [one, other] = [settings.start(), settings.start()];
    for is_up in [true, false] {
        if !is_up {
            redis.kill();
        }
        let person = one.person();
        other.get("/users/me").by(&person).ok();
        one.post("/auth/logout", &json!({})).by(&person).send();
        let begun = Instant::now();
        while other.get("/users/me").by(&person).send().status != 401 {
            assert!(begun.elapsed() < Duration::from_secs(1), "still let in after a second");
        }
    }
}
