//! Requests that name a version or a key, and those that come together: they may tell no more than the others do.

use fasttrack::schema::Model;
use serde_json::{Value, json};

use super::asking::Asking;

impl Asking {
    /// The version that each world tells of a row; one that is none where it tells none.
    fn versions(&self, row: &str) -> [String; 2] {
        [0, 1].map(|world| {
            let reply = self.client(world).get(row).send();
            reply.header("etag").unwrap_or("\"none\"").to_owned()
        })
    }

    /// Asks for a row, or changes it, in a version: the one that he was told, any, or one that he makes up.
    pub(super) fn ask_in_a_version(&mut self, row: &str, model: &Model) {
        let told = self.versions(row);
        let versions = match self.random.below(4) {
            0 | 1 => told,
            2 => ["*", "*"].map(str::to_owned),
            _ => ["\"x\"", "\"x\""].map(str::to_owned),
        };
        let header = if self.random.one_in(3) { "if-none-match" } else { "if-match" };
        match self.random.below(5) {
            0 | 1 => _ = self.ask_with("GET", [row; 2], None, Some((header, &versions))),
            2 | 3 => {
                let body = self.body(model, false);
                self.ask_with("PATCH", [row; 2], Some(&body), Some((header, &versions)));
            }
            _ => _ = self.ask_with("DELETE", [row; 2], None, Some((header, &versions))),
        }
    }

    /// Sends a request with a key, and then the same once more.
    pub(super) fn ask_once(&mut self, row: &str, model: &Model) {
        let key = format!("key {}", self.asked);
        let keys = [key.clone(), key];
        let collections = self.collections(model);
        let (method, path, body) = match self.random.below(5) {
            0 | 1 => ("POST", self.random.of(&collections), Some(self.body(model, true))),
            2 | 3 => ("PATCH", row.to_owned(), Some(self.body(model, false))),
            _ => ("DELETE", row.to_owned(), None),
        };
        for _ in 0..2 {
            self.ask_with(method, [&path; 2], body.as_ref(), Some(("idempotency-key", &keys)));
        }
    }

    /// Sends some operations together.
    pub(super) fn ask_together(&mut self) {
        let catalog = self.worlds[0].app.layers().catalog.clone();
        let operations: Vec<_> = (0..=self.random.below(4))
            .map(|place| {
                let model = &catalog.models()[self.random.below(catalog.models().len())];
                let row = if place > 0 && self.random.one_in(4) {
                    format!("/{}/${}.id", model.schema.plural, place - 1)
                } else {
                    self.random_row(model)
                };
                match self.random.below(8) {
                    0..3 => json!({ "method": "GET", "path": row }),
                    3..5 => json!({ "method": "PATCH", "path": row, "body": self.body(model, false) }),
                    5..7 => {
                        let collections = self.collections(model);
                        let path = self.random.of(&collections);
                        json!({ "method": "POST", "path": path, "body": self.body(model, true) })
                    }
                    _ => json!({ "method": "DELETE", "path": row }),
                }
            })
            .collect();
        self.ask("POST", ["/batch"; 2], Some(&json!({ "operations": operations })));
    }
}

/// A body without the versions of rows in it.
pub(super) fn without_versions(text: &str) -> String {
    let Ok(mut body) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    let results = body["results"].as_array_mut();
    if results.is_none() || !text.contains("\"etag\":") {
        return text.to_owned();
    }
    for result in results.into_iter().flatten() {
        if let Some(etag) = result.get_mut("etag") {
            etag.take();
        }
    }
    body.to_string()
}
