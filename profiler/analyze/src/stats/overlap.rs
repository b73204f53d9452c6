//! How busy each GPU was, and how much computing, copying and communication overlapped.

use rustg_trace::names::KernelFamily;
use rustg_trace::{EventKind, GpuId, StringId, Trace};

use super::gaps::gpus_with_work;
use super::group::gpu_label;
use super::merge;
use super::table::{Column, Row, Unit, Value, hidden, roomy, shown};
use super::window::Window;

/// Times of one GPU. "Computing" is kernels but those that communicate (NCCL and its kin); "copying" is copies and fills.
#[derive(Clone, PartialEq, Debug)]
pub struct OverlapRow {
    /// The GPU's number in the trace.
    pub id: GpuId,
    /// Its label.
    pub gpu: String,
    /// Its marketing name, or empty.
    pub gpu_name: String,
    /// The window.
    pub wall_ns: u64,
    /// At least one piece of work ran.
    pub busy_ns: u64,
    /// Nothing ran.
    pub idle_ns: u64,
    /// At least one kernel computed.
    pub compute_ns: u64,
    /// At least one copy or fill ran.
    pub copy_ns: u64,
    /// At least one kernel communicated.
    pub communication_ns: u64,
    /// Computing and copying at once.
    pub compute_and_copy_ns: u64,
    /// Computing and communicating at once.
    pub compute_and_communication_ns: u64,
    /// Copying while nothing computed.
    pub copy_alone_ns: u64,
    /// Communicating while nothing computed.
    pub communication_alone_ns: u64,
    /// At least two pieces of work ran at once.
    pub concurrent_ns: u64,
}

impl OverlapRow {
    /// The part of the window in which the GPU had work, 0 to 1.
    pub fn busy_share(&self) -> f64 {
        if self.wall_ns == 0 { 0.0 } else { self.busy_ns as f64 / self.wall_ns as f64 }
    }
}

impl Row for OverlapRow {
    const COLUMNS: &'static [Column] = &[
        shown("gpu", "GPU", Unit::Text),
        hidden("gpu_name", Unit::Text),
        hidden("wall_ns", Unit::DurNs),
        shown("busy_ns", "busy", Unit::DurNs),
        shown("busy_share", "%", Unit::Share),
        shown("idle_ns", "idle", Unit::DurNs),
        shown("compute_ns", "compute", Unit::DurNs),
        shown("copy_ns", "copy", Unit::DurNs),
        roomy("copy_alone_ns", "copy alone", Unit::DurNs),
        roomy("communication_ns", "comm", Unit::DurNs),
        roomy("communication_alone_ns", "comm alone", Unit::DurNs),
        roomy("concurrent_ns", "concurrent", Unit::DurNs),
        hidden("compute_and_copy_ns", Unit::DurNs),
        hidden("compute_and_communication_ns", Unit::DurNs),
    ];

    fn values(&self) -> Vec<Value> {
        vec![
            self.gpu.as_str().into(),
            self.gpu_name.as_str().into(),
            self.wall_ns.into(),
            self.busy_ns.into(),
            self.busy_share().into(),
            self.idle_ns.into(),
            self.compute_ns.into(),
            self.copy_ns.into(),
            self.copy_alone_ns.into(),
            self.communication_ns.into(),
            self.communication_alone_ns.into(),
            self.concurrent_ns.into(),
            self.compute_and_copy_ns.into(),
            self.compute_and_communication_ns.into(),
        ]
    }
}

const COMPUTE: usize = 1;
const COPY: usize = 2;
const COMMUNICATION: usize = 4;

/// The length of the union of intervals that come in order of start.
#[derive(Clone, Copy, Default)]
struct Union {
    until_ns: Option<i64>,
    total_ns: u64,
}

impl Union {
    fn add(&mut self, start_ns: i64, end_ns: i64) {
        let from = self.until_ns.map_or(start_ns, |until| until.max(start_ns));
        if end_ns > from {
            self.total_ns = self.total_ns.saturating_add(end_ns.abs_diff(from));
            self.until_ns = Some(end_ns);
        }
    }
}

/// The rows of all GPUs with work.
pub fn overlap_rows(window: &Window) -> Vec<OverlapRow> {
    let communicates = communicating_names(window.trace);
    gpus_with_work(window.trace).into_iter().map(|gpu| overlap_of(window, gpu, &communicates)).collect()
}

/// Intersections come from unions: |A ∩ B| = |A| + |B| − |A ∪ B|, and a union in order of start needs one variable.
fn overlap_of(window: &Window, gpu: GpuId, communicates: &[bool]) -> OverlapRow {
    let events = &window.trace.events;
    let mut unions = [Union::default(); 8];
    let (mut first_until, mut second) = (i64::MIN, Union::default());
    merge::for_each_in_order(window, &merge::tracks_of(window, gpu), |work| {
        let row = work.event.index();
        let class = match events.kind[row] {
            EventKind::Memcpy | EventKind::Memset => COPY,
            _ if communicates[events.name[row].index()] => COMMUNICATION,
            _ => COMPUTE,
        };
        for (set, union) in unions.iter_mut().enumerate().skip(1) {
            if set & class != 0 {
                union.add(work.start_ns, work.end_ns);
            }
        }
        // What of it lies under what ran before is covered twice.
        second.add(work.start_ns, work.end_ns.min(first_until));
        first_until = first_until.max(work.end_ns);
    });
    let union = |set: usize| unions[set].total_ns;
    let both = |a: usize, b: usize| union(a) - (union(a | b) - union(b));
    let busy_ns = union(COMPUTE | COPY | COMMUNICATION);
    let row = &window.trace.gpus[gpu.index()];
    OverlapRow {
        id: gpu,
        gpu: gpu_label(window.trace, gpu),
        gpu_name: row.name.clone(),
        wall_ns: window.range.dur_ns(),
        busy_ns,
        idle_ns: window.range.dur_ns().saturating_sub(busy_ns),
        compute_ns: union(COMPUTE),
        copy_ns: union(COPY),
        communication_ns: union(COMMUNICATION),
        compute_and_copy_ns: both(COMPUTE, COPY),
        compute_and_communication_ns: both(COMPUTE, COMMUNICATION),
        copy_alone_ns: union(COMPUTE | COPY) - union(COMPUTE),
        communication_alone_ns: union(COMPUTE | COMMUNICATION) - union(COMPUTE),
        concurrent_ns: second.total_ns,
    }
}

/// Which names are of kernels that communicate; by [`StringId`].
fn communicating_names(trace: &Trace) -> Vec<bool> {
    let mut used = vec![false; trace.strings.len()];
    for (_, track) in trace.gpu_tracks() {
        trace.events.name[track.range()].iter().for_each(|name| used[name.index()] = true);
    }
    let communicates =
        |index: usize| KernelFamily::of(trace.text(StringId(index as u32))) == KernelFamily::Communication;
    used.iter().enumerate().map(|(index, &used)| used && communicates(index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustg_trace::{NONE, NewEvent, SourceFormat, TraceBuilder, TrackKey, TrackKind};

    #[test]
    fn overlaps_equal_those_counted_nanosecond_by_nanosecond() {
        let mut builder = TraceBuilder::new();
        let gpu = builder.gpu(0, "");
        let names = ["gemm", "Memcpy HtoD", "ncclDevKernel_AllReduce_Sum_f32_RING_LL"];
        let names = names.map(|name| builder.strings.intern(name));
        let mut state = 7u64;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        let mut running = vec![[0u32; 3]; 6000];
        for _ in 0..500 {
            let (class, stream) = (next(3) as usize, next(5));
            let (start_ns, dur_ns) = (next(5800) as i64, next(60));
            let track = builder.track(TrackKey::stream(TrackKind::Stream, None, gpu, 1, stream));
            let kind = if class == 1 { EventKind::Memcpy } else { EventKind::Kernel };
            builder.push(NewEvent { track, start_ns, dur_ns, name: names[class], kind, detail: NONE, link: NONE });
            running[start_ns as usize..start_ns as usize + dur_ns as usize].iter_mut().for_each(|at| at[class] += 1);
        }
        let trace = builder.finish("t".into(), SourceFormat::Chrome);
        let row = &overlap_rows(&Window::new(&trace, None))[0];
        let count = |holds: fn(&[u32; 3]) -> bool| running.iter().filter(|at| holds(at)).count() as u64;
        assert_eq!(row.busy_ns, count(|at| at.iter().sum::<u32>() > 0));
        assert_eq!(row.compute_ns, count(|at| at[0] > 0));
        assert_eq!(row.copy_ns, count(|at| at[1] > 0));
        assert_eq!(row.communication_ns, count(|at| at[2] > 0));
        assert_eq!(row.compute_and_copy_ns, count(|at| at[0] > 0 && at[1] > 0));
        assert_eq!(row.compute_and_communication_ns, count(|at| at[0] > 0 && at[2] > 0));
        assert_eq!(row.copy_alone_ns, count(|at| at[0] == 0 && at[1] > 0));
        assert_eq!(row.communication_alone_ns, count(|at| at[0] == 0 && at[2] > 0));
        assert_eq!(row.concurrent_ns, count(|at| at.iter().sum::<u32>() > 1));
        assert_eq!(row.busy_ns + row.idle_ns, row.wall_ns);
    }
}
