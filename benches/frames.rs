//! How fast frames are: `cargo bench --bench frames -- [EVENTS…]`, by default 10 million and 100 million events.
//!
//! Prints, for a made-up trace in memory: the time to index it, bytes of memory an event, and the time to build a frame at
//! 200×60 over 10 000 random zooms and pans. For up to 20 million events also the time from a recording on disk to the first
//! complete frame, without and with the saved index.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustg_trace::recording::{Synthetic, write_synthetic};
use rustg_trace::{
    EventKind, Events, Gpu, GpuId, NONE, Process, ProcessId, SourceFormat, Stacks, StringId, Strings, Thread, ThreadId,
    TimeRange, Trace, Track, TrackKind,
};
use rustg_tui::headless::Headless;
use rustg_tui::{Goto, Loaded, Msg, Options, Source, Theme};

const SIZE: (u16, u16) = (200, 60);
const FRAMES: usize = 10_000;
const STREAMS: u64 = 32;
const THREADS: u64 = 24;

fn main() {
    let given: Vec<u64> = std::env::args().filter_map(|argument| argument.replace('_', "").parse().ok()).collect();
    let sizes = if given.is_empty() { vec![10_000_000, 100_000_000] } else { given };
    for events in sizes {
        in_memory(events);
        if events <= 20_000_000 {
            from_disk(events);
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn in_memory(events: u64) {
    println!("{} million events, {STREAMS} streams, {THREADS} threads", events as f64 / 1e6);
    let trace = made_up(events);
    let started = Instant::now();
    let loaded = Arc::new(Loaded::new(None, trace));
    println!("  index                     {:>9.1} ms", millis(started.elapsed()));
    let bytes = loaded.size_bytes() as f64 / events as f64;
    println!("  memory                    {bytes:>9.1} bytes an event (bar: 40)");

    let options = Options {
        sources: vec![Source::Bytes { title: "made up".to_owned(), bytes: &[] }],
        theme: Theme::default(),
        background_given: true,
        sample: false,
        view_file: None,
        commands: Vec::new(),
    };
    let started = Instant::now();
    let mut headless = Headless::empty(&options, SIZE);
    std::hint::black_box(headless.screen());
    println!("  first frame               {:>9.2} ms (bar: 100)", millis(started.elapsed()));
    headless.send(Msg::Loaded { slot: 0, loaded: loaded.clone() });
    let whole = headless.state.context.whole();
    let mut random = Random(events);
    let mut times: Vec<Duration> = Vec::with_capacity(FRAMES);
    let mut thread_times: Vec<Duration> = Vec::with_capacity(FRAMES);
    for _ in 0..FRAMES {
        let width = ((whole.dur_ns() as f64) * 0.5f64.powf(random.unit() * 24.0)).max(400.0) as i64;
        let room = (whole.dur_ns() as i64 - width).max(1) as f64;
        let start_ns = whole.start_ns + (random.unit() * room) as i64;
        let (started, thread_started) = (Instant::now(), thread_time());
        headless.send(Msg::Goto(Goto::Window(TimeRange { start_ns, end_ns: start_ns + width })));
        std::hint::black_box(headless.screen());
        times.push(started.elapsed());
        thread_times.push(thread_time() - thread_started);
    }
    for (what, mut times) in [("wall time", times), ("CPU time", thread_times)] {
        times.sort_unstable();
        let at = |share: f64| millis(times[((times.len() - 1) as f64 * share) as usize]);
        let (median, p99, most) = (at(0.5), at(0.99), at(1.0));
        println!(
            "  frame at 200x60, {what:<9} {median:>8.2} ms median, {p99:.2} ms p99 (bar: 16), {most:.2} ms longest"
        );
    }
}

fn from_disk(events: u64) {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let path = dir.path().join("made-up.rgt");
    write_synthetic(&path, Synthetic { events, ..Synthetic::default() }).expect("the recording can be written");
    let first = complete_frame(&path);
    println!("  recording to full frame   {first:>9.1} ms without a saved index (bar at 10 M: 2000)");
    let trace = rustg_trace::read::open(&path, &Default::default()).expect("the recording can be read");
    // Opening it may have saved the index already; then there is nothing to save, and it loads.
    if rustg_trace::snapshot::save(&path, &trace) || rustg_trace::snapshot::load(&path).is_some() {
        drop(trace);
        let second = complete_frame(&path);
        println!("  recording to full frame   {second:>9.1} ms with a saved index (bar at 10 M: 500)");
    }
}

fn complete_frame(path: &std::path::Path) -> f64 {
    let options = Options {
        sources: vec![Source::Path(path.to_owned())],
        theme: Theme::default(),
        background_given: true,
        sample: false,
        view_file: None,
        commands: Vec::new(),
    };
    let started = Instant::now();
    let headless = Headless::new(&options, SIZE).expect("the recording can be read");
    std::hint::black_box(headless.screen());
    millis(started.elapsed())
}

/// CPU time of this thread: what a frame costs on a machine that others use too.
fn thread_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: clock_gettime writes one timespec to the place given.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Streams of kernels with bursts and pauses, launched by threads; rows as a builder would leave them.
fn made_up(events: u64) -> Trace {
    let mut strings = Strings::new();
    let kernels: Vec<StringId> =
        (0..200).map(|n| strings.intern(&format!("void kernel_{n}<float, {n}>(int)"))).collect();
    let calls: Vec<StringId> = ["cudaLaunchKernel", "cudaStreamSynchronize", "cuLaunchKernelEx"]
        .iter()
        .map(|name| strings.intern(name))
        .collect();
    let mut random = Random(7);
    let (mut rows, mut tracks) = (Events::default(), Vec::new());
    let per_track = events / (STREAMS + THREADS);
    rows.start_ns.reserve_exact(events as usize);
    rows.dur_ns.reserve_exact(events as usize);
    rows.name.reserve_exact(events as usize);
    rows.detail.reserve_exact(events as usize);
    rows.link.reserve_exact(events as usize);
    rows.kind.reserve_exact(events as usize);
    let mut end_ns = 0;
    for number in 0..THREADS + STREAMS {
        let on_gpu = number >= THREADS;
        let first = rows.len() as u32;
        let mut at_ns = (random.next() % 1_000_000) as i64;
        for event in 0..per_track {
            let bits = random.next();
            at_ns += if event % 4096 == 0 { (bits % 20_000_000) as i64 } else { (bits % 3_000) as i64 };
            let dur_ns = 1_000 + (bits >> 20) % 30_000;
            rows.start_ns.push(at_ns);
            rows.dur_ns.push(dur_ns);
            let names = if on_gpu { &kernels } else { &calls };
            rows.name.push(names[(bits >> 40) as usize % names.len()]);
            rows.detail.push(NONE);
            rows.link.push(NONE);
            rows.kind.push(if on_gpu { EventKind::Kernel } else { EventKind::Api });
            at_ns += dur_ns as i64;
        }
        end_ns = end_ns.max(at_ns);
        tracks.push(Track {
            kind: if on_gpu { TrackKind::Stream } else { TrackKind::Api },
            process: Some(ProcessId(0)),
            thread: (!on_gpu).then_some(ThreadId(number as u32)),
            gpu: on_gpu.then_some(GpuId(((number - THREADS) / 8) as u32)),
            context: 1,
            stream: number,
            level: 0,
            name: StringId::EMPTY,
            rows: first..rows.len() as u32,
        });
    }
    Trace {
        title: "made up".to_owned(),
        source: SourceFormat::Recording,
        span: TimeRange { start_ns: 0, end_ns },
        strings,
        processes: vec![Process { pid: 1, name: StringId::EMPTY }],
        threads: (0..THREADS)
            .map(|n| Thread { process: ProcessId(0), tid: n as i64 + 1, name: StringId::EMPTY })
            .collect(),
        gpus: (0..STREAMS.div_ceil(8) as u32).map(|device| Gpu { device, ..Gpu::default() }).collect(),
        tracks,
        events: rows,
        kernels: Vec::new(),
        transfers: Vec::new(),
        stacks: Stacks::default(),
        counters: Vec::new(),
        lost: Vec::new(),
        notes: Vec::new(),
        epoch_offset_ns: None,
    }
}
