//! A provider of `OpenID` Connect: as much of it as an application asks for, and what it may get wrong.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Algorithm, encode, sign};

/// What an application is called there, and what it shows.
const CLIENT: (&str, &str) = ("tracker", "the secret of a client");

/// How a token is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signed {
    Well,
    ByAnother,
    /// By another, whose key stands in the token.
    WithItsOwn,
    WithNothing,
    WithTheSecret,
}

/// A running provider; it ends with the process.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    inside: Arc<Mutex<Inside>>,
}

struct Inside {
    issuer: String,
    key: (String, EcdsaKeyPair),
    signed: Signed,
    /// What a token says, beside what every one says, or instead.
    claims: Value,
    /// What is said of who a token is for, when it is asked: as the token says it, unless told.
    person: Option<Value>,
    last: Value,
    codes: HashMap<String, Granted>,
    is_down: bool,
    /// Whom it gives itself out for.
    poses_as: Option<String>,
    asked: Vec<String>,
}

/// What somebody has agreed to.
struct Granted {
    redirect: String,
    challenge: String,
    nonce: String,
    claims: Value,
}

impl Provider {
    /// Starts one on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let inside = Inside {
            issuer: issuer.clone(),
            key: ("one".into(), key()),
            signed: Signed::Well,
            claims: json!({}),
            person: None,
            last: json!({}),
            codes: HashMap::new(),
            is_down: false,
            poses_as: None,
            asked: Vec::new(),
        };
        let inside = Arc::new(Mutex::new(inside));
        let shared = Arc::clone(&inside);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inside = Arc::clone(&shared);
                thread::spawn(move || answer(&inside, stream));
            }
        });
        Self { issuer, inside }
    }

    /// `OIDC_PROVIDERS` with this one, called `here`.
    pub(crate) fn setting(&self) -> String {
        json!([self.named("here")]).to_string()
    }

    /// What `OIDC_PROVIDERS` says of this one, called so.
    pub(crate) fn named(&self, name: &str) -> Value {
        let (client_id, client_secret) = CLIENT;
        json!({ "name": name, "issuer": self.issuer, "client_id": client_id, "client_secret": client_secret })
    }

    /// Somebody who was led there logs in, and agrees: the query string with which he is sent back.
    pub(crate) fn agree(&self, location: &str, claims: &Value) -> String {
        let asked = query(location.split_once('?').expect("a query string").1);
        assert!(location.starts_with(&format!("{}/authorize?", self.issuer)), "{location}");
        let of = |name: &str| asked.get(name).unwrap_or_else(|| panic!("{name} in {location}")).clone();
        assert_eq!((of("response_type"), of("client_id")), ("code".into(), CLIENT.0.into()));
        assert_eq!(of("code_challenge_method"), "S256");
        assert!(of("scope").split(' ').any(|scope| scope == "openid"), "{location}");
        let mut inside = self.inside.lock().unwrap();
        let code = format!("code{}", inside.codes.len());
        let (redirect, challenge, nonce) = (of("redirect_uri"), of("code_challenge"), of("nonce"));
        inside.codes.insert(code.clone(), Granted { redirect, challenge, nonce, claims: claims.clone() });
        format!("code={code}&state={}&iss={}", encode(&of("state")), encode(&self.issuer))
    }

    /// Makes tokens so from now on.
    pub(crate) fn sign(&self, signed: Signed) {
        self.inside.lock().unwrap().signed = signed;
    }

    /// Has tokens say this beside the rest, or instead.
    pub(crate) fn claim(&self, claims: Value) {
        self.inside.lock().unwrap().claims = claims;
    }

    /// Says this of whom a token is for when it is asked.
    pub(crate) fn tell(&self, person: Value) {
        self.inside.lock().unwrap().person = Some(person);
    }

    /// Describes itself as another from now on.
    pub(crate) fn pose_as(&self, issuer: &str) {
        self.inside.lock().unwrap().poses_as = Some(issuer.to_owned());
    }

    /// Signs with another key from now on.
    pub(crate) fn rotate(&self) {
        self.inside.lock().unwrap().key = ("two".into(), key());
    }

    /// Answers nothing but faults from now on.
    pub(crate) fn go_down(&self) {
        self.inside.lock().unwrap().is_down = true;
    }

    /// Which paths were asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.inside.lock().unwrap().asked.iter().filter(|asked| *asked == path).count()
    }
}

fn key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).expect("a key")
}

/// A client that goes away ends the conversation.
fn answer(inside: &Mutex<Inside>, stream: TcpStream) -> Option<()> {
    let mut out = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (status, answer) = inside.lock().unwrap().answer(&target, &headers, &String::from_utf8(body).ok()?);
    let answer = answer.to_string();
    let head = format!(
        "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    );
    out.write_all((head + &answer).as_bytes()).ok()
}

impl Inside {
    fn answer(&mut self, target: &str, headers: &HashMap<String, String>, body: &str) -> (u16, Value) {
        self.asked.push(target.to_owned());
        if self.is_down {
            return (500, json!({}));
        }
        let issuer = &self.issuer;
        match target {
            "/.well-known/openid-configuration" => {
                let description = json!({
                    "issuer": self.poses_as.as_ref().unwrap_or(issuer),
                    "authorization_endpoint": format!("{issuer}/authorize"),
                    "token_endpoint": format!("{issuer}/token"),
                    "userinfo_endpoint": format!("{issuer}/userinfo"),
                    "jwks_uri": format!("{issuer}/keys"),
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
                });
                (200, description)
            }
            "/keys" => (200, json!({ "keys": [published(&self.key.1, &self.key.0)] })),
            "/token" => self.exchange(headers, &query(body)),
            "/userinfo" if headers.get("authorization").is_some_and(|token| token == "Bearer opaque") => {
                (200, self.person.clone().unwrap_or_else(|| self.last.clone()))
            }
            _ => (404, json!({})),
        }
    }

    /// What begins its tokens.
    fn header(&self) -> Value {
        json!({ "alg": "ES256", "typ": "JWT", "kid": self.key.0 })
    }

    fn exchange(&mut self, headers: &HashMap<String, String>, sent: &HashMap<String, String>) -> (u16, Value) {
        let (name, secret) = CLIENT;
        let expected = format!("Basic {}", STANDARD.encode(format!("{name}:{}", secret.replace(' ', "+"))));
        if headers.get("authorization") != Some(&expected) {
            return (401, json!({ "error": "invalid_client" }));
        }
        let of = |name: &str| sent.get(name).cloned().unwrap_or_default();
        let shown = URL_SAFE_NO_PAD.encode(Sha256::digest(of("code_verifier")));
        let granted = self.codes.remove(&of("code"));
        let Some(granted) =
            granted.filter(|granted| granted.redirect == of("redirect_uri") && granted.challenge == shown)
        else {
            return (400, json!({ "error": "invalid_grant" }));
        };
        self.last = granted.claims.clone();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
        let mut claims = json!({
            "iss": self.issuer, "aud": name, "iat": now, "exp": now + 300, "nonce": granted.nonce,
        });
        for more in [&granted.claims, &self.claims] {
            for (name, value) in more.as_object().expect("claims") {
                claims[name] = value.clone();
            }
        }
        let token = match self.signed {
            Signed::Well => by(&self.key.1, &self.header(), &claims),
            Signed::ByAnother => by(&key(), &self.header(), &claims),
            Signed::WithItsOwn => {
                let (own, mut header) = (key(), self.header());
                header["jwk"] = published(&own, &self.key.0);
                header["jku"] = json!(format!("{}/keys", self.issuer));
                by(&own, &header, &claims)
            }
            Signed::WithNothing => sign(&claims, Algorithm::None, b""),
            Signed::WithTheSecret => sign(&claims, Algorithm::Hs256, secret.as_bytes()),
        };
        (200, json!({ "access_token": "opaque", "token_type": "Bearer", "id_token": token }))
    }
}

/// A key that is called so, as it is published (RFC 7517).
fn published(key: &EcdsaKeyPair, name: &str) -> Value {
    let point = key.public_key().as_ref();
    let [x, y] = [&point[1..33], &point[33..]].map(|half| URL_SAFE_NO_PAD.encode(half));
    json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": name, "x": x, "y": y })
}

/// A token that is signed with this key.
fn by(key: &EcdsaKeyPair, header: &Value, claims: &Value) -> String {
    let text = [header.to_string(), claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let signature = key.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature");
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

/// What a query string or a form says.
pub(crate) fn query(text: &str) -> HashMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), decode(value))).collect()
}

fn decode(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next().expect("a digit"), bytes.next().expect("a digit")];
                u8::from_str_radix(std::str::from_utf8(&digits).expect("digits"), 16).expect("digits")
            }
            byte => byte,
        });
    }
    String::from_utf8(out).expect("UTF-8")
}
