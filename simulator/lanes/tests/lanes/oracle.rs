//! What a GPU computes, against what the lanes compute.
//!
//! `RUSTG_ORACLE_OUT=DIR cargo test -p rustg-simulator --test lanes write_the_oracle` writes PTX kernels for every case, their operands and a list;
//! `benches/gpu/oracle.py` assembles and runs them on a GPU and writes `recorded.bin`; that file, put beside this one, is replayed by every test
//! run. A form that the GPU's assembler refuses is left out of the recording and named in it.
//!
//! The recording: lines of text (`form result-bits…`), an empty line, then the results of all cases of all forms in that order, little endian.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rustg_lanes::Isa;
use rustg_lanes::matrix::Accumulation;

use super::cases::{Case, Exactness, Operand, Output, cases};
use super::evaluate::{evaluate, inputs, output_bits};
use super::operands::CASES;

/// Kernels in one module: small enough that one refused form costs little.
const KERNELS_IN_MODULE: usize = 64;

fn bytes(bits: u32) -> usize {
    bits as usize / 8
}

/// The PTX of one case: every thread loads its operands, computes, and stores its results. Arrays follow one another in two buffers.
fn kernel(case: &Case, name: &str) -> String {
    let mut text = String::new();
    let declare = |text: &mut String, bits: u32, name: &str| {
        let width = bits.max(16);
        let _ = writeln!(text, "\t.reg .b{width} %{name};");
    };
    let _ = writeln!(text, "// kernel {name} {}", case.form);
    let _ = writeln!(text, ".visible .entry {name}(.param .u64 inputs, .param .u64 outputs)\n{{");
    text.push_str("\t.reg .pred %p<8>;\n\t.reg .b32 %t<4>;\n\t.reg .b64 %in, %out, %at, %wide;\n\t.reg .b16 %byte;\n");
    text.push_str("\tld.param.u64 %in, [inputs];\n\tld.param.u64 %out, [outputs];\n");
    text.push_str(
        "\tmov.u32 %t0, %ctaid.x;\n\tmov.u32 %t1, %ntid.x;\n\tmov.u32 %t2, %tid.x;\n\tmad.lo.u32 %t3, %t0, %t1, %t2;\n",
    );
    let mut offset = 0;
    let mut load = |text: &mut String, bits: u32, register: &str| {
        let _ = writeln!(text, "\tmul.wide.u32 %wide, %t3, {};\n\tadd.u64 %at, %in, %wide;", bytes(bits));
        let _ = writeln!(text, "\tld.global.b{bits} %{register}, [%at+{offset}];");
        offset += bytes(bits) * CASES;
    };
    let mut operands = Vec::new();
    for (index, input) in case.inputs.iter().enumerate() {
        match *input {
            Operand::Immediate(word) => operands.push(format!("0x{word:x}")),
            Operand::Predicate => {
                load(&mut text, 8, "byte");
                let _ = writeln!(text, "\tsetp.ne.u16 %p{}, %byte, 0;", index + 2);
                operands.push(format!("%p{}", index + 2));
            }
            Operand::Registers(class, count) => {
                let names: Vec<String> = (0..count).map(|register| format!("a{index}_{register}")).collect();
                for name in &names {
                    declare(&mut text, class.bits(), name);
                    load(&mut text, class.bits(), name);
                }
                let listed = names.iter().map(|name| format!("%{name}")).collect::<Vec<_>>().join(", ");
                operands.push(if case.form.starts_with("mma") { format!("{{{listed}}}") } else { listed });
            }
        }
    }
    let outputs = output_bits(case);
    let results: Vec<String> = (0..outputs.len()).map(|index| format!("d{index}")).collect();
    for (name, bits) in results.iter().zip(&outputs) {
        declare(&mut text, *bits, name);
    }
    body(&mut text, case, &operands, &results);
    let mut offset = 0;
    for (name, &bits) in results.iter().zip(&outputs) {
        let _ = writeln!(text, "\tmul.wide.u32 %wide, %t3, {};\n\tadd.u64 %at, %out, %wide;", bytes(bits));
        let _ = writeln!(text, "\tst.global.b{bits} [%at+{offset}], %{name};");
        offset += bytes(bits) * CASES;
    }
    text.push_str("\tret;\n}\n");
    text
}

fn body(text: &mut String, case: &Case, operands: &[String], results: &[String]) {
    let form = &case.form;
    let sources = operands.join(", ");
    let flags = |text: &mut String, count: u32, into: &str| {
        let _ = writeln!(text, "\tselp.b16 %{into}, 1, 0, %p0;");
        if count == 2 {
            let _ = writeln!(text, "\tselp.b16 %byte, 2, 0, %p1;\n\tor.b16 %{into}, %{into}, %byte;");
        }
    };
    let _ = match case.output {
        _ if form.contains(';') => {
            let (first, second) = form.split_once(';').expect("two instructions");
            let (low, high) = match first.starts_with("mad") {
                true => (
                    [0, 1, 2].map(|i| operands[i].as_str()).join(", "),
                    [0, 1, 3].map(|i| operands[i].as_str()).join(", "),
                ),
                false => (operands[..2].join(", "), operands[2..].join(", ")),
            };
            writeln!(text, "\t{first} %d0, {low};\n\t{second} %d1, {high};")
        }
        Output::Predicates(count) => {
            // Types with one predicate result give two in the packed forms only, or where both are asked for.
            let pair = if count == 2 { "%p0|%p1" } else { "%p0" };
            let _ = writeln!(text, "\t{form} {pair}, {sources};");
            flags(text, count, &results[0]);
            Ok(())
        }
        Output::Both => {
            let _ = writeln!(text, "\t{form} %d0|%p0, {sources};");
            flags(text, 1, &results[1]);
            Ok(())
        }
        Output::Registers(bits, 1) if form.starts_with("atom") => {
            // The memory the atomic works on is the result array itself.
            let _ = writeln!(text, "\tmul.wide.u32 %wide, %t3, {};\n\tadd.u64 %at, %out, %wide;", bytes(bits));
            let _ = writeln!(text, "\tst.global.b{bits} [%at], {};", operands[0]);
            let _ = writeln!(text, "\t{form} %d0, [%at], {};", operands[1..].join(", "));
            writeln!(text, "\tld.global.b{bits} %d0, [%at];")
        }
        Output::Registers(..) if form.starts_with("mma") => {
            let d = results.iter().map(|name| format!("%{name}")).collect::<Vec<_>>().join(", ");
            writeln!(text, "\t{form} {{{d}}}, {sources};")
        }
        Output::Registers(..) => writeln!(text, "\t{form} %d0, {sources};"),
    };
}

#[test]
fn write_the_oracle() {
    let Some(directory) = std::env::var_os("RUSTG_ORACLE_OUT") else {
        eprintln!("skipped: RUSTG_ORACLE_OUT names no folder to write kernels for a GPU to");
        return;
    };
    let directory = Path::new(&directory);
    fs::create_dir_all(directory).expect("the folder can be made");
    let (mut list, mut operands) = (String::new(), Vec::new());
    for (number, module) in cases().chunks(KERNELS_IN_MODULE).enumerate() {
        let mut text = ".version 8.8\n.target sm_90\n.address_size 64\n".to_owned();
        for (index, case) in module.iter().enumerate() {
            let name = format!("k{number}_{index}");
            text.push_str(&kernel(case, &name));
            let start = operands.len();
            for (bits, values) in inputs(case) {
                values.iter().for_each(|value| operands.extend_from_slice(&value.to_le_bytes()[..bytes(bits)]));
            }
            let outputs = output_bits(case).iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
            let _ =
                writeln!(list, "module{number}.ptx {name} {start} {} {} {outputs}", operands.len() - start, case.id);
        }
        fs::write(directory.join(format!("module{number}.ptx")), text).expect("the folder can be written");
    }
    fs::write(directory.join("cases.txt"), list).expect("the folder can be written");
    fs::write(directory.join("operands.bin"), operands).expect("the folder can be written");
}

/// Results of one form as the GPU gave them: `[array][case]`.
struct Recorded {
    id: String,
    results: Vec<Vec<u64>>,
}

fn parse(file: &[u8]) -> Vec<Recorded> {
    let end = file.windows(2).position(|pair| pair == b"\n\n").expect("the list of forms ends with an empty line");
    let list = std::str::from_utf8(&file[..end]).expect("the list is text");
    let mut data = &file[end + 2..];
    let mut all = Vec::new();
    for line in list.lines() {
        let mut words = line.split(' ');
        let id = words.next().expect("a line names a case").to_owned();
        let results = words.map(|bits| {
            let size = bytes(bits.parse().expect("a width"));
            let (array, rest) = data.split_at(size * CASES);
            data = rest;
            array
                .chunks(size)
                .map(|value| value.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)))
                .collect()
        });
        let results = results.collect();
        all.push(Recorded { id, results });
    }
    assert!(data.is_empty(), "{} bytes are left behind the last form", data.len());
    all
}

/// Largest relative and absolute difference from the hardware that an approximate form may show: its documented error and ours.
fn bound(form: &str) -> (f64, f64) {
    let ulp = 2f64.powi(-22);
    match form.split('.').next().expect("a form has an opcode") {
        _ if form.contains("f64") => (2f64.powi(-19), 0.0),
        "sin" | "cos" => (2.0 * ulp, 2f64.powf(-20.0)),
        "lg2" => (2.0 * ulp, 2f64.powi(-21)),
        "ex2" if form.contains("bf16") => (2f64.powi(-6), 0.0),
        "ex2" if form.contains("f16") => (2f64.powi(-9), 1e-7),
        "tanh" if form.contains("bf16") => (2f64.powi(-6), 2f64.powi(-7)),
        "tanh" if form.contains("f16") => (2f64.powi(-9), 2f64.powi(-10)),
        "tanh" => (2f64.powi(-10), 0.0),
        _ => (3.0 * ulp, 1.2e-38),
    }
}

fn pieces(form: &str, bits: u64) -> Vec<f64> {
    use rustc_apfloat::{Float, FloatConvert, ieee};
    fn exact<F: Float + FloatConvert<ieee::Double>>(bits: u64) -> f64 {
        let wide: ieee::Double = F::from_bits(bits.into()).convert(&mut false).value;
        f64::from_bits(wide.to_bits() as u64)
    }
    match form.rsplit('.').next().expect("a form has a type") {
        "f64" => vec![f64::from_bits(bits)],
        "f16" => vec![exact::<ieee::Half>(bits)],
        "bf16" => vec![exact::<ieee::BFloat>(bits)],
        "f16x2" => vec![exact::<ieee::Half>(bits & 0xffff), exact::<ieee::Half>(bits >> 16)],
        "bf16x2" => vec![exact::<ieee::BFloat>(bits & 0xffff), exact::<ieee::BFloat>(bits >> 16)],
        _ => vec![f32::from_bits(bits as u32).into()],
    }
}

fn close(form: &str, ours: u64, recorded: u64) -> bool {
    let (relative, absolute) = bound(form);
    pieces(form, ours)
        .into_iter()
        .zip(pieces(form, recorded))
        .all(|(a, b)| a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= (relative * b.abs()).max(absolute))
}

#[test]
fn lanes_compute_what_the_gpu_recorded() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lanes/recorded.bin");
    let Ok(file) = fs::read(&file) else {
        eprintln!("skipped: no recording yet ({}); benches/gpu/oracle.py makes it on a GPU", file.display());
        return;
    };
    let all = cases();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for recorded in parse(&file) {
        let case = all
            .iter()
            .find(|case| case.id == recorded.id)
            .unwrap_or_else(|| panic!("{} is not in the table", recorded.id));
        let ours = evaluate(case, Isa::detect(), &Accumulation::HOPPER).expect("the form is known");
        let pairs = || ours.iter().zip(&recorded.results).flat_map(|(a, b)| a.iter().zip(b));
        let different = match case.exactness {
            Exactness::Approximate => pairs().filter(|(a, b)| !close(&case.form, **a, **b)).count(),
            _ => pairs().filter(|(a, b)| a != b).count(),
        };
        compared += 1;
        if different > 0 {
            let (index, (a, b)) = pairs().enumerate().find(|(_, (a, b))| a != b).expect("one differs");
            let operands: Vec<_> =
                inputs(case).iter().map(|(_, values)| format!("{:x}", values[index % CASES])).collect();
            let line = format!(
                "{}: {different} of {}, first ({}): {a:x}, the GPU says {b:x}",
                case.id,
                pairs().count(),
                operands.join(", ")
            );
            match case.exactness {
                Exactness::Model => eprintln!("model: {line}"),
                _ => wrong.push(line),
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} forms differ from the recording:\n{}", wrong.len(), wrong.join("\n"));
    eprintln!("{compared} forms compared");
}

#[test]
fn a_recording_is_read_as_it_is_written() {
    let mut file = b"add.u16 16\nsetp.lt.s32 8\n\n".to_vec();
    file.extend((0..CASES as u16).flat_map(u16::to_le_bytes));
    file.extend((0..CASES).map(|case| (case % 4) as u8));
    let read = parse(&file);
    assert_eq!(read.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["add.u16", "setp.lt.s32"]);
    assert_eq!(read[0].results[0][CASES - 1], CASES as u64 - 1);
    assert_eq!(read[1].results[0][6], 2);
}
