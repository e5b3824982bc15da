//! A server that speaks as much of the protocol of S3 as an application asks for, checks what is signed, and fails when told.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use fasttrack::clock;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::encode;

/// The name of the bucket, and of the key that opens it.
const BUCKET: &str = "attic";
const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// How long it takes that is late: a request may take 12 s.
const LATE: Duration = Duration::from_secs(15);

/// What goes wrong with the next requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The connection is closed without an answer.
    Silence,
    /// It answers only after whoever has asked was told that it takes too long.
    Late,
    /// It asks to be left alone for a while.
    Busy,
    /// It has no room.
    Full,
    /// It breaks off in the middle of a file.
    BreaksOff,
    /// It has got other bytes than were sent.
    Corrupts,
}

/// A running server; it ends with the process.
pub(crate) struct Bucket {
    pub(crate) address: String,
    inside: Arc<Mutex<Inside>>,
}

#[derive(Default)]
struct Inside {
    objects: BTreeMap<String, Vec<u8>>,
    trouble: Vec<Trouble>,
    asked: Vec<String>,
}

/// A request.
struct Asked {
    method: String,
    path: String,
    query: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Bucket {
    /// Starts one on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let inside = Arc::new(Mutex::new(Inside::default()));
        let shared = Arc::clone(&inside);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inside = Arc::clone(&shared);
                thread::spawn(move || serve(&inside, stream));
            }
        });
        Self { address, inside }
    }

    /// The settings that lead to it.
    pub(crate) fn settings(&self) -> [(&'static str, String); 5] {
        [
            ("FILES", format!("s3://{BUCKET}/some/where")),
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ]
    }

    /// What lies there, by name.
    pub(crate) fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.inside.lock().unwrap().objects.clone()
    }

    /// Puts an object there past everybody.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        self.inside.lock().unwrap().objects.insert(name.to_owned(), bytes.to_vec());
    }

    /// Takes one out likewise.
    pub(crate) fn take_out(&self, name: &str) {
        self.inside.lock().unwrap().objects.remove(name);
    }

    /// Has the next requests go wrong, one after the other.
    pub(crate) fn trouble(&self, trouble: &[Trouble]) {
        self.inside.lock().unwrap().trouble = trouble.iter().rev().copied().collect();
    }

    /// What was asked so far, as method and path, and is forgotten with that.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.inside.lock().unwrap().asked)
    }
}

/// Answers what comes over a connection, until it is closed.
fn serve(inside: &Mutex<Inside>, stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut stream = stream;
    while let Some(asked) = read(&mut reader) {
        let trouble = {
            let mut inside = inside.lock().unwrap();
            inside.asked.push(format!("{} {}", asked.method, asked.path));
            inside.trouble.pop()
        };
        let answer = match trouble {
            Some(Trouble::Silence) => return,
            Some(Trouble::Busy) => refusal(503, "SlowDown"),
            Some(Trouble::Full) => refusal(507, "XMinioStorageFull"),
            Some(Trouble::Late) => {
                thread::sleep(LATE);
                answer(&mut inside.lock().unwrap(), &asked, false)
            }
            trouble => answer(&mut inside.lock().unwrap(), &asked, trouble == Some(Trouble::Corrupts)),
        };
        let cut = if trouble == Some(Trouble::BreaksOff) { answer.len() - answer.len() / 3 } else { answer.len() };
        if stream.write_all(&answer[..cut]).is_err() || cut < answer.len() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { method, path: path.to_owned(), query: query.to_owned(), headers, body })
}

fn answer(inside: &mut Inside, asked: &Asked, corrupts: bool) -> Vec<u8> {
    if let Err(code) = signed(asked) {
        return refusal(403, code);
    }
    let Some(name) = asked.path.strip_prefix(&format!("/{BUCKET}/")) else { return refusal(404, "NoSuchBucket") };
    match (asked.method.as_str(), name) {
        ("GET", "") => list(inside, &asked.query),
        ("GET", name) => match inside.objects.get(name) {
            Some(bytes) => part(bytes, asked.headers.get("range").map(String::as_str)),
            None => refusal(404, "NoSuchKey"),
        },
        ("PUT", _) if !asked.headers.contains_key("content-length") => refusal(411, "MissingContentLength"),
        ("PUT", name) => {
            let mut bytes = asked.body.clone();
            if corrupts {
                bytes[0] ^= 1;
            }
            let digest = STANDARD.encode(Sha256::digest(&bytes));
            if asked.headers.get("x-amz-checksum-sha256").is_some_and(|told| *told != digest) {
                return refusal(400, "BadDigest");
            }
            inside.objects.insert(name.to_owned(), bytes);
            reply(200, &[], b"")
        }
        ("DELETE", name) => {
            inside.objects.remove(name);
            reply(204, &[], b"")
        }
        _ => refusal(405, "MethodNotAllowed"),
    }
}

/// A page of the objects, whose names are encoded as a form has it.
fn list(inside: &Inside, query: &str) -> Vec<u8> {
    let of: HashMap<_, _> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let prefix = of.get("prefix").copied().unwrap_or_default().replace("%2F", "/");
    let limit: usize = of.get("max-keys").map_or(1_000, |limit| limit.parse().unwrap());
    let after = of.get("continuation-token").map(|token| token.replace("%2F", "/"));
    let mut found = inside.objects.keys().filter(|name| name.starts_with(&prefix));
    let mut page: Vec<_> = found.by_ref().filter(|name| after.as_ref().is_none_or(|after| *name > after)).collect();
    let is_truncated = page.len() > limit.min(1_000);
    page.truncate(limit.min(1_000));
    let mut text = format!(
        "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>{BUCKET}</Name>\
         <EncodingType>url</EncodingType><IsTruncated>{is_truncated}</IsTruncated>"
    );
    for name in &page {
        let (key, now) = (encode(name), clock::now());
        write!(text, "<Contents><Key>{key}</Key><LastModified>{now}</LastModified><Size>1</Size></Contents>").unwrap();
    }
    if let Some(last) = page.last().filter(|_| is_truncated) {
        write!(text, "<NextContinuationToken>{last}</NextContinuationToken>").unwrap();
    }
    reply(200, &[], (text + "</ListBucketResult>").as_bytes())
}

/// The bytes, or those that a range names.
fn part(bytes: &[u8], range: Option<&str>) -> Vec<u8> {
    let Some((first, last)) = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) else {
        return reply(200, &[], bytes);
    };
    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
    if first >= bytes.len() {
        return refusal(416, "InvalidRange");
    }
    let last = last.min(bytes.len() - 1);
    let range = format!("bytes {first}-{last}/{}", bytes.len());
    reply(206, &[("Content-Range", &range)], &bytes[first..=last])
}

fn refusal(status: u16, code: &str) -> Vec<u8> {
    let text = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>");
    reply(status, &[("Content-Type", "application/xml")], text.as_bytes())
}

fn reply(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {status} Whatever\r\n");
    for (name, value) in headers {
        write!(answer, "{name}: {value}\r\n").unwrap();
    }
    if status != 204 {
        write!(answer, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    [answer.as_bytes(), b"\r\n", body].concat()
}

/// Whether a request is signed as AWS Signature Version 4 has it (in the query, its body unsigned), by the one who has the
/// key; or else what S3 says of it.
fn signed(asked: &Asked) -> Result<(), &'static str> {
    let (signed, signature) = asked.query.rsplit_once("&X-Amz-Signature=").ok_or("AccessDenied")?;
    let of = |name: &str| signed.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let of = |name: &str| of(name).map(|value| value.replace("%2F", "/").replace("%3B", ";")).ok_or("AccessDenied");
    let date = of("X-Amz-Date")?;
    let scope = format!("{}/eu-central-1/s3/aws4_request", &date[..8]);
    if of("X-Amz-Credential")? != format!("{KEY_ID}/{scope}") || of("X-Amz-Algorithm")? != "AWS4-HMAC-SHA256" {
        return Err("InvalidAccessKeyId");
    }
    let names = of("X-Amz-SignedHeaders")?;
    let mut headers = String::new();
    for name in names.split(';') {
        writeln!(headers, "{name}:{}", asked.headers.get(name).ok_or("AccessDenied")?).unwrap();
    }
    let mut pairs: Vec<_> = signed.split('&').collect();
    pairs.sort_unstable();
    let (method, path) = (&asked.method, &asked.path);
    let request = format!("{method}\n{path}\n{}\n{headers}\n{names}\nUNSIGNED-PAYLOAD", pairs.join("&"));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(request.as_bytes())));
    let key = [&date[..8], "eu-central-1", "s3", "aws4_request"]
        .iter()
        .fold(format!("AWS4{SECRET}").into_bytes(), |key, part| keyed(&key, part.as_bytes()));
    if hex(&keyed(&key, text.as_bytes())) == signature { Ok(()) } else { Err("SignatureDoesNotMatch") }
}

fn keyed(key: &[u8], text: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key).expect("keys of any length").chain_update(text).finalize().into_bytes().to_vec()
}

/// In hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
