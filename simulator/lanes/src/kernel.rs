//! From a scalar function to a row function, in every instruction set.
//!
//! An [`Operation`] says what one lane computes; [`hot`] and [`plain`] make the loop over 32 lanes of it that the compiler vectorises. Which
//! instruction set is used is decided when the function is selected, never inside it.

use super::{LANES, LaneFn, Row, ValueFn};

/// An instruction set that row functions are compiled for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Isa {
    /// What every processor of the target has.
    Portable,
    /// x86-64 with AVX2, FMA, BMI, LZCNT.
    Avx2,
    /// x86-64 with AVX-512 F, BW, CD, DQ, VL, and what AVX2 has.
    Avx512,
}

impl Isa {
    /// All of them.
    pub const ALL: [Isa; 3] = [Isa::Portable, Isa::Avx2, Isa::Avx512];

    /// Whether this processor runs it.
    pub fn available(self) -> bool {
        match self {
            Isa::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => has_avx2(),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => has_avx2() && has_avx512(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The widest that this processor runs.
    pub fn detect() -> Isa {
        static WIDEST: std::sync::OnceLock<Isa> = std::sync::OnceLock::new();
        *WIDEST.get_or_init(|| Isa::ALL.into_iter().rfind(|isa| isa.available()).unwrap_or(Isa::Portable))
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512cd")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
}

/// What a scalar function may know about the instruction set it is compiled for.
pub trait Machine {
    /// Whether `mul_add` is one instruction (else it is a slow library call).
    const FMA: bool;
}

/// [`Isa::Portable`].
pub struct Portable;
/// [`Isa::Avx2`] and [`Isa::Avx512`].
pub struct Fused;

impl Machine for Portable {
    const FMA: bool = cfg!(target_feature = "fma") || cfg!(target_arch = "aarch64");
}
impl Machine for Fused {
    const FMA: bool = true;
}

/// A scalar that lies in registers: how 32 of them stand in rows.
pub trait Lane: Copy + 'static {
    /// What rows hold for it.
    type Word: Copy + 'static;
    /// 32 words of an operand. Panics when the rows are too few.
    fn words(rows: &[Row]) -> &[Self::Word; LANES];
    /// 32 words of a result. Panics when the rows are too few.
    fn words_mut(rows: &mut [Row]) -> &mut [Self::Word; LANES];
    /// The scalar in a word.
    fn get(word: Self::Word) -> Self;
    /// The word for a scalar: zero-extended.
    fn put(self) -> Self::Word;
}

macro_rules! lanes {
    ($($scalar:ty, $word:ty, $rows:literal, |$get:ident| $from:expr, |$put:ident| $into:expr;)*) => {$(
        impl Lane for $scalar {
            type Word = $word;
            #[inline(always)]
            fn words(rows: &[Row]) -> &[$word; LANES] {
                bytemuck::from_bytes(bytemuck::cast_slice(&rows[..$rows]))
            }
            #[inline(always)]
            fn words_mut(rows: &mut [Row]) -> &mut [$word; LANES] {
                bytemuck::from_bytes_mut(bytemuck::cast_slice_mut(&mut rows[..$rows]))
            }
            #[inline(always)]
            fn get($get: $word) -> Self {
                $from
            }
            #[inline(always)]
            fn put(self) -> $word {
                let $put = self;
                $into
            }
        }
    )*};
}

lanes! {
    u8, u32, 1, |w| w as u8, |v| v.into();
    i8, u32, 1, |w| w as i8, |v| (v as u8).into();
    u16, u32, 1, |w| w as u16, |v| v.into();
    i16, u32, 1, |w| w as i16, |v| (v as u16).into();
    u32, u32, 1, |w| w, |v| v;
    i32, u32, 1, |w| w as i32, |v| v as u32;
    f32, f32, 1, |w| w, |v| v;
    u64, u64, 2, |w| w, |v| v;
    i64, u64, 2, |w| w as i64, |v| v as u64;
    f64, f64, 2, |w| w, |v| v;
    u128, u128, 4, |w| w, |v| v;
}

/// An operand that is not there.
impl Lane for () {
    type Word = ();
    #[inline(always)]
    fn words(_rows: &[Row]) -> &[(); LANES] {
        &[(); LANES]
    }
    #[inline(always)]
    fn words_mut(_rows: &mut [Row]) -> &mut [(); LANES] {
        unreachable!("every operation has a result")
    }
    #[inline(always)]
    fn get(_word: ()) {}
    #[inline(always)]
    fn put(self) {}
}

/// What an instruction computes in one lane.
pub trait Operation: 'static {
    /// The result.
    type D: Lane;
    /// The first operand.
    type A: Lane;
    /// The second, or `()`.
    type B: Lane;
    /// The third, or `()`.
    type C: Lane;
    /// Computes. Must be `#[inline(always)]`, so that it is compiled with the instruction set of its caller.
    fn lane<M: Machine>(a: Self::A, b: Self::B, c: Self::C) -> Self::D;
}

/// Defines operations: `operations! { Add<T: Integer>(a: T, b: T) -> T = a.wrapping_add(b); … }`, with up to three operands; generic
/// parameters and constants in angle brackets. `M` names the [`Machine`] in the body.
macro_rules! operations {
    () => {};
    ($(#[$doc:meta])* $name:ident $(<$($g:ident: $bound:path),* $(; $($k:ident: $kt:ty),*)?>)?
        ($a:ident: $ta:ty) -> $td:ty = $body:expr; $($rest:tt)*) => {
        $crate::kernel::operations! {
            @one $(#[$doc])* $name [$($($g: $bound),*)?] [$($($($k: $kt),*)?)?] ($a: $ta, _b: (), _c: ()) -> $td = $body
        }
        $crate::kernel::operations! { $($rest)* }
    };
    ($(#[$doc:meta])* $name:ident $(<$($g:ident: $bound:path),* $(; $($k:ident: $kt:ty),*)?>)?
        ($a:ident: $ta:ty, $b:ident: $tb:ty) -> $td:ty = $body:expr; $($rest:tt)*) => {
        $crate::kernel::operations! {
            @one $(#[$doc])* $name [$($($g: $bound),*)?] [$($($($k: $kt),*)?)?] ($a: $ta, $b: $tb, _c: ()) -> $td = $body
        }
        $crate::kernel::operations! { $($rest)* }
    };
    ($(#[$doc:meta])* $name:ident $(<$($g:ident: $bound:path),* $(; $($k:ident: $kt:ty),*)?>)?
        ($a:ident: $ta:ty, $b:ident: $tb:ty, $c:ident: $tc:ty) -> $td:ty = $body:expr; $($rest:tt)*) => {
        $crate::kernel::operations! {
            @one $(#[$doc])* $name [$($($g: $bound),*)?] [$($($($k: $kt),*)?)?] ($a: $ta, $b: $tb, $c: $tc) -> $td = $body
        }
        $crate::kernel::operations! { $($rest)* }
    };
    (@one $(#[$doc:meta])* $name:ident [$($g:ident: $bound:path),*] [$($k:ident: $kt:ty),*]
        ($a:ident: $ta:ty, $b:ident: $tb:ty, $c:ident: $tc:ty) -> $td:ty = $body:expr) => {
        $(#[$doc])*
        pub(crate) struct $name<$($g,)* $(const $k: $kt),*>(std::marker::PhantomData<($($g,)*)>);
        impl<$($g: $bound,)* $(const $k: $kt),*> $crate::kernel::Operation for $name<$($g,)* $($k),*> {
            type D = $td;
            type A = $ta;
            type B = $tb;
            type C = $tc;
            #[inline(always)]
            #[allow(clippy::unused_unit, reason = "absent operands are units")]
            fn lane<M: $crate::kernel::Machine>($a: $ta, $b: $tb, $c: $tc) -> $td {
                $body
            }
        }
    };
}
pub(crate) use operations;

#[inline(always)]
fn rows<O: Operation, M: Machine>(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row]) {
    let (a, b, c) = (O::A::words(a), O::B::words(b), O::C::words(c));
    let d = O::D::words_mut(d);
    for lane in 0..LANES {
        d[lane] = O::lane::<M>(O::A::get(a[lane]), O::B::get(b[lane]), O::C::get(c[lane])).put();
    }
}

fn portable<O: Operation>(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row]) {
    rows::<O, Portable>(d, a, b, c);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt")]
fn avx2<O: Operation>(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row]) {
    rows::<O, Fused>(d, a, b, c);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
fn avx512<O: Operation>(d: &mut [Row], a: &[Row], b: &[Row], c: &[Row]) {
    rows::<O, Fused>(d, a, b, c);
}

/// The row function of an operation that is worth compiling for each instruction set. Falls back to portable where `isa` is not available.
pub fn hot<O: Operation>(isa: Isa) -> LaneFn {
    LaneFn::Value(hot_value::<O>(isa))
}

/// As [`hot`], the bare function.
pub fn hot_value<O: Operation>(isa: Isa) -> ValueFn {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 if isa.available() => {
            let run: unsafe fn(&mut [Row], &[Row], &[Row], &[Row]) = avx2::<O>;
            // SAFETY: the processor has the features (just asked), which is all that makes the function unsafe to call.
            unsafe { std::mem::transmute::<unsafe fn(&mut [Row], &[Row], &[Row], &[Row]), ValueFn>(run) }
        }
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 if isa.available() => {
            let run: unsafe fn(&mut [Row], &[Row], &[Row], &[Row]) = avx512::<O>;
            // SAFETY: as above.
            unsafe { std::mem::transmute::<unsafe fn(&mut [Row], &[Row], &[Row], &[Row]), ValueFn>(run) }
        }
        _ => portable::<O>,
    }
}

/// The row function of an operation that is compiled once.
pub fn plain<O: Operation>() -> LaneFn {
    LaneFn::Value(portable::<O>)
}
