//! Perfetto's protobuf trace, for <https://ui.perfetto.dev> and its trace processor.
//!
//! A host thread is a thread track whose slices nest: NVTX, Python, operators, API calls. Slices that would not nest go to
//! tracks of their own below it. A GPU is a track with its streams, graphs and telemetry below. Flows lead from a launching
//! call to its work; launch configurations and sizes are the slices' arguments; host stacks hang on API calls.

mod layout;
mod message;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::io::{self, Write};

use prost::Message;
use rustc_hash::FxHashMap;

use super::{Meter, Report};
use crate::{EventId, EventKind, KernelConfig, NONE, Trace, TrackKind};
use layout::{Layout, Row};
use message::*;

/// The one sequence of packets; interned ids belong to it.
const SEQUENCE: u32 = 1;
/// Values of `TracePacket.SequenceFlags`.
const STATE_CLEARED: u32 = 1;
const NEEDS_STATE: u32 = 2;
/// Values of `BuiltinClock`.
const REALTIME: u32 = 1;
const BOOTTIME: u32 = 6;
/// Interned entries in one packet.
const INTERNED_AT_ONCE: usize = 4096;
/// Most arrows from one call: a graph's launch may start thousands of kernels.
const FLOWS_MAX: usize = 64;

/// Names of the arguments; an argument's interned id is its place here, from 1.
const ARGUMENTS: [&str; 11] = [
    "grid",
    "block",
    "cluster",
    "registers",
    "shared_static_bytes",
    "shared_dynamic_bytes",
    "graph",
    "graph_node",
    "size_bytes",
    "correlation",
    "queue_ns",
];

/// Writes `trace`.
///
/// # Errors
/// Where the output refuses, or `report` asks to stop.
pub fn write_perfetto(trace: &Trace, output: &mut dyn Write, report: Report<'_>) -> io::Result<()> {
    let layout = Layout::of(trace);
    let mut writer = Perfetto {
        trace,
        output,
        buffer: Vec::new(),
        launched: launched(trace),
        in_reserve: layout.in_reserve,
        // Perfetto's times are unsigned.
        shift_ns: trace.span.start_ns.min(0).unsigned_abs(),
        meter: Meter::new(trace.events.len() as u64, report),
    };
    writer.head()?;
    writer.intern()?;
    for descriptor in layout.descriptors {
        writer.packet(TracePacket { track_descriptor: Some(descriptor), ..TracePacket::default() })?;
    }
    for row in layout.rows {
        writer.row(&row)?;
    }
    for (counter, uuid) in trace.counters.iter().zip(layout.counters) {
        for (&ts_ns, &value) in counter.ts_ns.iter().zip(&counter.values) {
            let event = TrackEvent { double_counter_value: Some(value), ..event_of(COUNTER, uuid) };
            writer.event(ts_ns, event)?;
        }
    }
    Ok(())
}

/// Pairs of a launching call and what it launched, in order.
fn launched(trace: &Trace) -> Vec<(EventId, EventId)> {
    let work = trace.gpu_tracks().flat_map(|(_, track)| track.events());
    let mut pairs: Vec<_> = work.filter_map(|event| trace.launch_of(event).map(|call| (call, event))).collect();
    pairs.sort_unstable();
    pairs
}

fn event_of(kind: i32, track_uuid: u64) -> TrackEvent {
    TrackEvent { r#type: Some(kind), track_uuid: Some(track_uuid), ..TrackEvent::default() }
}

struct Perfetto<'a> {
    trace: &'a Trace,
    output: &'a mut dyn Write,
    buffer: Vec<u8>,
    launched: Vec<(EventId, EventId)>,
    in_reserve: FxHashMap<u64, TrackDescriptor>,
    shift_ns: u64,
    meter: Meter<'a>,
}

impl Perfetto<'_> {
    fn packet(&mut self, packet: TracePacket) -> io::Result<()> {
        let packet = TracePacket { trusted_packet_sequence_id: Some(SEQUENCE), ..packet };
        self.buffer.clear();
        message::Trace { packet: vec![packet] }.encode(&mut self.buffer).expect("a vector takes any message");
        self.output.write_all(&self.buffer)
    }

    fn timestamp(&self, ts_ns: i64) -> u64 {
        // Exact wherever the sum is not negative, which the shift sees to.
        (ts_ns as u64).wrapping_add(self.shift_ns)
    }

    fn event(&mut self, ts_ns: i64, event: TrackEvent) -> io::Result<()> {
        let timestamp = Some(self.timestamp(ts_ns));
        let sequence_flags = Some(NEEDS_STATE);
        self.packet(TracePacket { timestamp, sequence_flags, track_event: Some(event), ..TracePacket::default() })
    }

    fn head(&mut self) -> io::Result<()> {
        let start = self.timestamp(self.trace.span.start_ns);
        let mut clocks = vec![Clock { clock_id: Some(BOOTTIME), timestamp: Some(start) }];
        let epoch_ns = self.trace.epoch_offset_ns.and_then(|offset| offset.checked_add(self.trace.span.start_ns));
        if let Some(epoch_ns) = epoch_ns.and_then(|epoch_ns| u64::try_from(epoch_ns).ok()) {
            clocks.push(Clock { clock_id: Some(REALTIME), timestamp: Some(epoch_ns) });
        }
        self.packet(TracePacket {
            timestamp: Some(start),
            clock_snapshot: Some(ClockSnapshot { clocks }),
            sequence_flags: Some(STATE_CLEARED),
            first_packet_on_sequence: Some(true),
            ..TracePacket::default()
        })
    }

    /// Everything that events refer to by id: categories, names, arguments, stacks.
    fn intern(&mut self) -> io::Result<()> {
        let trace = self.trace;
        let named = |iid: u64, name: &str| InternedName { iid: Some(iid), name: Some(name.to_owned()) };
        let categories = EventKind::ALL.iter().map(|&kind| named(kind as u64 + 1, category(kind))).collect();
        let arguments = ARGUMENTS.iter().zip(1..).map(|(name, iid)| named(iid, name)).collect();
        self.interned(InternedData {
            event_categories: categories,
            debug_annotation_names: arguments,
            ..InternedData::default()
        })?;
        let mut used = vec![false; trace.strings.len()];
        trace.events.name.iter().for_each(|name| used[name.index()] = true);
        let names: Vec<u32> = (0..used.len() as u32).filter(|&name| used[name as usize]).collect();
        for names in names.chunks(INTERNED_AT_ONCE) {
            let name = |&name: &u32| named(u64::from(name) + 1, trace.text(rustg_base::StringId(name)));
            let event_names = names.iter().map(name).collect();
            self.interned(InternedData { event_names, ..InternedData::default() })?;
        }
        for (index, configs) in trace.kernels.chunks(INTERNED_AT_ONCE / 3).enumerate() {
            let first = index * (INTERNED_AT_ONCE / 3);
            let values = configs.iter().enumerate().flat_map(|(index, config)| {
                let shapes = [config.grid, config.block, config.cluster].into_iter().zip(shape_iids(first + index));
                shapes.map(|([x, y, z], iid)| named(iid, &format!("{x}×{y}×{z}")))
            });
            let debug_annotation_string_values = values.collect();
            self.interned(InternedData { debug_annotation_string_values, ..InternedData::default() })?;
        }
        self.intern_stacks()
    }

    fn intern_stacks(&mut self) -> io::Result<()> {
        let trace = self.trace;
        for (index, frames) in trace.stacks.frames().chunks(INTERNED_AT_ONCE).enumerate() {
            let iids = (index * INTERNED_AT_ONCE) as u64 + 1..;
            let mut interned = InternedData::default();
            for (frame, iid) in frames.iter().zip(iids) {
                let iid = Some(iid);
                interned.function_names.push(InternedName { iid, name: Some(trace.text(frame.name).to_owned()) });
                let line_number = Some(frame.line).filter(|&line| line > 0);
                interned.frames.push(message::Frame { iid, function_name_id: iid, line_number });
            }
            self.interned(interned)?;
        }
        // Only stacks that a call has, not the callers' part of each.
        let mut used = vec![false; trace.stacks.nodes().len()];
        for track in trace.tracks.iter().filter(|track| track.kind == TrackKind::Api) {
            track.events().filter_map(|event| trace.stack_of(event)).for_each(|stack| used[stack.0 as usize] = true);
        }
        for stack in (0..used.len() as u32).filter(|&stack| used[stack as usize]) {
            let mut frame_ids = Vec::new();
            let mut next = Some(stack);
            while let Some(node) = next {
                let (caller, frame) = trace.stacks.nodes()[node as usize];
                frame_ids.push(u64::from(frame.0) + 1);
                next = caller.map(|caller| caller.0);
            }
            frame_ids.reverse();
            let callstacks = vec![Callstack { iid: Some(u64::from(stack) + 1), frame_ids }];
            self.interned(InternedData { callstacks, ..InternedData::default() })?;
        }
        Ok(())
    }

    fn interned(&mut self, data: InternedData) -> io::Result<()> {
        let sequence_flags = Some(NEEDS_STATE);
        self.packet(TracePacket { interned_data: Some(data), sequence_flags, ..TracePacket::default() })
    }

    /// The slices of one row of the viewer, begins and ends in order of time.
    fn row(&mut self, row: &Row) -> io::Result<()> {
        let mut open: Vec<(i64, u64)> = Vec::new();
        for (event, overflow) in opening_order(self.trace, row) {
            let range = self.trace.range(event);
            while let Some(&(end_ns, uuid)) = open.last()
                && end_ns <= range.start_ns
            {
                open.pop();
                self.event(end_ns, event_of(SLICE_END, uuid))?;
            }
            let nests = open.last().is_none_or(|&(end_ns, _)| range.end_ns <= end_ns);
            let uuid = if nests { row.uuid } else { overflow };
            if let Some(descriptor) = self.in_reserve.remove(&uuid) {
                self.packet(TracePacket { track_descriptor: Some(descriptor), ..TracePacket::default() })?;
            }
            self.begin(event, uuid)?;
            self.meter.tick()?;
            if self.trace.events.kind[event.index()] == EventKind::Instant {
                continue;
            }
            if nests {
                open.push((range.end_ns, uuid));
            } else {
                // A track of its own, disjoint by itself.
                self.event(range.end_ns, event_of(SLICE_END, uuid))?;
            }
        }
        while let Some((end_ns, uuid)) = open.pop() {
            self.event(end_ns, event_of(SLICE_END, uuid))?;
        }
        Ok(())
    }

    fn begin(&mut self, event: EventId, uuid: u64) -> io::Result<()> {
        let trace = self.trace;
        let kind = trace.events.kind[event.index()];
        let slice = if kind == EventKind::Instant { INSTANT } else { SLICE_BEGIN };
        let mut begun = TrackEvent {
            category_iids: vec![kind as u64 + 1],
            name_iid: Some(u64::from(trace.events.name[event.index()].0) + 1),
            ..event_of(slice, uuid)
        };
        if kind == EventKind::Api {
            let first = self.launched.partition_point(|&(call, _)| call < event);
            let flows = self.launched[first..].iter().take_while(|&&(call, _)| call == event).take(FLOWS_MAX);
            begun.flow_ids = flows.map(|&(_, work)| u64::from(work.0) + 1).collect();
            begun.callstack_iid = trace.stack_of(event).map(|stack| u64::from(stack.0) + 1);
        } else if kind.is_gpu_work() && trace.launch_of(event).is_some() {
            begun.terminating_flow_ids = vec![u64::from(event.0) + 1];
        }
        begun.debug_annotations = arguments(trace, event);
        self.event(trace.range(event).start_ns, begun)
    }
}

/// The interned ids of a configuration's grid, block and cluster.
fn shape_iids(config: usize) -> [u64; 3] {
    [0, 1, 2].map(|shape| config as u64 * 3 + shape + 1)
}

fn arguments(trace: &Trace, event: EventId) -> Vec<DebugAnnotation> {
    let mut arguments = Vec::new();
    let mut number = |name: &str, value: u64| {
        let place = ARGUMENTS.iter().position(|argument| *argument == name).expect("a name of the list");
        arguments.push(DebugAnnotation {
            name_iid: Some(place as u64 + 1),
            uint_value: Some(value),
            string_value_iid: None,
        });
    };
    let config = trace.kernel_of(event);
    if let Some(KernelConfig { registers, shared_static_bytes, shared_dynamic_bytes, graph, graph_node, .. }) = config {
        number("registers", u64::from(*registers));
        number("shared_static_bytes", u64::from(*shared_static_bytes));
        number("shared_dynamic_bytes", u64::from(*shared_dynamic_bytes));
        if *graph != 0 {
            number("graph", u64::from(*graph));
            number("graph_node", *graph_node);
        }
    }
    if let Some(transfer) = trace.transfer_of(event) {
        number("size_bytes", transfer.size_bytes);
    }
    let call = if trace.events.kind[event.index()] == EventKind::Api { Some(event) } else { trace.launch_of(event) };
    let correlation = call.map_or(NONE, |call| trace.events.detail[call.index()]);
    if correlation != NONE {
        number("correlation", u64::from(correlation));
    }
    if let Some(call) = trace.launch_of(event) {
        // From the end of the call: how long the work waited in the queue.
        number("queue_ns", trace.range(event).start_ns.saturating_sub(trace.range(call).end_ns).max(0) as u64);
    }
    if let Some(config) = config {
        let detail = trace.events.detail[event.index()] as usize;
        let shapes = [config.grid, config.block, config.cluster];
        for ((name_iid, iid), shape) in (1..).zip(shape_iids(detail)).zip(shapes) {
            if shape != [0; 3] {
                let (name_iid, string_value_iid) = (Some(name_iid), Some(iid));
                arguments.push(DebugAnnotation { name_iid, uint_value: None, string_value_iid });
            }
        }
    }
    arguments
}

fn category(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Kernel => "kernel",
        EventKind::Memcpy => "memcpy",
        EventKind::Memset => "memset",
        EventKind::GraphExec => "graph",
        EventKind::Api => "api",
        EventKind::Sync => "sync",
        EventKind::Overhead => "overhead",
        EventKind::Nvtx => "nvtx",
        EventKind::Operator => "operator",
        EventKind::Python => "python",
        EventKind::Annotation => "annotation",
        EventKind::Other => "other",
        EventKind::Instant => "instant",
    }
}

/// The events of a row in the order in which slices open, each with the track it goes to where it does not nest.
fn opening_order(trace: &Trace, row: &Row) -> Vec<(EventId, u64)> {
    let mut events: Vec<(EventId, u64)> = Vec::new();
    for (range, overflow) in &row.parts {
        events.extend(range.clone().map(|event| (EventId(event), *overflow)));
    }
    if row.parts.len() > 1 {
        let (start_ns, dur_ns) = (&trace.events.start_ns, &trace.events.dur_ns);
        events.sort_unstable_by_key(|&(event, _)| (start_ns[event.index()], Reverse(dur_ns[event.index()]), event));
    }
    events
}
