//! What a GPU computes, against what the lanes compute.
//!
//! `recorded.bin.gz` beside this file holds what an H200 computed for every case of the table; every test run replays it. To record what the table has
//! and the recording does not (all of it, if there is no recording), `RUSTG_ORACLE_OUT=DIR cargo test -p rustg-lanes --test lanes write_the_oracle` writes
//! PTX kernels, their operands and a list; `benches/gpu/oracle.py` assembles them, runs them on a GPU, and merges the results into the recording. A
//! form that the GPU's assembler refuses has no place in the table: the test asks that every case is recorded.
//!
//! The recording: lines of text (`form result-bits…`), an empty line, then the results of all cases of all forms in that order, little endian; gzip.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::Path;

use rustg_lanes::Isa;
use rustg_lanes::matrix::Accumulation;
use rustg_lanes::video::{Piece, Selectors};

use super::cases::{Case, Exactness, Operand, Output, cases};
use super::evaluate::{chained, evaluate, inputs, output_bits};
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
    if matches!(case.form.split('.').next(), Some("atom" | "red")) {
        let _ = writeln!(text, ".global .align 16 .b8 scratch_{name}[{}];", SCRATCH * CASES);
    }
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
                // The metadata of a sparse product are a register, no vector.
                let vector = count > 1 || case.form.starts_with("mma") && index < 3;
                operands.push(if vector { format!("{{{listed}}}") } else { listed });
            }
        }
    }
    let outputs = output_bits(case);
    let results: Vec<String> = (0..outputs.len()).map(|index| format!("d{index}")).collect();
    for (name, bits) in results.iter().zip(&outputs) {
        declare(&mut text, *bits, name);
    }
    body(&mut text, case, name, &operands, &results);
    let mut offset = 0;
    for (name, &bits) in results.iter().zip(&outputs) {
        let _ = writeln!(text, "\tmul.wide.u32 %wide, %t3, {};\n\tadd.u64 %at, %out, %wide;", bytes(bits));
        let _ = writeln!(text, "\tst.global.b{bits} [%at+{offset}], %{name};");
        offset += bytes(bits) * CASES;
    }
    text.push_str("\tret;\n}\n");
    text
}

/// Bytes of memory for each thread: what an atomic works on, or a row of a matrix.
const SCRATCH: usize = 16;
/// Threads of a block; `BLOCK` of `benches/gpu/oracle.py`.
const BLOCK: usize = 128;

/// Sets `%at` to this thread's scratch memory, in shared memory or in the kernel's own array.
fn scratch(text: &mut String, shared: bool, name: &str) {
    if shared {
        let _ = writeln!(text, "\t.shared .align 16 .b8 tile[{}];", SCRATCH * BLOCK);
        let _ =
            writeln!(text, "\tmov.u64 %at, tile;\n\tmul.wide.u32 %wide, %t2, {SCRATCH};\n\tadd.u64 %at, %at, %wide;");
    } else {
        let _ = writeln!(text, "\tmov.u64 %at, scratch_{name};\n\tmul.wide.u32 %wide, %t3, {SCRATCH};");
        let _ = writeln!(text, "\tadd.u64 %at, %at, %wide;");
    }
}

/// `atom` and `red`: the first results are the memory behind it, a further one is what `atom` gives back.
fn atomic(text: &mut String, case: &Case, name: &str, operands: &[String], results: &[String]) {
    let shared = case.form.contains(".shared");
    let space = if shared { "shared" } else { "global" };
    let Operand::Registers(class, count) = case.inputs[0] else { panic!("{} works on registers", case.form) };
    let bits = class.bits();
    scratch(text, shared, name);
    for (index, old) in operands[0].trim_matches(['{', '}']).split(", ").enumerate() {
        let _ = writeln!(text, "\tst.{space}.b{bits} [%at+{}], {old};", index * bytes(bits));
    }
    let returned = if results.len() > count { format!("%{}, ", results[count]) } else { String::new() };
    let _ = writeln!(text, "\t{} {returned}[%at], {};", case.form, operands[1..].join(", "));
    for (index, result) in results[..count].iter().enumerate() {
        let _ = writeln!(text, "\tld.volatile.{space}.b{bits} %{result}, [%at+{}];", index * bytes(bits));
    }
}

/// `ldmatrix` and `stmatrix`: each lane's four words are the row at its address.
fn matrix_move(text: &mut String, case: &Case, operands: &[String], results: &[String]) {
    let d = results.iter().map(|name| format!("%{name}")).collect::<Vec<_>>().join(", ");
    scratch(text, true, "");
    let lines = match case.form.starts_with("ld") {
        true => [format!("st.shared.v4.b32 [%at], {}", operands[0]), format!("{} {{{d}}}, [%at]", case.form)],
        false => [format!("{} [%at], {}", case.form, operands[0]), format!("ld.shared.v4.b32 {{{d}}}, [%at]")],
    };
    let _ = writeln!(text, "\t{};\n\tbar.warp.sync 0xffffffff;\n\t{};", lines[0], lines[1]);
}

/// What a video instruction's operands say besides their registers: behind `d`, and the other operands whole.
fn selected(case: &Case, operands: &[String]) -> (String, Vec<String>) {
    let Selectors { d, a, b, negate, mask, from_a, from_b } = case.selectors;
    let piece = |piece: Piece| match piece {
        Piece::Whole => String::new(),
        Piece::Byte(index) => format!(".b{index}"),
        Piece::Half(index) => format!(".h{index}"),
    };
    let opcode = case.form.split('.').next().expect("a form has an opcode");
    let (letter, count) = if opcode.ends_with('4') { ('b', 4) } else { ('h', 2) };
    let lanes = |from: Option<[u8; 4]>| match from {
        None => String::new(),
        Some(from) => from[..count].iter().rev().fold(format!(".{letter}"), |text, lane| text + &lane.to_string()),
    };
    let mut behind_d = d.map_or(String::new(), piece);
    if mask != 0 {
        let named = (0..count).rev().filter(|lane| mask >> lane & 1 == 1);
        behind_d = named.fold(format!(".{letter}"), |text, lane| text + &lane.to_string());
    }
    let suffixes = [piece(a) + &lanes(from_a), piece(b) + &lanes(from_b), String::new()];
    let operands = operands.iter().zip(suffixes).zip(negate);
    let operands =
        operands.map(|((operand, suffix), negate)| format!("{}{operand}{suffix}", if negate { "-" } else { "" }));
    (behind_d, operands.collect())
}

fn body(text: &mut String, case: &Case, name: &str, operands: &[String], results: &[String]) {
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
            for (index, step) in form.split(';').enumerate() {
                let sources = chained(step, index).into_iter().map(|operand| operands[operand].as_str());
                let _ = writeln!(text, "\t{step} %d{index}, {};", sources.collect::<Vec<_>>().join(", "));
            }
            Ok(())
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
        Output::Registers(..) if form.starts_with("atom") || form.starts_with("red.") => {
            atomic(text, case, name, operands, results);
            Ok(())
        }
        Output::Registers(..) if form.contains("matrix.sync.aligned.m8n8.x") => {
            matrix_move(text, case, operands, results);
            Ok(())
        }
        Output::Registers(..) if form.starts_with("mma") => {
            let d = results.iter().map(|name| format!("%{name}")).collect::<Vec<_>>().join(", ");
            writeln!(text, "\t{form} {{{d}}}, {sources};")
        }
        Output::Registers(..) if form.starts_with('v') => {
            let (d, operands) = selected(case, operands);
            writeln!(text, "\t{form} %d0{d}, {};", operands.join(", "))
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
    let recorded = recording().unwrap_or_default();
    let known: HashMap<_, _> = recorded.iter().map(|recorded| (recorded.id.as_str(), recorded.results.len())).collect();
    let mut missing = cases();
    missing.retain(|case| known.get(case.id.as_str()) != Some(&output_bits(case).len()));
    for (number, module) in missing.chunks(KERNELS_IN_MODULE).enumerate() {
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

/// The recording beside this file.
fn recording() -> std::io::Result<Vec<Recorded>> {
    let file = fs::File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lanes/recorded.bin.gz"))?;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes)?;
    Ok(parse(&bytes))
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

/// Largest relative and absolute error that the PTX ISA (9.7.3, 9.7.4) documents for an approximate form, and half a step of the result for our own
/// rounding. What no error is documented for (sine and cosine beyond 2π) is bounded as what lies near it.
fn bound(form: &str) -> (f64, f64) {
    let bits = |power: f64| 2f64.powf(-power);
    let half_step = bits(24.0);
    match form.split('.').next().expect("a form has an opcode") {
        // Results of 20 bits: the ISA says no more than that they are approximate.
        "rcp" | "rsqrt" if form.contains("ftz.f64") => (bits(19.0), 0.0),
        "rsqrt" if form.contains("f64") => (bits(52.0) * 2.0, 0.0),
        "sin" | "cos" => (0.0, bits(20.5) + half_step),
        "lg2" => (bits(22.0) + half_step, bits(22.0) + half_step),
        "ex2" if form.contains("bf16") => (bits(7.0) + bits(9.0), 0.0),
        "ex2" if form.contains("f16") => (bits(9.9) + bits(12.0), bits(24.0)),
        "ex2" => (bits(22.5) + half_step, 1.2e-38),
        "tanh" if form.contains("bf16") => (0.0, bits(8.0) + bits(9.0)),
        "tanh" if form.contains("f16") => (0.0, bits(10.987) + bits(12.0)),
        "tanh" => (bits(11.0) + half_step, 0.0),
        "div" => (2.0 * bits(23.0) + half_step, 1.2e-38),
        "rsqrt" => (bits(22.9) + half_step, 0.0),
        _ => (bits(23.0) + half_step, 1.2e-38),
    }
}

/// The floats in a result: their bits and values.
fn pieces(form: &str, bits: u64) -> Vec<(u64, f64)> {
    use rustc_apfloat::{Float, FloatConvert, ieee};
    fn exact<F: Float + FloatConvert<ieee::Double>>(bits: u64) -> f64 {
        let wide: ieee::Double = F::from_bits(bits.into()).convert(&mut false).value;
        f64::from_bits(wide.to_bits() as u64)
    }
    let halves = [bits & 0xffff, bits >> 16];
    match form.rsplit('.').next().expect("a form has a type") {
        "f64" => vec![(bits, f64::from_bits(bits))],
        "f16" => vec![(bits, exact::<ieee::Half>(bits))],
        "bf16" => vec![(bits, exact::<ieee::BFloat>(bits))],
        "f16x2" => halves.map(|bits| (bits, exact::<ieee::Half>(bits))).to_vec(),
        "bf16x2" => halves.map(|bits| (bits, exact::<ieee::BFloat>(bits))).to_vec(),
        _ => vec![(bits, f32::from_bits(bits as u32).into())],
    }
}

/// The difference of two results as a share of what [`bound`] allows; NaNs have to be the same bit for bit.
fn excess(form: &str, ours: u64, recorded: u64) -> f64 {
    let (relative, absolute) = bound(form);
    let shares =
        pieces(form, ours).into_iter().zip(pieces(form, recorded)).map(|((ours, a), (recorded, b))| match () {
            _ if a == b || ours == recorded => 0.0,
            _ if a.is_finite() && b.is_finite() => (a - b).abs() / (relative * b.abs()).max(absolute),
            _ => f64::INFINITY,
        });
    shares.fold(0.0, f64::max)
}

#[test]
fn lanes_compute_what_the_gpu_recorded() {
    let recorded = recording().expect("tests/lanes/recorded.bin.gz is part of the repository");
    let all = cases();
    // Each opcode's forms, results and those that are equal; each float product by itself.
    let mut tally: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for recorded in &recorded {
        let case = all
            .iter()
            .find(|case| case.id == recorded.id)
            .unwrap_or_else(|| panic!("{} is not in the table", recorded.id));
        let ours = evaluate(case, Isa::detect(), &Accumulation::HOPPER).expect("the form is known");
        let pairs = || ours.iter().zip(&recorded.results).flat_map(|(a, b)| a.iter().zip(b));
        let different = match case.exactness {
            Exactness::Approximate => {
                let worst = pairs().map(|(&a, &b)| excess(&case.form, a, b)).fold(0.0, f64::max);
                eprintln!("{}: at most {worst:.2} of the documented error", case.id);
                pairs().filter(|(a, b)| excess(&case.form, **a, **b) > 1.0).count()
            }
            Exactness::Bits => pairs().filter(|(a, b)| a != b).count(),
        };
        let whole = case.form.starts_with("mma") && !case.form.contains(".s32");
        let name = if whole { &case.id } else { case.form.split('.').next().expect("a form has an opcode") };
        let counts = tally.entry(name.to_owned()).or_default();
        let (results, equal) = (pairs().count(), pairs().filter(|(a, b)| a == b).count());
        *counts = [counts[0] + 1, counts[1] + results, counts[2] + equal];
        if different > 0 {
            let wrong_pair =
                |(a, b): (&u64, &u64)| case.exactness == Exactness::Bits || excess(&case.form, *a, *b) > 1.0;
            let differs = pairs().enumerate().find(|&(_, (a, b))| a != b && wrong_pair((a, b)));
            let (index, (a, b)) = differs.expect("one differs");
            let operands: Vec<_> =
                inputs(case).iter().map(|(_, values)| format!("{:x}", values[index % CASES])).collect();
            let line = format!(
                "{}: {different} of {}, first ({}): {a:x}, the GPU says {b:x}",
                case.id,
                pairs().count(),
                operands.join(", ")
            );
            wrong.push(line);
        }
    }
    for (name, [forms, results, equal]) in &tally {
        eprintln!("{name}: {forms} forms, {equal} of {results} results are equal");
    }
    assert!(wrong.is_empty(), "{} of {} forms differ:\n{}", wrong.len(), recorded.len(), wrong.join("\n"));
    let known: HashSet<_> = recorded.iter().map(|recorded| recorded.id.as_str()).collect();
    let missing: Vec<_> = all.iter().map(|case| &case.id).filter(|id| !known.contains(id.as_str())).collect();
    assert!(missing.is_empty(), "{} forms have no recording: {missing:?}", missing.len());
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
