//! The kernel for NEON on 64-bit ARM. Built only there; not yet run on such a CPU, so the tests of `tests/lexer.rs`, which
//! compare every available kernel with the portable one, are its first judge.

use std::arch::aarch64::*;

use super::portable::emit_bits;
use super::walk::{BLOCK, walk};
use super::{Kernel, Masks, Tokens};

/// # Safety
/// None beyond NEON, which every 64-bit ARM CPU has.
#[target_feature(enable = "neon")]
pub(super) unsafe fn lex_neon(text: &str, begin: usize, tokens: &mut Tokens) {
    // SAFETY: NEON is part of the architecture.
    unsafe { walk::<Neon>(text, begin, tokens) }
}

struct Neon;

type Quarters = [uint8x16_t; 4];

/// One expression for each quarter; a closure would not inherit the caller's CPU features.
macro_rules! each {
    ($quarters:expr, $quarter:ident => $value:expr) => {{
        let [a, b, c, d] = $quarters;
        [
            {
                let $quarter = a;
                $value
            },
            {
                let $quarter = b;
                $value
            },
            {
                let $quarter = c;
                $value
            },
            {
                let $quarter = d;
                $value
            },
        ]
    }};
}

/// One bit a byte, out of bytes that are 0 or 0xff.
#[inline(always)]
unsafe fn bits(quarters: Quarters) -> u64 {
    const WEIGHTS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
    // SAFETY: the load reads 16 bytes of a 16-byte table; the rest is NEON arithmetic.
    unsafe {
        let weights = vld1q_u8(WEIGHTS.as_ptr());
        let [a, b, c, d] = each!(quarters, quarter => vandq_u8(quarter, weights));
        let sums = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
        vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)))
    }
}

#[inline(always)]
unsafe fn within(quarter: uint8x16_t, first: u8, span: u8) -> uint8x16_t {
    // SAFETY: NEON arithmetic only.
    unsafe { vcleq_u8(vsubq_u8(quarter, vdupq_n_u8(first)), vdupq_n_u8(span)) }
}

impl Kernel for Neon {
    type Lanes = Quarters;

    #[inline(always)]
    unsafe fn load(block: &[u8; BLOCK]) -> Quarters {
        let start = block.as_ptr();
        // SAFETY: the four loads cover the block's 64 bytes.
        unsafe { [vld1q_u8(start), vld1q_u8(start.add(16)), vld1q_u8(start.add(32)), vld1q_u8(start.add(48))] }
    }

    #[inline(always)]
    unsafe fn masks(lanes: Quarters) -> Masks {
        // SAFETY: NEON arithmetic only.
        unsafe {
            let digit = bits(each!(lanes, quarter => within(quarter, b'0', 9)));
            let letter = bits(each!(lanes, quarter => within(vorrq_u8(quarter, vdupq_n_u8(0x20)), b'a', 25)));
            let control = bits(each!(lanes, quarter => within(quarter, b'\t', 4)));
            Masks {
                space: control | Self::equal(lanes, b' '),
                word: letter | digit | Self::equal(lanes, b'_'),
                digit,
                double: Self::equal(lanes, b'"'),
                single: Self::equal(lanes, b'\''),
                slash: Self::equal(lanes, b'/'),
                hash: Self::equal(lanes, b'#'),
                beyond: bits(each!(lanes, quarter => vcgeq_u8(quarter, vdupq_n_u8(0x80)))),
            }
        }
    }

    #[inline(always)]
    unsafe fn equal(lanes: Quarters, byte: u8) -> u64 {
        // SAFETY: NEON arithmetic only.
        unsafe { bits(each!(lanes, quarter => vceqq_u8(quarter, vdupq_n_u8(byte)))) }
    }

    #[inline(always)]
    unsafe fn emit(_: Quarters, block: &[u8; BLOCK], base: u32, starts: u64, tokens: &mut Tokens) {
        // SAFETY: the caller made room for a whole block.
        unsafe { emit_bits(block, base, starts, tokens) }
    }
}
