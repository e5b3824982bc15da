//! A change of an account's address, with which one gets a new password: whoever makes it shows that he is who he says, and
//! nobody has confirmed the new one yet.
//!
//! It holds at once, so that the answer shows what is stored, as after every other change. Who had the address before is told.

use super::{Change, State};
use crate::{
    db::{Arg, Tx},
    error::{Error, Fault},
    pipeline::{
        Pipeline,
        input::{CURRENT_PASSWORD, Input},
        refusal,
    },
    schema::{Column, Schema},
    sql,
    wire::{Node, Object},
};

/// What shows that whoever changes an address is who he says.
#[derive(Clone)]
pub(in crate::pipeline) enum Proof {
    /// Nothing.
    Missing,
    /// A password that is still to be compared.
    Given(String),
    /// His password, which was compared with this hash.
    Compared(String),
}

impl Proof {
    /// What a body has of it.
    pub(super) fn read(schema: &Schema, body: &Object<'_>, input: &mut Input) -> Self {
        let sent = body.members.iter().find(|(key, _)| schema.account && *key == CURRENT_PASSWORD);
        match sent {
            None => Self::Missing,
            Some((_, Node::Text(password))) => Self::Given(password.to_string()),
            Some((_, other)) => {
                let code = if *other == Node::Null { "null" } else { "type" };
                input.faults.push(Fault::new(CURRENT_PASSWORD, code, "must be a string"));
                Self::Missing
            }
        }
    }
}

impl Pipeline {
    /// Compares the password that was sent with a change, if one was. What is refused anyway is worth no comparison.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for another one; [`Error::Unavailable`] when too many are being compared.
    pub(in crate::pipeline) async fn reauthenticate(&self, change: &mut Change) -> Result<(), Error> {
        let Proof::Given(password) = &change.proof else { return Ok(()) };
        if change.input.faults.is_empty() {
            let caller = change.who.caller().ok_or_else(refusal::log_in)?;
            change.proof = Proof::Compared(self.reauthentication.reauthenticate(caller, password).await?);
        }
        Ok(())
    }
}

impl Change {
    /// Puts what was compared before in the place of what was sent.
    pub(in crate::pipeline) fn put_proof(&mut self, password: &str, hash: &str) {
        if matches!(&self.proof, Proof::Given(given) if given == password) {
            self.proof = Proof::Compared(hash.to_owned());
        }
    }

    /// Asks for a proof where the address is another one than it was.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] where the password was not compared, or has changed since.
    pub(super) async fn check_proof(&mut self, tx: &mut Tx, changes: &[(&'static Column, Arg)]) -> Result<(), Error> {
        let schema = self.engine.schema;
        if !changes_address(schema, changes) {
            return Ok(());
        }
        match &self.proof {
            Proof::Given(_) if self.input.faults.is_empty() => return Err(wrong()),
            // It is refused for something else.
            Proof::Given(_) => {}
            Proof::Missing if self.input.faults.iter().any(|fault| fault.field == CURRENT_PASSWORD) => {}
            Proof::Missing => {
                let why = "is asked for where the address changes: the password of whoever is calling";
                self.input.faults.push(Fault::new(CURRENT_PASSWORD, "required", why));
            }
            Proof::Compared(hash) => {
                let caller = self.who.caller().ok_or_else(refusal::log_in)?;
                let held = match sql::hold_password(tx.dialect(), schema, caller.id, hash.clone()) {
                    Some(hold) => !tx.query(hold).await?.is_empty(),
                    None => false,
                };
                if !held {
                    return Err(wrong());
                }
            }
        }
        Ok(())
    }

    /// With an address that is another one than it was, what was known of it is known no more.
    pub(super) fn forget_confirmation(&self, before: &State, changes: &mut Vec<(&'static Column, Arg)>) {
        let schema = self.engine.schema;
        let Some(verified) = schema.verified().filter(|_| changes_address(schema, changes)) else { return };
        changes.retain(|(column, _)| column.key != verified.key);
        if before.stored(schema, verified) != Arg::Int(0) {
            changes.push((verified, Arg::Int(0)));
        }
    }
}

fn wrong() -> Error {
    Error::Unauthenticated("the current password is wrong".into())
}

fn changes_address(schema: &Schema, changes: &[(&'static Column, Arg)]) -> bool {
    let address = schema.address().map(|column| column.key);
    changes.iter().any(|(column, _)| Some(column.key) == address)
}
