//! Floating point against a big-integer implementation that shares no code with ours (LLVM's, in Rust): every operation, rounding and format.

use rustc_apfloat::ieee::{BFloat, Double, Float8E4M3FN, Float8E5M2, Half, Single};
use rustc_apfloat::{Float, FloatConvert, Round as Direction, StatusAnd};
use rustg_lanes::Isa;
use rustg_lanes::matrix::Accumulation;

use super::cases::{Case, cases};
use super::evaluate::{evaluate, inputs};

fn direction(form: &str) -> Direction {
    let words: Vec<&str> = form.split('.').collect();
    match () {
        _ if words.contains(&"rz") || words.contains(&"rzi") => Direction::TowardZero,
        _ if words.contains(&"rm") || words.contains(&"rmi") => Direction::TowardNegative,
        _ if words.contains(&"rp") || words.contains(&"rpi") => Direction::TowardPositive,
        _ if words.contains(&"rna") => Direction::NearestTiesToAway,
        _ => Direction::NearestTiesToEven,
    }
}

/// A format as both sides see it.
trait Format: Float {
    const WIDTH: u32;
    const CANONICAL: u64;
}
impl Format for Single {
    const WIDTH: u32 = 32;
    const CANONICAL: u64 = 0x7fff_ffff;
}
impl Format for Double {
    const WIDTH: u32 = 64;
    const CANONICAL: u64 = 0xfff8_0000_0000_0000;
}
impl Format for Half {
    const WIDTH: u32 = 16;
    const CANONICAL: u64 = 0x7fff;
}
impl Format for BFloat {
    const WIDTH: u32 = 16;
    const CANONICAL: u64 = 0x7fff;
}

fn load<F: Format>(bits: u64, ftz: bool) -> F {
    let value = F::from_bits(bits.into());
    if ftz && value.is_denormal() { F::ZERO.copy_sign(value) } else { value }
}

/// What modifiers make of a result; NaNs are compared elsewhere.
fn finish<F: Format>(value: F, form: &str) -> u64 {
    let has = |word: &str| form.split('.').any(|w| w == word);
    let one = F::from_u128(1).value;
    // Only f32 operands and results are flushed, and f16 in f16 arithmetic.
    let value = if has("ftz") && (F::WIDTH == 32 || !has("cvt")) && value.is_denormal() {
        F::ZERO.copy_sign(value)
    } else {
        value
    };
    let value = match () {
        _ if has("sat") && (value.is_nan() || value.is_negative() || value.is_zero()) => F::ZERO,
        _ if has("sat") && value > one => one,
        _ if has("relu") && !value.is_nan() && value.is_negative() => F::ZERO,
        _ => value,
    };
    if value.is_nan() { F::CANONICAL } else { value.to_bits() as u64 }
}

fn is_nan<F: Format>(bits: u64) -> bool {
    F::from_bits(bits.into()).is_nan()
}

fn check<F: Format>(case: &Case, reference: impl Fn(&str, &[F], Direction) -> F) {
    let ftz = case.form.contains(".ftz");
    let arrays = inputs(case);
    let results = evaluate(case, Isa::detect(), &Accumulation::HOPPER).expect("the form is known");
    let portable = evaluate(case, Isa::Portable, &Accumulation::HOPPER).expect("the form is known");
    assert_eq!(results, portable, "{}", case.form);
    let raw = |index: usize| arrays.iter().map(|(_, values)| values[index]).collect::<Vec<_>>();
    for (index, &found) in results[0].iter().enumerate() {
        let operands: Vec<F> = arrays.iter().map(|(_, values)| load::<F>(values[index], ftz)).collect();
        let expected = finish(reference(&case.form, &operands, direction(&case.form)), &case.form);
        // An f64 NaN carries an operand's payload: a rule of the hardware, not of the reference.
        if F::WIDTH == 64 && is_nan::<F>(expected) {
            assert!(is_nan::<F>(found), "{} {:x?}: {found:x}", case.form, raw(index));
            continue;
        }
        assert_eq!(found, expected, "{} {:x?}: {found:x} is not {expected:x}", case.form, raw(index));
    }
}

/// With `ftz`, what would be rounded to less than the smallest normal number, had the exponent a lower one, is zero: decided far from that number.
fn flushed<F: Format>(form: &str, operands: &[F], compute: impl Fn(&[F]) -> F) -> F {
    let (value, smallest) = (compute(operands), F::smallest_normalized());
    if !form.contains(".ftz") || value.abs() != smallest {
        return value;
    }
    let power = if F::WIDTH == 32 { 60 } else { 6 };
    let mut scaled = operands.to_vec();
    let smaller = usize::from(operands[0].abs() > operands[1].abs());
    scaled[smaller] = scaled[smaller].scalbn(power);
    scaled[2..].iter_mut().for_each(|addend| *addend = addend.scalbn(power));
    if compute(&scaled).abs() < smallest.scalbn(power) { F::ZERO.copy_sign(value) } else { value }
}

fn arithmetic<F: Format>(form: &str, operands: &[F], round: Direction) -> F {
    let one = F::from_u128(1).value;
    match form.split('.').next().expect("a form has an opcode") {
        "add" => operands[0].add_r(operands[1], round).value,
        "sub" => operands[0].sub_r(operands[1], round).value,
        "mul" => flushed(form, operands, |x| x[0].mul_r(x[1], round).value),
        "fma" => flushed(form, operands, |x| x[0].mul_add_r(x[1], x[2], round).value),
        "div" => operands[0].div_r(operands[1], round).value,
        "rcp" => one.div_r(operands[0], round).value,
        other => unreachable!("{other}"),
    }
}

fn ordinary(case: &Case) -> Option<&'static str> {
    let opcode = case.form.split('.').next()?;
    let known = ["add", "sub", "mul", "fma", "div", "rcp"].contains(&opcode)
        && !case.form.contains("approx")
        && !case.form.contains("full")
        && !case.form.contains("oob");
    ["f32", "f64", "f16", "bf16"].into_iter().find(|t| known && case.form.ends_with(&format!(".{t}")))
}

#[test]
fn sums_products_and_quotients_are_rounded_as_the_reference_rounds() {
    let mut checked = 0;
    for case in cases().iter().filter(|case| !case.form.contains("atom")) {
        match ordinary(case) {
            Some("f32") => check::<Single>(case, arithmetic),
            Some("f64") => check::<Double>(case, arithmetic),
            Some("f16") => check::<Half>(case, arithmetic),
            Some("bf16") => check::<BFloat>(case, arithmetic),
            _ => continue,
        }
        checked += 1;
    }
    assert!(checked > 100, "{checked} forms");
}

#[test]
fn square_roots_enclose_their_operand() {
    // The reference has no square root; exact squares say whether the result is the right neighbour.
    let mut checked = 0;
    for case in cases().iter().filter(|case| case.form.starts_with("sqrt.r")) {
        let ftz = case.form.contains(".ftz");
        let wide = case.form.ends_with("f64");
        let results = evaluate(case, Isa::detect(), &Accumulation::HOPPER).expect("the form is known");
        for (&operand, &found) in inputs(case)[0].1.iter().zip(&results[0]) {
            let decode = |bits: u64| if wide { f64::from_bits(bits) } else { f64::from(f32::from_bits(bits as u32)) };
            let (operand, root) = (decode(operand), decode(found));
            let flushed = ftz && operand.abs() < f64::from(f32::MIN_POSITIVE);
            if flushed || operand == 0.0 {
                assert_eq!(root, 0.0, "{} of {operand:e}", case.form);
            } else if operand.is_nan() || operand < 0.0 {
                assert!(root.is_nan());
            } else if operand.is_finite() {
                let below = decode(found - 1);
                let above = decode(found + 1);
                let square = |x: f64| Double::from_bits(x.to_bits().into());
                // x² − operand, exactly enough for its sign: tiny operands are scaled, so that nothing underflows.
                let scale = if operand < 1e-200 { 2f64.powi(100) } else { 1.0 };
                let excess = |x: f64| {
                    let x = square(x * scale);
                    x.mul_add_r(x, -square(operand * scale * scale), Direction::TowardZero).value
                };
                let not_above = |x: f64| !(excess(x) > Double::ZERO);
                match direction(&case.form) {
                    Direction::TowardPositive => assert!(
                        excess(below) < Double::ZERO && excess(root) >= Double::ZERO,
                        "{} of {operand:e}",
                        case.form
                    ),
                    Direction::NearestTiesToEven => {
                        let half = |x: f64, y: f64| if wide { None } else { Some((x + y) / 2.0) };
                        if let (Some(low), Some(high)) = (half(below, root), half(root, above)) {
                            assert!(not_above(low) && excess(high) >= Double::ZERO, "{} of {operand:e}", case.form);
                        } else {
                            assert_eq!(root, operand.sqrt());
                        }
                    }
                    _ => assert!(
                        not_above(root) && excess(above) > Double::ZERO,
                        "{} of {operand:e}: {root:e}",
                        case.form
                    ),
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 1000, "{checked}");
}

fn convert<A: Format + FloatConvert<B>, B: Format>(case: &Case) {
    check_conversion(case, |bits, ftz, round| {
        let StatusAnd { value, .. } = load::<A>(bits, ftz).convert_r(round, &mut false);
        finish::<B>(value, &case.form)
    });
}

/// Compares all but NaN operands, whose results are the hardware's own rule.
fn check_conversion(case: &Case, reference: impl Fn(u64, bool, Direction) -> u64) {
    let arrays = inputs(case);
    let (bits, values) = &arrays[0];
    let results = evaluate(case, Isa::detect(), &Accumulation::HOPPER).expect("the form is known");
    for (&operand, &found) in values.iter().zip(&results[0]) {
        let nan = match *bits {
            64 => is_nan::<Double>(operand),
            32 => is_nan::<Single>(operand),
            _ if case.form.ends_with("bf16") => is_nan::<BFloat>(operand),
            _ => is_nan::<Half>(operand),
        };
        if !nan {
            // Only f32 operands are flushed, and not those of conversions to f16.
            let ftz = case.form.contains(".ftz") && case.form.ends_with(".f32") && !case.form.contains(".f16.");
            let expected = reference(operand, ftz, direction(&case.form));
            assert_eq!(found, expected, "{} of {operand:x}: {found:x} is not {expected:x}", case.form);
        }
    }
}

#[test]
fn conversions_between_floats_round_as_the_reference_rounds() {
    let mut checked = 0;
    for case in cases().iter().filter(|case| case.form.starts_with("cvt") && !case.form.contains("satfinite")) {
        let types: Vec<&str> = case.form.split('.').rev().take(2).collect();
        if ["rni", "rzi", "rmi", "rpi"].iter().any(|word| case.form.contains(word)) {
            continue;
        }
        match (types[0], types[1]) {
            ("f32", "f16") => convert::<Single, Half>(case),
            ("f32", "bf16") => convert::<Single, BFloat>(case),
            ("f64", "f32") => convert::<Double, Single>(case),
            ("f64", "f16") => convert::<Double, Half>(case),
            ("f64", "bf16") => convert::<Double, BFloat>(case),
            ("f16", "f32") => convert::<Half, Single>(case),
            ("bf16", "f32") => convert::<BFloat, Single>(case),
            ("f16", "f64") => convert::<Half, Double>(case),
            ("f32", "f64") => convert::<Single, Double>(case),
            ("bf16", "f16") => convert::<BFloat, Half>(case),
            ("f16", "bf16") => convert::<Half, BFloat>(case),
            _ => continue,
        }
        checked += 1;
    }
    assert!(checked > 50, "{checked}");
}

#[test]
fn conversions_to_eight_bit_floats_saturate_and_round_as_the_reference() {
    fn small<S: Float>(single: u64, largest: u64) -> u64
    where
        Single: FloatConvert<S>,
    {
        let value = Single::from_bits(single.into());
        let converted: StatusAnd<S> = value.convert_r(Direction::NearestTiesToEven, &mut false);
        let packed = converted.value.to_bits() as u64;
        let overflow = !converted.value.is_finite() || packed & 0x7f > largest;
        match () {
            _ if value.is_nan() => 0x7f,
            _ if overflow => largest | u64::from(value.is_negative()) << 7,
            _ => packed,
        }
    }
    let mut checked = 0;
    for case in cases().iter().filter(|case| case.form.starts_with("cvt.rn.satfinite.e") && case.form.ends_with("f32"))
    {
        let results = evaluate(case, Isa::detect(), &Accumulation::HOPPER).expect("the form is known");
        let arrays = inputs(case);
        for (index, &found) in results[0].iter().enumerate() {
            let (high, low) = (arrays[0].1[index], arrays[1].1[index]);
            let expected = match case.form.contains("e4m3") {
                true => small::<Float8E4M3FN>(high, 0x7e) << 8 | small::<Float8E4M3FN>(low, 0x7e),
                false => small::<Float8E5M2>(high, 0x7b) << 8 | small::<Float8E5M2>(low, 0x7b),
            };
            assert_eq!(found, expected, "{} of {high:x}, {low:x}: {found:x} is not {expected:x}", case.form);
            checked += 1;
        }
    }
    assert!(checked >= 2048, "{checked}");
}

#[test]
fn conversions_between_floats_and_integers_saturate_and_round_as_the_reference() {
    fn to_integer<F: Format>(case: &Case, bits: usize, signed: bool) {
        check_conversion(case, |operand, ftz, round| {
            let value = load::<F>(operand, ftz);
            let exact = &mut false;
            match signed {
                // Eight bits stand sign-extended in a register of sixteen.
                true => value.to_i128_r(bits, round, exact).value as u64 & (u64::MAX >> (64 - bits.max(16))),
                false => value.to_u128_r(bits, round, exact).value as u64,
            }
        });
    }
    fn from_integer<F: Format>(case: &Case, bits: u32, signed: bool) {
        let results = evaluate(case, Isa::detect(), &Accumulation::HOPPER).expect("the form is known");
        for (&operand, &found) in inputs(case)[0].1.iter().zip(&results[0]) {
            let unused = 64 - bits;
            let round = direction(&case.form);
            let expected = match signed {
                true => F::from_i128_r(((operand << unused) as i64 >> unused).into(), round).value,
                false => F::from_u128_r((operand << unused >> unused).into(), round).value,
            };
            assert_eq!(found, finish(expected, &case.form), "{} of {operand:x}", case.form);
        }
    }
    let mut checked = 0;
    for case in cases().iter().filter(|case| case.form.starts_with("cvt")) {
        let types: Vec<&str> = case.form.split('.').rev().take(2).collect();
        let integer = |name: &str| {
            let signed = name.starts_with('s');
            name.strip_prefix(['u', 's']).and_then(|bits| bits.parse::<u32>().ok()).map(|bits| (bits, signed))
        };
        match (types[0], integer(types[0]), types[1], integer(types[1])) {
            (from, None, _, Some((bits, signed))) if !case.form.contains("pack") => match from {
                "f32" => to_integer::<Single>(case, bits as usize, signed),
                "f64" => to_integer::<Double>(case, bits as usize, signed),
                "f16" => to_integer::<Half>(case, bits as usize, signed),
                "bf16" => to_integer::<BFloat>(case, bits as usize, signed),
                _ => continue,
            },
            (_, Some((bits, signed)), to, None) => match to {
                "f32" => from_integer::<Single>(case, bits, signed),
                "f64" => from_integer::<Double>(case, bits, signed),
                "f16" => from_integer::<Half>(case, bits, signed),
                "bf16" => from_integer::<BFloat>(case, bits, signed),
                _ => continue,
            },
            _ => continue,
        }
        checked += 1;
    }
    assert!(checked > 150, "{checked}");
}

#[test]
fn approximate_functions_stay_within_the_documented_bounds() {
    /// Largest error relative to the larger of the result and `floor`.
    fn worst(form: &str, function: impl Fn(f64) -> f64, domain: std::ops::Range<f64>, floor: f64) -> f64 {
        let form = form.to_owned();
        let case = cases().into_iter().find(|case| case.form == form).expect("the form is in the table");
        let results = evaluate(&case, Isa::detect(), &Accumulation::HOPPER).expect("the form is known");
        let mut worst = 0f64;
        for (&operand, &found) in inputs(&case)[0].1.iter().zip(&results[0]) {
            let (x, y) = (f64::from(f32::from_bits(operand as u32)), f64::from(f32::from_bits(found as u32)));
            let exact = function(x);
            if domain.contains(&x) && exact.is_finite() && exact.abs() < 3e38 && (exact == 0.0 || exact.abs() > 1.2e-38)
            {
                worst = worst.max((y - exact).abs() / exact.abs().max(floor));
            }
        }
        worst
    }
    let positive = 1.2e-38..3e38;
    // Bounds of the PTX ISA, 9.7.3: relative, or absolute below the floor.
    assert!(worst("rcp.approx.f32", |x| 1.0 / x, positive.clone(), 0.0) <= 2f64.powi(-23));
    assert!(worst("sqrt.approx.f32", f64::sqrt, positive.clone(), 0.0) <= 2f64.powi(-23));
    assert!(worst("rsqrt.approx.f32", |x| 1.0 / x.sqrt(), positive.clone(), 0.0) <= 2f64.powf(-22.9));
    assert!(worst("lg2.approx.f32", f64::log2, positive, 1.0) <= 2f64.powi(-22));
    assert!(worst("ex2.approx.f32", f64::exp2, -126.0..127.9, 0.0) <= 2f64.powi(-22));
    assert!(worst("sin.approx.f32", f64::sin, -std::f64::consts::TAU..std::f64::consts::TAU, 1.0) <= 2f64.powf(-20.5));
    assert!(worst("cos.approx.f32", f64::cos, -std::f64::consts::TAU..std::f64::consts::TAU, 1.0) <= 2f64.powf(-20.5));
    assert!(worst("tanh.approx.f32", f64::tanh, -100.0..100.0, 0.0) <= 2f64.powi(-11));
}
