//! Accounts that make themselves, or that somebody who answers for their address has made.

use futures_util::FutureExt;
use serde::Deserialize;

use super::{
    Pipeline,
    create::{Attempt, New},
    input::{Input, Purpose},
    value,
};
use crate::{
    clock,
    db::{Arg, Statement},
    error::Error,
    principal::Principal,
    schema::{Column, Kind, Registration, Schema},
    wire::{Node, Object},
};

/// Somebody for whose address a provider vouches, that he has logged in to.
#[derive(Debug, Clone, Copy)]
pub struct Vouched<'a> {
    /// The address, which counts as confirmed.
    pub email: &'a str,
    /// What he is called there.
    pub name: Option<&'a str>,
}

impl Pipeline {
    /// Creates an account for whoever asks, without a rule, and returns it as JSON.
    ///
    /// # Errors
    /// As [`create`](Self::create); a field that only some may set is a 403.
    pub async fn register(&self, body: &Object<'_>) -> Result<Vec<u8>, Error> {
        let engine = self.engine(self.account)?;
        let input = Input::read(engine.schema, Purpose::Register, body);
        self.insert(self.new_of(self.registration()?, input, body)?).await
    }

    /// Creates an account on behalf of whoever runs the server, with these fields whatever rule they have. He answers for its
    /// address, which counts as confirmed.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub async fn register_as(&self, body: &Object<'_>, fields: &[(&str, Arg)]) -> Result<Vec<u8>, Error> {
        let engine = self.engine(self.account)?;
        let mut input = Input::read(engine.schema, Purpose::Register, body);
        let fields = fields.iter().map(|(key, arg)| (engine.schema.column_of_key(key), arg.clone()));
        for (column, arg) in fields.chain([(engine.schema.verified(), Arg::Int(1))]) {
            input.fields.extend(column.map(|column| (column, arg)));
        }
        self.insert(New::of(self.registration()?, input, Vec::new())).await
    }

    /// Creates an account without a password for somebody whom a provider vouches for, and in the same transaction whatever
    /// `link` says of it: its id.
    ///
    /// # Errors
    /// As [`create`](Self::create); [`Error::Forbidden`] where nobody may register; [`Error::Conflict`] when there is such an
    /// account, or what `link` says is somebody else's.
    pub async fn register_vouched(
        &self,
        who: Vouched<'_>,
        link: impl FnOnce(i64) -> Statement + Clone + Send + 'static,
    ) -> Result<i64, Error> {
        let engine = self.engine(self.account)?;
        if engine.schema.registration != Registration::Open {
            return Err(Error::Forbidden("there is no account for you, and nobody can register here".into()));
        }
        let mut input = Input::read(engine.schema, Purpose::Vouch, &body_of(engine.schema, who));
        input.fields.extend(engine.schema.verified().map(|column| (column, Arg::Int(1))));
        let mut new = New::of(self.registration()?, input, Vec::new());
        self.ready(&mut new).await?;
        self.db
            .write(move |tx| {
                async move {
                    let id = id_of(&new.apply(tx).await?)?;
                    if tx.query(link(id)).await?.is_empty() {
                        return Err(Error::Conflict(
                            "whom the provider means has an account by now; log in anew".into(),
                        ));
                    }
                    Ok(id)
                }
                .boxed()
            })
            .await
    }

    /// Somebody who has no account yet, and makes one.
    fn registration(&self) -> Result<Attempt<'_>, Error> {
        let engine = self.engine(self.account)?;
        let (plan, now_us) = (&engine.register, clock::now_us());
        Ok(Attempt { engine, plan, along: &[], parent: None, who: &Principal::Anonymous, now_us })
    }
}

/// What of somebody has a place in an account. A name that does not fit is none.
fn body_of<'a>(schema: &Schema, who: Vouched<'a>) -> Object<'a> {
    let email = schema.columns.iter().find(|column| column.kind == Kind::Email);
    let name = who.name.map(|name| Node::Text(name.into()));
    let fits = |column: &&Column, name: &Node<'_>| !column.read_only && value::read(column, name).is_ok();
    let name = name.and_then(|name| Some((schema.column("display_name").filter(|column| fits(column, &name))?, name)));
    let members = email.map(|column| (column, Node::Text(who.email.into()))).into_iter().chain(name);
    Object { members: members.map(|(column, node)| (column.key.into(), node)).collect(), faults: Vec::new() }
}

fn id_of(row: &[u8]) -> Result<i64, Error> {
    #[derive(Deserialize)]
    struct Row {
        id: i64,
    }

    let row: Row = serde_json::from_slice(row).map_err(|_| Error::Internal("an account that has no id".into()))?;
    Ok(row.id)
}
