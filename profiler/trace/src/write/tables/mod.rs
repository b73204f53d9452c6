//! A trace as plain tables for other people's tools: Arrow and Parquet for pandas, Polars and DuckDB, CSV and JSON for the rest.
//!
//! One row an event, with what other tables would have to be joined for: names as text, a kernel's shape, the call that
//! launched it and how long it then waited. Rows are made and written in batches.

mod columns;
mod emit;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use super::{Meter, Report};
use crate::{EventKind, Trace};
use columns::{Column, Row};

/// A table of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EventTable {
    /// Kernel executions.
    Kernels,
    /// Copies and fills.
    Memory,
    /// Whole CUDA graphs.
    Graphs,
    /// API calls.
    Api,
    /// Driver synchronisation records.
    Sync,
    /// NVTX ranges, operators, Python functions, overhead and all other slices.
    Ranges,
    /// Telemetry values.
    Counters,
    /// Host stacks: a frame and the stack that called it.
    Stacks,
    /// GPUs.
    Gpus,
}

impl EventTable {
    /// All tables.
    pub const ALL: [EventTable; 9] = [
        EventTable::Kernels,
        EventTable::Memory,
        EventTable::Graphs,
        EventTable::Api,
        EventTable::Sync,
        EventTable::Ranges,
        EventTable::Counters,
        EventTable::Stacks,
        EventTable::Gpus,
    ];

    /// Its name: of the file, and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            EventTable::Kernels => "kernels",
            EventTable::Memory => "memory",
            EventTable::Graphs => "graphs",
            EventTable::Api => "api",
            EventTable::Sync => "sync",
            EventTable::Ranges => "ranges",
            EventTable::Counters => "counters",
            EventTable::Stacks => "stacks",
            EventTable::Gpus => "gpus",
        }
    }

    /// Whether `trace` has no rows for it.
    pub fn is_empty(self, trace: &Trace) -> bool {
        let mut empty = true;
        // The error is the way out of the walk.
        let _ = self.for_each(trace, &mut |_| {
            empty = false;
            Err(io::ErrorKind::Other.into())
        });
        empty
    }

    fn holds(self, kind: EventKind) -> bool {
        let table = match kind {
            EventKind::Kernel => EventTable::Kernels,
            EventKind::Memcpy | EventKind::Memset => EventTable::Memory,
            EventKind::GraphExec => EventTable::Graphs,
            EventKind::Api => EventTable::Api,
            EventKind::Sync => EventTable::Sync,
            _ => EventTable::Ranges,
        };
        table == self
    }

    fn columns(self) -> &'static [Column] {
        columns::of(self)
    }

    fn for_each(self, trace: &Trace, row: &mut dyn FnMut(Row) -> io::Result<()>) -> io::Result<()> {
        match self {
            EventTable::Counters => {
                for (owner, counter) in trace.counters.iter().enumerate() {
                    (0..counter.ts_ns.len()).try_for_each(|index| row(Row { owner, index }))?;
                }
                Ok(())
            }
            EventTable::Stacks => (0..trace.stacks.nodes().len()).try_for_each(|index| row(Row { owner: 0, index })),
            EventTable::Gpus => (0..trace.gpus.len()).try_for_each(|index| row(Row { owner: 0, index })),
            _ => {
                for (owner, track) in trace.tracks.iter().enumerate() {
                    let events = track.range().filter(|&index| self.holds(trace.events.kind[index]));
                    events.map(|index| Row { owner, index }).try_for_each(&mut *row)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for EventTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EventTable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || EventTable::ALL.map(EventTable::name).join(", ");
        EventTable::ALL.into_iter().find(|table| table.name() == text).ok_or_else(|| format!("not one of {}", names()))
    }
}

/// How a table is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TableFormat {
    /// Arrow IPC file.
    Arrow,
    /// Parquet.
    Parquet,
    /// Comma-separated values with a header line.
    Csv,
    /// An array of objects.
    Json,
}

impl TableFormat {
    /// What its files' names end with.
    pub fn extension(self) -> &'static str {
        match self {
            TableFormat::Arrow => "arrow",
            TableFormat::Parquet => "parquet",
            TableFormat::Csv => "csv",
            TableFormat::Json => "json",
        }
    }
}

/// Writes one table of `trace`.
///
/// # Errors
/// Where the output refuses, or `report` asks to stop.
pub fn write_table(
    trace: &Trace,
    table: EventTable,
    format: TableFormat,
    output: &mut (dyn Write + Send),
    report: Report<'_>,
) -> io::Result<()> {
    let mut meter = Meter::new(trace.events.len() as u64, report);
    match format {
        TableFormat::Csv => emit::csv(trace, table, output, &mut meter),
        TableFormat::Json => emit::json(trace, table, output, &mut meter),
        TableFormat::Arrow => emit::arrow(trace, table, output, &mut meter),
        TableFormat::Parquet => emit::parquet(trace, table, output, &mut meter),
    }
}

/// Writes several tables as one JSON object, a key per table.
///
/// # Errors
/// As [`write_table`].
pub fn write_json_tables(
    trace: &Trace,
    tables: &[EventTable],
    output: &mut (dyn Write + Send),
    report: Report<'_>,
) -> io::Result<()> {
    let mut meter = Meter::new(trace.events.len() as u64, report);
    for (index, table) in tables.iter().enumerate() {
        let open = if index == 0 { "{\n" } else { ",\n" };
        write!(output, "{open}\"{table}\": ")?;
        emit::json(trace, *table, output, &mut meter)?;
    }
    writeln!(output, "{}}}", if tables.is_empty() { "{" } else { "" })
}
