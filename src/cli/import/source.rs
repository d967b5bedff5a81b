//! Rows from a file: CSV by its columns' names, or one JSON object a line.

use std::io::{BufRead, BufReader, Read};

use anyhow::bail;
use serde_json::{Map, Value};

use super::row::{Cells, Refusal};
use crate::cli::{
    spreadsheet::unescape,
    table::{Input, Row, Table, TableArgs},
};

const BUFFER_BYTES: usize = 256 * 1024;
/// A longer line is no row.
const LONGEST_LINE: u64 = 1024 * 1024;

/// Where rows come from.
pub(super) enum Source {
    Csv { table: Box<Table>, row: Row, columns: Vec<(usize, String)> },
    Jsonl { input: Box<dyn BufRead>, line: u64 },
}

/// A row as it was found.
pub(super) struct Found {
    /// Where it begins, from 1.
    pub(super) line: u64,
    /// How long it is, bytes.
    pub(super) bytes: usize,
    pub(super) cells: Result<Cells, Refusal>,
}

impl Source {
    /// CSV, whose columns are known by their names.
    pub(super) fn csv(input: Input, arguments: &TableArgs) -> anyhow::Result<Self> {
        let table = Table::open(input, arguments)?;
        let number = table.number_column(arguments)?;
        let mut columns = vec![(number, "identifier".to_owned())];
        if let Some(header) = &table.header {
            for index in (0..header.cells.len()).filter(|index| *index != number) {
                let name = header.cell(index).trim().to_lowercase();
                let mut known = Cells::default();
                if known.by_name(&name).is_some() && !columns.iter().any(|(_, other)| *other == name) {
                    columns.push((index, name));
                }
            }
        }
        // A second column of numbers does not take the place of the one that was chosen.
        columns.reverse();
        Ok(Self::Csv { table: Box::new(table), row: Row::default(), columns })
    }

    /// One JSON object a line.
    pub(super) fn jsonl(input: Input) -> Self {
        let input = Box::new(BufReader::with_capacity(BUFFER_BYTES, input.into_source()));
        Self::Jsonl { input, line: 0 }
    }

    /// The next row; `None` at the end.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Found>> {
        match self {
            Self::Csv { table, row, columns } => {
                if !table.next(row)? {
                    return Ok(None);
                }
                let mut cells = Cells::default();
                for (index, name) in columns {
                    if let Some(cell) = cells.by_name(name) {
                        unescape(&row.cell(*index)).clone_into(cell);
                    }
                }
                Ok(Some(Found { line: row.line, bytes: row.raw.len(), cells: Ok(cells) }))
            }
            Self::Jsonl { input, line } => next_object(input.as_mut(), line),
        }
    }
}

fn next_object(input: &mut dyn BufRead, line: &mut u64) -> anyhow::Result<Option<Found>> {
    loop {
        let mut text = Vec::new();
        let bytes = input.take(LONGEST_LINE).read_until(b'\n', &mut text)?;
        if bytes == 0 {
            return Ok(None);
        }
        *line += 1;
        if bytes as u64 == LONGEST_LINE && !text.ends_with(b"\n") {
            if *line == 1 {
                bail!("the first line is longer than 1 MiB; this is not one JSON object a line");
            }
            pass_over_line(input)?;
            return Ok(Some(Found { line: *line, bytes, cells: Err(Refusal::Long) }));
        }
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text).trim_ascii();
        if !text.is_empty() {
            let object: Result<Map<String, Value>, _> = serde_json::from_slice(text);
            let cells = object.map_err(|_| Refusal::Json).map(|object| cells_of(&object));
            return Ok(Some(Found { line: *line, bytes, cells }));
        }
    }
}

fn pass_over_line(input: &mut dyn BufRead) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (length, ended) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(length);
        if ended {
            return Ok(());
        }
    }
}

fn cells_of(object: &Map<String, Value>) -> Cells {
    let mut cells = Cells::default();
    for (name, value) in object {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            // A list of identifiers may come as one.
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            Value::Null | Value::Bool(_) | Value::Object(_) => continue,
        };
        if let Some(cell) = cells.by_name(name) {
            *cell = text;
        }
    }
    cells
}
