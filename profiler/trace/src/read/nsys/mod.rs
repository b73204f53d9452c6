//! Nsight Systems' SQLite exports (`nsys export --type sqlite`).
//!
//! The schema changes from version to version and an export leaves out empty tables, so the importer asks which tables and
//! columns there are and takes those that it knows; a column that is missing reads as NULL. Table and column meanings are
//! those of the SQLite schema reference in the Nsight Systems user guide. Ids of threads and processes are packed into one
//! integer: bits 24–47 the process, bits 0–23 the thread.
//!
//! Times are nanoseconds since the start of the session, as in the export.

mod database;
mod gpu;
mod host;
mod marks;
mod metrics;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{OpenOptions, ReadError};
use crate::{GpuId, Note, ProcessId, SourceFormat, StringId, ThreadId, Trace, TraceBuilder};
use database::Database;

/// Longest text that is taken from the export; environment dumps and the like are longer.
const TEXT_BYTES_MAX: usize = 1 << 16;
/// Most diagnostics that become notes.
const DIAGNOSTICS_MAX: usize = 20;

/// Reads an export in a file.
pub(super) fn import_file(path: &Path, title: &str, options: &OpenOptions) -> Result<Trace, ReadError> {
    import(Database::open(path)?, title, options)
}

/// Reads an export in memory.
pub(super) fn import_bytes(bytes: &[u8], title: &str, options: &OpenOptions) -> Result<Trace, ReadError> {
    import(Database::deserialize(bytes)?, title, options)
}

fn import(database: Database, title: &str, options: &OpenOptions) -> Result<Trace, ReadError> {
    if !database.has("StringIds") && !database.has("CUPTI_ACTIVITY_KIND_KERNEL") && !database.has("NVTX_EVENTS") {
        return Err(ReadError::at(
            0,
            "a SQLite database, but not an export of Nsight Systems: none of its tables is there",
        ));
    }
    let total_bytes = database.size_bytes();
    let mut importer = Importer::new(database)?;
    let steps: [Step; 9] = [
        Importer::read_processes,
        Importer::read_gpus,
        Importer::read_stacks,
        Importer::read_api_calls,
        Importer::read_gpu_work,
        Importer::read_synchronization,
        Importer::read_nvtx,
        Importer::read_host_slices,
        Importer::read_metrics,
    ];
    for (done, step) in steps.iter().enumerate() {
        // Tables are not read in the order of the file, so its bytes are told by steps.
        options.report(total_bytes / steps.len() as u64 * done as u64, total_bytes)?;
        step(&mut importer)?;
    }
    options.report(total_bytes, total_bytes)?;
    importer.read_session()?;
    Ok(importer.builder.finish(title.to_owned(), SourceFormat::NsightSystems))
}

/// One kind of tables.
type Step = fn(&mut Importer) -> Result<(), ReadError>;

/// What is known while an export is read.
struct Importer {
    /// Shared, so that it can be read while rows are added.
    database: Rc<Database>,
    builder: TraceBuilder,
    /// Texts by their id in the export.
    texts: FxHashMap<i64, StringId>,
    /// GPUs by process and CUDA device number.
    devices: FxHashMap<(i64, i64), GpuId>,
    /// GPUs by the export's own number.
    gpus: FxHashMap<i64, GpuId>,
    /// Host stacks by call chain id.
    stacks: FxHashMap<i64, crate::StackId>,
}

impl Importer {
    fn new(database: Database) -> Result<Self, ReadError> {
        let mut builder = TraceBuilder::new();
        let mut texts = FxHashMap::default();
        database.each("StringIds", &["id", "value"], |row| {
            if let (Some(id), Some(text)) = (row.integer(0), row.text(1))
                && text.len() <= TEXT_BYTES_MAX
            {
                texts.insert(id, builder.strings.intern(&text));
            }
            Ok(())
        })?;
        let (devices, gpus, stacks) = Default::default();
        Ok(Importer { database: Rc::new(database), builder, texts, devices, gpus, stacks })
    }

    /// The text of an id; empty where the id is NULL or unknown.
    fn text(&self, id: Option<i64>) -> StringId {
        id.and_then(|id| self.texts.get(&id).copied()).unwrap_or(StringId::EMPTY)
    }

    fn process(&mut self, global: i64) -> ProcessId {
        self.builder.process(pid_of(global))
    }

    fn thread(&mut self, global: i64) -> (ProcessId, ThreadId) {
        let process = self.process(global);
        (process, self.builder.thread(process, global & 0xFF_FFFF))
    }

    fn note(&mut self, text: String) {
        self.builder.notes.push(Note(text));
    }

    fn read_processes(&mut self) -> Result<(), ReadError> {
        let builder = &mut self.builder;
        self.database.each("PROCESSES", &["globalPid", "pid", "name"], |row| {
            let pid = row.integer(1).or_else(|| row.integer(0).map(pid_of));
            if let (Some(pid), Some(name)) = (pid, row.text(2)) {
                let process = builder.process(pid);
                builder.name_process(process, &name);
            }
            Ok(())
        })?;
        let texts = &self.texts;
        self.database.each("ThreadNames", &["globalTid", "nameId"], |row| {
            if let (Some(global), Some(name)) = (row.integer(0), row.integer(1).and_then(|id| texts.get(&id))) {
                let process = builder.process(pid_of(global));
                let thread = builder.thread(process, global & 0xFF_FFFF);
                let name = builder.strings.get(*name).to_owned();
                builder.name_thread(thread, &name);
            }
            Ok(())
        })
    }

    /// The session's wall-clock start, and what Nsight Systems warned about.
    fn read_session(&mut self) -> Result<(), ReadError> {
        let epoch = &mut self.builder.epoch_offset_ns;
        self.database.each("TARGET_INFO_SESSION_START_TIME", &["utcEpochNs"], |row| {
            *epoch = epoch.or(row.integer(0));
            Ok(())
        })?;
        let mut said = Vec::new();
        self.database.each("DIAGNOSTIC_EVENT", &["severity", "text"], |row| {
            // 2 and 3 are warnings and errors (ENUM_DIAGNOSTIC_SEVERITY_LEVEL).
            if let (Some(2 | 3), Some(text)) = (row.integer(0), row.text(1))
                && said.len() <= DIAGNOSTICS_MAX
                && text.len() <= TEXT_BYTES_MAX
            {
                said.push(format!("Nsight Systems: {}", text.trim()));
            }
            Ok(())
        })?;
        if said.len() > DIAGNOSTICS_MAX {
            said[DIAGNOSTICS_MAX] = "Nsight Systems: more warnings follow".to_owned();
        }
        said.into_iter().for_each(|text| self.note(text));
        Ok(())
    }
}

fn pid_of(global: i64) -> i64 {
    (global >> 24) & 0xFF_FFFF
}

/// A duration in nanoseconds; 0 where the end is before the start.
fn duration(start_ns: i64, end_ns: i64) -> u64 {
    end_ns.saturating_sub(start_ns).max(0) as u64
}
