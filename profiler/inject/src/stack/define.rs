//! What has been told of this process's stacks: ids of modules, frames and stacks, given out once.

use super::code::Described;
use super::memory::WordMap;
use super::python::{Python, RawFrame};
use super::{Definitions, NO_MODULE, system};

/// Frames and stacks told of at most; beyond, launches get no stack and the recording says so.
const MAX_FRAMES: usize = 1 << 20;
const MAX_STACKS: usize = 1 << 22;

/// A frame id that stands for a frame which is not shown.
pub(super) const HIDDEN: u32 = u32::MAX;

/// What tells one frame from another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum FrameKey {
    Python {
        code: usize,
        guard: u64,
        instruction: u64,
    },
    Native {
        address: usize,
    },
    /// Stands for the callers that were left out of a stack that is too deep.
    Cut,
}

/// The ids given out.
#[derive(Default)]
pub(super) struct Told {
    frames: WordMap<FrameKey, u32>,
    next_frame: u32,
    stacks: WordMap<(u32, u32), u32>,
    next_stack: u32,
    modules: Vec<Module>,
    /// Where native frames lie, by address.
    roles: WordMap<usize, Role>,
    /// Files unloaded so far, as the dynamic linker counts.
    unloaded: u64,
    described: Described,
    python_note: bool,
    full_note: bool,
}

struct Module {
    base: usize,
    path: Vec<u8>,
    role: Role,
}

/// What a module means for a stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// Any library or program.
    Program,
    /// CPython's own code, which stands for the Python frames it runs. A program of another name that has the interpreter
    /// inside is not meant: it has code of its own that is worth showing.
    Interpreter,
    /// The C and C++ libraries, which start threads and programs.
    System,
    /// The profiler and the CUDA libraries below the API: left out where they are innermost.
    BelowApi,
}

impl Told {
    /// The id of a Python frame, [`HIDDEN`] for one that Python does not show; `None` where it was not taken.
    ///
    /// # Safety
    /// `frame` was just read from the calling thread's chain.
    pub unsafe fn python_frame(
        &mut self,
        python: &Python,
        frame: &RawFrame,
        definitions: &mut dyn Definitions,
    ) -> Option<u32> {
        let key = FrameKey::Python { code: frame.code, guard: frame.guard, instruction: frame.instruction };
        if let Some(&id) = self.frames.get(&key) {
            return Some(id);
        }
        let mut described = std::mem::take(&mut self.described);
        // SAFETY: the caller's promise.
        let shown = unsafe { python.describe(frame, &mut described) };
        let id = if shown {
            self.add_frame(key, definitions, |id, definitions| {
                definitions.python_frame(id, &described.function, &described.file, described.line)
            })
        } else {
            self.insert_frame(key, HIDDEN)
        };
        self.described = described;
        id
    }

    /// The id of a native frame and what its module means; `None` where it was not taken.
    pub fn native_frame(&mut self, address: usize, definitions: &mut dyn Definitions) -> Option<(u32, Role)> {
        let key = FrameKey::Native { address };
        if let (Some(&id), Some(&role)) = (self.frames.get(&key), self.roles.get(&address)) {
            return Some((id, role));
        }
        let module = self.module_of(address, definitions)?;
        let (base, role) =
            self.modules.get(module as usize).map_or((0, Role::Program), |module| (module.base, module.role));
        self.roles.try_reserve(1).ok()?;
        self.roles.insert(address, role);
        let offset = address.wrapping_sub(base) as u64;
        let id = self.add_frame(key, definitions, |id, definitions| definitions.native_frame(id, module, offset))?;
        Some((id, role))
    }

    /// The id of the frame that stands for callers left out.
    pub fn cut_frame(&mut self, definitions: &mut dyn Definitions) -> Option<u32> {
        if let Some(&id) = self.frames.get(&FrameKey::Cut) {
            return Some(id);
        }
        self.add_frame(FrameKey::Cut, definitions, |id, definitions| {
            definitions.python_frame(id, "[outer frames left out]", "", 0)
        })
    }

    /// The id of a stack.
    pub fn stack(&mut self, caller: u32, frame: u32, definitions: &mut dyn Definitions) -> Option<u32> {
        if let Some(&id) = self.stacks.get(&(caller, frame)) {
            return Some(id);
        }
        if self.stacks.len() >= MAX_STACKS || self.stacks.try_reserve(1).is_err() {
            self.tell_full(definitions);
            return None;
        }
        let id = self.next_stack;
        if !definitions.stack(id, caller, frame) {
            return None;
        }
        self.next_stack += 1;
        self.stacks.insert((caller, frame), id);
        Some(id)
    }

    /// Tells once why Python frames are missing.
    pub fn python_refused(&mut self, why: &str, definitions: &mut dyn Definitions) {
        if !self.python_note {
            self.python_note = definitions.note(why);
        }
    }

    /// Forgets native addresses where files were unloaded since the last call, as others may have taken their place.
    /// Returns whether it did.
    pub fn forget_unloaded(&mut self) -> bool {
        let unloaded = system::unload_count();
        let changed = unloaded != self.unloaded;
        if changed {
            self.unloaded = unloaded;
            self.frames.retain(|key, _| !matches!(key, FrameKey::Native { .. }));
            self.roles.clear();
        }
        changed
    }

    fn add_frame(
        &mut self,
        key: FrameKey,
        definitions: &mut dyn Definitions,
        tell: impl FnOnce(u32, &mut dyn Definitions) -> bool,
    ) -> Option<u32> {
        if self.frames.len() >= MAX_FRAMES || self.frames.try_reserve(1).is_err() {
            self.tell_full(definitions);
            return None;
        }
        let id = self.next_frame;
        if !tell(id, definitions) {
            return None;
        }
        self.next_frame += 1;
        self.insert_frame(key, id)
    }

    fn insert_frame(&mut self, key: FrameKey, id: u32) -> Option<u32> {
        self.frames.try_reserve(1).ok()?;
        self.frames.insert(key, id);
        Some(id)
    }

    /// The index of the module that an address lies in, told where it is new; [`NO_MODULE`] for none.
    fn module_of(&mut self, address: usize, definitions: &mut dyn Definitions) -> Option<u32> {
        let own_code = system::symbol as *const () as usize;
        let mut found = None;
        system::for_each_object(|object| {
            if found.is_some() || !object.contains(address) {
                return;
            }
            let path = if object.path.is_empty() { mapped_file(address) } else { object.path.to_vec() };
            let known = self.modules.iter().position(|module| module.base == object.base && module.path == path);
            found = Some(known.map(|index| index as u32).or_else(|| {
                let id = self.modules.len() as u32;
                let role = if object.contains(own_code) { Role::BelowApi } else { role_of(&path) };
                self.modules.try_reserve(1).ok()?;
                let told = definitions.module(id, object.base as u64, &path, object.build_id());
                told.then(|| self.modules.push(Module { base: object.base, path, role }))?;
                Some(id)
            }));
        });
        found.unwrap_or(Some(NO_MODULE))
    }

    fn tell_full(&mut self, definitions: &mut dyn Definitions) {
        if !self.full_note {
            self.full_note = definitions.note("too many different host stacks: later ones were not recorded");
        }
    }
}

/// The file that an address is mapped from: the program has no path in the linker's list, and `/proc/self/exe` is the linker
/// where the program was started through it.
fn mapped_file(address: usize) -> Vec<u8> {
    let maps = std::fs::read("/proc/self/maps").unwrap_or_default();
    let mut lines = maps.split(|&byte| byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let path = lines.find_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (low, high) = range.split_once('-')?;
        let number = |text| usize::from_str_radix(text, 16).ok();
        let inside = (number(low)?..number(high)?).contains(&address);
        inside.then(|| rest.find('/').map(|start| rest.as_bytes()[start..].to_vec()))?
    });
    path.unwrap_or_default()
}

fn role_of(path: &[u8]) -> Role {
    let file = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let starts = |names: &[&str]| names.iter().any(|name| file.starts_with(name.as_bytes()));
    let version =
        file.strip_prefix(b"python").is_some_and(|rest| rest.iter().all(|c| c.is_ascii_digit() || *c == b'.'));
    if starts(&["libpython3"]) || version {
        Role::Interpreter
    } else if starts(&["libcupti.", "libcuda.", "libcudart.", "libcudart-"]) {
        Role::BelowApi
    } else if starts(&["libc.", "libc-", "libpthread", "libstdc++.", "ld-linux", "ld-musl"]) {
        Role::System
    } else {
        Role::Program
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_told_apart_by_their_file_name() {
        assert_eq!(role_of(b"/usr/bin/python3.12"), Role::Interpreter);
        assert_eq!(role_of(b"/usr/lib/libpython3.12.so.1.0"), Role::Interpreter);
        assert_eq!(role_of(b"/opt/simulator"), Role::Program);
        assert_eq!(role_of(b"/x/nvidia/cuda_runtime/lib/libcudart.so.12"), Role::BelowApi);
        assert_eq!(role_of(b"/x/torch/lib/libtorch_cuda.so"), Role::Program);
        assert_eq!(role_of(b"/lib/x86_64-linux-gnu/libc.so.6"), Role::System);
    }
}
