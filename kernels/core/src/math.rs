//! Functions of numbers that are no single instruction: exponentials, logarithms, angles.
//!
//! Each reduces its argument with fused multiply-adds and ends in a polynomial whose coefficients were fitted for this file (f32) or are those of the
//! series (f64). The tests of `rustg-driver` hold the errors to the bounds that the CUDA C++ programming guide gives for its own functions.

/// The binary digits of 2/π.
static TWO_OVER_PI: [u32; 40] = [
    0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561, 0xb7246e3a,
    0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e, 0xe88235f5, 0x2ebb4484, 0xe99c7026, 0xb45f7e41,
    0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b, 0x1ff897ff, 0xde05980f, 0xef2f118b, 0x5a0a6d1f, 0x6d367ecf,
    0x27cb09b7, 0x4f463f66, 0x9e5fea2d, 0x7527bac7, 0xebe5f17b, 0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08,
    0x56033046, 0xfc7b6bab, 0xf0cfbc20, 0x9af4361d,
];

/// 32 binary digits of 2/π from the one of that number on; before the first they are 0.
fn digits(from: i32) -> u64 {
    let word = |at: i32| if at < 0 { 0 } else { TWO_OVER_PI[at as usize] as u64 };
    let (at, shift) = (from >> 5, (from & 31) as u32);
    ((word(at) << 32 | word(at + 1)) << shift) >> 32
}

pub mod single {
    use super::{digits, double};
    pub fn scale(x: f32, k: i32) -> f32 {
        let half = k >> 1;
        x * f32::from_bits(((half + 127) << 23) as u32) * f32::from_bits(((k - half + 127) << 23) as u32)
    }
    fn exp_tail(r: f32) -> f32 {
        let q = 0.001395119819790125f32
            .mul_add(r, 0.00836930051445961)
            .mul_add(r, 0.041666194796562195)
            .mul_add(r, 0.16666515171527863)
            .mul_add(r, 0.5);
        (q * r).mul_add(r, r)
    }
    fn exp_parts(x: f32) -> (f32, f32) {
        let k = (x * 1.4426950408889634).round_ties_even();
        (k, k.mul_add(-1.428606765330187e-06, k.mul_add(-0.693145751953125, x)))
    }
    pub fn exp(x: f32) -> f32 {
        if !(x < 88.8) {
            return if x.is_nan() { x } else { 1.0 / 0.0 };
        }
        if x < -104.0 {
            return 0.0;
        }
        let (k, r) = exp_parts(x);
        // What rounding took from the rest.
        let low = k.mul_add(-1.428606765330187e-06, k.mul_add(-0.693145751953125, x) - r);
        scale(1.0 + (r + (exp_tail(r) - r + low)), k as i32)
    }
    pub fn exp2(x: f32) -> f32 {
        if !(x < 128.0) {
            return if x.is_nan() { x } else { 1.0 / 0.0 };
        }
        if x < -150.0 {
            return 0.0;
        }
        let k = x.round_ties_even();
        let r = x - k;
        let q = 1.531506859464571e-05f32
            .mul_add(r, 0.0001546723797218874)
            .mul_add(r, 0.0013333429815247655)
            .mul_add(r, 0.009618036448955536)
            .mul_add(r, 0.05550410971045494)
            .mul_add(r, 0.24022650718688965)
            .mul_add(r, 0.6931471824645996);
        scale(q.mul_add(r, 1.0), k as i32)
    }
    pub fn exp_m1(x: f32) -> f32 {
        if !(x < 88.0) {
            return exp(x);
        }
        double::exp_m1(x as f64) as f32
    }
    /// Exponent, and what 1 must be added to for the rest of a number that is positive and finite.
    fn log_parts(x: f32) -> (f32, f32) {
        let (bits, bias) =
            if x < 1.17549435e-38 { ((x * 8388608.0).to_bits() as i32, 23) } else { (x.to_bits() as i32, 0) };
        let k = (bits - 0x3f3504f3) >> 23;
        ((k - bias) as f32, f32::from_bits((bits - (k << 23)) as u32) - 1.0)
    }
    fn log_tail(f: f32) -> f32 {
        let q = 0.06923981010913849f32
            .mul_add(f, -0.11807325482368469)
            .mul_add(f, 0.11878419667482376)
            .mul_add(f, -0.12381917983293533)
            .mul_add(f, 0.14217665791511536)
            .mul_add(f, -0.16669349372386932)
            .mul_add(f, 0.20002275705337524)
            .mul_add(f, -0.24999985098838806)
            .mul_add(f, 0.3333331048488617);
        (q * f).mul_add(f * f, -0.5 * (f * f))
    }
    fn not_positive(x: f32) -> f32 {
        if x == 0.0 {
            -1.0 / 0.0
        } else if x < 0.0 {
            0.0 / 0.0
        } else {
            x
        }
    }
    pub fn ln(x: f32) -> f32 {
        if !(x > 0.0 && x < 1.0 / 0.0) {
            return not_positive(x);
        }
        let (k, f) = log_parts(x);
        let low = k.mul_add(1.428606765330187e-06, log_tail(f));
        k.mul_add(0.693145751953125, f + low)
    }
    pub fn log2(x: f32) -> f32 {
        if !(x > 0.0 && x < 1.0 / 0.0) {
            return not_positive(x);
        }
        let (k, f) = log_parts(x);
        let tail = log_tail(f);
        // log₂ e in two parts.
        let low = f.mul_add(1.9259629911e-08, tail * 1.44269502162933);
        k + f.mul_add(1.44269502162933, low)
    }
    pub fn log10(x: f32) -> f32 {
        if !(x > 0.0 && x < 1.0 / 0.0) {
            return not_positive(x);
        }
        double::log10(x as f64) as f32
    }
    pub fn ln_1p(x: f32) -> f32 {
        if x.abs() < 1e-6 {
            return (-0.5 * x).mul_add(x, x);
        }
        double::ln(1.0 + x as f64) as f32
    }
    /// The quarter turn that an angle is nearest to, modulo 4, and the rest.
    fn turn(x: f32) -> (i32, f32) {
        if x.abs() < 40000.0 {
            let k = (x * 0.6366197723675814).round_ties_even();
            // The first difference is exact.
            let r = k.mul_add(1.7151245100058819e-15, k.mul_add(4.371139e-08, k.mul_add(-1.5707964, x)));
            return (k as i32 & 3, r);
        }
        let bits = x.to_bits();
        let exponent = (bits >> 23 & 255) as i32 - 150;
        let m = (bits & 0x7fffff | 0x800000) as u64;
        // The product with 2/π modulo 4, with 62 binary digits behind the point.
        let at = exponent - 2;
        let product = (m * digits(at) << 32).wrapping_add(m * digits(at + 32)).wrapping_add(m * digits(at + 64) >> 32);
        let quarter = product.wrapping_add(1 << 61) >> 62;
        let rest = product.wrapping_sub(quarter << 62) as i64 as f64 * 3.406121580086556e-19;
        let (quarter, rest) = if bits >> 31 == 1 { (-(quarter as i32), -rest) } else { (quarter as i32, rest) };
        (quarter & 3, rest as f32)
    }
    fn sin_part(r: f32) -> f32 {
        let z = r * r;
        let p = 2.717564257181948e-06f32
            .mul_add(z, -0.00019839256128761917)
            .mul_add(z, 0.008333329111337662)
            .mul_add(z, -0.1666666716337204);
        (p * z).mul_add(r, r)
    }
    fn cos_part(r: f32) -> f32 {
        let z = r * r;
        let p = (-2.720330201100296e-07f32)
            .mul_add(z, 2.479943577782251e-05)
            .mul_add(z, -0.0013888883404433727)
            .mul_add(z, 0.0416666679084301);
        (p * z).mul_add(z, (-0.5f32).mul_add(z, 1.0))
    }
    fn wave(quarter: i32, r: f32) -> f32 {
        let value = if quarter & 1 == 0 { sin_part(r) } else { cos_part(r) };
        if quarter & 2 == 0 { value } else { -value }
    }
    pub fn sin(x: f32) -> f32 {
        if !x.is_finite() {
            return 0.0 / 0.0;
        }
        if x == 0.0 {
            return x;
        }
        let (quarter, r) = turn(x);
        wave(quarter, r)
    }
    pub fn cos(x: f32) -> f32 {
        if !x.is_finite() {
            return 0.0 / 0.0;
        }
        let (quarter, r) = turn(x);
        wave(quarter + 1, r)
    }
    pub fn tan(x: f32) -> f32 {
        if !x.is_finite() {
            return 0.0 / 0.0;
        }
        if x == 0.0 {
            return x;
        }
        let (quarter, r) = turn(x);
        let (sin, cos) = (sin_part(r), cos_part(r));
        if quarter & 1 == 0 { sin / cos } else { -cos / sin }
    }
    pub fn sinh(x: f32) -> f32 {
        let a = x.abs();
        if a > 88.0 {
            let half = exp(0.5 * a);
            return (0.5 * half * half).copysign(x);
        }
        let e = exp_m1(a);
        (0.5 * (e + e / (e + 1.0))).copysign(x)
    }
    pub fn cosh(x: f32) -> f32 {
        let a = x.abs();
        if a > 88.0 {
            let half = exp(0.5 * a);
            return 0.5 * half * half;
        }
        let e = exp(a);
        0.5f32.mul_add(e, 0.5 / e)
    }
    pub fn tanh(x: f32) -> f32 {
        let a = x.abs();
        if a < 0.55 {
            let z = x * x;
            let p = 0.0023654003161937f32
                .mul_add(z, -0.008388901129364967)
                .mul_add(z, 0.021775228902697563)
                .mul_add(z, -0.05395861715078354)
                .mul_add(z, 0.13333287835121155)
                .mul_add(z, -0.3333333134651184);
            return (p * z).mul_add(x, x);
        }
        if a > 9.1 {
            return 1.0f32.copysign(x);
        }
        (1.0 - 2.0 / (exp(2.0 * a) + 1.0)).copysign(x)
    }
    fn atan_part(x: f32) -> f32 {
        let z = x * x;
        let p = 0.0011348879197612405f32
            .mul_add(z, -0.0074226874858140945)
            .mul_add(z, 0.022760450839996338)
            .mul_add(z, -0.0449465811252594)
            .mul_add(z, 0.06759582459926605)
            .mul_add(z, -0.0881885290145874)
            .mul_add(z, 0.11060246080160141)
            .mul_add(z, -0.14280131459236145)
            .mul_add(z, 0.1999969333410263)
            .mul_add(z, -0.333333283662796);
        (p * z).mul_add(x, x)
    }
    pub fn atan(x: f32) -> f32 {
        let a = x.abs();
        if a > 1.0 { ((1.5707964 - atan_part(1.0 / a)) - 4.371139e-08).copysign(x) } else { atan_part(x) }
    }
    pub fn atan2(y: f32, x: f32) -> f32 {
        if x.is_nan() || y.is_nan() {
            return x + y;
        }
        let (a, b) = (y.abs(), x.abs());
        let (small, large) = if a < b { (a, b) } else { (b, a) };
        let ratio = if large == 0.0 {
            0.0
        } else if small == large {
            1.0
        } else {
            small / large
        };
        let mut angle = atan_part(ratio);
        if a > b {
            angle = (1.5707964 - angle) - 4.371139e-08;
        }
        if x.is_sign_negative() {
            angle = (3.1415927 - angle) - 8.742278e-08;
        }
        angle.copysign(y)
    }
    fn asin_part(x: f32) -> f32 {
        let z = x * x;
        let p = 0.03756488487124443f32
            .mul_add(z, 0.014402844943106174)
            .mul_add(z, 0.031817544251680374)
            .mul_add(z, 0.04451572895050049)
            .mul_add(z, 0.07500510662794113)
            .mul_add(z, 0.16666659712791443);
        (p * z).mul_add(x, x)
    }
    pub fn asin(x: f32) -> f32 {
        let a = x.abs();
        if a < 0.5 {
            return asin_part(x);
        }
        // Outside of -1..=1 the root is no number.
        ((1.5707964 - 2.0 * asin_part((0.5 * (1.0 - a)).sqrt())) - 4.371139e-08).copysign(x)
    }
    pub fn acos(x: f32) -> f32 {
        let a = x.abs();
        if a < 0.5 {
            return (1.5707964 - (asin_part(x) + 4.371139e-08));
        }
        let angle = 2.0 * asin_part((0.5 * (1.0 - a)).sqrt());
        if x < 0.0 { (3.1415927 - angle) - 8.742278e-08 } else { angle }
    }
    pub fn hypot(x: f32, y: f32) -> f32 {
        if x.is_infinite() || y.is_infinite() {
            return 1.0 / 0.0;
        }
        let (x, y) = (x as f64, y as f64);
        x.mul_add(x, y * y).sqrt() as f32
    }
    pub fn powf(x: f32, y: f32) -> f32 {
        if y == 0.0 || x == 1.0 {
            return 1.0;
        }
        if x.is_nan() || y.is_nan() {
            return x + y;
        }
        let is_whole = y == y.trunc();
        let is_odd = is_whole && y.abs() < 16777216.0 && (y as i32) & 1 == 1;
        let a = x.abs();
        let size = if y.is_infinite() {
            if a == 1.0 {
                1.0
            } else if (a > 1.0) == (y > 0.0) {
                1.0 / 0.0
            } else {
                0.0
            }
        } else if a == 0.0 || a.is_infinite() {
            if (a == 0.0) == (y < 0.0) { 1.0 / 0.0 } else { 0.0 }
        } else {
            if x < 0.0 && !is_whole {
                return 0.0 / 0.0;
            }
            double::exp2(y as f64 * double::log2(a as f64)) as f32
        };
        if x.is_sign_negative() && is_odd { -size } else { size }
    }
}

pub mod double {
    use super::digits;
    fn scale(x: f64, k: i32) -> f64 {
        let half = k >> 1;
        x * f64::from_bits((half as i64 + 1023 << 52) as u64) * f64::from_bits(((k - half) as i64 + 1023 << 52) as u64)
    }
    /// e to that, less 1; up to ln 2 / 2.
    fn exp_tail(r: f64) -> f64 {
        let q = 1.6059043836821613e-10f64
            .mul_add(r, 2.08767569878681e-09)
            .mul_add(r, 2.505210838544172e-08)
            .mul_add(r, 2.755731922398589e-07)
            .mul_add(r, 2.7557319223985893e-06)
            .mul_add(r, 2.48015873015873e-05)
            .mul_add(r, 0.0001984126984126984)
            .mul_add(r, 0.001388888888888889)
            .mul_add(r, 0.008333333333333333)
            .mul_add(r, 0.041666666666666664)
            .mul_add(r, 0.16666666666666666)
            .mul_add(r, 0.5);
        (q * r).mul_add(r, r)
    }
    fn exp_parts(x: f64) -> (f64, f64) {
        let k = (x * 1.4426950408889634).round_ties_even();
        (k, k.mul_add(-7.440617110012396e-11, k.mul_add(-0.6931471804855391, x)))
    }
    pub fn exp(x: f64) -> f64 {
        if !(x < 709.8) {
            return if x.is_nan() { x } else { 1.0 / 0.0 };
        }
        if x < -745.2 {
            return 0.0;
        }
        let (k, r) = exp_parts(x);
        scale(1.0 + exp_tail(r), k as i32)
    }
    /// Half of e to that, which is finite for a little longer.
    fn half_exp(x: f64) -> f64 {
        if !(x < 710.5) {
            return if x.is_nan() { x } else { 1.0 / 0.0 };
        }
        let (k, r) = exp_parts(x);
        scale(1.0 + exp_tail(r), k as i32 - 1)
    }
    pub fn exp2(x: f64) -> f64 {
        if !(x < 1024.0) {
            return if x.is_nan() { x } else { 1.0 / 0.0 };
        }
        if x < -1075.0 {
            return 0.0;
        }
        let k = x.round_ties_even();
        scale(1.0 + exp_tail((x - k) * 0.6931471805599453), k as i32)
    }
    pub fn exp_m1(x: f64) -> f64 {
        if !(x < 709.0) {
            return exp(x);
        }
        if x < -38.0 {
            return -1.0;
        }
        let (k, r) = exp_parts(x);
        if k == 0.0 {
            return if r == 0.0 { x } else { exp_tail(r) };
        }
        let power = scale(1.0, k as i32);
        power.mul_add(exp_tail(r), power - 1.0)
    }
    /// The exponent, what 1 must be added to for the rest, and what its logarithm differs from that by.
    fn log_parts(x: f64) -> (f64, f64, f64) {
        let (bits, bias) = if x < 2.2250738585072014e-308 {
            ((x * 4503599627370496.0).to_bits() as i64, 52)
        } else {
            (x.to_bits() as i64, 0)
        };
        let k = (bits - 0x3fe6a09e667f3bcd) >> 52;
        let f = f64::from_bits((bits - (k << 52)) as u64) - 1.0;
        let s = f / (2.0 + f);
        let z = s * s;
        let r = 0.15176995503040222f64
            .mul_add(z, 0.15269274760090407)
            .mul_add(z, 0.18185674397141113)
            .mul_add(z, 0.222221480145526)
            .mul_add(z, 0.2857142938300908)
            .mul_add(z, 0.3999999999543645)
            .mul_add(z, 0.6666666666667621);
        let half = 0.5 * f * f;
        ((k - bias) as f64, f, s.mul_add(half + r * z, -half))
    }
    fn not_positive(x: f64) -> f64 {
        if x == 0.0 {
            -1.0 / 0.0
        } else if x < 0.0 {
            0.0 / 0.0
        } else {
            x
        }
    }
    pub fn ln(x: f64) -> f64 {
        if !(x > 0.0 && x < 1.0 / 0.0) {
            return not_positive(x);
        }
        let (k, f, tail) = log_parts(x);
        k.mul_add(0.6931471804855391, f + k.mul_add(7.440617110012396e-11, tail))
    }
    pub fn log2(x: f64) -> f64 {
        if !(x > 0.0 && x < 1.0 / 0.0) {
            return not_positive(x);
        }
        let (k, f, tail) = log_parts(x);
        let low = f.mul_add(2.0355273740931033e-17, tail * 1.4426950408889634);
        k + f.mul_add(1.4426950408889634, low)
    }
    pub fn log10(x: f64) -> f64 {
        if !(x > 0.0 && x < 1.0 / 0.0) {
            return not_positive(x);
        }
        let (k, f, tail) = log_parts(x);
        let low = f.mul_add(1.098319650216765e-17, tail * 0.4342944819032518);
        k.mul_add(0.30102999566406652, f.mul_add(0.4342944819032518, k.mul_add(-8.5323443170571066e-14, low)))
    }
    /// The quarter turn that an angle is nearest to, modulo 4, and the rest in two parts.
    fn turn(x: f64) -> (i32, f64, f64) {
        if x.abs() < 1000000.0 {
            let k = (x * 0.6366197723675814).round_ties_even();
            let t = k.mul_add(-1.5707963267341256, x);
            let r = k.mul_add(-6.077100506506192e-11, t);
            let low = k.mul_add(-6.077100506506192e-11, t - r);
            return (k as i32 & 3, r, k.mul_add(-3.5215598651832e-27, low));
        }
        let bits = x.to_bits();
        let exponent = (bits >> 52 & 2047) as i32 - 1075;
        let m = bits & 0xfffffffffffff | 0x10000000000000;
        let (high, low) = (m >> 32, m & 0xffffffff);
        // The product with 2/π modulo 4 in words of 32 digits, from the last to the first; the first holds two digits before the point.
        let at = exponent - 2;
        let mut words = [0u64; 5];
        let mut carry = 0u64;
        let mut i = 4;
        while i >= 0 {
            let a = low * digits(at + 32 * i);
            let b = high * digits(at + 32 * (i + 1));
            let sum = carry + (a & 0xffffffff) + (b & 0xffffffff);
            words[i as usize] = sum & 0xffffffff;
            carry = (sum >> 32) + (a >> 32) + (b >> 32);
            i -= 1;
        }
        let first = words[0] << 32 | words[1];
        let second = words[2] << 32 | words[3];
        let quarter = first.wrapping_add(1 << 61) >> 62;
        let rest = first.wrapping_sub(quarter << 62) as i64;
        let (rest, second) = if rest < 0 { (!rest, !second) } else { (rest, second) };
        // 62 digits behind the point, and 64 more; π/2 in two parts.
        let a = (rest >> 32) as f64 * 9.313225746154785e-10;
        let b = (rest & 0xffffffff) as f64 * 2.168404344971009e-19 + second as f64 * 1.1754943508222875e-38;
        let sum = a + b;
        let left = b - (sum - a);
        let r = sum * 1.5707963267948966;
        let tail = sum.mul_add(1.5707963267948966, -r) + (sum * 6.123233995736766e-17 + left * 1.5707963267948966);
        let is_negative = (first.wrapping_sub(quarter << 62) as i64) < 0;
        let (r, tail) = if is_negative { (-r, -tail) } else { (r, tail) };
        if bits >> 63 == 1 { (-(quarter as i32) & 3, -r, -tail) } else { (quarter as i32 & 3, r, tail) }
    }
    fn sin_part(r: f64, low: f64) -> f64 {
        let z = r * r;
        let p = (2.8114572543455206e-15f64)
            .mul_add(z, -7.647163731819816e-13)
            .mul_add(z, 1.6059043836821613e-10)
            .mul_add(z, -2.505210838544172e-08)
            .mul_add(z, 2.7557319223985893e-06)
            .mul_add(z, -0.0001984126984126984)
            .mul_add(z, 0.008333333333333333)
            .mul_add(z, -0.16666666666666666);
        r + (p * z).mul_add(r, (-0.5 * z).mul_add(low, low))
    }
    fn cos_part(r: f64, low: f64) -> f64 {
        let z = r * r;
        let p = 4.779477332387385e-14f64
            .mul_add(z, -1.1470745597729725e-11)
            .mul_add(z, 2.08767569878681e-09)
            .mul_add(z, -2.755731922398589e-07)
            .mul_add(z, 2.48015873015873e-05)
            .mul_add(z, -0.001388888888888889)
            .mul_add(z, 0.041666666666666664);
        let half = 0.5 * z;
        let near = 1.0 - half;
        near + ((1.0 - near) - half + (p * z).mul_add(z, -r * low))
    }
    fn wave(quarter: i32, r: f64, low: f64) -> f64 {
        let value = if quarter & 1 == 0 { sin_part(r, low) } else { cos_part(r, low) };
        if quarter & 2 == 0 { value } else { -value }
    }
    pub fn sin(x: f64) -> f64 {
        if !x.is_finite() {
            return 0.0 / 0.0;
        }
        if x == 0.0 {
            return x;
        }
        let (quarter, r, low) = turn(x);
        wave(quarter, r, low)
    }
    pub fn cos(x: f64) -> f64 {
        if !x.is_finite() {
            return 0.0 / 0.0;
        }
        let (quarter, r, low) = turn(x);
        wave(quarter + 1, r, low)
    }
    pub fn tan(x: f64) -> f64 {
        if !x.is_finite() {
            return 0.0 / 0.0;
        }
        if x == 0.0 {
            return x;
        }
        let (quarter, r, low) = turn(x);
        let (sin, cos) = (sin_part(r, low), cos_part(r, low));
        if quarter & 1 == 0 { sin / cos } else { -cos / sin }
    }
    pub fn sinh(x: f64) -> f64 {
        let a = x.abs();
        if a > 40.0 {
            return half_exp(a).copysign(x);
        }
        let e = exp_m1(a);
        (0.5 * (e + e / (e + 1.0))).copysign(x)
    }
    pub fn cosh(x: f64) -> f64 {
        let a = x.abs();
        let half = half_exp(a);
        half + 0.25 / half
    }
    pub fn tanh(x: f64) -> f64 {
        let a = x.abs();
        if a > 20.0 {
            return 1.0f64.copysign(x);
        }
        if x.is_nan() {
            return x;
        }
        let e = exp_m1(2.0 * a);
        (e / (e + 2.0)).copysign(x)
    }
    pub fn hypot(x: f64, y: f64) -> f64 {
        if x.is_infinite() || y.is_infinite() {
            return 1.0 / 0.0;
        }
        let (a, b) = (x.abs(), y.abs());
        let (small, large) = if a < b { (a, b) } else { (b, a) };
        if large == 0.0 || large.is_nan() || small.is_nan() {
            return small + large;
        }
        // The largest power of two in the larger one keeps squares in range.
        let exponent = (large.to_bits() >> 52) as i32 - 1023;
        let exponent = if exponent < -1000 {
            -1000
        } else if exponent > 1000 {
            1000
        } else {
            exponent
        };
        let (s, l) = (scale(small, -exponent), scale(large, -exponent));
        scale(l.mul_add(l, s * s).sqrt(), exponent)
    }
}
