//! Files: what a row says of one. Its bytes lie elsewhere, under a key that nobody is shown.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    FieldType, Kind,
    facts::{Facts, Fill, Order, Storage, Unfit},
};
use crate::db::Arg;

/// A file that belongs to a row: what is known of its bytes, which come and go by `PUT`, `GET` and `DELETE` on
/// `/…/{id}/{field}`. Always an `Option`, since a row is there before its file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct File {
    /// The name that its client gave it, without folders; or one made of the field's name and the type.
    pub name: String,
    /// Its media type, as its first bytes say.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Its length.
    pub bytes: u64,
    /// The SHA-256 of its bytes, in lower-case hexadecimal digits.
    pub sha256: String,
    /// Where its bytes are read, by who may read the row; absolute where the server knows its `PUBLIC_URL`.
    pub url: String,
}

impl FieldType for File {
    const KIND: Kind = Kind::File;
}

pub(super) const FILE: Facts = Facts {
    order: Order::Unspoken,
    is_automatic: true,
    is_apart: true,
    fill: Fill::Nothing,
    noun: "a file",
    words: |_| "file".to_owned(),
    json_schema: |_| {
        json!({
            "type": "object",
            "required": ["name", "type", "bytes", "sha256", "url"],
            "properties": {
                "name": { "type": "string", "description": "Its name, without folders." },
                "type": { "type": "string", "description": "Its media type, as its first bytes say." },
                "bytes": { "type": "integer", "format": "int64", "minimum": 1, "description": "Its length." },
                "sha256": {
                    "type": "string",
                    "pattern": "^[0-9a-f]{64}$",
                    "description": "The SHA-256 of its bytes.",
                },
                "url": { "type": "string", "format": "uri-reference", "description": "Where its bytes are read." },
            },
        })
    },
    described: |_, named| Some(format!("The {} of the {}, or null while there is none.", named.field, named.row)),
    examples: &[],
    refused: &[("{}", "not_here"), (r#""x.png""#, "not_here"), ("null", "null")],
    ..Facts::new(Storage::Json, |_, _, _| Unfit::new("not_here", "is sent with PUT to a path of its own"))
};

/// A file as its row has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct StoredFile {
    /// Its name.
    pub name: String,
    /// Its media type.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// What its bytes lie under, which nobody is shown.
    pub key: String,
}

impl StoredFile {
    /// Reads what a column holds; `None` where that is null.
    #[must_use]
    pub fn read(value: &Arg) -> Option<Self> {
        if let Arg::Text(text) = value { serde_json::from_str(text).ok() } else { None }
    }

    /// What a column holds of it.
    ///
    /// # Errors
    /// Never for what there is: what is written is text and a number.
    pub fn write(&self) -> Result<Arg, serde_json::Error> {
        serde_json::to_string(self).map(Arg::Text)
    }

    /// Whether both are one file to whoever looks at them, wherever their bytes lie.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        (&self.name, &self.media_type, self.bytes, &self.sha256)
            == (&other.name, &other.media_type, other.bytes, &other.sha256)
    }

    /// What its row shows, where its bytes are read at this address.
    #[must_use]
    pub fn shown(self, url: String) -> File {
        let Self { name, media_type, bytes, sha256, key: _ } = self;
        File { name, media_type, bytes, sha256, url }
    }

    /// What is told of it where it has no address any more.
    #[must_use]
    pub fn told(&self) -> String {
        let Self { name, media_type, bytes, sha256, key: _ } = self;
        json!({ "name": name, "type": media_type, "bytes": bytes, "sha256": sha256 }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_for_the_column_alone() {
        let file = StoredFile {
            name: "a \"b\".png".to_owned(),
            media_type: "image/png".to_owned(),
            bytes: 3,
            sha256: "00".repeat(32),
            key: "0a-7".to_owned(),
        };
        let written = file.write().unwrap();
        assert_eq!(StoredFile::read(&written), Some(file.clone()));
        assert_eq!(StoredFile::read(&Arg::Null), None);
        let other = StoredFile { key: "0b-7".to_owned(), ..file.clone() };
        assert!(other.is_like(&file) && other != file);
        assert!(!StoredFile { bytes: 4, ..file.clone() }.is_like(&file));
        assert!(!file.told().contains("0a-7"));
        let shown = serde_json::to_string(&file.shown("/x".to_owned())).unwrap();
        assert!(!shown.contains("0a-7") && shown.contains(r#""type":"image/png""#), "{shown}");
    }
}
