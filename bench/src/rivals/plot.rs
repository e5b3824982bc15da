//! What was seen, as a picture.

use std::path::Path;

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::{case::Case, measure::Outcome};
use crate::Error;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Sizes in pixels.
const WIDTH: i32 = 860;
const LEFT: i32 = 150;
const LONGEST: f64 = 590.0;
const BAR: i32 = 15;
const GAP: i32 = 16;
const HEAD: i32 = 70;

const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(40, 44, 52);
const FAINT: RGBColor = RGBColor(140, 146, 158);
const COLOURS: [RGBColor; 6] = [
    RGBColor(205, 72, 24),
    RGBColor(52, 84, 130),
    RGBColor(150, 160, 200),
    RGBColor(110, 150, 200),
    RGBColor(120, 120, 120),
    RGBColor(190, 190, 190),
];

/// Draws requests a second as shares of what fasttrack does, with the number beside each bar.
pub fn draw(path: &Path, outcomes: &[Outcome], conditions: &str) -> Result<(), Error> {
    let cases: Vec<_> = Case::ALL.into_iter().filter(|case| sides(outcomes, *case) > 1).collect();
    let bars: usize = cases.iter().map(|case| sides(outcomes, *case)).sum();
    let height = HEAD + bars as i32 * BAR + cases.len() as i32 * GAP;
    let area = SVGBackend::new(path, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    legend(&area, outcomes, conditions)?;
    let shares = |case| outcomes.iter().filter_map(move |outcome| share(outcomes, outcome, case));
    let unit = LONGEST / cases.iter().copied().flat_map(shares).fold(1.0, f64::max);
    let mut y = HEAD;
    for case in cases {
        y = group(&area, outcomes, case, (y, unit))? + GAP;
    }
    Ok(area.present()?)
}

/// What a side does of what the first one does.
fn share(outcomes: &[Outcome], of: &Outcome, case: Case) -> Option<f64> {
    Some(of.case(case)?.rate / outcomes.first()?.case(case)?.rate)
}

fn sides(outcomes: &[Outcome], case: Case) -> usize {
    outcomes.iter().filter(|outcome| outcome.case(case).is_some()).count()
}

fn legend(area: &Area<'_>, outcomes: &[Outcome], conditions: &str) -> Result<(), Error> {
    let anchor = Pos::new(HPos::Left, VPos::Center);
    area.draw(&Text::new(conditions.to_owned(), (12, 18), (FONT, 13).into_font().color(&INK).pos(anchor)))?;
    let mut x = 12;
    for (outcome, colour) in outcomes.iter().zip(COLOURS) {
        area.draw(&Rectangle::new([(x, 38), (x + 11, 49)], colour.filled()))?;
        area.draw(&Text::new(outcome.name, (x + 17, 44), (FONT, 12).into_font().color(&INK).pos(anchor)))?;
        x += 34 + outcome.name.len() as i32 * 6;
    }
    Ok(())
}

/// The bars of one case, from this height on and with this length for the first side; returns where they end.
fn group(area: &Area<'_>, outcomes: &[Outcome], case: Case, (top, unit): (i32, f64)) -> Result<i32, Error> {
    let mut y = top;
    for (outcome, colour) in outcomes.iter().zip(COLOURS) {
        let (Some(seen), Some(share)) = (outcome.case(case), share(outcomes, outcome, case)) else { continue };
        let end = LEFT + (share * unit) as i32;
        area.draw(&Rectangle::new([(LEFT, y), (end, y + BAR - 2)], colour.filled()))?;
        let text = if y == top { thousands(seen.rate) } else { format!("{} ({share:.2})", thousands(seen.rate)) };
        let style = (FONT, 11).into_font().color(&INK).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(text, (end + 6, y + BAR / 2), style))?;
        y += BAR;
    }
    let style = (FONT, 13).into_font().color(&INK).pos(Pos::new(HPos::Right, VPos::Center));
    area.draw(&Text::new(case.name(), (LEFT - 10, (top + y) / 2 - 1), style))?;
    area.draw(&PathElement::new([(LEFT, top - 3), (LEFT, y + 1)], FAINT))?;
    Ok(y)
}

/// A number as people write it.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
