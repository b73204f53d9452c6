//! A device with one module, and what tests do with it.

#![allow(dead_code, reason = "each test binary uses its part")]

use rustg_simulator::device::{Config, Device, LaunchError, LaunchShape, Module, Report};
use std::sync::Arc;

/// An argument of a kernel.
#[derive(Clone, Debug)]
pub enum Value {
    U32(u32),
    U64(u64),
    F32(f32),
    Pointer(u64),
    Bytes(Vec<u8>),
}

pub struct Bench {
    pub device: Device,
    pub module: Module,
}

pub fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

impl Bench {
    pub fn new(ptx: &[u8]) -> Self {
        Self::with(ptx, Config::default())
    }

    pub fn with(ptx: &[u8], config: Config) -> Self {
        let (module, diagnostics) = rustg_ptx::parse(ptx);
        assert!(diagnostics.is_empty(), "the module reads without a word: {diagnostics:?}");
        let mut device = Device::new(config);
        let module = device.load_module(Arc::new(module)).unwrap();
        Self { device, module }
    }

    pub fn seed(&mut self, seed: u64) {
        self.device.set_seed(seed);
    }

    pub fn step_budget(&mut self, steps: u64) {
        self.device.set_step_budget(steps);
    }

    pub fn bytes(&mut self, name: &str, bytes: &[u8]) -> Value {
        let address = self.device.allocate(name, bytes.len() as u64).unwrap();
        self.device.upload(address, bytes).unwrap();
        Value::Pointer(address)
    }

    pub fn words(&mut self, name: &str, values: &[u32]) -> Value {
        self.bytes(name, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
    }

    pub fn floats(&mut self, name: &str, values: &[f32]) -> Value {
        self.words(name, &values.iter().map(|value| value.to_bits()).collect::<Vec<_>>())
    }

    pub fn download(&mut self, pointer: &Value, size_bytes: u64) -> Vec<u8> {
        let Value::Pointer(address) = pointer else { panic!("a pointer") };
        self.device.download(*address, size_bytes).unwrap()
    }

    pub fn read(&mut self, pointer: &Value, count: usize) -> Vec<u32> {
        words(&self.download(pointer, count as u64 * 4))
    }

    pub fn read_floats(&mut self, pointer: &Value, count: usize) -> Vec<f32> {
        self.read(pointer, count).into_iter().map(f32::from_bits).collect()
    }

    /// The parameter bytes of a kernel for these arguments.
    pub fn parameters(&self, kernel: &str, arguments: &[&Value]) -> Vec<u8> {
        let kernel = self.module.find_kernel(kernel).expect("the kernel is in the module");
        let mut bytes = vec![0; self.module.parameter_bytes(kernel) as usize];
        let places = self.module.parameters(kernel);
        assert_eq!(places.len(), arguments.len());
        for ((offset, size), argument) in places.iter().zip(arguments) {
            let value = match argument {
                Value::U32(value) => value.to_le_bytes().to_vec(),
                Value::F32(value) => value.to_le_bytes().to_vec(),
                Value::U64(value) | Value::Pointer(value) => value.to_le_bytes().to_vec(),
                Value::Bytes(bytes) => bytes.clone(),
            };
            assert_eq!(value.len(), *size as usize);
            bytes[*offset as usize..(*offset + *size) as usize].copy_from_slice(&value);
        }
        bytes
    }

    pub fn run(&mut self, kernel: &str, shape: &LaunchShape, arguments: &[&Value]) -> Result<Report, LaunchError> {
        let parameters = self.parameters(kernel, arguments);
        self.device.launch(&self.module, kernel, shape, &parameters)
    }
}
