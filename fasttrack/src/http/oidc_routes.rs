//! The routes under `/auth/oidc`: logging in elsewhere (`OpenID` Connect Core, section 3.1).
//!
//! What has to be compared when somebody comes back lies sealed in a cookie of the browser that began, so that nobody is
//! logged in with what somebody else has begun (RFC 9700, section 4.7), and so that any server may answer.

use salvo::http::{HeaderMap, HeaderValue, Request, StatusCode, header, uri::Authority};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use super::{
    Site, forms,
    paging::{Paging, Walk, label},
    problem,
    reply::Reply,
    request_id::RequestId,
    routes::API_PREFIX,
};
use crate::{
    auth::{self, Client},
    clock::{self, SECOND_US},
    config::{Config, Provider, PublicUrl},
    error::{Error, Fault},
    oidc::{Beginning, Flow, Person, Providers},
    principal::Caller,
    wire::{Object, Params},
};

/// What cookies are sealed for.
const SEALED_FOR: &[u8] = b"oidc";

/// What their names begin with.
const COOKIE: &str = "fasttrack_oidc_";

/// How long somebody may be at a provider, in seconds.
const AWAY_S: i64 = 10 * 60;

/// Longest address to return to; browsers keep cookies of 4,096 bytes.
const MAX_RETURN_TO: usize = 1_000;

/// Where people may log in elsewhere, and where they may go from there.
pub(super) struct Elsewhere {
    providers: Providers,
    /// The origins of pages that are given tokens.
    origins: Vec<String>,
}

/// What the cookie of a browser holds while somebody is away.
#[derive(Serialize, Deserialize)]
struct Away {
    provider: String,
    flow: Flow,
    return_to: Option<String>,
    until_us: i64,
}

/// What the query string of who comes back says.
#[derive(Default)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    issuer: Option<String>,
}

impl Elsewhere {
    /// As the settings say: pages of those whose scripts may call are given tokens, and those of this server.
    pub(super) fn of(config: &Config) -> Self {
        let own = config.public_url.as_ref().map(|public| public.origin().to_owned());
        // `*` names nobody who could be trusted with a token.
        let others = config.cors_origins.iter().filter(|origin| *origin != "*").cloned();
        Self {
            providers: Providers::new(config.oidc_providers.clone()),
            origins: own.into_iter().chain(others).collect(),
        }
    }

    fn find(&self, req: &Request) -> Result<&Provider, Error> {
        let name = req.params().get("provider").map(String::as_str).unwrap_or_default();
        self.providers.find(name).ok_or_else(|| Error::NotFound("there is no such provider".into()))
    }

    /// The address of a page to which somebody may be led, in the one spelling that everybody reads alike.
    fn page(&self, text: &str) -> Option<String> {
        // What a browser passes over, or takes for something else, others do not.
        let is_odd = |char: char| char.is_control() || char.is_whitespace() || char == '\\';
        let url = Url::parse(text).ok().filter(|_| text.len() <= MAX_RETURN_TO && !text.contains(is_odd))?;
        let is_page = ["http", "https"].contains(&url.scheme()) && url.fragment().is_none();
        let is_plain = url.username().is_empty() && url.password().is_none();
        let is_known = self.origins.contains(&url.origin().ascii_serialization());
        (is_page && is_plain && is_known).then(|| url.into())
    }
}

/// Sends somebody to a provider.
pub(super) async fn begin(site: &Site, req: &Request, params: Params) -> Result<Reply, Error> {
    let provider = site.elsewhere.find(req)?;
    let return_to = return_to(&site.elsewhere, params)?;
    let redirect = redirect(site, req, &provider.name);
    let Beginning { url, flow } = site.elsewhere.providers.begin(provider, &redirect).await?;
    let name = cookie_name(&redirect, &flow.state);
    let until_us = clock::now_us().saturating_add(AWAY_S * SECOND_US);
    let away = Away { provider: provider.name.clone(), flow, return_to, until_us };
    let away = serde_json::to_vec(&away).map_err(|error| Error::Internal(error.to_string()))?;
    let sealed = site.keys.seal(SEALED_FOR, &away)?;
    Ok(leading_to(StatusCode::FOUND, &url)?.header(header::SET_COOKIE, cookie(site, &redirect, &name, Some(&sealed))?))
}

/// Logs somebody in who comes back.
pub(super) async fn come_back(site: &Site, req: &Request, params: Params, client: Client) -> Result<Reply, Error> {
    let provider = site.elsewhere.find(req)?;
    let answer = Answer::of(params);
    let redirect = redirect(site, req, &provider.name);
    let state = answer.state.clone().unwrap_or_default();
    let name = cookie_name(&redirect, &state);
    let away = cookies(req.headers(), &name).and_then(|sealed| open(site, sealed));
    let is_his =
        |away: &Away| away.provider == provider.name && away.flow.state == state && clock::now_us() < away.until_us;
    let away = away.filter(is_his).ok_or_else(|| {
        Error::Unauthenticated(
            "this log-in was not begun in this browser, or is over, or took longer than ten minutes; begin it anew"
                .into(),
        )
    })?;
    let return_to = away.return_to.clone();
    let outcome = match person(site, provider, (&redirect, answer), away).await {
        Ok(person) => site.auth.log_in_elsewhere(&site.pipeline, (&provider.name, person), client).await,
        Err(error) => Err(error),
    };
    let outcome = match outcome {
        Ok(auth::Elsewhere::Open(pair)) => Ok(pair),
        Ok(auth::Elsewhere::CodeAsked(ticket)) => Err(Error::SecondFactor { ticket: Some(ticket) }),
        Err(error) => Err(error),
    };
    let reply = match (outcome, return_to) {
        (Ok(pair), None) => Reply::json(StatusCode::OK, pair),
        (Err(error), None) => problem::reply(&error, &RequestId::of(req)),
        (outcome, Some(page)) => leading_to(StatusCode::SEE_OTHER, &format!("{page}#{}", told(outcome)?))?,
    };
    Ok(quiet(reply.header(header::SET_COOKIE, cookie(site, &redirect, &name, None)?)))
}

/// Logs somebody in who shows the code of a second factor as well: the pair of tokens.
pub(super) async fn finish(site: &Site, req: &Request, body: Object<'_>, client: Client) -> Result<Vec<u8>, Error> {
    site.elsewhere.find(req)?;
    let [ticket, code] = forms::texts(body, ["ticket", "code"])?;
    site.auth.finish_elsewhere(&ticket, &code, client).await
}

/// One page of what the caller's account is elsewhere.
pub(super) async fn list(site: &Site, caller: &Caller, params: Params, body: Object<'_>) -> Result<Reply, Error> {
    forms::nothing(body)?;
    let walk = Walk { keys: &site.keys, list: "identities", user: caller.id, has_ids: true };
    let paging = Paging::parse(params, walk)?;
    let page = site.auth.identities(caller, &paging.page).await?;
    Ok(Reply::json(StatusCode::OK, paging.render(&page.items, page.next, walk)))
}

/// Ends one of them.
pub(super) async fn end(site: &Site, caller: &Caller, id: Option<i64>, body: Object<'_>) -> Result<Reply, Error> {
    forms::nothing(body)?;
    let id = id.ok_or_else(|| Error::NotFound("there is no such identity".into()))?;
    site.auth.end_identity(caller, id).await.map(|()| Reply::empty())
}

/// Who the provider says has come back.
async fn person(
    site: &Site,
    provider: &Provider,
    (redirect, answer): (&str, Answer),
    away: Away,
) -> Result<Person, Error> {
    // Another one that answers in its place would be given its code (RFC 9207).
    if answer.issuer.is_some_and(|issuer| issuer != provider.issuer) {
        return Err(Error::Unauthenticated("another provider has answered; begin the log-in anew".into()));
    }
    match answer.code {
        Some(code) if answer.error.is_none() => {
            site.elsewhere.providers.finish(provider, redirect, away.flow, code).await
        }
        _ => Err(Error::Unauthenticated("the provider has let nobody in".into())),
    }
}

impl Answer {
    /// Providers send more than is understood here.
    fn of(params: Params) -> Self {
        let mut answer = Self::default();
        for param in params.items.into_iter().filter(|param| param.operator.is_none()) {
            let place = match param.name.as_str() {
                "code" => &mut answer.code,
                "state" => &mut answer.state,
                "error" => &mut answer.error,
                "iss" => &mut answer.issuer,
                _ => continue,
            };
            *place = Some(param.value);
        }
        answer
    }
}

/// The page that is to be given the tokens, if there is one.
fn return_to(elsewhere: &Elsewhere, params: Params) -> Result<Option<String>, Error> {
    let mut faults = params.faults;
    let mut page = None;
    for param in params.items {
        match (param.name.as_str(), param.operator.as_deref()) {
            ("return_to", None) => match elsewhere.page(&param.value) {
                Some(found) => page = Some(found),
                None => faults.push(Fault::new("return_to", "not_allowed", NOT_A_PAGE)),
            },
            _ => faults.push(Fault::new(label(&param), "unknown", "there is no such parameter; there is return_to")),
        }
    }
    if faults.is_empty() { Ok(page) } else { Err(Error::Invalid(faults)) }
}

/// What a page has to be to which somebody may be led.
const NOT_A_PAGE: &str =
    "has to be a page of an origin in CORS_ORIGINS, or of PUBLIC_URL, of at most 1,000 characters, without `#`";

/// Where a provider sends people back to. It knows the addresses that this may be, so that `Host` may say it.
fn redirect(site: &Site, req: &Request, provider: &str) -> String {
    let path = format!("{API_PREFIX}/auth/oidc/{provider}/callback");
    if let Some(public) = &site.public_url {
        return public.link(&path);
    }
    let host = req.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| req.uri().authority().map(Authority::as_str));
    format!("http://{}{path}", host.unwrap_or("localhost"))
}

fn cookie_name(redirect: &str, state: &str) -> String {
    // A browser takes a name that begins so from this host alone: another one of the same domain, which may set cookies for all of
    // it, could have somebody end there what it has begun itself.
    let prefix = if is_encrypted(redirect) { "__Host-" } else { "" };
    // Two log-ins may be under way in one browser.
    let known = state.chars().filter(char::is_ascii_alphanumeric).take(8);
    prefix.chars().chain(COOKIE.chars()).chain(known).collect()
}

fn is_encrypted(redirect: &str) -> bool {
    redirect.starts_with("https://")
}

/// What keeps a cookie, or takes it away.
fn cookie(site: &Site, redirect: &str, name: &str, value: Option<&str>) -> Result<HeaderValue, Error> {
    let own = format!("{}{API_PREFIX}/auth/oidc", site.public_url.as_ref().map_or("", PublicUrl::path));
    let (path, secure) = if is_encrypted(redirect) { ("/", "; Secure") } else { (own.as_str(), "") };
    let (value, age) = value.map_or(("", 0), |value| (value, AWAY_S));
    let cookie = format!("{name}={value}; Path={path}; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(cookie).map_err(|error| Error::Internal(error.to_string()))
}

/// What the browser has kept under this name.
fn cookies<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

fn open(site: &Site, sealed: &str) -> Option<Away> {
    serde_json::from_slice(&site.keys.open(SEALED_FOR, sealed).ok()?).ok()
}

/// What a page is told behind `#`, where no server and no log sees it: the tokens, or what stands against them.
fn told(outcome: Result<Vec<u8>, Error>) -> Result<String, Error> {
    let mut told = form_urlencoded::Serializer::new(String::new());
    match outcome {
        Ok(pair) => {
            let pair: serde_json::Map<String, serde_json::Value> =
                serde_json::from_slice(&pair).map_err(|error| Error::Internal(error.to_string()))?;
            for (name, value) in &pair {
                told.append_pair(name, value.as_str().unwrap_or(&value.to_string()));
            }
        }
        Err(Error::SecondFactor { ticket }) => {
            told.append_pair("error", "totp_required");
            told.append_pair("ticket", &ticket.unwrap_or_default());
        }
        Err(error) => {
            let status = problem::status_of(&error);
            let word = status.canonical_reason().unwrap_or("error").to_ascii_lowercase().replace(' ', "_");
            told.append_pair("error", &word);
            if !status.is_server_error() {
                told.append_pair("error_description", &error.to_string());
            }
        }
    }
    Ok(told.finish())
}

fn leading_to(status: StatusCode, url: &str) -> Result<Reply, Error> {
    let url = HeaderValue::try_from(url).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(quiet(Reply::without_body(status).header(header::LOCATION, url)))
}

/// What nobody keeps, and no other page is told of.
fn quiet(reply: Reply) -> Reply {
    let reply = reply.header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply.header(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_to_pages_that_the_settings_name_alone() {
        let elsewhere = Elsewhere {
            providers: Providers::new(Vec::new()),
            origins: vec!["https://app.example".to_owned(), "http://localhost:3000".to_owned()],
        };
        for (page, expected) in [
            ("https://app.example", "https://app.example/"),
            ("https://APP.example:443/a?b=c", "https://app.example/a?b=c"),
            ("http://localhost:3000/x", "http://localhost:3000/x"),
            ("http:localhost:3000/x", "http://localhost:3000/x"),
            ("https://app.example/\u{e9}", "https://app.example/%C3%A9"),
        ] {
            assert_eq!(elsewhere.page(page).as_deref(), Some(expected), "{page}");
        }
        for page in [
            "http://app.example/",
            "https://app.example.evil.example/",
            "https://app.example@evil.example/",
            "https://u@app.example/",
            "https://app.example/#x",
            "https://evil.example/https://app.example",
            "//app.example/",
            "javascript:alert(1)//https://app.example",
            "http://localhost:3001/",
            "/x",
            "https://app.example\\@evil.example",
            "https://app.example/\r\nx: 1",
            "https://app.example/\u{1}",
            "https://app.example/\u{7f}",
            "https://app\t.example/",
            " https://app.example/",
            &format!("https://app.example/{}", "a".repeat(MAX_RETURN_TO)),
            "",
        ] {
            assert_eq!(elsewhere.page(page), None, "{page}");
        }
    }

    #[test]
    fn a_page_is_told_of_faults_of_the_server_no_more_than_that() {
        let told = |outcome| told(outcome).unwrap();
        assert_eq!(told(Ok(br#"{"access_token":"a.b","expires_in":900}"#.to_vec())), "access_token=a.b&expires_in=900");
        assert_eq!(told(Err(Error::Internal("secret".into()))), "error=internal_server_error");
        assert_eq!(told(Err(Error::Conflict("a b".into()))), "error=conflict&error_description=a+b");
        assert_eq!(told(Err(Error::SecondFactor { ticket: Some("t+=".into()) })), "error=totp_required&ticket=t%2B%3D");
    }

    #[test]
    fn the_cookie_of_a_log_in_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=b; fasttrack_oidc_x=1=="));
        headers.append(header::COOKIE, HeaderValue::from_static("fasttrack_oidc_y=2"));
        assert_eq!(cookies(&headers, "fasttrack_oidc_x"), Some("1=="));
        assert_eq!(cookies(&headers, "fasttrack_oidc_y"), Some("2"));
        assert_eq!(cookies(&headers, "fasttrack_oidc_"), None);
        assert_eq!(cookie_name("http://x.example/", "ab-_c;d=efghij"), "fasttrack_oidc_abcdefgh");
        assert_eq!(cookie_name("https://x.example/", "ab"), "__Host-fasttrack_oidc_ab");
    }
}
