//! The collector: runs the program, drains its processes' rings into the recording, and says what came of it.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustg_trace::recording::{RecordingMeta, RecordingWriter, WriteError};
use rustg_wire::{Control, Records, State};

use crate::decode::{Decoded, Decoder, Failed};
use crate::gpus::GpuWatch;
use crate::library::{self, Exported};
use crate::program::Program;
use crate::reasons;
use crate::rings::{Ring, RingFolder};
use crate::salvage;
use crate::stored::{Stored, StoredRing, definitions_file};
use crate::symbols::Symbols;

/// How often rings are drained.
const DRAIN_PERIOD: Duration = Duration::from_millis(20);

/// How often what was drained goes to the disk.
const FLUSH_PERIOD: Duration = Duration::from_millis(100);

/// Records after which a process is shown that its collector is at work.
const BEAT_RECORDS: usize = 4096;

/// How long processes that outlive the program are waited for.
const GRACE: Duration = Duration::from_secs(2);

/// Which host frames are taken at each launch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stacks {
    /// Python's.
    pub python: bool,
    /// The machine's.
    pub native: bool,
}

/// Kinds of records to leave out: each costs a launch something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Without {
    /// NVTX ranges.
    pub nvtx: bool,
    /// The driver's and CUPTI's own time.
    pub overhead: bool,
}

/// What to run and what to record of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// The recording's directory, which must not exist yet.
    pub recording: PathBuf,
    /// Host stacks at launches.
    pub stacks: Stacks,
    /// All API calls instead of those that matter.
    pub all_api: bool,
    /// One record a CUDA graph's launch instead of one a node.
    pub whole_graphs: bool,
    /// Start only so long after CUDA's initialisation.
    pub delay: Duration,
    /// Stop so long after the start.
    pub duration: Option<Duration>,
    /// Record only within NVTX ranges of this name.
    pub range: Option<OsString>,
    /// Stop at about this size on disk.
    pub max_size_bytes: Option<u64>,
    /// No NVML figures of the GPUs beside the program's records.
    pub no_telemetry: bool,
    /// The driver's synchronisation records too: which stream or context a call waited for. They cost a launch more than
    /// all else together; the waiting calls are recorded anyway.
    pub sync: bool,
    /// Kinds of records to leave out.
    pub without: Without,
}

/// What came of a recording.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The program's exit code, 128 plus the signal's number if it was killed.
    pub exit_code: i32,
    /// The recording.
    pub recording: PathBuf,
    /// All processes together.
    pub decoded: Decoded,
    /// Processes that were recorded.
    pub processes: usize,
    /// Bytes on disk.
    pub size_bytes: u64,
    /// How long the program ran.
    pub wall: Duration,
    /// Why there is nothing, or less than there could be: a sentence each.
    pub reasons: Vec<String>,
}

impl Outcome {
    /// Whether anything was recorded.
    pub fn has_records(&self) -> bool {
        self.decoded.gpu_events + self.decoded.calls + self.decoded.others > 0
    }
}

/// Why there was no recording at all.
#[derive(Debug)]
pub enum RecordError {
    /// The recording cannot be written.
    Write(WriteError),
    /// The injection library or its rings cannot be put in place.
    Prepare(PathBuf, std::io::Error),
    /// The program cannot be started.
    Start(OsString, std::io::Error),
    /// The operating system lost track of the program.
    Wait(std::io::Error),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::Write(error) => write!(f, "cannot write the recording: {error}"),
            RecordError::Prepare(path, error) => write!(f, "cannot prepare {}: {error}", path.display()),
            RecordError::Start(program, error) => write!(f, "cannot run {}: {error}", program.display()),
            RecordError::Wait(error) => write!(f, "cannot wait for the program: {error}"),
        }
    }
}

impl std::error::Error for RecordError {}

impl From<WriteError> for RecordError {
    fn from(error: WriteError) -> Self {
        RecordError::Write(error)
    }
}

/// Runs the program, records it, and returns when it has ended.
///
/// # Errors
/// Where the recording cannot be begun or the program cannot be started. What goes wrong later costs records, is told in
/// [`Outcome::reasons`], and leaves the program alone.
pub fn record(options: &Options) -> Result<Outcome, RecordError> {
    let start_realtime_ns = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64);
    let command = options.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let mut meta = RecordingMeta::new(command);
    meta.epoch_offset_ns = Some(start_realtime_ns as i64);
    options.recording.parent().into_iter().for_each(salvage::sweep);
    let mut writer = RecordingWriter::create(&options.recording, meta)?;
    if let Some(most) = options.max_size_bytes {
        writer.set_max_size(most);
    }
    let prepared = |error| RecordError::Prepare(options.recording.clone(), error);
    let folder = RingFolder::create(options.recording.join("wire")).map_err(prepared)?;
    let library = library::export(folder.dir()).map_err(prepared)?;
    let environment = environment(options, &folder, &library);
    let begun = Instant::now();
    let program = Program::start(&options.command, &environment);
    let mut program = match program {
        Ok(program) => program,
        Err(error) => {
            drop(writer);
            // An empty recording of a program that never ran is of no use to anybody.
            let _ = std::fs::remove_dir_all(&options.recording);
            return Err(RecordError::Start(options.command.first().cloned().unwrap_or_default(), error));
        }
    };
    let mut collector = Collector::new(folder, writer, start_realtime_ns);
    collector.gpus = (!options.no_telemetry).then(|| GpuWatch::start(start_realtime_ns));
    let exit_code = loop {
        let exit_code = program.exit_code().map_err(RecordError::Wait)?;
        collector.drain();
        match exit_code {
            Some(code) => break code,
            None => std::thread::sleep(DRAIN_PERIOD),
        }
    };
    let wall = begun.elapsed();
    collector.wait_for_stragglers();
    drop(library);
    Ok(collector.finish(exit_code, wall, options.recording.clone()))
}

fn environment(options: &Options, folder: &RingFolder, library: &Exported) -> Vec<(&'static str, OsString)> {
    let mut words = Vec::new();
    let flags = [
        (options.stacks.python, "python"),
        (options.stacks.native, "native"),
        (options.all_api, "all-api"),
        (options.whole_graphs, "whole-graphs"),
        (options.without.nvtx, "no-nvtx"),
        (options.sync, "sync"),
        (options.without.overhead, "no-overhead"),
    ];
    words.extend(flags.into_iter().filter(|(on, _)| *on).map(|(_, word)| word.to_owned()));
    if !options.delay.is_zero() {
        words.push(format!("delay-ms={}", options.delay.as_millis()));
    }
    if let Some(duration) = options.duration {
        words.push(format!("duration-ms={}", duration.as_millis()));
    }
    let mut environment = vec![
        ("CUDA_INJECTION64_PATH", library.path.clone().into_os_string()),
        ("NVTX_INJECTION64_PATH", library.path.clone().into_os_string()),
        ("RUSTG_RECORD_DIR", folder.dir().as_os_str().to_owned()),
        ("RUSTG_RECORD_OPTIONS", words.join(" ").into()),
    ];
    if let Some(range) = &options.range {
        environment.push(("RUSTG_RECORD_RANGE", range.clone()));
    }
    environment
}

/// A process that is recorded.
struct Source {
    ring: Ring,
    decoder: Decoder,
    /// The stream is damaged: it is drained and thrown away.
    damaged: bool,
    /// The ring's own count of lost records that has been told already.
    lost_told: u64,
    over: bool,
    /// Where its definitions are kept, once there have been any, and how many bytes they are.
    definitions: Option<File>,
    definition_bytes: u64,
}

struct Collector {
    folder: RingFolder,
    writer: RecordingWriter,
    start_realtime_ns: u64,
    sources: Vec<Source>,
    reasons: Vec<String>,
    buffer: Vec<u8>,
    last_flush: Instant,
    /// What was noted last for whoever comes after a killed collector; `None` once that could not be written.
    stored: Option<Stored>,
    cannot_write: bool,
    stopped: bool,
    gpus: Option<GpuWatch>,
}

impl Collector {
    fn new(folder: RingFolder, writer: RecordingWriter, start_realtime_ns: u64) -> Self {
        Collector {
            folder,
            writer,
            start_realtime_ns,
            sources: Vec::new(),
            reasons: Vec::new(),
            buffer: Vec::new(),
            last_flush: Instant::now(),
            stored: Some(Stored::default()),
            cannot_write: false,
            stopped: false,
            gpus: None,
        }
    }

    /// Takes everything that has come; every so often puts it on the disk and gives the rings their room back.
    fn drain(&mut self) {
        let reasons = &mut self.reasons;
        let writer = &mut self.writer;
        for ring in self.folder.new_rings(|reason| push_once(reasons, reason)) {
            let decoder = Decoder::new(ring.reader.pid(), self.start_realtime_ns, writer);
            self.sources.push(Source {
                ring,
                decoder,
                damaged: false,
                lost_told: 0,
                over: false,
                definitions: None,
                definition_bytes: 0,
            });
        }
        let mut read_bytes = 0;
        for source in self.sources.iter_mut().filter(|source| !source.over) {
            source.ring.reader.beat();
            // Asked before the last bytes are read: what an ended process wrote is all there.
            let abandoned = source.ring.is_abandoned();
            self.buffer.clear();
            match source.ring.reader.read(&mut self.buffer) {
                Ok(bytes) => read_bytes += bytes,
                Err(error) => {
                    push_once(&mut self.reasons, format!("process {}: {error}", source.ring.reader.pid()));
                    source.over = true;
                    continue;
                }
            }
            let mut records = Records::new(&self.buffer);
            while !source.damaged && !self.cannot_write {
                match source.decoder.decode_some(&mut records, BEAT_RECORDS, &mut self.writer) {
                    Ok(true) => source.ring.reader.beat(),
                    Ok(false) => break,
                    Err(Failed::Stream(error)) => {
                        source.damaged = true;
                        push_once(&mut self.reasons, format!("process {}: {error}", source.ring.reader.pid()));
                    }
                    Err(Failed::Write(error)) => self.cannot_write = refuse(&mut self.reasons, &error),
                }
            }
            let lost = source.ring.reader.lost();
            self.writer.lost("records that did not fit into the ring", lost.saturating_sub(source.lost_told));
            source.lost_told = source.lost_told.max(lost);
            source.over = abandoned && self.buffer.is_empty();
        }
        if let Some(gpus) = &mut self.gpus {
            let recording = !self.cannot_write
                && !self.stopped
                && self
                    .sources
                    .iter()
                    .any(|source| !source.over && source.ring.reader.state() == Some(State::Recording));
            if let Err(error) = gpus.drain(recording, &mut self.writer) {
                self.cannot_write = refuse(&mut self.reasons, &error);
            }
        }
        if self.last_flush.elapsed() >= FLUSH_PERIOD || read_bytes > (4 << 20) {
            self.flush();
        }
        if !self.stopped && (self.writer.is_full() || self.cannot_write) {
            if !self.cannot_write {
                push_once(&mut self.reasons, "the size limit was reached: recording stopped there".to_owned());
            }
            self.stop();
        }
    }

    fn flush(&mut self) {
        self.last_flush = Instant::now();
        if !self.cannot_write {
            match self.writer.flush() {
                // Noted after the records are on the disk and before the rings forget them: at any moment the two agree.
                Ok(()) => self.note_stored(),
                Err(error) => self.cannot_write = refuse(&mut self.reasons, &error),
            }
        }
        for source in &mut self.sources {
            source.ring.reader.release();
        }
    }

    /// Notes how far the recording has come. Should that not be possible, nobody is told something wrong: the note goes.
    fn note_stored(&mut self) {
        if self.stored.is_none() {
            return;
        }
        if self.try_note_stored().is_err() {
            self.stored = None;
            Stored::remove(self.folder.dir());
        }
    }

    fn try_note_stored(&mut self) -> std::io::Result<()> {
        let wire = self.folder.dir();
        let mut rings = Vec::with_capacity(self.sources.len());
        for source in &mut self.sources {
            let definitions = source.decoder.take_definitions();
            if !definitions.is_empty() {
                let file = match &mut source.definitions {
                    Some(file) => file,
                    none => none.insert(File::create_new(definitions_file(wire, &source.ring.name))?),
                };
                file.write_all(&definitions)?;
                source.definition_bytes += definitions.len() as u64;
            }
            let mut open_ranges: Vec<_> = source.decoder.open_ranges().copied().collect();
            open_ranges.sort_by_key(|marker| marker.id);
            rings.push(StoredRing {
                file: source.ring.name.clone(),
                position: source.ring.reader.position(),
                definition_bytes: source.definition_bytes,
                lost: source.lost_told,
                open_ranges,
            });
        }
        let tables = self.writer.table_sizes().into_iter().map(|(name, size_bytes)| (name.to_owned(), size_bytes));
        let stored = Stored { tables: tables.collect(), rings };
        if self.stored.as_ref() != Some(&stored) {
            stored.write(wire)?;
            self.stored = Some(stored);
        }
        Ok(())
    }

    fn stop(&mut self) {
        self.stopped = true;
        for source in &self.sources {
            source.ring.reader.set_control(Control::Stop);
        }
    }

    /// Children of the program that are still at work: they get a moment, and are then let go.
    fn wait_for_stragglers(&mut self) {
        let deadline = Instant::now() + GRACE;
        loop {
            self.drain();
            if self.sources.iter().all(|source| source.over) {
                return;
            }
            // What an ended process left is read to its end, however long that takes.
            let alive = self.sources.iter().any(|source| !source.over && !source.ring.is_abandoned());
            if alive && Instant::now() >= deadline {
                break;
            }
            std::thread::sleep(DRAIN_PERIOD);
        }
        for source in self.sources.iter().filter(|source| !source.over && !source.ring.is_abandoned()) {
            let pid = source.ring.reader.pid();
            push_once(&mut self.reasons, format!("process {pid} outlives the program: it is recorded up to here"));
        }
        self.stop();
        std::thread::sleep(FLUSH_PERIOD * 2);
        self.drain();
    }

    fn finish(mut self, exit_code: i32, wall: Duration, recording: PathBuf) -> Outcome {
        let mut decoded = Decoded::default();
        let mut recorded = 0;
        let mut symbols = Symbols::new();
        for source in &mut self.sources {
            let pid = source.ring.reader.pid();
            let state = source.ring.reader.state();
            if state == Some(State::Failed) {
                let (code, details) = source.ring.reader.failure();
                push_once(&mut self.reasons, reasons::of_failure(code, &String::from_utf8_lossy(&details)));
            }
            if !self.cannot_write
                && let Err(error) = source.decoder.finish(&mut self.writer)
            {
                self.cannot_write = refuse(&mut self.reasons, &error);
            }
            source.decoder.name_frames(&mut symbols, &mut self.writer);
            let one = source.decoder.decoded();
            if !one.ended && one != Decoded::default() {
                let note = format!("process {pid} was killed: at most its last 250 ms are missing");
                push_once(&mut self.reasons, note);
            }
            recorded += usize::from(one.gpu_events + one.calls + one.others > 0);
            decoded.add(&one);
            decoded.lost += source.lost_told;
        }
        if self.sources.is_empty() {
            self.reasons.push(reasons::of_silence());
        } else if recorded == 0 && self.reasons.is_empty() {
            let states = || self.sources.iter().filter_map(|source| source.ring.reader.state());
            let telling = [State::Waiting, State::Stopped].into_iter().find(|state| states().any(|one| one == *state));
            self.reasons.push(reasons::of_nothing(telling));
        }
        self.reasons.iter().for_each(|reason| self.writer.note(reason));
        if let Some(why) = self.gpus.take().and_then(|gpus| gpus.unavailable()) {
            self.writer.note(&why);
        }
        if let Err(error) = self.writer.set_meta(|meta| meta.exit_code = Some(exit_code)) {
            refuse(&mut self.reasons, &error);
        }
        drop(self.sources);
        if let Err(error) = self.writer.finish() {
            refuse(&mut self.reasons, &error);
        }
        // Only now: were this process killed before, somebody else would find the rings and finish.
        self.folder.remove();
        let size_bytes = size_of_files(&recording);
        if decoded.gpu_events + decoded.calls + decoded.others == 0 {
            // An empty recording would only be in the way of whoever asks for the newest.
            let _ = std::fs::remove_dir_all(&recording);
        }
        Outcome { exit_code, recording, decoded, processes: recorded, size_bytes, wall, reasons: self.reasons }
    }
}

/// Remembers that the recording cannot be written any more.
fn refuse(reasons: &mut Vec<String>, error: &WriteError) -> bool {
    push_once(reasons, format!("the recording ends early, it cannot be written any more: {error}"));
    true
}

fn push_once(reasons: &mut Vec<String>, reason: String) {
    if !reasons.contains(&reason) {
        reasons.push(reason);
    }
}

fn size_of_files(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).filter(|file| file.is_file()).map(|file| file.len()).sum()
}
