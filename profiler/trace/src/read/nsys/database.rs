//! The database: opening, finding out what is in it, reading rows, and saying where it is damaged.

use std::borrow::Cow;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::read::ReadError;

/// Bytes of the header of a SQLite file (its format document, section 1.3).
const HEADER_BYTES: usize = 100;

/// An export, open for reading.
pub(super) struct Database {
    connection: Connection,
    /// The columns of each table.
    tables: FxHashMap<String, FxHashSet<String>>,
    page_bytes: u64,
    /// Bytes that the header says there are.
    bytes: u64,
}

impl Database {
    pub(super) fn open(path: &Path) -> Result<Self, ReadError> {
        let mut file = std::fs::File::open(path).map_err(ReadError::io)?;
        let length = file.metadata().map_err(ReadError::io)?.len();
        let mut header = Vec::new();
        let head = std::io::Read::take(&mut file, HEADER_BYTES as u64);
        std::io::Read::read_to_end(&mut { head }, &mut header).map_err(ReadError::io)?;
        let (page_bytes, bytes) = check_header(&header, length)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|error| plain(&error))?;
        Self::with(connection, page_bytes, bytes)
    }

    pub(super) fn deserialize(bytes: &[u8]) -> Result<Self, ReadError> {
        let (page_bytes, declared) = check_header(&bytes[..bytes.len().min(HEADER_BYTES)], bytes.len() as u64)?;
        let mut connection = Connection::open_in_memory().map_err(|error| plain(&error))?;
        // Bytes 18 and 19 say 2 in write-ahead mode, which a database in memory cannot have; its pages are the same.
        let (before, after) = (&bytes[..18], &bytes[20..]);
        let copy = std::io::Read::chain(std::io::Read::chain(before, &[1u8, 1][..]), after);
        (connection.deserialize_read_exact("main", copy, bytes.len(), true)).map_err(|error| plain(&error))?;
        Self::with(connection, page_bytes, declared)
    }

    fn with(connection: Connection, page_bytes: u64, bytes: u64) -> Result<Self, ReadError> {
        let mut database = Database { connection, tables: FxHashMap::default(), page_bytes, bytes };
        // Views, triggers and expressions of a foreign schema are not run.
        let settings = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;";
        database.connection.execute_batch(settings).map_err(|error| database.broken("schema", &error))?;
        database.tables = database.read_tables().map_err(|error| database.broken("schema", &error))?;
        Ok(database)
    }

    fn read_tables(&self) -> rusqlite::Result<FxHashMap<String, FxHashSet<String>>> {
        // Only tables with a b-tree of their own: no views, no virtual tables.
        let mut names = self.connection.prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite_%' LIMIT 10000",
        )?;
        let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut tables = FxHashMap::default();
        for name in names {
            // table_info leaves out generated columns.
            let mut statement = self.connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
            let columns = statement.query_map([&name], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            tables.insert(name, columns);
        }
        Ok(tables)
    }

    /// Bytes of the database.
    pub(super) fn size_bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether there is a table of this name.
    pub(super) fn has(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    /// Whether `table` has `column`.
    pub(super) fn has_column(&self, table: &str, column: &str) -> bool {
        self.tables.get(table).is_some_and(|columns| columns.contains(column))
    }

    /// The tables that have all of `columns`, by name.
    pub(super) fn tables_with(&self, columns: &[&str]) -> Vec<String> {
        let has_all = |name: &&String| columns.iter().all(|column| self.has_column(name, column));
        let mut names: Vec<String> = self.tables.keys().filter(has_all).cloned().collect();
        names.sort_unstable();
        names
    }

    /// Calls `take` with each row of `table`, whose columns are `columns`; those that the table lacks read as NULL. Nothing
    /// where there is no such table.
    pub(super) fn each(
        &self,
        table: &str,
        columns: &[&str],
        mut take: impl FnMut(&Row) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        if !self.has(table) {
            return Ok(());
        }
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let wanted: Vec<String> = (columns.iter())
            .map(|column| if self.has_column(table, column) { quoted(column) } else { "NULL".to_owned() })
            .collect();
        let query = format!("SELECT {} FROM {}", wanted.join(", "), quoted(table));
        let mut statement = self.connection.prepare(&query).map_err(|error| self.broken(table, &error))?;
        let mut rows = statement.query([]).map_err(|error| self.broken(table, &error))?;
        while let Some(row) = rows.next().map_err(|error| self.broken(table, &error))? {
            take(&Row(row))?;
        }
        Ok(())
    }

    /// What SQLite says of `table`, with the offset of the damaged page: the one its own check names, else the table's
    /// first.
    fn broken(&self, table: &str, error: &rusqlite::Error) -> ReadError {
        let damaged = matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase));
        let page = damaged.then(|| self.damaged_page()).flatten().or_else(|| self.first_page(table)).unwrap_or(1);
        let offset = page.saturating_sub(1).saturating_mul(self.page_bytes).min(self.bytes);
        ReadError::at(offset, format!("the SQLite database cannot be read in table {table}: {}", plain(error).message))
    }

    fn damaged_page(&self) -> Option<u64> {
        let said: String = self.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).ok()?;
        let after = said.to_ascii_lowercase();
        let after = after.split("page ").nth(1)?;
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|page| (1..=self.bytes / self.page_bytes).contains(page))
    }

    fn first_page(&self, table: &str) -> Option<u64> {
        let query = "SELECT rootpage FROM sqlite_master WHERE name = ?1";
        let page: i64 = self.connection.query_row(query, [table], |row| row.get(0)).ok()?;
        u64::try_from(page).ok()
    }
}

/// A row of a query.
pub(super) struct Row<'a>(&'a rusqlite::Row<'a>);

impl Row<'_> {
    /// Column `index` as an integer; `None` for NULL and for what is no number.
    pub(super) fn integer(&self, index: usize) -> Option<i64> {
        match self.0.get_ref(index) {
            Ok(ValueRef::Integer(value)) => Some(value),
            Ok(ValueRef::Real(value)) if value.abs() < 9e18 => Some(value.round() as i64),
            _ => None,
        }
    }

    /// Column `index` as a number.
    pub(super) fn real(&self, index: usize) -> Option<f64> {
        match self.0.get_ref(index) {
            Ok(ValueRef::Integer(value)) => Some(value as f64),
            Ok(ValueRef::Real(value)) if value.is_finite() => Some(value),
            _ => None,
        }
    }

    /// Column `index` as a number that fits; 0 for NULL and for what does not.
    pub(super) fn count<T: TryFrom<i64> + Default>(&self, index: usize) -> T {
        self.integer(index).and_then(|value| T::try_from(value).ok()).unwrap_or_default()
    }

    /// Column `index` as text.
    pub(super) fn text(&self, index: usize) -> Option<Cow<'_, str>> {
        match self.0.get_ref(index) {
            Ok(ValueRef::Text(text)) => Some(String::from_utf8_lossy(text)),
            _ => None,
        }
    }

    /// Start and end, in columns 0 and 1; `None` without a start. A missing end is the start.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        let start = self.integer(0)?;
        Some((start, self.integer(1).unwrap_or(start).max(start)))
    }
}

/// Checks the header against the file's length: the page size and the bytes there should be.
fn check_header(header: &[u8], length: u64) -> Result<(u64, u64), ReadError> {
    let Some(header) = header.first_chunk::<HEADER_BYTES>() else {
        return Err(ReadError::at(length, "the SQLite database is cut off inside its header"));
    };
    let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let page_bytes = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
        1 => 65_536,
        size => size,
    };
    if page_bytes < 512 || !page_bytes.is_power_of_two() {
        return Err(ReadError::at(16, format!("not a SQLite database: pages of {page_bytes} bytes")));
    }
    // The page count is valid where the version that wrote it is the version of the last change.
    let pages = if number(24) == number(92) { u64::from(number(28)) } else { 0 };
    let declared = pages * page_bytes;
    if length < declared {
        let what = format!("the SQLite database is cut off: it has {length} of {declared} bytes");
        return Err(ReadError::at(length, what));
    }
    Ok((page_bytes, if declared > 0 { declared } else { length }))
}

fn plain(error: &rusqlite::Error) -> ReadError {
    let text = match error {
        rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
        error => error.to_string(),
    };
    ReadError::at(0, format!("SQLite: {text}"))
}
