//! Tables of any size: CSV as spreadsheets and databases write it, a row at a time, with the bytes of each row
//! as they stood.

use std::{
    fs::File,
    io::{self, Cursor, Read},
    path::Path,
};

use anyhow::{Context, bail};
use clap::Args;
use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};

use crate::identity::Identifier;

/// How much is looked at to find out how the table is written, and read at once.
const HEAD_BYTES: usize = 64 * 1024;
/// A longer row is a quote that is never closed.
const LONGEST_ROW: usize = 1024 * 1024;
const BOM: &[u8] = b"\xef\xbb\xbf";
/// What may stand between columns, the likeliest first.
const DELIMITERS: &[u8] = b",;\t|";
/// Names of a column of numbers, folded, when none is given.
const NUMBER_COLUMNS: &[&str] = &[
    "identifier",
    "phone",
    "number",
    "phone number",
    "phone_number",
    "msisdn",
    "wa_id",
    "whatsapp",
    "mobile",
    "telefono",
    "teléfono",
    "celular",
    "numero",
    "número",
    "telefone",
    "telefon",
    "handynummer",
];

/// How a table is written.
#[derive(Args, Clone, Default)]
pub(super) struct TableArgs {
    /// The column with the number: its name, or its place from 1. Without it, the only one, or one called
    /// phone, number, identifier, msisdn, whatsapp …
    #[arg(long, value_name = "NAME|N")]
    column: Option<String>,
    /// What stands between columns: one character, or `tab`. Without it, found out from the first line.
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<String>,
    /// The first line is a row like the others.
    #[arg(long)]
    no_header: bool,
}

/// A table that is being read.
pub(super) struct Table {
    reader: Reader<Recorder>,
    /// The first line, unless it is a row like the others.
    pub(super) header: Option<Row>,
    /// What stands between columns.
    pub(super) delimiter: u8,
    /// The first row, when it had to be read to know its columns.
    first: Option<Row>,
}

/// A row.
#[derive(Default, Clone)]
pub(super) struct Row {
    /// Its cells, without quotes.
    pub(super) cells: ByteRecord,
    /// Its bytes as they stood, with the end of the line.
    pub(super) raw: Vec<u8>,
    /// Where it begins, from 1.
    pub(super) line: u64,
}

impl Row {
    /// A cell as text; empty when the row is shorter.
    pub(super) fn cell(&self, index: usize) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.cells.get(index).unwrap_or_default())
    }
}

/// Where a table comes from.
pub(super) struct Input {
    source: Box<dyn Read>,
    /// In bytes, where it is known.
    pub(super) length: Option<u64>,
}

impl Input {
    /// Opens a file; `-` is standard input.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self { source: Box::new(io::stdin()), length: None });
        }
        let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let known = file.metadata()?;
        if known.is_dir() {
            bail!("{} is a folder; name a file", path.display());
        }
        let length = known.is_file().then_some(known.len());
        Ok(Self { source: Box::new(file), length })
    }

    /// The source itself.
    pub(super) fn into_source(self) -> Box<dyn Read> {
        self.source
    }
}

impl Table {
    /// Begins to read: finds out how the table is written, and reads its header.
    pub(super) fn open(input: Input, arguments: &TableArgs) -> anyhow::Result<Self> {
        let mut source = input.source;
        let mut head = Vec::with_capacity(HEAD_BYTES);
        source.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
            bail!("this is UTF-16, as Excel's \"Unicode text\" is; save it as CSV UTF-8");
        }
        let begin = if head.starts_with(BOM) { BOM.len() } else { 0 };
        let sample = head.get(begin..).unwrap_or_default();
        let delimiter = match &arguments.delimiter {
            Some(wanted) => read_delimiter(wanted)?,
            None => guess_delimiter(sample),
        };
        // `\r\n` ends lines as `\n` does; the `\r` is taken off the last cell.
        let end = if sample.contains(&b'\n') || !sample.contains(&b'\r') { b'\n' } else { b'\r' };
        let mut start = Cursor::new(head);
        start.set_position(begin as u64);
        let recorder = Recorder { source: Box::new(start.chain(source)), kept: Vec::new(), given: 0 };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .terminator(Terminator::Any(end))
            .buffer_capacity(HEAD_BYTES)
            .from_reader(recorder);
        let mut table = Self { reader, header: None, delimiter, first: None };
        let mut row = Row::default();
        if table.next(&mut row)? {
            if arguments.no_header {
                table.first = Some(row);
            } else {
                if begin > 0 {
                    row.raw.splice(..0, BOM.iter().copied());
                }
                table.header = Some(row);
            }
        }
        Ok(table)
    }

    /// Reads the next row; false at the end. Empty lines are passed over.
    pub(super) fn next(&mut self, row: &mut Row) -> anyhow::Result<bool> {
        if let Some(first) = self.first.take() {
            *row = first;
            return Ok(true);
        }
        loop {
            let from = self.reader.position().byte();
            if !self.reader.read_byte_record(&mut row.cells)? {
                return Ok(false);
            }
            let length = self.reader.position().byte() - from;
            row.line = row.cells.position().map_or(0, csv::Position::line);
            self.reader.get_mut().give(length, &mut row.raw);
            if !trim_return(&mut row.cells) {
                return Ok(true);
            }
        }
    }

    /// The index of the column with the number.
    pub(super) fn number_column(&self, arguments: &TableArgs) -> anyhow::Result<usize> {
        let first = self.header.as_ref().or(self.first.as_ref());
        let Some(first) = first else { return Ok(0) };
        let index = match (&arguments.column, &self.header) {
            (Some(wanted), header) => {
                let named = header.as_ref().and_then(|header| column(header, &[wanted]));
                let place = wanted.parse::<usize>().ok().and_then(|place| place.checked_sub(1));
                let place = place.filter(|place| *place < first.cells.len());
                named.or(place).with_context(|| {
                    let have =
                        header.as_ref().map_or_else(String::new, |header| format!(": {}", names(header)));
                    format!("there is no such column; the table has {}{have}", first.cells.len())
                })?
            }
            (None, _) if first.cells.len() == 1 => 0,
            (None, Some(header)) => column(header, NUMBER_COLUMNS).with_context(|| {
                format!("which column has the number? Give --column; there are: {}", names(header))
            })?,
            (None, None) => bail!("which column has the number? Give its place, as in --column 2"),
        };
        // A header that is a number would be let through as a header.
        if let Some(header) = &self.header
            && Identifier::read_typed(&header.cell(index), None).is_ok()
        {
            bail!("the first line has a number where the column's name should be; give --no-header");
        }
        Ok(index)
    }
}

/// The index of the first column that has one of these names, however they are written.
pub(super) fn column(header: &Row, wanted: &[&str]) -> Option<usize> {
    let fold = |text: &str| text.trim().to_lowercase();
    let names: Vec<String> = (0..header.cells.len()).map(|index| fold(&header.cell(index))).collect();
    wanted.iter().find_map(|wanted| names.iter().position(|name| *name == fold(wanted)))
}

/// The columns' names, for an error. What has digits in it may be data and is left out.
fn names(header: &Row) -> String {
    let shown = |index| {
        let name = header.cell(index);
        if name.chars().any(char::is_numeric) || name.len() > 40 {
            "…".to_owned()
        } else {
            name.trim().to_owned()
        }
    };
    (0..header.cells.len()).map(shown).collect::<Vec<_>>().join(", ")
}

/// Takes a `\r` off the last cell; true when nothing else is in the row.
fn trim_return(cells: &mut ByteRecord) -> bool {
    let Some(last) = cells.len().checked_sub(1) else { return true };
    let Some(rest) = cells.get(last).and_then(|cell| cell.strip_suffix(b"\r")).map(<[u8]>::to_vec) else {
        return last == 0 && cells.get(0) == Some(b"");
    };
    cells.truncate(last);
    cells.push_field(&rest);
    last == 0 && rest.is_empty()
}

fn read_delimiter(wanted: &str) -> anyhow::Result<u8> {
    match wanted.as_bytes() {
        b"tab" | b"\\t" => Ok(b'\t'),
        [one] if one.is_ascii() && !one.is_ascii_alphanumeric() && !b"\"\r\n+".contains(one) => Ok(*one),
        _ => bail!("--delimiter takes one character, as in --delimiter ';', or tab"),
    }
}

/// What stands most often between the cells of the first line that is not empty.
fn guess_delimiter(sample: &[u8]) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let (mut quoted, mut begun) = (false, false);
    for byte in sample {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted && begun => break,
            b'\n' | b'\r' => continue,
            _ if quoted => {}
            _ => {
                if let Some(count) =
                    DELIMITERS.iter().position(|one| one == byte).and_then(|at| counts.get_mut(at))
                {
                    *count += 1;
                }
            }
        }
        begun = true;
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let likeliest = DELIMITERS.iter().zip(counts).find(|(_, count)| *count == most && most > 0);
    likeliest.map_or(b',', |(delimiter, _)| *delimiter)
}

/// Keeps what was read until its row is known.
struct Recorder {
    source: Box<dyn Read>,
    kept: Vec<u8>,
    /// How much of `kept` was given out.
    given: usize,
}

impl Recorder {
    /// Gives out the next bytes.
    fn give(&mut self, length: u64, to: &mut Vec<u8>) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let end = self.given.saturating_add(length).min(self.kept.len());
        to.clear();
        to.extend_from_slice(self.kept.get(self.given..end).unwrap_or_default());
        self.given = end;
    }
}

impl Read for Recorder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.kept.drain(..self.given);
        self.given = 0;
        if self.kept.len() > LONGEST_ROW {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a row is longer than 1 MiB; a quote is not closed, or this is not a table",
            ));
        }
        let length = self.source.read(buffer)?;
        self.kept.extend_from_slice(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }
}

/// The kind of a file by its name's end, in lower case.
pub(super) fn extension(path: &Path) -> String {
    path.extension().map(|end| end.to_string_lossy().to_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &[u8], arguments: &TableArgs) -> Table {
        let source: Box<dyn Read> = Box::new(Cursor::new(text.to_vec()));
        Table::open(Input { source, length: None }, arguments).unwrap()
    }

    fn rows(table: &mut Table) -> Vec<(u64, Vec<String>, String)> {
        let (mut row, mut rows) = (Row::default(), Vec::new());
        while table.next(&mut row).unwrap() {
            let cells = (0..row.cells.len()).map(|index| row.cell(index).into_owned()).collect();
            rows.push((row.line, cells, String::from_utf8_lossy(&row.raw).into_owned()));
        }
        rows
    }

    #[test]
    fn rows_keep_their_bytes() {
        let text = b"\xef\xbb\xbfname;phone\r\n\"a;\nb\";\"1\"\r\n\r\nc;2;more\r\nlast;3";
        let mut table = table(text, &TableArgs::default());
        assert_eq!(table.delimiter, b';');
        assert_eq!(table.header.as_ref().unwrap().raw, b"\xef\xbb\xbfname;phone\r\n");
        assert_eq!(table.number_column(&TableArgs::default()).unwrap(), 1);
        let found = rows(&mut table);
        let cells: Vec<_> = found.iter().map(|(_, cells, _)| cells.clone()).collect();
        assert_eq!(cells, [vec!["a;\nb", "1"], vec!["c", "2", "more"], vec!["last", "3"]]);
        let raw: Vec<_> = found.iter().map(|(_, _, raw)| raw.as_str()).collect();
        assert_eq!(raw, ["\"a;\nb\";\"1\"\r\n", "c;2;more\r\n", "last;3"]);
        assert_eq!(found.iter().map(|(line, ..)| *line).collect::<Vec<_>>(), [2, 5, 6]);
    }

    #[test]
    fn delimiters_are_found_outside_quotes() {
        assert_eq!(guess_delimiter(b"\n\n\"a;b;c\",d\n;;;"), b',');
        assert_eq!(guess_delimiter(b"a\tb\n"), b'\t');
        assert_eq!(guess_delimiter(b"phone\n+1,2,3"), b',');
        assert_eq!(read_delimiter("tab").unwrap(), b'\t');
        assert!(read_delimiter("ab").is_err() && read_delimiter("\"").is_err());
    }

    #[test]
    fn columns_are_found_by_name_and_place_and_never_guessed_from_data() {
        let with = |column: &str| TableArgs { column: Some(column.to_owned()), ..TableArgs::default() };
        let found = |text: &[u8], arguments: &TableArgs| table(text, arguments).number_column(arguments);
        assert_eq!(found(b"id,Tel\xc3\xa9fono\n", &TableArgs::default()).unwrap(), 1);
        assert_eq!(found(b"id,x\n", &with("2")).unwrap(), 1);
        assert_eq!(found(b"2,1\n", &with("2")).unwrap(), 0);
        assert!(found(b"id,x\n", &with("3")).is_err());
        assert!(found(b"id,x\n", &TableArgs::default()).is_err());
        let error = found(b"ana,5215512345678\n", &with("2")).unwrap_err().to_string();
        assert!(error.contains("--no-header") && !error.contains("5215"), "{error}");
        let bare = TableArgs { no_header: true, ..with("2") };
        let mut bare_table = table(b"ana,5215512345678\n", &bare);
        assert_eq!(bare_table.number_column(&bare).unwrap(), 1);
        assert_eq!(rows(&mut bare_table).len(), 1);
    }

    #[test]
    fn a_quote_that_is_never_closed_does_not_fill_the_memory() {
        let mut text = b"phone\n\"".to_vec();
        text.resize(3 * LONGEST_ROW, b'x');
        let mut table = table(&text, &TableArgs::default());
        let error = table.next(&mut Row::default()).unwrap_err().to_string();
        assert!(error.contains("1 MiB"), "{error}");
    }
}
