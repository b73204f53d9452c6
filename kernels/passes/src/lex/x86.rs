//! The kernels for AVX2 and AVX-512.

use std::arch::x86_64::*;

use super::portable::{CLASSES, emit_bits};
use super::walk::{BLOCK, walk};
use super::{Kernel, Masks, Tokens};
use crate::token::KIND_OF_FIRST_BYTE;

pub(super) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vbmi")
        && is_x86_feature_detected!("avx512vbmi2")
        && has_avx2()
}

pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

/// # Safety
/// The CPU must have what [`has_avx512`] asks for.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn lex_avx512(text: &str, begin: usize, tokens: &mut Tokens) {
    // SAFETY: the caller promised the CPU features.
    unsafe { walk::<Avx512>(text, begin, tokens) }
}

/// # Safety
/// The CPU must have what [`has_avx2`] asks for.
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
pub(super) unsafe fn lex_avx2(text: &str, begin: usize, tokens: &mut Tokens) {
    // SAFETY: the caller promised the CPU features.
    unsafe { walk::<Avx2>(text, begin, tokens) }
}

struct Avx512;

/// The first 128 entries of a table, as the two registers that `vpermi2b` looks up in.
#[inline(always)]
unsafe fn ascii_table(table: &[u8; 256]) -> (__m512i, __m512i) {
    // SAFETY: both loads are unaligned and lie within the table.
    unsafe { (_mm512_loadu_si512(table.as_ptr().cast()), _mm512_loadu_si512(table.as_ptr().add(64).cast())) }
}

const POSITIONS: [u8; BLOCK] = {
    let mut positions = [0; BLOCK];
    let mut index = 0;
    while index < BLOCK {
        positions[index] = index as u8;
        index += 1;
    }
    positions
};

impl Kernel for Avx512 {
    type Lanes = __m512i;

    #[inline(always)]
    unsafe fn load(block: &[u8; BLOCK]) -> __m512i {
        // SAFETY: the block has 64 bytes.
        unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
    }

    #[inline(always)]
    unsafe fn masks(lanes: __m512i) -> Masks {
        // SAFETY: the trait's contract gives the CPU features.
        unsafe {
            let (low, high) = ascii_table(&CLASSES);
            let beyond = _mm512_movepi8_mask(lanes);
            let classes = _mm512_maskz_permutex2var_epi8(!beyond, low, lanes, high);
            let class = |bit: i8| _mm512_test_epi8_mask(classes, _mm512_set1_epi8(bit));
            Masks {
                space: class(1),
                word: class(2),
                digit: class(4),
                double: class(8),
                single: class(16),
                slash: class(32),
                hash: class(64),
                beyond,
            }
        }
    }

    #[inline(always)]
    unsafe fn equal(lanes: __m512i, byte: u8) -> u64 {
        // SAFETY: as above.
        unsafe { _mm512_cmpeq_epi8_mask(lanes, _mm512_set1_epi8(byte as i8)) }
    }

    #[inline(always)]
    unsafe fn emit(lanes: __m512i, _: &[u8; BLOCK], base: u32, starts: u64, tokens: &mut Tokens) {
        let count = starts.count_ones() as usize;
        let (kinds_len, starts_len) = (tokens.kinds.len(), tokens.starts.len());
        // SAFETY: the caller made room for 64 tokens and a vector more; every element up to the new length is written.
        unsafe {
            let (low, high) = ascii_table(&KIND_OF_FIRST_BYTE);
            let kinds = _mm512_permutex2var_epi8(low, lanes, high);
            let kinds = _mm512_maskz_compress_epi8(starts, kinds);
            _mm512_storeu_si512(tokens.kinds.as_mut_ptr().add(kinds_len).cast(), kinds);
            let mut positions = _mm512_maskz_compress_epi8(starts, _mm512_loadu_si512(POSITIONS.as_ptr().cast()));
            let out = tokens.starts.as_mut_ptr().add(starts_len);
            let base = _mm512_set1_epi32(base as i32);
            let mut done = 0;
            while done < count {
                let wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(positions));
                _mm512_storeu_si512(out.add(done).cast(), _mm512_add_epi32(wide, base));
                positions = _mm512_alignr_epi64::<2>(positions, positions);
                done += 16;
            }
            tokens.kinds.set_len(kinds_len + count);
            tokens.starts.set_len(starts_len + count);
        }
    }
}

struct Avx2;

/// Bits of both halves' bytes whose top bit is set.
// Arrays are taken apart by hand: a closure would not inherit the caller's CPU features and would not be inlined.
#[inline(always)]
unsafe fn bits(low: __m256i, high: __m256i) -> u64 {
    // SAFETY: only called with the CPU features of `Avx2`.
    unsafe { u64::from(_mm256_movemask_epi8(low) as u32) | u64::from(_mm256_movemask_epi8(high) as u32) << 32 }
}

/// Bytes of `lanes` within `first..=first + span`, as 0xff.
#[inline(always)]
unsafe fn within(lanes: __m256i, first: u8, span: u8) -> __m256i {
    // SAFETY: only called with the CPU features of `Avx2`.
    unsafe {
        let offset = _mm256_sub_epi8(lanes, _mm256_set1_epi8(first as i8));
        _mm256_cmpeq_epi8(_mm256_min_epu8(offset, _mm256_set1_epi8(span as i8)), offset)
    }
}

/// White space, letters and `_`, and digits of one half, as 0xff.
#[inline(always)]
unsafe fn classes(half: __m256i) -> (__m256i, __m256i, __m256i) {
    // SAFETY: only called with the CPU features of `Avx2`.
    unsafe {
        let space = _mm256_or_si256(within(half, b'\t', 4), _mm256_cmpeq_epi8(half, _mm256_set1_epi8(b' ' as i8)));
        let letter = within(_mm256_or_si256(half, _mm256_set1_epi8(0x20)), b'a', 25);
        let letter = _mm256_or_si256(letter, _mm256_cmpeq_epi8(half, _mm256_set1_epi8(b'_' as i8)));
        (space, letter, within(half, b'0', 9))
    }
}

impl Kernel for Avx2 {
    type Lanes = (__m256i, __m256i);

    #[inline(always)]
    unsafe fn load(block: &[u8; BLOCK]) -> Self::Lanes {
        // SAFETY: the block has 64 bytes.
        unsafe { (_mm256_loadu_si256(block.as_ptr().cast()), _mm256_loadu_si256(block.as_ptr().add(32).cast())) }
    }

    #[inline(always)]
    unsafe fn masks(lanes: Self::Lanes) -> Masks {
        // SAFETY: the trait's contract gives the CPU features.
        unsafe {
            let (low, high) = (classes(lanes.0), classes(lanes.1));
            let digit = bits(low.2, high.2);
            Masks {
                space: bits(low.0, high.0),
                word: bits(low.1, high.1) | digit,
                digit,
                double: Self::equal(lanes, b'"'),
                single: Self::equal(lanes, b'\''),
                slash: Self::equal(lanes, b'/'),
                hash: Self::equal(lanes, b'#'),
                beyond: bits(lanes.0, lanes.1),
            }
        }
    }

    #[inline(always)]
    unsafe fn equal(lanes: Self::Lanes, byte: u8) -> u64 {
        // SAFETY: as above.
        unsafe {
            let wanted = _mm256_set1_epi8(byte as i8);
            bits(_mm256_cmpeq_epi8(lanes.0, wanted), _mm256_cmpeq_epi8(lanes.1, wanted))
        }
    }

    #[inline(always)]
    unsafe fn emit(_: Self::Lanes, block: &[u8; BLOCK], base: u32, starts: u64, tokens: &mut Tokens) {
        // SAFETY: the caller made room for a whole block.
        unsafe { emit_bits(block, base, starts, tokens) }
    }
}
