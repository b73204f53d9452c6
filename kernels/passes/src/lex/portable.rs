//! The kernel for every CPU: table look-ups and 64-bit integers.

use super::walk::BLOCK;
use super::{Kernel, Masks, Tokens};
use crate::token::KIND_OF_FIRST_BYTE;

pub(super) struct Portable;

/// One bit a class, in the order of the fields of [`Masks`].
pub(super) const CLASSES: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'\t' | b'\n' | 0x0b | 0x0c | b'\r' | b' ' => 1,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => 2,
            b'0'..=b'9' => 2 | 4,
            b'"' => 8,
            b'\'' => 16,
            b'/' => 32,
            b'#' => 64,
            0x80.. => 128,
            _ => 0,
        };
        byte += 1;
    }
    table
};

const ONES: u64 = 0x0101_0101_0101_0101;

/// The lowest bit of each byte, gathered into a byte.
fn gather(bytes: u64) -> u64 {
    ((bytes & ONES).wrapping_mul(0x0102_0408_1020_4080)) >> 56
}

impl Kernel for Portable {
    type Lanes = [u64; 8];

    #[inline(always)]
    unsafe fn load(block: &[u8; BLOCK]) -> Self::Lanes {
        std::array::from_fn(|lane| {
            u64::from_le_bytes(block[lane * 8..lane * 8 + 8].try_into().expect("the slice has eight bytes"))
        })
    }

    #[inline(always)]
    unsafe fn masks(lanes: Self::Lanes) -> Masks {
        let mut masks = [0u64; 8];
        for (lane, bytes) in lanes.into_iter().enumerate() {
            let classes = u64::from_le_bytes(bytes.to_le_bytes().map(|byte| CLASSES[usize::from(byte)]));
            for (class, mask) in masks.iter_mut().enumerate() {
                *mask |= gather(classes >> class) << (lane * 8);
            }
        }
        let [space, word, digit, double, single, slash, hash, beyond] = masks;
        Masks { space, word, digit, double, single, slash, hash, beyond }
    }

    #[inline(always)]
    unsafe fn equal(lanes: Self::Lanes, byte: u8) -> u64 {
        let wanted = ONES * u64::from(byte);
        let mut mask = 0;
        for (lane, bytes) in lanes.into_iter().enumerate() {
            let different = bytes ^ wanted;
            // The top bit of each byte that is zero, without borrows between bytes.
            let low = 0x7f * ONES;
            let zero = !(((different & low) + low) | different | low);
            mask |= gather(zero >> 7) << (lane * 8);
        }
        mask
    }

    #[inline(always)]
    unsafe fn emit(_: Self::Lanes, block: &[u8; BLOCK], base: u32, starts: u64, tokens: &mut Tokens) {
        // SAFETY: the caller made room for a whole block.
        unsafe { emit_bits(block, base, starts, tokens) }
    }
}

/// Appends a token for each bit of `starts`.
///
/// # Safety
/// `tokens` must have room for 64 more.
#[inline(always)]
pub(super) unsafe fn emit_bits(block: &[u8; BLOCK], base: u32, mut starts: u64, tokens: &mut Tokens) {
    let count = starts.count_ones() as usize;
    let (kinds_len, starts_len) = (tokens.kinds.len(), tokens.starts.len());
    // SAFETY: `count` is at most 64 and the caller made room; every element up to the new length is written.
    unsafe {
        let kinds = tokens.kinds.as_mut_ptr().add(kinds_len);
        let offsets = tokens.starts.as_mut_ptr().add(starts_len);
        for index in 0..count {
            let bit = starts.trailing_zeros();
            starts &= starts - 1;
            *offsets.add(index) = base + bit;
            *kinds.add(index) = KIND_OF_FIRST_BYTE[usize::from(block[bit as usize & (BLOCK - 1)])];
        }
        tokens.kinds.set_len(kinds_len + count);
        tokens.starts.set_len(starts_len + count);
    }
}
