//! The index file: a header, a table of sections, and each section as plain little-endian values.
//!
//! ```text
//! magic[8]  version u64  identity u64×3  head length u64  head checksum u64
//! head: JSON of the small tables, and each section's count, offset and checksum
//! sections, each from a multiple of 4096
//! ```
//!
//! Nothing is believed: checksums are compared, every id and range is checked against its table, and tracks must be in
//! order, since binary searches rely on it. Whatever does not hold makes the whole index count as absent.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use bytemuck::Pod;
use rustg_base::{StringId, Strings};
use serde_json::{Value, json};

use super::place::Identity;
use crate::*;

const MAGIC: [u8; 8] = *b"rustg-ix";
/// Raised whenever the layout or the meaning of anything in a trace changes.
const VERSION: u64 = 1;
const HEADER_BYTES: usize = 56;
const PAGE: u64 = 4096;
/// Most bytes of the JSON head.
const HEAD_BYTES_MAX: u64 = 256 << 20;

/// The sections, in the order of the file.
const SECTIONS: usize = 13;

/// Saves `trace` to `file`: to a temporary first, so that a reader sees all of it or nothing.
pub(super) fn write(file: &Path, identity: &Identity, trace: &Trace) -> io::Result<()> {
    let dir = file.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(dir)?;
    let temporary = dir.join(format!("index.{}.new", std::process::id()));
    let result = write_file(&temporary, identity, trace).and_then(|()| fs::rename(&temporary, file));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}

fn write_file(path: &Path, identity: &Identity, trace: &Trace) -> io::Result<()> {
    let texts: Vec<&str> = trace.strings.iter().map(|(_, text)| text).collect();
    let text_lengths: Vec<u32> = texts.iter().map(|text| text.len() as u32).collect();
    let text_bytes = texts.concat();
    let names: Vec<u32> = trace.events.name.iter().map(|name| name.0).collect();
    let kinds: Vec<u8> = trace.events.kind.iter().map(|&kind| kind as u8).collect();
    let kernels: Vec<[u64; 10]> = trace.kernels.iter().map(pack_kernel).collect();
    let transfers: Vec<[u64; 2]> = trace.transfers.iter().map(pack_transfer).collect();
    let tracks: Vec<[u64; 8]> = trace.tracks.iter().map(pack_track).collect();
    let frames: Vec<[u32; 4]> =
        trace.stacks.frames().iter().map(|f| [f.name.0, f.file.0, f.line, f.kind as u32]).collect();
    let nodes: Vec<[u32; 2]> =
        trace.stacks.nodes().iter().map(|(caller, frame)| [caller.map_or(NONE, |id| id.0), frame.0]).collect();
    let samples: Vec<[u64; 2]> = (trace.counters.iter())
        .flat_map(|counter| counter.ts_ns.iter().zip(&counter.values))
        .map(|(&ts_ns, &value)| [ts_ns as u64, value.to_bits()])
        .collect();
    let sections: [&[u8]; SECTIONS] = [
        bytemuck::cast_slice(&trace.events.start_ns),
        bytemuck::cast_slice(&trace.events.dur_ns),
        bytemuck::cast_slice(&names),
        bytemuck::cast_slice(&trace.events.detail),
        bytemuck::cast_slice(&trace.events.link),
        &kinds,
        bytemuck::cast_slice(&text_lengths),
        text_bytes.as_bytes(),
        bytemuck::cast_slice(&kernels),
        bytemuck::cast_slice(&transfers),
        bytemuck::cast_slice(&tracks),
        bytemuck::cast_slice(&frames),
        bytemuck::cast_slice(&nodes),
    ];
    let samples: &[u8] = bytemuck::cast_slice(&samples);
    let mut offset = 0;
    let mut table = Vec::new();
    for section in sections.iter().copied().chain([samples]) {
        table.push(json!([offset, section.len(), checksum(section)]));
        offset += (section.len() as u64).next_multiple_of(PAGE);
    }
    let head = serde_json::to_vec(&head_json(trace, table))?;
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend(MAGIC);
    for word in [VERSION, identity[0], identity[1], identity[2], head.len() as u64, checksum(&head)] {
        header.extend(word.to_le_bytes());
    }
    let first = ((HEADER_BYTES + head.len()) as u64).next_multiple_of(PAGE);
    let mut file = File::create(path)?;
    file.write_all(&header)?;
    file.write_all(&head)?;
    let mut offset = first;
    for section in sections.iter().copied().chain([samples]) {
        file.write_all_at(section, offset)?;
        offset += (section.len() as u64).next_multiple_of(PAGE);
    }
    file.set_len(offset)
}

fn head_json(trace: &Trace, sections: Vec<Value>) -> Value {
    json!({
        "sections": sections,
        "title": trace.title,
        "source": trace.source as u8,
        "span": [trace.span.start_ns, trace.span.end_ns],
        "epoch_offset_ns": trace.epoch_offset_ns,
        "processes": trace.processes.iter().map(|p| json!([p.pid, p.name.0])).collect::<Vec<_>>(),
        "threads": trace.threads.iter().map(|t| json!([t.process.0, t.tid, t.name.0])).collect::<Vec<_>>(),
        "gpus": trace.gpus.iter().map(|gpu| json!([
            gpu.device, gpu.uuid, gpu.name, gpu.compute_capability.0, gpu.compute_capability.1, gpu.sm_count,
            gpu.memory_bytes, gpu.max_threads_per_sm, gpu.registers_per_sm, gpu.shared_bytes_per_sm,
        ])).collect::<Vec<_>>(),
        "counters": trace.counters.iter().map(|c| json!([c.name, c.unit, c.gpu.map(|gpu| gpu.0), c.ts_ns.len()])).collect::<Vec<_>>(),
        "lost": trace.lost.iter().map(|lost| json!([lost.what, lost.count])).collect::<Vec<_>>(),
        "notes": trace.notes.iter().map(|note| &note.0).collect::<Vec<_>>(),
    })
}

/// Four independent multiplications a step, so that a checksum costs less than reading the bytes did.
fn checksum(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut lanes = [1u64, 2, 3, 4];
    let mut blocks = bytes.chunks_exact(32);
    for block in &mut blocks {
        for (lane, word) in lanes.iter_mut().zip(block.chunks_exact(8)) {
            let word = u64::from_le_bytes(word.try_into().expect("8 bytes"));
            *lane = (*lane ^ word).wrapping_mul(ODD).rotate_left(29);
        }
    }
    let mut sum = bytes.len() as u64;
    for &byte in blocks.remainder() {
        sum = (sum ^ u64::from(byte)).wrapping_mul(ODD).rotate_left(29);
    }
    lanes.iter().fold(sum, |sum, lane| (sum ^ lane).wrapping_mul(ODD).rotate_left(29))
}

fn pack_kernel(k: &KernelConfig) -> [u64; 10] {
    let two = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    [
        two(k.grid[0], k.grid[1]),
        two(k.grid[2], k.block[0]),
        two(k.block[1], k.block[2]),
        two(k.cluster[0], k.cluster[1]),
        two(k.cluster[2], k.registers),
        two(k.shared_static_bytes, k.shared_dynamic_bytes),
        two(k.local_bytes, k.graph),
        k.graph_node,
        u64::from(k.source_occupancy_permille),
        0,
    ]
}

fn unpack_kernel(w: &[u64; 10]) -> KernelConfig {
    let (low, high) = (|word: u64| word as u32, |word: u64| (word >> 32) as u32);
    KernelConfig {
        grid: [low(w[0]), high(w[0]), low(w[1])],
        block: [high(w[1]), low(w[2]), high(w[2])],
        cluster: [low(w[3]), high(w[3]), low(w[4])],
        registers: high(w[4]),
        shared_static_bytes: low(w[5]),
        shared_dynamic_bytes: high(w[5]),
        local_bytes: low(w[6]),
        graph: high(w[6]),
        graph_node: w[7],
        source_occupancy_permille: w[8] as u16,
    }
}

fn pack_transfer(t: &Transfer) -> [u64; 2] {
    let kinds = t.kind as u64 | (t.from as u64) << 8 | (t.to as u64) << 16;
    [t.size_bytes, kinds | u64::from(t.graph) << 32]
}

fn unpack_transfer(w: &[u64; 2]) -> Transfer {
    Transfer {
        kind: TransferKind::from_u8(w[1] as u8),
        size_bytes: w[0],
        from: MemoryKind::from_u8((w[1] >> 8) as u8),
        to: MemoryKind::from_u8((w[1] >> 16) as u8),
        graph: (w[1] >> 32) as u32,
    }
}

fn pack_track(t: &Track) -> [u64; 8] {
    let id = |id: Option<u32>| u64::from(id.unwrap_or(NONE));
    [
        t.kind as u64,
        id(t.process.map(|id| id.0)) | id(t.thread.map(|id| id.0)) << 32,
        id(t.gpu.map(|id| id.0)) | u64::from(t.context) << 32,
        t.stream,
        u64::from(t.level) | u64::from(t.name.0) << 32,
        u64::from(t.rows.start) | u64::from(t.rows.end) << 32,
        0,
        0,
    ]
}

/// The words of the header behind the magic, if it is one of this version and of `identity`.
fn read_header(file: &File, identity: &Identity) -> Option<[u64; 6]> {
    let mut header = [0; HEADER_BYTES];
    file.read_exact_at(&mut header, 0).ok()?;
    let (magic, words) = header.split_at(8);
    let mut words = words.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().expect("8 bytes")));
    let words = [(); 6].map(|()| words.next().unwrap_or(0));
    (magic == MAGIC && words[0] == VERSION && words[1..4] == *identity).then_some(words)
}

/// Whether `file` claims to be an index of `identity`.
pub(super) fn is_current(file: &Path, identity: &Identity) -> bool {
    File::open(file).is_ok_and(|file| read_header(&file, identity).is_some())
}

/// The trace in `file` if it is whole and of `identity`.
pub(super) fn read(file: &Path, identity: &Identity) -> Option<Trace> {
    let file = File::open(file).ok()?;
    let [.., head_bytes, head_sum] = read_header(&file, identity)?;
    let size_bytes = file.metadata().ok()?.len();
    if head_bytes > HEAD_BYTES_MAX.min(size_bytes) {
        return None;
    }
    let mut head = vec![0; head_bytes as usize];
    file.read_exact_at(&mut head, HEADER_BYTES as u64).ok()?;
    if checksum(&head) != head_sum {
        return None;
    }
    let sections = Sections {
        file: &file,
        first: ((HEADER_BYTES + head.len()) as u64).next_multiple_of(PAGE),
        size_bytes,
        head: &serde_json::from_slice(&head).ok()?,
    };
    sections.trace()
}

struct Sections<'a> {
    file: &'a File,
    first: u64,
    size_bytes: u64,
    head: &'a Value,
}

impl Sections<'_> {
    /// The values of section `index`.
    fn read<T: Pod>(&self, index: usize) -> Option<Vec<T>> {
        let entry = &self.head["sections"][index];
        let (offset, length, sum) = (entry[0].as_u64()?, entry[1].as_u64()?, entry[2].as_u64()?);
        let offset = self.first.checked_add(offset)?;
        if offset.checked_add(length)? > self.size_bytes || !length.is_multiple_of(size_of::<T>() as u64) {
            return None;
        }
        let mut values: Vec<T> = bytemuck::zeroed_vec(length as usize / size_of::<T>());
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut values);
        self.file.read_exact_at(bytes, offset).ok()?;
        (checksum(bytes) == sum).then_some(values)
    }

    fn trace(&self) -> Option<Trace> {
        let head = self.head;
        let small = self.small_tables()?;
        // The columns are most of the file; two threads read and check half of them each.
        let (first, second) = std::thread::scope(|scope| {
            let second = scope.spawn(|| Some((self.read::<u64>(1)?, self.read::<u32>(3)?, self.read::<u8>(5)?)));
            let first = (|| Some((self.read::<i64>(0)?, self.read::<u32>(2)?, self.read::<u32>(4)?)))();
            (first, second.join().unwrap_or(None))
        });
        let ((start_ns, names, link), (dur_ns, detail, kinds)) = (first?, second?);
        let rows = start_ns.len();
        if [dur_ns.len(), names.len(), detail.len(), link.len(), kinds.len()] != [rows; 5] || rows >= NONE as usize {
            return None;
        }
        let string_count = small.strings.len() as u32;
        let kind: Vec<EventKind> = kinds.iter().map_while(|&kind| EventKind::from_u8(kind)).collect();
        if kind.len() != rows || names.iter().any(|&name| name >= string_count) {
            return None;
        }
        let name: Vec<StringId> = names.into_iter().map(StringId).collect();
        let trace = Trace {
            title: head["title"].as_str()?.to_owned(),
            source: *SOURCES.get(head["source"].as_u64()? as usize)?,
            span: TimeRange { start_ns: head["span"][0].as_i64()?, end_ns: head["span"][1].as_i64()? },
            events: Events { start_ns, dur_ns, name, detail, link, kind },
            epoch_offset_ns: head["epoch_offset_ns"].as_i64(),
            ..small
        };
        is_consistent(&trace).then_some(trace)
    }

    /// Everything but the events.
    fn small_tables(&self) -> Option<Trace> {
        let head = self.head;
        let strings = self.strings()?;
        let string = |value: &Value| id_below(value, strings.len()).map(StringId);
        let processes =
            rows(&head["processes"], |row| Some(Process { pid: row[0].as_i64()?, name: string(&row[1])? }))?;
        let threads = rows(&head["threads"], |row| {
            let process = ProcessId(id_below(&row[0], processes.len())?);
            Some(Thread { process, tid: row[1].as_i64()?, name: string(&row[2])? })
        })?;
        let gpus = rows(&head["gpus"], read_gpu)?;
        let stacks = self.stacks(&strings)?;
        let tracks: Option<Vec<Track>> = (self.read::<[u64; 8]>(10)?.iter())
            .map(|words| unpack_track(words, &strings, processes.len(), threads.len(), gpus.len()))
            .collect();
        let counters = self.counters(gpus.len())?;
        let lost = rows(&head["lost"], |row| Some(Lost { what: text(&row[0])?, count: row[1].as_u64()? }))?;
        Some(Trace {
            title: String::new(),
            source: SourceFormat::Recording,
            span: TimeRange::default(),
            processes,
            threads,
            gpus,
            tracks: tracks?,
            events: Events::default(),
            kernels: self.read::<[u64; 10]>(8)?.iter().map(unpack_kernel).collect(),
            transfers: self.read::<[u64; 2]>(9)?.iter().map(unpack_transfer).collect(),
            stacks,
            counters,
            lost,
            notes: rows(&head["notes"], |note| text(note).map(Note))?,
            epoch_offset_ns: None,
            strings,
        })
    }

    fn strings(&self) -> Option<Strings> {
        let (lengths, bytes) = (self.read::<u32>(6)?, self.read::<u8>(7)?);
        let mut rest = std::str::from_utf8(&bytes).ok()?;
        let mut strings = Strings::new();
        for (index, &length) in lengths.iter().enumerate() {
            let (text, behind) = rest.split_at_checked(length as usize)?;
            // A text that comes twice would shift the ids of all that follow.
            if strings.intern(text).index() != index {
                return None;
            }
            rest = behind;
        }
        rest.is_empty().then_some(strings)
    }

    fn stacks(&self, strings: &Strings) -> Option<Stacks> {
        let mut stacks = Stacks::default();
        for (index, &[name, file, line, kind]) in self.read::<[u32; 4]>(11)?.iter().enumerate() {
            if name.max(file) as usize >= strings.len() {
                return None;
            }
            let kind = *[FrameKind::Python, FrameKind::Native, FrameKind::Unknown].get(kind as usize)?;
            let frame = Frame { name: StringId(name), file: StringId(file), line, kind };
            if stacks.intern_frame(frame).0 as usize != index {
                return None;
            }
        }
        for (index, &[caller, frame]) in self.read::<[u32; 2]>(12)?.iter().enumerate() {
            let caller = Some(caller).filter(|&caller| caller != NONE);
            if caller.is_some_and(|caller| caller as usize >= index) || frame as usize >= stacks.frames().len() {
                return None;
            }
            if stacks.push(caller.map(StackId), FrameId(frame)).0 as usize != index {
                return None;
            }
        }
        Some(stacks)
    }

    fn counters(&self, gpu_count: usize) -> Option<Vec<Counter>> {
        let samples = self.read::<[u64; 2]>(SECTIONS)?;
        let mut rest = &samples[..];
        let counters = rows(&self.head["counters"], |row| {
            let (values, behind) = rest.split_at_checked(usize::try_from(row[3].as_u64()?).ok()?)?;
            rest = behind;
            let gpu = if row[2].is_null() { None } else { Some(GpuId(id_below(&row[2], gpu_count)?)) };
            let ts_ns: Vec<i64> = values.iter().map(|sample| sample[0] as i64).collect();
            let values = values.iter().map(|sample| f64::from_bits(sample[1])).collect();
            ts_ns.is_sorted().then_some(Counter { name: text(&row[0])?, unit: text(&row[1])?, gpu, ts_ns, values })
        })?;
        Some(counters)
    }
}

const SOURCES: [SourceFormat; 5] = [
    SourceFormat::Recording,
    SourceFormat::Kineto,
    SourceFormat::Chrome,
    SourceFormat::NsightSystems,
    SourceFormat::Folded,
];

fn rows<T>(value: &Value, row: impl FnMut(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(row).collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn id_below(value: &Value, count: usize) -> Option<u32> {
    value.as_u64().filter(|&id| id < count as u64).map(|id| id as u32)
}

fn read_gpu(row: &Value) -> Option<Gpu> {
    let figure = |index: usize| row[index].as_u64().and_then(|figure| u32::try_from(figure).ok());
    Some(Gpu {
        device: figure(0)?,
        uuid: text(&row[1])?,
        name: text(&row[2])?,
        compute_capability: (figure(3)?, figure(4)?),
        sm_count: figure(5)?,
        memory_bytes: row[6].as_u64()?,
        max_threads_per_sm: figure(7)?,
        registers_per_sm: figure(8)?,
        shared_bytes_per_sm: figure(9)?,
    })
}

fn unpack_track(w: &[u64; 8], strings: &Strings, processes: usize, threads: usize, gpus: usize) -> Option<Track> {
    let (low, high) = (|word: u64| word as u32, |word: u64| (word >> 32) as u32);
    let optional = |id: u32, count: usize| match id {
        NONE => Some(None),
        id => ((id as usize) < count).then_some(Some(id)),
    };
    let name = high(w[4]);
    if name as usize >= strings.len() {
        return None;
    }
    Some(Track {
        kind: *TrackKind::ALL.get(w[0] as usize)?,
        process: optional(low(w[1]), processes)?.map(ProcessId),
        thread: optional(high(w[1]), threads)?.map(ThreadId),
        gpu: optional(low(w[2]), gpus)?.map(GpuId),
        context: high(w[2]),
        stream: w[3],
        level: low(w[4]),
        name: StringId(name),
        rows: low(w[5])..high(w[5]),
    })
}

/// Whether every id leads somewhere and every track is in order.
fn is_consistent(trace: &Trace) -> bool {
    let mut next = 0;
    for track in &trace.tracks {
        if track.rows.start != next || track.rows.end < next {
            return false;
        }
        next = track.rows.end;
    }
    if next as usize != trace.events.len() {
        return false;
    }
    // Half of the tracks each, by rows.
    let middle = trace.tracks.partition_point(|track| (track.rows.start as usize) < trace.events.len() / 2);
    let (left, right) = trace.tracks.split_at(middle);
    std::thread::scope(|scope| {
        let right = scope.spawn(|| right.iter().all(|track| is_track_consistent(trace, track)));
        left.iter().all(|track| is_track_consistent(trace, track)) && right.join().unwrap_or(false)
    })
}

fn is_track_consistent(trace: &Trace, track: &Track) -> bool {
    let events = &trace.events;
    let range = track.range();
    let mut last_end = i64::MIN;
    for (&start, &dur) in events.start_ns[range.clone()].iter().zip(&events.dur_ns[range.clone()]) {
        let end = start.checked_add_unsigned(dur);
        if start < last_end || end.is_none() {
            return false;
        }
        last_end = end.unwrap_or(last_end);
    }
    let (kernels, transfers) = (trace.kernels.len() as u32, trace.transfers.len() as u32);
    let (rows, stacks) = (events.len() as u32, trace.stacks.nodes().len() as u32);
    let kinds = &events.kind[range.clone()];
    let ids = events.detail[range.clone()].iter().zip(&events.link[range]);
    kinds.iter().zip(ids).all(|(&kind, (&detail, &link))| {
        let (detail_below, link_below) = match kind {
            EventKind::Kernel => (kernels, rows),
            EventKind::Memcpy | EventKind::Memset => (transfers, rows),
            EventKind::GraphExec | EventKind::Sync => (NONE, rows),
            EventKind::Api => (NONE, stacks),
            _ => (NONE, NONE),
        };
        (detail < detail_below || detail == NONE) && (link < link_below || link == NONE)
    })
}
