//! Recordings into traces: read once, or followed while they grow.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use super::assemble::Assembler;
use super::meta::RecordingMeta;
use super::stream::{Step, StreamReader};
use super::tables::*;
use crate::read::{OpenOptions, ReadError};
use crate::{Note, Trace};

/// Bytes read from a file at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Whether `dir` looks like a recording.
pub fn is_recording(dir: &Path) -> bool {
    dir.join("meta.json").is_file()
}

/// Whether a recorder is at work on the recording in `dir`: it holds a lock for as long as it lives.
pub fn is_live(dir: &Path) -> bool {
    let live = File::open(dir.join("live"));
    live.is_ok_and(|live| matches!(live.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock)))
}

/// Reads the recording in `dir`, whole or cut short, finished or still growing.
///
/// A torn tail (the recorder was killed) and damaged places are left out, and a note in the trace says so.
///
/// # Errors
/// Where `dir` is no recording, a file cannot be read, or a table's description is damaged; the error names the file and
/// the byte.
pub fn import(dir: &Path, title: &str, options: &OpenOptions) -> Result<Trace, ReadError> {
    let mut follower = RecordingFollower::open(dir, title)?;
    follower.read_new(options)?;
    Ok(follower.into_trace())
}

/// Follows a recording while it grows: each [`poll`](RecordingFollower::poll) reads only what has been appended since the last.
pub struct RecordingFollower {
    dir: PathBuf,
    title: String,
    meta: RecordingMeta,
    files: Files,
    assembler: Assembler,
}

impl RecordingFollower {
    /// Opens the recording in `dir`; nothing is read yet but `meta.json`.
    ///
    /// # Errors
    /// Where `dir` is no recording or one of a newer rustg.
    pub fn open(dir: &Path, title: &str) -> Result<Self, ReadError> {
        let meta = RecordingMeta::read(dir)?;
        Ok(RecordingFollower {
            dir: dir.to_owned(),
            title: title.to_owned(),
            meta,
            files: Files::new(dir),
            assembler: Assembler::default(),
        })
    }

    /// Reads what has been appended. Says whether there was anything.
    ///
    /// # Errors
    /// As [`import`].
    pub fn poll(&mut self) -> Result<bool, ReadError> {
        self.meta = RecordingMeta::read(&self.dir)?;
        self.read_new(&OpenOptions::default())
    }

    /// The trace of what has been read so far; reading may go on. Costs a copy of all rows, about 20 ns each.
    pub fn trace(&self) -> Trace {
        let mut trace = self.assembler.preview(self.title.clone(), self.notes());
        trace.epoch_offset_ns = self.meta.epoch_offset_ns;
        trace
    }

    /// The trace of what has been read.
    pub fn into_trace(mut self) -> Trace {
        let assembler = std::mem::take(&mut self.assembler);
        let mut trace = assembler.finish(self.title.clone(), self.notes());
        trace.epoch_offset_ns = self.meta.epoch_offset_ns;
        trace
    }

    /// What `meta.json` said at the last poll.
    pub fn meta(&self) -> &RecordingMeta {
        &self.meta
    }

    /// Whether the recorder is still at work. Asks the operating system.
    pub fn is_live(&self) -> bool {
        !self.meta.finished && is_live(&self.dir)
    }

    fn read_new(&mut self, options: &OpenOptions) -> Result<bool, ReadError> {
        // Rows are read up to where they end now; definitions, read after this, then cover all of them.
        let Files { definitions, rows } = &mut self.files;
        let mut row_bytes = 0;
        for table in rows.all() {
            row_bytes += table.look()?;
        }
        let mut changed = definitions.read_into(&mut self.assembler)?;
        if row_bytes > 0 {
            changed |= rows.read_into(&mut self.assembler, options)?;
        }
        Ok(changed)
    }

    /// What a reader should know of the recording's state.
    fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        if !self.meta.finished {
            notes.push(Note(if self.is_live() {
                "This recording is still growing: what is shown ends a moment ago.".into()
            } else {
                "The recorder was killed before it could finish: up to the last 250 ms are missing.".into()
            }));
        }
        for table in self.files.definitions.all_ref().into_iter().chain(self.files.rows.all_ref()) {
            let name = table.path.file_name().unwrap_or_default().to_string_lossy();
            let offset = table.reader.offset;
            if let Some(damage) = &table.damage {
                let sentence = format!("{name} is damaged at byte {offset} ({damage}); the rest of it is left out.");
                notes.push(Note(sentence));
            } else if self.meta.finished && table.file.is_some() && !table.reader.has_ended() {
                let sentence = format!("{name} ends early, at byte {}: what followed is missing.", table.end);
                notes.push(Note(sentence));
            }
        }
        notes
    }
}

struct Files {
    definitions: Definitions,
    rows: Rows,
}

impl Files {
    fn new(dir: &Path) -> Self {
        Files { definitions: Definitions::new(dir), rows: Rows::new(dir) }
    }
}

macro_rules! files {
    (definitions { $($definition:ident: $definition_columns:ident,)* } rows { $($row:ident: $row_columns:ident,)* }) => {
        files! {
            /// Tables that others refer to.
            Definitions { $($definition: $definition_columns,)* }
        }
        files! {
            /// Tables of timed rows.
            Rows { $($row: $row_columns,)* }
        }
    };
    ($(#[$doc:meta])* $name:ident { $($field:ident: $columns:ident,)* }) => {
        $(#[$doc])*
        struct $name {
            $($field: TableFile,)*
        }

        impl $name {
            fn new(dir: &Path) -> Self {
                $name { $($field: TableFile::new(dir, $columns::NAME),)* }
            }

            fn all(&mut self) -> impl Iterator<Item = &mut TableFile> {
                [$(&mut self.$field),*].into_iter()
            }

            fn all_ref(&self) -> Vec<&TableFile> {
                vec![$(&self.$field),*]
            }
        }
    };
}

recording_tables!(files);

impl Definitions {
    fn read_into(&mut self, into: &mut Assembler) -> Result<bool, ReadError> {
        let mut bytes = 0;
        for table in self.all() {
            bytes += table.look()?;
        }
        self.notes.read(|rows: NoteColumns| into.add_notes(rows))?;
        self.lost.read(|rows: LostColumns| into.add_lost(rows))?;
        self.names.read(|rows: NameColumns| into.add_names(rows))?;
        self.processes.read(|rows: ProcessColumns| into.add_processes(rows))?;
        self.threads.read(|rows: ThreadColumns| into.add_threads(rows))?;
        self.gpus.read(|rows: GpuColumns| into.add_gpus(rows))?;
        self.configs.read(|rows: ConfigColumns| into.add_configs(rows))?;
        self.frames.read(|rows: FrameColumns| into.add_frames(rows))?;
        self.stacks.read(|rows: StackColumns| into.add_stacks(rows))?;
        self.series.read(|rows: SeriesColumns| into.add_series(rows))?;
        Ok(bytes > 0)
    }
}

/// A batch on its way from the thread that unpacks to the one that assembles.
enum Unpacked {
    Api(ApiColumns),
    Kernels(KernelColumns),
    Memory(MemoryColumns),
    Graphs(GraphColumns),
    Sync(SyncColumns),
    Ranges(RangeColumns),
    Overhead(OverheadColumns),
    Samples(SampleColumns),
}

impl Rows {
    /// One thread unpacks, this one assembles.
    fn read_into(&mut self, into: &mut Assembler, options: &OpenOptions) -> Result<bool, ReadError> {
        let total_bytes: u64 = self.all().map(|table| table.end).sum();
        let mut changed = false;
        std::thread::scope(|scope| {
            let (sender, receiver) = mpsc::sync_channel::<(u64, Unpacked)>(16);
            let unpacking = scope.spawn(move || self.unpack(&sender));
            let mut cancelled = Ok(());
            for (done_bytes, batch) in receiver {
                changed = true;
                cancelled = options.report(done_bytes, total_bytes);
                if cancelled.is_err() {
                    break;
                }
                match batch {
                    Unpacked::Api(rows) => into.add_api(&rows),
                    Unpacked::Kernels(rows) => into.add_kernels(&rows),
                    Unpacked::Memory(rows) => into.add_memory(&rows),
                    Unpacked::Graphs(rows) => into.add_graphs(&rows),
                    Unpacked::Sync(rows) => into.add_sync(&rows),
                    Unpacked::Ranges(rows) => into.add_ranges(&rows),
                    Unpacked::Overhead(rows) => into.add_overhead(&rows),
                    Unpacked::Samples(rows) => into.add_samples(&rows),
                }
            }
            let unpacked = unpacking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            cancelled.and(unpacked)
        })?;
        if into.is_full() {
            return Err(ReadError::plain("more than 4 billion events, which is more than a trace can hold"));
        }
        Ok(changed)
    }

    fn unpack(&mut self, sender: &mpsc::SyncSender<(u64, Unpacked)>) -> Result<(), ReadError> {
        let mut before = 0;
        macro_rules! unpack {
            ($($table:ident => $variant:ident),*) => {$(
                // A receiver that is gone has cancelled; what is sent to it does not matter.
                self.$table.read_with_offset(|done, rows| {
                    sender.send((before + done, Unpacked::$variant(rows))).map_err(|_| Stop::Cancelled)
                })?;
                before += self.$table.end;
            )*};
        }
        unpack!(api => Api, kernels => Kernels, memory => Memory, graphs => Graphs, sync => Sync, ranges => Ranges,
                overhead => Overhead, samples => Samples);
        let _ = before;
        Ok(())
    }
}

/// Why a batch was not taken.
enum Stop {
    /// Its content makes no sense.
    Damaged(String),
    /// Nobody wants more.
    Cancelled,
}

/// One table's file, which may not exist yet.
pub(super) struct TableFile {
    path: PathBuf,
    file: Option<File>,
    reader: StreamReader,
    /// The file's length at the last [`TableFile::look`]; nothing beyond it is read.
    end: u64,
    /// What is wrong at the reader's offset, where something is.
    damage: Option<String>,
}

impl TableFile {
    pub(super) fn new(dir: &Path, name: &str) -> Self {
        let path = dir.join(format!("{name}.arrows"));
        TableFile { path, file: None, reader: StreamReader::new(), end: 0, damage: None }
    }

    /// Notes how long the file is now; returns how many bytes are unread.
    pub(super) fn look(&mut self) -> Result<u64, ReadError> {
        if self.file.is_none() {
            match File::open(&self.path) {
                Ok(file) => self.file = Some(file),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
                Err(error) => return Err(ReadError::io(error).of(&self.path)),
            }
        }
        let file = self.file.as_ref().expect("opened above");
        self.end = file.metadata().map_err(|error| ReadError::io(error).of(&self.path))?.len();
        Ok(self.end.saturating_sub(self.reader.offset))
    }

    /// Whether everything up to the noted end has been read: an error where the file is damaged or torn.
    pub(super) fn whole(&self) -> Result<(), ReadError> {
        let damage = self.damage.clone().or_else(|| (self.reader.offset < self.end).then(|| "a torn batch".to_owned()));
        damage.map_or(Ok(()), |damage| Err(ReadError::at(self.reader.offset, damage).of(&self.path)))
    }

    /// Reads the batches up to the noted end that are whole.
    pub(super) fn read<C: Columns>(&mut self, mut take: impl FnMut(C) -> Result<(), String>) -> Result<(), ReadError> {
        self.read_with_offset(|_, rows| take(rows).map_err(Stop::Damaged))
    }

    fn read_with_offset<C: Columns>(
        &mut self,
        mut take: impl FnMut(u64, C) -> Result<(), Stop>,
    ) -> Result<(), ReadError> {
        let Some(file) = self.file.as_ref().filter(|_| self.damage.is_none()) else {
            return Ok(());
        };
        let mut bytes: Vec<u8> = Vec::new();
        let mut used = 0;
        loop {
            let offset = self.reader.offset;
            let result = match self.reader.next(&bytes[used..]) {
                Ok(Step::Other(length)) => Ok(length),
                Ok(Step::Batch(batch, length)) => {
                    let mut columns = C::default();
                    match columns.append(&batch).map_err(Stop::Damaged).and_then(|()| take(offset, columns)) {
                        Ok(()) => Ok(length),
                        Err(Stop::Cancelled) => return Ok(()),
                        Err(Stop::Damaged(damage)) => Err(damage),
                    }
                }
                Ok(Step::Partial) => {
                    let have = offset + (bytes.len() - used) as u64;
                    if have >= self.end {
                        return Ok(());
                    }
                    bytes.drain(..std::mem::take(&mut used));
                    let more = (self.end - have).min(PIECE_BYTES.max(bytes.len()) as u64) as usize;
                    let old = bytes.len();
                    bytes.resize(old + more, 0);
                    match file.read_at(&mut bytes[old..], have) {
                        // The file has shrunk: somebody else's doing, and no more to read.
                        Ok(0) => return Ok(()),
                        Ok(count) => bytes.truncate(old + count),
                        Err(error) => return Err(ReadError::io(error).of(&self.path)),
                    }
                    continue;
                }
                Err(damage) => Err(damage),
            };
            match result {
                Ok(length) => {
                    used += length;
                    self.reader.offset += length as u64;
                }
                Err(damage) if self.reader.offset == 0 => return Err(ReadError::at(0, damage).of(&self.path)),
                Err(damage) => {
                    self.damage = Some(damage);
                    return Ok(());
                }
            }
        }
    }
}
