//! What host threads did: API calls with their stacks, overhead, and slices of other libraries.

use rustc_hash::FxHashMap;

use super::database::Row;
use super::gpu::correlation;
use super::{Importer, duration};
use crate::read::ReadError;
use crate::{EventKind, Frame, FrameKind, NONE, NewEvent, StackId, StringId, TrackKey, TrackKind};

/// Tables that have the columns of host slices and are read elsewhere, or are none.
const NOT_SLICES: [&str; 4] =
    ["CUPTI_ACTIVITY_KIND_RUNTIME", "CUPTI_ACTIVITY_KIND_DRIVER", "PROFILER_OVERHEAD", "NVTX_EVENTS"];
/// Deepest host stack; nsys stops far below.
const STACK_DEPTH_MAX: usize = 4096;

/// Depth, symbol and module of a frame.
type ChainRow = (i64, Option<i64>, Option<i64>);

impl Importer {
    /// Runs `work` with the database taken out, so that it can be read while rows are added.
    pub(super) fn with_database(
        &mut self,
        work: impl FnOnce(&mut Importer, &super::Database) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let database = std::rc::Rc::clone(&self.database);
        work(self, &database)
    }

    /// Call chains: rows of (chain, symbol, module, depth), depth 0 the innermost frame.
    pub(super) fn read_stacks(&mut self) -> Result<(), ReadError> {
        let columns = ["id", "symbol", "module", "stackDepth"];
        let mut chains: FxHashMap<i64, Vec<ChainRow>> = FxHashMap::default();
        self.database.each("CUDA_CALLCHAINS", &columns, |row| {
            if let Some(id) = row.integer(0) {
                let depth = row.integer(3).unwrap_or(0);
                chains.entry(id).or_default().push((depth, row.integer(1), row.integer(2)));
            }
            Ok(())
        })?;
        let mut ids: Vec<i64> = chains.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let mut frames = chains.remove(&id).unwrap_or_default();
            frames.sort_by_key(|&(depth, _, _)| std::cmp::Reverse(depth));
            let mut stack: Option<StackId> = None;
            for (_, symbol, module) in frames.into_iter().take(STACK_DEPTH_MAX) {
                let (name, file) = (self.text(symbol), self.text(module));
                let frame = Frame { name, file, line: 0, kind: FrameKind::Native };
                let frame = self.builder.stacks.intern_frame(frame);
                stack = Some(self.builder.stacks.push(stack, frame));
            }
            self.stacks.extend(stack.map(|stack| (id, stack)));
        }
        Ok(())
    }

    pub(super) fn read_api_calls(&mut self) -> Result<(), ReadError> {
        let mut short: FxHashMap<StringId, StringId> = FxHashMap::default();
        for table in ["CUPTI_ACTIVITY_KIND_RUNTIME", "CUPTI_ACTIVITY_KIND_DRIVER"] {
            let columns = ["correlationId", "callchainId"];
            self.each_slice(table, &columns, |importer, mut event, row| {
                let builder = &mut importer.builder;
                event.name = *short.entry(event.name).or_insert_with(|| {
                    let name = without_version(builder.strings.get(event.name)).to_owned();
                    builder.strings.intern(&name)
                });
                event.detail = correlation(row, SLICE.len());
                let stack = row.integer(SLICE.len() + 1).and_then(|id| importer.stacks.get(&id));
                event.link = stack.map_or(NONE, |stack| stack.0);
                event.kind = EventKind::Api;
                importer.builder.push(event);
            })?;
        }
        Ok(())
    }

    /// Overhead, and every other table that has the columns of a slice on a host thread: OS runtime, cuDNN, cuBLAS, MPI,
    /// OpenACC and what later versions add.
    pub(super) fn read_host_slices(&mut self) -> Result<(), ReadError> {
        self.each_slice("PROFILER_OVERHEAD", &[], |importer, event, _| {
            importer.builder.push(NewEvent { kind: EventKind::Overhead, ..event });
        })?;
        for table in self.database.tables_with(&["start", "end", "globalTid", "nameId"]) {
            if !NOT_SLICES.contains(&table.as_str()) {
                self.each_slice(&table, &[], |importer, event, _| importer.builder.push(event))?;
            }
        }
        Ok(())
    }

    /// Calls `take` with each row of a table of slices on host threads, as an event of the table's kind of track; `columns`
    /// follow [`SLICE`].
    fn each_slice(
        &mut self,
        table: &str,
        columns: &[&str],
        mut take: impl FnMut(&mut Importer, NewEvent, &Row),
    ) -> Result<(), ReadError> {
        let (kind, name) = match table {
            "CUPTI_ACTIVITY_KIND_RUNTIME" | "CUPTI_ACTIVITY_KIND_DRIVER" => (TrackKind::Api, ""),
            "PROFILER_OVERHEAD" => (TrackKind::Overhead, ""),
            "OSRT_API" => (TrackKind::Other, "OS runtime"),
            other => (TrackKind::Other, other.trim_end_matches("_EVENTS").trim_end_matches("_API")),
        };
        let name = self.builder.strings.intern(name);
        let all: Vec<&str> = SLICE.iter().chain(columns).copied().collect();
        self.with_database(|importer, database| {
            database.each(table, &all, |row| {
                if let Some((start_ns, end_ns)) = row.span() {
                    let (process, thread) = importer.thread(row.integer(2).unwrap_or(0));
                    let key = TrackKey { name, ..TrackKey::host(kind, process, thread) };
                    let event = NewEvent {
                        track: importer.builder.track(key),
                        start_ns,
                        dur_ns: duration(start_ns, end_ns),
                        name: importer.text(row.integer(3)),
                        kind: EventKind::Other,
                        detail: NONE,
                        link: NONE,
                    };
                    take(importer, event, row);
                }
                Ok(())
            })
        })
    }
}

/// The columns of slices on host threads, in this order from 0.
const SLICE: [&str; 4] = ["start", "end", "globalTid", "nameId"];

/// The call's name without the version that Nsight Systems appends, as its own statistics print it: four digits are taken
/// off (`cudaLaunchKernel_v7000`), five are not (`cudaLaunchKernelExC_v11060`).
fn without_version(name: &str) -> &str {
    match name.len().checked_sub(6).and_then(|at| name.split_at_checked(at)) {
        Some((short, version))
            if version.starts_with("_v") && version[2..].bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            short
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::without_version;

    #[test]
    fn versions_are_taken_off_as_nsys_stats_does() {
        let cases = [
            ("cudaLaunchKernel_v7000", "cudaLaunchKernel"),
            ("cudaLaunchKernelExC_v11060", "cudaLaunchKernelExC_v11060"),
            ("cuGetProcAddress_v2", "cuGetProcAddress_v2"),
            ("cuInit", "cuInit"),
            ("_v7000", ""),
            ("\u{44f}\u{44f}\u{44f}\u{44f}", "\u{44f}\u{44f}\u{44f}\u{44f}"),
        ];
        for (name, short) in cases {
            assert_eq!(without_version(name), short);
        }
    }
}
