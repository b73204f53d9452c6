//! Copies and fills: by direction, and by the kinds of memory on both sides.

use rustc_hash::FxHashMap;
use rustg_trace::{EventId, MemoryKind, StringId, TransferKind};

use super::distribution::Distribution;
use super::table::{Column, Row, Unit, Value, hidden, roomy, shown};
use super::window::Window;

/// Copies or fills of one direction, or of one name.
#[derive(Clone, PartialEq, Debug)]
pub struct MemoryRow {
    /// The direction, or the name as in the trace.
    pub name: String,
    /// Durations.
    pub dur_ns: Distribution,
    /// Sizes in bytes.
    pub size_bytes: Distribution,
    /// Bytes that came from or went to pageable host memory, which makes copies slow and blocking.
    pub pageable_bytes: u64,
    /// Its part of the time of all copies and fills, 0 to 1.
    pub share: f64,
}

impl MemoryRow {
    /// Bytes a second while it ran; `None` where it took no time.
    pub fn bytes_per_s(&self) -> Option<f64> {
        (self.dur_ns.total > 0).then(|| self.size_bytes.total as f64 * 1e9 / self.dur_ns.total as f64)
    }
}

impl Row for MemoryRow {
    const COLUMNS: &'static [Column] = &[
        shown("name", "copies and fills", Unit::Text),
        shown("total_ns", "total", Unit::DurNs),
        shown("share", "%", Unit::Share),
        shown("count", "count", Unit::Count),
        roomy("min_ns", "min", Unit::DurNs),
        shown("median_ns", "median", Unit::DurNs),
        roomy("p95_ns", "p95", Unit::DurNs),
        roomy("max_ns", "max", Unit::DurNs),
        shown("total_bytes", "bytes", Unit::Bytes),
        shown("bytes_per_s", "rate", Unit::BytesPerSecond),
        roomy("pageable_bytes", "pageable", Unit::Bytes),
        hidden("min_bytes", Unit::Bytes),
        hidden("median_bytes", Unit::Bytes),
        hidden("p95_bytes", Unit::Bytes),
        hidden("max_bytes", Unit::Bytes),
        hidden("mean_ns", Unit::Number),
        hidden("stddev_ns", Unit::Number),
    ];

    fn values(&self) -> Vec<Value> {
        let (time, size) = (&self.dur_ns, &self.size_bytes);
        vec![
            self.name.as_str().into(),
            time.total.into(),
            self.share.into(),
            time.count.into(),
            time.min.into(),
            time.median.into(),
            time.p95.into(),
            time.max.into(),
            size.total.into(),
            self.bytes_per_s().into(),
            self.pageable_bytes.into(),
            size.min.into(),
            size.median.into(),
            size.p95.into(),
            size.max.into(),
            time.mean().into(),
            time.stddev.into(),
        ]
    }
}

/// The name of a direction.
pub fn direction(kind: TransferKind) -> &'static str {
    match kind {
        TransferKind::Unknown => "copy of unknown direction",
        TransferKind::HostToDevice => "host to device",
        TransferKind::DeviceToHost => "device to host",
        TransferKind::DeviceToDevice => "device to device",
        TransferKind::HostToHost => "host to host",
        TransferKind::PeerToPeer => "peer to peer",
        TransferKind::Array => "array copy",
        TransferKind::Memset => "fill",
        TransferKind::Unified => "unified memory migration",
    }
}

#[derive(Default)]
struct Samples {
    dur_ns: Vec<u64>,
    size_bytes: Vec<u64>,
    pageable_bytes: u64,
}

/// Rows by direction, and rows by name as in the trace, each by total time.
pub fn memory_rows(window: &Window) -> (Vec<MemoryRow>, Vec<MemoryRow>) {
    let trace = window.trace;
    let mut by_direction: FxHashMap<TransferKind, Samples> = FxHashMap::default();
    let mut by_name: FxHashMap<StringId, Samples> = FxHashMap::default();
    for (_, track) in trace.gpu_tracks() {
        for row in window.rows(track) {
            let Some(transfer) = trace.transfer_of(EventId(row as u32)) else { continue };
            let pageable = [transfer.from, transfer.to].contains(&MemoryKind::Pageable);
            let both =
                [by_direction.entry(transfer.kind).or_default(), by_name.entry(trace.events.name[row]).or_default()];
            for samples in both {
                samples.dur_ns.push(window.dur_ns(row));
                samples.size_bytes.push(transfer.size_bytes);
                if pageable {
                    samples.pageable_bytes = samples.pageable_bytes.saturating_add(transfer.size_bytes);
                }
            }
        }
    }
    (rows_of(by_direction, |kind| direction(kind).to_owned()), rows_of(by_name, |name| trace.text(name).to_owned()))
}

fn rows_of<K>(samples: FxHashMap<K, Samples>, label: impl Fn(K) -> String) -> Vec<MemoryRow> {
    let mut rows: Vec<MemoryRow> = (samples.into_iter())
        .map(|(key, mut samples)| MemoryRow {
            name: label(key),
            dur_ns: Distribution::of(&mut samples.dur_ns),
            size_bytes: Distribution::of(&mut samples.size_bytes),
            pageable_bytes: samples.pageable_bytes,
            share: 0.0,
        })
        .collect();
    let all_ns: f64 = rows.iter().map(|row| row.dur_ns.total as f64).sum();
    for row in &mut rows {
        row.share = if all_ns > 0.0 { row.dur_ns.total as f64 / all_ns } else { 0.0 };
    }
    rows.sort_by(|a, b| b.dur_ns.total.cmp(&a.dur_ns.total).then_with(|| a.name.cmp(&b.name)));
    rows
}
