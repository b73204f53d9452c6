//! The machine as a device: modules, buffers, launches.
//!
//! This module owns what a host does. It prints nothing: what a kernel prints comes back in the [`Report`], what goes wrong as a [`LaunchError`].

use crate::execute::{Grid, Launch, Limits, Stop, Turn, bytes_of_group, parallel};
use crate::lanes::Row;
use crate::memory::{AllocationKind, FUNCTION_WINDOW, GlobalMemory, MemorySnapshot, Miss, SHARED_WINDOW};
use crate::observe::{Fault, Observer, Site, SyncEvent, Unobserved};
use crate::program::Program;
use crate::progress::Progress;
use rustg_ptx::{self as ptx, RelocationTarget, Space};
use std::sync::Arc;

/// What a device is like.
#[derive(Clone, Debug)]
pub struct Config {
    /// Bytes of memory that all of it may take together: global memory that is in use, and shared memory, local memory and registers of the blocks
    /// that are running.
    pub memory_limit_bytes: u64,
    /// Which schedule; 0 is the plain one.
    pub seed: u64,
    /// Cores to run on. Results do not depend on it.
    pub cores: usize,
    /// Warp instructions a launch may execute.
    pub step_budget: u64,
    /// Streaming multiprocessors the device pretends to have (`%nsmid`).
    pub multiprocessors: u32,
    /// Bytes of local memory a thread may have.
    pub stack_bytes: u32,
    /// Bytes of shared memory a block may have.
    pub shared_limit_bytes: u32,
    /// Who wants to see how far launches are, or to stop them.
    pub progress: Arc<Progress>,
}

impl Default for Config {
    /// 16 GiB, the plain schedule, one core, 10¹² steps; otherwise an H200: 132 multiprocessors, 227 KiB of shared memory a block.
    fn default() -> Self {
        Self {
            memory_limit_bytes: 16 << 30,
            seed: 0,
            cores: 1,
            step_budget: 1_000_000_000_000,
            multiprocessors: 132,
            stack_bytes: 512 << 10,
            shared_limit_bytes: 227 << 10,
            progress: Arc::default(),
        }
    }
}

/// A device.
pub struct Device {
    config: Config,
    memory: GlobalMemory,
    launches: u64,
}

/// A module that is loaded on a device: decoded, its variables in memory.
#[derive(Clone)]
pub struct Module {
    pub(crate) program: Arc<Program>,
    addresses: Arc<Vec<u64>>,
}

/// How a kernel is launched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchShape {
    /// Blocks of the grid.
    pub grid: [u32; 3],
    /// Threads of a block.
    pub block: [u32; 3],
    /// Blocks of a cluster; nothing for what the kernel says.
    pub cluster: Option<[u32; 3]>,
    /// Dynamic shared memory of a block.
    pub dynamic_shared_bytes: u32,
    /// Whether all blocks must be resident at once, so that they may wait for one another.
    pub cooperative: bool,
}

impl LaunchShape {
    /// A one-dimensional launch without dynamic shared memory.
    pub fn linear(blocks: u32, threads: u32) -> Self {
        Self {
            grid: [blocks, 1, 1],
            block: [threads, 1, 1],
            cluster: None,
            dynamic_shared_bytes: 0,
            cooperative: false,
        }
    }
}

/// What a launch did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Warp instructions executed.
    pub steps: u64,
    /// What the kernel printed, block after block.
    pub output: Vec<u8>,
}

/// Why a launch did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaunchError {
    /// The kernel did something wrong, or the machine does not do something.
    Fault {
        /// Where.
        site: Site,
        /// What.
        fault: Fault,
        /// What was done until then.
        report: Report,
    },
    /// The launch itself is wrong, in words.
    Invalid(String),
}

impl std::fmt::Display for LaunchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(what) => f.write_str(what),
            Self::Fault { site, fault, .. } => {
                write!(f, "block {}, warp {}, instruction {}: {:?}", site.block, site.warp, site.pc, fault.kind)
            }
        }
    }
}

impl std::error::Error for LaunchError {}

/// Why something other than a launch did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceError {
    /// More memory than the device has.
    OutOfMemory {
        /// The limit.
        limit_bytes: u64,
    },
    /// An address range that is no live allocation.
    BadAddress {
        /// The address.
        address: u64,
    },
    /// The module has no such kernel.
    NoKernel {
        /// The name asked for.
        name: String,
    },
    /// The module cannot be loaded, in words.
    BadModule(String),
}

impl std::fmt::Display for DeviceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OutOfMemory { limit_bytes } => {
                write!(f, "more memory is needed than the limit of {limit_bytes} bytes")
            }
            Self::BadAddress { address } => write!(f, "no allocation holds these bytes at {address:#x}"),
            Self::NoKernel { name } => write!(f, "the module has no kernel `{name}`"),
            Self::BadModule(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for DeviceError {}

/// The device's memory at one moment.
#[derive(Clone)]
pub struct DeviceSnapshot(MemorySnapshot);

impl Device {
    /// A device without allocations.
    pub fn new(config: Config) -> Self {
        let memory = GlobalMemory::new(config.memory_limit_bytes);
        Self { config, memory, launches: 0 }
    }

    /// What it is like.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Explores another schedule from the next launch on.
    pub fn set_seed(&mut self, seed: u64) {
        self.config.seed = seed;
    }

    /// Allows launches another number of warp instructions from now on.
    pub fn set_step_budget(&mut self, steps: u64) {
        self.config.step_budget = steps;
    }

    /// Its memory, to look at allocations and bytes.
    pub fn memory(&mut self) -> &mut GlobalMemory {
        &mut self.memory
    }

    fn out_of_memory(&self, _miss: Miss) -> DeviceError {
        DeviceError::OutOfMemory { limit_bytes: self.config.memory_limit_bytes }
    }

    /// Allocates `size_bytes` zeros. The name is for reports.
    ///
    /// # Errors
    /// [`DeviceError::OutOfMemory`]
    pub fn allocate(&mut self, name: &str, size_bytes: u64) -> Result<u64, DeviceError> {
        self.memory.allocate(size_bytes, name, AllocationKind::Global).map_err(|miss| self.out_of_memory(miss))
    }

    /// Takes bytes of the limit away for something else: what a checker keeps.
    ///
    /// # Errors
    /// [`DeviceError::OutOfMemory`]
    pub fn reserve(&mut self, size_bytes: u64) -> Result<(), DeviceError> {
        self.memory.charge(size_bytes).map_err(|miss| self.out_of_memory(miss))
    }

    /// Frees an allocation; kernels that use it afterwards are told.
    ///
    /// # Errors
    /// [`DeviceError::BadAddress`] when no live allocation begins there.
    pub fn free(&mut self, address: u64) -> Result<(), DeviceError> {
        self.memory.free(address).map_err(|_| DeviceError::BadAddress { address })
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// [`DeviceError::BadAddress`], or [`DeviceError::OutOfMemory`] when pages for them exceed the limit.
    pub fn upload(&mut self, address: u64, bytes: &[u8]) -> Result<(), DeviceError> {
        self.memory.upload(address, bytes).map_err(|miss| match miss {
            Miss::Limit => self.out_of_memory(miss),
            _ => DeviceError::BadAddress { address },
        })
    }

    /// Reads `size_bytes` bytes.
    ///
    /// # Errors
    /// [`DeviceError::BadAddress`]
    pub fn download(&mut self, address: u64, size_bytes: u64) -> Result<Vec<u8>, DeviceError> {
        let bad = DeviceError::BadAddress { address };
        let known = self
            .memory
            .allocation_of(address)
            .is_some_and(|found| found.address + found.size_bytes - address >= size_bytes);
        if !known && size_bytes > 0 {
            return Err(bad);
        }
        let mut bytes = vec![0; size_bytes as usize];
        self.memory.read(address, &mut bytes).map_err(|_| bad)?;
        Ok(bytes)
    }

    /// Keeps the memory as it is now.
    pub fn snapshot(&mut self) -> DeviceSnapshot {
        DeviceSnapshot(self.memory.snapshot())
    }

    /// Goes back to a snapshot of this device.
    pub fn restore(&mut self, snapshot: &DeviceSnapshot) {
        self.memory.restore(&snapshot.0);
    }

    /// Loads a module: its variables get addresses and initial values, its functions are decoded.
    ///
    /// # Errors
    /// [`DeviceError::OutOfMemory`], or [`DeviceError::BadModule`] for 32-bit addresses.
    pub fn load_module(&mut self, module: Arc<ptx::Module>) -> Result<Module, DeviceError> {
        if module.address_size == 32 {
            return Err(DeviceError::BadModule(
                "the module has 32-bit addresses; only `.address_size 64` is executed".to_owned(),
            ));
        }
        let mut addresses = vec![0; module.variables.len()];
        for (index, variable) in module.variables.iter().enumerate() {
            let kind = match variable.space {
                Space::Global => AllocationKind::Global,
                Space::Constant => AllocationKind::Const,
                _ => continue,
            };
            if variable.linkage == ptx::Linkage::Extern {
                continue;
            }
            let name = module.name(variable.name).to_owned();
            addresses[index] =
                self.memory.allocate(variable.size_bytes, &name, kind).map_err(|miss| self.out_of_memory(miss))?;
            let initial = &module.initial_bytes[variable.initial.start as usize..variable.initial.end as usize];
            let fits = &initial[..initial.len().min(variable.size_bytes as usize)];
            if fits.iter().any(|byte| *byte != 0) {
                self.upload(addresses[index], fits)?;
            }
        }
        let program = Program::decode(module.clone(), &addresses);
        for relocation in &module.relocations {
            let to = addresses[relocation.variable.index()];
            let target = match relocation.target {
                RelocationTarget::Function(function) => FUNCTION_WINDOW + 16 * u64::from(function.0),
                RelocationTarget::Variable(variable) => match module.variables[variable.index()].space {
                    Space::Shared if relocation.generic => SHARED_WINDOW,
                    _ => addresses[variable.index()],
                },
            };
            let mut value = target.wrapping_add_signed(relocation.addend);
            if let Some(mask) = relocation.mask {
                value = (value & mask).checked_shr(mask.trailing_zeros()).unwrap_or(0);
            }
            if to != 0 {
                let size = usize::from(relocation.size_bytes.min(8));
                self.upload(to + relocation.offset_bytes, &value.to_le_bytes()[..size])?;
            }
        }
        Ok(Module { program: Arc::new(program), addresses: Arc::new(addresses) })
    }

    /// Launches a kernel; nobody watches.
    ///
    /// # Errors
    /// [`LaunchError`]
    pub fn launch(
        &mut self,
        module: &Module,
        kernel: &str,
        shape: &LaunchShape,
        parameters: &[u8],
    ) -> Result<Report, LaunchError> {
        self.launch_observed(module, kernel, shape, parameters, &mut Unobserved)
    }

    /// Launches a kernel that an observer watches. `parameters` are the bytes of the kernel's parameters as they lie in memory
    /// ([`Module::parameters`]).
    ///
    /// # Errors
    /// [`LaunchError`]
    pub fn launch_observed<O: Observer>(
        &mut self,
        module: &Module,
        kernel: &str,
        shape: &LaunchShape,
        parameters: &[u8],
        observer: &mut O,
    ) -> Result<Report, LaunchError> {
        let launch = self.prepare(module, kernel, shape, parameters)?;
        self.config.progress.begin(launch.blocks().into());
        let limits = self.limits(&launch, shape);
        let mut grid = Grid::new();
        let groups = launch.blocks() / launch.cluster_blocks();
        let cores = self.config.cores.clamp(1, 256).min(groups as usize);
        let ended = if cores > 1 && !shape.cooperative && !O::STOPS {
            parallel::run(&mut grid, &module.program, &launch, &mut self.memory, observer, limits, cores)
        } else {
            grid.run(&module.program, &launch, &mut self.memory, observer, limits)
        };
        self.finish(&launch, observer, grid, ended)
    }

    pub(crate) fn limits(&self, launch: &Launch, shape: &LaunchShape) -> Limits {
        let groups = (launch.blocks() / launch.cluster_blocks()) as usize;
        let per_multiprocessor = (2048 / launch.threads().max(1)).clamp(1, 32) as usize;
        let resident =
            if shape.cooperative { groups } else { per_multiprocessor * self.config.multiprocessors.max(1) as usize };
        Limits { steps: self.config.step_budget, resident }
    }

    fn finish<O: Observer>(
        &mut self,
        launch: &Launch,
        observer: &mut O,
        mut grid: Grid,
        ended: Result<Turn, Stop>,
    ) -> Result<Report, LaunchError> {
        if launch.workspace != 0 {
            // Only this launch knew of it; an allocation it made is always there to free.
            let freed = self.memory.free(launch.workspace);
            debug_assert!(freed.is_ok(), "the workspace was allocated");
        }
        let report = collect(&mut grid);
        match ended {
            Ok(_) => {
                if O::SYNC {
                    observer.sync(Site::default(), &SyncEvent::KernelEnd);
                }
                Ok(report)
            }
            Err(stop) => Err(LaunchError::Fault { site: stop.site, fault: stop.fault, report }),
        }
    }

    /// Checks a launch and lays out what it fixes.
    pub(crate) fn prepare(
        &mut self,
        module: &Module,
        kernel: &str,
        shape: &LaunchShape,
        parameters: &[u8],
    ) -> Result<Launch, LaunchError> {
        let invalid = |what: String| Err(LaunchError::Invalid(what));
        let program = &module.program;
        let Some(index) = module.find_kernel(kernel) else {
            return invalid(format!("the module has no kernel `{kernel}`"));
        };
        let layout = &program.functions[index as usize];
        let directives = &program.module.functions[index as usize].directives;
        let threads = shape.block.iter().try_fold(1u32, |all, one| all.checked_mul(*one)).unwrap_or(u32::MAX);
        if threads == 0 || threads > 1024 || shape.block[2] > 64 {
            return invalid(format!(
                "a block of {}×{}×{} threads: 1 to 1024 are possible",
                shape.block[0], shape.block[1], shape.block[2]
            ));
        }
        let blocks = shape.grid.iter().try_fold(1u32, |all, one| all.checked_mul(*one)).unwrap_or(0);
        if blocks == 0 {
            return invalid(format!("a grid of {}×{}×{} blocks", shape.grid[0], shape.grid[1], shape.grid[2]));
        }
        if let Some(required) = directives.reqntid.filter(|required| *required != shape.block) {
            return invalid(format!(
                "`{kernel}` requires blocks of {}×{}×{} threads (.reqntid)",
                required[0], required[1], required[2]
            ));
        }
        if let Some(most) = directives.maxntid.filter(|most| most.iter().product::<u32>() < threads) {
            return invalid(format!(
                "`{kernel}` allows at most {} threads a block (.maxntid)",
                most.iter().product::<u32>()
            ));
        }
        let cluster = shape.cluster.or(directives.reqnctapercluster).unwrap_or([1, 1, 1]);
        if cluster.iter().zip(&shape.grid).any(|(cluster, grid)| *cluster == 0 || grid % cluster != 0) {
            return invalid(format!(
                "clusters of {}×{}×{} blocks do not divide the grid",
                cluster[0], cluster[1], cluster[2]
            ));
        }
        if cluster.iter().product::<u32>() > 16 {
            return invalid("a cluster has at most 16 blocks".to_owned());
        }
        if parameters.len() != layout.parameter_bytes as usize {
            return invalid(format!(
                "`{kernel}` takes {} bytes of parameters, not {}",
                layout.parameter_bytes,
                parameters.len()
            ));
        }
        let static_bytes = layout.shared_bytes.checked_next_multiple_of(16).unwrap_or(u32::MAX);
        if layout.local_bytes > self.config.stack_bytes {
            return invalid(format!(
                "`{kernel}` needs {} bytes of local memory a thread; {} are there",
                layout.local_bytes, self.config.stack_bytes
            ));
        }
        let shared_bytes = static_bytes.saturating_add(shape.dynamic_shared_bytes);
        if shared_bytes > self.config.shared_limit_bytes {
            let limit = self.config.shared_limit_bytes;
            return invalid(format!("a block needs {shared_bytes} bytes of shared memory; {limit} are there"));
        }
        let mut rows = vec![Row::ZERO; 4 + 4 * layout.launch_values.len()];
        rows[..2].copy_from_slice(&Row::splat64(u64::from(static_bytes)));
        for (index, (offset, size)) in layout.launch_values.iter().enumerate() {
            let mut bytes = [0; 16];
            let size = *size as usize;
            bytes[..size].copy_from_slice(&parameters[*offset as usize..*offset as usize + size]);
            let value = u128::from_le_bytes(bytes);
            let to = &mut rows[4 + 4 * index..8 + 4 * index];
            match size {
                8 => to[..2].copy_from_slice(&Row::splat64(value as u64)),
                16 => {
                    let words: [u32; 128] = std::array::from_fn(|at| (value >> (32 * (at % 4))) as u32);
                    to.copy_from_slice(&bytemuck::cast::<_, [Row; 4]>(words));
                }
                _ => to[0] = Row::splat(value as u32),
            }
        }
        let workspace = match shape.cooperative {
            true => self.memory.allocate(64, "grid workspace", AllocationKind::Global).unwrap_or(0),
            false => 0,
        };
        self.launches += 1;
        let launch = Launch {
            kernel: index,
            grid: shape.grid,
            block: shape.block,
            cluster,
            explicit_cluster: shape.cluster.is_some() || directives.reqnctapercluster.is_some(),
            dynamic_shared_bytes: shape.dynamic_shared_bytes,
            shared_bytes,
            parameters: parameters.to_vec(),
            rows,
            workspace,
            multiprocessors: self.config.multiprocessors,
            seed: self.config.seed,
            number: self.launches,
            stack_bytes: self.config.stack_bytes,
            progress: Arc::clone(&self.config.progress),
        };
        let needed = bytes_of_group(program, &launch);
        if !self.memory.has_room(needed) {
            let limit = self.memory.limit_bytes();
            return invalid(format!(
                "the blocks that run together need {needed} bytes for registers, local and shared memory: more than the limit of {limit} leaves"
            ));
        }
        Ok(launch)
    }
}

/// What a grid has done so far.
fn collect(grid: &mut Grid) -> Report {
    let mut output = std::mem::take(&mut grid.output);
    for block in grid.resident.iter_mut().flat_map(|group| &mut group.blocks) {
        output.push((block.index, std::mem::take(&mut block.output)));
    }
    output.sort_by_key(|(block, _)| *block);
    Report { steps: grid.steps, output: output.into_iter().flat_map(|(_, text)| text).collect() }
}

impl Module {
    /// The module it was made from.
    pub fn ptx(&self) -> &ptx::Module {
        &self.program.module
    }

    /// The index of a kernel in the module.
    pub fn find_kernel(&self, name: &str) -> Option<u32> {
        let found = self.program.module.find_function(name)?;
        let function = &self.program.module.functions[found.index()];
        (function.is_entry && function.is_defined).then_some(found.0)
    }

    /// Names of all kernels.
    pub fn kernels(&self) -> Vec<&str> {
        let functions =
            self.program.module.functions.iter().filter(|function| function.is_entry && function.is_defined);
        functions.map(|function| self.program.module.name(function.name)).collect()
    }

    /// Offset and size in bytes of each parameter of a kernel; all of them together are the bytes a launch takes.
    pub fn parameters(&self, kernel: u32) -> &[(u32, u32)] {
        &self.program.functions[kernel as usize].parameters
    }

    /// Bytes of all parameters of a kernel.
    pub fn parameter_bytes(&self, kernel: u32) -> u32 {
        self.program.functions[kernel as usize].parameter_bytes
    }

    /// Shared variables that a kernel sees, its own and the module's: name, first byte in the block's window, size in bytes.
    pub fn shared_variables(&self, kernel: &str) -> Vec<(String, u32, u32)> {
        let module = &self.program.module;
        let (_, places, _) = crate::program::layout::lay_out(module);
        let own = self.find_kernel(kernel);
        let variables = module.variables.iter().enumerate();
        let seen = variables.filter(|(_, variable)| {
            variable.space == Space::Shared && variable.function.is_none_or(|function| Some(function.0) == own)
        });
        seen.filter_map(|(index, variable)| {
            let place = places.get(ptx::VariableId::new(index))?;
            Some((module.name(variable.name).to_owned(), place, variable.size_bytes as u32))
        })
        .collect()
    }

    /// The address of a `.global` or `.const` variable.
    pub fn variable(&self, name: &str) -> Option<u64> {
        let found = self.program.module.find_variable(name)?;
        self.addresses.get(found.index()).copied().filter(|address| *address != 0)
    }
}
