//! Comparison and selection: `set`, `setp`, `selp`, `slct`, `testp` (PTX ISA 9.7.5, 9.7.6), half precision included.

use rustg_ptx::Comparison;

use super::float::flush;
use super::half::widen;
use super::integer::Integer;
use super::kernel::{Isa, Lane, Machine};
use super::soft::{F32, F64, Format};
use super::{LANES, LaneFn, Row, TestFn, Tested};

/// A scalar that compares.
pub(crate) trait Compared: Lane {
    /// Whether it is compared often enough for a kernel in each instruction set.
    const HOT: bool;
    fn compare<const COMPARISON: u8>(a: Self, b: Self) -> bool;
}

macro_rules! compared_integers {
    ($($t:ty)*) => {$(
        impl Compared for $t {
            const HOT: bool = size_of::<$t>() >= 4;
            #[inline(always)]
            fn compare<const COMPARISON: u8>(a: Self, b: Self) -> bool {
                match COMPARISON {
                    EQ => a == b,
                    NE => a != b,
                    LT => a < b,
                    LE => a <= b,
                    GT => a > b,
                    _ => a >= b,
                }
            }
        }
    )*};
}
compared_integers! { u8 i8 u16 i16 u32 i32 u64 i64 }

#[inline(always)]
fn compare_floats<T: PartialOrd + Copy, const COMPARISON: u8>(a: T, b: T) -> bool {
    // A value differs from itself exactly when it is NaN.
    #[allow(clippy::eq_op, reason = "the test for NaN of a generic float")]
    let unordered = a != a || b != b;
    match COMPARISON {
        EQ => a == b,
        NE => !unordered && a != b,
        LT => a < b,
        LE => a <= b,
        GT => a > b,
        GE => a >= b,
        EQU => unordered || a == b,
        NEU => a != b,
        LTU => unordered || a < b,
        LEU => unordered || a <= b,
        GTU => unordered || a > b,
        GEU => unordered || a >= b,
        NUM => !unordered,
        _ => unordered,
    }
}

impl Compared for f32 {
    const HOT: bool = true;
    #[inline(always)]
    fn compare<const COMPARISON: u8>(a: Self, b: Self) -> bool {
        compare_floats::<_, COMPARISON>(a, b)
    }
}
impl Compared for f64 {
    const HOT: bool = true;
    #[inline(always)]
    fn compare<const COMPARISON: u8>(a: Self, b: Self) -> bool {
        compare_floats::<_, COMPARISON>(a, b)
    }
}

/// An f32 whose subnormals count as zeros.
#[derive(Clone, Copy)]
pub(crate) struct Flushed(f32);

impl Lane for Flushed {
    type Word = f32;
    #[inline(always)]
    fn words(rows: &[Row]) -> &[f32; LANES] {
        f32::words(rows)
    }
    #[inline(always)]
    fn words_mut(rows: &mut [Row]) -> &mut [f32; LANES] {
        f32::words_mut(rows)
    }
    #[inline(always)]
    fn get(word: f32) -> Self {
        Flushed(flush::<true>(word))
    }
    #[inline(always)]
    fn put(self) -> f32 {
        self.0
    }
}
impl Compared for Flushed {
    const HOT: bool = true;
    #[inline(always)]
    fn compare<const COMPARISON: u8>(a: Self, b: Self) -> bool {
        compare_floats::<_, COMPARISON>(a.0, b.0)
    }
}

/// A half, widened; `FTZ` counts subnormals as zeros.
#[derive(Clone, Copy)]
pub(crate) struct Half<const BF: bool, const FTZ: bool>(f32);

impl<const BF: bool, const FTZ: bool> Half<BF, FTZ> {
    #[inline(always)]
    fn of(half: u16) -> Self {
        let exponent = if BF { 0x7f80 } else { 0x7c00 };
        Half(widen::<BF>(if FTZ && half & exponent == 0 { half & 0x8000 } else { half }))
    }
}

impl<const BF: bool, const FTZ: bool> Lane for Half<BF, FTZ> {
    type Word = u32;
    #[inline(always)]
    fn words(rows: &[Row]) -> &[u32; LANES] {
        u32::words(rows)
    }
    #[inline(always)]
    fn words_mut(rows: &mut [Row]) -> &mut [u32; LANES] {
        u32::words_mut(rows)
    }
    #[inline(always)]
    fn get(word: u32) -> Self {
        Half::of(word as u16)
    }
    #[inline(always)]
    fn put(self) -> u32 {
        self.0.to_bits() >> 16
    }
}
impl<const BF: bool, const FTZ: bool> Compared for Half<BF, FTZ> {
    const HOT: bool = false;
    #[inline(always)]
    fn compare<const COMPARISON: u8>(a: Self, b: Self) -> bool {
        compare_floats::<_, COMPARISON>(a.0, b.0)
    }
}

const EQ: u8 = 0;
const NE: u8 = 1;
const LT: u8 = 2;
const LE: u8 = 3;
const GT: u8 = 4;
const GE: u8 = 5;
const EQU: u8 = 6;
const NEU: u8 = 7;
const LTU: u8 = 8;
const LEU: u8 = 9;
const GTU: u8 = 10;
const GEU: u8 = 11;
const NUM: u8 = 12;
const NAN: u8 = 13;

#[inline(always)]
fn mask<T: Compared, const COMPARISON: u8>(a: &[Row], b: &[Row]) -> Tested {
    let (a, b) = (T::words(a), T::words(b));
    let mut p = 0;
    for lane in 0..LANES {
        p |= u32::from(T::compare::<COMPARISON>(T::get(a[lane]), T::get(b[lane]))) << lane;
    }
    Tested { p, q: !p }
}

fn test_portable<T: Compared, const COMPARISON: u8>(a: &[Row], b: &[Row]) -> Tested {
    mask::<T, COMPARISON>(a, b)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
fn test_avx2<T: Compared, const COMPARISON: u8>(a: &[Row], b: &[Row]) -> Tested {
    mask::<T, COMPARISON>(a, b)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
fn test_avx512<T: Compared, const COMPARISON: u8>(a: &[Row], b: &[Row]) -> Tested {
    mask::<T, COMPARISON>(a, b)
}

fn hot_test<T: Compared, const COMPARISON: u8>(isa: Isa) -> TestFn {
    if !T::HOT {
        return test_portable::<T, COMPARISON>;
    }
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 if isa.available() => {
            let run: unsafe fn(&[Row], &[Row]) -> Tested = test_avx2::<T, COMPARISON>;
            // SAFETY: the processor has the features (just asked), which is all that makes the function unsafe to call.
            unsafe { std::mem::transmute::<unsafe fn(&[Row], &[Row]) -> Tested, TestFn>(run) }
        }
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 if isa.available() => {
            let run: unsafe fn(&[Row], &[Row]) -> Tested = test_avx512::<T, COMPARISON>;
            // SAFETY: as above.
            unsafe { std::mem::transmute::<unsafe fn(&[Row], &[Row]) -> Tested, TestFn>(run) }
        }
        _ => test_portable::<T, COMPARISON>,
    }
}

/// Both halves of packed operands: `p` from the lower, `q` from the upper.
fn test_pair<const BF: bool, const FTZ: bool, const COMPARISON: u8>(a: &[Row], b: &[Row]) -> Tested {
    let mut tested = Tested { p: 0, q: 0 };
    for lane in 0..LANES {
        let (a, b) = (a[0].0[lane], b[0].0[lane]);
        let compare = |a: u32, b: u32| Half::<BF, FTZ>::compare::<COMPARISON>(Half::of(a as u16), Half::of(b as u16));
        tested.p |= u32::from(compare(a, b)) << lane;
        tested.q |= u32::from(compare(a >> 16, b >> 16)) << lane;
    }
    tested
}

macro_rules! by_comparison {
    ($comparison:expr, $($name:ident = $value:ident),*; |$k:ident| $make:expr) => {
        match $comparison {
            $(Comparison::$name => {
                const $k: u8 = $value;
                $make
            })*
            _ => return None,
        }
    };
}

/// The test of an integer type, or `None` if it has no such comparison.
pub(crate) fn integer_test<T: Compared + Integer>(comparison: Comparison, isa: Isa) -> Option<TestFn> {
    Some(
        by_comparison!(comparison, Eq = EQ, Ne = NE, Lt = LT, Le = LE, Gt = GT, Ge = GE, Lo = LT, Ls = LE, Hi = GT, Hs = GE;
        |K| hot_test::<T, K>(isa)),
    )
}

/// The test of a scalar floating-point type, or `None` if it has no such comparison.
pub(crate) fn float_test<T: Compared>(comparison: Comparison, isa: Isa) -> Option<TestFn> {
    Some(
        by_comparison!(comparison, Eq = EQ, Ne = NE, Lt = LT, Le = LE, Gt = GT, Ge = GE, Equ = EQU, Neu = NEU, Ltu = LTU, Leu = LEU,
        Gtu = GTU, Geu = GEU, Num = NUM, Nan = NAN; |K| hot_test::<T, K>(isa)),
    )
}

/// The test of packed halves, or `None` if they have no such comparison.
pub(crate) fn pair_test<const BF: bool, const FTZ: bool>(comparison: Comparison) -> Option<TestFn> {
    Some(
        by_comparison!(comparison, Eq = EQ, Ne = NE, Lt = LT, Le = LE, Gt = GT, Ge = GE, Equ = EQU, Neu = NEU, Ltu = LTU, Leu = LEU,
        Gtu = GTU, Geu = GEU, Num = NUM, Nan = NAN; |K| test_pair::<BF, FTZ, K>),
    )
}

/// The properties `testp` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Property {
    Finite,
    Infinite,
    Number,
    NotANumber,
    Normal,
    Subnormal,
}

fn has(format: Format, bits: u64, property: Property) -> bool {
    let magnitude = bits & (format.sign_bit() - 1);
    match property {
        Property::Finite => magnitude < format.infinity(),
        Property::Infinite => magnitude == format.infinity(),
        Property::Number => magnitude <= format.infinity(),
        Property::NotANumber => magnitude > format.infinity(),
        // Zero counts as normal: ptxas 13 compares the magnitude with the smallest normal number *or* zero, and the H200 says so.
        Property::Normal => magnitude == 0 || (format.smallest_normal()..format.infinity()).contains(&magnitude),
        Property::Subnormal => format.is_subnormal(bits),
    }
}

fn property_mask(a: &[Row], wide: bool, property: Property) -> Tested {
    let p = (0..LANES).fold(0, |mask, lane| {
        let found =
            if wide { has(F64, super::wide(a)[lane], property) } else { has(F32, a[0].0[lane].into(), property) };
        mask | u32::from(found) << lane
    });
    Tested { p, q: !p }
}

/// `testp` of f32, or of f64 if `wide`.
pub(crate) fn property_test(property: Property, wide: bool) -> TestFn {
    macro_rules! each {
        ($($name:ident)*) => {
            match (property, wide) {
                $(
                    (Property::$name, false) => |a, _| property_mask(a, false, Property::$name),
                    (Property::$name, true) => |a, _| property_mask(a, true, Property::$name),
                )*
            }
        };
    }
    each!(Finite Infinite Number NotANumber Normal Subnormal)
}

#[inline(always)]
fn select_rows<T: Lane>(d: &mut [Row], a: &[Row], b: &[Row], p: u32) {
    let (a, b, d) = (T::words(a), T::words(b), T::words_mut(d));
    for lane in 0..LANES {
        d[lane] = if p >> lane & 1 == 1 { a[lane] } else { b[lane] };
    }
}

fn select_portable<T: Lane>(d: &mut [Row], a: &[Row], b: &[Row], p: u32) {
    select_rows::<T>(d, a, b, p);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn select_avx2<T: Lane>(d: &mut [Row], a: &[Row], b: &[Row], p: u32) {
    select_rows::<T>(d, a, b, p);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn select_avx512<T: Lane>(d: &mut [Row], a: &[Row], b: &[Row], p: u32) {
    select_rows::<T>(d, a, b, p);
}

type SelectFn = fn(&mut [Row], &[Row], &[Row], u32);

/// `selp` of a register as wide as `T`.
pub(crate) fn select<T: Lane>(isa: Isa) -> LaneFn {
    LaneFn::Select(match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 if isa.available() => {
            let run: unsafe fn(&mut [Row], &[Row], &[Row], u32) = select_avx2::<T>;
            // SAFETY: the processor has the features (just asked), which is all that makes the function unsafe to call.
            unsafe { std::mem::transmute::<unsafe fn(&mut [Row], &[Row], &[Row], u32), SelectFn>(run) }
        }
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 if isa.available() => {
            let run: unsafe fn(&mut [Row], &[Row], &[Row], u32) = select_avx512::<T>;
            // SAFETY: as above.
            unsafe { std::mem::transmute::<unsafe fn(&mut [Row], &[Row], &[Row], u32), SelectFn>(run) }
        }
        _ => select_portable::<T>,
    })
}

/// `slct`: by the sign of an integer, or of a float (−0 counts as not negative, NaN as negative).
pub(crate) struct SelectBySign<T, C>(std::marker::PhantomData<(T, C)>);

/// What `slct` looks at.
pub(crate) trait Signed: Lane {
    fn is_at_least_zero(self) -> bool;
}
impl Signed for i32 {
    #[inline(always)]
    fn is_at_least_zero(self) -> bool {
        self >= 0
    }
}
impl Signed for f32 {
    #[inline(always)]
    fn is_at_least_zero(self) -> bool {
        self >= 0.0
    }
}
impl Signed for Flushed {
    #[inline(always)]
    fn is_at_least_zero(self) -> bool {
        self.0 >= 0.0
    }
}
impl<T: Lane, C: Signed> super::Operation for SelectBySign<T, C> {
    type D = T;
    type A = T;
    type B = T;
    type C = C;
    #[inline(always)]
    fn lane<M: Machine>(a: T, b: T, c: C) -> T {
        if c.is_at_least_zero() { a } else { b }
    }
}

/// What `set` writes where the comparison holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Truth {
    /// All ones, 32 bits.
    Ones32,
    /// All ones, 16 bits (half comparisons with an integer result).
    Ones16,
    /// A 32-bit word, `1.0f32`.
    OneF32,
    /// `1.0` of a half.
    OneF16,
    OneBf16,
    /// In both halves: all ones, `1.0`.
    PairOnes,
    PairF16,
    PairBf16,
}

/// Writes what `set` writes.
pub(crate) fn fill(truth: Truth) -> fn(&mut [Row], Tested) {
    fn whole(d: &mut [Row], found: Tested, value: u32) {
        d[0] = Row(std::array::from_fn(|lane| if found.p >> lane & 1 == 1 { value } else { 0 }));
    }
    fn pair(d: &mut [Row], found: Tested, value: u32) {
        let piece = |mask: u32, lane: usize| if mask >> lane & 1 == 1 { value } else { 0 };
        d[0] = Row(std::array::from_fn(|lane| piece(found.q, lane) << 16 | piece(found.p, lane)));
    }
    match truth {
        Truth::Ones32 => |d, found| whole(d, found, u32::MAX),
        Truth::Ones16 => |d, found| whole(d, found, 0xffff),
        Truth::OneF32 => |d, found| whole(d, found, 0x3f80_0000),
        Truth::OneF16 => |d, found| whole(d, found, 0x3c00),
        Truth::OneBf16 => |d, found| whole(d, found, 0x3f80),
        Truth::PairOnes => |d, found| pair(d, found, 0xffff),
        Truth::PairF16 => |d, found| pair(d, found, 0x3c00),
        Truth::PairBf16 => |d, found| pair(d, found, 0x3f80),
    }
}
