//! Windows over time, and how much they take.

use super::*;

const S: u64 = MICROS_PER_S;

const ROOM: Room = Room { keys: 8, groups: 100_000 };
const FOUR_KEYS: Room = Room { keys: 4, groups: 100_000 };

#[track_caller]
fn check(quota: (u32, u32), hits: &[(u64, bool, u32, u64)]) {
    let mut windows = Windows::new(Quota { hits: quota.0, window_s: quota.1 }, ROOM);
    for &(now_us, allowed, remaining, reset_s) in hits {
        assert_eq!(windows.hit("k", now_us), Verdict { remaining, reset_s, allowed }, "at {now_us}");
    }
}

#[test]
fn hits_leave_one_by_one_as_the_window_slides() {
    check(
        (2, 10),
        &[
            (0, true, 1, 10),
            (3 * S, true, 0, 7),
            (3 * S, false, 0, 7),
            (9 * S + 1, false, 0, 1),
            (10 * S - 1, false, 0, 1),
            (10 * S, true, 0, 3),
            (12 * S, false, 0, 1),
            (13 * S, true, 0, 7),
            (100 * S, true, 1, 10),
        ],
    );
    check((1, 1), &[(0, true, 0, 1), (1, false, 0, 1), (S, true, 0, 1)]);
}

#[test]
fn refused_hits_do_not_count() {
    let mut hits = vec![(0, true, 0, 5)];
    hits.extend((1..1000).map(|at| (at, false, 0, 5)));
    hits.push((5 * S, true, 0, 5));
    check((1, 5), &hits);
}

/// A small linear congruential generator: the same walk on every run.
fn walk(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

#[test]
fn no_window_holds_more_than_allowed_and_waiting_as_told_succeeds() {
    for (hits, window_s) in [(1, 1), (3, 2), (100, 60), (256, 7), (257, 7), (5_000, 3)] {
        let quota = Quota { hits, window_s };
        let mut next = walk(u64::from(hits));
        let mut windows = Windows::new(quota, ROOM);
        let mut counted = VecDeque::new();
        let mut now = 0;
        for _ in 0..20_000 {
            now += next(2 * quota.window_us() / u64::from(hits));
            let verdict = windows.hit((), now);
            if !verdict.allowed {
                assert!(verdict.reset_s <= u64::from(window_s), "{quota:?}");
                now += verdict.reset_s * S;
                assert!(windows.hit((), now).allowed, "{quota:?} at {now}");
            }
            counted.push_back(now);
            while counted.front().is_some_and(|&first| first + quota.window_us() <= now) {
                counted.pop_front();
            }
            assert!(counted.len() <= hits as usize, "{quota:?} at {now}");
        }
        let later = windows.window((), now).later.as_ref().map_or(0, |later| later.len());
        assert!(later <= EXACT_HITS as usize + 1);
    }
}

#[test]
fn keys_do_not_share_while_there_is_room() {
    let mut windows = Windows::new(Quota { hits: 1, window_s: 10 }, FOUR_KEYS);
    for key in 0..4 {
        assert!(windows.hit(key, 0).allowed);
        assert!(!windows.hit(key, 1).allowed);
    }
}

#[test]
fn a_flood_of_keys_forgives_nobody_and_takes_no_memory() {
    let mut windows = Windows::new(Quota { hits: 1, window_s: 16 }, FOUR_KEYS);
    for key in 0..4 {
        windows.hit(key, 0);
    }
    let allowed = (4..100_000).filter(|&key| windows.hit(key, S).allowed).count();
    assert!(allowed <= SHARED_WINDOWS, "{allowed}");
    assert!((0..4).all(|key| !windows.hit(key, 2 * S).allowed), "who was blocked stays blocked");
    assert_eq!(windows.own.len(), 4);
    assert!(windows.hit(100_000, 17 * S).allowed, "idle keys make room");
    assert_eq!(windows.own.len(), 1);
}

impl<K: Hash + Eq> Windows<K> {
    /// What all of it takes on the heap, as an allocator with 16 bytes of its own for each piece would say.
    fn heap_bytes(&self) -> usize {
        let buckets = (self.own.capacity() * 8 / 7).next_power_of_two();
        let table = buckets * (size_of::<(K, Window)>() + 1);
        let of = |window: &Window| {
            let later = window.later.as_ref();
            later.map_or(0, |later| later.capacity() * size_of::<Group>() + size_of::<VecDeque<Group>>() + 2 * 16)
        };
        let groups: usize = self.own.values().chain(&self.shared).map(of).sum();
        table + groups + self.shared.capacity() * size_of::<Window>()
    }
}

#[test]
fn memory_is_bounded_whoever_calls_how_often() {
    const MAX_BYTES: usize = 10 << 20;
    let room = Room { keys: 100_000, groups: 1 << 18 };
    // Keys, hits of each, and the limit.
    for (keys, hits, limit) in [(300_000, 1, 100), (150_000, 3, 100), (20_000, 40, 100), (2_000, 400, 1_000_000)] {
        let mut windows = Windows::new(Quota { hits: limit, window_s: 60 }, room);
        let mut most = 0;
        for hit in 0..hits {
            for key in 0..keys {
                windows.hit(key, hit * 59 * S / hits + key);
            }
            most = most.max(windows.heap_bytes());
        }
        assert!(most <= MAX_BYTES, "{keys} keys with {hits} hits: {most} bytes");
        assert!(windows.own.len() <= room.keys);
        windows.sweep(200 * S);
        assert!(windows.own.is_empty() && windows.taken == 0, "all is forgotten");
        assert!(windows.heap_bytes() <= SHARED_WINDOWS * size_of::<Window>() + 1_024, "{}", windows.heap_bytes());
    }
}

#[test]
fn want_of_room_makes_windows_stricter_and_never_laxer() {
    let quota = Quota { hits: 60, window_s: 60 };
    let mut windows = Windows::new(quota, Room { keys: 64, groups: 1_600 });
    let mut counted: HashMap<u64, VecDeque<u64>> = HashMap::new();
    let (mut next, mut now, mut fullest, mut refused) = (walk(7), 0, 0, 0);
    for _ in 0..60_000 {
        now += next(40_000);
        let key = next(48);
        let verdict = windows.hit(key, now);
        fullest = fullest.max(windows.taken);
        let hits = counted.entry(key).or_default();
        if verdict.allowed {
            hits.push_back(now);
        } else {
            refused += 1;
        }
        while hits.front().is_some_and(|&first| first + quota.window_us() <= now) {
            hits.pop_front();
        }
        assert!(hits.len() <= quota.hits as usize, "{key} at {now}");
        assert_eq!(windows.taken, windows.own.values().map(Window::room_taken).sum::<usize>());
        if !verdict.allowed && next(50) == 0 {
            now += verdict.reset_s * S;
            assert!(windows.hit(key, now).allowed, "{key} waited as told, until {now}");
            counted.entry(key).or_default().push_back(now);
        }
    }
    assert!((1_200..=1_600).contains(&fullest), "the room was short: {fullest}");
    assert!(refused > 0);
}
