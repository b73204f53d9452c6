//! Lane operations a second of the hot kernels, in each instruction set that this processor has, in one run:
//! `cargo bench -p rustg-simulator --bench lanes`. Medians of interleaved rounds, in millions of lanes a second.

use std::hint::black_box;
use std::time::Instant;

use rustg_lanes::{self as lanes, Isa, LANES, LaneFn, Row};
use rustg_ptx::Form;

const ROUNDS: usize = 15;
const CALLS: usize = 20_000;

const FORMS: &[&str] = &[
    "add.u32",
    "mad.lo.u32",
    "mul.wide.u32",
    "mad.wide.u32",
    "add.u64",
    "and.b32",
    "lop3.b32",
    "shf.l.wrap.b32",
    "shl.b32",
    "shr.u32",
    "mov.b32",
    "add.f32",
    "fma.rn.f32",
    "fma.rn.ftz.f32",
    "add.rz.f32",
    "div.rn.f32",
    "ex2.approx.f32",
    "fma.rn.f64",
    "add.rz.f64",
    "fma.rn.f16x2",
    "fma.rn.bf16x2",
    "setp.lt.s32",
    "setp.lt.f32",
    "setp.ge.u64",
    "selp.b32",
    "selp.b64",
    "cvt.u64.u32",
    "cvt.rn.f32.s32",
    "cvt.rzi.s32.f32",
    "cvt.f32.f16",
    "cvt.rn.f16.f32",
    "prmt.b32",
    "popc.b32",
    "min.f32",
];

fn call(function: &LaneFn, d: &mut [Row], [a, b, c, e]: [&[Row]; 4]) {
    match function {
        LaneFn::Value(run) => run(d, a, b, c),
        LaneFn::Value4(run) => run(d, a, b, c, e),
        LaneFn::Described(described) => described.run(d, a, b, c),
        LaneFn::Select(run) => run(d, a, b, 0x5a5a_1234),
        LaneFn::Test { test, .. } => {
            black_box(test(a, b));
        }
        _ => unreachable!("the list names none of these"),
    }
}

fn main() {
    let operands: Vec<[Row; 4]> = (1..=3u32)
        .map(|seed| {
            std::array::from_fn(|row| {
                Row(std::array::from_fn(|lane| {
                    0x3f80_0000 + seed * 0x0011_2233 * (lane as u32 + 1) % 0x00ff_ffff + row as u32
                }))
            })
        })
        .collect();
    let table = [Row::splat(0x96)];
    let sets: Vec<Isa> = Isa::ALL.into_iter().filter(|isa| isa.available()).collect();
    println!("{:<18}{}", "M lanes/s", sets.iter().map(|isa| format!("{:>12}", format!("{isa:?}"))).collect::<String>());
    for text in FORMS {
        let form = Form::parse(text);
        let functions: Vec<_> =
            sets.iter().map(|&isa| lanes::select_for(&form, isa).expect("the list names known forms")).collect();
        let mut times = vec![Vec::new(); sets.len()];
        for _ in 0..ROUNDS {
            for (function, times) in functions.iter().zip(&mut times) {
                let mut d = [Row::ZERO; 4];
                let started = Instant::now();
                for _ in 0..CALLS {
                    call(black_box(function), black_box(&mut d), [&operands[0], &operands[1], &operands[2], &table]);
                }
                times.push(started.elapsed());
            }
        }
        let medians = times.iter_mut().map(|times| {
            times.sort();
            let rate = (CALLS * LANES) as f64 / times[ROUNDS / 2].as_secs_f64() / 1e6;
            format!("{rate:>12.0}")
        });
        println!("{text:<18}{}", medians.collect::<String>());
    }
}
