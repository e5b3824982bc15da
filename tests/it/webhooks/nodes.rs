//! Webhooks of several nodes: each message is posted by one of them, and in order.

use super::{assign, deliveries, register, settings, tasks, wait_until_delivered};
use crate::driver::{Answer, Receiver, server_only};

#[test]
fn each_receiver_is_one_nodes_at_a_time() {
    server_only!("several processes on one database");
    let settings = settings();
    let [one, other] = [settings.start(), settings.start()];
    let receiver = Receiver::start();
    let owner = one.person();
    // What nobody listens to is known to both by then.
    assign(&one, &owner, 1);
    assign(&other, &owner, 1);
    let (id, _) = register(&one, &receiver.url("/"), &["task_assigned"]);
    let mut made = Vec::new();
    for _ in 0..10 {
        made.extend(assign(&one, &owner, 2));
        made.extend(assign(&other, &owner, 2));
    }
    wait_until_delivered(&one, id, made.len());
    let posts = receiver.posts();
    assert_eq!(tasks(&posts), made, "each once, in order");
    assert_eq!(deliveries(&other, id).len(), made.len());
}

#[test]
fn another_node_goes_on_for_one_that_was_killed() {
    server_only!("several processes on one database");
    let settings = settings();
    let one = settings.start();
    let receiver = Receiver::start();
    receiver.first([Answer::Nothing]);
    let (id, _) = register(&one, &receiver.url("/"), &["task_assigned"]);
    let made = assign(&one, &one.person(), 2);
    receiver.wait_for(1);
    let other = settings.start();
    one.kill();
    let posts = receiver.wait_for(3);
    assert_eq!(tasks(&posts), [made[0], made[0], made[1]]);
    assert_eq!(posts[0].id(), posts[1].id());
    wait_until_delivered(&other, id, 2);
}
