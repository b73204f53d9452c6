//! What files mean, and that neither pieces nor segments change it.

use std::path::PathBuf;

use super::ChromeImporter;
use super::document::Form;
use super::segments::{Input, import_from};
use crate::read::{OpenOptions, ReadError, open_bytes};
use crate::{EventId, EventKind, Trace};

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/traces").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn import(json: &str) -> Trace {
    open_bytes(json.as_bytes(), "t", &OpenOptions::default()).expect("well-formed")
}

fn refuse(json: &str) -> ReadError {
    open_bytes(json.as_bytes(), "t", &OpenOptions::default()).expect_err("not well-formed")
}

/// Everything a trace says, as lines.
fn describe(trace: &Trace) -> Vec<String> {
    let mut lines = vec![format!("{:?} {:?} {:?}", trace.source, trace.span, trace.gpus)];
    for track in &trace.tracks {
        let process =
            track.process.map(|id| (trace.processes[id.index()].pid, trace.text(trace.processes[id.index()].name)));
        let thread = track.thread.map(|id| (trace.threads[id.index()].tid, trace.text(trace.threads[id.index()].name)));
        let (context, stream, name) = (track.context, track.stream, trace.text(track.name));
        lines.push(format!(
            "{:?} {} {process:?} {thread:?} {:?} {context} {stream} {name}",
            track.kind, track.level, track.gpu
        ));
        for id in track.events() {
            let (range, launch) =
                (trace.range(id), trace.launch_of(id).map(|call| (trace.name(call), trace.range(call))));
            let what = (trace.events.kind[id.index()], trace.name(id), range.start_ns, range.dur_ns());
            lines.push(format!("  {what:?} {:?} {:?} {launch:?}", trace.kernel_of(id), trace.transfer_of(id)));
        }
    }
    lines.extend(trace.counters.iter().map(|counter| format!("{counter:?}")));
    lines.extend(trace.notes.iter().map(|note| format!("{note:?}")));
    lines
}

/// Slices as (level, name, start, end), track after track.
fn slices(trace: &Trace) -> Vec<(u32, &str, i64, i64)> {
    let events = trace.tracks.iter().flat_map(|track| track.events().map(move |id| (track.level, id)));
    events.map(|(level, id)| (level, trace.name(id), trace.range(id).start_ns, trace.range(id).end_ns)).collect()
}

#[test]
fn begins_and_ends_nest_by_thread_and_asynchronous_ones_by_id() {
    let trace = open_bytes(&fixture("begin-end.json"), "t", &OpenOptions::default()).expect("well-formed");
    let expected = [
        // Asynchronous slices of the process come before its threads; they overlap, so they stand on two levels.
        (0, "request", 15_000, 25_000),
        (1, "request", 16_000, 26_000),
        (2, "dns", 17_000, 17_000),
        (0, "frame", 10_000, 30_000),
        (1, "layout", 12_500, 20_250),
        (1, "paint", 20_250, 29_125),
        (2, "vsync", 22_000, 22_000),
        (0, "worker", 13_000, 41_000),
        (0, "never ends", 43_000, 45_000),
    ];
    assert_eq!(slices(&trace), expected);
    assert_eq!((trace.span.start_ns, trace.span.end_ns), (10_000, 45_000), "object events count for the extent");
    let counters: Vec<_> = trace.counters.iter().map(|counter| (counter.name.as_str(), &counter.values[..])).collect();
    assert_eq!(counters, [("memory: js", &[1000.0, 1100.0][..]), ("memory: dom", &[20.5, 21.0][..])]);
    assert_eq!(trace.text(trace.processes[0].name), "renderer");
    assert_eq!(trace.notes.len(), 3, "no bracket, no end, object events: {:?}", trace.notes);
}

#[test]
fn times_are_exact_and_metadata_has_none() {
    let trace = open_bytes(&fixture("perfetto-export.json"), "t", &OpenOptions::default()).expect("well-formed");
    let expected = [
        // 81.9235 is 81,923.5 ns and 2.0005 is 2,000.5 ns; ties go to the even number.
        (0, "cudaLaunchKernel \"quoted\"", 81_924, 83_924),
        (0, "sub-ns 1", 100_000, 100_002),
        (0, "exponent", 150_000, 152_500),
    ];
    assert_eq!(slices(&trace), expected);
    assert_eq!(trace.text(trace.threads[0].name), "launcher \u{1F680}");
    assert_eq!(trace.span.start_ns, 81_924);
}

#[test]
fn gpu_work_of_two_gpus_is_joined_to_its_calls() {
    let trace = open_bytes(&fixture("two-gpus-nccl.json"), "t", &OpenOptions::default()).expect("well-formed");
    let work: Vec<EventId> = trace.gpu_tracks().flat_map(|(_, track)| track.events()).collect();
    assert_eq!(work.len(), 96);
    assert!(work.iter().all(|&id| trace.launch_of(id).is_some()));
    assert_eq!((trace.gpus_with_work(), trace.gpus[1].sm_count), (2, 132));
    let syncs = trace.events.kind.iter().filter(|&&kind| kind == EventKind::Sync).count();
    assert_eq!(syncs, 24);
    assert_eq!(trace.counters.len(), 2, "allocated and reserved memory: {:?}", trace.counters);
    assert_eq!(trace.epoch_offset_ns, Some(1_700_000_000_000_000_000));
}

#[test]
fn nodes_of_a_graph_share_the_call_that_launched_it() {
    let trace = open_bytes(&fixture("graphs.json"), "t", &OpenOptions::default()).expect("well-formed");
    let work: Vec<EventId> = trace.gpu_tracks().flat_map(|(_, track)| track.events()).collect();
    assert_eq!(work.len(), 40);
    for id in work {
        assert_eq!(trace.launch_of(id).map(|call| trace.name(call)), Some("cudaGraphLaunch"));
        let graph = trace.kernel_of(id).map(|kernel| (kernel.graph, kernel.graph_node >> 32));
        assert!(graph.is_none_or(|graph| graph == (3, 3)), "{graph:?}");
    }
}

#[test]
fn the_first_kinetos_categories_labels_and_whole_microseconds_are_read() {
    let trace = open_bytes(&fixture("kineto-1.8.json"), "t", &OpenOptions::default()).expect("well-formed");
    let kinds: Vec<EventKind> = trace.events.kind.clone();
    use EventKind::{Api, Instant, Kernel, Memcpy, Memset, Operator};
    assert_eq!(kinds, [Operator, Api, Api, Instant, Kernel, Memcpy, Memset]);
    let kernel = EventId(4);
    assert_eq!(trace.launch_of(kernel).map(|call| trace.name(call)), Some("cudaLaunchKernel"));
    assert_eq!(trace.range(kernel).start_ns, 1_616_000_000_000_020_000);
    assert_eq!(trace.launch_of(EventId(6)), None, "correlation 0 means none");
}

#[test]
fn flows_join_what_has_lost_its_arguments() {
    let trace = import(
        r#"[{"ph":"X","cat":"cuda_runtime","name":"cudaLaunchKernel","pid":5,"tid":6,"ts":10,"dur":2},
            {"ph":"s","cat":"ac2g","id":77,"pid":5,"tid":6,"ts":10,"name":"ac2g"},
            {"ph":"X","cat":"kernel","name":"k","pid":1,"tid":7,"ts":20,"dur":5},
            {"ph":"f","cat":"ac2g","id":77,"pid":1,"tid":7,"ts":20,"name":"ac2g","bp":"e"},
            {"ph":"X","cat":"kernel","name":"other","pid":1,"tid":7,"ts":30,"dur":5}]"#,
    );
    let work: Vec<_> = trace.gpu_tracks().flat_map(|(_, track)| track.events()).collect();
    let launches: Vec<_> = work.iter().map(|&id| trace.launch_of(id).map(|call| trace.name(call))).collect();
    assert_eq!(launches, [Some("cudaLaunchKernel"), None]);
}

#[test]
fn general_categories_of_other_tools_are_no_gpu_work() {
    let trace = import(
        r#"[{"ph":"X","cat":"Kernel","name":"page fault","pid":1,"tid":2,"ts":1,"dur":1},
            {"ph":"X","cat":"Runtime","name":"gc","pid":1,"tid":2,"ts":3,"dur":1,"args":{"a":1}},
            {"ph":"X","name":"k","pid":"CUDA functions","tid":1,"ts":5,"dur":2,"args":{}},
            {"ph":"X","cat":"kernel","name":"bare","pid":1,"tid":"stream 9","ts":5,"dur":2}]"#,
    );
    use EventKind::{Kernel, Other};
    assert_eq!(trace.events.kind, [Other, Other, Kernel, Kernel]);
    let streams: Vec<_> = trace.gpu_tracks().map(|(_, track)| (track.gpu.map(|gpu| gpu.0), track.stream)).collect();
    assert_eq!(streams, [(Some(0), 0), (Some(0), 9)], "the device before Kineto is its thread: {:?}", trace.gpus);
}

#[test]
fn a_file_that_is_cut_off_is_an_error_at_its_end_or_salvaged() {
    let whole = fixture("two-gpus-nccl.json");
    let salvage = OpenOptions { salvage: true, ..OpenOptions::default() };
    let rows = open_bytes(&whole, "t", &salvage).expect("well-formed").events.len();
    for length in (1..whole.len() - 2).step_by(501) {
        let error = open_bytes(&whole[..length], "t", &OpenOptions::default()).expect_err("cut off");
        assert_eq!(error.offset, Some(length as u64), "{error}");
        let trace = open_bytes(&whole[..length], "t", &salvage).expect("salvaged");
        assert!(trace.events.len() <= rows && trace.notes.iter().any(|note| note.0.contains("cut off")), "{length}");
    }
    assert_eq!(refuse("[{\"ph\":\"X\",\"ts\":1").offset, Some(17));
    assert_eq!(import("[{\"ph\":\"X\",\"ts\":1},\n").notes.len(), 1, "the array form may end between events");
    assert_eq!(import("[{\"ph\":\"X\",\"ts\":1},]").notes.len(), 0);
}

#[test]
fn wrong_bytes_are_refused_where_they_stand() {
    let cases = [
        ("[{\"ph\":\"X\" \"ts\":1}]", 11),
        ("[{\"ph\":\"X\",\"ts\":1} {\"ph\"", 19),
        ("{\"traceEvents\":[]} x", 19),
        ("{\"traceEvents\":[]]", 17),
        ("{\"a\" 1}", 5),
        ("[,]", 1),
        ("[{\"ph\":\"X\",\"ts\":,}]", 16),
        ("[{\"ph\":\"X\",\"ts\":1x2}]", 17),
        ("[{\"ph\":\"X\",\"ts\":maybe}]", 16),
        ("[{\"ph\":\"X\",\"name\":\"a\0b\"}]", 20),
        ("[{\"ph\":\"X\",\"args\":{\"a\":\"\u{1}\"}}]", 24),
        ("[{\"ph\":\"X\",\"args\":{\u{e9}}}]", 19),
        ("{\"other\":{\"a\":\0},\"traceEvents\":[]}", 14),
    ];
    for (json, offset) in cases {
        let error = refuse(json);
        assert_eq!(error.offset, Some(offset), "{json}: {error}");
    }
    assert_eq!(refuse("{\"name\": \"no trace\"}").offset, Some(0));
    for json in ["[]", "{\"traceEvents\":[]}", "{\"traceEvents\":[null, 3, \"x\", [1]]}"] {
        assert!(import(json).events.is_empty(), "{json}");
    }
}

#[test]
fn odd_values_are_left_out_and_counted() {
    let trace = import(
        r#"{"traceEvents":[{"ph":"X","name":"no ts"},{"ph":"X","name":"text","ts":"12.5","dur":"1"},
            {"ph":"X","name":"huge","ts":1e30},{"ph":"X","name":"neg","ts":5,"dur":-3},{"ph":"?","ts":9},
            {"ph":"X","name":"nan","ts":7,"dur":NaN},{"ph":"X","name":"dup","ts":1,"ts":8,"dur":null},
            {"ph":"X","name":7,"ts":9,"pid":null,"tid":18446744073709551615}, 17]}"#,
    );
    let rows = slices(&trace);
    let starts: Vec<_> = rows.iter().map(|&(_, name, start, end)| (name, start, end)).collect();
    let expected =
        [("neg", 5000, 5000), ("nan", 7000, 7000), ("dup", 8000, 8000), ("7", 9000, 9000), ("text", 12_500, 13_500)];
    assert_eq!(starts, expected);
    assert_eq!(trace.notes.len(), 5, "{:?}", trace.notes);
}

#[test]
fn deep_and_long_values_cost_time_but_no_stack() {
    let deep = format!(
        "{{\"x\":{}{},\"traceEvents\":[{{\"ph\":\"X\",\"ts\":1,\"args\":{{\"a\":{}{}}}}}]}}",
        "[".repeat(2_000_000),
        "]".repeat(2_000_000),
        "{\"b\":".repeat(200_000),
        format!("1{}", "}".repeat(200_000))
    );
    assert_eq!(import(&deep).events.len(), 1);
    let long = format!("[{{\"ph\":\"X\",\"ts\":1,\"name\":\"{}\"}}]", "n".repeat(3_000_000));
    assert_eq!(import(&long).name(EventId(0)).len(), 3_000_000);
    let digits = format!("[{{\"ph\":\"X\",\"ts\":1.{}}}]", "9".repeat(1_000_000));
    assert_eq!(import(&digits).range(EventId(0)).start_ns, 2000);
}

/// A file in which almost every position looks like the start of an event: arguments hold events, strings hold events, and
/// what stands beside the events does too.
const DECEPTIVE: &str = r#"{"other": [{"ph":"X","ts":7}, {"ph":"X","ts":8}], "traceEvents": [
    {"ph":"X","name":"a","ts":1,"dur":9,"pid":1,"tid":1,"args":{"list":[{"ph":"X","ts":2}, {"ph":"X","ts":3}, {"ph":"X","ts":4}]}},
    {"ph":"B","name":"b \"}, {\\\"ph\\\":\\\"X\\\"}, {","ts":2,"pid":1,"tid":2}, {"ph":"E","ts":4,"pid":1,"tid":2},
    {"ph":"C","name":"c","ts":2,"pid":1,"args":{"v":1}}, {"ph":"X","name":"d\u00e9","ts":3,"pid":1,"tid":1},
    {"ph":"b","cat":"q","id":1,"name":"e","ts":3,"pid":1,"tid":1}, {"ph":"M","name":"thread_name","pid":1,"tid":1,"args":{"name":"t"}},
    {"ph":"e","cat":"q","id":1,"name":"e","ts":6,"pid":1,"tid":1}, {"ph":"C","name":"c","ts":5,"pid":1,"args":{"v":2}}
  ], "tail": [{"ph":"X","ts":9}, {"ph":"X","ts":10}], "baseTimeNanoseconds": 5}"#;

#[test]
fn segments_guessed_at_any_byte_give_what_one_pass_gives() {
    for (bytes, form) in [(DECEPTIVE.as_bytes().to_vec(), Form::Object), (fixture("begin-end.json"), Form::Array)] {
        let options = OpenOptions::default();
        let read = |starts: &[(u64, Form)]| {
            import_from(Input::Memory(&bytes), starts, "t", &options).map(|trace| describe(&trace))
        };
        let expected = read(&[]).expect("well-formed");
        for first in 0..bytes.len() as u64 {
            assert_eq!(read(&[(first, form)]).expect("well-formed"), expected, "segment at {first}");
        }
        let braces: Vec<u64> = (0..bytes.len() as u64).filter(|&at| bytes[at as usize] == b'{').collect();
        for (index, &first) in braces.iter().enumerate() {
            for &second in &braces[index + 1..] {
                let starts = [(first, form), (second, form)];
                assert_eq!(read(&starts).expect("well-formed"), expected, "segments at {first} and {second}");
            }
        }
    }
}

#[test]
fn pieces_of_any_size_give_what_one_pass_gives() {
    let marked = ["\u{feff} ".as_bytes(), &fixture("kineto-1.8.json")].concat();
    for bytes in [DECEPTIVE.as_bytes().to_vec(), fixture("begin-end.json"), fixture("perfetto-export.json"), marked] {
        let expected = describe(&open_bytes(&bytes, "t", &OpenOptions::default()).expect("well-formed"));
        for size in 1..bytes.len() {
            let mut importer = ChromeImporter::new();
            for piece in bytes.chunks(size) {
                importer.push(piece).expect("well-formed");
            }
            assert_eq!(describe(&importer.finish("t", false).expect("well-formed")), expected, "pieces of {size}");
        }
    }
}

#[test]
fn progress_is_told_and_can_stop_the_reading() {
    use std::ops::ControlFlow;
    use std::sync::atomic::{AtomicU64, Ordering};
    let bytes = fixture("kineto-launch-bound.json.gz");
    let last = AtomicU64::new(0);
    let tell = |progress: crate::read::Progress| {
        assert_eq!(progress.total_bytes, bytes.len() as u64);
        last.fetch_max(progress.done_bytes, Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let options = OpenOptions { progress: Some(&tell), ..OpenOptions::default() };
    open_bytes(&bytes, "t", &options).expect("well-formed");
    assert!(last.load(Ordering::Relaxed) > bytes.len() as u64 / 2);
    let stop = |_| ControlFlow::Break(());
    let options = OpenOptions { progress: Some(&stop), ..OpenOptions::default() };
    assert!(open_bytes(&bytes, "t", &options).expect_err("stopped").is_cancelled());
    assert!(open_bytes(DECEPTIVE.as_bytes(), "t", &options).expect_err("stopped").is_cancelled());
}
