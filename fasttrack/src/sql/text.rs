//! SQL under construction: text, and for every placeholder where its value will come from.

use super::Moment;
use crate::{
    clock,
    db::{Arg, Dialect, Statement},
};

/// Where the value of a placeholder comes from when the statement is run.
#[derive(Debug, Clone, PartialEq)]
pub enum Slot {
    /// The id of the row that is asked for.
    Id,
    /// The id of the row that the path is nested under.
    Parent,
    /// The id of the account that is calling.
    Caller,
    /// The present, moved by so much.
    Moment(Moment),
    /// A value that is already known.
    Value(Arg),
}

/// What the open slots of a [`Template`] are filled with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Values {
    /// For [`Slot::Id`].
    pub id: Option<i64>,
    /// For [`Slot::Parent`].
    pub parent: Option<i64>,
    /// For [`Slot::Caller`].
    pub caller: Option<i64>,
    /// For [`Slot::Moment`], in microseconds since the Unix epoch; `None` for when the statement is made.
    pub now_us: Option<i64>,
}

/// Text with numbered placeholders, and the slots that they stand for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Template {
    text: String,
    slots: Vec<Slot>,
}

/// A [`Template`] under construction.
#[derive(Debug)]
pub struct Sql {
    dialect: Dialect,
    template: Template,
    aliases: usize,
}

impl Template {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The statement with its open slots filled; a slot without a value binds NULL, which matches nothing.
    #[must_use]
    pub fn fill(&self, values: Values) -> Statement {
        self.fill_after(Vec::new(), values)
    }

    /// The same of a template whose first slots, by which only their number is held, are given here.
    #[must_use]
    pub fn fill_after(&self, mut first: Vec<Arg>, values: Values) -> Statement {
        let number = |id: Option<i64>| id.map_or(Arg::Null, Arg::Int);
        // One instant, however often it is asked for.
        let mut now_us = values.now_us;
        let rest = self.slots.iter().skip(first.len()).map(|slot| match slot {
            Slot::Id => number(values.id),
            Slot::Parent => number(values.parent),
            Slot::Caller => number(values.caller),
            Slot::Moment(moment) => moment.at(*now_us.get_or_insert_with(clock::now_us)),
            Slot::Value(arg) => arg.clone(),
        });
        first.extend(rest);
        Statement { sql: self.text.clone(), args: first }
    }

    /// What of the present it asks for.
    #[must_use]
    pub fn moments(&self) -> Vec<Moment> {
        let moment = |slot: &Slot| if let Slot::Moment(moment) = slot { Some(*moment) } else { None };
        self.slots.iter().filter_map(moment).collect()
    }

    /// The template with its text inside another one.
    #[must_use]
    pub fn within(self, around: impl FnOnce(&str) -> String) -> Self {
        Self { text: around(&self.text), slots: self.slots }
    }
}

impl Sql {
    /// Begins with this text.
    #[must_use]
    pub fn new(dialect: Dialect, text: &str) -> Self {
        Self { dialect, template: Template { text: text.to_owned(), slots: Vec::new() }, aliases: 0 }
    }

    /// For which database it is.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Appends text: names and constants of the declarations, never a client's value.
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.template.text.push_str(text);
        self
    }

    /// Appends a quoted name.
    pub fn name(&mut self, name: &str) -> &mut Self {
        self.push(&quote(name))
    }

    /// Appends a placeholder for `slot`; an open slot that is already there is referred to again.
    pub fn bind(&mut self, slot: Slot) -> &mut Self {
        let placeholder = self.hold(slot);
        self.push(&placeholder)
    }

    /// A placeholder for `slot`, to be written wherever it is needed.
    pub fn hold(&mut self, slot: Slot) -> String {
        let slots = &mut self.template.slots;
        let shared = !matches!(slot, Slot::Value(_));
        let known = slots.iter().position(|other| shared && *other == slot);
        let number = known.map_or(slots.len() + 1, |position| position + 1);
        if known.is_none() {
            slots.push(slot);
        }
        format!("${number}")
    }

    /// Appends a placeholder for a value.
    pub fn value(&mut self, arg: Arg) -> &mut Self {
        self.bind(Slot::Value(arg))
    }

    /// Appends `write(item)` for every item, with `separator` between them.
    pub fn join<T>(
        &mut self,
        separator: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (position, item) in items.into_iter().enumerate() {
            if position > 0 {
                self.push(separator);
            }
            write(self, item);
        }
        self
    }

    /// The same for an operator of which the order does not matter (` AND `, ` OR `): of many items a tree is made, since
    /// each item of a row is one level deeper than the next, and databases go 1,000 deep.
    pub fn combine<T>(&mut self, operator: &str, items: &[T], write: &mut impl FnMut(&mut Self, &T)) -> &mut Self {
        if items.len() <= Self::MAX_ROW {
            return self.join(operator, items, write);
        }
        let (first, second) = items.split_at(items.len() / 2);
        self.push("(").combine(operator, first, write).push(")").push(operator);
        self.push("(").combine(operator, second, write).push(")")
    }

    /// Most items that an operator is written between in one row.
    const MAX_ROW: usize = 32;

    /// Most levels that [`Self::combine`] puts above an item, of so many.
    #[must_use]
    pub const fn levels_of(items: usize) -> usize {
        let mut levels = 0;
        let mut left = items;
        while left > Self::MAX_ROW {
            left = left.div_ceil(2);
            levels += 1;
        }
        levels + left
    }

    /// What `write` appends, taken out again to be pushed wherever it is needed: its values are bound once.
    pub fn fragment(&mut self, write: impl FnOnce(&mut Self)) -> String {
        let start = self.template.text.len();
        write(self);
        self.template.text.split_off(start)
    }

    /// A table alias that is used nowhere else in this statement.
    pub fn fresh_alias(&mut self) -> String {
        self.aliases += 1;
        format!("r{}", self.aliases)
    }

    /// The finished template.
    #[must_use]
    pub fn finish(self) -> Template {
        self.template
    }
}

/// A quoted name.
#[must_use]
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A constant of a declaration as a text literal.
#[must_use]
pub(super) fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_slots_are_numbered_once_and_values_each() {
        let mut sql = Sql::new(Dialect::Sqlite, "a = ");
        sql.bind(Slot::Caller).push(" OR b = ").value(Arg::Int(7)).push(" OR c = ").bind(Slot::Caller);
        let statement = sql.finish().fill(Values { caller: Some(3), ..Values::default() });
        assert_eq!(statement, Statement::new("a = $1 OR b = $2 OR c = $1", vec![Arg::Int(3), Arg::Int(7)]));
    }

    #[test]
    fn many_items_are_combined_in_few_levels() {
        let combined = |count: usize| {
            let mut sql = Sql::new(Dialect::Sqlite, "");
            sql.combine("+", &vec![(); count], &mut |sql, ()| _ = sql.push("x"));
            sql.finish().text().to_owned()
        };
        for (count, expected) in [(0, ""), (1, "x"), (3, "x+x+x")] {
            assert_eq!(combined(count), expected);
        }
        let (half, whole) = (combined(20), combined(40));
        assert_eq!(whole, format!("({half})+({half})"));
        for (count, levels) in [(0, 0), (32, 32), (33, 18), (64, 33), (1_000, 37)] {
            assert_eq!((combined(count).matches('x').count(), Sql::levels_of(count)), (count, levels), "{count}");
        }
    }

    #[test]
    fn names_and_literals_are_quoted() {
        assert_eq!(quote("or\"der"), "\"or\"\"der\"");
        assert_eq!(text_literal("it's"), "'it''s'");
    }
}
