//! Every case, round after round, the sides by turns.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{case::Case, side::Side};
use crate::{
    Error,
    load::{Measured, Observed, middle, observe},
    postgres::ROUNDS,
    processes,
};

/// How long a side is asked before the first round, without being measured.
const WARM_UP: Duration = Duration::from_millis(500);

/// Between two looks at the memory of a server.
const LOOK: Duration = Duration::from_millis(200);

/// How much.
#[derive(Clone, Copy)]
pub struct Plan {
    pub duration: Duration,
    pub connections: usize,
}

/// What was seen of a side.
pub struct Outcome {
    pub name: &'static str,
    /// The middle of the rounds of each of [`Case::ALL`], where the side has it.
    pub figures: Vec<Option<Measured>>,
    /// Requests of each that were refused or not answered.
    pub errors: Vec<usize>,
    /// What the first of them was.
    pub first_error: Option<Error>,
    pub start_ms: f64,
    /// The most that it had in memory: without rows, while reading, while writing.
    pub idle_bytes: u64,
    pub reading_bytes: u64,
    pub writing_bytes: u64,
}

/// Measures reading first, so that what writing leaves in memory is not counted there.
pub async fn in_turns(sides: &[Side], plan: Plan) -> Result<Vec<Outcome>, Error> {
    let mut outcomes: Vec<_> = sides.iter().map(Outcome::of).collect();
    let (writes, reads): (Vec<_>, Vec<_>) = (0..Case::ALL.len()).partition(|&n| Case::ALL[n].writes());
    for n in reads.into_iter().chain(writes) {
        let case = Case::ALL[n];
        eprintln!("{}", case.name());
        let mut rounds: Vec<_> = sides.iter().map(|_| Vec::new()).collect();
        for side in sides {
            ask(side, case, Plan { duration: WARM_UP, ..plan }).await?;
        }
        for _ in 0..ROUNDS {
            for ((side, rounds), outcome) in sides.iter().zip(&mut rounds).zip(&mut outcomes) {
                let Some((observed, bytes)) = ask(side, case, plan).await? else { continue };
                rounds.push(observed.measured);
                outcome.errors[n] += observed.errors;
                outcome.first_error = outcome.first_error.take().or(observed.first_error);
                let most = if case.writes() { &mut outcome.writing_bytes } else { &mut outcome.reading_bytes };
                *most = bytes.max(*most);
            }
        }
        for (outcome, rounds) in outcomes.iter_mut().zip(&rounds) {
            outcome.figures[n] = middle_of(rounds);
        }
    }
    Ok(outcomes)
}

impl Outcome {
    fn of(side: &Side) -> Self {
        Self {
            name: side.name,
            figures: vec![None; Case::ALL.len()],
            errors: vec![0; Case::ALL.len()],
            first_error: None,
            start_ms: side.start_ms,
            idle_bytes: side.idle_bytes,
            reading_bytes: 0,
            writing_bytes: 0,
        }
    }

    /// The figures of a case.
    pub fn case(&self, case: Case) -> Option<Measured> {
        Case::ALL.iter().zip(&self.figures).find(|(of, _)| **of == case)?.1.to_owned()
    }
}

/// Asks a side, if it has that; tells what was seen, and the most that it had in memory meanwhile.
async fn ask(side: &Side, case: Case, plan: Plan) -> Result<Option<(Observed, u64)>, Error> {
    let Some(calls) = side.api.calls(case) else { return Ok(None) };
    let done = Arc::new(AtomicBool::new(false));
    let watched = tokio::spawn(watch(side.server.pid()?, Arc::clone(&done)));
    let observed = observe(&[&side.server.address], &side.token, plan.duration, plan.connections, calls).await;
    done.store(true, Ordering::Relaxed);
    Ok(Some((observed?, watched.await??)))
}

async fn watch(pid: u32, done: Arc<AtomicBool>) -> Result<u64, Error> {
    let family = processes::family(pid)?;
    let mut most = 0;
    while !done.load(Ordering::Relaxed) {
        let bytes: Result<u64, Error> = family.iter().map(|pid| processes::resident_bytes(*pid)).sum();
        most = bytes?.max(most);
        tokio::time::sleep(LOOK).await;
    }
    Ok(most)
}

fn middle_of(rounds: &[Measured]) -> Option<Measured> {
    let middle = |of: fn(&Measured) -> f64| middle(rounds.iter().map(of).collect());
    (!rounds.is_empty()).then(|| Measured {
        rate: middle(|round| round.rate),
        p50_ms: middle(|round| round.p50_ms),
        p99_ms: middle(|round| round.p99_ms),
    })
}
