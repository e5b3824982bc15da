//! Arguments and results as they travel.
//!
//! Arguments go as text, of a type that the server infers: so the same number serves an integer, a flag and a fraction,
//! and the same text a word and an instant. Results come in binary, and are read by their type.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use tokio_postgres::{
    Row as DriverRow,
    types::{Format, FromSql, IsNull, ToSql, Type, to_sql_checked},
};

use super::super::{Arg, Cell, DbError, Row};

type Unreadable = Box<dyn Error + Sync + Send>;

impl ToSql for Arg {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Unreadable> {
        let Some(text) = self.text() else { return Ok(IsNull::Yes) };
        out.put_slice(text.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Cell {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Unreadable> {
        Ok(match *kind {
            Type::BOOL => Self::Int(bool::from_sql(kind, raw)?.into()),
            Type::INT2 => Self::Int(i16::from_sql(kind, raw)?.into()),
            Type::INT4 => Self::Int(i32::from_sql(kind, raw)?.into()),
            Type::INT8 => Self::Int(i64::from_sql(kind, raw)?),
            Type::OID => Self::Int(u32::from_sql(kind, raw)?.into()),
            Type::FLOAT4 => Self::Float(f32::from_sql(kind, raw)?.into()),
            Type::FLOAT8 => Self::Float(f64::from_sql(kind, raw)?),
            Type::TEXT
            | Type::VARCHAR
            | Type::BPCHAR
            | Type::NAME
            | Type::CHAR
            | Type::UNKNOWN
            | Type::JSON
            | Type::BYTEA => Self::Bytes(raw.to_vec()),
            // What a function answers that answers nothing.
            Type::VOID => Self::Null,
            _ => return Err(format!("the type {kind} is not read").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Unreadable> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Reads a row.
///
/// # Errors
/// [`DbError::Other`], naming the column, for a type that is not read.
pub(super) fn row(row: &DriverRow) -> Result<Row, DbError> {
    let cells = row.columns().iter().enumerate().map(|(index, column)| {
        row.try_get(index).map_err(|_| {
            let (name, kind) = (column.name(), column.type_());
            DbError::Other(format!("column {index} ({name}) has the type {kind}, which is not read: cast it to text"))
        })
    });
    cells.collect::<Result<_, _>>().map(Row)
}
