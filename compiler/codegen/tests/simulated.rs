//! What the interpreter says a function computes, its PTX computes in the simulator: bit for bit, but for which NaN arithmetic yields.
//!
//! Random functions before and after the passes, and every pure operation of every type at edge values, with operands in registers and as
//! constants. `RUSTG_TEST_FULL=1` tries many more; where `RUSTG_PTXAS` names NVIDIA's assembler, it assembles a sample of the texts.

#[path = "../../mir/tests/support/generate.rs"]
mod generate;
mod support;

use generate::{Random, write_module};
use rustg_codegen::Target;
use rustg_mir::build::Builder;
use rustg_mir::function::{Function, InstData, Parameter, ParameterFacts};
use rustg_mir::ids::{FunctionId, LocationId, Value};
use rustg_mir::module::Module;
use rustg_mir::opcode::{OPCODES, Opcode, Shape, Want};
use rustg_mir::opt::pass_named;
use rustg_mir::print::print_module;
use rustg_mir::types::Type;
use rustg_mir::verify::assert_verified;
use std::process::Command;
use support::{Job, Simulated, add_kernel, interpret, without_nan_bits};

const SM_90: Target = Target { sm: 90 };
const TARGETS: [u16; 4] = [75, 80, 90, 120];
const PIPELINE: &[&str] = &[
    "inline", "slots", "control", "values", "loads", "ranges", "values", "divide", "hoist", "control", "values",
    "spaces", "dead",
];

fn is_full() -> bool {
    std::env::var_os("RUSTG_TEST_FULL").is_some()
}

/// Has ptxas take the text, if it is there.
fn assemble(ptx: &str, sm: u16) {
    let Some(ptxas) = std::env::var_os("RUSTG_PTXAS") else { return };
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("case.ptx");
    std::fs::write(&path, ptx).unwrap();
    let output =
        Command::new(ptxas).arg(format!("-arch=sm_{sm}")).arg("-o").arg("/dev/null").arg(&path).output().unwrap();
    assert!(output.status.success(), "sm_{sm}: {}\n{ptx}", String::from_utf8_lossy(&output.stderr));
}

fn check_random(seed: u64, passes: &[&str]) {
    let (mut module, id) = write_module(seed, false);
    let signature = module.signature_of(id);
    let mut random = Random(!seed);
    let rows: Vec<Vec<u128>> =
        (0..80).map(|_| signature.parameters.iter().map(|ty| random.bits(*ty)).collect()).collect();
    let wanted: Option<Vec<_>> =
        rows.iter().enumerate().map(|(thread, row)| interpret(&module, id, thread, row)).collect();
    let Some(wanted) = wanted else { return };
    let name = add_kernel(&mut module, id);
    let before = print_module(&module);
    for pass in passes {
        pass_named(pass).expect("a pass of that name")(&mut module);
        assert_verified(&module, pass);
    }
    let target = Target { sm: TARGETS[seed as usize % TARGETS.len()] };
    let mut simulated = Simulated::new(&module, target).unwrap_or_else(|errors| panic!("seed {seed}: {errors:?}"));
    if seed % 64 < 4 {
        assemble(&simulated.ptx, target.sm);
    }
    let job = Job { name: &name, parameters: &signature.parameters, returns: &signature.returns, rows: &rows };
    let (outcomes, panic) = simulated.run(&job);
    let explain = || format!("seed {seed}, {passes:?}\n{before}\n{}\n{}", print_module(&module), simulated.ptx);
    for (thread, (got, (want, _))) in outcomes.into_iter().zip(&wanted).enumerate() {
        let [got, want] = [got, want.clone()].map(|outcome| without_nan_bits(&signature.returns, outcome));
        assert_eq!(got, want, "thread {thread}, {:x?}: {}", rows[thread], explain());
    }
    // The threads behind the last row have no say in `wanted`, but may have panicked first.
    match panic {
        Some(panic) if panic.thread < rows.len() => {
            assert_eq!(Some(&panic), wanted[panic.thread].1.as_ref(), "{}", explain());
        }
        Some(_) => {}
        None => assert!(wanted.iter().all(|(_, panic)| panic.is_none()), "{}", explain()),
    }
}

fn count() -> u64 {
    if is_full() { 50_000 } else { 400 }
}

#[test]
fn random_functions_compute_in_the_simulator_what_the_interpreter_says() {
    (0..count()).for_each(|seed| check_random(seed, &[]));
}

#[test]
fn optimised_random_functions_compute_in_the_simulator_what_the_interpreter_says() {
    (0..count()).for_each(|seed| check_random(1_000_000 + seed, PIPELINE));
}

/// Numbers at the edges of a type, the first ones the most telling.
fn edges(ty: Type) -> Vec<u128> {
    let top = 1_u128 << (ty.bits() - 1);
    let mask = ty.mask();
    let float = |values: &[f64]| match ty {
        Type::F64 => values.iter().map(|value| u128::from(value.to_bits())).collect::<Vec<_>>(),
        _ => values.iter().map(|value| u128::from((*value as f32).to_bits())).collect(),
    };
    let numbers = [
        1.5,
        -0.0,
        0.0,
        -2.5,
        0.5,
        f64::INFINITY,
        f64::NAN,
        f64::NEG_INFINITY,
        1e-40,
        3.0e38,
        -1.0,
        7.25,
        2_147_483_648.0,
        -1e19,
        0.499_999_97,
        8_388_609.0,
        255.5,
    ];
    match ty {
        Type::Bool => vec![0, 1],
        Type::F32 => float(&numbers).into_iter().chain([1, 0x7f7f_ffff, 0xffc0_0001]).collect(),
        Type::F64 => float(&numbers).into_iter().chain([1, 0x7fef_ffff_ffff_ffff, 0xfff8_0000_0000_0001]).collect(),
        Type::F16 => vec![0x3e00, 0x8000, 0, 0xc100, 0x7c00, 0x7e00, 0xfc00, 1, 0x7bff, 0x3801, 0x03ff, 0x5bff],
        Type::Bf16 => vec![0x3fc0, 0x8000, 0, 0xc020, 0x7f80, 0x7fc0, 0xff80, 1, 0x7f7f, 0x3f01, 0x007f, 0x4b7f],
        _ => vec![7, 0, mask, 1, top, top - 1, 2, 10, mask - 2, 33 & mask, mask / 3, (top >> 1) + 1, 100, 31, 64],
    }
}

/// Types of the operands that a row of the table allows for the type.
fn operand_types(opcode: Opcode, ty: Type) -> Vec<Vec<Type>> {
    let mut all: Vec<Vec<Type>> = vec![Vec::new()];
    for want in opcode.info().wants {
        let allowed: Vec<Type> = Type::VALUES
            .into_iter()
            .filter(|given| match want {
                Want::Same => *given == ty,
                Want::Bool => *given == Type::Bool,
                Want::I32 => *given == Type::I32,
                Want::Address => *given == Type::I64,
                Want::Integer => given.is_integer(),
                Want::Float => given.is_float() && *given != ty,
                Want::Half => given.is_integer() && given.bits() * 2 == ty.bits(),
                Want::Narrower => {
                    (given.is_integer() || *given == Type::Bool && opcode == Opcode::Extend) && given.bits() < ty.bits()
                }
                Want::Wider => given.is_integer() && given.bits() > ty.bits(),
                Want::SameWidth => *given != ty && *given != Type::Bool && given.bits() == ty.bits(),
            })
            .collect();
        all = all.iter().flat_map(|before| allowed.iter().map(|next| [before.as_slice(), &[*next]].concat())).collect();
    }
    all
}

/// A function of the operands that returns what the operation yields for them, and with one of them replaced by a constant.
fn write_operation(module: &mut Module, opcode: Opcode, ty: Type, types: &[Type], aux: u16) -> FunctionId {
    let shown: Vec<&str> = types.iter().map(|ty| ty.name()).collect();
    let name = format!("{}_{}_{}_{aux}", opcode.info().name, ty.name(), shown.join("_"));
    let mut function = Function::new(module.strings.intern(&name), false);
    function.parameters = types.iter().map(|ty| Parameter::Value(*ty, ParameterFacts::default())).collect();
    let entry = function.add_block();
    let operands: Vec<Value> = types.iter().map(|ty| function.add_parameter(entry, *ty)).collect();
    let mut builder = Builder { function: &mut function, block: entry, location: LocationId::NONE };
    let mut results = Vec::new();
    let mut compute = |builder: &mut Builder<'_>, operands: &[Value]| {
        let [a, b, c] = [0, 1, 2].map(|at| operands.get(at).map_or(0, |value: &Value| value.0));
        let inst = builder.push(InstData { opcode, ty, aux, a, b, c });
        results.extend(builder.function.results(inst));
    };
    compute(&mut builder, &operands);
    for (at, ty) in types.iter().enumerate() {
        for bits in edges(*ty).into_iter().take(5) {
            let mut replaced = operands.clone();
            replaced[at] = builder.constant(*ty, bits);
            compute(&mut builder, &replaced);
        }
    }
    builder.ret(&results);
    function.returns = results.iter().map(|value| function.value_type(*value)).collect();
    module.functions.push(function);
    FunctionId::new(module.functions.len() - 1)
}

/// All rows of edge values.
fn rows(types: &[Type]) -> Vec<Vec<u128>> {
    let mut all: Vec<Vec<u128>> = vec![Vec::new()];
    for ty in types {
        let mut values = edges(*ty);
        values.truncate(if types.len() == 3 { 8 } else { values.len() });
        all = all.iter().flat_map(|before| values.iter().map(|next| [before.as_slice(), &[*next]].concat())).collect();
    }
    all
}

fn conditions(opcode: Opcode, ty: Type) -> &'static [u16] {
    match (opcode, ty) {
        (Opcode::FloatCompare, _) => &[0, 1, 4, 5, 6, 7],
        (Opcode::Compare, Type::Bool) => &[0, 1],
        (Opcode::Compare, _) => &[0, 1, 2, 3, 4, 5],
        _ => &[0],
    }
}

/// Which operations move bits without looking at them, so that a NaN's must be kept.
fn keeps_nan_bits(opcode: Opcode) -> bool {
    use Opcode::*;
    matches!(opcode, FloatNeg | FloatAbs | CopySign | Select | Bitcast)
}

/// Checks one operation, and says what is refused.
fn check_operation(opcode: Opcode) -> Vec<String> {
    let (mut refused, mut module, mut jobs) = (Vec::new(), Module::default(), Vec::new());
    for ty in Type::VALUES.into_iter().chain([Type::Void]).filter(|ty| opcode.info().types.contains(*ty)) {
        for types in operand_types(opcode, ty) {
            for &aux in conditions(opcode, ty) {
                let id = write_operation(&mut module, opcode, ty, &types, aux);
                let name = add_kernel(&mut module, id);
                let alone = rustg_codegen::emit_ptx(&module, SM_90);
                if let Err(errors) = alone {
                    refused.push(errors[0].to_string());
                    module.functions.truncate(id.index());
                    continue;
                }
                jobs.push((id, name, types.clone()));
            }
        }
    }
    assert_verified(&module, "writing operations");
    let mut simulated = Simulated::new(&module, SM_90).expect("what is refused was taken out");
    for (id, name, types) in jobs {
        let (rows, returns) = (rows(&types), module.signature_of(id).returns);
        let (outcomes, _) = simulated.run(&Job { name: &name, parameters: &types, returns: &returns, rows: &rows });
        for (row, got) in rows.iter().zip(outcomes) {
            let (want, _) = interpret(&module, id, 0, row).expect("an operation ends");
            let [got, want] = [got, want].map(|outcome| match keeps_nan_bits(opcode) {
                true => outcome,
                false => without_nan_bits(&returns, outcome),
            });
            assert_eq!(got, want, "{name} of {row:x?} (in the simulator, by the interpreter)\n{}", simulated.ptx);
        }
    }
    refused
}

#[test]
fn every_pure_operation_of_every_type_computes_what_the_interpreter_says_at_edge_values() {
    let pure = OPCODES
        .iter()
        .filter(|(_, info)| matches!(info.shape, Shape::Unary | Shape::Binary | Shape::Ternary | Shape::Compare));
    let refused: Vec<String> = pure.flat_map(|(opcode, _)| check_operation(*opcode)).collect();
    assert!(refused.is_empty(), "refused:\n{refused:#?}");
}

#[test]
fn an_atomic_sum_of_floats_loses_no_thread_and_keeps_subnormal_numbers() {
    let text = "kernel %k(i64 global, f32) {\nblock0(v0: i64, v1: f32):\n    \
        v2 = atomic_rmw.f32 float_add v0, v1, global align 4 relaxed device\n    return\n}\n";
    let module = rustg_mir::parse::parse_module(text).unwrap();
    for (added, want) in [(0.25_f32, 30.0), (f32::from_bits(1), f32::from_bits(120))] {
        let mut simulated = Simulated::new(&module, SM_90).unwrap();
        assert_eq!(f32::from_le_bytes(simulated.sum(added.to_bits(), 3)), want);
    }
}
