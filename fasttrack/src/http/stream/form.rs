//! In which form a list is answered: what `Accept` wants most (RFC 9110, section 12.5.1).

use salvo::http::{HeaderMap, header};

use super::super::grammar::{self, MediaType};

/// A form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Form {
    /// A page, as JSON.
    Page,
    /// The whole of it, a line of JSON for each row.
    Ndjson,
    /// The whole of it, as a table (RFC 4180).
    Csv,
}

/// All of them, the one first that is answered where no other is wanted more.
const FORMS: [(Form, &str, &str); 3] =
    [(Form::Page, "application", "json"), (Form::Ndjson, "application", "x-ndjson"), (Form::Csv, "text", "csv")];

impl Form {
    /// The form that is wanted most; a page where none is wanted, as on any other route.
    pub(in crate::http) fn wanted(headers: &HeaderMap) -> Self {
        if !headers.contains_key(header::ACCEPT) {
            return Self::Page;
        }
        let ranges: Vec<_> = grammar::list(headers, &header::ACCEPT).filter_map(MediaType::parse).collect();
        let mut best = (Self::Page, 0);
        for (form, kind, subtype) in FORMS {
            let quality = grammar::quality(&ranges, kind, subtype).unwrap_or_default();
            if quality > best.1 {
                best = (form, quality);
            }
        }
        best.0
    }

    /// What the header says.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Page => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// What the name of a file ends with.
    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Page => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }
}

#[cfg(test)]
mod tests {
    use salvo::http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(lines: &[&'static str], expected: Form) {
        let lines = lines.iter().map(|line| (header::ACCEPT, HeaderValue::from_static(line)));
        assert_eq!(Form::wanted(&lines.collect()), expected);
    }

    #[test]
    fn json_is_preferred_where_nothing_is_wanted_more() {
        for accept in [
            &[][..],
            &[""],
            &["*/*"],
            &["application/*"],
            &["application/json, text/csv"],
            &["text/csv;q=0.9, application/json"],
            &["text/csv;q=0.5, application/*;q=0.5"],
            &["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"],
            &["text/csv;q=0"],
            &["image/png"],
            &["text/csv x"],
            &["text/csv;q=2"],
        ] {
            check(accept, Form::Page);
        }
    }

    #[test]
    fn what_is_wanted_more_is_answered() {
        check(&["text/csv"], Form::Csv);
        check(&["Text/CSV; header=present"], Form::Csv);
        check(&["text/csv, */*;q=0.8"], Form::Csv);
        check(&["application/json;q=0.1", "text/csv;q=0.2"], Form::Csv);
        check(&["text/*"], Form::Csv);
        check(&["application/x-ndjson"], Form::Ndjson);
        check(&["application/x-ndjson, text/csv"], Form::Ndjson);
        check(&["application/x-ndjson;q=0.5, text/csv"], Form::Csv);
        check(&["*/*, application/json;q=0.9"], Form::Ndjson);
        check(&["application/json;q=0, */*;q=0.001"], Form::Ndjson);
    }
}
