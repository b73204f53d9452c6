use rustg_trace::{EventKind, NONE, NewEvent, SourceFormat, Trace, TraceBuilder, TrackKey, TrackKind};

use super::*;

/// Host calls as (name, start, end, correlation), work as (stream, start, end, correlation), overhead as (name, start, end).
fn trace(calls: &[(&str, i64, i64, u32)], work: &[(u64, i64, i64, u32)], overhead: &[(&str, i64, i64)]) -> Trace {
    let mut builder = TraceBuilder::new();
    let process = builder.process(1);
    let thread = builder.thread(process, 1);
    let api = builder.track(TrackKey::host(TrackKind::Api, process, thread));
    let event = |track, name, start_ns, end_ns: i64, kind| {
        let dur_ns = (end_ns - start_ns) as u64;
        NewEvent { track, start_ns, dur_ns, name, kind, detail: NONE, link: NONE }
    };
    for &(name, start, end, correlation) in calls {
        let name = builder.strings.intern(name);
        builder.push(NewEvent { detail: correlation, ..event(api, name, start, end, EventKind::Api) });
    }
    let gpu = builder.gpu(0, "");
    let kernel = builder.strings.intern("kernel");
    for &(stream, start, end, correlation) in work {
        let track = builder.track(TrackKey::stream(TrackKind::Stream, Some(process), gpu, 1, stream));
        builder.push(NewEvent { link: correlation, ..event(track, kernel, start, end, EventKind::Kernel) });
    }
    for &(name, start, end) in overhead {
        let track = builder.track(TrackKey::host(TrackKind::Overhead, process, thread));
        let name = builder.strings.intern(name);
        builder.push(event(track, name, start, end, EventKind::Overhead));
    }
    builder.finish("t".into(), SourceFormat::Chrome)
}

/// The cause of the only gap between work.
fn cause(trace: &Trace) -> Cause {
    let finder = GapFinder::new(&Window::new(trace, None));
    let gaps: Vec<Gap> = finder.gaps(GpuId(0)).into_iter().filter(|gap| gap.cause.is_between_work()).collect();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    gaps[0].cause
}

const US: i64 = 1_000;
const FIRST: (&str, i64, i64, u32) = ("cudaLaunchKernel", 0, 5 * US, 1);
const LAUNCH: &str = "cudaLaunchKernel";

/// Work 1 runs until 100 µs, work 2 from 200 µs.
const WORK: [(u64, i64, i64, u32); 2] = [(7, 8 * US, 100 * US, 1), (7, 200 * US, 300 * US, 2)];

#[test]
fn a_late_launch_without_waiting_is_the_hosts() {
    assert_eq!(cause(&trace(&[FIRST, (LAUNCH, 190 * US, 195 * US, 2)], &WORK, &[])), Cause::Host);
}

#[test]
fn a_launch_after_waiting_for_the_gpu_is_sync() {
    let calls = [FIRST, ("cudaStreamSynchronize", 10 * US, 160 * US, 9), (LAUNCH, 180 * US, 185 * US, 2)];
    assert_eq!(cause(&trace(&calls, &WORK, &[])), Cause::Sync);
}

#[test]
fn long_own_work_after_waiting_is_still_the_hosts() {
    let calls = [FIRST, ("cudaDeviceSynchronize", 10 * US, 103 * US, 9), (LAUNCH, 190 * US, 195 * US, 2)];
    assert_eq!(cause(&trace(&calls, &WORK, &[])), Cause::Host);
}

#[test]
fn a_blocking_copy_is_a_transfer() {
    let calls = [FIRST, ("cudaMemcpy", 10 * US, 185 * US, 9), (LAUNCH, 190 * US, 195 * US, 2)];
    assert_eq!(cause(&trace(&calls, &WORK, &[])), Cause::Transfer);
}

#[test]
fn allocating_and_loading_are_told_apart() {
    let with =
        |name| cause(&trace(&[FIRST, (name, 110 * US, 185 * US, 9), (LAUNCH, 190 * US, 195 * US, 2)], &WORK, &[]));
    assert_eq!(with("cudaMalloc"), Cause::Allocation);
    assert_eq!(with("cuModuleLoadData"), Cause::Loading);
    assert_eq!(with("cudaGetDevice"), Cause::Host);
}

#[test]
fn a_first_use_is_loading_though_most_of_it_lies_between_the_calls() {
    let with = |load_us: i64| {
        let calls = [
            FIRST,
            ("cuLibraryLoadData", 110 * US, (110 + load_us) * US, 8),
            ("cuLibraryLoadData", 150 * US, (150 + load_us) * US, 9),
            (LAUNCH, 190 * US, 195 * US, 2),
        ];
        cause(&trace(&calls, &WORK, &[]))
    };
    assert_eq!(with(6), Cause::Loading);
    assert_eq!(with(1), Cause::Host, "a call that takes no time explains none");
}

#[test]
fn a_slow_way_to_the_gpu_is_launch_latency() {
    assert_eq!(cause(&trace(&[FIRST, (LAUNCH, 110 * US, 198 * US, 2)], &WORK, &[])), Cause::Launch);
    assert_eq!(cause(&trace(&[FIRST, (LAUNCH, 90 * US, 198 * US, 2)], &WORK, &[])), Cause::Launch);
}

#[test]
fn queued_work_follows_in_its_stream_or_waits_for_another() {
    let calls = [FIRST, (LAUNCH, 6 * US, 7 * US, 2)];
    let next = |stream, start| [WORK[0], (stream, start, 300 * US, 2)];
    assert_eq!(cause(&trace(&calls, &next(7, 102 * US), &[])), Cause::Turnaround);
    assert_eq!(cause(&trace(&calls, &next(8, 102 * US), &[])), Cause::Dependency);
    assert_eq!(cause(&trace(&calls, &next(7, 200 * US), &[])), Cause::Dependency);
}

#[test]
fn the_profilers_overhead_is_named() {
    let calls = [FIRST, (LAUNCH, 190 * US, 195 * US, 2)];
    let overhead = |name| cause(&trace(&calls, &WORK, &[(name, 110 * US, 150 * US), (name, 140 * US, 170 * US)]));
    assert_eq!(overhead("Buffer Request"), Cause::Profiler);
    assert_eq!(overhead("Lazy Function Loading"), Cause::Loading);
}

#[test]
fn work_without_a_recorded_launch_is_unknown() {
    assert_eq!(cause(&trace(&[FIRST], &WORK, &[])), Cause::Unknown);
}

#[test]
fn gaps_and_busy_time_make_up_the_window() {
    let work: Vec<_> = (0..400u32)
        .map(|index| {
            let start = i64::from(index * 7919 % 5000) * 10;
            (u64::from(index % 4), start, start + i64::from(index % 13) * 20, index)
        })
        .collect();
    let trace = trace(&[("cudaLaunchKernel", -500, 60_000, 1)], &work, &[]);
    let whole = trace.span;
    for range in [whole, TimeRange { start_ns: 1_005, end_ns: 31_415 }, TimeRange { start_ns: 0, end_ns: 1 }] {
        let mut idle = vec![true; whole.dur_ns() as usize];
        for &(_, start, end, _) in &work {
            (start..end).for_each(|at| idle[(at - whole.start_ns) as usize] = false);
        }
        let slice = (range.start_ns - whole.start_ns) as usize..(range.end_ns - whole.start_ns) as usize;
        let expected = idle[slice].iter().filter(|&&idle| idle).count() as u64;
        let window = Window::new(&trace, Some(range));
        let found: u64 = GapFinder::new(&window).gaps(GpuId(0)).iter().map(Gap::dur_ns).sum();
        assert_eq!(found, expected);
    }
}

#[test]
fn the_largest_gaps_come_first_and_say_what_the_host_did() {
    let mut calls = vec![FIRST];
    calls.extend([("cudaStreamSynchronize", 10 * US, 160 * US, 9), (LAUNCH, 180 * US, 185 * US, 2)]);
    calls.push((LAUNCH, 350 * US, 355 * US, 3));
    let work = [WORK[0], WORK[1], (7, 360 * US, 400 * US, 3)];
    let trace = trace(&calls, &work, &[]);
    let (rows, largest) = gap_rows(&Window::new(&trace, None), 1);
    let causes: Vec<_> = rows.iter().map(|row| (row.cause, row.dur_ns.count, row.dur_ns.total)).collect();
    assert_eq!(causes, [(Cause::Sync, 1, 100_000), (Cause::Host, 1, 60_000), (Cause::BeforeFirst, 1, 8_000)]);
    assert_eq!(rows[0].host.as_deref(), Some("cudaStreamSynchronize"));
    assert_eq!(largest.len(), 1);
    assert_eq!((largest[0].start_ns, largest[0].gap.cause), (100_000, Cause::Sync));
}
