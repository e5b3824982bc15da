//! One handler for all routes: what a route does is data.
//!
//! The order is the same everywhere: token, address and rate limit; a token where the route needs one; the path's id;
//! the body's type and size, its JSON; the query string. Then the pipeline decides what may be done and what is valid.
//!
//! What is not read again and again is boxed: the future of a request is made and moved with each, whatever it comes to.

use std::sync::Arc;

use salvo::{
    Depot, FlowCtrl, Handler, async_trait,
    http::{HeaderValue, Request, Response, StatusCode, header},
};

use super::{
    Site,
    admin_routes::{self, AdminRequest},
    batch, body, conditional, created,
    edge::Actor,
    files, forms, gate,
    gate::Admission,
    history, idempotency,
    ids::{path_id, path_number},
    limit, notifications, problem,
    reply::Reply,
    request_id::RequestId,
    routes::{Action, FileAct, Route},
    service,
    session_routes::{self, SessionRequest},
    socket,
    stream::{self, Asked, Form},
    webhook_routes::{self, WebhookRequest},
};
use crate::{
    db::{Asker, Meter},
    error::{Error, Fault},
    pipeline::{Act, FileOf, Keyed, Operation, Outcome, Prepared, Target, Work},
    precondition::Preconditions,
    principal::Principal,
    query::Shape,
    schema::Verb,
    wire::{Object, Params},
};

/// Answers the requests of one route.
pub(super) struct Endpoint {
    pub(super) site: Arc<Site>,
    pub(super) route: Route,
}

#[async_trait]
impl Handler for Endpoint {
    async fn handle(&self, req: &mut Request, depot: &mut Depot, res: &mut Response, ctrl: &mut FlowCtrl) {
        let outcome = match self.route.action {
            Action::Service(_) => self.serve(req).await,
            Action::Custom { index, .. } | Action::Replaced { index, .. } => {
                match Box::pin(self.admit_custom(index, req, depot, res)).await {
                    Ok(admitted) => return Box::pin(self.hand_over(&admitted, (req, depot, res, ctrl))).await,
                    Err(error) => Err(error),
                }
            }
            Action::Socket => Box::pin(socket::open(&self.site, req, res)).await,
            _ => self.admit(req, res).await,
        };
        match outcome {
            Ok(reply) => reply.write(res),
            Err(error) => {
                problem::write(res, &error, &RequestId::of(req));
            }
        }
    }
}

/// What a route of a resource is called with.
struct Call<'a> {
    id: Option<i64>,
    number: Option<i64>,
    who: &'a Principal,
    params: Params,
    shape: Shape,
    body: Object<'a>,
    req: &'a Request,
    preconditions: Preconditions,
}

impl Endpoint {
    async fn serve(&self, req: &mut Request) -> Result<Reply, Error> {
        let Action::Service(action) = self.route.action else {
            return Err(Error::Internal("a route of the API was taken for one of the service".into()));
        };
        let bytes = body::read(req, &self.site.intake).await?;
        let params = Params::parse(req.uri().query());
        forms::nothing(object(&bytes, false, forms::unknown_parameters(params, "none"))?)?;
        let file = req.params().get("file").map(String::as_str);
        service::answer(&self.site, action, file, req.headers()).await
    }

    async fn admit(&self, req: &mut Request, res: &mut Response) -> Result<Reply, Error> {
        if self.route.action.is_list() {
            res.headers_mut().insert(header::VARY, HeaderValue::from_static("accept, origin"));
        }
        let (admission, principal) = self.enter(req, res).await?;
        let form = if self.route.action.is_list() { Form::wanted(req.headers()) } else { Form::Page };
        let outcome = match form {
            Form::Page => self.act(req, &admission, &principal).await,
            form => Box::pin(self.stream(req, &admission, &principal, form)).await,
        };
        if matches!(outcome, Err(Error::Unauthenticated(_))) && principal != Principal::Anonymous {
            self.site.gate.count_refusal(&admission).await;
        }
        outcome
    }

    /// Asks the gate who is calling, and whether the request counts as one too many.
    pub(super) async fn enter(&self, req: &mut Request, res: &mut Response) -> Result<(Admission, Principal), Error> {
        let mut admission = self.site.gate.admit(req, &self.route).await;
        gate::write_allowance(res.headers_mut(), admission.allowance);
        let principal = std::mem::replace(&mut admission.principal, Ok(Principal::Anonymous))?;
        if let Some(caller) = principal.caller() {
            req.extensions_mut().insert(Actor(caller.id));
        }
        Meter::charge(asker(&admission, &principal));
        if principal == Principal::Anonymous && !self.route.admits_anonymous {
            return Err(Error::Unauthenticated("log in: this route needs an access token".into()));
        }
        Ok((admission, principal))
    }

    async fn stream(
        &self,
        req: &mut Request,
        admission: &Admission,
        who: &Principal,
        form: Form,
    ) -> Result<Reply, Error> {
        let id = path_id(req)?;
        let bytes = body::read(req, &self.site.intake).await?;
        forms::nothing(object(&bytes, false, Vec::new())?)?;
        let params = Params::parse(req.uri().query());
        let (action, asker) = (self.route.action, asker(admission, who));
        stream::answer(&self.site, req, Asked { action, id, form, who: who.clone(), asker, params }).await
    }

    async fn act(&self, req: &mut Request, admission: &Admission, principal: &Principal) -> Result<Reply, Error> {
        if let Some(exchanged) = self.exchange_file(req, principal).await {
            return exchanged;
        }
        let id = path_id(req)?;
        let bytes = body::read(req, &self.site.intake).await?;
        let mut faults = Vec::new();
        let key = idempotency::key(req, &self.route, principal, &mut faults);
        let call = self.call(req, (id, principal), &bytes, faults);
        match key {
            None => self.answer(call?, admission).await,
            Some(key) => {
                let (keyed, request_id) = (idempotency::keyed(&self.site.keys, req, key, &bytes), RequestId::of(req));
                let work = match call {
                    Ok(call) => Box::pin(self.work(call)).await,
                    Err(error) => Err(error),
                };
                Box::pin(self.answer_once(keyed, work, request_id)).await
            }
        }
    }

    /// Reads what was sent.
    fn call<'a>(
        &self,
        req: &'a Request,
        (id, who): (Option<i64>, &'a Principal),
        bytes: &'a [u8],
        mut faults: Vec<Fault>,
    ) -> Result<Call<'a>, Error> {
        let mut params = Params::parse(req.uri().query());
        let target = match self.route.action {
            Action::Resource { model, verb: Verb::Read, .. } => id.map(|id| (model, Target::Id(id))),
            Action::Oneself { model, verb: Verb::Read } => Some((model, Target::Oneself)),
            _ => None,
        };
        let shape = target
            .map(|(model, target)| self.site.pipeline.take_shape(model, Some(target), who, &mut params))
            .unwrap_or_default();
        if !self.route.action.takes_query() {
            let known = if target.is_some() { "`expand` and `fields`" } else { "none" };
            faults.extend(forms::unknown_parameters(std::mem::take(&mut params), known));
        }
        let preconditions = self.preconditions(req, &mut faults)?;
        let is_required = match self.route.action {
            Action::Resource { verb, .. } | Action::Oneself { verb, .. } => matches!(verb, Verb::Create | Verb::Update),
            Action::Session(action) => action.takes_body(),
            Action::Webhook(action) => action.takes_body(),
            Action::Batch => true,
            Action::Service(_)
            | Action::Admin(_)
            | Action::File { .. }
            | Action::Custom { .. }
            | Action::Replaced { .. }
            | Action::Socket
            | Action::Notifications => false,
        };
        let body = object(bytes, is_required, faults)?;
        Ok(Call { id, number: path_number(req)?, who, params, shape, body, req, preconditions })
    }

    async fn answer(&self, mut call: Call<'_>, admission: &Admission) -> Result<Reply, Error> {
        let pipeline = &self.site.pipeline;
        if let Some((model, operation)) = self.operation(&mut call)? {
            return done(&self.site, model, Box::pin(pipeline.carry_out(operation)).await?);
        }
        let Call { id, number, who, params, body, .. } = call;
        match self.route.action {
            Action::Session(action) => {
                let request =
                    SessionRequest { principal: who, id, params, body, address: admission.address, req: call.req };
                Box::pin(session_routes::answer(&self.site, action, request)).await
            }
            Action::Webhook(action) => {
                let request = WebhookRequest { principal: who, id, number, params, body };
                Box::pin(webhook_routes::answer(&self.site, action, request)).await
            }
            Action::Admin(action) => {
                let request = AdminRequest { principal: who, id, params, body };
                Box::pin(admin_routes::answer(&self.site, action, request)).await
            }
            Action::Batch => {
                let prepared = Box::pin(self.batch(&body, who)).await?;
                done(&self.site, 0, Box::pin(pipeline.apply(prepared)).await?)
            }
            Action::Notifications => Box::pin(notifications::list(&self.site, who, params, body)).await,
            Action::Resource { model, verb: Verb::List, .. } => {
                forms::nothing(body)?;
                Ok(Reply::json(StatusCode::OK, pipeline.list(model, id, who, params).await?))
            }
            Action::Resource { model, verb: Verb::History, .. } => {
                let asked = history::Asked { model, id: row(id)?, who };
                Box::pin(history::list(&self.site, asked, params, body)).await
            }
            Action::Resource { model, verb: Verb::Read, .. } | Action::Oneself { model, .. } => {
                forms::nothing(body)?;
                let is_own = matches!(self.route.action, Action::Oneself { .. });
                let target = if is_own { Target::Oneself } else { Target::Id(row(id)?) };
                let found = pipeline.read_shaped(model, target, who, &call.shape).await?;
                conditional::reply(call.req.headers(), &call.preconditions, pipeline.updated_at(model), found)
            }
            Action::Resource { .. }
            | Action::Service(_)
            | Action::File { .. }
            | Action::Custom { .. }
            | Action::Replaced { .. }
            | Action::Socket => {
                Err(Error::Internal("a route was taken for one that follows from a declaration".into()))
            }
        }
    }

    /// What the request does to a row, and of which resource; none, where it does nothing to one.
    fn operation<'c>(&self, call: &'c mut Call<'_>) -> Result<Option<(usize, Operation<'c>)>, Error> {
        let (model, verb) = match self.route.action {
            Action::Resource { model, verb, .. } => (model, verb),
            Action::Oneself { model, verb: Verb::Update } => (model, Verb::Update),
            Action::File { act: FileAct::Delete, .. } => {
                forms::nothing(std::mem::take(&mut call.body))?;
                let FileOf { resource, target, column, who } =
                    files::file_of(&self.site, self.route.action, call.id, call.who)?;
                let act = Act::Attach { target, column, file: None };
                return Ok(Some((resource, Operation { resource, who, preconditions: &call.preconditions, act })));
            }
            _ => return Ok(None),
        };
        if matches!(verb, Verb::Delete | Verb::Restore) {
            forms::nothing(std::mem::take(&mut call.body))?;
        }
        let (id, body) = (call.id, &call.body);
        let act = match (verb, self.route.action) {
            (Verb::Create, _) => Act::Create { parent: id, body },
            (Verb::Update, Action::Oneself { .. }) => Act::Update { target: Target::Oneself, body },
            (Verb::Update, _) => Act::Update { target: Target::Id(row(id)?), body },
            (Verb::Delete, _) => Act::Delete { id: row(id)? },
            (Verb::Restore, _) => Act::Restore { id: row(id)? },
            _ => return Ok(None),
        };
        let operation = Operation { resource: model, who: call.who, preconditions: &call.preconditions, act };
        Ok(Some((model, operation)))
    }

    /// Does of what was asked for whatever needs no transaction.
    async fn work(&self, mut call: Call<'_>) -> Result<(usize, Work), Error> {
        if self.route.action == Action::Batch {
            return Ok((0, Work::Change(self.batch(&call.body, call.who).await?)));
        }
        let operation = self.operation(&mut call)?;
        let (model, operation) = operation.ok_or_else(|| Error::Internal("a key was taken for no change".into()))?;
        Ok((model, Work::Change(self.site.pipeline.prepare(operation).await?)))
    }

    /// Does of a batch whatever needs no transaction.
    async fn batch(&self, body: &Object<'_>, who: &Principal) -> Result<Prepared, Error> {
        let steps = batch::read(&self.site.catalog, &self.site.paths, body)?;
        self.site.pipeline.prepare_batch(steps, who).await
    }

    /// Answers a request that came with a key.
    async fn answer_once(
        &self,
        keyed: Keyed,
        work: Result<(usize, Work), Error>,
        id: RequestId,
    ) -> Result<Reply, Error> {
        let (model, work) = match work {
            Ok(work) => work,
            Err(error) => (0, Work::Refused(idempotency::refused(error, &id)?)),
        };
        let (site, named) = (Arc::clone(&self.site), id.clone());
        let render = move |outcome| match outcome {
            Ok(outcome) => idempotency::kept(done(&site, model, outcome)?),
            Err(error) => idempotency::refused(error, &named),
        };
        let answered = self.site.pipeline.answer_once(keyed, work, Arc::new(render)).await?;
        Ok(idempotency::reply(answered, &id))
    }

    /// What the request asks of the row that it is about.
    fn preconditions(&self, req: &Request, faults: &mut Vec<Fault>) -> Result<Preconditions, Error> {
        let has_version =
            matches!(self.route.action, Action::Resource { verb: Verb::Read, .. } | Action::Oneself { .. });
        match self.route.action {
            _ if has_version => Ok(conditional::read(req, faults)),
            Action::Resource { .. } | Action::File { .. } if self.changes_row() => Ok(conditional::read(req, faults)),
            Action::Resource { verb: Verb::Create | Verb::Restore, .. } | Action::Batch => {
                faults.extend(conditional::refused(req));
                Ok(Preconditions::default())
            }
            // What has no version is none that could be meant.
            _ if self.changes_row() => conditional::read(req, faults).check(None).map(|()| Preconditions::default()),
            _ => Ok(Preconditions::default()),
        }
    }

    /// Whether what the path names is there, and is changed.
    pub(super) fn changes_row(&self) -> bool {
        ["PATCH", "DELETE"].contains(&self.route.method)
    }
}

/// The answer to who did something to a row.
fn done(site: &Site, model: usize, outcome: Outcome) -> Result<Reply, Error> {
    Ok(match outcome {
        Outcome::Created(row) => created::reply(site, model, row),
        Outcome::Changed(changed) if changed.is_seen => Reply::row(StatusCode::OK, changed.json),
        Outcome::Read(row) => Reply::row(StatusCode::OK, row),
        Outcome::Changed(_) | Outcome::Gone => Reply::empty(),
        Outcome::All(outcomes) => batch::reply(outcomes)?,
    })
}

/// The row that the path names.
fn row(id: Option<i64>) -> Result<i64, Error> {
    id.ok_or_else(|| Error::NotFound("there is no such row".into()))
}

/// On whose account a request is.
fn asker(admission: &Admission, who: &Principal) -> Asker {
    let address = || Asker::Address(limit::network_of(admission.address));
    who.caller().map_or_else(address, |caller| Asker::Account(caller.id))
}

/// The body as an object, with faults that were found elsewhere. No body is an empty object where none is needed.
pub(super) fn object(bytes: &[u8], is_required: bool, faults: Vec<Fault>) -> Result<Object<'_>, Error> {
    let parsed = if bytes.is_empty() && !is_required { Ok(Object::default()) } else { Object::parse(bytes) };
    match parsed {
        Ok(mut object) => {
            object.faults.extend(faults);
            Ok(object)
        }
        Err(Error::Invalid(mut own)) => {
            own.extend(faults);
            Err(Error::Invalid(own))
        }
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_where_none_is_taken_is_a_fault_beside_those_of_the_body() {
        let faults = forms::unknown_parameters(Params::parse(Some("a[gt]=1&b=")), "none");
        let object = object(br#"{"x":1,"x":2}"#, true, faults).unwrap();
        let fields: Vec<_> = object.faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["x", "a[gt]", "b"]);
        let no_object = super::object(b"[]", true, vec![Fault::new("a", "c", "m")]);
        assert!(matches!(no_object, Err(Error::Invalid(faults)) if faults.len() == 2));
        assert!(matches!(super::object(b"", true, Vec::new()), Err(Error::Malformed(_))));
        assert!(super::object(b"", false, Vec::new()).unwrap().members.is_empty());
    }
}
