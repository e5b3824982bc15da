//! One connection that is open: runs statements, several on their way at a time.

use futures_util::{StreamExt, future::join3, pin_mut};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinHandle,
    time::Instant,
};
use tokio_postgres::{CancelToken, Client, Connection, SimpleQueryMessage, Statement as Prepared, types::Type};

use super::{
    super::{Arg, Cell, DbError, Row, Statement},
    connect::{IS_OWN, NEEDED, OWN, SERVER},
    error::{Failure, POOLED, Remedy},
    script,
    statements::Statements,
    value,
};

/// A connection that is open.
pub(super) struct PgConnection {
    client: Client,
    statements: Statements,
    /// Whether statements are prepared and kept; if not, each goes in one piece.
    prepares: bool,
    task: JoinHandle<()>,
    /// The server that it leads to, where that says who it is.
    server: Option<String>,
    opened_at: Instant,
    /// When it was last given back.
    used_at: Instant,
}

/// What came of a statement and of what went with it.
pub(super) struct Ran {
    /// What the words before it gave.
    pub(super) before: Result<Vec<Row>, Failure>,
    /// The rows of the statement.
    pub(super) rows: Result<Vec<Row>, Failure>,
    /// The rows of the statement behind it.
    pub(super) after: Result<Vec<Row>, Failure>,
}

/// How a statement is sent.
enum Plan {
    /// Prepared before.
    Named(Prepared),
    /// In one piece with its arguments.
    Unnamed,
    /// As several statements in one text.
    Script,
}

impl PgConnection {
    /// Has the connection driven by a task of its own.
    pub(super) fn start<S, T>(client: Client, connection: Connection<S, T>, prepares: bool) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let task = tokio::spawn(async move {
            // Whoever waits for an answer is told as well.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the database ended");
            }
        });
        let now = Instant::now();
        let statements = Statements::default();
        Self { client, statements, prepares, task, server: None, opened_at: now, used_at: now }
    }

    /// Asks the server who it is, for when the connection is lost. One that does not say it serves all the same.
    ///
    /// # Errors
    /// That the session is not set as it was asked to be, where statements are prepared: somebody in between shares it.
    pub(super) async fn introduced(mut self) -> Result<Self, DbError> {
        let needed = NEEDED.map(|(name, _)| format!("current_setting('{name}')")).join(", ");
        let told = self.control(&format!("SELECT {SERVER}, {IS_OWN}, {needed}")).await.unwrap_or_default();
        let own = told.first().and_then(|row| row.text(1));
        if self.prepares && own.is_some_and(|own| own != OWN) {
            return Err(DbError::Other(POOLED.to_owned()));
        }
        for (place, (name, value)) in NEEDED.into_iter().enumerate() {
            let set = told.first().and_then(|row| row.text(2 + place));
            if let Some(set) = set.filter(|set| *set != value) {
                return Err(DbError::Other(format!(
                    "the database or the role sets {name} to {set}, and it has to be {value}: say ALTER DATABASE … SET {name} TO \
                     '{value}', or ALTER ROLE"
                )));
            }
        }
        self.server = told.first().and_then(|row| row.text(0)).map(str::to_owned);
        Ok(self)
    }

    /// The server that it leads to, where that is known.
    pub(super) fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// Since when it is open.
    pub(super) fn opened_at(&self) -> Instant {
        self.opened_at
    }

    /// Whether it is known to be lost.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Since when nobody has used it.
    pub(super) fn used_at(&self) -> Instant {
        self.used_at
    }

    /// Nobody uses it from now on.
    pub(super) fn rest(&mut self) {
        self.used_at = Instant::now();
    }

    /// Waits until everything is answered that was sent.
    ///
    /// # Errors
    /// That it is lost.
    pub(super) async fn drain(&self) -> Result<(), Failure> {
        Ok(self.client.check_connection().await?)
    }

    /// What stops the statement that runs.
    pub(super) fn cancel_token(&self) -> CancelToken {
        self.client.cancel_token()
    }

    /// Ends it now, whatever is on its way.
    pub(super) fn abort(&self) {
        self.task.abort();
    }

    /// Forgets what was prepared, which the server has forgotten.
    pub(super) fn forget_statements(&self) {
        self.statements.clear();
    }

    /// Runs a statement.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn query(&self, statement: &Statement) -> Result<Vec<Row>, Failure> {
        let plan = self.plan(statement).await?;
        self.send(&plan, statement).await
    }

    /// Runs text of ours that takes no arguments.
    ///
    /// # Errors
    /// What the server says.
    pub(super) async fn control(&self, words: &str) -> Result<Vec<Row>, Failure> {
        let messages = self.client.simple_query(words).await?;
        Ok(messages.iter().filter_map(text_row).collect())
    }

    /// Runs a statement, with words of ours before it and another statement behind it, all on their way at once.
    pub(super) async fn query_between(
        &self,
        before: Option<&str>,
        statement: &Statement,
        after: Option<&Statement>,
    ) -> Ran {
        let is_ready = |statement: &Statement| {
            !self.prepares || is_script(statement) || self.statements.get(&statement.sql).is_some()
        };
        let mut said = None;
        if !is_ready(statement) || !after.is_none_or(is_ready) {
            // Polled in this order, and so sent.
            let planned = join3(self.control_or_none(before), self.plan(statement), self.plan_or_none(after)).await;
            if let (before, Err(failure), _) = planned {
                return Ran { before, rows: Err(failure), after: Ok(Vec::new()) };
            }
            said = Some(planned.0);
        }
        let before = if said.is_some() { None } else { before };
        let (now, rows, after) =
            join3(self.control_or_none(before), self.query(statement), self.query_or_none(after)).await;
        Ran { before: said.unwrap_or(now), rows, after }
    }

    async fn control_or_none(&self, words: Option<&str>) -> Result<Vec<Row>, Failure> {
        match words {
            Some(words) => self.control(words).await,
            None => Ok(Vec::new()),
        }
    }

    async fn query_or_none(&self, statement: Option<&Statement>) -> Result<Vec<Row>, Failure> {
        match statement {
            Some(statement) => self.query(statement).await,
            None => Ok(Vec::new()),
        }
    }

    async fn plan_or_none(&self, statement: Option<&Statement>) -> Result<(), Failure> {
        match statement {
            Some(statement) => self.plan(statement).await.map(drop),
            None => Ok(()),
        }
    }

    async fn plan(&self, statement: &Statement) -> Result<Plan, Failure> {
        if is_script(statement) {
            return Ok(Plan::Script);
        }
        if !self.prepares {
            return Ok(Plan::Unnamed);
        }
        if let Some(prepared) = self.statements.get(&statement.sql) {
            return Ok(Plan::Named(prepared));
        }
        let prepared = self.client.prepare(&statement.sql).await?;
        self.statements.put(&statement.sql, prepared.clone());
        Ok(Plan::Named(prepared))
    }

    async fn send(&self, plan: &Plan, statement: &Statement) -> Result<Vec<Row>, Failure> {
        let rows = match plan {
            Plan::Script => return self.control(&statement.sql).await,
            Plan::Named(prepared) => {
                // What no placeholder asks for is left out, as another database does.
                let asked = statement.args.get(..prepared.params().len()).unwrap_or(&statement.args);
                self.client.query_raw(prepared, asked).await
            }
            Plan::Unnamed => {
                let args = statement.args.iter().map(|arg: &Arg| (arg, Type::UNKNOWN));
                self.client.query_typed_raw(&statement.sql, args).await
            }
        }?;
        pin_mut!(rows);
        let mut read = Vec::new();
        let mut unreadable = None;
        // To the end in any case: what was sent is answered before anything else.
        while let Some(row) = rows.next().await {
            match value::row(&row?) {
                Ok(row) => read.push(row),
                Err(error) => unreadable = Some(Failure { error, remedy: Remedy::None }),
            }
        }
        unreadable.map_or(Ok(read), Err)
    }
}

/// Whether a statement is several: those can have no arguments, and give text alone.
fn is_script(statement: &Statement) -> bool {
    statement.args.is_empty() && statement.sql.contains(';') && script::is_script(&statement.sql)
}

fn text_row(message: &SimpleQueryMessage) -> Option<Row> {
    let SimpleQueryMessage::Row(row) = message else { return None };
    let cells = (0..row.len()).map(|index| {
        row.try_get(index).ok().flatten().map_or(Cell::Null, |text| Cell::Bytes(text.as_bytes().to_vec()))
    });
    Some(Row(cells.collect()))
}
