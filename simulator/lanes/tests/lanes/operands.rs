//! Operands for every type: edge values, edge pairs, and values from a seeded generator, the same wherever they are made.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

/// Cases for each instruction: a whole number of warps.
pub const CASES: usize = 1024;

/// SplitMix64 (Steele, Lea, Flood 2014): small, seedable, the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// What an operand holds: how its values are chosen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// An integer of so many bits.
    Integer(u32),
    /// A float: exponent bits, fraction bits.
    Float(u32, u32),
    /// Two floats of 16 bits.
    Pair(u32, u32),
    /// Small numbers: shift amounts, positions, lanes; any 32-bit number now and then.
    Small,
    /// 0 or 1.
    Truth,
    /// Angles, exponents: f32 of moderate size.
    Moderate,
    /// Four FP8, eight 4-bit integers and the like: any bits but few NaNs.
    Packed,
    /// Floats whose products lie about the smallest normal number: a few steps from powers of two that add up to its exponent.
    Tiny(u32, u32),
    /// Two of them.
    TinyPair(u32, u32),
    /// A float, NaN in half of the cases, of either kind and sign, with any payload.
    Nan(u32, u32),
    /// Two of them.
    NanPair(u32, u32),
    /// Two halves or a word of them, zero in most cases, of any exponent: sums of few terms, far apart.
    Scattered(u32, u32),
    /// Floats within 2^±20 whose last digit stands anywhere: for every width halfway between two floats of it in some of the cases.
    Tie(u32, u32),
    /// NaNs of 16 bits that may be the one for elements out of bounds, and numbers.
    OutOfBounds,
    /// The clamp and segment mask of `shfl`.
    Segment,
    /// Metadata of a sparse matrix of 16-bit elements: two of four.
    TwoOfFour,
    /// Metadata of a sparse matrix of 32-bit elements: one of two.
    OneOfTwo,
}

impl Class {
    /// Bits that it takes in memory.
    pub fn bits(self) -> u32 {
        match self {
            Class::Integer(bits) => bits,
            Class::Float(exponent, fraction)
            | Class::Tiny(exponent, fraction)
            | Class::Tie(exponent, fraction)
            | Class::Nan(exponent, fraction) => 1 + exponent + fraction,
            Class::Scattered(exponent, fraction) => (1 + exponent + fraction).max(32),
            Class::OutOfBounds => 16,
            Class::Pair(..) | Class::TinyPair(..) | Class::NanPair(..) => 32,
            Class::Small | Class::Moderate | Class::Packed | Class::Segment | Class::TwoOfFour | Class::OneOfTwo => 32,
            Class::Truth => 8,
        }
    }

    /// Values that show mistakes; computed once for each class. Packed and special classes have none.
    pub fn edges(self) -> &'static [u64] {
        static KNOWN: LazyLock<Mutex<HashMap<Class, &'static [u64]>>> = LazyLock::new(Mutex::default);
        let mut known = KNOWN.lock().expect("no holder of the lock panics");
        known.entry(self).or_insert_with(|| self.list_edges().leak())
    }

    fn list_edges(self) -> Vec<u64> {
        match self {
            Class::Integer(bits) => {
                let mask = u64::MAX >> (64 - bits);
                let top = 1 << (bits - 1);
                let mut edges =
                    vec![0, 1, 2, 3, mask, mask - 1, top, top - 1, top + 1, mask >> 2, 0x5555_5555_5555_5555 & mask];
                edges.extend([7, 8, 15, 16, 31, 32, 33, 63, 64, 0x80, 0xff, 0x7f]);
                edges
            }
            Class::Float(exponent, fraction) => {
                let one = ((1 << (exponent - 1)) - 1) << fraction;
                let infinity = ((1 << exponent) - 1) << fraction;
                let magnitudes = [
                    0,
                    1,
                    (1 << fraction) - 1,
                    1 << fraction,
                    (1 << fraction) + 1,
                    one,
                    one + 1,
                    one - 1,
                    one + (1 << fraction),
                    one + (1 << (fraction - 1)),
                    one - (1 << fraction),
                    one + ((fraction as u64) << fraction),
                    one + ((fraction as u64 + 1) << fraction) + 1,
                    infinity - 1,
                    infinity,
                    infinity + 1,
                    infinity + (1 << (fraction - 1)) + 5,
                ];
                let sign = 1 << (exponent + fraction);
                magnitudes.iter().flat_map(|&m| [m, m | sign]).collect()
            }
            Class::Small => (0..40).chain([63, 64, 65, 255, 256, 0x1f1f, 0x1c1f, u32::MAX.into()]).collect(),
            Class::Truth => vec![0, 1],
            Class::Moderate => [0f32, -0.0, 1.0, -1.0, 0.5, 2.0, 3.25, -126.5, -140.0, 127.9, 6.28, 1e-30, f32::NAN]
                .map(|x| u64::from(x.to_bits()))
                .to_vec(),
            _ => Vec::new(),
        }
    }

    fn random(self, random: &mut Random) -> u64 {
        let raw = random.next();
        match self {
            Class::Integer(bits) => {
                let value = raw & (u64::MAX >> (64 - bits));
                if random.below(4) == 0 { value >> random.below(bits.into()) } else { value }
            }
            Class::Float(exponent, fraction) => {
                // Half of them near one, so that sums cancel and quotients are ordinary.
                let sign = (raw >> 63) << (exponent + fraction);
                let digits = raw & ((1 << fraction) - 1);
                let digits = if random.below(3) == 0 { digits & !0 << random.below(fraction.into()) } else { digits };
                let bias = (1u64 << (exponent - 1)) - 1;
                let power = match random.below(2) {
                    0 => random.below(1 << exponent),
                    _ => bias - 4u64.min(bias) + random.below(9),
                };
                sign | power.min((1 << exponent) - 1) << fraction | digits & ((1 << fraction) - 1)
            }
            Class::Pair(exponent, fraction) => {
                let half = Class::Float(exponent, fraction);
                half.value(random) << 16 | half.value(random)
            }
            Class::Small => raw % 70,
            Class::Truth => raw & 1,
            Class::Moderate => {
                let x = (raw % 2_000_001) as f32 / 1_000_000.0 - 1.0;
                let scale = [0.01, 1.0, 3.2, 100.0][random.below(4) as usize];
                u64::from((x * scale).to_bits())
            }
            Class::Packed => raw & 0xffff_ffff,
            Class::Tiny(exponent, fraction) => {
                let bias = (1u64 << (exponent - 1)) - 1;
                let powers = [1, 2, 3, (bias + 1) / 2, bias - 2, bias - 1, bias, bias + 1];
                let power = powers[(raw >> 8 & 7) as usize];
                let steps = (raw >> 16 & 15).wrapping_sub(8);
                let sign = (raw >> 63) << (exponent + fraction);
                sign | (power << fraction).wrapping_add(steps) & (u64::MAX >> (64 - exponent - fraction))
            }
            Class::Nan(exponent, fraction) => {
                let infinity = ((1u64 << exponent) - 1) << fraction;
                let payload = (raw & ((1 << fraction) - 1)).max(1);
                match random.below(2) {
                    0 => (raw >> 63) << (exponent + fraction) | infinity | payload,
                    _ => Class::Float(exponent, fraction).value(random),
                }
            }
            Class::TinyPair(exponent, fraction) => {
                let half = Class::Tiny(exponent, fraction);
                half.value(random) << 16 | half.value(random)
            }
            Class::NanPair(exponent, fraction) => {
                let half = Class::Nan(exponent, fraction);
                half.value(random) << 16 | half.value(random)
            }
            Class::Scattered(exponent, fraction) => {
                let width = 1 + exponent + fraction;
                (0..32 / width.min(32)).fold(0, |word, _| {
                    let raw = random.next();
                    let power = 1 + random.below((1 << exponent) - 2);
                    let sign = (raw >> 63) << (exponent + fraction);
                    let value = sign | power << fraction | raw & ((1 << fraction) - 1);
                    word << width.min(32) | if random.below(4) == 0 { value } else { 0 }
                })
            }
            Class::Tie(exponent, fraction) => {
                let bias = (1u64 << (exponent - 1)) - 1;
                let reach = bias.min(20) - 1;
                let last = random.below(fraction.into());
                let digits = (raw | 1) << last & ((1 << fraction) - 1);
                (raw >> 63) << (exponent + fraction) | (bias - reach + random.below(2 * reach)) << fraction | digits
            }
            Class::OutOfBounds => match random.below(3) {
                0 => [0xffff, 0x7fff, 0xfffe, 0x7ffe, 0xff80, 0x7fc0, 0xffc0, 0x7e00][(raw & 7) as usize],
                _ => raw >> 32 & 0xffff,
            },
            Class::Segment => raw & 0x1f1f,
            Class::TwoOfFour => (0..8).fold(0, |word, _| word << 4 | [4, 8, 9, 12, 13, 14][random.below(6) as usize]),
            Class::OneOfTwo => (0..8).fold(0, |word, _| word << 4 | [4, 14][random.below(2) as usize]),
        }
    }

    /// One value: an edge in a quarter of the cases.
    pub fn value(self, random: &mut Random) -> u64 {
        let edges = self.edges();
        if !edges.is_empty() && random.below(4) == 0 {
            edges[random.below(edges.len() as u64) as usize]
        } else {
            self.random(random)
        }
    }
}

/// The operands of a whole instruction: `values[operand][case]`. The first cases run through pairs of edges.
pub fn operands(classes: &[Class], seed: u64) -> Vec<Vec<u64>> {
    let mut random = Random(seed);
    let mut values: Vec<Vec<u64>> =
        classes.iter().map(|class| (0..CASES).map(|_| class.value(&mut random)).collect()).collect();
    if let [first, second, ..] = classes {
        let (a, b) = (first.edges(), second.edges());
        let pairs = a.len() * b.len();
        if pairs > 0 {
            // A stride that is coprime to the number of pairs visits as many different ones as fit.
            for case in 0..CASES / 2 {
                let pair = (case * 7919) % pairs;
                values[0][case] = a[pair / b.len()];
                values[1][case] = b[pair % b.len()];
            }
        }
    } else if let [only] = classes {
        for (case, &edge) in only.edges().iter().enumerate() {
            values[0][case] = edge;
        }
    }
    values
}
