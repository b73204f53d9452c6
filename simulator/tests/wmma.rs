//! `wmma`: products of fragments of every shape and type, held against plain ones, and what the checks see of them.

mod support;

use rustg_simulator::check::{Checker, CheckerSetup};
use rustg_simulator::device::LaunchShape;
use support::Bench;

/// Small whole numbers, which every type holds exactly.
fn number(index: usize, low: i64, high: i64) -> i64 {
    low + (index as i64 * 7 + index as i64 / 5) % (high - low + 1)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    F16,
    Bf16,
    F32,
    F64,
    Int(u32),
}

/// The bits of a whole number, and how many.
fn bits(kind: Kind, value: i64) -> (u64, u32) {
    let half = |value: i64| {
        let float = (value as f32).to_bits();
        let exponent = (float >> 23 & 0xff) as i64;
        let rest = if exponent == 0 { 0 } else { ((exponent - 112) as u32) << 10 | float >> 13 & 0x3ff };
        float >> 16 & 0x8000 | rest
    };
    match kind {
        Kind::F16 => (half(value).into(), 16),
        Kind::Bf16 => (u64::from((value as f32).to_bits() >> 16), 16),
        Kind::F32 => ((value as f32).to_bits().into(), 32),
        Kind::F64 => ((value as f64).to_bits(), 64),
        Kind::Int(width) => (value as u64 & (u64::MAX >> (64 - width)), width),
    }
}

fn pack(kind: Kind, values: impl Iterator<Item = i64>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut nibble = None;
    for value in values {
        match bits(kind, value) {
            (low, 4) => match nibble.take() {
                None => nibble = Some(low as u8),
                Some(first) => bytes.push(first | (low as u8) << 4),
            },
            (value, width) => bytes.extend_from_slice(&value.to_le_bytes()[..width as usize / 8]),
        }
    }
    bytes
}

struct Case {
    kernel: &'static str,
    size: [usize; 3],
    kinds: (Kind, Kind),
    range: (i64, i64),
    /// Whether `a`, `b` and `d` lie row by row.
    by_rows: [bool; 3],
}

#[test]
fn products_of_every_shape_and_type_are_the_plain_ones() {
    let case = |kernel, size, a, d, range, by_rows| Case { kernel, size, kinds: (a, d), range, by_rows };
    let cases = [
        case("half_square", [16, 16, 16], Kind::F16, Kind::F32, (-9, 9), [true, false, true]),
        case("half_columns", [16, 16, 16], Kind::F16, Kind::F16, (-4, 4), [false, true, true]),
        case("half_tall", [32, 8, 16], Kind::F16, Kind::F32, (-9, 9), [true, true, true]),
        case("bf16_wide", [8, 32, 16], Kind::Bf16, Kind::F32, (-9, 9), [false, true, true]),
        case("bytes_square", [16, 16, 16], Kind::Int(8), Kind::Int(32), (-128, 127), [true, true, true]),
        case("bytes_wide", [8, 32, 16], Kind::Int(8), Kind::Int(32), (0, 255), [true, false, true]),
        case("doubles", [8, 8, 4], Kind::F64, Kind::F64, (-99, 99), [true, false, true]),
        case("tf32", [16, 16, 8], Kind::F32, Kind::F32, (-9, 9), [true, true, false]),
        case("nibbles", [8, 8, 32], Kind::Int(4), Kind::Int(32), (-8, 7), [true, false, true]),
    ];
    let mut bench = Bench::new(include_bytes!("fixtures/wmma.ptx"));
    for Case { kernel, size: [m, n, k], kinds: (multiplied, summed), range: (low, high), by_rows } in cases {
        let a = |row: usize, column: usize| number(row * 31 + column, low, high);
        let b = |row: usize, column: usize| number(row * 17 + column * 3 + 1, low, high);
        let lay = |rows: usize, columns: usize, by_rows: bool, at: &dyn Fn(usize, usize) -> i64| -> Vec<i64> {
            match by_rows {
                true => (0..rows * columns).map(|index| at(index / columns, index % columns)).collect(),
                false => (0..rows * columns).map(|index| at(index % rows, index / rows)).collect(),
            }
        };
        let product = |row, column| 1 + (0..k).map(|step| a(row, step) * b(step, column)).sum::<i64>();
        let want = pack(summed, lay(m, n, by_rows[2], &product).into_iter());
        let left = bench.bytes("a", &pack(multiplied, lay(m, k, by_rows[0], &a).into_iter()));
        let right = bench.bytes("b", &pack(multiplied, lay(k, n, by_rows[1], &b).into_iter()));
        let to = bench.bytes("d", &vec![0; want.len()]);
        let parameters = bench.parameters(kernel, &[&left, &right, &to]);
        let module = bench.module.clone();
        let mut checker = Checker::new(&CheckerSetup::default());
        let shape = LaunchShape::linear(1, 32);
        bench.device.launch_observed(&module, kernel, &shape, &parameters, &mut checker).unwrap();
        assert!(bench.download(&to, want.len() as u64) == want, "{kernel}");
    }
}

#[test]
fn a_fragment_behind_its_matrix_is_out_of_bounds() {
    let mut bench = Bench::new(include_bytes!("fixtures/wmma.ptx"));
    let a = bench.bytes("a", &[0; 16 * 16 * 2 - 2]);
    let b = bench.bytes("b", &[0; 512]);
    let d = bench.bytes("d", &[0; 1024]);
    let error = bench.run("half_square", &LaunchShape::linear(1, 32), &[&a, &b, &d]).unwrap_err().to_string();
    assert!(error.contains("OutOfBounds") && error.contains("\"a\""), "{error}");
}
