//! What is to be reached, as ratios of one run.

use super::{
    case::Case,
    measure::Outcome,
    side::{BY_HAND, FASTTRACK, LEAN, PLAIN, POCKETBASE},
};

/// Something to be reached.
struct Bar {
    name: &'static str,
    /// What was seen of it, where there is somebody to compare with.
    seen: fn(&Seen<'_>) -> Option<f64>,
    wanted: Wanted,
}

enum Wanted {
    AtLeast(f64),
    AtMost(f64),
}
use Wanted::{AtLeast, AtMost};

/// All sides of a run.
struct Seen<'a>(&'a [Outcome]);

const BARS: &[Bar] = &[
    Bar::new("GET a project, of by hand", |seen| seen.ratio(BY_HAND, Case::Project), AtLeast(0.9)),
    Bar::new("GET a task, of by hand", |seen| seen.ratio(BY_HAND, Case::Task), AtLeast(0.9)),
    Bar::new("GET a project, of PocketBase", |seen| seen.ratio(POCKETBASE, Case::Project), AtLeast(8.0)),
    Bar::new("GET a task, of PocketBase", |seen| seen.ratio(POCKETBASE, Case::Task), AtLeast(8.0)),
    Bar::new("GET 20 projects, of by hand", |seen| seen.ratio(BY_HAND, Case::Projects), AtLeast(1.05)),
    Bar::new("GET 20 projects, of PocketBase", |seen| seen.ratio(POCKETBASE, Case::Projects), AtLeast(10.0)),
    Bar::new("tasks, page 1, of by hand", |seen| seen.ratio(BY_HAND, Case::Tasks), AtLeast(1.05)),
    Bar::new("tasks, page 1, of PocketBase", |seen| seen.ratio(POCKETBASE, Case::Tasks), AtLeast(10.0)),
    Bar::new("deep page, of by hand", |seen| seen.ratio(BY_HAND, Case::Deep), AtLeast(1.05)),
    Bar::new("deep page, of PocketBase", |seen| seen.ratio(POCKETBASE, Case::Deep), AtLeast(10.0)),
    Bar::new("cost of a deep page, of page 1", |seen| seen.within(Case::Tasks, Case::Deep), AtMost(1.05)),
    Bar::new("me, of by hand", |seen| seen.ratio(BY_HAND, Case::Me), AtLeast(0.8)),
    Bar::new("POST project, of by hand", |seen| seen.ratio(BY_HAND, Case::NewProject), AtLeast(0.7)),
    Bar::new("POST project, of by hand without indexes", |seen| seen.ratio(LEAN, Case::NewProject), AtLeast(0.7)),
    Bar::new("POST project, of PocketBase", |seen| seen.ratio(POCKETBASE, Case::NewProject), AtLeast(8.0)),
    Bar::new("POST project, of axum + sqlx", |seen| seen.ratio(PLAIN, Case::NewProject), AtLeast(10.0)),
    Bar::new("POST task, of POST project", |seen| seen.within(Case::NewTask, Case::NewProject), AtLeast(0.6)),
    Bar::new("PATCH status, of POST project", |seen| seen.within(Case::Status, Case::NewProject), AtLeast(0.6)),
    Bar::new("health, of by hand", |seen| seen.ratio(BY_HAND, Case::Health), AtLeast(0.9)),
    Bar::new("p99 of GET a project, of by hand", |seen| seen.p99(BY_HAND, Case::Project), AtMost(1.0)),
    Bar::new("p99 of GET a task, of by hand", |seen| seen.p99(BY_HAND, Case::Task), AtMost(1.0)),
    Bar::new("MiB while reading", |seen| Some(mebibytes(seen.side(FASTTRACK)?.reading_bytes)), AtMost(40.0)),
    Bar::new("MiB while writing", |seen| Some(mebibytes(seen.side(FASTTRACK)?.writing_bytes)), AtMost(40.0)),
];

/// Prints which are reached.
pub fn report(outcomes: &[Outcome]) {
    println!("\n| bar | wanted | seen | |\n|---|---|---|---|");
    for bar in BARS {
        let seen = (bar.seen)(&Seen(outcomes));
        let wanted = match bar.wanted {
            AtLeast(least) => format!("≥ {least}"),
            AtMost(most) => format!("≤ {most}"),
        };
        let verdict = match seen {
            None => "not measured",
            Some(seen) if bar.wanted.holds(seen) => "reached",
            Some(_) => "not reached",
        };
        let seen = seen.map_or("–".to_owned(), |seen| format!("{seen:.2}"));
        println!("| {} | {wanted} | {seen} | {verdict} |", bar.name);
    }
}

/// Bytes as they are shown.
pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

impl Bar {
    const fn new(name: &'static str, seen: fn(&Seen<'_>) -> Option<f64>, wanted: Wanted) -> Self {
        Self { name, seen, wanted }
    }
}

impl Wanted {
    fn holds(&self, seen: f64) -> bool {
        match self {
            AtLeast(least) => seen >= *least,
            AtMost(most) => seen <= *most,
        }
    }
}

impl Seen<'_> {
    fn side(&self, name: &str) -> Option<&Outcome> {
        self.0.iter().find(|outcome| outcome.name == name)
    }

    /// Requests a second of fasttrack by those of another.
    fn ratio(&self, other: &str, case: Case) -> Option<f64> {
        Some(self.side(FASTTRACK)?.case(case)?.rate / self.side(other)?.case(case)?.rate)
    }

    fn p99(&self, other: &str, case: Case) -> Option<f64> {
        Some(self.side(FASTTRACK)?.case(case)?.p99_ms / self.side(other)?.case(case)?.p99_ms)
    }

    /// Requests a second of one case by those of another, both of fasttrack.
    fn within(&self, case: Case, by: Case) -> Option<f64> {
        let side = self.side(FASTTRACK)?;
        Some(side.case(case)?.rate / side.case(by)?.rate)
    }
}
