//! CUPTI's records into the wire's, on a thread of our own, never on a launching one.

use std::collections::{HashSet, VecDeque};
use std::ptr::NonNull;

use rustg_wire::{
    API_DRIVER, Api, GraphExec, Kernel, LOST_STACKS, Lost, MARKER_END, MARKER_INSTANT, MARKER_START, Marker, NO_ID,
    Overhead, Sync, TRANSFER_MEMSET, Transfer,
};

use crate::channel::Channel;
use crate::cupti::{self, Cupti, RawRecord, kind};
use crate::host::ThisThread;
use crate::intern::{Interned, WordMap};
use crate::slots::StackSlots;
use crate::windows::Windows;

/// Events are handed on in portions of about this size.
const PORTION_BYTES: usize = 64 << 10;

/// A driver call is held back until it is clear that no runtime call encloses it, but not longer than this.
const HELD_NS: u64 = 40_000_000;

/// Most driver calls held back for one thread.
const HELD_MAX: usize = 256;

/// Kernels sampled at a time to see whether their launching calls are recorded.
const SAMPLES_MAX: usize = 64;

/// Slots of the table of recent correlation ids.
const SEEN_SLOTS: usize = 1 << 18;

/// What the conversion needs of the session.
pub struct Surroundings<'a> {
    /// CUPTI, to step through buffers.
    pub cupti: &'a Cupti,
    /// Where records go.
    pub channel: &'a Channel,
    /// Stacks by correlation id, where they are taken.
    pub slots: Option<&'a StackSlots>,
    /// When recording was on; host records outside are dropped.
    pub windows: &'a Windows,
}

/// The state of the conversion.
pub struct Converter {
    interned: Interned,
    definitions: Vec<u8>,
    events: Vec<u8>,
    event_count: u64,
    held: WordMap<u32, Vec<Api>>,
    tids: WordMap<u32, u32>,
    keep_nested: bool,
    unwanted: HashSet<(u32, u32)>,
    driver_launches: Vec<u32>,
    /// How many `cuLaunchKernel` were made by a recorded runtime call.
    pub nested_launches: u64,
    /// How many `cuLaunchKernel` were made by the program itself.
    pub outer_launches: u64,
    seen: Vec<u32>,
    samples: VecDeque<(u64, u32)>,
}

impl Converter {
    /// `driver_launches` are the callback ids of [`Call::is_driver_launch`](crate::calls::Call::is_driver_launch); records of
    /// `unwanted` calls (domain and callback id) are dropped;
    /// `keep_nested` keeps driver calls that a runtime call makes, without their correlation id, which is the outer call's.
    pub fn new(driver_launches: Vec<u32>, unwanted: HashSet<(u32, u32)>, keep_nested: bool) -> Self {
        Converter {
            keep_nested,
            unwanted,
            driver_launches,
            interned: Interned::default(),
            definitions: Vec::new(),
            events: Vec::new(),
            event_count: 0,
            held: WordMap::default(),
            tids: WordMap::default(),
            nested_launches: 0,
            outer_launches: 0,
            seen: vec![0; SEEN_SLOTS],
            samples: VecDeque::new(),
        }
    }

    /// Converts the `valid_bytes` of records in `buffer` and sends them.
    ///
    /// # Safety
    /// `buffer` must be one that CUPTI has just completed with as many valid bytes.
    pub unsafe fn convert(&mut self, buffer: NonNull<u8>, valid_bytes: usize, around: &Surroundings<'_>) {
        let mut record = std::ptr::null_mut();
        loop {
            // SAFETY: the caller's promise; `record` is null or the previous record of the same buffer.
            let status = unsafe { (around.cupti.next_record)(buffer.as_ptr(), valid_bytes, &raw mut record) };
            let Some(record) = NonNull::new(record).filter(|_| status == cupti::SUCCESS) else { break };
            // SAFETY: CUPTI says that here is a record of the buffer.
            self.record(unsafe { RawRecord::new(record) }, around);
            if self.events.len() >= PORTION_BYTES {
                self.send(around.channel);
            }
        }
        self.send(around.channel);
    }

    /// Learns which system thread a thread id of CUPTI's is, before records of it come.
    pub fn learn_threads(&mut self, threads: &[ThisThread]) {
        for thread in threads {
            self.tids.insert(thread.own, thread.tid);
            let name = thread.name.split(|&byte| byte == 0).next().unwrap_or_default();
            self.interned.tell_thread(thread.tid, name, &mut self.definitions);
        }
    }

    /// The system's id of a thread; CUPTI's own where nothing better is known (then CUPTI was asked for the system's).
    fn tid(&self, id: u32) -> u32 {
        self.tids.get(&id).copied().unwrap_or(id)
    }

    /// Hands on what was held back: everything if `all`, else what is older than can still be enclosed.
    pub fn release_held(&mut self, all: bool, now_ns: u64, channel: &Channel) {
        let mut held = std::mem::take(&mut self.held);
        for calls in held.values_mut() {
            let due = if all {
                calls.len()
            } else {
                calls.iter().take_while(|call| call.start_ns + call.dur_ns + HELD_NS < now_ns).count()
            };
            for call in calls.drain(..due) {
                self.put_outer_driver_call(call);
            }
        }
        held.retain(|_, calls| !calls.is_empty());
        self.held = held;
        self.send(channel);
    }

    /// Whether kernels have come whose launching calls did not. `tick` counts the caller's regular looks.
    pub fn misses_launches(&mut self, tick: u64) -> bool {
        let mut missing = false;
        // A call's record may come some flushes after its kernel's.
        while let Some(&(at, correlation)) = self.samples.front()
            && at + 8 <= tick
        {
            missing |= self.seen[correlation as usize % SEEN_SLOTS] != correlation;
            self.samples.pop_front();
        }
        for sample in &mut self.samples {
            if sample.0 == u64::MAX {
                sample.0 = tick;
            }
        }
        missing
    }

    fn send(&mut self, channel: &Channel) {
        if !self.definitions.is_empty() {
            let definitions = &mut self.definitions;
            channel.define(|out| out.append(definitions));
            self.definitions.clear();
        }
        channel.send(&mut self.events, std::mem::take(&mut self.event_count));
    }

    fn record(&mut self, record: RawRecord, around: &Surroundings<'_>) {
        self.event_count += 1;
        match record.kind() {
            kind::CONCURRENT_KERNEL | kind::KERNEL => self.kernel(record),
            kind::RUNTIME | kind::DRIVER => self.api(record, around),
            kind::MEMCPY => {
                use cupti::memcpy::{CORRELATION, GRAPH};
                self.copy(record, record.get(CORRELATION), record.get(GRAPH));
            }
            kind::MEMCPY2 => {
                use cupti::peer_copy::{CORRELATION, GRAPH};
                self.copy(record, record.get(CORRELATION), record.get(GRAPH));
            }
            kind::MEMSET => self.fill(record),
            kind::SYNCHRONIZATION if around.windows.hold(record.get(cupti::sync::START)) => self.sync(record),
            kind::OVERHEAD => self.overhead(record),
            kind::MARKER => self.marker(record, around.windows),
            kind::GRAPH_TRACE => self.graph(record),
            _ => self.event_count -= 1,
        }
    }

    fn kernel(&mut self, record: RawRecord) {
        use cupti::kernel::*;
        let name = record.text(NAME).unwrap_or(b"(unnamed kernel)");
        let name = self.interned.kernel_name_id(record.get(NAME) as usize, name, &mut self.definitions);
        let ([gx, gy, gz], [bx, by, bz], [cx, cy, cz]) = (record.get(GRID), record.get(BLOCK), record.get(CLUSTER));
        let (graph, node) = (record.get(GRAPH), record.get(GRAPH_NODE));
        let correlation = record.get(CORRELATION);
        if graph == 0 && self.samples.len() < SAMPLES_MAX {
            self.samples.push_back((u64::MAX, correlation));
        }
        let key = [
            name,
            gx,
            gy,
            gz,
            bx,
            by,
            bz,
            cx,
            cy,
            cz,
            u32::from(record.get(REGISTERS)),
            record.get(SHARED_STATIC),
            record.get(SHARED_DYNAMIC),
            record.get(LOCAL),
            graph,
            node as u32,
            (node >> 32) as u32,
        ];
        let config = self.interned.config_id(key, &mut self.definitions);
        let start_ns = record.get(START);
        let kernel = Kernel {
            config,
            start_ns,
            dur_ns: record.get(END).saturating_sub(start_ns),
            correlation,
            device: record.get(DEVICE),
            context: record.get(CONTEXT),
            stream: record.get(STREAM),
        };
        kernel.put(&mut self.events, &[]);
    }

    fn api(&mut self, record: RawRecord, around: &Surroundings<'_>) {
        use cupti::api::*;
        let domain = if record.kind() == kind::RUNTIME { rustg_wire::API_RUNTIME } else { API_DRIVER };
        let (cbid, correlation, tid) = (record.get(CBID), record.get(CORRELATION), self.tid(record.get(TID)));
        self.seen[correlation as usize % SEEN_SLOTS] = correlation;
        let start_ns = record.get(START);
        if self.unwanted.contains(&(domain, cbid)) || !around.windows.hold(start_ns) {
            self.event_count -= 1;
            return;
        }
        self.interned.tell_call(around.cupti, domain, cbid, &mut self.definitions);
        self.interned.tell_unnamed_thread(tid, &mut self.definitions);
        let call = Api {
            cbid,
            start_ns,
            dur_ns: record.get(END).saturating_sub(start_ns),
            domain,
            correlation,
            tid,
            stack: self.stack_of(correlation, around),
            returned: record.get(RETURNED),
        };
        if domain == API_DRIVER {
            let held = self.held.entry(tid).or_default();
            held.push(call);
            if held.len() > HELD_MAX {
                let oldest = held.remove(0);
                self.put_outer_driver_call(oldest);
            }
            return;
        }
        if let Some(held) = self.held.get_mut(&tid).filter(|held| !held.is_empty()) {
            for inner in std::mem::take(held) {
                let enclosed =
                    inner.start_ns >= call.start_ns && inner.start_ns + inner.dur_ns <= call.start_ns + call.dur_ns;
                if !enclosed {
                    self.put_outer_driver_call(inner);
                    continue;
                }
                self.nested_launches += u64::from(self.driver_launches.contains(&inner.cbid));
                if self.keep_nested {
                    Api { correlation: 0, stack: NO_ID, ..inner }.put(&mut self.events, &[]);
                }
            }
        }
        call.put(&mut self.events, &[]);
    }

    fn put_outer_driver_call(&mut self, call: Api) {
        self.outer_launches += u64::from(self.driver_launches.contains(&call.cbid));
        call.put(&mut self.events, &[]);
    }

    fn stack_of(&mut self, correlation: u32, around: &Surroundings<'_>) -> u32 {
        let Some(slots) = around.slots else { return NO_ID };
        match slots.get(correlation) {
            crate::slots::Found::Stack(stack) => stack,
            crate::slots::Found::Nothing => NO_ID,
            crate::slots::Found::Overwritten => {
                Lost { what: LOST_STACKS, count: 1 }.put(&mut self.definitions, &[]);
                NO_ID
            }
        }
    }

    fn copy(&mut self, record: RawRecord, correlation: u32, graph: u32) {
        use cupti::memcpy::*;
        let start_ns = record.get(START);
        let transfer = Transfer {
            kind: u32::from(record.get(COPY_KIND)),
            start_ns,
            dur_ns: record.get(END).saturating_sub(start_ns),
            size_bytes: record.get(SIZE),
            correlation,
            device: record.get(DEVICE),
            context: record.get(CONTEXT),
            stream: record.get(STREAM),
            from: u32::from(record.get(FROM)),
            to: u32::from(record.get(TO)),
            graph,
        };
        transfer.put(&mut self.events, &[]);
    }

    fn fill(&mut self, record: RawRecord) {
        use cupti::memset::*;
        let start_ns = record.get(START);
        let transfer = Transfer {
            kind: TRANSFER_MEMSET,
            start_ns,
            dur_ns: record.get(END).saturating_sub(start_ns),
            size_bytes: record.get(SIZE),
            correlation: record.get(CORRELATION),
            device: record.get(DEVICE),
            context: record.get(CONTEXT),
            stream: record.get(STREAM),
            from: 0,
            to: u32::from(record.get(MEMORY)),
            graph: record.get(GRAPH),
        };
        transfer.put(&mut self.events, &[]);
    }

    fn sync(&mut self, record: RawRecord) {
        use cupti::sync::*;
        let start_ns = record.get(START);
        let sync = Sync {
            kind: record.get(TYPE),
            start_ns,
            dur_ns: record.get(END).saturating_sub(start_ns),
            correlation: record.get(CORRELATION),
            context: record.get(CONTEXT),
            stream: record.get(STREAM),
        };
        sync.put(&mut self.events, &[]);
    }

    fn overhead(&mut self, record: RawRecord) {
        use cupti::overhead::*;
        let start_ns = record.get(START);
        let tid = if record.get(OBJECT) == cupti::OBJECT_THREAD { self.tid(record.get(TID)) } else { 0 };
        let overhead =
            Overhead { kind: record.get(TYPE), start_ns, dur_ns: record.get(END).saturating_sub(start_ns), tid };
        overhead.put(&mut self.events, &[]);
    }

    fn marker(&mut self, record: RawRecord, windows: &Windows) {
        use cupti::marker::*;
        let raw = record.get(FLAGS);
        let Some(flags) = [MARKER_INSTANT, MARKER_START, MARKER_END].into_iter().find(|flag| raw & flag != 0) else {
            return;
        };
        // An end without a start is dropped by whoever reads it, so starts decide.
        if flags != MARKER_END && !windows.nearly_hold(record.get(TIMESTAMP)) {
            self.event_count -= 1;
            return;
        }
        let mut id_of = |field| match record.text(field) {
            Some(text) if !text.is_empty() => self.interned.text_id(text, &mut self.definitions),
            _ => 0,
        };
        let (name, domain) = (id_of(NAME), id_of(DOMAIN));
        let tid = if record.get(OBJECT) == cupti::OBJECT_THREAD { self.tid(record.get(TID)) } else { 0 };
        self.interned.tell_unnamed_thread(tid, &mut self.definitions);
        Marker { flags, ts_ns: record.get(TIMESTAMP), id: record.get(ID), tid, name, domain }
            .put(&mut self.events, &[]);
    }

    fn graph(&mut self, record: RawRecord) {
        use cupti::graph_trace::*;
        let start_ns = record.get(START);
        let graph = GraphExec {
            graph: record.get(GRAPH),
            start_ns,
            dur_ns: record.get(END).saturating_sub(start_ns),
            correlation: record.get(CORRELATION),
            device: record.get(DEVICE),
            context: record.get(CONTEXT),
            stream: record.get(STREAM),
        };
        graph.put(&mut self.events, &[]);
    }
}
