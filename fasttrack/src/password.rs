//! Passwords: what one may be, how it is kept, whether it is the right one.
//!
//! bcrypt reads 72 bytes and stops at a NUL, so it is given what HMAC-SHA-256 under a fixed key made of the password,
//! in base64: 44 characters that depend on every byte. Such hashes carry a mark. Hashes without it, from accounts that
//! were brought over from elsewhere, are still verified, and reported for renewal.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{error::Error, mac};

/// Shortest password, in bytes of UTF-8.
pub const MIN_BYTES: usize = 8;

/// Longest password, in bytes of UTF-8.
pub const MAX_BYTES: usize = 1_024;

/// What came out of comparing a password with a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the right one.
    Right,
    /// It is the right one, but the hash is of another kind or cost than new ones are, and is to be made anew.
    Renew,
    /// It is another one, or there is no hash to compare it with.
    Wrong,
}

/// Checks whether a password may be taken as a new one.
///
/// # Errors
/// A code for programs and a sentence for people, as an [`Error::Invalid`] has them.
pub fn check(plain: &str) -> Result<(), (&'static str, &'static str)> {
    if plain.len() < MIN_BYTES {
        return Err(("too_short", "at least 8 bytes"));
    }
    if plain.len() > MAX_BYTES {
        return Err(("too_long", "at most 1024 bytes"));
    }
    if plain.contains('\0') {
        return Err(("nul", "NUL is not taken"));
    }
    Ok(())
}

/// Hashes a password for keeping; `cost` is bcrypt's, 4 to 15.
///
/// # Errors
/// [`Error::Unavailable`] when too many passwords wait to be hashed.
pub async fn hash(plain: String, cost: u32) -> Result<String, Error> {
    off_thread(move || bcrypt::hash(digest(&plain), cost).map(|hash| format!("{MARK}{hash}")))
        .await?
        .map_err(|error| Error::Internal(format!("bcrypt: {error}")))
}

/// Compares a password with a kept hash; `None` stands for an account that does not exist.
///
/// A wrong password takes the time of one hash at `cost`, whether there is a hash or not, and if its own cost is less.
///
/// # Errors
/// [`Error::Unavailable`] when too many passwords wait to be hashed.
pub async fn verify(plain: String, hash: Option<String>, cost: u32) -> Result<Verdict, Error> {
    off_thread(move || compare(&plain, hash.as_deref(), cost)).await
}

/// Marks hashes of the digest; what follows is an ordinary bcrypt hash.
const MARK: &str = "hmac-sha256:";

/// Keeps the digest apart from other uses of HMAC-SHA-256 on the same password. No secret; changing it breaks all hashes.
const DOMAIN: &[u8] = b"fasttrack password v1";

/// Highest cost that is ever spent. A kept hash that asks for more would hold a core for minutes.
const MAX_COST: u32 = 15;

/// Most passwords that wait for a core, and how long each waits.
const MAX_WAITING: usize = 1_024;
const MAX_WAIT: Duration = Duration::from_secs(10);

static CORES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get)));
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Runs `work` beside the asynchronous threads, on at most as many threads as there are cores.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let permit = wait_for_core().await?;
    // The permit goes with the work: a caller that is dropped does not stop it, and must not make room for more.
    let result = tokio::task::spawn_blocking(move || {
        let result = work();
        drop(permit);
        result
    });
    result.await.map_err(|error| Error::Internal(format!("hashing a password: {error}")))
}

async fn wait_for_core() -> Result<SemaphorePermit<'static>, Error> {
    let busy = || Error::Unavailable("too many passwords are being checked; try again".into());
    let place = Place::take(&WAITING, MAX_WAITING).ok_or_else(busy)?;
    let permit = tokio::time::timeout(MAX_WAIT, CORES.acquire()).await;
    drop(place);
    permit.ok().and_then(Result::ok).ok_or_else(busy)
}

/// A place in a bounded queue, given back on drop.
struct Place(&'static AtomicUsize);

impl Place {
    fn take(queue: &'static AtomicUsize, most: usize) -> Option<Self> {
        let place = Self(queue);
        (queue.fetch_add(1, Ordering::Relaxed) < most).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn digest(plain: &str) -> String {
    STANDARD.encode(mac::code(DOMAIN, plain.as_bytes()))
}

fn compare(plain: &str, hash: Option<&str>, cost: u32) -> Verdict {
    // What is over the limit was never taken as a password, and is not worth digesting.
    if plain.len() > MAX_BYTES {
        spend(0, cost);
        return Verdict::Wrong;
    }
    // Whoever has no hash is compared with one that no password has, so that all of the work is the same.
    let stand_in = stand_in(cost);
    let hash = hash.unwrap_or(&stand_in);
    let Some((kept_cost, bcrypt_hash)) = parse(hash) else {
        tracing::error!("a kept password hash is damaged, or its cost is over {MAX_COST}; nobody can log in by it");
        spend(0, cost);
        return Verdict::Wrong;
    };
    let marked = hash.starts_with(MARK);
    let right = if marked { bcrypt::verify(digest(plain), bcrypt_hash) } else { bcrypt::verify(plain, bcrypt_hash) };
    match right {
        Ok(true) if marked && kept_cost == cost => Verdict::Right,
        Ok(true) => Verdict::Renew,
        _ => {
            spend(kept_cost, cost);
            Verdict::Wrong
        }
    }
}

/// A hash that no password is known to have: salt and hash are zeros, in bcrypt's base64.
fn stand_in(cost: u32) -> String {
    let cost = cost.clamp(4, MAX_COST);
    format!("{MARK}$2b${cost:02}${:.<53}", "")
}

/// The cost of a kept hash, and the hash without the mark; `None` when it is none that may be verified.
fn parse(hash: &str) -> Option<(u32, &str)> {
    let bcrypt_hash = hash.strip_prefix(MARK).unwrap_or(hash);
    let cost = bcrypt_hash.parse::<bcrypt::HashParts>().ok()?.get_cost();
    (4..=MAX_COST).contains(&cost).then_some((cost, bcrypt_hash))
}

/// Works as long as a hash at cost `target` takes, less what one at cost `spent` took; 0 stands for none.
fn spend(spent: u32, target: u32) {
    let target = target.clamp(4, MAX_COST);
    // A step of cost doubles the work: 2^t - 2^s is the sum of 2^s up to 2^(t-1).
    let costs = if spent == 0 { target..target + 1 } else { spent..target };
    for cost in costs {
        std::hint::black_box(bcrypt::bcrypt(cost, [0; 16], b"a password that nobody has\0"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: u32 = 4;

    fn marked(plain: &str, cost: u32) -> String {
        format!("{MARK}{}", bcrypt::hash(digest(plain), cost).unwrap())
    }

    fn plain_bcrypt(plain: &str, cost: u32) -> String {
        bcrypt::hash(plain, cost).unwrap()
    }

    #[test]
    fn verdicts() {
        let long = "x".repeat(MAX_BYTES);
        let (head, tail) = ("h".repeat(72), "h".repeat(72) + "tail");
        let over = "y".repeat(MAX_BYTES + 1);
        for (plain, hash, expected) in [
            ("correct horse", Some(marked("correct horse", COST)), Verdict::Right),
            ("correct horsf", Some(marked("correct horse", COST)), Verdict::Wrong),
            ("correct horse", Some(marked("correct horse", COST + 1)), Verdict::Renew),
            ("correct horse", Some(plain_bcrypt("correct horse", COST)), Verdict::Renew),
            ("correct horse", Some(plain_bcrypt("correct horse", COST + 1)), Verdict::Renew),
            ("correct horsf", Some(plain_bcrypt("correct horse", COST)), Verdict::Wrong),
            ("correct horse", None, Verdict::Wrong),
            // Every byte counts in hashes of ours; the first 72 in those from elsewhere.
            (&tail, Some(marked(&tail, COST)), Verdict::Right),
            (&head, Some(marked(&tail, COST)), Verdict::Wrong),
            (&head, Some(plain_bcrypt(&tail, COST)), Verdict::Renew),
            (&long, Some(marked(&long, COST)), Verdict::Right),
            (&over, Some(marked(&over, COST)), Verdict::Wrong),
            ("", Some(marked("", COST)), Verdict::Right),
            ("pass\0word", Some(marked("pass\0word", COST)), Verdict::Right),
            ("pass\0wor_", Some(marked("pass\0word", COST)), Verdict::Wrong),
            // What is kept is damaged, or would take hours.
            ("", Some(String::new()), Verdict::Wrong),
            ("x", Some(MARK.into()), Verdict::Wrong),
            ("x", Some(marked("x", COST).replace("$04$", "$31$")), Verdict::Wrong),
            ("x", Some(marked("x", COST).replace("$04$", "$00$")), Verdict::Wrong),
            // A digest that leaked is no password.
            (&digest("correct horse"), Some(marked("correct horse", COST)), Verdict::Wrong),
        ] {
            assert_eq!(compare(plain, hash.as_deref(), COST), expected, "{plain:.20} {hash:?}");
        }
    }

    #[test]
    fn who_has_no_hash_costs_as_much_as_who_has_one() {
        for (cost, expected) in [(COST, COST), (12, 12), (0, 4), (31, MAX_COST)] {
            assert_eq!(parse(&stand_in(cost)).map(|(cost, _)| cost), Some(expected), "{cost}");
        }
        assert_eq!(compare("correct horse", Some(&stand_in(COST)), COST), Verdict::Wrong);
    }

    #[test]
    fn hashes_from_elsewhere_verify() {
        // Openwall's test vectors, in the versions that other libraries write.
        for hash in ["$2b$", "$2a$", "$2y$"] {
            let hash = format!("{hash}05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
            assert_eq!(compare("U*U", Some(&hash), COST), Verdict::Renew, "{hash}");
            assert_eq!(compare("U*V", Some(&hash), COST), Verdict::Wrong, "{hash}");
        }
    }

    #[test]
    fn lengths_are_in_bytes() {
        for (plain, code) in [
            ("1234567".to_owned(), Some("too_short")),
            ("12345678".to_owned(), None),
            ("ää€€".to_owned(), None),
            ("äää€".chars().take(3).collect(), Some("too_short")),
            ("x".repeat(MAX_BYTES), None),
            ("x".repeat(MAX_BYTES + 1), Some("too_long")),
            ("ä".repeat(MAX_BYTES / 2), None),
            ("ä".repeat(MAX_BYTES / 2 + 1), Some("too_long")),
            ("1234\u{0}5678".to_owned(), Some("nul")),
        ] {
            assert_eq!(check(&plain).err().map(|(code, _)| code), code, "{} bytes", plain.len());
        }
    }

    #[test]
    fn places_in_the_queue_are_bounded_and_come_back() {
        static QUEUE: AtomicUsize = AtomicUsize::new(0);
        let first = Place::take(&QUEUE, 2);
        let second = Place::take(&QUEUE, 2);
        assert!(first.is_some() && second.is_some() && Place::take(&QUEUE, 2).is_none());
        drop(first);
        assert!(Place::take(&QUEUE, 2).is_some());
        drop(second);
        assert_eq!(QUEUE.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn no_more_are_at_work_than_there_are_cores() {
        static AT_WORK: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let work = || {
            MOST.fetch_max(AT_WORK.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            spend(0, COST);
            AT_WORK.fetch_sub(1, Ordering::SeqCst);
        };
        let jobs: Vec<_> = (0..64).map(|_| tokio::spawn(off_thread(work))).collect();
        for job in jobs {
            job.await.unwrap().unwrap();
        }
        let cores = std::thread::available_parallelism().unwrap().get();
        assert!((1..=cores).contains(&MOST.load(Ordering::SeqCst)), "{MOST:?}");
    }

    #[tokio::test]
    async fn a_hash_is_marked_salted_and_of_its_cost() {
        let one = hash("correct horse".into(), COST).await.unwrap();
        let two = hash("correct horse".into(), COST).await.unwrap();
        assert_ne!(one, two);
        assert_eq!(parse(&one).map(|(cost, _)| cost), Some(COST));
        assert_eq!(verify("correct horse".into(), Some(one), COST).await.unwrap(), Verdict::Right);
        assert!(matches!(hash("correct horse".into(), 99).await, Err(Error::Internal(_))));
    }
}
