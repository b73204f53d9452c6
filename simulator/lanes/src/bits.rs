//! Bit operations: fields, counts, permutations, three-input logic, dot products (PTX ISA 9.7.1, 9.7.8).

use super::kernel::{Isa, Machine, operations};
use super::{LANES, Row, Value4Fn, ValueFn};

/// `bfind` of nothing.
const NOT_FOUND: u32 = u32::MAX;

#[inline(always)]
fn find32(a: u32) -> u32 {
    31u32.wrapping_sub(a.leading_zeros())
}

#[inline(always)]
fn find64(a: u64) -> u32 {
    63u32.wrapping_sub(a.leading_zeros())
}

/// For the signed forms: the bits that differ from the sign.
#[inline(always)]
fn unlike_sign32(a: u32) -> u32 {
    a ^ ((a as i32) >> 31) as u32
}

#[inline(always)]
fn unlike_sign64(a: u64) -> u64 {
    a ^ ((a as i64) >> 63) as u64
}

#[inline(always)]
fn to_shift(position: u32, last: u32) -> u32 {
    if position == NOT_FOUND { NOT_FOUND } else { last - position }
}

/// The `n`-th set bit from `base` upwards (positive `n`) or downwards (negative); PTX ISA 9.7.1 `fns`.
#[inline(always)]
fn find_nth(mask: u32, base: u32, n: i32) -> u32 {
    if n == 0 {
        return if base < 32 && mask >> base & 1 == 1 { base } else { NOT_FOUND };
    }
    // The count is negated in 32 bits, where the lowest number stays negative: fewer than any mask has, so the search runs to its end (measured on an
    // H200).
    if n == i32::MIN {
        return 0;
    }
    let (mut position, step) = (i64::from(base), if n > 0 { 1 } else { -1 });
    let mut left = n.unsigned_abs();
    while (0..32).contains(&position) {
        left -= mask >> position & 1;
        if left == 0 {
            return position as u32;
        }
        position += step;
    }
    NOT_FOUND
}

/// The position and length of a bit field. The 32-bit forms take the lowest byte of each (PTX ISA 9.7.1 `bfe`); the 64-bit forms are shifts by the
/// whole word, which clamp, although the ISA says the same of them: ptxas 13 makes `SHF.R.U64` and `SHF.L.U64.HI` without a mask, and the H200
/// gives 0 for a position of 0x1c1f.
#[inline(always)]
fn extent(position: u32, length: u32, bits: u32) -> (u32, u32) {
    match bits {
        64 => (position.min(64), length.min(64)),
        _ => (position & 0xff, length & 0xff),
    }
}

#[inline(always)]
fn extract(a: u64, position: u32, length: u32, bits: u32, signed: bool) -> u64 {
    let (position, length) = extent(position, length, bits);
    let sign_at = (position + length).wrapping_sub(1).min(bits - 1);
    let sign = signed && length != 0 && a >> sign_at & 1 == 1;
    let fill = if sign { u64::MAX } else { 0 };
    let kept = length.min(bits.saturating_sub(position));
    let mask = if kept == 0 { 0 } else { u64::MAX >> (64 - kept) };
    let field = if position < bits { a >> position } else { 0 };
    (field & mask) | (fill & !mask)
}

#[inline(always)]
fn insert(field: u64, into: u64, position: u32, length: u32, bits: u32) -> u64 {
    let (position, length) = extent(position, length, bits);
    let kept = length.min(bits.saturating_sub(position));
    if kept == 0 {
        return into;
    }
    let mask = (u64::MAX >> (64 - kept)) << position;
    (into & !mask) | (field << position & mask)
}

#[inline(always)]
fn extend_at(a: u32, b: u32, clamp: bool, signed: bool) -> u32 {
    let width = b & 31;
    let whole = clamp && b >= 32;
    let above = if whole { 0 } else { u32::MAX << width };
    let negative = signed && width != 0 && !whole && a >> (width - 1) & 1 == 1;
    (a & !above) | if negative { above } else { 0 }
}

#[inline(always)]
fn mask_of(a: u32, b: u32, clamp: bool) -> u32 {
    let (position, width) = (a & 31, b & 31);
    let from = if clamp && a >= 32 { 0 } else { u32::MAX << position };
    let beyond = position + width >= 32 || clamp && (a >= 32 || b >= 32);
    let above = if beyond { 0 } else { u32::MAX << (position + width) };
    from & !above
}

/// The bytes of `b:a` that `selectors` names, one nibble each; the top bit of a nibble spreads the byte's sign.
#[inline(always)]
fn permute(a: u32, b: u32, selectors: u32) -> u32 {
    let both = u64::from(b) << 32 | u64::from(a);
    let mut word = 0;
    let mut piece = 0;
    while piece < 4 {
        let selector = selectors >> (4 * piece);
        let byte = (both >> (8 * (selector & 7))) as u8;
        let byte = if selector & 8 != 0 { ((byte as i8) >> 7) as u8 } else { byte };
        word |= u32::from(byte) << (8 * piece);
        piece += 1;
    }
    word
}

/// The selectors of `prmt`'s special modes, by the low two bits of the third operand (PTX ISA 9.7.8 `prmt`).
pub(crate) const PERMUTE_MODES: [[u32; 4]; 6] = [
    [0x3210, 0x4321, 0x5432, 0x6543], // f4e
    [0x5670, 0x6701, 0x7012, 0x0123], // b4e
    [0x0000, 0x1111, 0x2222, 0x3333], // rc8
    [0x3210, 0x3211, 0x3222, 0x3333], // ecl
    [0x0000, 0x1110, 0x2210, 0x3210], // ecr
    [0x1010, 0x3232, 0x1010, 0x3232], // rc16
];

#[inline(always)]
fn byte(word: u32, index: u32, signed: bool) -> i32 {
    let byte = (word >> (8 * index)) as u8;
    if signed { i32::from(byte as i8) } else { i32::from(byte) }
}

#[inline(always)]
fn half(word: u32, index: u32, signed: bool) -> i32 {
    let half = (word >> (16 * index)) as u16;
    if signed { i32::from(half as i16) } else { i32::from(half) }
}

#[inline(always)]
fn dot4(a: u32, b: u32, a_signed: bool, b_signed: bool) -> u32 {
    (0..4).fold(0i32, |sum, i| sum.wrapping_add(byte(a, i, a_signed) * byte(b, i, b_signed))) as u32
}

#[inline(always)]
fn dot2(a: u32, b: u32, first: u32, a_signed: bool, b_signed: bool) -> u32 {
    (0..2).fold(0i32, |sum, i| sum.wrapping_add(half(a, i, a_signed).wrapping_mul(byte(b, first + i, b_signed)))) as u32
}

operations! {
    Popc32(a: u32) -> u32 = a.count_ones();
    Popc64(a: u64) -> u32 = a.count_ones();
    Clz32(a: u32) -> u32 = a.leading_zeros();
    Clz64(a: u64) -> u32 = a.leading_zeros();
    Brev32(a: u32) -> u32 = a.reverse_bits();
    Brev64(a: u64) -> u64 = a.reverse_bits();
    FindU32(a: u32) -> u32 = find32(a);
    FindS32(a: u32) -> u32 = find32(unlike_sign32(a));
    FindU64(a: u64) -> u32 = find64(a);
    FindS64(a: u64) -> u32 = find64(unlike_sign64(a));
    FindShiftU32(a: u32) -> u32 = to_shift(find32(a), 31);
    FindShiftS32(a: u32) -> u32 = to_shift(find32(unlike_sign32(a)), 31);
    FindShiftU64(a: u64) -> u32 = to_shift(find64(a), 63);
    FindShiftS64(a: u64) -> u32 = to_shift(find64(unlike_sign64(a)), 63);
    FindNth(a: u32, b: u32, c: i32) -> u32 = find_nth(a, b, c);
    ExtractU32(a: u32, b: u32, c: u32) -> u32 = extract(u64::from(a), b, c, 32, false) as u32;
    ExtractS32(a: u32, b: u32, c: u32) -> u32 = extract(u64::from(a), b, c, 32, true) as u32;
    ExtractU64(a: u64, b: u32, c: u32) -> u64 = extract(a, b, c, 64, false);
    ExtractS64(a: u64, b: u32, c: u32) -> u64 = extract(a, b, c, 64, true);
    ExtendClampU32(a: u32, b: u32) -> u32 = extend_at(a, b, true, false);
    ExtendClampS32(a: u32, b: u32) -> u32 = extend_at(a, b, true, true);
    ExtendWrapU32(a: u32, b: u32) -> u32 = extend_at(a, b, false, false);
    ExtendWrapS32(a: u32, b: u32) -> u32 = extend_at(a, b, false, true);
    MaskClamp(a: u32, b: u32) -> u32 = mask_of(a, b, true);
    MaskWrap(a: u32, b: u32) -> u32 = mask_of(a, b, false);
    FunnelLeftClamp(a: u32, b: u32, c: u32) -> u32 = ((u64::from(b) << 32 | u64::from(a)) << c.min(32) >> 32) as u32;
    FunnelLeftWrap(a: u32, b: u32, c: u32) -> u32 = ((u64::from(b) << 32 | u64::from(a)) << (c & 31) >> 32) as u32;
    FunnelRightClamp(a: u32, b: u32, c: u32) -> u32 = ((u64::from(b) << 32 | u64::from(a)) >> c.min(32)) as u32;
    FunnelRightWrap(a: u32, b: u32, c: u32) -> u32 = ((u64::from(b) << 32 | u64::from(a)) >> (c & 31)) as u32;
    Permute(a: u32, b: u32, c: u32) -> u32 = permute(a, b, c);
    DotUU(a: u32, b: u32, c: u32) -> u32 = c.wrapping_add(dot4(a, b, false, false));
    DotUS(a: u32, b: u32, c: u32) -> u32 = c.wrapping_add(dot4(a, b, false, true));
    DotSU(a: u32, b: u32, c: u32) -> u32 = c.wrapping_add(dot4(a, b, true, false));
    DotSS(a: u32, b: u32, c: u32) -> u32 = c.wrapping_add(dot4(a, b, true, true));
    DotLowUU(a: u32, b: u32, c: u32) -> u32 = c.wrapping_add(dot2(a, b, 0, false, false));
    DotLowUS(a: u32, b: u32, c: u32) -> u32 = c.wrapping_add(dot2(a, b, 0, false, true));
    DotLowSU(a: u32, b: u32, c: u32) -> u32 = c.wrapping_add(dot2(a, b, 0, true, false));
    DotLowSS(a: u32, b: u32, c: u32) -> u32 = c.wrapping_add(dot2(a, b, 0, true, true));
    DotHighUU(a: u32, b: u32, c: u32) -> u32 = c.wrapping_add(dot2(a, b, 2, false, false));
    DotHighUS(a: u32, b: u32, c: u32) -> u32 = c.wrapping_add(dot2(a, b, 2, false, true));
    DotHighSU(a: u32, b: u32, c: u32) -> u32 = c.wrapping_add(dot2(a, b, 2, true, false));
    DotHighSS(a: u32, b: u32, c: u32) -> u32 = c.wrapping_add(dot2(a, b, 2, true, true));
}

/// `prmt` with a mode, an index into [`PERMUTE_MODES`].
pub(crate) struct PermuteMode<const MODE: usize>;
impl<const MODE: usize> super::Operation for PermuteMode<MODE> {
    type D = u32;
    type A = u32;
    type B = u32;
    type C = u32;
    #[inline(always)]
    fn lane<M: Machine>(a: u32, b: u32, c: u32) -> u32 {
        permute(a, b, PERMUTE_MODES[MODE][(c & 3) as usize])
    }
}

/// `bfi.b32`.
pub(crate) fn insert32(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row], e: &[Row]) {
    for lane in 0..LANES {
        let (field, into) = (u64::from(a[0].0[lane]), u64::from(b[0].0[lane]));
        d[0].0[lane] = insert(field, into, c[0].0[lane], e[0].0[lane], 32) as u32;
    }
}

/// `bfi.b64`.
pub(crate) fn insert64(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row], e: &[Row]) {
    let (fields, into, d) = (super::wide(a), super::wide(b), super::wide_mut(d));
    for lane in 0..LANES {
        d[lane] = insert(fields[lane], into[lane], c[0].0[lane], e[0].0[lane], 64);
    }
}

/// `a`, `b`, `c` mixed by a truth table; its bit `4a + 2b + c` is the result (PTX ISA 9.7.8 `lop3`). The table is a constant, so that the tables
/// hash functions and address arithmetic use get loops of their own.
#[inline(always)]
fn lop3_rows(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row], table: u32) {
    let (a, b, c, d) = (&a[0].0, &b[0].0, &c[0].0, &mut d[0].0);
    macro_rules! each {
        ($f:expr) => {
            for lane in 0..LANES {
                let f: fn(u32, u32, u32) -> u32 = $f;
                d[lane] = f(a[lane], b[lane], c[lane]);
            }
        };
    }
    match table & 0xff {
        0x96 => each!(|a, b, c| a ^ b ^ c),
        0xca => each!(|a, b, c| (a & b) | (!a & c)),
        0xb8 => each!(|a, b, c| (b & c) | (!b & a)),
        0xe8 => each!(|a, b, c| (a & b) | (a & c) | (b & c)),
        0x80 => each!(|a, b, c| a & b & c),
        0xfe => each!(|a, b, c| a | b | c),
        0xf8 => each!(|a, b, c| a | (b & c)),
        0xea => each!(|a, b, c| (a & b) | c),
        0x78 => each!(|a, b, c| a ^ (b & c)),
        0x6a => each!(|a, b, c| (a & b) ^ c),
        table => {
            let ones = |bit: u32| 0u32.wrapping_sub(table >> bit & 1);
            for lane in 0..LANES {
                let (a, b, c) = (a[lane], b[lane], c[lane]);
                let by_c = |at: u32| (ones(at) & !c) | (ones(at + 1) & c);
                let by_b = |at: u32| (by_c(at) & !b) | (by_c(at + 2) & b);
                d[lane] = (by_b(0) & !a) | (by_b(4) & a);
            }
        }
    }
}

fn lop3_portable(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row], table: &[Row]) {
    lop3_rows(d, a, b, c, table[0].0[0]);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn lop3_avx2(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row], table: &[Row]) {
    lop3_rows(d, a, b, c, table[0].0[0]);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl")]
fn lop3_avx512(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row], table: &[Row]) {
    lop3_rows(d, a, b, c, table[0].0[0]);
}

/// `lop3.b32`: the fourth operand is the truth table, read from lane 0.
pub(crate) fn lop3(isa: Isa) -> Value4Fn {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 if isa.available() => {
            let run: unsafe fn(&mut [Row], &[Row], &[Row], &[Row], &[Row]) = lop3_avx2;
            // SAFETY: the processor has the features (just asked), which is all that makes the function unsafe to call.
            unsafe { std::mem::transmute::<unsafe fn(&mut [Row], &[Row], &[Row], &[Row], &[Row]), Value4Fn>(run) }
        }
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 if isa.available() => {
            let run: unsafe fn(&mut [Row], &[Row], &[Row], &[Row], &[Row]) = lop3_avx512;
            // SAFETY: as above.
            unsafe { std::mem::transmute::<unsafe fn(&mut [Row], &[Row], &[Row], &[Row], &[Row]), Value4Fn>(run) }
        }
        _ => lop3_portable,
    }
}

/// `mov` between a wide register and a vector of narrower ones: the elements, lowest first, packed into `bits` (32, 64, 128); `parts` is 2 or 4. The
/// operand is the elements' rows, one after another. Gives `None` for a packing PTX does not have.
pub fn pack(bits: u32, parts: u32) -> Option<ValueFn> {
    Some(match (bits, parts) {
        (16, 2) => |d, a, _, _| narrow_pack::<2>(d, a, 8),
        (32, 2) => |d, a, _, _| narrow_pack::<2>(d, a, 16),
        (32, 4) => |d, a, _, _| narrow_pack::<4>(d, a, 8),
        (64, 2) => |d, a, _, _| {
            let d = super::wide_mut(d);
            for lane in 0..LANES {
                d[lane] = u64::from(a[1].0[lane]) << 32 | u64::from(a[0].0[lane]);
            }
        },
        (64, 4) => |d, a, _, _| {
            let d = super::wide_mut(d);
            for lane in 0..LANES {
                d[lane] = (0..4).fold(0, |word, part| word | u64::from(a[part].0[lane] & 0xffff) << (16 * part));
            }
        },
        (128, 2) => |d, a, _, _| {
            let (low, high) = (super::wide(a), super::wide(&a[2..]));
            let d: &mut [u128; LANES] = bytemuck::from_bytes_mut(bytemuck::cast_slice_mut(&mut d[..4]));
            for lane in 0..LANES {
                d[lane] = u128::from(high[lane]) << 64 | u128::from(low[lane]);
            }
        },
        (128, 4) => |d, a, _, _| {
            let d: &mut [u128; LANES] = bytemuck::from_bytes_mut(bytemuck::cast_slice_mut(&mut d[..4]));
            for lane in 0..LANES {
                d[lane] = (0..4).fold(0, |word, part| word | u128::from(a[part].0[lane]) << (32 * part));
            }
        },
        _ => return None,
    })
}

fn narrow_pack<const PARTS: usize>(d: &mut [Row], a: &[Row], bits: usize) {
    let mask = u32::MAX >> (32 - bits);
    for lane in 0..LANES {
        d[0].0[lane] = (0..PARTS).fold(0, |word, part| word | (a[part].0[lane] & mask) << (bits * part));
    }
}

/// The opposite of [`pack`]: the result is the elements' rows, one after another.
pub fn unpack(bits: u32, parts: u32) -> Option<ValueFn> {
    Some(match (bits, parts) {
        (16, 2) => |d, a, _, _| narrow_unpack::<2>(d, a, 8),
        (32, 2) => |d, a, _, _| narrow_unpack::<2>(d, a, 16),
        (32, 4) => |d, a, _, _| narrow_unpack::<4>(d, a, 8),
        (64, 2) => |d, a, _, _| {
            let a = super::wide(a);
            for lane in 0..LANES {
                d[0].0[lane] = a[lane] as u32;
                d[1].0[lane] = (a[lane] >> 32) as u32;
            }
        },
        (64, 4) => |d, a, _, _| {
            let a = super::wide(a);
            for lane in 0..LANES {
                for (part, d) in d[..4].iter_mut().enumerate() {
                    d.0[lane] = (a[lane] >> (16 * part)) as u32 & 0xffff;
                }
            }
        },
        (128, 2) => |d, a, _, _| {
            let a: &[u128; LANES] = bytemuck::from_bytes(bytemuck::cast_slice(&a[..4]));
            let (low, high) = d.split_at_mut(2);
            *super::wide_mut(low) = a.map(|word| word as u64);
            *super::wide_mut(high) = a.map(|word| (word >> 64) as u64);
        },
        (128, 4) => |d, a, _, _| {
            let a: &[u128; LANES] = bytemuck::from_bytes(bytemuck::cast_slice(&a[..4]));
            for (part, d) in d[..4].iter_mut().enumerate() {
                d.0 = a.map(|word| (word >> (32 * part)) as u32);
            }
        },
        _ => return None,
    })
}

fn narrow_unpack<const PARTS: usize>(d: &mut [Row], a: &[Row], bits: usize) {
    let mask = u32::MAX >> (32 - bits);
    for lane in 0..LANES {
        for (part, d) in d[..PARTS].iter_mut().enumerate() {
            d.0[lane] = a[0].0[lane] >> (bits * part) & mask;
        }
    }
}
