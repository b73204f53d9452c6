//! Tables to bytes: CSV and JSON row by row, Arrow and Parquet batch by batch.

use std::io::{self, Write};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt32Array, UInt64Array,
};
use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
use arrow_ipc::{CompressionType, MetadataVersion};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::columns::{Cell, Kind, Row};
use super::{EventTable, Meter};
use crate::Trace;

/// Rows in one record batch.
const BATCH_ROWS: usize = 1 << 16;
/// Rows in one row group of Parquet.
const GROUP_ROWS: usize = 1 << 20;

pub(super) fn csv(trace: &Trace, table: EventTable, output: &mut dyn Write, meter: &mut Meter<'_>) -> io::Result<()> {
    let columns = table.columns();
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    writeln!(output, "{}", names.join(","))?;
    table.for_each(trace, &mut |row| {
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                output.write_all(b",")?;
            }
            match column.cell(trace, row) {
                Cell::Missing => {}
                Cell::Signed(value) => write!(output, "{value}")?,
                Cell::Unsigned(value) => write!(output, "{value}")?,
                Cell::Float(value) => write!(output, "{value}")?,
                Cell::Name(name) => quote(trace.text(name), output)?,
                Cell::Text(text) => quote(text, output)?,
            }
        }
        output.write_all(b"\n")?;
        meter.tick()
    })
}

/// As RFC 4180 has it: in quotes where it holds a comma, a quote or a line's end, quotes doubled.
fn quote(text: &str, output: &mut dyn Write) -> io::Result<()> {
    if text.contains([',', '"', '\n', '\r']) {
        write!(output, "\"{}\"", text.replace('"', "\"\""))
    } else {
        output.write_all(text.as_bytes())
    }
}

pub(super) fn json(trace: &Trace, table: EventTable, output: &mut dyn Write, meter: &mut Meter<'_>) -> io::Result<()> {
    let columns = table.columns();
    let mut separator = "[\n{";
    table.for_each(trace, &mut |row| {
        output.write_all(separator.as_bytes())?;
        separator = ",\n{";
        for (index, column) in columns.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(output, "{comma}\"{}\": ", column.name)?;
            match column.cell(trace, row) {
                Cell::Signed(value) => write!(output, "{value}")?,
                Cell::Unsigned(value) => write!(output, "{value}")?,
                Cell::Float(value) if value.is_finite() => write!(output, "{value}")?,
                Cell::Missing | Cell::Float(_) => output.write_all(b"null")?,
                Cell::Name(name) => serde_json::to_writer(&mut *output, trace.text(name))?,
                Cell::Text(text) => serde_json::to_writer(&mut *output, text)?,
            }
        }
        output.write_all(b"}")?;
        meter.tick()
    })?;
    output.write_all(if separator.starts_with('[') { b"[]\n" } else { b"\n]\n" })
}

pub(super) fn arrow(
    trace: &Trace,
    table: EventTable,
    output: &mut (dyn Write + Send),
    meter: &mut Meter<'_>,
) -> io::Result<()> {
    let options = IpcWriteOptions::try_new(64, false, MetadataVersion::V5)
        .and_then(|options| options.try_with_compression(Some(CompressionType::ZSTD)))
        .map_err(from_arrow)?;
    let batches = Batches::new(trace, table);
    let mut writer = FileWriter::try_new_with_options(output, &batches.schema, options).map_err(from_arrow)?;
    batches.for_each(meter, &mut |batch| writer.write(&batch).map_err(from_arrow))?;
    writer.finish().map_err(from_arrow)
}

pub(super) fn parquet(
    trace: &Trace,
    table: EventTable,
    output: &mut (dyn Write + Send),
    meter: &mut Meter<'_>,
) -> io::Result<()> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_created_by(concat!("rustg ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let batches = Batches::new(trace, table);
    let mut writer = ArrowWriter::try_new(output, batches.schema.clone(), Some(properties)).map_err(from_parquet)?;
    batches.for_each(meter, &mut |batch| writer.write(&batch).map_err(from_parquet))?;
    writer.close().map(drop).map_err(from_parquet)
}

fn from_arrow(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        error => io::Error::other(error),
    }
}

fn from_parquet(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        error => io::Error::other(error),
    }
}

/// The rows of a table as record batches of one schema. All names are one dictionary, shared by the columns.
struct Batches<'t> {
    trace: &'t Trace,
    table: EventTable,
    schema: SchemaRef,
    names: ArrayRef,
}

impl<'t> Batches<'t> {
    fn new(trace: &'t Trace, table: EventTable) -> Self {
        let columns = table.columns();
        let has_names = columns.iter().any(|column| column.kind == Kind::Name);
        let names = trace.strings.iter().filter(|_| has_names).map(|(_, text)| text);
        let field = |kind: Kind| match kind {
            Kind::Signed => DataType::Int64,
            Kind::Unsigned => DataType::UInt64,
            Kind::Float => DataType::Float64,
            Kind::Name => DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8)),
            Kind::Text => DataType::Utf8,
        };
        let fields: Vec<Field> =
            columns.iter().map(|column| Field::new(column.name, field(column.kind), true)).collect();
        let names: ArrayRef = Arc::new(StringArray::from_iter_values(names));
        Batches { trace, table, schema: Arc::new(Schema::new(fields)), names }
    }

    fn for_each(&self, meter: &mut Meter<'_>, write: &mut dyn FnMut(RecordBatch) -> io::Result<()>) -> io::Result<()> {
        let mut rows: Vec<Row> = Vec::with_capacity(BATCH_ROWS);
        self.table.for_each(self.trace, &mut |row| {
            rows.push(row);
            if rows.len() == BATCH_ROWS {
                write(self.batch(&rows))?;
                rows.clear();
            }
            meter.tick()
        })?;
        if rows.is_empty() { Ok(()) } else { write(self.batch(&rows)) }
    }

    fn batch(&self, rows: &[Row]) -> RecordBatch {
        let columns = self.table.columns().iter().map(|column| {
            let cells = rows.iter().map(|&row| column.cell(self.trace, row));
            let array: ArrayRef = match column.kind {
                Kind::Signed => Arc::new(Int64Array::from_iter(cells.map(signed))),
                Kind::Unsigned => Arc::new(UInt64Array::from_iter(cells.map(unsigned))),
                Kind::Float => Arc::new(Float64Array::from_iter(cells.map(float))),
                Kind::Text => Arc::new(StringArray::from_iter(cells.map(text))),
                Kind::Name => {
                    let keys = UInt32Array::from_iter(cells.map(name));
                    let array = DictionaryArray::try_new(keys, self.names.clone());
                    Arc::new(array.expect("names are ids of the trace's strings"))
                }
            };
            array
        });
        RecordBatch::try_new(self.schema.clone(), columns.collect()).expect("columns are of the schema's types")
    }
}

macro_rules! cells {
    ($($function:ident $variant:ident $type:ty,)*) => {$(
        fn $function(cell: Cell<'_>) -> Option<$type> {
            if let Cell::$variant(value) = cell { Some(value) } else { None }
        }
    )*};
}

cells! {
    signed Signed i64,
    unsigned Unsigned u64,
    float Float f64,
}

fn text(cell: Cell<'_>) -> Option<&str> {
    if let Cell::Text(text) = cell { Some(text) } else { None }
}

fn name(cell: Cell<'_>) -> Option<u32> {
    if let Cell::Name(name) = cell { Some(name.0) } else { None }
}
