//! The table of routes as a salvo router.
//!
//! Paths are gathered into a tree first, so that a segment is matched once; literal segments stand before `{id}`. Every
//! path answers `OPTIONS` with what it allows, and `HEAD` where it answers `GET`.

use std::sync::Arc;

use salvo::{
    Depot, FlowCtrl, Handler, Router, async_trait,
    http::{HeaderValue, Method, Request, Response, StatusCode, header},
    routing::MethodFilter,
};

/// Builds the router of handlers with their methods and paths. They are there below `prefix`, too, unless that is empty:
/// some proxies take the path off below which they have a server, and some do not.
///
/// # Errors
/// What salvo says of a path that is no pattern, which it would otherwise never match.
pub(super) fn build(
    routes: impl IntoIterator<Item = (Method, String, Arc<dyn Handler>)>,
    prefix: &str,
) -> Result<Router, String> {
    let root = tree(routes);
    if prefix.is_empty() {
        return root.fill(Router::new());
    }
    let below = root.clone().fill(Router::try_with_path(prefix.trim_start_matches('/'))?)?;
    Ok(root.fill(Router::new())?.push(below))
}

/// The same for a service of somebody else's, whose own refusals are no problem documents: every path refuses the methods
/// that it does not take, and what lies below `api` and is no route is refused, too.
///
/// # Errors
/// As [`build`].
pub(super) fn build_for_mount(
    routes: impl IntoIterator<Item = (Method, String, Arc<dyn Handler>)>,
    api: &str,
) -> Result<Router, String> {
    let mut root = tree(routes);
    root.refuse_other_methods();
    root.descend(api).takes_the_rest = true;
    root.fill(Router::new())
}

fn tree(routes: impl IntoIterator<Item = (Method, String, Arc<dyn Handler>)>) -> Node {
    let mut root = Node::default();
    for (method, path, handler) in routes {
        let node = root.descend(&path);
        node.pattern = path.into();
        if method == Method::GET {
            node.goals.push((Method::HEAD, Arc::clone(&handler)));
        }
        node.goals.push((method, handler));
    }
    root
}

/// Marks a request that no route takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoRoute;

/// The path of the route that took a request, with its parameters by name.
#[derive(Debug, Clone)]
pub(super) struct Pattern(pub(super) Arc<str>);

/// A segment of a path, and what lies below it.
#[derive(Default, Clone)]
struct Node {
    segment: String,
    /// The whole path, where there are goals.
    pattern: Arc<str>,
    children: Vec<Node>,
    goals: Vec<(Method, Arc<dyn Handler>)>,
    /// Whether methods that no goal takes are refused here.
    refuses_other_methods: bool,
    /// Whether all that lies below and is no route is refused here.
    takes_the_rest: bool,
}

impl Node {
    /// The node of a path; made where there is none.
    fn descend(&mut self, path: &str) -> &mut Self {
        path.split('/').filter(|segment| !segment.is_empty()).fold(self, Self::child)
    }

    fn refuse_other_methods(&mut self) {
        self.refuses_other_methods = true;
        self.children.iter_mut().for_each(Self::refuse_other_methods);
    }

    /// The child of this segment; made where there is none. A literal one comes before a parameter.
    fn child(&mut self, segment: &str) -> &mut Self {
        let at = self.children.iter().position(|child| child.segment == segment).unwrap_or_else(|| {
            let is_literal = |child: &Self| !child.segment.starts_with('{');
            let literals = self.children.iter().filter(|child| is_literal(child)).count();
            let at = if segment.starts_with('{') { self.children.len() } else { literals };
            self.children.insert(at, Self { segment: segment.to_owned(), ..Self::default() });
            at
        });
        #[expect(clippy::indexing_slicing, reason = "the position was found or inserted above")]
        &mut self.children[at]
    }

    fn fill(self, mut router: Router) -> Result<Router, String> {
        let options = Options::of(&self.goals);
        let allow = options.as_ref().map(|options| options.allow.clone());
        if let Some(options) = options {
            router = router.push(goal(Method::OPTIONS, &self.pattern, Arc::new(options)));
        }
        for (method, handler) in self.goals {
            router = router.push(goal(method, &self.pattern, handler));
        }
        if self.refuses_other_methods && allow.is_some() {
            router = router.push(Router::new().goal(Refuse { allow }));
        }
        for child in self.children {
            let path = Router::try_with_path(child.segment.clone())?;
            router = router.push(child.fill(path)?);
        }
        if self.takes_the_rest {
            router = router.push(Router::try_with_path("{**rest}")?.goal(Refuse { allow: None }));
        }
        Ok(router)
    }
}

fn goal(method: Method, pattern: &Arc<str>, handler: Arc<dyn Handler>) -> Router {
    let mut router = Router::with_filter(MethodFilter::new(method));
    router.goal = Some(Arc::new(Goal { pattern: Pattern(Arc::clone(pattern)), handler }));
    router
}

/// Notes which route was taken, and goes on to what answers there.
struct Goal {
    pattern: Pattern,
    handler: Arc<dyn Handler>,
}

#[async_trait]
impl Handler for Goal {
    async fn handle(&self, req: &mut Request, depot: &mut Depot, res: &mut Response, ctrl: &mut FlowCtrl) {
        req.extensions_mut().insert(self.pattern.clone());
        self.handler.handle(req, depot, res, ctrl).await;
    }
}

/// Notes that no route takes the request; with a path that takes other methods, what these are.
struct Refuse {
    allow: Option<HeaderValue>,
}

#[async_trait]
impl Handler for Refuse {
    async fn handle(&self, req: &mut Request, _: &mut Depot, res: &mut Response, _: &mut FlowCtrl) {
        req.extensions_mut().insert(NoRoute);
        res.status_code(StatusCode::NOT_FOUND);
        if let Some(allow) = &self.allow {
            res.status_code(StatusCode::METHOD_NOT_ALLOWED);
            res.headers_mut().insert(header::ALLOW, allow.clone());
        }
    }
}

/// Says what a path allows (RFC 9110, section 9.3.7).
struct Options {
    allow: HeaderValue,
}

impl Options {
    fn of(goals: &[(Method, Arc<dyn Handler>)]) -> Option<Self> {
        let mut methods: Vec<_> = goals.iter().map(|(method, _)| method.as_str()).chain(["OPTIONS"]).collect();
        methods.sort_unstable();
        let allow = HeaderValue::try_from(methods.join(", ")).ok()?;
        (!goals.is_empty()).then_some(Self { allow })
    }
}

#[async_trait]
impl Handler for Options {
    async fn handle(&self, _: &mut Request, _: &mut Depot, res: &mut Response, _: &mut FlowCtrl) {
        res.status_code(StatusCode::NO_CONTENT);
        res.headers_mut().insert(header::ALLOW, self.allow.clone());
    }
}
