//! The panel at the bottom: an event, a range, or the largest gap; it always says something useful.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustg_analyze::stats::{SmLimits, occupancy};
use rustg_trace::names::{compact_name, demangle};
use rustg_trace::{EventId, EventKind, GpuId, KernelConfig, TimeRange, TransferKind};

use super::Timeline;
use super::gap::{GapReport, display_name, host_chain, words};
use crate::context::{Context, Loaded, Selection};
use crate::draw::{Pieces, cut, put};
use crate::theme::Paint;

/// A line of the panel: a word and what it says.
type Line = (String, String);

pub(super) fn draw(timeline: &Timeline, context: &Context, buffer: &mut Buffer, area: Rect) {
    if area.height == 0 {
        return;
    }
    let (title, lines) = match context.selection {
        Some(Selection::Event { slot, event }) => match context.trace(slot) {
            Some(loaded) => event_lines(timeline, context, loaded, slot, event),
            None => return,
        },
        Some(Selection::Range(range)) => range_lines(timeline, context, range),
        None => match timeline.shown_gap() {
            Some(gap) => gap_lines(timeline, context, gap),
            None => nothing_lines(context),
        },
    };
    let theme = context.theme;
    let mut line = Pieces::new(buffer, area, 0);
    line.add(" ┄ ", theme.faint());
    for (place, part) in title.iter().enumerate() {
        if place > 0 {
            line.add(" ┄ ", theme.faint());
        }
        line.add(part, if place == 0 { theme.accent() } else { theme.strong() });
    }
    line.add(" ", theme.text());
    let (from, y) = (line.column(), area.y);
    for x in from..area.right() {
        put(buffer, x, y, '┄', theme.faint());
    }
    for (row, (word, says)) in lines.iter().take(usize::from(area.height) - 1).enumerate() {
        let mut line = Pieces::new(buffer, area, row as u16 + 1);
        line.add("   ", theme.text());
        if !word.is_empty() {
            line.add(word, theme.dim()).add("  ", theme.text());
        }
        line.add(says, theme.text());
    }
}

fn time_of(context: &Context, slot: usize, range: TimeRange) -> String {
    let view = context.to_view(slot, range);
    context.theme.figures().time(view.start_ns, context.window.dur_ns().min(100_000_000))
}

fn gap_lines(timeline: &Timeline, context: &Context, report: &GapReport) -> (Vec<String>, Vec<Line>) {
    let figures = context.theme.figures();
    let Some(loaded) = context.trace(0) else { return (Vec::new(), Vec::new()) };
    let (trace, gap) = (&loaded.trace, report.gap);
    let largest = timeline.gaps.iter().any(|other| other.gap.range == gap.range);
    let what = if largest { "largest gap" } else { "gap" };
    let device = |gpu: GpuId| trace.gpus[gpu.index()].device;
    let title = vec![
        format!("{what} on GPU {}", device(gap.gpu)),
        format!("{} at {}", figures.duration(gap.dur_ns()), time_of(context, 0, gap.range)),
        words(gap.cause).to_owned(),
    ];
    let width = usize::from(context.size.0);
    let mut lines = Vec::new();
    let launched = gap.launch.map(|call| {
        let start = trace.range(call).start_ns - gap.range.start_ns;
        let after = figures.duration_short(start.unsigned_abs());
        if start < 0 { format!(", launched {after} before it") } else { format!(", launched {after} into it") }
    });
    let launched = launched.unwrap_or_default();
    let room = width.saturating_sub(24 + launched.len()) / 2;
    let name = |event: Option<EventId>| {
        event.map_or_else(|| "nothing".to_owned(), |event| cut(&display_name(trace, event), room.max(12)).into_owned())
    };
    lines.push(("last".to_owned(), format!("{}   next  {}{launched}", name(gap.before), name(gap.after))));
    if report.host.is_empty() {
        lines.push(("host".to_owned(), "nothing was recorded on the launching thread then".to_owned()));
    } else {
        lines.push(("host was in".to_owned(), innermost(&report.host, width.saturating_sub(18))));
    }
    let notes = notes(context);
    if !notes.is_empty() {
        lines.push((String::new(), notes));
    }
    lines.push(("why".to_owned(), gap.cause.explanation().to_owned()));
    for GapReport { gap: other, .. } in timeline.gaps.iter().filter(|other| other.gap.gpu != gap.gpu) {
        let length = figures.duration(other.dur_ns());
        lines.push((format!("GPU {}", device(other.gpu)), format!("largest gap {length}, {}", words(other.cause))));
    }
    (title, lines)
}

/// The end of a chain of names that fits into `width`, the innermost last.
fn innermost(chain: &[String], width: usize) -> String {
    let mut shown = String::new();
    for name in chain.iter().rev() {
        let next = if shown.is_empty() { name.clone() } else { format!("{name} → {shown}") };
        if next.chars().count() > width && !shown.is_empty() {
            return format!("… → {shown}");
        }
        shown = next;
    }
    shown
}

/// What the reader of this trace should know: the sample's banner, losses, notes.
fn notes(context: &Context) -> String {
    if context.sample {
        return "this is a bundled sample from an H200; record your own:  rustg record -- python train.py".to_owned();
    }
    let Some((_, loaded)) = context.loaded().next() else { return String::new() };
    let lost = loaded.trace.lost.iter().map(|lost| format!("{} {} lost", lost.count, lost.what));
    let notes = loaded.trace.notes.iter().map(|note| note.0.clone());
    lost.chain(notes).collect::<Vec<_>>().join(" · ")
}

fn nothing_lines(context: &Context) -> (Vec<String>, Vec<Line>) {
    let Some((_, loaded)) = context.loaded().next() else { return (Vec::new(), Vec::new()) };
    let trace = &loaded.trace;
    let figures = context.theme.figures();
    let title = vec!["nothing selected".to_owned()];
    let says = match trace.gpu_tracks().next() {
        Some(_) => "the GPU was never idle between its first and its last work",
        None => "this trace has no GPU work: it shows the host alone",
    };
    let lines = vec![
        (String::new(), says.to_owned()),
        (
            String::new(),
            format!(
                "{} events on {} rows in {}",
                figures.count(trace.events.len() as u64),
                trace.tracks.len(),
                figures.duration(trace.span.dur_ns())
            ),
        ),
        (String::new(), notes(context)),
    ];
    (title, lines)
}

fn range_lines(timeline: &Timeline, context: &Context, range: TimeRange) -> (Vec<String>, Vec<Line>) {
    let figures = context.theme.figures();
    let visible = context.window.dur_ns();
    let span = format!("{} – {}", figures.time(range.start_ns, visible), figures.time(range.end_ns, visible));
    let mut title = vec!["selection".to_owned(), span, figures.duration(range.dur_ns())];
    let mut lines = Vec::new();
    for (slot, loaded) in context.loaded() {
        let of_trace = context.to_trace(slot, range);
        for gpu in (0..loaded.trace.gpus.len() as u32).map(GpuId) {
            let busy = loaded.lod.gpu_busy_ns(&loaded.trace, gpu, of_trace);
            let device = loaded.trace.gpus[gpu.index()].device;
            let share = figures.percent_of(busy, range.dur_ns());
            if slot == 0 && gpu.0 == 0 {
                title.push(format!("GPU busy {share} %"));
            } else {
                let which = if context.slots.len() > 1 { ["A ", "B "][slot.min(1)] } else { "" };
                lines.push((format!("{which}GPU {device}"), format!("busy {share} %")));
            }
        }
    }
    match timeline.report.as_ref().filter(|report| report.range == range) {
        Some(report) => {
            let Some(loaded) = context.trace(report.slot) else { return (title, lines) };
            let mut counts = format!("{} kernels", figures.count(report.kernels));
            if report.transfers > 0 {
                let bytes = figures.bytes_short(report.transfer_bytes);
                let noun = if report.transfers == 1 { "transfer" } else { "transfers" };
                counts.push_str(&format!(" · {} {noun} of {bytes}", figures.count(report.transfers)));
            }
            counts.push_str(&format!(" · {} CUDA calls", figures.count(report.calls)));
            lines.insert(0, ("holds".to_owned(), counts));
            for &(name, total_ns, count) in &report.by_name {
                let name = compact_name(&demangle(loaded.trace.text(name))).into_owned();
                let share = figures.percent_of(total_ns, range.dur_ns());
                let total = figures.duration_short(total_ns);
                lines.push((format!("{total:>8} {share:>5} %"), format!("{name} × {}", figures.count(count))));
            }
        }
        None => lines.insert(0, ("holds".to_owned(), "counting".to_owned())),
    }
    (title, lines)
}

fn event_lines(
    timeline: &Timeline,
    context: &Context,
    loaded: &Loaded,
    slot: usize,
    event: EventId,
) -> (Vec<String>, Vec<Line>) {
    let trace = &loaded.trace;
    let figures = context.theme.figures();
    let range = trace.range(event);
    let track = &trace.tracks[trace.track_of(event).index()];
    let mut kind = kind_word(trace.events.kind[event.index()]).to_owned();
    if trace.events.kind[event.index()] == EventKind::Kernel {
        let Paint { family, .. } = loaded.paints[trace.events.name[event.index()].index()];
        kind = format!("{kind} · {}", family.name());
    }
    let title = vec![
        kind,
        display_name(trace, event),
        figures.duration(range.dur_ns()),
        format!("at {}", time_of(context, slot, range)),
    ];
    let mut lines = Vec::new();
    if let Some(config) = trace.kernel_of(event) {
        lines.push((String::new(), launch_shape(context, loaded, track.gpu, config)));
    }
    if let Some(transfer) = trace.transfer_of(event) {
        let rate = figures.rate_of(transfer.size_bytes, range.dur_ns());
        let size = figures.bytes(transfer.size_bytes);
        lines.push((transfer_word(transfer.kind).to_owned(), format!("{size} at {rate}")));
    }
    if let Some(call) = trace.launch_of(event) {
        let start = trace.range(call).start_ns;
        let latency = figures.duration_short(range.start_ns.saturating_sub(start).max(0) as u64);
        let correlation = trace.events.detail[call.index()];
        let says = format!("{} · {latency} before it ran · correlation {correlation} · ↵ goes there", trace.name(call));
        lines.push(("launched by".to_owned(), says));
    }
    if let Some(link) = timeline.linked_to(slot, event).filter(|link| link.launch == event) {
        let ran = trace.range(link.work);
        let latency = figures.duration_short(ran.start_ns.saturating_sub(range.start_ns).max(0) as u64);
        let length = figures.duration_short(ran.dur_ns());
        let name = display_name(trace, link.work);
        lines.push(("launched".to_owned(), format!("{name} · {latency} later, for {length} · ↵ goes there")));
    }
    let call = trace.launch_of(event).unwrap_or(event);
    let stack: Vec<String> = (trace.stack_of(call).into_iter())
        .flat_map(|stack| trace.stacks.innermost_first(stack))
        .map(|frame| trace.text(frame.name).to_owned())
        .collect();
    let width = usize::from(context.size.0).saturating_sub(12);
    if !stack.is_empty() {
        let chain: Vec<String> = stack.into_iter().rev().collect();
        lines.push(("stack".to_owned(), innermost(&chain, width)));
    } else if let Some(thread) = trace.tracks[trace.track_of(call).index()].thread {
        let chain = host_chain(trace, thread, trace.range(call).start_ns);
        let names: Vec<String> =
            chain.into_iter().filter(|&other| other != event).map(|event| display_name(trace, event)).collect();
        if !names.is_empty() {
            lines.push(("inside".to_owned(), innermost(&names, width)));
        }
    }
    let name = trace.name(event);
    let readable = demangle(name);
    if readable != display_name(trace, event) {
        lines.push(("name".to_owned(), readable.into_owned()));
    }
    (title, lines)
}

fn launch_shape(context: &Context, loaded: &Loaded, gpu: Option<GpuId>, config: &KernelConfig) -> String {
    let figures = context.theme.figures();
    let shape = |size: [u32; 3]| format!("{}×{}×{}", size[0], size[1], size[2]);
    let mut facts = vec![format!("grid {}", shape(config.grid)), format!("block {}", shape(config.block))];
    if config.cluster.iter().any(|&blocks| blocks > 1) {
        facts.push(format!("cluster {}", shape(config.cluster)));
    }
    facts.push(format!("{} registers", config.registers));
    let shared = u64::from(config.shared_static_bytes) + u64::from(config.shared_dynamic_bytes);
    facts.push(format!("shared {}", figures.bytes_short(shared)));
    if config.local_bytes > 0 {
        facts.push(format!("local {}", figures.bytes_short(u64::from(config.local_bytes))));
    }
    let limits = gpu.and_then(|gpu| SmLimits::of(&loaded.trace.gpus[gpu.index()]));
    if let Some(occupancy) = limits.and_then(|limits| occupancy(config, &limits)) {
        let limiter = occupancy.limiter.name();
        facts.push(format!("occupancy {} % (by {limiter})", figures.percent(occupancy.share)));
    } else if config.source_occupancy_permille > 0 {
        let percent = figures.percent(f64::from(config.source_occupancy_permille) / 1000.0);
        facts.push(format!("occupancy {percent} %"));
    }
    let blocks = config.grid.iter().map(|&size| u64::from(size)).product::<u64>();
    let multiprocessors = gpu.map_or(0, |gpu| loaded.trace.gpus[gpu.index()].sm_count);
    if multiprocessors > 0 {
        facts.push(format!("{:.2} blocks per SM", blocks as f64 / f64::from(multiprocessors)));
    }
    if config.graph != 0 {
        facts.push(format!("graph {} node {}", config.graph, config.graph_node));
    }
    facts.join(" · ")
}

fn kind_word(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Kernel => "kernel",
        EventKind::Memcpy => "copy",
        EventKind::Memset => "fill",
        EventKind::GraphExec => "graph",
        EventKind::Api => "CUDA call",
        EventKind::Sync => "synchronisation",
        EventKind::Overhead => "overhead",
        EventKind::Nvtx => "NVTX range",
        EventKind::Operator => "operator",
        EventKind::Python => "Python",
        EventKind::Annotation => "range on the GPU",
        EventKind::Other => "slice",
        EventKind::Instant => "instant",
    }
}

fn transfer_word(kind: TransferKind) -> &'static str {
    match kind {
        TransferKind::Unknown => "copy",
        TransferKind::HostToDevice => "host to device",
        TransferKind::DeviceToHost => "device to host",
        TransferKind::DeviceToDevice => "within the device",
        TransferKind::HostToHost => "host to host",
        TransferKind::PeerToPeer => "between devices",
        TransferKind::Array => "array",
        TransferKind::Memset => "fill",
        TransferKind::Unified => "unified memory",
    }
}
