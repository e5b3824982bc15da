//! Many files at once.

use std::{
    io::{Read, Write},
    thread,
};

use super::crash::{reading, send};
use crate::{driver::Settings, entity::with_readings};

#[test]
fn a_hundred_of_10_mb_at_once_take_64_mib() {
    const BYTES: usize = 10_000_000;
    let app = Settings::new().binary(with_readings()).start();
    let person = app.person();
    let paths: Vec<_> = (0..100).map(|_| reading(&app, &person)).collect();
    let file: Vec<u8> = (0..BYTES).map(|number| u8::try_from(number % 251).unwrap()).collect();
    let ((), resting) = app.peak_kib(|| thread::sleep(std::time::Duration::from_millis(100)));
    let finish = &|mut stream: std::net::TcpStream| {
        stream.write_all(&file[BYTES / 100..]).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let (answers, peak) = app.peak_kib(|| {
        // All of them are under way before the first one is whole.
        let streams: Vec<_> = paths.iter().map(|path| send(&app, &person, path, (&file, BYTES / 100))).collect();
        thread::scope(|scope| {
            let senders: Vec<_> = streams.into_iter().map(|stream| scope.spawn(move || finish(stream))).collect();
            senders.into_iter().map(|sender| sender.join().unwrap()).collect::<Vec<_>>()
        })
    });
    for answer in &answers {
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    eprintln!("at rest {resting} KiB, at most {peak} KiB");
    assert!(peak - resting < 64 * 1024, "{resting} KiB at rest, {peak} KiB at most");
}
