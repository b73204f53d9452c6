//! Chrome trace-event JSON as PyTorch's profiler (Kineto) writes it, which Perfetto, chrome://tracing and rustg read.
//!
//! Times are microseconds with three decimals, so that no nanosecond is lost; reading the file gives the same statistics.
//! What the format has no place for is left out: on which process's behalf a GPU worked, which part of a kernel's shared
//! memory was static, units of counters. Host stacks are the format's own `stackFrames`.

use std::io::{self, Write};

use rustc_hash::FxHashMap;
use serde_json::json;

use super::{Meter, Report};
use crate::{EventId, EventKind, KernelConfig, NONE, Trace, Track, TrackId, TrackKind, Transfer};

/// Writes `trace` as one JSON object.
///
/// # Errors
/// Where the output refuses, or `report` asks to stop.
pub fn write_chrome(trace: &Trace, output: &mut dyn Write, report: Report<'_>) -> io::Result<()> {
    let mut writer = Chrome {
        trace,
        output,
        names: Names::new(trace),
        own_correlations: has_several_callers(trace),
        lanes: lanes(trace),
        meter: Meter::new(trace.events.len() as u64, report),
        first: true,
    };
    writer.head()?;
    writer.metadata()?;
    for (index, track) in trace.tracks.iter().enumerate() {
        for event in track.events() {
            writer.event(TrackId(index as u32), track, event)?;
            writer.meter.tick()?;
        }
    }
    writer.counters()?;
    writer.tail()
}

struct Chrome<'a> {
    trace: &'a Trace,
    output: &'a mut dyn Write,
    names: Names,
    /// Whether correlation ids are made unique across processes, whose own ids overlap.
    own_correlations: bool,
    lanes: Vec<Lane>,
    meter: Meter<'a>,
    first: bool,
}

/// Where a viewer shows a track.
#[derive(Clone, Copy)]
struct Lane {
    pid: i64,
    tid: i64,
}

/// All texts as JSON strings, escaped once.
struct Names(Vec<Box<str>>);

impl Names {
    fn new(trace: &Trace) -> Self {
        Names(trace.strings.iter().map(|(_, text)| quoted(text).into()).collect())
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is always JSON")
}

/// A time in microseconds, exact.
struct Microseconds(i128);

impl std::fmt::Display for Microseconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:03}", self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000)
    }
}

fn has_several_callers(trace: &Trace) -> bool {
    let mut callers = trace.tracks.iter().filter(|track| track.kind == TrackKind::Api).map(|track| track.process);
    let first = callers.next();
    callers.any(|process| Some(process) != first)
}

/// Host threads keep their ids. A GPU is a process with its device number, a stream a thread with its id; further contexts,
/// processes and levels of the same stream get numbers of their own, far from real ones.
fn lanes(trace: &Trace) -> Vec<Lane> {
    let mut taken: FxHashMap<(i64, i64), ()> = FxHashMap::default();
    let mut next = 1 << 40;
    let mut lane = |pid: i64, tid: i64, shared: bool| {
        let mut tid = tid;
        if !shared && taken.insert((pid, tid), ()).is_some() {
            next += 1;
            tid = next;
        }
        Lane { pid, tid }
    };
    (trace.tracks.iter())
        .map(|track| {
            let pid = track.process.map_or(0, |process| trace.processes[process.index()].pid);
            match (track.gpu, track.thread) {
                (Some(gpu), _) => {
                    let stream = i64::try_from(track.stream).unwrap_or(-1);
                    lane(i64::from(trace.gpus[gpu.index()].device), stream, track.kind != TrackKind::Stream)
                }
                (None, Some(thread)) => lane(pid, trace.threads[thread.index()].tid, true),
                (None, None) => lane(pid, 0, true),
            }
        })
        .collect()
}

impl Chrome<'_> {
    fn head(&mut self) -> io::Result<()> {
        let devices: Vec<_> = (self.trace.gpus.iter())
            .map(|gpu| {
                json!({
                    "id": gpu.device,
                    "name": gpu.name,
                    "uuid": gpu.uuid,
                    "totalGlobalMem": gpu.memory_bytes,
                    "computeMajor": gpu.compute_capability.0,
                    "computeMinor": gpu.compute_capability.1,
                    "maxThreadsPerMultiprocessor": gpu.max_threads_per_sm,
                    "regsPerMultiprocessor": gpu.registers_per_sm,
                    "sharedMemPerMultiprocessor": gpu.shared_bytes_per_sm,
                    "numSms": gpu.sm_count,
                })
            })
            .collect();
        write!(self.output, "{{\n\"schemaVersion\": 1,\n\"displayTimeUnit\": \"ns\",\n")?;
        if !devices.is_empty() {
            writeln!(self.output, "\"deviceProperties\": {},", json!(devices))?;
        }
        if let Some(epoch) = self.trace.epoch_offset_ns {
            writeln!(self.output, "\"baseTimeNanoseconds\": {epoch},")?;
        }
        let notes: Vec<&str> = self.trace.notes.iter().map(|note| note.0.as_str()).collect();
        if !notes.is_empty() {
            writeln!(self.output, "\"notes\": {},", json!(notes))?;
        }
        write!(self.output, "\"traceEvents\": [")
    }

    fn tail(&mut self) -> io::Result<()> {
        write!(self.output, "\n]")?;
        let stacks = &self.trace.stacks;
        if !stacks.nodes().is_empty() {
            write!(self.output, ",\n\"stackFrames\": {{")?;
            for (id, &(caller, frame)) in stacks.nodes().iter().enumerate() {
                let frame = stacks.frame(frame);
                let comma = if id == 0 { "" } else { "," };
                let name = &self.names.0[frame.name.index()];
                let category = &self.names.0[frame.file.index()];
                write!(self.output, "{comma}\n\"{id}\": {{\"category\": {category}, \"name\": {name}")?;
                if let Some(caller) = caller {
                    write!(self.output, ", \"parent\": \"{}\"", caller.0)?;
                }
                write!(self.output, "}}")?;
            }
            write!(self.output, "\n}}")?;
        }
        writeln!(self.output, "\n}}")
    }

    fn separate(&mut self) -> io::Result<()> {
        let separator = if std::mem::take(&mut self.first) { "\n" } else { ",\n" };
        self.output.write_all(separator.as_bytes())
    }

    /// Names and order of processes, threads, GPUs and streams.
    fn metadata(&mut self) -> io::Result<()> {
        for process in &self.trace.processes {
            if process.name.0 != 0 {
                self.name_lane("process_name", process.pid, 0, &self.names.0[process.name.index()].clone())?;
            }
        }
        for thread in &self.trace.threads {
            if thread.name.0 != 0 {
                let pid = self.trace.processes[thread.process.index()].pid;
                self.name_lane("thread_name", pid, thread.tid, &self.names.0[thread.name.index()].clone())?;
            }
        }
        for gpu in &self.trace.gpus {
            let name = quoted(format!("GPU {} {}", gpu.device, gpu.name).trim_end());
            self.name_lane("process_name", i64::from(gpu.device), 0, &name)?;
        }
        for (track, lane) in self.trace.tracks.iter().zip(self.lanes.clone()) {
            if track.kind == TrackKind::Stream {
                let context = if track.context > 1 { format!(" context {}", track.context) } else { String::new() };
                let level = if track.level > 0 { format!(" overlap {}", track.level) } else { String::new() };
                let name = quoted(&format!("stream {}{context}{level}", track.stream));
                self.name_lane("thread_name", lane.pid, lane.tid, &name)?;
            }
        }
        Ok(())
    }

    fn name_lane(&mut self, what: &str, pid: i64, tid: i64, name: &str) -> io::Result<()> {
        self.separate()?;
        write!(
            self.output,
            "{{\"ph\": \"M\", \"name\": \"{what}\", \"pid\": {pid}, \"tid\": {tid}, \"ts\": 0, \"args\": {{\"name\": {name}}}}}"
        )
    }

    fn event(&mut self, track_id: TrackId, track: &Track, event: EventId) -> io::Result<()> {
        let events = &self.trace.events;
        let kind = events.kind[event.index()];
        let (start_ns, dur_ns) = (events.start_ns[event.index()], events.dur_ns[event.index()]);
        let Lane { pid, tid } = self.lanes[track_id.index()];
        let ts = Microseconds(i128::from(start_ns));
        self.separate()?;
        let name = &self.names.0[events.name[event.index()].index()];
        if track.thread.is_none() && track.gpu.is_none() && kind == EventKind::Other {
            return self.asynchronous(track, event, pid);
        }
        let category = category(kind, self.trace.name(event));
        let output = &mut *self.output;
        if kind == EventKind::Instant {
            return write!(
                output,
                "{{\"ph\": \"i\", \"s\": \"t\", \"pid\": {pid}, \"tid\": {tid}, \"ts\": {ts}, \"name\": {name}}}"
            );
        }
        let dur = Microseconds(i128::from(dur_ns));
        write!(
            output,
            "{{\"ph\": \"X\", \"cat\": \"{category}\", \"name\": {name}, \"pid\": {pid}, \"tid\": {tid}, \"ts\": {ts}, \"dur\": {dur}"
        )?;
        self.arguments(track, event, kind)?;
        if let Some(stack) = self.trace.stack_of(event) {
            write!(self.output, ", \"sf\": \"{}\"", stack.0)?;
        }
        write!(self.output, "}}")?;
        self.flow(event, pid, tid)
    }

    /// A slice of no thread: begin and end with an id of their own.
    fn asynchronous(&mut self, track: &Track, event: EventId, pid: i64) -> io::Result<()> {
        let range = self.trace.range(event);
        let category = &self.names.0[track.name.index()];
        let name = &self.names.0[self.trace.events.name[event.index()].index()];
        let id = event.0;
        for (phase, at_ns, end) in [("b", range.start_ns, ",\n"), ("e", range.end_ns, "")] {
            let ts = Microseconds(i128::from(at_ns));
            write!(
                self.output,
                "{{\"ph\": \"{phase}\", \"cat\": {category}, \"name\": {name}, \"pid\": {pid}, \"tid\": 0, \"id\": {id}, \"ts\": {ts}}}{end}"
            )?;
        }
        Ok(())
    }

    /// The correlation id of an API call; 0 for none.
    fn correlation(&self, call: EventId) -> u64 {
        match self.trace.events.detail[call.index()] {
            _ if self.own_correlations => u64::from(call.0) + 1,
            NONE => 0,
            correlation => u64::from(correlation),
        }
    }

    fn arguments(&mut self, track: &Track, event: EventId, kind: EventKind) -> io::Result<()> {
        let correlation = match self.trace.launch_of(event) {
            Some(call) => self.correlation(call),
            None if kind == EventKind::Api => self.correlation(event),
            None => 0,
        };
        let on_gpu = track.gpu.map(|gpu| self.trace.gpus[gpu.index()].device);
        let output = &mut *self.output;
        match on_gpu {
            Some(device) => {
                let (context, stream) = (track.context, track.stream);
                write!(output, ", \"args\": {{\"device\": {device}, \"context\": {context}, \"stream\": {stream}")?;
                if correlation != 0 {
                    write!(output, ", \"correlation\": {correlation}")?;
                }
            }
            None if kind == EventKind::Api => write!(output, ", \"args\": {{\"correlation\": {correlation}")?,
            None => return Ok(()),
        }
        if let Some(kernel) = self.trace.kernel_of(event) {
            kernel_arguments(output, kernel)?;
        }
        if let Some(transfer) = self.trace.transfer_of(event) {
            transfer_arguments(output, transfer)?;
        }
        write!(output, "}}")
    }

    /// The arrow from a launching call to its work.
    fn flow(&mut self, event: EventId, pid: i64, tid: i64) -> io::Result<()> {
        let Some(call) = self.trace.launch_of(event).filter(|_| self.trace.events.kind[event.index()].is_gpu_work())
        else {
            return Ok(());
        };
        let from = self.lanes[self.trace.track_of(call).index()];
        let call_ts = Microseconds(i128::from(self.trace.range(call).start_ns));
        let ts = Microseconds(i128::from(self.trace.range(event).start_ns));
        let id = event.0;
        write!(
            self.output,
            ",\n{{\"ph\": \"s\", \"cat\": \"ac2g\", \"name\": \"ac2g\", \"id\": {id}, \"pid\": {}, \"tid\": {}, \"ts\": {call_ts}}}",
            from.pid, from.tid
        )?;
        write!(
            self.output,
            ",\n{{\"ph\": \"f\", \"bp\": \"e\", \"cat\": \"ac2g\", \"name\": \"ac2g\", \"id\": {id}, \"pid\": {pid}, \"tid\": {tid}, \"ts\": {ts}}}"
        )
    }

    fn counters(&mut self) -> io::Result<()> {
        for counter in &self.trace.counters {
            let pid = counter.gpu.map_or(0, |gpu| i64::from(self.trace.gpus[gpu.index()].device));
            let name = quoted(&counter.name);
            for (&ts_ns, &value) in counter.ts_ns.iter().zip(&counter.values) {
                self.separate()?;
                let ts = Microseconds(i128::from(ts_ns));
                // JSON has no infinities.
                let value = if value.is_finite() { value } else { 0.0 };
                write!(
                    self.output,
                    "{{\"ph\": \"C\", \"name\": {name}, \"pid\": {pid}, \"ts\": {ts}, \"args\": {{\"value\": {value}}}}}"
                )?;
            }
        }
        Ok(())
    }
}

fn kernel_arguments(output: &mut dyn Write, kernel: &KernelConfig) -> io::Result<()> {
    let KernelConfig { grid, block, cluster, registers, graph, graph_node, .. } = kernel;
    let shared_bytes = kernel.shared_static_bytes.saturating_add(kernel.shared_dynamic_bytes);
    write!(output, ", \"registers per thread\": {registers}, \"shared memory\": {shared_bytes}")?;
    write!(output, ", \"grid\": [{}, {}, {}]", grid[0], grid[1], grid[2])?;
    write!(output, ", \"block\": [{}, {}, {}]", block[0], block[1], block[2])?;
    if *cluster != [0; 3] {
        write!(output, ", \"cluster\": [{}, {}, {}]", cluster[0], cluster[1], cluster[2])?;
    }
    if *graph != 0 {
        write!(output, ", \"graph id\": {graph}, \"graph node id\": {graph_node}")?;
    }
    if kernel.source_occupancy_permille != 0 {
        let percent = f64::from(kernel.source_occupancy_permille) / 10.0;
        write!(output, ", \"est. achieved occupancy %\": {percent}")?;
    }
    Ok(())
}

fn transfer_arguments(output: &mut dyn Write, transfer: &Transfer) -> io::Result<()> {
    write!(output, ", \"bytes\": {}", transfer.size_bytes)?;
    if transfer.graph != 0 {
        write!(output, ", \"graph id\": {}", transfer.graph)?;
    }
    Ok(())
}

/// Kineto's category of an event.
fn category(kind: EventKind, name: &str) -> &'static str {
    match kind {
        EventKind::Kernel => "kernel",
        EventKind::Memcpy => "gpu_memcpy",
        EventKind::Memset => "gpu_memset",
        EventKind::GraphExec => "gpu_graph",
        EventKind::Api if name.starts_with("cu") && !name.starts_with("cuda") => "cuda_driver",
        EventKind::Api => "cuda_runtime",
        EventKind::Sync => "cuda_sync",
        EventKind::Overhead => "overhead",
        EventKind::Nvtx => "user_annotation",
        EventKind::Operator => "cpu_op",
        EventKind::Python => "python_function",
        EventKind::Annotation => "gpu_user_annotation",
        EventKind::Other | EventKind::Instant => "other",
    }
}
