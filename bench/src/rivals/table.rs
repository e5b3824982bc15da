//! What was seen, as Markdown.

use super::{bars::mebibytes, case::Case, measure::Outcome};
use crate::load::Measured;

/// What was not measured.
const NONE: &str = "–";

/// Prints requests a second, latencies, and last what fasttrack does of each of the others.
pub fn print(outcomes: &[Outcome]) {
    let cases: Vec<_> = Case::ALL.into_iter().map(Case::name).collect();
    println!("| | {} | start | idle | reading | writing |", cases.join(" | "));
    println!("|---|{}", "---|".repeat(cases.len() + 4));
    for outcome in outcomes {
        row(&format!("{}, requests/s", outcome.name), &rates(outcome), &others(outcome));
    }
    for outcome in outcomes {
        row(&format!("{}, p50 / p99 in ms", outcome.name), &latencies(outcome), &[]);
    }
    let [first, others @ ..] = outcomes else { return };
    for other in others {
        row(&format!("{} ÷ {}", first.name, other.name), &ratios(first, other), &ratios_of_others(first, other));
    }
    println!();
    for outcome in outcomes {
        for (case, errors) in Case::ALL.iter().zip(&outcome.errors).filter(|(_, errors)| **errors > 0) {
            println!("{errors} errors: {}, {}", outcome.name, case.name());
        }
        if let Some(error) = &outcome.first_error {
            println!("the first of them: {error}");
        }
    }
}

fn row(name: &str, cases: &[String], others: &[String]) {
    let others: Vec<_> = others.iter().map(String::as_str).chain(std::iter::repeat("")).take(4).collect();
    println!("| {name} | {} | {} |", cases.join(" | "), others.join(" | "));
}

fn rates(outcome: &Outcome) -> Vec<String> {
    let rate = |(figures, errors): (&Option<Measured>, &usize)| match (figures, errors) {
        (None, _) => NONE.to_owned(),
        (Some(seen), 0) => format!("{:.0}", seen.rate),
        (Some(seen), errors) => format!("{:.0} ({errors} errors)", seen.rate),
    };
    outcome.figures.iter().zip(&outcome.errors).map(rate).collect()
}

fn latencies(outcome: &Outcome) -> Vec<String> {
    let latency = |seen: &Measured| format!("{:.2} / {:.2}", seen.p50_ms, seen.p99_ms);
    outcome.figures.iter().map(|seen| seen.as_ref().map_or(NONE.to_owned(), latency)).collect()
}

fn others(outcome: &Outcome) -> Vec<String> {
    let mut texts = vec![format!("{:.0} ms", outcome.start_ms)];
    let bytes = [outcome.idle_bytes, outcome.reading_bytes, outcome.writing_bytes];
    texts.extend(bytes.map(|bytes| if bytes == 0 { NONE.to_owned() } else { format!("{:.1} MiB", mebibytes(bytes)) }));
    texts
}

fn ratios(first: &Outcome, other: &Outcome) -> Vec<String> {
    let ratio = |case| Some(first.case(case)?.rate / other.case(case)?.rate);
    Case::ALL.into_iter().map(|case| ratio(case).map_or(NONE.to_owned(), |ratio| format!("{ratio:.2}"))).collect()
}

fn ratios_of_others(first: &Outcome, other: &Outcome) -> Vec<String> {
    let of = |outcome: &Outcome| {
        let bytes = [outcome.idle_bytes, outcome.reading_bytes, outcome.writing_bytes];
        [outcome.start_ms, bytes[0] as f64, bytes[1] as f64, bytes[2] as f64]
    };
    let ratio =
        |(first, other): (&f64, f64)| if other > 0.0 { format!("{:.2}", first / other) } else { NONE.to_owned() };
    of(first).iter().zip(of(other)).map(ratio).collect()
}
