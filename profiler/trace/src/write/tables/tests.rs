use std::io::Cursor;
use std::ops::ControlFlow;

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt32Type, UInt64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;
use crate::EventId;
use crate::write::tests::{odd, synthetic};

fn written(trace: &Trace, table: EventTable, format: TableFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_table(trace, table, format, &mut bytes, &mut |_, _| ControlFlow::Continue(())).unwrap();
    bytes
}

/// (name, duration) of every kernel.
fn kernels(trace: &Trace) -> Vec<(String, u64)> {
    let rows = (0..trace.events.len() as u32).map(EventId).filter(|&id| trace.kernel_of(id).is_some());
    rows.map(|id| (trace.name(id).to_owned(), trace.range(id).dur_ns())).collect()
}

fn from_batch(batch: &arrow_array::RecordBatch) -> Vec<(String, u64)> {
    let names = batch.column_by_name("name").unwrap().as_dictionary::<UInt32Type>();
    let texts = names.values().as_string::<i32>();
    let durations = batch.column_by_name("dur_ns").unwrap().as_primitive::<UInt64Type>();
    let keys = names.keys().values().iter();
    keys.zip(durations.values()).map(|(&key, &dur_ns)| (texts.value(key as usize).to_owned(), dur_ns)).collect()
}

#[test]
fn arrow_and_parquet_hold_every_kernel() {
    let trace = synthetic();
    let arrow = written(&trace, EventTable::Kernels, TableFormat::Arrow);
    let reader = arrow_ipc::reader::FileReader::try_new(Cursor::new(arrow), None).unwrap();
    let rows: Vec<_> = reader.flat_map(|batch| from_batch(&batch.unwrap())).collect();
    assert_eq!(rows, kernels(&trace));
    let parquet = written(&trace, EventTable::Kernels, TableFormat::Parquet);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&parquet).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let rows: Vec<_> = reader.flat_map(|batch| from_batch(&batch.unwrap())).collect();
    assert_eq!(rows, kernels(&trace));
}

#[test]
fn json_holds_every_event_once() {
    for trace in [synthetic(), odd()] {
        let mut bytes = Vec::new();
        write_json_tables(&trace, &EventTable::ALL, &mut bytes, &mut |_, _| ControlFlow::Continue(())).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let events = ["kernels", "memory", "graphs", "api", "sync", "ranges"];
        let count: usize = events.iter().map(|table| value[table].as_array().unwrap().len()).sum();
        assert_eq!(count, trace.events.len());
        let samples: usize = trace.counters.iter().map(|counter| counter.values.len()).sum();
        assert_eq!(value["counters"].as_array().unwrap().len(), samples);
        for table in EventTable::ALL {
            assert_eq!(value[table.name()].as_array().unwrap().is_empty(), table.is_empty(&trace), "{table}");
        }
    }
}

#[test]
fn a_kernels_row_says_who_launched_it() {
    let trace = synthetic();
    let bytes = written(&trace, EventTable::Kernels, TableFormat::Json);
    let rows: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    for row in rows.as_array().unwrap() {
        let end = row["launch_start_ns"].as_i64().unwrap() + row["launch_dur_ns"].as_i64().unwrap();
        assert_eq!(row["queue_ns"].as_i64().unwrap(), row["start_ns"].as_i64().unwrap() - end);
        assert_eq!(row["pid"], 4127);
        assert!(row["launch_tid"].is_i64() && row["stack"].is_u64() && row["block_x"].as_u64().unwrap() >= 128);
    }
}

#[test]
fn csv_quotes_what_needs_it() {
    let text = String::from_utf8(written(&odd(), EventTable::Api, TableFormat::Csv)).unwrap();
    let expected = "start_ns,dur_ns,name,pid,tid,thread_name,correlation,stack\n\
                    -901,1,\"quote \"\" and \\ and \u{1F600}\",100,100,,5,\n\
                    -801,1,\"quote \"\" and \\ and \u{1F600}\",200,200,,5,\n";
    assert_eq!(text, expected);
}
