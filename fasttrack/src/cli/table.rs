//! Tables on standard output: with lines and as wide as the terminal, plain where they are piped.

use std::io;

use comfy_table::{ContentArrangement, Table, presets};
use terminal_size::Width;

/// A table of rows of equally many cells, as this terminal, or a pipe, likes it.
pub(in crate::cli) fn table<const N: usize>(header: &[&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    match terminal_size::terminal_size_of(io::stdout()) {
        Some((Width(columns), _)) => {
            table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(columns);
        }
        None => {
            table.load_style(presets::NOTHING);
        }
    }
    table.set_header(header.to_vec());
    table.add_rows(rows);
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
