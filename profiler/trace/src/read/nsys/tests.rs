//! Small exports made on the spot: schemas of several versions, and what each table means.

use rusqlite::Connection;

use crate::read::{OpenOptions, ReadError, open_bytes};
use crate::{EventId, EventKind, MemoryKind, Trace, TrackKind, TransferKind};

/// Process 500 with thread 501, packed as exports do.
const TID: &str = "((1 << 48) | (500 << 24) | 501)";
const PID: &str = "((1 << 48) | (500 << 24))";

const STRINGS: &str = "CREATE TABLE StringIds (id INTEGER PRIMARY KEY, value TEXT);
    INSERT INTO StringIds VALUES (1, 'cudaLaunchKernel_v7000'), (2, 'void f<int>(int*)'), (3, 'f'), (4, 'worker'),
        (5, 'registered'), (6, 'main'), (7, 'app'), (8, 'inner'), (9, 'poll'), (10, 'cudaGraphLaunch_v10000');";

fn export(statements: &[&str]) -> Vec<u8> {
    let mut connection = Connection::open_in_memory().expect("memory");
    for statement in statements {
        let statement = statement.replace("TID", TID).replace("PID", PID);
        connection.execute_batch(&statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    connection.serialize("main").expect("serialises").to_vec()
}

fn import(bytes: &[u8]) -> Result<Trace, ReadError> {
    open_bytes(bytes, "t", &OpenOptions::default())
}

fn import_tables(statements: &[&str]) -> Trace {
    import(&export(&[&[STRINGS], statements].concat())).expect("an export")
}

fn events(trace: &Trace, kind: TrackKind) -> Vec<(&str, i64, u64)> {
    let tracks = trace.tracks.iter().filter(|track| track.kind == kind);
    let events = tracks.flat_map(|track| track.events());
    events.map(|id| (trace.name(id), trace.range(id).start_ns, trace.range(id).dur_ns())).collect()
}

#[test]
fn kernels_of_an_old_schema_are_read_without_the_columns_that_came_later() {
    let trace = import_tables(&[
        "CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER, end INTEGER, globalTid INTEGER, correlationId INTEGER, nameId INTEGER);
         INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (10, 15, TID, 7, 1);
         CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER, end INTEGER, deviceId INTEGER, contextId INTEGER, streamId INTEGER,
            correlationId INTEGER, globalPid INTEGER, demangledName INTEGER, shortName INTEGER, gridX INTEGER, gridY INTEGER, gridZ INTEGER);
         INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (20, 50, 0, 1, 7, 7, PID, 2, 3, 4, 5, 6), (60, 70, 0, 1, 7, 99, PID, NULL, 3, 1, 1, 1);",
    ]);
    assert_eq!(events(&trace, TrackKind::Stream), [("void f<int>(int*)", 20, 30), ("f", 60, 10)]);
    assert_eq!(events(&trace, TrackKind::Api), [("cudaLaunchKernel", 10, 5)]);
    let kernel = trace.gpu_tracks().flat_map(|(_, track)| track.events()).next().expect("a kernel");
    assert_eq!(trace.kernel_of(kernel).map(|config| config.grid), Some([4, 5, 6]));
    assert_eq!(trace.launch_of(kernel).map(|call| trace.name(call)), Some("cudaLaunchKernel"));
}

#[test]
fn devices_are_told_apart_by_process_where_each_sees_its_own_as_0() {
    let trace = import_tables(&[
        "CREATE TABLE TARGET_INFO_GPU (id INTEGER, name TEXT, uuid TEXT, smCount INTEGER);
         INSERT INTO TARGET_INFO_GPU VALUES (0, 'A', 'u0', 132), (1, 'A', 'u1', 132);
         CREATE TABLE TARGET_INFO_CUDA_DEVICE (gpuId INTEGER, cudaId INTEGER, pid INTEGER);
         INSERT INTO TARGET_INFO_CUDA_DEVICE VALUES (0, 0, 500), (1, 0, 600);
         CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER, end INTEGER, deviceId INTEGER, streamId INTEGER, globalPid INTEGER, demangledName INTEGER);
         INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (1, 2, 0, 7, PID, 2), (1, 2, 0, 7, 600 << 24, 2);",
    ]);
    let gpus: Vec<_> =
        trace.gpu_tracks().map(|(_, track)| trace.gpus[track.gpu.expect("a GPU").index()].uuid.as_str()).collect();
    assert_eq!(gpus, ["u0", "u1"]);
    assert_eq!(trace.gpus_with_work(), 2);
}

#[test]
fn copies_fills_graphs_and_waits_say_what_they_are() {
    let trace = import_tables(&[
        "CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start INTEGER, end INTEGER, deviceId INTEGER, streamId INTEGER, correlationId INTEGER,
            globalPid INTEGER, bytes INTEGER, copyKind INTEGER, srcKind INTEGER, dstKind INTEGER, graphNodeId INTEGER);
         INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (1, 3, 0, 7, 1, PID, 4096, 1, 1, 2, NULL), (4, 5, 0, 7, 2, PID, 8, 11, 4, 2, (9 << 32) + 1);
         CREATE TABLE CUPTI_ACTIVITY_KIND_MEMSET (start INTEGER, end INTEGER, deviceId INTEGER, streamId INTEGER, globalPid INTEGER, bytes INTEGER, memKind INTEGER);
         INSERT INTO CUPTI_ACTIVITY_KIND_MEMSET VALUES (6, 7, 0, 7, PID, 16, 2);
         CREATE TABLE CUPTI_ACTIVITY_KIND_GRAPH_TRACE (start INTEGER, end INTEGER, deviceId INTEGER, streamId INTEGER, correlationId INTEGER, globalPid INTEGER, graphId INTEGER);
         INSERT INTO CUPTI_ACTIVITY_KIND_GRAPH_TRACE VALUES (10, 90, 0, 8, 3, PID, 5);
         CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER, end INTEGER, globalTid INTEGER, correlationId INTEGER, nameId INTEGER);
         INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (8, 9, TID, 3, 10);
         CREATE TABLE CUPTI_ACTIVITY_KIND_SYNCHRONIZATION (start INTEGER, end INTEGER, deviceId INTEGER, streamId INTEGER, correlationId INTEGER, globalPid INTEGER, syncType INTEGER);
         INSERT INTO CUPTI_ACTIVITY_KIND_SYNCHRONIZATION VALUES (95, 99, 0, 4294967295, 4, PID, 4);",
    ]);
    let work: Vec<_> = trace.gpu_tracks().flat_map(|(_, track)| track.events()).collect();
    let transfers: Vec<_> = work
        .iter()
        .filter_map(|&id| trace.transfer_of(id))
        .map(|t| (t.kind, t.size_bytes, t.from, t.to, t.graph))
        .collect();
    use MemoryKind::{Device, Managed, Pinned, Unknown};
    let expected = [
        (TransferKind::HostToDevice, 4096, Pinned, Device, 0),
        (TransferKind::Unified, 8, Managed, Device, 9),
        (TransferKind::Memset, 16, Unknown, Device, 0),
    ];
    assert_eq!(transfers, expected);
    assert_eq!(events(&trace, TrackKind::Graph), [("CUDA graph 5", 10, 80)]);
    let graph = work[3];
    assert_eq!(trace.events.kind[graph.index()], EventKind::GraphExec);
    assert_eq!(trace.launch_of(graph).map(|call| trace.name(call)), Some("cudaGraphLaunch_v10000"));
    assert_eq!(events(&trace, TrackKind::Sync), [("Context sync", 95, 4)]);
}

#[test]
fn nvtx_ranges_have_domains_registered_names_and_an_end() {
    let trace = import_tables(&[
        "CREATE TABLE NVTX_EVENTS (start INTEGER, end INTEGER, eventType INTEGER, text TEXT, globalTid INTEGER, textId INTEGER, domainId INTEGER);
         INSERT INTO NVTX_EVENTS VALUES (0, NULL, 75, 'NCCL', TID, NULL, 3), (10, 20, 59, 'plain', TID, NULL, 0), (11, 15, 59, NULL, TID, 5, 3),
            (12, 40, 60, 'started', TID, NULL, 0), (30, NULL, 59, 'open', TID, NULL, 0), (50, NULL, 34, 'mark', TID, NULL, 0),
            (51, NULL, 33, 'a category', TID, NULL, 0);",
    ]);
    let mut ranges = events(&trace, TrackKind::Nvtx);
    ranges.sort_by_key(|range| range.1);
    let expected =
        [("plain", 10, 10), ("NCCL:registered", 11, 4), ("started", 12, 28), ("open", 30, 21), ("mark", 50, 0)];
    assert_eq!(ranges, expected);
    assert_eq!(trace.notes.len(), 1, "{:?}", trace.notes);
}

#[test]
fn call_chains_become_stacks_whose_depth_0_is_innermost() {
    let trace = import_tables(&[
        "CREATE TABLE CUDA_CALLCHAINS (id INTEGER, symbol INTEGER, module INTEGER, stackDepth INTEGER);
         INSERT INTO CUDA_CALLCHAINS VALUES (1, 8, 7, 0), (1, 6, 7, 1), (2, 6, 7, 0);
         CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER, end INTEGER, globalTid INTEGER, correlationId INTEGER, nameId INTEGER, callchainId INTEGER);
         INSERT INTO CUPTI_ACTIVITY_KIND_RUNTIME VALUES (1, 2, TID, 1, 1, 1), (3, 4, TID, 2, 1, 0);",
    ]);
    let stack = trace.stack_of(EventId(0)).expect("a stack");
    let frames: Vec<_> = trace.stacks.innermost_first(stack).map(|frame| trace.text(frame.name).to_owned()).collect();
    assert_eq!(frames, ["inner", "main"]);
    assert_eq!(trace.stack_of(EventId(1)), None);
}

#[test]
fn other_host_tables_metrics_warnings_and_the_clock_are_taken() {
    let trace = import_tables(&[
        "CREATE TABLE OSRT_API (start INTEGER, end INTEGER, globalTid INTEGER, nameId INTEGER);
         INSERT INTO OSRT_API VALUES (5, 9, TID, 9);
         CREATE TABLE CUBLAS_EVENTS (start INTEGER, end INTEGER, globalTid INTEGER, nameId INTEGER);
         INSERT INTO CUBLAS_EVENTS VALUES (6, 8, TID, 3);
         CREATE TABLE ThreadNames (nameId INTEGER, globalTid INTEGER); INSERT INTO ThreadNames VALUES (4, TID);
         CREATE TABLE TARGET_INFO_GPU (id INTEGER, name TEXT); INSERT INTO TARGET_INFO_GPU VALUES (0, 'A');
         CREATE TABLE TARGET_INFO_GPU_METRICS (typeId INTEGER, metricId INTEGER, metricName TEXT);
         INSERT INTO TARGET_INFO_GPU_METRICS VALUES (256, 1, 'SM Active [Throughput %]');
         CREATE TABLE GPU_METRICS (timestamp INTEGER, typeId INTEGER, metricId INTEGER, value INTEGER);
         INSERT INTO GPU_METRICS VALUES (20, 256, 1, 50), (10, 256, 1, 40);
         CREATE TABLE TARGET_INFO_SESSION_START_TIME (utcEpochNs INTEGER); INSERT INTO TARGET_INFO_SESSION_START_TIME VALUES (77);
         CREATE TABLE DIAGNOSTIC_EVENT (severity INTEGER, text TEXT); INSERT INTO DIAGNOSTIC_EVENT VALUES (2, 'events were lost'), (1, 'fine');",
    ]);
    assert_eq!(events(&trace, TrackKind::Other), [("f", 6, 2), ("poll", 5, 4)]);
    let names: Vec<_> = trace.tracks.iter().map(|track| trace.text(track.name)).collect();
    assert_eq!(names, ["CUBLAS", "OS runtime"]);
    assert_eq!(trace.text(trace.threads[0].name), "worker");
    let counter = &trace.counters[0];
    assert_eq!(
        (counter.name.as_str(), counter.unit.as_str(), &counter.values[..]),
        ("SM Active", "%", &[40.0, 50.0][..])
    );
    assert_eq!((counter.gpu.map(|gpu| gpu.0), trace.epoch_offset_ns, trace.span.end_ns), (Some(0), Some(77), 20));
    assert_eq!(trace.notes[0].0, "Nsight Systems: events were lost");
}

#[test]
fn views_and_foreign_databases_are_not_read() {
    let endless = "CREATE VIEW CUPTI_ACTIVITY_KIND_KERNEL AS WITH RECURSIVE n(start) AS (SELECT 1 UNION ALL SELECT start + 1 FROM n) SELECT start FROM n;";
    assert!(import_tables(&[endless]).events.is_empty());
    let error = import(&export(&["CREATE TABLE accounts (id INTEGER)"])).expect_err("no export");
    assert!(error.message.contains("not an export"), "{error}");
}

#[test]
fn wrong_types_and_impossible_values_do_no_harm() {
    let trace = import_tables(&[
        "CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start, end, deviceId, contextId, streamId, correlationId, globalPid, demangledName, gridX);
         INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES ('x', 1, 0, 0, 0, 0, 0, 2, 1), (5, 1, -3, -1, -9, -1, -1, 'two', 1e300), (NULL, 1, 0, 0, 0, 0, 0, 2, 1),
            (-9223372036854775808, 9223372036854775807, 99999999999, 0, 0, 0, NULL, 2, x'00ff'), (7.5, 9.25, 0, 0, 0, 0, 0, 2, 1);",
    ]);
    assert_eq!(trace.events.len(), 3);
    assert!(trace.events.dur_ns.contains(&(i64::MAX as u64)));
}

#[test]
fn a_database_that_is_cut_off_or_damaged_says_where() {
    let mut statements = vec![
        STRINGS.to_owned(),
        "CREATE TABLE OSRT_API (start INTEGER, end INTEGER, globalTid INTEGER, nameId INTEGER)".to_owned(),
    ];
    statements.extend((0..2000).map(|row| format!("INSERT INTO OSRT_API VALUES ({row}, {row}, 1, 9)")));
    let bytes = export(&statements.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(import(&bytes).expect("an export").events.len(), 2000);
    for length in [17, 99, 5000, bytes.len() - 1] {
        assert_eq!(import(&bytes[..length]).expect_err("cut off").offset, Some(length as u64));
    }
    let mut damaged = bytes.clone();
    let page = u64::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let last = bytes.len() - page as usize;
    damaged[last..last + 8].fill(0xff);
    let error = import(&damaged).expect_err("damaged");
    let offset = error.offset.expect("an offset");
    assert!(offset % page == 0 && offset > 0, "{error}");
}
