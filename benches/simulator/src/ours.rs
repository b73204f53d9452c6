//! The simulator's side.

use std::sync::Arc;

use rustg_simulator::check::{Checker, CheckerSetup};
use rustg_simulator::count::Counts;
use rustg_simulator::device::{Config, Device, LaunchShape, Module};

use crate::Seconds;

/// Which observer watches.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Checking {
    /// None.
    None,
    /// Races, memory, initialisation (registers, too), synchronisation.
    All,
}

/// A kernel with its launch.
pub struct Workload {
    pub name: String,
    module: Arc<rustg_ptx::Module>,
    kernel: &'static str,
    shape: LaunchShape,
    /// Parameters: numbers as they are, buffers as what they hold. The last is the result.
    parameters: Vec<Parameter>,
    is_right: fn(&[u8]) -> bool,
}

enum Parameter {
    Number(u32),
    Buffer(Vec<u8>),
}

impl Workload {
    /// C = A B with tiles of 16; A is 0.5 and B is 2, so that C is n.
    pub fn sgemm(ptx: &str, n: usize) -> Workload {
        let floats =
            |value: f32| Parameter::Buffer(std::iter::repeat_n(value.to_le_bytes(), n * n).flatten().collect());
        let blocks = n as u32 / 16;
        Workload {
            name: format!("tiled SGEMM of {n}³"),
            module: parse(ptx),
            kernel: "sgemm",
            shape: LaunchShape { grid: [blocks, blocks, 1], block: [16, 16, 1], ..LaunchShape::linear(1, 1) },
            parameters: vec![Parameter::Number(n as u32), floats(0.5), floats(2.0), floats(0.0)],
            is_right: |bytes| {
                let n = ((bytes.len() / 4) as f64).sqrt() as f32;
                bytes.chunks_exact(4).all(|bytes| bytes == n.to_le_bytes())
            },
        }
    }

    /// Digests of one round by `blocks` blocks of 128 threads, each of its own number.
    pub fn sha256(ptx: &str, blocks: u32) -> Workload {
        Workload {
            name: format!("SHA-256 of {} numbers", blocks * 128),
            module: parse(ptx),
            kernel: "sha256",
            shape: LaunchShape::linear(blocks, 128),
            parameters: vec![Parameter::Number(1), Parameter::Buffer(vec![0; blocks as usize * 128 * 32])],
            // Python: hashlib.sha256(struct.pack(">I", 5)).hexdigest() begins so.
            is_right: |bytes| bytes[5 * 32..5 * 32 + 4] == 0x221f_8af2_u32.to_le_bytes(),
        }
    }

    /// One launch, without loading.
    pub fn run(&self, checking: Checking, cores: usize) -> Seconds {
        let (mut device, module, parameters, result) = self.prepare(cores);
        let setup = CheckerSetup { module: Some(Arc::clone(&self.module)), ..CheckerSetup::default() };
        let mut checker = Checker::new(&setup);
        let started = Seconds::now();
        let launched = match checking {
            Checking::None => device.launch(&module, self.kernel, &self.shape, &parameters),
            Checking::All => device.launch_observed(&module, self.kernel, &self.shape, &parameters, &mut checker),
        };
        let taken = Seconds::since(started);
        launched.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let bytes = device.download(result.0, result.1).expect("the buffer is there");
        assert!((self.is_right)(&bytes), "{} gives a wrong result", self.name);
        taken
    }

    /// Active lanes of all instructions.
    pub fn lane_instructions(&self) -> u64 {
        let (mut device, module, parameters, _) = self.prepare(1);
        let mut counts = Counts::new(&self.module);
        let launched = device.launch_observed(&module, self.kernel, &self.shape, &parameters, &mut counts);
        launched.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        counts.total().lanes
    }

    fn prepare(&self, cores: usize) -> (Device, Module, Vec<u8>, (u64, u64)) {
        let mut device = Device::new(Config { cores, ..Config::default() });
        let module = device.load_module(Arc::clone(&self.module)).expect("the module loads");
        let kernel = module.find_kernel(self.kernel).expect("the kernel is there");
        let mut parameters = vec![0; module.parameter_bytes(kernel) as usize];
        let mut result = (0, 0);
        for (parameter, (offset, size)) in self.parameters.iter().zip(module.parameters(kernel)) {
            let word = match parameter {
                Parameter::Number(number) => u64::from(*number),
                Parameter::Buffer(bytes) => {
                    let address = device.allocate("buffer", bytes.len() as u64).expect("memory suffices");
                    device.upload(address, bytes).expect("the buffer is there");
                    result = (address, bytes.len() as u64);
                    address
                }
            };
            parameters[*offset as usize..][..*size as usize].copy_from_slice(&word.to_le_bytes()[..*size as usize]);
        }
        (device, module, parameters, result)
    }
}

fn parse(ptx: &str) -> Arc<rustg_ptx::Module> {
    let (module, diagnostics) = rustg_ptx::parse(ptx.as_bytes());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    Arc::new(module)
}
