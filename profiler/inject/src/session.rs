//! One process's recording: attaching CUPTI, starting, stopping, and taking CUPTI out again.
//!
//! Nothing here may take the program down. CUPTI is asked on the thread that initialises CUDA (attach), on our own thread (flush,
//! delay, stop) and at exit; the callbacks are in [`crate::callbacks`].

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use rustg_wire::{Clock, END_EXIT, END_STOPPED, End, FailedCode, LOST_CUPTI, Lost, Note, Process, State, put_text};

use crate::buffers::Buffers;
use crate::calls::{Call, all_calls};
use crate::channel::{Channel, locked};
use crate::convert::{Converter, Surroundings};
use crate::cupti::{self, Cupti, Status, domain, kind};
use crate::devices::Driver;
use crate::find::{NotFound, find_cupti};
use crate::host;
use crate::options::Options;
use crate::slots::StackSlots;
use crate::windows::Windows;

/// How often finished records are fetched from CUPTI: what a kill can cost, less what CUPTI itself holds back.
const FLUSH_PERIOD: Duration = Duration::from_millis(100);

/// How often, and how many times, CUPTI is asked for the last records before it is taken out.
const SETTLING_PERIOD: Duration = Duration::from_millis(40);
/// See [`SETTLING_PERIOD`].
const SETTLING_LOOKS: u32 = 5;

/// How often the clocks are compared.
const CLOCK_PERIOD: Duration = Duration::from_secs(2);

/// So many launches through the runtime without one through the driver show that the driver's need not be recorded.
const LAUNCHES_TO_TELL: u64 = 500;

/// After so many looks kernels without calls show that CUPTI did not do as it was told.
const TICKS_TO_TAKE_EFFECT: u64 = 20;

/// Whether launches by the driver API are recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum DriverLaunches {
    /// Yes, as it is not known whether the program makes any.
    Tried,
    /// No: those seen were the runtime's own.
    Off,
    /// Yes, since this look.
    OnAgain(u64),
    /// Yes, with all other driver calls.
    All,
}

/// The process's recording, once attached.
pub struct Session {
    /// CUPTI.
    pub cupti: &'static Cupti,
    /// The way out.
    pub channel: Channel,
    /// What to record.
    pub options: Options,
    /// Stacks on their way, where they are taken.
    pub slots: Option<StackSlots>,
    /// The conversion's state.
    pub converter: Mutex<Converter>,
    /// Whether stacks are to be taken now.
    pub takes_stacks: AtomicBool,
    /// How many of the asked-for NVTX ranges are open.
    pub open_ranges: AtomicU32,
    /// When recording was on, on CUPTI's clock, where it is not on from the start to the end.
    windows: Mutex<Windows>,
    /// The subscriber, for CUPTI.
    pub subscriber: AtomicPtr<c_void>,
    calls: Vec<Call>,
    call_switches: Option<[cupti::SwitchCall; 2]>,
    phase: AtomicU32,
    /// Held while CUPTI is flushed, so that the last flush is the last. Never taken in a callback.
    flushing: Mutex<()>,
}

/// Values of [`Session::phase`], an atomic because callbacks, which may hold locks of CUPTI's, change it too.
mod phase {
    /// CUPTI is attached and records nothing.
    pub const WAITING: u32 = 0;
    /// CUPTI records.
    pub const RECORDING: u32 = 1;
    /// CUPTI is not asked for records any more.
    pub const OVER: u32 = 2;
}

static CUPTI: OnceLock<Result<Cupti, NotFound>> = OnceLock::new();
static SESSION: OnceLock<Option<Session>> = OnceLock::new();

static BUFFERS: Buffers = Buffers::new();

/// Buffers for CUPTI, which must be served whatever happens to the session.
pub fn buffers() -> &'static Buffers {
    &BUFFERS
}

/// Set in children made by `fork`, and where a panic was caught: everything is left alone from then on.
static SILENT: AtomicBool = AtomicBool::new(false);

/// The recording, where there is one to act upon.
pub fn session() -> Option<&'static Session> {
    if SILENT.load(Ordering::Relaxed) { None } else { SESSION.get()?.as_ref() }
}

/// CUPTI, searched for at the first call.
pub fn cupti() -> &'static Result<Cupti, NotFound> {
    CUPTI.get_or_init(find_cupti)
}

/// Leaves everything alone from now on.
pub fn fall_silent() {
    SILENT.store(true, Ordering::Relaxed);
}

/// What a panic, caught at the border, leads to.
pub fn give_up() {
    if let Some(session) = session() {
        session.channel.fail(FailedCode::Panic, "");
    }
    fall_silent();
}

/// Begins to record this process, if it is asked for. Later calls do nothing.
pub fn attach() {
    let session = SESSION.get_or_init(|| {
        let options = Options::from_environment()?;
        // Without a ring there is nobody to tell; the collector sees a program that never answered.
        let channel = Channel::create(&options.dir).ok()?;
        Session::new(options, channel)
    });
    // The thread and the handlers find the session in place.
    static STARTED: AtomicBool = AtomicBool::new(false);
    if let Some(session) = session
        && !STARTED.swap(true, Ordering::SeqCst)
    {
        session.begin();
    }
}

extern "C" fn in_forked_child() {
    fall_silent();
}

extern "C" fn at_exit() {
    crate::guarded(|| {
        if let Some(session) = session() {
            session.finish(END_EXIT, State::Finished);
        }
    });
}

impl Session {
    fn new(options: Options, channel: Channel) -> Option<Session> {
        let cupti = match cupti() {
            Ok(cupti) => cupti,
            Err(NotFound::Nowhere(places)) => {
                channel.fail(FailedCode::NoCupti, places);
                return None;
            }
            Err(NotFound::Lacks(path, function)) => {
                channel.fail(FailedCode::BadCupti, &format!("{} lacks {function}", path.display()));
                return None;
            }
        };
        let mut subscriber = std::ptr::null_mut();
        // SAFETY: the pointer is to a subscriber handle, the callback has CUPTI's signature and stays loaded.
        let status =
            unsafe { (cupti.subscribe)(&raw mut subscriber, crate::callbacks::on_callback, std::ptr::null_mut()) };
        if status != cupti::SUCCESS {
            let (code, message) = explain(cupti, status);
            channel.fail(code, &message);
            return None;
        }
        let calls = all_calls(cupti);
        let driver_launches = calls.iter().filter(|call| call.is_driver_launch()).map(|call| call.cbid).collect();
        let call_switches = cupti.switches_of_calls();
        let unwanted = match options.all_api {
            true => Default::default(),
            false => calls.iter().filter(|call| !call.matters()).map(Call::key).collect(),
        };
        let slots = options.wants_stacks().then(StackSlots::new).flatten();
        Some(Session {
            cupti,
            channel,
            slots,
            converter: Mutex::new(Converter::new(driver_launches, unwanted, options.all_api)),
            takes_stacks: AtomicBool::new(false),
            open_ranges: AtomicU32::new(0),
            windows: Mutex::new(Windows::new(!options.delay.is_zero() || options.range.is_some())),
            subscriber: AtomicPtr::new(subscriber),
            calls,
            call_switches,
            phase: AtomicU32::new(phase::WAITING),
            flushing: Mutex::new(()),
            options,
        })
    }

    fn begin(&'static self) {
        host::at_fork_in_child(in_forked_child);
        buffers().refill();
        self.prepare_cupti();
        self.tell_process();
        let waits = !self.options.delay.is_zero() || self.options.range.is_some();
        if waits {
            self.switch_host_kinds(true);
            self.channel.set_state(State::Waiting)
        } else {
            self.start();
            if self.is_in(phase::RECORDING) {
                self.switch_host_kinds(true);
            }
        }
        host::at_exit(at_exit);
        let thread = std::thread::Builder::new().name("rustg".into()).stack_size(256 << 10);
        let spawned = host::with_signals_blocked(|| thread.spawn(|| crate::guarded(|| self.attend())));
        if spawned.is_err() {
            self.note("no thread could be started: records come only when the program ends");
        }
    }

    fn prepare_cupti(&self) {
        let set = |attribute: u32, mut value: u8| {
            let mut size = size_of::<u8>();
            // SAFETY: the attributes set here are of one byte; both pointers outlive the call.
            unsafe { (self.cupti.set_attribute)(attribute, &raw mut size, (&raw mut value).cast()) }
        };
        // Old versions lack one or the other; they cost more, and nothing else.
        set(cupti::ATTR_ZEROED_BUFFERS, 1);
        let per_thread = set(cupti::ATTR_PER_THREAD_BUFFERS, 1) == cupti::SUCCESS;
        // SAFETY: the callbacks have CUPTI's signatures and stay loaded.
        unsafe {
            // CUPTI's own ids of threads are free; real ones cost a system call at every API call, recorded or not. Who
            // requests a buffer of its own tells which thread it is; where buffers are shared, CUPTI has to.
            if !per_thread {
                (self.cupti.set_thread_id_type)(cupti::THREAD_ID_SYSTEM);
            }
            (self.cupti.register_callbacks)(
                crate::callbacks::on_buffer_requested,
                crate::callbacks::on_buffer_completed,
            );
        }
        self.switch_callbacks(true);
    }

    /// The callbacks that stacks and ranges need, on or off.
    fn switch_callbacks(&self, on: bool) {
        let (on, subscriber) = (u32::from(on), self.subscriber.load(Ordering::Relaxed));
        if self.options.wants_stacks() {
            for call in self.calls.iter().filter(|call| call.is_work()) {
                // SAFETY: the handle is the subscriber's.
                unsafe { (self.cupti.enable_callback)(on, subscriber, call.domain, call.cbid) };
            }
        }
        if self.options.range.is_some() {
            // SAFETY: the handle is the subscriber's.
            unsafe { (self.cupti.enable_domain)(on, subscriber, domain::NVTX) };
        }
    }

    /// Switches recording on.
    pub fn start(&self) {
        if !self.moves(phase::WAITING, phase::RECORDING) {
            return;
        }
        if let Err(status) = self.switch_kinds(true) {
            let (code, message) = explain(self.cupti, status);
            self.channel.fail(code, &message);
            self.phase.store(phase::OVER, Ordering::Release);
            return;
        }
        locked(&self.windows).open(self.cupti.timestamp_ns());
        self.takes_stacks.store(self.slots.is_some(), Ordering::Relaxed);
        self.channel.set_state(State::Recording);
    }

    /// Switches recording off for now: outside of the NVTX ranges asked for.
    pub fn pause(&self) {
        if self.moves(phase::RECORDING, phase::WAITING) {
            locked(&self.windows).close(self.cupti.timestamp_ns());
            self.takes_stacks.store(false, Ordering::Relaxed);
            let _ = self.switch_kinds(false);
            self.channel.set_state(State::Waiting);
        }
    }

    fn moves(&self, from: u32, to: u32) -> bool {
        self.phase.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    fn is_in(&self, phase: u32) -> bool {
        self.phase.load(Ordering::Acquire) == phase
    }

    /// All records of the host's side on or off. They are on from the start to the stop: CUPTI 13 ignores single calls that
    /// are switched on after CUDA is initialised. What falls outside of `--delay` and `--range` is dropped on conversion.
    fn switch_host_kinds(&self, on: bool) {
        let switch = if on { self.cupti.enable } else { self.cupti.disable };
        // SAFETY: CUPTI takes any kind and refuses what it does not know.
        let switch = |kind| unsafe { switch(kind) };
        if self.options.sync {
            switch(kind::SYNCHRONIZATION);
        }
        if !self.options.no_nvtx {
            switch(kind::MARKER);
        }
        if self.options.all_api || self.call_switches.is_none() {
            // Calls that do not matter are dropped on conversion, unless all are asked for.
            switch(kind::RUNTIME);
            switch(kind::DRIVER);
        } else {
            self.calls.iter().filter(|call| call.matters()).for_each(|call| self.switch_call(call, on));
        }
    }

    /// All records of the GPU's side on or off. Only a refusal of kernels is an error; without the rest a recording is still
    /// of use.
    fn switch_kinds(&self, on: bool) -> Result<(), Status> {
        let switch = if on { self.cupti.enable } else { self.cupti.disable };
        // SAFETY: CUPTI takes any kind and refuses what it does not know.
        let switch = |kind| unsafe { switch(kind) };
        let mut kernels = switch(kind::CONCURRENT_KERNEL);
        if kernels != cupti::SUCCESS {
            kernels = switch(kind::KERNEL);
        }
        if kernels != cupti::SUCCESS {
            return Err(kernels);
        }
        for kind in [kind::MEMCPY, kind::MEMCPY2, kind::MEMSET] {
            switch(kind);
        }
        if !self.options.no_overhead {
            switch(kind::OVERHEAD);
        }
        if self.options.whole_graphs {
            switch(kind::GRAPH_TRACE);
        }
        Ok(())
    }

    fn switch_call(&self, call: &Call, on: bool) {
        let Some([runtime, driver]) = self.call_switches else { return };
        let switch = if call.domain == domain::RUNTIME { runtime } else { driver };
        // SAFETY: the id is one that CUPTI itself named.
        unsafe { switch(call.cbid, u8::from(on)) };
    }

    /// Converts and sends all buffers that CUPTI has completed.
    fn convert_completed(&self, converter: &mut Converter) {
        let windows = locked(&self.windows).clone();
        let slots = self.slots.as_ref();
        let around = Surroundings { cupti: self.cupti, channel: &self.channel, slots, windows: &windows };
        buffers().drain(|buffer, valid_bytes| {
            converter.learn_threads(&buffers().take_threads());
            // SAFETY: the buffers in the queue are CUPTI's completed ones.
            unsafe { converter.convert(buffer, valid_bytes, &around) };
        });
    }

    /// Our own thread: fetches records, keeps time, watches the collector.
    fn attend(&'static self) {
        let attached = Instant::now();
        let mut started = None;
        let mut driver = Driver::loaded();
        let mut next_clock = attached + CLOCK_PERIOD;
        let mut driver_launches = DriverLaunches::Tried;
        for tick in 0u64.. {
            // The first looks are close together, to have the devices soon.
            std::thread::sleep(if tick < 20 { Duration::from_millis(10) } else { FLUSH_PERIOD });
            if session().is_none() {
                return;
            }
            if let Some(devices) = driver.as_ref().and_then(Driver::describe) {
                self.channel.define(|out| out.extend_from_slice(&devices));
                driver = None;
            }
            buffers().refill();
            if self.channel.is_over() {
                return self.stop();
            }
            let now = Instant::now();
            if self.options.range.is_none() && started.is_none() && now - attached >= self.options.delay {
                started = Some(now);
                self.start();
            }
            if started.zip(self.options.duration).is_some_and(|(started, duration)| now - started >= duration) {
                return self.stop();
            }
            if now >= next_clock {
                next_clock = now + CLOCK_PERIOD;
                self.tell_clock();
            }
            if !self.flush() {
                return;
            }
            let mut converter = locked(&self.converter);
            self.convert_completed(&mut converter);
            converter.release_held(false, self.cupti.timestamp_ns(), &self.channel);
            let missing = converter.misses_launches(tick);
            let (nested, outer) = (converter.nested_launches, converter.outer_launches);
            drop(converter);
            if self.options.all_api || self.call_switches.is_none() {
                continue;
            }
            driver_launches = self.adapt_driver_launches(driver_launches, tick, nested, outer, missing);
        }
    }

    /// Launches by the driver API are recorded from the start, until they turn out to be the runtime's own, and again once
    /// kernels come that no recorded call launched; should CUPTI ignore that, all driver calls are recorded, and those
    /// that do not matter dropped.
    fn adapt_driver_launches(
        &self,
        now: DriverLaunches,
        tick: u64,
        nested: u64,
        outer: u64,
        missing: bool,
    ) -> DriverLaunches {
        match now {
            DriverLaunches::Tried if outer == 0 && nested > LAUNCHES_TO_TELL => {
                self.switch_driver_launches(false);
                DriverLaunches::Off
            }
            DriverLaunches::Off if missing => {
                self.switch_driver_launches(true);
                DriverLaunches::OnAgain(tick)
            }
            DriverLaunches::OnAgain(since) if missing && tick > since + TICKS_TO_TAKE_EFFECT => {
                // SAFETY: CUPTI takes any kind and refuses what it does not know.
                unsafe { (self.cupti.enable)(kind::DRIVER) };
                DriverLaunches::All
            }
            other => other,
        }
    }

    fn switch_driver_launches(&self, on: bool) {
        if self.is_in(phase::RECORDING) {
            self.calls.iter().filter(|call| call.is_driver_launch()).for_each(|call| self.switch_call(call, on));
        }
    }

    /// Fetches what CUPTI has; `false` once CUPTI is not to be called any more.
    fn flush(&self) -> bool {
        let _flushing = locked(&self.flushing);
        if self.is_in(phase::OVER) {
            return false;
        }
        let mut dropped = 0;
        // SAFETY: CUPTI may be flushed from any thread that is not in a callback of its own, as this one is not; the count of
        // dropped records is of all buffers that belong to no stream, which are all.
        let status = unsafe {
            (self.cupti.flush_all)(0);
            (self.cupti.dropped_records)(std::ptr::null_mut(), 0, &raw mut dropped)
        };
        if status == cupti::SUCCESS && dropped > 0 {
            self.channel.define(|out| Lost { what: LOST_CUPTI, count: dropped as u64 }.put(out, &[]));
        }
        true
    }

    /// Stops for good: everything that costs is switched off, and the program runs at its own speed again.
    ///
    /// CUPTI stays: `cuptiFinalize`, called as its guide asks at the exit of an API call, took the program down in one run of ten (CUPTI 13.0,
    /// empty-kernel loop), and without it a launch costs what it costs unrecorded (`benches/gpu/record.sh`, after `--duration` ends).
    fn stop(&self) {
        self.takes_stacks.store(false, Ordering::Relaxed);
        if self.is_in(phase::RECORDING) {
            let _ = self.switch_kinds(false);
            locked(&self.windows).close(self.cupti.timestamp_ns());
        }
        if !self.is_in(phase::OVER) {
            self.switch_host_kinds(false);
        }
        // What is on its way to the GPU ends first: records that CUPTI is still to write must find their buffers.
        for _ in 0..SETTLING_LOOKS {
            std::thread::sleep(SETTLING_PERIOD);
            if !self.flush() {
                return;
            }
            self.convert_completed(&mut locked(&self.converter));
        }
        self.finish(END_STOPPED, State::Stopped);
        self.switch_callbacks(false);
    }

    /// Fetches everything, says that the stream ends here, and asks CUPTI for no more records. Nothing if that was done before.
    fn finish(&self, reason: u32, state: State) {
        {
            let _flushing = locked(&self.flushing);
            if self.is_in(phase::OVER) {
                return;
            }
            // Forced only when the program ends: CUPTI goes on writing to buffers whose records are not complete.
            let flags = if state == State::Finished { cupti::FLUSH_FORCED } else { 0 };
            // SAFETY: as in `flush`.
            unsafe { (self.cupti.flush_all)(flags) };
            self.phase.store(phase::OVER, Ordering::Release);
        }
        self.tell_clock();
        {
            let mut converter = locked(&self.converter);
            self.convert_completed(&mut converter);
            converter.release_held(true, u64::MAX, &self.channel);
        }
        self.channel.define(|out| End { reason }.put(out, &[]));
        self.channel.send(&mut Vec::new(), 0);
        self.channel.set_state(state);
    }

    fn tell_clock(&self) {
        let clock = Clock {
            cupti_ns: self.cupti.timestamp_ns(),
            realtime_ns: host::realtime_ns(),
            monotonic_ns: host::monotonic_ns(),
        };
        self.channel.define(|out| clock.put(out, &[]));
    }

    fn note(&self, text: &str) {
        self.channel.define(|out| Note { size_bytes: text.len() as u32 }.put(out, text.as_bytes()));
    }

    fn tell_process(&self) {
        self.tell_clock();
        let mut texts = Vec::new();
        put_text(&mut texts, std::fs::read("/proc/self/comm").unwrap_or_default().trim_ascii_end());
        put_text(&mut texts, &std::fs::read("/proc/self/cmdline").unwrap_or_default());
        let process = Process {
            pid: std::process::id(),
            parent: std::os::unix::process::parent_id(),
            cupti_version: self.cupti.version(),
            driver_version: Driver::loaded().map_or(0, |driver| driver.version()),
        };
        self.channel.define(|out| process.put(out, &texts));
        self.channel.send(&mut Vec::new(), 0);
    }
}

/// What a refusal of CUPTI's means for the user.
fn explain(cupti: &Cupti, status: Status) -> (FailedCode, String) {
    let message = cupti.describe(status);
    match status {
        cupti::ERROR_MULTIPLE_SUBSCRIBERS => {
            (FailedCode::Busy, cupti.holder(crate::callbacks::on_callback).unwrap_or_default())
        }
        cupti::ERROR_INSUFFICIENT_PRIVILEGES | cupti::ERROR_VIRTUALIZED_PRIVILEGES => (FailedCode::Permission, message),
        cupti::ERROR_VIRTUALIZED => (FailedCode::Unsupported, message),
        status if cupti::ERROR_UNSUPPORTED.contains(&status) => (FailedCode::Unsupported, message),
        _ => (FailedCode::Cupti, message),
    }
}
