use std::ops::ControlFlow;

use super::*;
use crate::read::{OpenOptions, open_bytes};
use crate::recording::{Synthetic, import, write_synthetic};
use crate::{EventId, EventKind, NewEvent, Note, ProcessId, SourceFormat, Trace, TraceBuilder, TrackKey, TrackKind};

pub(super) fn synthetic() -> Trace {
    let dir = tempfile::tempdir().unwrap();
    let what = Synthetic { events: 3_000, gpus: 2, streams: 3, threads: 2 };
    let path = write_synthetic(&dir.path().join("synthetic.rgt"), what).unwrap();
    import(&path, "synthetic", &OpenOptions::default()).unwrap()
}

/// A trace with what the synthetic one lacks: two processes whose correlation ids overlap, times before zero, texts that
/// need escapes, a graph, Python functions, marks.
pub(super) fn odd() -> Trace {
    let mut builder = TraceBuilder::new();
    let gpu = builder.gpu(0, "");
    let names =
        ["quote \" and \\ and \u{1F600}", "line\nbreak", "torch.nn: forward"].map(|name| builder.strings.intern(name));
    for pid in [100, 200] {
        let process = builder.process(pid);
        builder.name_process(process, &format!("rank {pid}"));
        let thread = builder.thread(process, pid);
        let api = builder.track(TrackKey::host(TrackKind::Api, process, thread));
        let python = builder.track(TrackKey::host(TrackKind::Python, process, thread));
        let other = builder.track(TrackKey::host(TrackKind::Other, process, thread));
        let graph = builder.track(TrackKey::stream(TrackKind::Graph, None, gpu, pid as u32, 7));
        let event = |track, start_ns, dur_ns, kind, name| NewEvent {
            track,
            start_ns,
            dur_ns,
            name,
            kind,
            detail: crate::NONE,
            link: crate::NONE,
        };
        builder.push(event(python, -5_000_001 + pid, 9_999_999, EventKind::Python, names[2]));
        builder.push(NewEvent { detail: 5, ..event(api, -1_001 + pid, 1, EventKind::Api, names[0]) });
        builder.push(NewEvent { link: 5, ..event(graph, pid, 123_456_789, EventKind::GraphExec, names[1]) });
        builder.push(event(other, 77 + pid, 0, EventKind::Instant, names[1]));
    }
    builder.notes.push(Note("made up".into()));
    builder.finish("odd".into(), SourceFormat::Recording)
}

fn no_report() -> impl FnMut(u64, u64) -> ControlFlow<()> {
    |_, _| ControlFlow::Continue(())
}

fn chrome(trace: &Trace) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_chrome(trace, &mut bytes, &mut no_report()).unwrap();
    bytes
}

/// What Chrome JSON can say of a trace, one line an event, sorted.
fn said(trace: &Trace) -> Vec<String> {
    let pid = |process: Option<ProcessId>| process.map(|id| trace.processes[id.index()].pid);
    let mut lines: Vec<String> = (trace.tracks.iter())
        .flat_map(|track| track.events().map(move |id| (track, id)))
        .map(|(track, id): (_, EventId)| {
            let owner = match track.gpu {
                Some(gpu) => format!("GPU {} {} {}", trace.gpus[gpu.index()].device, track.context, track.stream),
                None => format!("{:?} {:?}", pid(track.process), track.thread.map(|id| trace.threads[id.index()].tid)),
            };
            let launch = trace.launch_of(id).map(|call| (trace.range(call), trace.name(call)));
            let kernel = trace.kernel_of(id).map(|kernel| (kernel.grid, kernel.block, kernel.registers));
            let (kind, range, name) = (trace.events.kind[id.index()], trace.range(id), trace.name(id));
            format!("{owner} {kind:?} {range:?} {name:?} {launch:?} {kernel:?} {:?}", trace.transfer_of(id))
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn chrome_json_read_again_says_the_same() {
    for trace in [synthetic(), odd()] {
        let again = open_bytes(&chrome(&trace), "again", &OpenOptions::default()).unwrap();
        assert_eq!(said(&again), said(&trace));
        assert_eq!(again.span, trace.span);
        assert_eq!(again.epoch_offset_ns, trace.epoch_offset_ns);
        let samples = |trace: &Trace| trace.counters.iter().map(|counter| counter.values.clone()).collect::<Vec<_>>();
        assert_eq!(samples(&again), samples(&trace));
        assert!(again.notes.is_empty(), "{:?}", again.notes);
    }
}

#[test]
fn chrome_json_is_json() {
    for trace in [synthetic(), odd()] {
        let value: serde_json::Value = serde_json::from_slice(&chrome(&trace)).unwrap();
        let events = value["traceEvents"].as_array().unwrap();
        let slices = events.iter().filter(|event| event["ph"] == "X" || event["ph"] == "i").count();
        assert_eq!(slices, trace.events.len());
        for event in events.iter().filter(|event| event["sf"].is_string()) {
            let frame = &value["stackFrames"][event["sf"].as_str().unwrap()];
            assert_eq!(frame["name"], "linear");
            assert!(value["stackFrames"][frame["parent"].as_str().unwrap()]["name"].is_string());
        }
    }
}

#[test]
fn a_writer_stops_when_asked() {
    let mut meter = Meter { done: REPORT_EVENTS - 1, total: 1, report: &mut |_, _| ControlFlow::Break(()) };
    assert_eq!(meter.tick().unwrap_err().kind(), io::ErrorKind::Interrupted);
}
