//! The writer of recordings: rows in, files that are readable at any moment out.

use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_ipc::{CompressionType, MetadataVersion};
use arrow_schema::SchemaRef;
use rustc_hash::FxHashMap;
use rustg_base::StringId;

use super::definitions::Definitions;
use super::meta::RecordingMeta;
use super::tables::*;
use crate::{Frame, FrameId, Gpu, GpuId, KernelConfig, ProcessId, StackId, ThreadId};

/// Rows of one table that make a batch. Larger batches pack a little better but need more memory to read.
const BATCH_ROWS: usize = 16 * 1024;

/// Higher levels take the collector more time and, on columns of plain numbers, do not even save space.
const ZSTD_LEVEL: i32 = 1;

/// The operating system refused to create or extend a file of a recording.
#[derive(Debug)]
pub struct WriteError {
    /// The file or directory.
    pub path: PathBuf,
    /// Why.
    pub error: std::io::Error,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.error)
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Writes a recording. Rows are collected and appended to the files in batches: whenever one is full, and at each
/// [`flush`](RecordingWriter::flush), which a live recorder calls at least every 250 ms.
///
/// One writer serves all processes of a recorded program; rows name their process. Ids come from the definition calls
/// ([`name`](RecordingWriter::name), [`process`](RecordingWriter::process), …), which hand out the same id for the same
/// thing. Dropped without [`finish`](RecordingWriter::finish), a writer flushes what it can and leaves the recording marked as
/// cut short.
pub struct RecordingWriter {
    dir: PathBuf,
    meta: RecordingMeta,
    tables: Tables,
    known: Definitions,
    max_size_bytes: u64,
    beyond_max: u64,
    finished: bool,
    _live: File,
}

macro_rules! tables {
    (definitions { $($definition:ident: $definition_columns:ident,)* } rows { $($field:ident: $columns:ident,)* }) => {
        /// All tables in the order in which they reach the disk: definitions before their users.
        struct Tables {
            $($definition: TableWriter<$definition_columns>,)*
            $($field: TableWriter<$columns>,)*
        }

        impl Tables {
            fn new(dir: &Path) -> Self {
                Tables { $($definition: TableWriter::new(dir),)* $($field: TableWriter::new(dir),)* }
            }

            /// The tables of a recording that goes on, each cut to the size that `sizes` gives it by name.
            fn resume(dir: &Path, sizes: &FxHashMap<String, u64>) -> Result<Self, WriteError> {
                let size = |name: &str| sizes.get(name).copied().unwrap_or(0);
                Ok(Tables {
                    $($definition: TableWriter::resume(dir, size($definition_columns::NAME))?,)*
                    $($field: TableWriter::resume(dir, size($columns::NAME))?,)*
                })
            }

            fn sizes(&self) -> Vec<(&'static str, u64)> {
                vec![
                    $(($definition_columns::NAME, self.$definition.size_bytes),)*
                    $(($columns::NAME, self.$field.size_bytes),)*
                ]
            }

            fn flush_definitions(&mut self) -> Result<(), WriteError> {
                $(self.$definition.flush()?;)*
                Ok(())
            }

            fn flush(&mut self) -> Result<(), WriteError> {
                self.flush_definitions()?;
                $(self.$field.flush()?;)*
                Ok(())
            }

            fn finish(&mut self) -> Result<(), WriteError> {
                self.flush()?;
                $(self.$definition.finish()?;)*
                $(self.$field.finish()?;)*
                Ok(())
            }

            fn size_bytes(&self) -> u64 {
                [$(self.$definition.size_bytes,)* $(self.$field.size_bytes),*].iter().sum()
            }
        }
    };
}

recording_tables!(tables);

impl RecordingWriter {
    /// Starts a recording in the directory `dir`, which is created with its parents and must not hold a recording yet.
    ///
    /// # Errors
    /// Where the directory or its first files cannot be created, or a recording is there already.
    pub fn create(dir: impl Into<PathBuf>, meta: RecordingMeta) -> Result<Self, WriteError> {
        let dir: PathBuf = dir.into();
        let failed = |error| WriteError { path: dir.clone(), error };
        std::fs::create_dir_all(&dir).map_err(failed)?;
        if dir.join("meta.json").exists() {
            return Err(failed(std::io::Error::new(std::io::ErrorKind::AlreadyExists, "there is a recording already")));
        }
        let live = File::create(dir.join("live")).map_err(failed)?;
        // A file system without locks costs only the words "still being recorded"; the recording itself is fine.
        let _ = live.try_lock();
        meta.write(&dir).map_err(failed)?;
        let tables = Tables::new(&dir);
        let mut writer = RecordingWriter::with_tables(dir, meta, tables, live);
        writer.tables.names.rows.push(NameRow { id: StringId::EMPTY.0, text: String::new() });
        Ok(writer)
    }

    fn with_tables(dir: PathBuf, meta: RecordingMeta, tables: Tables, live: File) -> Self {
        RecordingWriter {
            tables,
            meta,
            known: Definitions::default(),
            max_size_bytes: u64::MAX,
            beyond_max: 0,
            finished: false,
            _live: live,
            dir,
        }
    }

    /// Goes on with a recording whose recorder was killed, from where its tables had the given sizes (see
    /// [`RecordingWriter::table_sizes`]): what lies behind is cut off, and ids go on from those in the files. `None` where
    /// the recording was finished, or somebody is at work on it.
    ///
    /// # Errors
    /// Where `dir` holds no recording, its definitions are damaged, or its files cannot be written.
    pub fn resume(dir: &Path, sizes: &[(String, u64)]) -> Result<Option<Self>, WriteError> {
        let failed = |error| WriteError { path: dir.to_owned(), error };
        let read = |error: crate::read::ReadError| failed(std::io::Error::other(error.to_string()));
        let live = File::options().write(true).create(true).truncate(false).open(dir.join("live")).map_err(failed)?;
        if let Err(std::fs::TryLockError::WouldBlock) = live.try_lock() {
            return Ok(None);
        }
        let meta = RecordingMeta::read(dir).map_err(read)?;
        if meta.finished {
            return Ok(None);
        }
        let sizes = sizes.iter().cloned().collect();
        let tables = Tables::resume(dir, &sizes)?;
        let mut writer = RecordingWriter::with_tables(dir.to_owned(), meta, tables, live);
        writer.known = Definitions::read(dir).map_err(read)?;
        if writer.known.strings.len() == 1 && writer.tables.names.size_bytes == 0 {
            writer.tables.names.rows.push(NameRow { id: StringId::EMPTY.0, text: String::new() });
        }
        Ok(Some(writer))
    }

    /// The recording's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Bounds the size on disk. Once it is reached, event rows and samples are counted as lost instead of written.
    pub fn set_max_size(&mut self, max_size_bytes: u64) {
        self.max_size_bytes = max_size_bytes;
    }

    /// Whether the size set with [`set_max_size`](RecordingWriter::set_max_size) has been reached: time to stop recording.
    pub fn is_full(&self) -> bool {
        self.tables.size_bytes() >= self.max_size_bytes
    }

    /// Bytes written to the tables' files so far.
    pub fn size_bytes(&self) -> u64 {
        self.tables.size_bytes()
    }

    /// Bytes of each table on the disk, by its name. What [`RecordingWriter::resume`] needs to go on from here.
    pub fn table_sizes(&self) -> Vec<(&'static str, u64)> {
        self.tables.sizes()
    }

    /// What `meta.json` says.
    pub fn meta(&self) -> &RecordingMeta {
        &self.meta
    }

    /// Changes what `meta.json` says: the clocks' relation or the exit code once they are known. Written at once.
    pub fn set_meta(&mut self, change: impl FnOnce(&mut RecordingMeta)) -> Result<(), WriteError> {
        change(&mut self.meta);
        self.meta.write(&self.dir).map_err(|error| WriteError { path: self.dir.join("meta.json"), error })
    }

    /// The id of a text.
    pub fn name(&mut self, text: &str) -> StringId {
        let known = self.known.strings.len();
        let id = self.known.strings.intern(text);
        if self.known.strings.len() > known {
            self.tables.names.rows.push(NameRow { id: id.0, text: text.to_owned() });
        }
        id
    }

    /// The process with this pid. A non-empty `name` names it, now or later.
    pub fn process(&mut self, pid: i64, name: &str) -> ProcessId {
        let next = ProcessId(self.known.processes.len() as u32);
        let id = *self.known.processes.entry(pid).or_insert(next);
        if id == next || !name.is_empty() {
            self.tables.processes.rows.push(ProcessRow { id: id.0, pid, name: name.to_owned() });
        }
        id
    }

    /// The thread of `process` with this tid. A non-empty `name` names it, now or later.
    pub fn thread(&mut self, process: ProcessId, tid: i64, name: &str) -> ThreadId {
        let next = ThreadId(self.known.threads.len() as u32);
        let id = *self.known.threads.entry((process, tid)).or_insert(next);
        if id == next || !name.is_empty() {
            self.tables.threads.rows.push(ThreadRow { id: id.0, process, tid, name: name.to_owned() });
        }
        id
    }

    /// The first GPU that was given this UUID.
    pub fn gpu_with_uuid(&self, uuid: &str) -> Option<GpuId> {
        self.known.gpus.iter().filter(|((_, known), _)| known == uuid).map(|(_, &id)| id).min()
    }

    /// The GPU with this device index and UUID; a later call with more figures replaces an earlier one's.
    pub fn gpu(&mut self, gpu: &Gpu) -> GpuId {
        let next = GpuId(self.known.gpus.len() as u32);
        let id = *self.known.gpus.entry((gpu.device, gpu.uuid.clone())).or_insert(next);
        self.tables.gpus.rows.push(GpuRow {
            id: id.0,
            device: gpu.device,
            uuid: gpu.uuid.clone(),
            name: gpu.name.clone(),
            compute_capability_major: gpu.compute_capability.0,
            compute_capability_minor: gpu.compute_capability.1,
            sm_count: gpu.sm_count,
            memory_bytes: gpu.memory_bytes,
            max_threads_per_sm: gpu.max_threads_per_sm,
            registers_per_sm: gpu.registers_per_sm,
            shared_bytes_per_sm: gpu.shared_bytes_per_sm,
        });
        id
    }

    /// The id of a launch configuration, for [`KernelRow::config`].
    pub fn kernel_config(&mut self, config: KernelConfig) -> u32 {
        let next = self.known.configs.len() as u32;
        let id = *self.known.configs.entry(config).or_insert(next);
        if id == next {
            let KernelConfig { grid, block, cluster, .. } = config;
            self.tables.configs.rows.push(ConfigRow {
                id,
                grid_x: grid[0],
                grid_y: grid[1],
                grid_z: grid[2],
                block_x: block[0],
                block_y: block[1],
                block_z: block[2],
                cluster_x: cluster[0],
                cluster_y: cluster[1],
                cluster_z: cluster[2],
                registers: config.registers,
                shared_static_bytes: config.shared_static_bytes,
                shared_dynamic_bytes: config.shared_dynamic_bytes,
                local_bytes: config.local_bytes,
                graph: config.graph,
                graph_node: config.graph_node,
                source_occupancy_permille: u32::from(config.source_occupancy_permille),
            });
        }
        id
    }

    /// The id of a frame whose name is known; equal frames share an id.
    pub fn frame(&mut self, frame: Frame) -> FrameId {
        if let Some(&id) = self.known.frames.get(&frame) {
            return id;
        }
        let id = self.new_frame(frame);
        self.known.frames.insert(frame, id);
        id
    }

    /// A frame of its own, which [`redefine_frame`](RecordingWriter::redefine_frame) may name better once symbols are known.
    pub fn new_frame(&mut self, frame: Frame) -> FrameId {
        let id = FrameId(self.known.frame_count);
        self.known.frame_count += 1;
        self.redefine_frame(id, frame);
        id
    }

    /// Replaces what a frame from [`new_frame`](RecordingWriter::new_frame) says, in all stacks that hold it.
    pub fn redefine_frame(&mut self, id: FrameId, frame: Frame) {
        let Frame { name, file, line, kind } = frame;
        self.tables.frames.rows.push(FrameRow { id: id.0, name, file, line, kind });
    }

    /// The stack in which `frame` was called from `caller`, `None` for an outermost frame. Built from the outside in.
    pub fn stack(&mut self, caller: Option<StackId>, frame: FrameId) -> StackId {
        let next = StackId(self.known.stacks.len() as u32);
        let id = *self.known.stacks.entry((caller, frame)).or_insert(next);
        if id == next {
            self.tables.stacks.rows.push(StackRow { id: id.0, caller, frame });
        }
        id
    }

    /// The id of a telemetry series, for [`sample`](RecordingWriter::sample). `unit` is as in [`Counter`](crate::Counter).
    pub fn series(&mut self, name: &str, unit: &str, gpu: Option<GpuId>) -> u32 {
        let next = self.known.series.len() as u32;
        let id = *self.known.series.entry((name.to_owned(), gpu)).or_insert(next);
        if id == next {
            self.tables.series.rows.push(SeriesRow { id, name: name.to_owned(), unit: unit.to_owned(), gpu });
        }
        id
    }

    /// Adds a telemetry value.
    pub fn sample(&mut self, series: u32, ts_ns: i64, value: f64) -> Result<(), WriteError> {
        self.append(|tables| &mut tables.samples, |rows| rows.push(SampleRow { series, ts_ns, value }))
    }

    /// Adds a kernel execution.
    pub fn kernel(&mut self, row: KernelRow) -> Result<(), WriteError> {
        self.append(|tables| &mut tables.kernels, |rows| rows.push(row))
    }

    /// Adds a memory copy or fill.
    pub fn memory(&mut self, row: MemoryRow) -> Result<(), WriteError> {
        self.append(|tables| &mut tables.memory, |rows| rows.push(row))
    }

    /// Adds a whole graph's execution.
    pub fn graph(&mut self, row: GraphRow) -> Result<(), WriteError> {
        self.append(|tables| &mut tables.graphs, |rows| rows.push(row))
    }

    /// Adds an API call.
    pub fn api(&mut self, row: ApiRow) -> Result<(), WriteError> {
        self.append(|tables| &mut tables.api, |rows| rows.push(row))
    }

    /// Adds a synchronisation record.
    pub fn sync(&mut self, row: SyncRow) -> Result<(), WriteError> {
        self.append(|tables| &mut tables.sync, |rows| rows.push(row))
    }

    /// Adds an NVTX range or another range of a host thread.
    pub fn range(&mut self, row: RangeRow) -> Result<(), WriteError> {
        self.append(|tables| &mut tables.ranges, |rows| rows.push(row))
    }

    /// Adds an overhead record.
    pub fn overhead(&mut self, row: OverheadRow) -> Result<(), WriteError> {
        self.append(|tables| &mut tables.overhead, |rows| rows.push(row))
    }

    /// Says that `count` more records of a kind are missing.
    pub fn lost(&mut self, what: &str, count: u64) {
        if count > 0 {
            self.tables.lost.rows.push(LostRow { what: what.to_owned(), count });
        }
    }

    /// Adds a sentence for whoever opens the recording.
    pub fn note(&mut self, text: &str) {
        self.tables.notes.rows.push(NoteRow { text: text.to_owned() });
    }

    fn append<C: Columns>(
        &mut self,
        table: impl Fn(&mut Tables) -> &mut TableWriter<C>,
        push: impl FnOnce(&mut C),
    ) -> Result<(), WriteError> {
        if self.max_size_bytes != u64::MAX && self.is_full() {
            self.beyond_max += 1;
            return Ok(());
        }
        let rows = &mut table(&mut self.tables).rows;
        push(rows);
        if rows.len() >= BATCH_ROWS {
            self.tables.flush_definitions()?;
            table(&mut self.tables).flush()?;
        }
        Ok(())
    }

    /// Appends everything collected to the files, definitions first. After it returns, a killed recorder loses nothing of
    /// what was added before.
    ///
    /// # Errors
    /// Where the operating system refuses. The files are left as they were before the refused batch, which stays collected.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.tables.flush()
    }

    /// Writes what is left, ends every file and marks the recording as whole.
    pub fn finish(mut self) -> Result<PathBuf, WriteError> {
        let beyond_max = std::mem::take(&mut self.beyond_max);
        self.lost("records beyond the size limit", beyond_max);
        self.tables.finish()?;
        self.set_meta(|meta| meta.finished = true)?;
        self.finished = true;
        Ok(self.dir.clone())
    }
}

impl Drop for RecordingWriter {
    fn drop(&mut self) {
        if !self.finished {
            let beyond_max = std::mem::take(&mut self.beyond_max);
            self.lost("records beyond the size limit", beyond_max);
            // Nobody is left to hear of an error, and the recording says that it was cut short.
            let _ = self.tables.flush();
        }
    }
}

/// One table: the rows collected and, once there have been any, its file.
struct TableWriter<C> {
    path: PathBuf,
    rows: C,
    open: Option<OpenTable>,
    /// Bytes in the file.
    size_bytes: u64,
}

struct OpenTable {
    file: File,
    schema: SchemaRef,
    encoder: StreamWriter<Vec<u8>>,
    /// Encoded batches the file has refused so far.
    pending: VecDeque<Vec<u8>>,
}

impl<C: Columns> TableWriter<C> {
    fn new(dir: &Path) -> Self {
        let path = dir.join(format!("{}.arrows", C::NAME));
        TableWriter { path, rows: C::default(), open: None, size_bytes: 0 }
    }

    /// The writer of a table whose file keeps its first `size_bytes`; none means that there is to be no file.
    fn resume(dir: &Path, size_bytes: u64) -> Result<Self, WriteError> {
        let mut table = TableWriter::new(dir);
        let failed = |error| WriteError { path: table.path.clone(), error };
        if size_bytes > 0 {
            table.open = Some(OpenTable::resume(&table.path, C::schema(), size_bytes).map_err(failed)?);
            table.size_bytes = size_bytes;
        } else if let Err(error) = std::fs::remove_file(&table.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(failed(error));
        }
        Ok(table)
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        if self.rows.len() == 0 && self.open.as_ref().is_none_or(|open| open.pending.is_empty()) {
            return Ok(());
        }
        let failed = |error| WriteError { path: self.path.clone(), error };
        if self.open.is_none() {
            self.open = Some(OpenTable::create(&self.path, C::schema()).map_err(failed)?);
        }
        let open = self.open.as_mut().expect("opened above");
        if self.rows.len() > 0 {
            let batch = self.rows.take_batch(&open.schema);
            open.encoder.write(&batch).expect("plain columns of the stream's schema can be encoded into memory");
            open.pending.push_back(std::mem::take(open.encoder.get_mut()));
        }
        open.write_pending(&mut self.size_bytes).map_err(failed)
    }

    fn finish(&mut self) -> Result<(), WriteError> {
        if let Some(open) = &mut self.open {
            open.encoder.finish().expect("an end mark can be written into memory");
            open.pending.push_back(std::mem::take(open.encoder.get_mut()));
            open.write_pending(&mut self.size_bytes).map_err(|error| WriteError { path: self.path.clone(), error })?;
        }
        Ok(())
    }
}

/// An encoder of batches, which holds the schema's message already.
fn encoder(schema: &SchemaRef) -> StreamWriter<Vec<u8>> {
    let options = IpcWriteOptions::try_new(8, false, MetadataVersion::V5)
        .and_then(|options| options.try_with_compression(Some(CompressionType::ZSTD)))
        .and_then(|options| options.try_with_compression_level(Some(ZSTD_LEVEL)))
        .expect("version 5 knows zstd");
    StreamWriter::try_new_with_options(Vec::new(), schema, options)
        .expect("a schema of plain columns can be encoded into memory")
}

impl OpenTable {
    fn create(path: &Path, schema: SchemaRef) -> std::io::Result<Self> {
        let encoder = encoder(&schema);
        Ok(OpenTable { file: File::create_new(path)?, schema, encoder, pending: VecDeque::new() })
    }

    /// The file that is there, cut to `size_bytes`, which must be the end of a batch.
    fn resume(path: &Path, schema: SchemaRef, size_bytes: u64) -> std::io::Result<Self> {
        let mut file = File::options().read(true).write(true).open(path)?;
        if file.metadata()?.len() < size_bytes {
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the table is shorter than it was"));
        }
        file.set_len(size_bytes)?;
        file.seek(SeekFrom::End(0))?;
        let mut encoder = encoder(&schema);
        // The file has its schema.
        encoder.get_mut().clear();
        Ok(OpenTable { file, schema, encoder, pending: VecDeque::new() })
    }

    /// One write a message, so that a reader sees all of it or a torn tail, never a message over another.
    fn write_pending(&mut self, size_bytes: &mut u64) -> std::io::Result<()> {
        while let Some(message) = self.pending.front() {
            if let Err(error) = self.file.write_all(message) {
                // What went out of this message is taken back; should that fail too, readers see a torn tail.
                let _ = self.file.set_len(*size_bytes);
                let _ = self.file.seek(SeekFrom::Start(*size_bytes));
                return Err(error);
            }
            *size_bytes += message.len() as u64;
            self.pending.pop_front();
        }
        Ok(())
    }
}
