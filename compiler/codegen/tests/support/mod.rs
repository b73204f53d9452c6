//! Runs a function of a module in the simulator, a thread for each row of arguments, and beside it in the interpreter.

use std::sync::Arc;

use rustg_codegen::{RECORD_SIZE_BYTES, Target, Unsupported, emit_ptx};
use rustg_mir::build::Builder;
use rustg_mir::function::{Function, InstData, Parameter, ParameterFacts};
use rustg_mir::ids::{FunctionId, LocationId, SiteId, Value};
use rustg_mir::immediate::{Condition, Memory, Space, Special};
use rustg_mir::interpret::{Machine, Stop};
use rustg_mir::module::Module;
use rustg_mir::opcode::Opcode;
use rustg_mir::types::Type;
use rustg_simulator::device::{Config, Device, LaunchShape};

/// Bytes between the places of two arguments or results of a thread.
const PLACE_BYTES: u64 = 16;
/// Threads of a block: no multiple of a warp, so that the last warp is not full.
pub const BLOCK_THREADS: u32 = 40;

/// What one thread did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It returned these bits.
    Returned(Vec<u128>),
    /// It ended in a panic.
    Panicked,
}

/// A panic's record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Panic {
    pub thread: usize,
    pub site: SiteId,
    pub reported: Vec<u64>,
}

fn global(align_bytes: u32) -> Memory {
    Memory::plain(Space::Global, align_bytes)
}

/// Adds the kernel `run_<name>`: thread by thread it loads arguments, calls the function, stores its results, and a 1 behind them.
pub fn add_kernel(module: &mut Module, id: FunctionId) -> String {
    let signature = module.signature_of(id);
    let name = format!("run_{}", module.strings.get(module.function(id).name));
    let mut kernel = Function::new(module.strings.intern(&name), true);
    let facts = ParameterFacts { global: true, ..ParameterFacts::default() };
    kernel.parameters = vec![Parameter::Value(Type::I64, facts); 2];
    let entry = kernel.add_block();
    let [input, output] = [0; 2].map(|_| kernel.add_parameter(entry, Type::I64));
    let mut builder = Builder { function: &mut kernel, block: entry, location: LocationId::NONE };
    let [thread, block, threads] =
        [Special::ThreadX, Special::BlockIdX, Special::BlockX].map(|special| builder.special(special));
    let before = builder.binary(Opcode::Mul, Type::I32, block, threads);
    let index = builder.binary(Opcode::Add, Type::I32, before, thread);
    let index = builder.unary(Opcode::Extend, Type::I64, index);
    let place = |builder: &mut Builder<'_>, base: Value, count: usize| {
        let stride = builder.constant(Type::I64, u128::from(count as u64 * PLACE_BYTES));
        let distance = builder.binary(Opcode::Mul, Type::I64, index, stride);
        builder.offset(base, distance)
    };
    let input = place(&mut builder, input, signature.parameters.len());
    let output = place(&mut builder, output, signature.returns.len() + 1);
    let mut arguments = Vec::new();
    for (at, ty) in signature.parameters.iter().enumerate() {
        let offset = (at as u64 * PLACE_BYTES) as i32;
        arguments.push(match ty {
            Type::Bool => {
                let byte = builder.load(Type::I8, global(1), input, offset);
                let zero = builder.constant(Type::I8, 0);
                builder.compare(Condition::NotEqual, Type::I8, byte, zero)
            }
            ty => builder.load(*ty, global(ty.size_bytes()), input, offset),
        });
    }
    let call = builder.call(id, &signature, &arguments);
    let results: Vec<Value> = builder.function.results(call).collect();
    for (at, (value, ty)) in results.into_iter().zip(&signature.returns).enumerate() {
        let offset = (at as u64 * PLACE_BYTES) as i32;
        let (ty, value) = match ty {
            Type::Bool => (Type::I8, builder.unary(Opcode::Extend, Type::I8, value)),
            ty => (*ty, value),
        };
        builder.store(ty, global(ty.size_bytes()), output, offset, value);
    }
    let one = builder.constant(Type::I32, 1);
    builder.store(Type::I32, global(4), output, (signature.returns.len() as u64 * PLACE_BYTES) as i32, one);
    builder.push(InstData::new(Opcode::Return, Type::Void));
    module.functions.push(kernel);
    name
}

/// What a kernel of [`add_kernel`] takes and gives.
pub struct Job<'a> {
    pub name: &'a str,
    pub parameters: &'a [Type],
    pub returns: &'a [Type],
    pub rows: &'a [Vec<u128>],
}

/// A module in the simulator.
pub struct Simulated {
    device: Device,
    module: rustg_simulator::device::Module,
    /// The text.
    pub ptx: String,
}

impl Simulated {
    pub fn new(module: &Module, target: Target) -> Result<Simulated, Vec<Unsupported>> {
        let ptx = emit_ptx(module, target)?;
        let (parsed, diagnostics) = rustg_ptx::parse(ptx.as_bytes());
        assert!(diagnostics.is_empty(), "{diagnostics:?}\n{ptx}");
        let mut device = Device::new(Config { step_budget: 100_000_000, ..Config::default() });
        let module = device.load_module(Arc::new(parsed)).expect("the module loads");
        Ok(Simulated { device, module, ptx })
    }

    /// The four bytes that `k(address, bits)` leaves there, launched with so many blocks.
    pub fn sum(&mut self, bits: u32, blocks: u32) -> [u8; 4] {
        let address = self.device.allocate("sum", 4).unwrap();
        let parameters: Vec<u8> = [address, u64::from(bits), 0].into_iter().flat_map(u64::to_le_bytes).collect();
        self.device.launch(&self.module, "k", &LaunchShape::linear(blocks, BLOCK_THREADS), &parameters).unwrap();
        self.device.download(address, 4).unwrap().try_into().unwrap()
    }

    /// What each thread did, and the record of the first panic.
    pub fn run(&mut self, job: &Job<'_>) -> (Vec<Outcome>, Option<Panic>) {
        let (threads, returns) = (job.rows.len().next_multiple_of(BLOCK_THREADS as usize), job.returns);
        let mut bytes = Vec::new();
        for thread in 0..threads {
            // Threads beyond the last row compute it again.
            let row = &job.rows[thread.min(job.rows.len() - 1)];
            assert_eq!(row.len(), job.parameters.len());
            row.iter().for_each(|bits| bytes.extend(bits.to_le_bytes()));
        }
        let output_bytes = (threads as u64) * (returns.len() as u64 + 1) * PLACE_BYTES;
        let input = self.device.allocate("input", bytes.len() as u64).unwrap();
        let output = self.device.allocate("output", output_bytes).unwrap();
        let record = self.device.allocate("record", RECORD_SIZE_BYTES as u64).unwrap();
        self.device.upload(input, &bytes).unwrap();
        let parameters: Vec<u8> = [input, output, record].into_iter().flat_map(u64::to_le_bytes).collect();
        let shape = LaunchShape::linear(threads as u32 / BLOCK_THREADS, BLOCK_THREADS);
        if let Err(error) = self.device.launch(&self.module, job.name, &shape, &parameters) {
            panic!("{}: {error}\n{}", job.name, self.ptx);
        }
        let written = self.device.download(output, output_bytes).unwrap();
        let record_bytes = self.device.download(record, RECORD_SIZE_BYTES as u64).unwrap();
        for address in [input, output, record] {
            self.device.free(address).unwrap();
        }
        let outcomes = written.chunks_exact((returns.len() + 1) * PLACE_BYTES as usize).take(job.rows.len());
        let outcomes = outcomes.map(|places| {
            let mut places = places.chunks_exact(16).map(|place| u128::from_le_bytes(place.try_into().unwrap()));
            let values = returns.iter().zip(&mut places).map(|(ty, bits)| bits & ty.mask()).collect();
            if places.next() == Some(1) { Outcome::Returned(values) } else { Outcome::Panicked }
        });
        (outcomes.collect(), read_record(&record_bytes))
    }
}

fn read_record(bytes: &[u8]) -> Option<Panic> {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    assert_ne!(word(0), 1, "a record is complete once the launch has ended");
    (word(0) == 2).then(|| Panic {
        thread: (word(8) * BLOCK_THREADS + word(20)) as usize,
        site: SiteId(word(4)),
        reported: (0..4).map(|at| long(32 + 8 * at)).collect(),
    })
}

/// What the interpreter says about one thread; nothing where it takes too long.
pub fn interpret(module: &Module, id: FunctionId, thread: usize, row: &[u128]) -> Option<(Outcome, Option<Panic>)> {
    let mut machine = Machine::new(module, 100_000);
    let (block, in_block) = (thread as u32 / BLOCK_THREADS, thread as u32 % BLOCK_THREADS);
    machine.specials.extend([
        (Special::ThreadX, in_block),
        (Special::BlockX, BLOCK_THREADS),
        (Special::BlockIdX, block),
        (Special::Lane, in_block % 32),
    ]);
    match machine.call(id, row) {
        Ok(values) => Some((Outcome::Returned(values), None)),
        Err(Stop::Panic(site, values)) => {
            let mut reported: Vec<u64> = values.into_iter().take(4).map(|bits| bits as u64).collect();
            reported.resize(4, 0);
            Some((Outcome::Panicked, Some(Panic { thread, site, reported })))
        }
        Err(Stop::TooLong) => None,
        Err(other) => panic!("{other:?}"),
    }
}

/// The bits with every NaN made the same.
pub fn without_nan_bits(types: &[Type], outcome: Outcome) -> Outcome {
    let is_nan = |ty: Type, bits: u128| match ty {
        Type::F16 => bits & 0x7fff > 0x7c00,
        Type::Bf16 => bits & 0x7fff > 0x7f80,
        Type::F32 => f32::from_bits(bits as u32).is_nan(),
        Type::F64 => f64::from_bits(bits as u64).is_nan(),
        _ => false,
    };
    match outcome {
        Outcome::Returned(values) => {
            let same = |(bits, ty): (u128, &Type)| if is_nan(*ty, bits) { u128::MAX } else { bits };
            Outcome::Returned(values.into_iter().zip(types).map(same).collect())
        }
        panicked => panicked,
    }
}
