//! What a recording has defined so far: which id stands for which thing. A writer starts with none, or reads those of a
//! recording that it goes on with.

use std::path::Path;

use rustc_hash::FxHashMap;
use rustg_base::{StringId, Strings};

use super::import::TableFile;
use super::tables::*;
use crate::read::ReadError;
use crate::{Frame, FrameId, FrameKind, GpuId, KernelConfig, NONE, ProcessId, StackId, ThreadId};

/// The definitions by what they define.
#[derive(Default)]
pub(crate) struct Definitions {
    pub(crate) strings: Strings,
    /// By the operating system's id.
    pub(crate) processes: FxHashMap<i64, ProcessId>,
    pub(crate) threads: FxHashMap<(ProcessId, i64), ThreadId>,
    /// By device index and UUID.
    pub(crate) gpus: FxHashMap<(u32, String), GpuId>,
    pub(crate) configs: FxHashMap<KernelConfig, u32>,
    pub(crate) frames: FxHashMap<Frame, FrameId>,
    /// How many ids of frames there are: not every one is in `frames`.
    pub(crate) frame_count: u32,
    pub(crate) stacks: FxHashMap<(Option<StackId>, FrameId), StackId>,
    pub(crate) series: FxHashMap<(String, Option<GpuId>), u32>,
}

impl Definitions {
    /// Those of the recording in `dir`.
    ///
    /// # Errors
    /// Where a table cannot be read to its end or its ids do not count from 0: going on would confuse things.
    pub(crate) fn read(dir: &Path) -> Result<Self, ReadError> {
        let mut known = Definitions::default();
        read_table(dir, |rows: NameColumns| {
            for (id, text) in rows.id.into_iter().zip(rows.text) {
                follows(id, if id == 0 { 0 } else { known.strings.len() })?;
                known.strings.intern(&text);
            }
            Ok(())
        })?;
        read_table(dir, |rows: ProcessColumns| {
            for (id, pid) in rows.id.into_iter().zip(rows.pid) {
                follows_or_repeats(id, known.processes.len())?;
                known.processes.entry(pid).or_insert(ProcessId(id));
            }
            Ok(())
        })?;
        read_table(dir, |rows: ThreadColumns| {
            for ((id, process), tid) in rows.id.into_iter().zip(rows.process).zip(rows.tid) {
                follows_or_repeats(id, known.threads.len())?;
                known.threads.entry((ProcessId(process), tid)).or_insert(ThreadId(id));
            }
            Ok(())
        })?;
        read_table(dir, |rows: GpuColumns| {
            for ((id, device), uuid) in rows.id.into_iter().zip(rows.device).zip(rows.uuid) {
                follows_or_repeats(id, known.gpus.len())?;
                known.gpus.entry((device, uuid)).or_insert(GpuId(id));
            }
            Ok(())
        })?;
        read_table(dir, |rows: ConfigColumns| {
            for row in 0..rows.len() {
                follows(rows.id[row], known.configs.len())?;
                known.configs.insert(rows.config(row), rows.id[row]);
            }
            Ok(())
        })?;
        read_table(dir, |rows: FrameColumns| {
            for row in 0..rows.len() {
                follows_or_repeats(rows.id[row], known.frame_count as usize)?;
                known.frame_count = known.frame_count.max(rows.id[row] + 1);
                let (name, file) = (StringId(rows.name[row]), StringId(rows.file[row]));
                let frame = Frame { name, file, line: rows.line[row], kind: FrameKind::from_u8(rows.kind[row]) };
                known.frames.entry(frame).or_insert(FrameId(rows.id[row]));
            }
            Ok(())
        })?;
        read_table(dir, |rows: StackColumns| {
            for row in 0..rows.len() {
                follows(rows.id[row], known.stacks.len())?;
                let caller = Some(rows.caller[row].0).filter(|&caller| caller != NONE).map(StackId);
                known.stacks.insert((caller, FrameId(rows.frame[row])), StackId(rows.id[row]));
            }
            Ok(())
        })?;
        read_table(dir, |rows: SeriesColumns| {
            for row in 0..rows.len() {
                follows(rows.id[row], known.series.len())?;
                let gpu = Some(rows.gpu[row].0).filter(|&gpu| gpu != NONE).map(GpuId);
                known.series.insert((rows.name[row].clone(), gpu), rows.id[row]);
            }
            Ok(())
        })?;
        Ok(known)
    }
}

/// Gives all rows of a table to `take`.
fn read_table<C: Columns>(dir: &Path, take: impl FnMut(C) -> Result<(), String>) -> Result<(), ReadError> {
    let mut table = TableFile::new(dir, C::NAME);
    table.look()?;
    table.read(take)?;
    table.whole()
}

fn follows(id: u32, count: usize) -> Result<(), String> {
    if id as usize == count { Ok(()) } else { Err(format!("id {id} follows {count} ids")) }
}

fn follows_or_repeats(id: u32, count: usize) -> Result<(), String> {
    if id as usize <= count { Ok(()) } else { Err(format!("id {id} follows {count} ids")) }
}
