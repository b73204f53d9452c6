//! Exponentials, logarithms and angles of the device library: errors against the host's double precision, and the same bits on the device.
//!
//! The library's source is compiled here by rustc as well: what it gives on the host is what it gives on a device, as it is made of exact operations.

use std::sync::Arc;

use rustg_driver::{Options, RECORD_SIZE_BYTES, SourceFile, compile};
use rustg_simulator::device::{Config, Device, LaunchShape};

#[allow(warnings)]
#[path = "../../../kernels/core/src/math.rs"]
mod math;

use math::{double, single};

type Single = (&'static str, fn(f32) -> f32, fn(f64) -> f64, f64);
type Double = (&'static str, fn(f64) -> f64, fn(f64) -> f64, u64);

/// Function, reference, bound in units of the last place.
const SINGLE: &[Single] = &[
    ("exp", single::exp, f64::exp, 1.1),
    ("exp2", single::exp2, f64::exp2, 1.0),
    ("exp_m1", single::exp_m1, f64::exp_m1, 1.0),
    ("ln", single::ln, f64::ln, 1.0),
    ("log2", single::log2, f64::log2, 1.0),
    ("log10", single::log10, f64::log10, 1.0),
    ("ln_1p", single::ln_1p, f64::ln_1p, 1.0),
    ("sin", single::sin, f64::sin, 2.0),
    ("cos", single::cos, f64::cos, 2.0),
    ("tan", single::tan, f64::tan, 4.0),
    ("sinh", single::sinh, f64::sinh, 3.0),
    ("cosh", single::cosh, f64::cosh, 2.0),
    ("tanh", single::tanh, f64::tanh, 2.0),
    ("atan", single::atan, f64::atan, 2.0),
    ("asin", single::asin, f64::asin, 2.0),
    ("acos", single::acos, f64::acos, 2.0),
];

/// The same, in steps between neighbouring numbers; the host's own error is among them.
const DOUBLE: &[Double] = &[
    ("exp", double::exp, f64::exp, 2),
    ("exp2", double::exp2, f64::exp2, 2),
    ("exp_m1", double::exp_m1, f64::exp_m1, 3),
    ("ln", double::ln, f64::ln, 2),
    ("log2", double::log2, f64::log2, 3),
    ("log10", double::log10, f64::log10, 3),
    ("sin", double::sin, f64::sin, 3),
    ("cos", double::cos, f64::cos, 3),
    ("tan", double::tan, f64::tan, 4),
    ("sinh", double::sinh, f64::sinh, 4),
    ("cosh", double::cosh, f64::cosh, 4),
    ("tanh", double::tanh, f64::tanh, 5),
];

/// Numbers that look random, the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// How far `found` is from `wanted`, in units of the last place of an `f32`.
fn error(found: f32, wanted: f64) -> f64 {
    let nearest = wanted as f32;
    if nearest.is_nan() || found.is_nan() {
        return if nearest.is_nan() && found.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if found == nearest {
        return (f64::from(found) - wanted).abs().min(0.5);
    }
    let unit = f64::from(f32::from_bits(nearest.abs().max(f32::MIN_POSITIVE).to_bits() & 0x7f80_0000))
        * f64::from(f32::EPSILON);
    (f64::from(found) - wanted).abs() / unit
}

#[test]
fn functions_of_f32_are_within_the_bounds_of_the_guide() {
    let mut numbers = Numbers(88_172_645_463_325_252);
    for (name, function, reference, bound) in SINGLE {
        for at in 0..20_000 {
            let bits = numbers.next();
            let x = match at % 3 {
                0 => f32::from_bits(bits as u32),
                1 => (bits % 2_000_001) as f32 * 1e-5 - 10.0,
                _ => (bits % 2_000_001) as f32 * 1e-6 - 1.0,
            };
            let (found, wanted) = (function(x), reference(f64::from(x)));
            assert!(error(found, wanted) <= *bound, "{name}({x:e}) is {found:e}, should be {wanted:e}");
        }
    }
    for _ in 0..20_000 {
        let bits = numbers.next();
        let (x, y) = ((bits % 100_000) as f32 / 1000.0, (bits >> 32) as f32 / 1e8 - 20.0);
        assert!(error(single::powf(x, y), f64::from(x).powf(f64::from(y))) <= 1.0, "{x}.powf({y})");
        let (x, y) = (f32::from_bits(bits as u32), f32::from_bits((bits >> 32) as u32));
        assert!(error(single::powf(x, y), f64::from(x).powf(f64::from(y))) <= 1.0, "{x}.powf({y})");
        assert!(error(single::atan2(x, y), f64::from(x).atan2(f64::from(y))) <= 3.0, "{x}.atan2({y})");
        assert!(error(single::hypot(x, y), f64::from(x).hypot(f64::from(y))) <= 1.0, "{x}.hypot({y})");
    }
}

#[test]
fn functions_of_f64_are_within_a_few_units_of_the_hosts() {
    let mut numbers = Numbers(88_172_645_463_325_252);
    for (name, function, reference, bound) in DOUBLE {
        for at in 0..20_000 {
            let bits = numbers.next();
            let part = bits as f64 / 1.8e19 - 0.5;
            let x = [f64::from_bits(bits), part * 20.0, part * 1400.0, 1.0 + part][at % 4];
            let (found, wanted) = (function(x), reference(x));
            let is_same = found == wanted || found.is_nan() && wanted.is_nan();
            let steps = found.to_bits().abs_diff(wanted.to_bits());
            assert!(is_same || steps <= *bound, "{name}({x:e}) is {found:e}, the host's is {wanted:e}");
        }
    }
}

#[test]
fn every_function_gives_the_same_bits_on_the_device() {
    let mut text = String::from(
        "use rustg::prelude::*;\n#[kernel]\npub fn run(x: &[u64], mut y: DisjointSlice<u64>) {\n    let i = thread::index_1d();\n    if let Some(y) = y.get_mut(i) {\n        let x = x[i.get()];\n        let (s, d) = (f32::from_bits(x as u32), f64::from_bits(x));\n        *y = match i.get() % 32 {\n",
    );
    for (at, (name, ..)) in SINGLE.iter().enumerate() {
        text.push_str(&format!("            {at} => s.{name}().to_bits() as u64,\n"));
    }
    for (at, (name, ..)) in DOUBLE.iter().enumerate() {
        text.push_str(&format!("            {} => d.{name}().to_bits(),\n", at + 16));
    }
    text.push_str("            28 => s.powf(1.7).to_bits() as u64,\n            29 => s.atan2(0.3).to_bits() as u64,\n            30 => d.hypot(3.0).to_bits(),\n            _ => s.powi(-3).to_bits() as u64,\n        };\n    }\n}\n");
    let compilation = compile(&[SourceFile { path: "math.rs".into(), text }], &Options::default());
    assert_eq!(compilation.diagnostics, []);
    let (module, wrong) = rustg_ptx::parse(compilation.ptx.unwrap().as_bytes());
    assert!(wrong.is_empty(), "{wrong:?}");
    let mut device = Device::new(Config::default());
    let module = device.load_module(Arc::new(module)).unwrap();
    let mut numbers = Numbers(7);
    let inputs: Vec<u64> = (0..8192_u64)
        .map(|at| {
            let bits = numbers.next();
            let part = bits as f64 / 1.8e19 - 0.5;
            let x = [part * 20.0, part * 1400.0, part * 1e18][at as usize / 32 % 3];
            if at % 32 < 16 || matches!(at % 32, 28 | 29 | 31) { u64::from((x as f32).to_bits()) } else { x.to_bits() }
        })
        .collect();
    let bytes: Vec<u8> = inputs.iter().flat_map(|input| input.to_le_bytes()).collect();
    let size = bytes.len() as u64;
    let (x, y) = (device.allocate("x", size).unwrap(), device.allocate("y", size).unwrap());
    let record = device.allocate("record", RECORD_SIZE_BYTES as u64).unwrap();
    device.upload(x, &bytes).unwrap();
    device.upload(record, &[0; RECORD_SIZE_BYTES]).unwrap();
    let count = inputs.len() as u64;
    let parameters: Vec<u8> = [x, count, y, count, record].iter().flat_map(|word| word.to_le_bytes()).collect();
    device.launch(&module, "run", &LaunchShape::linear(64, 128), &parameters).unwrap();
    assert_eq!(device.download(record, 4).unwrap(), [0; 4], "a panic");
    let found = device.download(y, size).unwrap();
    for (at, (input, found)) in inputs.iter().zip(found.chunks_exact(8)).enumerate() {
        let (s, d) = (f32::from_bits(*input as u32), f64::from_bits(*input));
        let found = u64::from_le_bytes(found.try_into().unwrap());
        let of = |value: f32| (u64::from(value.to_bits()), value.is_nan());
        let (wanted, is_nan) = match at % 32 {
            op @ 0..16 => of(SINGLE[op].1(s)),
            op @ 16..28 => {
                let value = DOUBLE[op - 16].1(d);
                (value.to_bits(), value.is_nan())
            }
            28 => of(single::powf(s, 1.7)),
            29 => of(single::atan2(s, 0.3)),
            30 => (double::hypot(d, 3.0).to_bits(), false),
            _ => of(1.0 / (s * (s * s))),
        };
        assert!(
            found == wanted || is_nan,
            "function {} of {s:e} / {d:e}: {found:#x}, on the host {wanted:#x}",
            at % 32
        );
    }
}
