//! The decoder against streams that no library of ours wrote: damaged, cut, made up.

use proptest::prelude::*;
use rustg_record::Decoder;
use rustg_trace::read::OpenOptions;
use rustg_trace::recording::{RecordingMeta, RecordingWriter, import};
use rustg_wire::*;

/// A stream with every kind of record, as a library would write it.
fn stream() -> Vec<u8> {
    let mut out = Vec::new();
    let mut texts = Vec::new();
    put_text(&mut texts, b"first");
    put_text(&mut texts, b"second");
    Clock { cupti_ns: 1_000, realtime_ns: 5_000, monotonic_ns: 1 }.put(&mut out, &[]);
    Process { pid: 7, parent: 1, cupti_version: 130_000, driver_version: 13_000 }.put(&mut out, &texts);
    Thread { tid: 9 }.put(&mut out, b"main");
    Device { device: 0, sm_count: 132, ..Device::default() }.put(&mut out, &texts);
    Text { id: 1, size_bytes: 4 }.put(&mut out, b"gemm");
    ApiName { domain: API_RUNTIME, cbid: 211 }.put(&mut out, b"cudaLaunchKernel");
    KernelConfig { id: 1, name: 1, grid_x: 1, ..KernelConfig::default() }.put(&mut out, &[]);
    Module { id: 0, base: 0x1000 }.put(&mut out, &texts);
    PythonFrame { id: 0, line: 3 }.put(&mut out, &texts);
    NativeFrame { id: 1, module: 0, offset: 0x20 }.put(&mut out, &[]);
    Stack { id: 0, caller: NO_ID, frame: 0 }.put(&mut out, &[]);
    Stack { id: 1, caller: 0, frame: 1 }.put(&mut out, &[]);
    let call = Api {
        cbid: 211,
        start_ns: 2_000,
        dur_ns: 10,
        domain: API_RUNTIME,
        correlation: 5,
        tid: 9,
        stack: 1,
        returned: 0,
    };
    call.put(&mut out, &[]);
    Kernel { config: 1, start_ns: 2_100, dur_ns: 50, correlation: 5, device: 0, context: 1, stream: 7 }
        .put(&mut out, &[]);
    let copy = Transfer {
        kind: 1,
        start_ns: 2_200,
        dur_ns: 5,
        size_bytes: 64,
        correlation: 6,
        context: 1,
        ..Transfer::default()
    };
    copy.put(&mut out, &[]);
    GraphExec { graph: 2, start_ns: 2_300, dur_ns: 5, correlation: 8, device: 0, context: 1, stream: 7 }
        .put(&mut out, &[]);
    rustg_wire::Sync { kind: 3, start_ns: 2_400, dur_ns: 5, correlation: 9, context: 1, stream: NO_ID }
        .put(&mut out, &[]);
    Overhead { kind: 6 << 16, start_ns: 2_500, dur_ns: 5, tid: 9 }.put(&mut out, &[]);
    let range = Marker { flags: MARKER_START, ts_ns: 2_600, id: 4, tid: 9, name: 1, domain: 0 };
    range.put(&mut out, &[]);
    Marker { flags: MARKER_END, ts_ns: 2_700, ..range }.put(&mut out, &[]);
    Marker { flags: MARKER_INSTANT, ts_ns: 2_650, id: 5, ..range }.put(&mut out, &[]);
    Marker { flags: MARKER_START, ts_ns: 2_800, id: 6, ..range }.put(&mut out, &[]);
    Lost { what: LOST_CUPTI, count: 3 }.put(&mut out, &[]);
    Note { size_bytes: 5 }.put(&mut out, b"hello");
    End { reason: END_EXIT }.put(&mut out, &[]);
    out
}

/// Decodes `bytes` into a recording and opens that: rows and whether decoding reached the end.
fn decode(bytes: &[u8]) -> (rustg_trace::Trace, bool) {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = RecordingWriter::create(dir.path().join("r.rgt"), RecordingMeta::new(Vec::new())).unwrap();
    let mut decoder = Decoder::new(7, 4_000, &mut writer);
    let whole = decoder.decode(bytes, &mut writer).is_ok();
    decoder.finish(&mut writer).unwrap();
    let recording = writer.finish().unwrap();
    (import(&recording, "r", &OpenOptions::default()).unwrap(), whole)
}

#[test]
fn every_kind_of_record_reaches_the_trace() {
    let (trace, whole) = decode(&stream());
    assert!(whole);
    let kinds: Vec<_> = trace.events.kind.iter().map(|kind| format!("{kind:?}")).collect();
    for kind in ["Kernel", "Memcpy", "GraphExec", "Api", "Sync", "Overhead", "Nvtx", "Instant"] {
        assert!(kinds.iter().any(|found| found == kind), "{kind} in {kinds:?}");
    }
    // CUPTI's 2,000 is the wall clock's 6,000, which is 2,000 after the recording began.
    assert_eq!(trace.span.start_ns, 2_000);
    assert_eq!((trace.lost[0].count, trace.notes[0].0.as_str()), (3, "hello"));
    let launch = trace.events.kind.iter().position(|kind| *kind == rustg_trace::EventKind::Api).unwrap();
    let stack = trace.stack_of(rustg_trace::EventId(launch as u32)).expect("the call has a stack");
    assert_eq!(trace.stacks.innermost_first(stack).count(), 2);
}

/// The same cases on every run and machine; `RUSTG_TEST_FULL=1` takes others each time, and more.
fn cases(count: u32) -> ProptestConfig {
    let full = std::env::var_os("RUSTG_TEST_FULL").is_some();
    let rng_seed = if full { proptest::test_runner::RngSeed::Random } else { proptest::test_runner::RngSeed::Fixed(1) };
    ProptestConfig {
        cases: if full { 20 * count } else { count },
        failure_persistence: None,
        rng_seed,
        ..Default::default()
    }
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_damaged_stream_gives_a_readable_recording(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = stream();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(end.index(bytes.len()) + 1);
        decode(&bytes);
    }
}
