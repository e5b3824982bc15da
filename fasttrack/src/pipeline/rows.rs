//! Creating rows, many requests in one statement.

use std::collections::HashMap;

use futures_util::future::BoxFuture;

use super::{
    change::fires_on_creation,
    exclusive,
    history::{self, Note},
    limit,
    outbox::{self, Act, Effects},
    sets, timetable,
};
use crate::{
    clock,
    db::{Arg, DbError, RowPlan, Statement, Tx},
    schema::{Kind, Schema},
    sql::{self, Does, Insert, Template, Values, bulk},
};

/// How rows of a resource are created for callers of one role.
pub(super) struct RowsPlan {
    pub schema: &'static Schema,
    pub insert: Insert,
    effects: Effects,
    texts: bulk::Texts,
    id_position: usize,
    /// Whether what is asked of a row is not changed by others that are created before it.
    stands_alone: bool,
    /// What reads a new row for its answer, where that is not the row as it was written, and to whom it is shown.
    shown: Option<(Template, Shown)>,
}

/// What became of rows that were to be created.
pub(super) struct Written {
    /// Each of them as JSON; `None` of one that was refused.
    pub answers: Vec<Option<Vec<u8>>>,
    /// Those that came into being: the id, and which of the rows it is.
    pub created: Vec<(i64, usize)>,
}

impl Written {
    /// Those that came into being, with what was sent.
    fn created_of<'a>(&self, rows: &'a [Vec<Arg>]) -> Vec<(i64, &'a Vec<Arg>)> {
        self.created.iter().filter_map(|(id, place)| Some((*id, rows.get(*place)?))).collect()
    }
}

/// What follows from the creation of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Everything.
    All,
    /// The rows that triggers add.
    Added,
    /// Everything else.
    Told,
}

impl Part {
    const fn includes(self, does: &Does) -> bool {
        match self {
            Self::All => true,
            Self::Added => matches!(does, Does::Adds(_)),
            Self::Told => !matches!(does, Does::Adds(_)),
        }
    }
}

/// To whom a new row is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// Who has created it.
    ToCaller,
    /// The account that it is.
    ToItself,
}

impl RowsPlan {
    pub(super) fn new(schema: &'static Schema, insert: Insert, effects: Effects) -> Self {
        let id_position = schema.columns.iter().position(|column| column.kind == Kind::Id).unwrap_or_default();
        let stands_alone = stands_alone(schema, &insert, &effects);
        Self { schema, insert, effects, texts: bulk::Texts::default(), id_position, stands_alone, shown: None }
    }

    /// Whether a row is created beside others as it would be after them.
    pub(super) const fn stand_alone(&self) -> bool {
        self.stands_alone
    }

    /// The same with what reads a new row for its answer; `None` where all of it is shown as it was written.
    pub(super) fn shown(self, template: Option<Template>, to: Shown) -> Self {
        Self { shown: template.map(|template| (template, to)), ..self }
    }

    /// Whether the answer shows all of a row, as it was written.
    pub(super) const fn shows_all(&self) -> bool {
        self.shown.is_none()
    }

    fn text(&self, rows: usize) -> String {
        self.texts.of(self.insert.table.dialect, rows, || self.insert.statement(rows))
    }

    /// Tells the outbox of the rows that came into being, or this part of it.
    pub(super) async fn tell(
        &self,
        tx: &mut Tx,
        rows: &[Vec<Arg>],
        written: &Written,
        part: Part,
    ) -> Result<(), DbError> {
        let created = written.created_of(rows);
        if created.is_empty() {
            return Ok(());
        }
        let at = clock::now();
        let columns = self.schema.columns;
        for plan in self.effects.plans.iter().filter(|plan| part.includes(&plan.does)) {
            let acts = created.iter().filter(|(_, row)| fires_on_creation(plan.change, columns, row));
            let acts = acts.map(|(id, row)| Act {
                id: *id,
                actor: row.get(columns.len()).cloned().unwrap_or(Arg::Null),
                at: at.clone(),
                old: vec![Arg::Null; columns.len()],
            });
            outbox::write(tx, &self.effects.listener, plan, acts.collect()).await?;
        }
        if part == Part::Added {
            return Ok(());
        }
        let actor = |row: &Vec<Arg>| row.get(columns.len()).cloned().unwrap_or(Arg::Null);
        let notes = created.iter().map(|(id, row)| Note::created(self.schema, *id, actor(row), row));
        history::write(tx, self.schema, notes).await?;
        timetable::plan_created(tx, &self.effects, &created).await
    }

    async fn insert_rows(&self, tx: &mut Tx, rows: &[Vec<Arg>]) -> Result<Vec<Option<Vec<u8>>>, DbError> {
        let mut written = self.write_in(tx, rows, &writing_order(self.schema, rows)).await?;
        self.tell(tx, rows, &written, Part::All).await?;
        self.show(tx, rows, &mut written).await?;
        Ok(written.answers)
    }

    /// Writes rows in this order, of which nobody has been told yet. What is answered of them is all that they hold.
    pub(super) async fn write(&self, tx: &mut Tx, rows: &[Vec<Arg>]) -> Result<Written, DbError> {
        self.write_in(tx, rows, &(0..rows.len()).collect::<Vec<_>>()).await
    }

    async fn write_in(&self, tx: &mut Tx, rows: &[Vec<Arg>], order: &[usize]) -> Result<Written, DbError> {
        let (dialect, width) = (tx.dialect(), self.insert.width());
        let sizes: Vec<_> = bulk::chunks(dialect, rows.len(), width).collect();
        exclusive::hold(tx, self.schema).await?;
        if sizes.len() > 1 || self.effects.counted.is_manifold() {
            self.effects.counted.hold_all(tx, self.schema, rows).await?;
        }
        let first = next_number(tx, self.schema.plural).await?;
        let mut answers: Vec<Option<Vec<u8>>> = vec![None; rows.len()];
        let mut created = Vec::new();
        let mut number = first;
        let mut rest = order;
        for size in sizes {
            let (chunk, after) = rest.split_at(size);
            rest = after;
            let numbered = chunk.iter().map(|place| {
                number += 1;
                self.numbered(rows.get(*place).map(Vec::as_slice).unwrap_or_default(), number - 1)
            });
            let args = bulk::args(dialect, width, numbered);
            for mut row in tx.query(Statement::new(self.text(size), args)).await? {
                // What a trigger of the database's own keeps out has no id.
                let Some((number, id)) = row.int(0).zip(row.int(2)) else { continue };
                let position = usize::try_from(number - first).ok().and_then(|position| order.get(position));
                if let Some((place, answer)) = position.and_then(|&place| Some((place, answers.get_mut(place)?))) {
                    *answer = row.take_bytes(1);
                    created.push((id, place));
                }
            }
        }
        let mut written = Written { answers, created };
        let created = written.created_of(rows);
        limit::check_created(tx, self.schema, created.iter().map(|(id, sent)| (*id, sent.as_slice()))).await?;
        let places: HashMap<_, _> = written.created.iter().copied().collect();
        for (id, row) in sets::put(tx, &self.insert.table, &created).await? {
            if let Some(answer) = places.get(&id).and_then(|place| written.answers.get_mut(*place)) {
                *answer = Some(row);
            }
        }
        Ok(written)
    }

    /// The arguments of a row that has this number.
    fn numbered(&self, row: &[Arg], number: i64) -> impl Iterator<Item = Arg> {
        let id_position = self.id_position;
        row.iter().enumerate().map(move |(position, arg)| match position {
            position if position == id_position => Arg::Int(number),
            _ => arg.clone(),
        })
    }

    /// Answers of rows what is shown of them, where that is not what was written. It comes last, since triggers have their say in it.
    pub(super) async fn show(&self, tx: &mut Tx, rows: &[Vec<Arg>], written: &mut Written) -> Result<(), DbError> {
        for (id, place) in &written.created {
            let shown = rows.get(*place).and_then(|sent| self.what_shows(*id, sent));
            if let Some((shown, answer)) = shown.zip(written.answers.get_mut(*place)) {
                *answer = tx.query(shown).await?.first_mut().and_then(|row| row.take_bytes(0));
            }
        }
        Ok(())
    }

    fn what_shows(&self, id: i64, sent: &[Arg]) -> Option<Statement> {
        let (template, to) = self.shown.as_ref()?;
        let caller = match (to, sent.get(self.schema.columns.len())) {
            (Shown::ToItself, _) => Some(id),
            (Shown::ToCaller, Some(Arg::Int(caller))) => Some(*caller),
            (Shown::ToCaller, _) => None,
        };
        Some(template.fill(Values { id: Some(id), caller, ..Values::default() }))
    }
}

impl RowPlan for RowsPlan {
    fn insert<'a>(
        &'a self,
        tx: &'a mut Tx,
        rows: &'a [Vec<Arg>],
    ) -> BoxFuture<'a, Result<Vec<Option<Vec<u8>>>, DbError>> {
        Box::pin(self.insert_rows(tx, rows))
    }
}

fn stands_alone(schema: &Schema, insert: &Insert, effects: &Effects) -> bool {
    let guards = insert.guards.iter().map(|guard| &guard.policy);
    let mut asked = guards.chain(insert.references.iter().map(|reference| &reference.allowed)).chain([&insert.policy]);
    !effects.add_rows() && asked.all(|policy| !policy.looks_into(schema.plural) && !policy.asks_figures())
}

/// In which order rows of many requests are written. Each keeps what it refers to from going, one after the other: in the
/// order of ids, as whoever deletes those does where others write, too.
fn writing_order(schema: &Schema, rows: &[Vec<Arg>]) -> Vec<usize> {
    let mut order: Vec<_> = (0..rows.len()).collect();
    order.sort_by_cached_key(|&place| {
        let row = rows.get(place).map(Vec::as_slice).unwrap_or_default();
        let referred = row.iter().zip(schema.columns).filter(|(_, column)| matches!(column.kind, Kind::Relation(_)));
        referred.map(|(arg, _)| if let Arg::Int(id) = arg { *id } else { 0 }).collect::<Vec<_>>()
    });
    order
}

/// The number of the first row of a statement, by which they are told apart: a database does not say which of many rows got
/// which id. Where ids are given out here it is the first that was never used, and they are the ids.
async fn next_number(tx: &mut Tx, table: &str) -> Result<i64, DbError> {
    let Some(last) = sql::last_id(tx.dialect(), table) else { return Ok(1) };
    let last = tx.query(last).await?.first().and_then(|row| row.int(0)).unwrap_or_default();
    Ok(last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Id};

    #[test]
    fn rows_are_written_in_the_order_of_what_they_refer_to() {
        const fn relation(key: &'static str) -> Column {
            Column { kind: Kind::Relation("paper"), ..Column::new::<Option<i64>>(key, key) }
        }
        const NOTE: Schema = Schema::new("note", "notes").columns(&[
            Column::new::<Id<()>>("id", "id"),
            Column::new::<i64>("size", "size"),
            relation("paper_id"),
            relation("person_id"),
        ]);
        let row = |size, paper, person| vec![Arg::Null, Arg::Int(size), paper, person];
        let [one, two] = [Arg::Int(1), Arg::Int(2)];
        let rows = [
            row(1, two.clone(), one.clone()),
            row(9, one.clone(), two.clone()),
            row(0, two.clone(), Arg::Null),
            row(3, one.clone(), one.clone()),
            row(2, one.clone(), one.clone()),
        ];
        // What refers to the same keeps its order.
        assert_eq!(writing_order(&NOTE, &rows), [3, 4, 1, 2, 0]);
    }
}
