//! A collector that keeps what it is sent: as much of OTLP over HTTP as an exporter needs.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use serde_json::Value;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A span of a delivery in JSON.
#[derive(Debug, Clone)]
pub(crate) struct Span(Value);

/// A running collector; it ends with the process.
pub(crate) struct Collector {
    address: String,
    deliveries: Arc<Mutex<Vec<Delivery>>>,
}

impl Collector {
    /// Starts one on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let deliveries = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&deliveries);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let deliveries = Arc::clone(&shared);
                thread::spawn(move || converse(&stream, &deliveries));
            }
        });
        Self { address, deliveries }
    }

    /// Its address as `OTEL_EXPORTER_OTLP_ENDPOINT` has it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that came so far.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All spans of deliveries in JSON.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let documents =
            self.deliveries().into_iter().filter_map(|delivery| serde_json::from_slice(&delivery.body).ok());
        let of = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
        documents
            .flat_map(|document: Value| of(&document, "resourceSpans"))
            .flat_map(|resource| of(&resource, "scopeSpans"))
            .flat_map(|scope| of(&scope, "spans"))
            .map(Span)
            .collect()
    }
}

impl Span {
    pub(crate) fn get(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    /// The kind and the code of the status, by number.
    pub(crate) fn kind_and_status(&self) -> (u64, u64) {
        (self.0["kind"].as_u64().unwrap_or_default(), self.0["status"]["code"].as_u64().unwrap_or_default())
    }

    /// The value of an attribute, as text.
    pub(crate) fn attribute(&self, key: &str) -> Option<String> {
        let all = self.0["attributes"].as_array()?;
        let value = &all.iter().find(|attribute| attribute["key"] == key)?["value"];
        let value = value.as_object()?.values().next()?;
        Some(value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
    }
}

/// Answers every request that the connection brings.
fn converse(stream: &TcpStream, deliveries: &Mutex<Vec<Delivery>>) {
    let mut reader = BufReader::new(stream);
    while let Some(delivery) = read(&mut reader) {
        deliveries.lock().unwrap_or_else(PoisonError::into_inner).push(delivery);
        let mut writer = stream;
        if writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Delivery> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Delivery { target, headers, body })
}
