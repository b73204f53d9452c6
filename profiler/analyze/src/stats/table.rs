//! The tables of `stats` as plain data, so that text, JSON and CSV are written from the same cells.

use serde_json::Value as Json;

/// What a column's figures are; it decides how they are written for people. JSON and CSV hold plain numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// A name or a sentence.
    Text,
    /// A number of things.
    Count,
    /// Integer nanoseconds.
    DurNs,
    /// Nanoseconds since the start of the trace.
    TimeNs,
    /// Nanoseconds of change, signed.
    ChangeNs,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// A share of 1.
    Share,
    /// A signed ratio to what was before, 0 for no change.
    Change,
    /// A plain number.
    Number,
}

/// One cell.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(u64),
    /// A signed whole number.
    Signed(i64),
    /// A number that is a ratio or a mean.
    Float(f64),
    /// Yes or no.
    Flag(bool),
    /// Not known.
    Null,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Value::Integer(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Value::Integer(u64::from(value))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Signed(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        if value.is_finite() { Value::Float(value) } else { Value::Null }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Flag(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// One column of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its key in JSON and CSV, unit last.
    pub key: &'static str,
    /// Its heading for people.
    pub title: &'static str,
    /// What its figures are.
    pub unit: Unit,
    /// Whether people are shown it.
    pub shown: Shown,
}

/// Whether people are shown a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// Always.
    Always,
    /// Where the terminal is wide enough.
    IfRoom,
    /// Never: it is for programs.
    Never,
}

/// A column that people are shown.
pub(crate) const fn shown(key: &'static str, title: &'static str, unit: Unit) -> Column {
    Column { key, title, unit, shown: Shown::Always }
}

/// A column that people are shown where there is room.
pub(crate) const fn roomy(key: &'static str, title: &'static str, unit: Unit) -> Column {
    Column { key, title, unit, shown: Shown::IfRoom }
}

/// A column for programs only.
pub(crate) const fn hidden(key: &'static str, unit: Unit) -> Column {
    Column { key, title: "", unit, shown: Shown::Never }
}

/// A row type that knows its columns.
pub trait Row {
    /// The columns, in order.
    const COLUMNS: &'static [Column];

    /// The cells, one a column.
    fn values(&self) -> Vec<Value>;
}

/// A table: columns and rows.
#[derive(Clone, PartialEq, Debug)]
pub struct Table {
    /// Its key in JSON, its file name in CSV.
    pub key: &'static str,
    /// What it is, for people.
    pub title: String,
    /// The columns.
    pub columns: &'static [Column],
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

impl Table {
    /// The table of `rows`.
    pub fn new<R: Row>(key: &'static str, title: impl Into<String>, rows: &[R]) -> Self {
        let rows = rows.iter().map(Row::values).collect();
        Table { key, title: title.into(), columns: R::COLUMNS, rows }
    }

    /// Appends the rows as a JSON array of objects.
    pub fn write_json(&self, out: &mut String) {
        out.push('[');
        for (index, row) in self.rows.iter().enumerate() {
            out.push_str(if index == 0 { "\n    {" } else { ",\n    {" });
            for (position, (column, value)) in self.columns.iter().zip(row).enumerate() {
                if position > 0 {
                    out.push_str(", ");
                }
                out.push('"');
                out.push_str(column.key);
                out.push_str("\": ");
                write_json_value(value, out);
            }
            out.push('}');
        }
        out.push_str(if self.rows.is_empty() { "]" } else { "\n  ]" });
    }

    /// Appends the table as CSV (RFC 4180, but with plain newlines), its keys as the first line.
    pub fn write_csv(&self, out: &mut String) {
        let keys: Vec<&str> = self.columns.iter().map(|column| column.key).collect();
        out.push_str(&keys.join(","));
        out.push('\n');
        for row in &self.rows {
            for (position, value) in row.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                match value {
                    Value::Text(text) => write_csv_text(text, out),
                    Value::Null => {}
                    other => write_json_value(other, out),
                }
            }
            out.push('\n');
        }
    }
}

/// Writes several tables as one JSON object, a key per table.
pub fn write_json(tables: &[Table]) -> String {
    let mut out = String::from("{");
    for (index, table) in tables.iter().enumerate() {
        out.push_str(if index == 0 { "\n  \"" } else { ",\n  \"" });
        out.push_str(table.key);
        out.push_str("\": ");
        table.write_json(&mut out);
    }
    out.push_str("\n}\n");
    out
}

fn write_json_value(value: &Value, out: &mut String) {
    let json = match value {
        Value::Text(text) => Json::from(text.as_str()),
        Value::Integer(value) => Json::from(*value),
        Value::Signed(value) => Json::from(*value),
        Value::Float(value) => Json::from(*value),
        Value::Flag(value) => Json::from(*value),
        Value::Null => Json::Null,
    };
    out.push_str(&json.to_string());
}

fn write_csv_text(text: &str, out: &mut String) {
    if text.contains(['"', ',', '\n', '\r']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pair(&'static str, Option<u64>);

    impl Row for Pair {
        const COLUMNS: &'static [Column] = &[shown("name", "name", Unit::Text), hidden("total_ns", Unit::DurNs)];
        fn values(&self) -> Vec<Value> {
            vec![self.0.into(), self.1.into()]
        }
    }

    #[test]
    fn json_and_csv_escape_what_names_contain() {
        let table = Table::new("pairs", "Pairs", &[Pair("a<b, \"c\">\n", Some(1)), Pair("ядро", None)]);
        let parsed: Json =
            serde_json::from_str(&write_json(&[table.clone(), Table { key: "none", rows: vec![], ..table.clone() }]))
                .unwrap();
        assert_eq!(parsed["pairs"][0]["name"], "a<b, \"c\">\n");
        assert_eq!(parsed["pairs"][1]["total_ns"], Json::Null);
        assert_eq!(parsed["none"], Json::Array(vec![]));
        let mut csv = String::new();
        table.write_csv(&mut csv);
        assert_eq!(csv, "name,total_ns\n\"a<b, \"\"c\"\">\n\",1\nядро,\n");
    }
}
