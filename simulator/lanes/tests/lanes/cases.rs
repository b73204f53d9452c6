//! Every form that computes and that sm_90 has, as a table of patterns.

use rustg_lanes::video::{Piece, Selectors};

use super::operands::Class;

/// One operand of a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// So many registers of a class, each loaded from its own array.
    Registers(Class, usize),
    /// A predicate, from an array of 0 and 1.
    Predicate,
    /// A constant.
    Immediate(u32),
}

/// What an instruction writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// So many registers of so many bits.
    Registers(u32, usize),
    /// `p|q`, or `p` alone.
    Predicates(u32),
    /// A register and a predicate: `d|p`.
    Both,
}

/// An instruction to try, with its operands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// The form, `add.rn.f32`; two forms with `;` between for a carry from one to the other.
    pub form: String,
    /// The form, and a number where several cases share it.
    pub id: String,
    pub output: Output,
    pub inputs: Vec<Operand>,
    /// Pieces and signs that a video instruction's operands name.
    pub selectors: Selectors,
    /// How results are compared.
    pub exactness: Exactness,
}

/// How results are compared with the hardware's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exactness {
    /// Bit for bit.
    Bits,
    /// Within the documented bound of an approximate function; see `oracle.rs`.
    Approximate,
}

const INTEGERS: &str = "u16 s16 u32 s32 u64 s64";
const COMPARED: &str = "u16 s16 u32 s32 u64 s64";
const ORDERED: &str = "{.eq,.ne,.lt,.le,.gt,.ge}";
const UNORDERED: &str = "{.eq,.ne,.lt,.le,.gt,.ge,.equ,.neu,.ltu,.leu,.gtu,.geu,.num,.nan}";
const ROUNDED: &str = "{,.rn,.rz,.rm,.rp}";
const ROUNDED_ONLY: &str = "{.rn,.rz,.rm,.rp}";

/// `(pattern, types, signature)`. In patterns `{a,b}` are alternatives and `T` the type; in signatures `T` is that type, `W` its double,
/// `TT`, `TTT` so many, `T*4` a vector, `p` a predicate, `n` a small number, `m` a moderate f32, `x` packed bits, `tiny:`, `nan:` and `tie:` before a type
/// special values of it, `#…` a constant.
const ARITHMETIC: &[(&str, &str, &str)] = &[
    ("{add,sub,mul.lo,mul.hi,div,rem,min,max}.T", INTEGERS, "T = T T"),
    ("{add,sub}.sat.T", "s32", "T = T T"),
    ("{mad.lo,mad.hi,sad}.T", INTEGERS, "T = T T T"),
    ("mad.hi.sat.T", "s32", "T = T T T"),
    ("mul.wide.T", "u16 s16 u32 s32", "W = T T"),
    ("mad.wide.T", "u16 s16 u32 s32", "W = T T W"),
    ("{mul24.lo,mul24.hi}.T", "u32 s32", "T = T T"),
    ("{mad24.lo,mad24.hi}.T", "u32 s32", "T = T T T"),
    ("mad24.hi.sat.T", "s32", "T = T T T"),
    ("{abs,neg}.T", "s16 s32 s64", "T = T"),
    ("{add,min,max}.T", "u16x2 s16x2", "T = T T"),
    ("{min,max}.relu.T", "s16x2 s32", "T = T T"),
    ("{popc,clz}.T", "b32 b64", "u32 = T"),
    ("bfind{,.shiftamt}.T", "u32 s32 u64 s64", "u32 = T"),
    ("fns.b32", "", "b32 = b32 n s32"),
    ("fns.b32", "", "b32 = b32 n n"),
    ("brev.T", "b32 b64", "T = T"),
    ("bfe.T", "u32 s32 u64 s64", "T = T n n"),
    ("bfi.T", "b32 b64", "T = T T n n"),
    ("szext{.clamp,.wrap}.T", "u32 s32", "T = T n"),
    ("bmsk{.clamp,.wrap}.b32", "", "b32 = n n"),
    ("dp4a{.u32,.s32}.T", "u32 s32", "s32 = x x s32"),
    ("dp2a{.lo,.hi}{.u32,.s32}.T", "u32 s32", "s32 = x x s32"),
    ("{and,or,xor}.T", "b16 b32 b64", "T = T T"),
    ("{not,cnot}.T", "b16 b32 b64", "T = T"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0x96"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0xca"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0xe8"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0x1d"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0xd2"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0xb8"),
    ("lop3{.and,.or}.b32", "", "dp = b32 b32 b32 #0x6a p"),
    ("shl.T", "b16 b32 b64", "T = T n"),
    ("shr.T", "b16 b32 b64 u16 u32 u64 s16 s32 s64", "T = T n"),
    ("shf{.l,.r}{.clamp,.wrap}.b32", "", "b32 = b32 b32 n"),
    ("prmt.b32", "", "b32 = b32 b32 b32"),
    ("prmt.b32{.f4e,.b4e,.rc8,.ecl,.ecr,.rc16}", "", "b32 = b32 b32 n"),
    ("mov.T", "b16 b32 b64", "T = T"),
    ("min.relu.s16x2", "", "s16x2 = s16x2 s16x2"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0x80"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0xfe"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0xf8"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0xea"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0x78"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0x6a"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0x01"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0x2c"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0x47"),
    ("lop3.b32", "", "b32 = b32 b32 b32 #0x5b"),
    ("lop3{.and,.or}.b32", "", "dp = b32 b32 b32 #0x80 p"),
    ("bfe.T", "u32 s32 u64 s64", "T = T b32 b32"),
    ("bfi.T", "b32 b64", "T = T T b32 b32"),
    ("szext{.clamp,.wrap}.T", "u32 s32", "T = T b32"),
    ("bmsk{.clamp,.wrap}.b32", "", "b32 = b32 b32"),
    ("shf{.l,.r}{.clamp,.wrap}.b32", "", "b32 = b32 b32 b32"),
];

const FLOATS: &[(&str, &str, &str)] = &[
    ("{add,sub,mul}ROUNDED{,.ftz}{,.sat}.f32", "", "f32 = f32 f32"),
    ("fmaROUNDED_ONLY{,.ftz}{,.sat}.f32", "", "f32 = f32 f32 f32"),
    ("{add,sub,mul}ROUNDED.f64", "", "f64 = f64 f64"),
    ("fmaROUNDED_ONLY.f64", "", "f64 = f64 f64 f64"),
    ("divROUNDED_ONLY{,.ftz}.f32", "", "f32 = f32 f32"),
    ("{rcp,sqrt}ROUNDED_ONLY{,.ftz}.f32", "", "f32 = f32"),
    ("divROUNDED_ONLY.f64", "", "f64 = f64 f64"),
    ("{rcp,sqrt}ROUNDED_ONLY.f64", "", "f64 = f64"),
    ("{min,max}{,.ftz}{,.NaN}{,.xorsign.abs}.f32", "", "f32 = f32 f32"),
    ("{min,max}.f64", "", "f64 = f64 f64"),
    ("{neg,abs}{,.ftz}.f32", "", "f32 = f32"),
    ("{neg,abs}.f64", "", "f64 = f64"),
    ("copysign.T", "f32 f64", "T = T T"),
    ("{add,sub,mul}{,.rn}{,.ftz}{,.sat}.T", "f16 f16x2", "T = T T"),
    ("{add,sub,mul}{,.rn}.T", "bf16 bf16x2", "T = T T"),
    ("fma.rn{,.ftz}{,.sat,.relu}.T", "f16 f16x2", "T = T T T"),
    ("fma.rn{,.relu}.T", "bf16 bf16x2", "T = T T T"),
    ("{neg,abs}{,.ftz}.T", "f16 f16x2", "T = T"),
    ("{neg,abs}.T", "bf16 bf16x2", "T = T"),
    ("{min,max}{,.ftz}{,.NaN}{,.xorsign.abs}.T", "f16 f16x2", "T = T T"),
    ("{min,max}{,.NaN}{,.xorsign.abs}.T", "bf16 bf16x2", "T = T T"),
    ("madROUNDED_ONLY{,.ftz}{,.sat}.f32", "", "f32 = f32 f32 f32"),
    ("madROUNDED_ONLY.f64", "", "f64 = f64 f64 f64"),
    // Results about the smallest normal number.
    ("{add,sub,mul}ROUNDED_ONLY{,.ftz}{,.sat}.f32", "", "f32 = tiny:f32 tiny:f32"),
    ("fmaROUNDED_ONLY{,.ftz}{,.sat}.f32", "", "f32 = tiny:f32 tiny:f32 tiny:f32"),
    ("divROUNDED_ONLY{,.ftz}.f32", "", "f32 = tiny:f32 tiny:f32"),
    ("rcpROUNDED_ONLY{,.ftz}.f32", "", "f32 = tiny:f32"),
    ("{mul,div}ROUNDED_ONLY.f64", "", "f64 = tiny:f64 tiny:f64"),
    ("fmaROUNDED_ONLY.f64", "", "f64 = tiny:f64 tiny:f64 tiny:f64"),
    ("{add,sub,mul}.rn{,.ftz}{,.sat}.T", "f16 f16x2", "T = tiny:T tiny:T"),
    ("fma.rn{,.ftz}{,.sat,.relu}.T", "f16 f16x2", "T = tiny:T tiny:T tiny:T"),
    ("mul.rn.T", "bf16 bf16x2", "T = tiny:T tiny:T"),
    ("fma.rn{,.relu}.T", "bf16 bf16x2", "T = tiny:T tiny:T tiny:T"),
    // NaNs and their payloads.
    ("{add,sub,mul,div}ROUNDED_ONLY.f64", "", "f64 = nan:f64 nan:f64"),
    ("fmaROUNDED_ONLY.f64", "", "f64 = nan:f64 nan:f64 nan:f64"),
    ("{rcp,sqrt}ROUNDED_ONLY.f64", "", "f64 = nan:f64"),
    ("{min,max,copysign}.f64", "", "f64 = nan:f64 nan:f64"),
    ("{neg,abs}.f64", "", "f64 = nan:f64"),
    ("{add,sub,mul}.rn{,.ftz}{,.sat}.f32", "", "f32 = nan:f32 nan:f32"),
    ("fma.rn{,.ftz}{,.sat}.f32", "", "f32 = nan:f32 nan:f32 nan:f32"),
    ("div.rn{,.ftz}.f32", "", "f32 = nan:f32 nan:f32"),
    ("{rcp,sqrt}.rn{,.ftz}.f32", "", "f32 = nan:f32"),
    ("{min,max}{,.ftz}{,.NaN}{,.xorsign.abs}.f32", "", "f32 = nan:f32 nan:f32"),
    ("{neg,abs}{,.ftz}.f32", "", "f32 = nan:f32"),
    ("copysign.f32", "", "f32 = nan:f32 nan:f32"),
    ("{add,sub,mul}.rn{,.sat}.T", "f16 f16x2", "T = nan:T nan:T"),
    ("{add,sub,mul}.rn.T", "bf16 bf16x2", "T = nan:T nan:T"),
    ("fma.rn{,.sat,.relu}.T", "f16 f16x2", "T = nan:T nan:T nan:T"),
    ("fma.rn{,.relu}.T", "bf16 bf16x2", "T = nan:T nan:T nan:T"),
    ("{neg,abs}.T", "f16 f16x2 bf16 bf16x2", "T = nan:T"),
    ("{min,max}{,.NaN}{,.xorsign.abs}.T", "f16 f16x2 bf16 bf16x2", "T = nan:T nan:T"),
    ("fma.rn.oob{,.relu}.T", "f16 f16x2 bf16 bf16x2", "T = nan:T nan:T nan:T"),
    ("fma.rn.oob{,.relu}.T", "f16 bf16", "T = oob oob T"),
    ("fma.rn.T", "f16 bf16", "T = oob oob T"),
];

const APPROXIMATE: &[(&str, &str, &str)] = &[
    ("{rcp,sqrt,rsqrt,lg2}.approx{,.ftz}.f32", "", "f32 = f32"),
    ("{sin,cos,ex2}.approx{,.ftz}.f32", "", "f32 = m"),
    ("tanh.approx.f32", "", "f32 = m"),
    ("div{.approx,.full}{,.ftz}.f32", "", "f32 = f32 f32"),
    ("rcp.approx.ftz.f64", "", "f64 = f64"),
    ("rsqrt.approx{,.ftz}.f64", "", "f64 = f64"),
    ("ex2.approx.T", "f16 f16x2", "T = T"),
    ("ex2.approx.ftz.T", "bf16 bf16x2", "T = T"),
    ("tanh.approx.T", "f16 f16x2 bf16 bf16x2", "T = T"),
    ("{sin,cos,ex2}.approx{,.ftz}.f32", "", "f32 = f32"),
    ("tanh.approx.f32", "", "f32 = f32"),
    ("{rcp,sqrt,rsqrt,lg2,sin,cos,ex2}.approx{,.ftz}.f32", "", "f32 = nan:f32"),
    ("tanh.approx.f32", "", "f32 = nan:f32"),
    ("div{.approx,.full}{,.ftz}.f32", "", "f32 = nan:f32 nan:f32"),
    ("{rcp,rsqrt}.approx.ftz.f64", "", "f64 = nan:f64"),
    ("rsqrt.approx.f64", "", "f64 = nan:f64"),
    ("ex2.approx.T", "f16 f16x2", "T = nan:T"),
    ("ex2.approx.ftz.T", "bf16 bf16x2", "T = nan:T"),
    ("tanh.approx.T", "f16 f16x2 bf16 bf16x2", "T = nan:T"),
];

const COMPARISONS: &[(&str, &str, &str)] = &[
    ("setpORDERED.T", COMPARED, "pq = T T"),
    ("setp{.eq,.ne}.T", "b16 b32 b64", "pq = T T"),
    ("setp{.lo,.ls,.hi,.hs}.T", "u16 u32 u64", "pq = T T"),
    ("setp.lt{.and,.or,.xor}.s32", "", "pq = s32 s32 p"),
    ("setpUNORDERED{,.ftz}.f32", "", "pq = f32 f32"),
    ("setpUNORDERED.f64", "", "pq = f64 f64"),
    ("setpUNORDERED{,.ftz}.f16", "", "p = f16 f16"),
    ("setpUNORDERED{,.ftz}.f16x2", "", "pq = f16x2 f16x2"),
    ("setpUNORDERED.bf16", "", "p = bf16 bf16"),
    ("setpUNORDERED.bf16x2", "", "pq = bf16x2 bf16x2"),
    ("setp.ltu{.and,.or,.xor}.T", "f16x2 f32", "pq = T T p"),
    ("setORDERED{.u32,.s32,.f32}.T", COMPARED, "b32 = T T"),
    ("set.geu{.and,.or,.xor}{.u32,.f32}.f32", "", "b32 = f32 f32 p"),
    ("setUNORDERED{,.ftz}{.u32,.f32}.f32", "", "b32 = f32 f32"),
    ("setUNORDERED{.u32,.f32}.f64", "", "b32 = f64 f64"),
    ("setUNORDERED{.f16,.u16}.f16", "", "b16 = f16 f16"),
    ("setUNORDERED{.f16x2,.u32}.f16x2", "", "b32 = f16x2 f16x2"),
    ("setUNORDERED{.bf16x2,.u32}.bf16x2", "", "b32 = bf16x2 bf16x2"),
    ("selp.T", "b16 b32 b64 f32 f64", "T = T T p"),
    ("slct{.b32,.f32}.T", "s32 f32", "b32 = b32 b32 T"),
    ("slct{.b64,.f64}{,.ftz}.T", "f32", "b64 = b64 b64 T"),
    ("slct.b64.s32", "", "b64 = b64 b64 s32"),
    ("testp{.finite,.infinite,.number,.notanumber,.normal,.subnormal}.T", "f32 f64", "p = T"),
    ("setp{.lt,.ne}{.and,.or,.xor}.T", "u16 s16 u32 u64 s64 f64 bf16x2", "pq = T T p"),
    ("setp{.lt,.ne}{.and,.or,.xor}.T", "f16 bf16", "p = T T p"),
    ("set{.lo,.ls,.hi,.hs}{.u32,.s32,.f32}.T", "u16 u32 u64", "b32 = T T"),
    ("set{.eq,.ne}{.u32,.s32,.f32}.T", "b16 b32 b64", "b32 = T T"),
    ("setUNORDERED.s32.T", "f32 f64", "b32 = T T"),
    ("set{.lt,.ne}{.and,.or,.xor}{.u32,.s32,.f32}.T", "u16 s16 u32 s32 u64 s64 f64", "b32 = T T p"),
    ("setUNORDERED{,.ftz}{.u32,.s32}.f16", "", "b32 = f16 f16"),
    ("setUNORDERED{,.ftz}{.f16,.s16}.f16", "", "b16 = f16 f16"),
    ("setUNORDERED{.u32,.s32}.bf16", "", "b32 = bf16 bf16"),
    ("setUNORDERED{.bf16,.u16,.s16}.bf16", "", "b16 = bf16 bf16"),
    ("set{.lt,.ne}{.and,.or,.xor}{.f16,.u16}.f16", "", "b16 = f16 f16 p"),
    ("set{.lt,.ne}{.and,.or,.xor}{.bf16,.u16}.bf16", "", "b16 = bf16 bf16 p"),
    ("set{.lt,.ge,.ne}{.f16,.bf16}.T", "u16 s16 u32 s32 u64 s64 f32 f64", "b16 = T T"),
    ("setUNORDERED{,.ftz}{.s32}.f16x2", "", "b32 = f16x2 f16x2"),
    ("setUNORDERED{.s32}.bf16x2", "", "b32 = bf16x2 bf16x2"),
    ("set{.lt,.ne}{.and,.or,.xor}{.f16x2,.u32}.f16x2", "", "b32 = f16x2 f16x2 p"),
    ("set{.lt,.ne}{.and,.or,.xor}{.bf16x2,.u32}.bf16x2", "", "b32 = bf16x2 bf16x2 p"),
    ("selp.T", "u16 s16 u32 s32 u64 s64", "T = T T p"),
    ("slct{.b16,.u16,.s16}.T", "s32 f32", "b16 = b16 b16 T"),
    ("slct{.u32,.s32}{,.ftz}.f32", "", "b32 = b32 b32 f32"),
    ("slct{.u64,.s64,.f64}.T", "s32 f32", "b64 = b64 b64 T"),
    ("testp{.finite,.infinite,.number,.notanumber,.normal,.subnormal}.T", "f32 f64", "p = nan:T"),
];

const CONVERSIONS: &[(&str, &str, &str)] = &[
    ("cvt{.u16,.s16}.T", "u8 s8", "b16 = b16"),
    ("cvt{.u32,.s32}.T", "u8 s8", "b32 = b16"),
    ("cvt{.u64,.s64}.T", "u8 s8", "b64 = b16"),
    ("cvtROUNDED_ONLY{.f16}.T", "u8 s8", "b16 = b16"),
    ("cvtROUNDED_ONLY{.f32}.T", "u8 s8", "b32 = b16"),
    ("cvtROUNDED_ONLY{.f64}.T", "u8 s8", "b64 = b16"),
    ("cvt{,.sat}.u8.T", INTEGERS, "b16 = T"),
    ("cvt{,.sat}.s8.T", INTEGERS, "b16 = T"),
    ("cvt.u16.T", INTEGERS, "b16 = T"),
    ("cvt.sat.u16.T", "s16 u32 s32 u64 s64", "b16 = T"),
    ("cvt.s16.T", INTEGERS, "b16 = T"),
    ("cvt.sat.s16.T", "u16 u32 s32 u64 s64", "b16 = T"),
    ("cvt.u32.T", INTEGERS, "b32 = T"),
    ("cvt.sat.u32.T", "s16 s32 u64 s64", "b32 = T"),
    ("cvt.s32.T", INTEGERS, "b32 = T"),
    ("cvt.sat.s32.T", "u32 u64 s64", "b32 = T"),
    ("cvt.u64.T", INTEGERS, "b64 = T"),
    ("cvt.sat.u64.T", "s16 s32 s64", "b64 = T"),
    ("cvt.s64.T", INTEGERS, "b64 = T"),
    ("cvt.sat.s64.T", "u64", "b64 = T"),
    ("cvtROUNDED_ONLY.f16.T", INTEGERS, "b16 = T"),
    ("cvtROUNDED_ONLY.bf16.T", INTEGERS, "b16 = T"),
    ("cvtROUNDED_ONLY.f32.T", INTEGERS, "b32 = T"),
    ("cvtROUNDED_ONLY.f64.T", INTEGERS, "b64 = T"),
    ("cvt{.rni,.rzi,.rmi,.rpi}{.u8,.s8,.u16,.s16}.T", "f16 f32 f64", "b16 = T"),
    ("cvt{.rni,.rzi,.rmi,.rpi}{.u16,.s16}.bf16", "", "b16 = bf16"),
    ("cvt{.rni,.rzi,.rmi,.rpi}{.u32,.s32}.T", "f16 bf16 f32 f64", "b32 = T"),
    ("cvt{.rni,.rzi,.rmi,.rpi}{.u64,.s64}.T", "f16 bf16 f32 f64", "b64 = T"),
    ("cvt{.rni,.rzi}.ftz{.u32,.s32}.f32", "", "b32 = f32"),
    ("cvt{.rni,.rzi,.rmi,.rpi}{,.ftz}{,.sat}.f32.f32", "", "f32 = f32"),
    ("cvt{.rni,.rzi,.rmi,.rpi}{,.sat}.f64.f64", "", "f64 = f64"),
    ("cvt{.rni,.rzi,.rmi,.rpi}{,.sat}.f16.f16", "", "f16 = f16"),
    ("cvt{,.sat}.T.f16", "f32 f64", "T = f16"),
    ("cvt.T.bf16", "f32 f64", "T = bf16"),
    ("cvt{,.ftz}{,.sat}.f64.f32", "", "f64 = f32"),
    ("cvt{,.ftz}{,.sat}.f32.f32", "", "f32 = f32"),
    ("cvtROUNDED_ONLY{,.ftz}{,.sat}.f32.f64", "", "f32 = f64"),
    ("cvtROUNDED_ONLY{,.ftz}{,.sat}.f16.f32", "", "f16 = f32"),
    ("cvtROUNDED_ONLY{,.sat}.f16.f64", "", "f16 = f64"),
    ("cvtROUNDED_ONLY.bf16.f64", "", "bf16 = f64"),
    ("cvtROUNDED_ONLY.f16.bf16", "", "f16 = bf16"),
    ("cvtROUNDED_ONLY.bf16.f16", "", "bf16 = f16"),
    ("cvt{.rn,.rz}{,.relu}{,.satfinite}.f16.f32", "", "f16 = f32"),
    ("cvt{.rn,.rz}{,.relu}{,.satfinite}.bf16.f32", "", "bf16 = f32"),
    ("cvt{.rn,.rz}{,.relu}{,.satfinite}.f16x2.f32", "", "f16x2 = f32 f32"),
    ("cvt{.rn,.rz}{,.relu}{,.satfinite}.bf16x2.f32", "", "bf16x2 = f32 f32"),
    ("cvt.rna{,.satfinite}.tf32.f32", "", "b32 = f32"),
    ("cvt{.rn,.rz}{,.relu}.tf32.f32", "", "b32 = f32"),
    ("cvt.rn.satfinite{,.relu}{.e4m3x2,.e5m2x2}.f32", "", "b16 = f32 f32"),
    ("cvt.rn.satfinite{,.relu}{.e4m3x2,.e5m2x2}.f16x2", "", "b16 = f16x2"),
    ("cvt.rn{,.relu}.f16x2{.e4m3x2,.e5m2x2}", "", "b32 = b16"),
    ("cvt.pack.sat{.s16,.u16}.s32", "", "b32 = s32 s32"),
    ("cvt.pack.sat{.s8,.u8,.s4,.u4,.s2,.u2}.s32.b32", "", "b32 = s32 s32 b32"),
    ("cvt.f64.f64", "", "f64 = nan:f64"),
    ("cvt.sat.f64.f64", "", "f64 = nan:f64"),
    ("cvt{,.sat}.f16.f16", "", "f16 = nan:f16"),
    ("cvt.bf16.bf16", "", "bf16 = nan:bf16"),
    ("cvt{,.ftz}{,.sat}.f32.f32", "", "f32 = nan:f32"),
    ("cvt{,.ftz}{,.sat}.f64.f32", "", "f64 = nan:f32"),
    ("cvt{,.sat}.T.f16", "f32 f64", "T = nan:f16"),
    ("cvt.ftz{,.sat}.f32.f16", "", "f32 = nan:f16"),
    ("cvt.T.bf16", "f32 f64", "T = nan:bf16"),
    ("cvtROUNDED_ONLY{,.ftz}{,.sat}.f32.f64", "", "f32 = nan:f64"),
    ("cvtROUNDED_ONLY{,.ftz}{,.sat}.f16.f32", "", "f16 = nan:f32"),
    ("cvtROUNDED_ONLY.bf16.f32", "", "bf16 = nan:f32"),
    ("cvtROUNDED_ONLY{,.sat}.f16.f64", "", "f16 = nan:f64"),
    ("cvtROUNDED_ONLY.bf16.f64", "", "bf16 = nan:f64"),
    ("cvtROUNDED_ONLY.f16.bf16", "", "f16 = nan:bf16"),
    ("cvtROUNDED_ONLY.bf16.f16", "", "bf16 = nan:f16"),
    ("cvt{.rni,.rzi,.rmi,.rpi}{,.ftz}{,.sat}.f32.f32", "", "f32 = nan:f32"),
    ("cvt{.rni,.rzi,.rmi,.rpi}{,.sat}.f64.f64", "", "f64 = nan:f64"),
    ("cvt{.rni,.rzi,.rmi,.rpi}{,.sat}.f16.f16", "", "f16 = nan:f16"),
    ("cvt{.rni,.rzi,.rmi,.rpi}.bf16.bf16", "", "bf16 = nan:bf16"),
    ("cvt{.rni,.rzi,.rmi,.rpi}.ftz{.u32,.s32}.f32", "", "b32 = f32"),
    ("cvt{.rni,.rzi,.rmi,.rpi}.ftz{.u8,.s8,.u16,.s16}.f32", "", "b16 = f32"),
    ("cvt{.rni,.rzi,.rmi,.rpi}.ftz{.u64,.s64}.f32", "", "b64 = f32"),
    ("cvt{.rni,.rzi}.sat{.u32,.s32}.T", "f16 f32 f64", "b32 = T"),
    ("cvt{.rni,.rzi}{.u32,.s32}.T", "f16 bf16 f32 f64", "b32 = nan:T"),
    ("cvt{.rni,.rzi}{.u64,.s64}.T", "f16 bf16 f32 f64", "b64 = nan:T"),
    ("cvt{.rni,.rzi}{.u8,.s8,.u16,.s16}.T", "f16 f32 f64", "b16 = nan:T"),
    ("cvtROUNDED_ONLY.sat{.f32}.T", "u32 s32 u64 s64", "b32 = T"),
    ("cvtROUNDED_ONLY.sat{.f64}.T", "u32 s32 u64 s64", "b64 = T"),
    ("cvt{.rn,.rz}{,.relu}{,.satfinite}.T.f32", "f16 bf16", "T = nan:f32"),
    ("cvt{.rn,.rz}{,.relu}{,.satfinite}.T.f32", "f16x2 bf16x2", "T = nan:f32 nan:f32"),
    ("cvt.rna{,.satfinite}.tf32.f32", "", "b32 = nan:f32"),
    ("cvt{.rn,.rz}{,.relu}.tf32.f32", "", "b32 = nan:f32"),
    ("cvt.rn.satfinite{,.relu}{.e4m3x2,.e5m2x2}.f32", "", "b16 = nan:f32 nan:f32"),
    ("cvt.rn.satfinite{,.relu}{.e4m3x2,.e5m2x2}.f16x2", "", "b16 = nan:f16x2"),
    // Halfway between two results.
    ("cvtROUNDED_ONLY.T.f32", "f16 bf16", "T = tie:f32"),
    ("cvtROUNDED_ONLY.T.f64", "f16 bf16 f32", "T = tie:f64"),
    ("cvtROUNDED_ONLY.bf16.f16", "", "bf16 = tie:f16"),
    ("cvt{.rna,.rn,.rz}.tf32.f32", "", "b32 = tie:f32"),
    ("cvt{.rn,.rz}.T.f32", "f16x2 bf16x2", "T = tie:f32 tie:f32"),
    ("cvt.rn.satfinite{.e4m3x2,.e5m2x2}.f32", "", "b16 = tie:f32 tie:f32"),
    ("cvt{.rni,.rzi,.rmi,.rpi}{.u32,.s32}.T", "f16 bf16 f32 f64", "b32 = tie:T"),
    ("cvt{.rni,.rzi,.rmi,.rpi}{.u64,.s64}.T", "f16 bf16 f32 f64", "b64 = tie:T"),
    ("cvt{.rni,.rzi,.rmi,.rpi}.T.T", "f16 bf16 f32 f64", "T = tie:T"),
];

const CROSS: &[(&str, &str, &str)] = &[
    ("shfl.sync{.up,.down,.bfly,.idx}.b32", "", "dp = b32 n n #0xffffffff"),
    ("vote.sync{.all,.any,.uni}.pred", "", "p = p #0xffffffff"),
    ("vote.sync.ballot.b32", "", "b32 = p #0xffffffff"),
    ("match.any.sync.T", "b32 b64", "b32 = T #0xffffffff"),
    ("match.all.sync.T", "b32 b64", "dp = T #0xffffffff"),
    ("redux.sync{.add,.min,.max}.T", "u32 s32", "T = T #0xffffffff"),
    ("redux.sync{.and,.or,.xor}.b32", "", "b32 = b32 #0xffffffff"),
    ("movmatrix.sync.aligned.m8n8.trans.b16", "", "b32 = b32"),
    ("shfl.sync{.up,.down,.bfly,.idx}.b32", "", "dp = b32 n segment #0xffffffff"),
    ("redux.sync{.add,.min,.max}.T", "u32 s32", "T = n #0xffffffff"),
    ("match.any.sync.b32", "", "b32 = n #0xffffffff"),
    ("ldmatrix.sync.aligned.m8n8.x4{,.trans}.shared.b16", "", "b32*4 = b32*4"),
    ("ldmatrix.sync.aligned.m8n8.x2{,.trans}.shared.b16", "", "b32*2 = b32*4"),
    ("ldmatrix.sync.aligned.m8n8.x1{,.trans}.shared.b16", "", "b32*1 = b32*4"),
    ("stmatrix.sync.aligned.m8n8.x4{,.trans}.shared.b16", "", "b32*4 = b32*4"),
    ("elect.sync", "", "dp = #0xffffffff"),
];

const VIDEO: &[(&str, &str, &str)] = &[
    ("{vadd,vsub,vabsdiff,vmin,vmax}{.u32,.s32}{.u32,.s32}.T{,.sat}", "u32 s32", "b32 = b32 b32"),
    ("{vadd,vsub,vmin}{.u32,.s32}{.u32,.s32}.T{,.sat}{.add,.min,.max}", "u32 s32", "b32 = b32 b32 b32"),
    ("{vshl,vshr}{.u32,.s32}{.u32,.s32}.u32{,.sat}{.clamp,.wrap}", "", "b32 = b32 n"),
    ("vmad{.u32,.s32}{.u32,.s32}.T{,.sat}", "u32 s32", "b32 = b32 b32 b32"),
    ("vset{.u32,.s32}.T{.eq,.ne,.lt,.le,.gt,.ge}", "u32 s32", "b32 = b32 b32"),
    (
        "{vadd2,vsub2,vavrg2,vabsdiff2,vmin2,vmax2,vadd4,vsub4,vavrg4,vabsdiff4,vmin4,vmax4}{.u32,.s32}{.u32,.s32}.T{,.sat,.add}",
        "u32 s32",
        "b32 = b32 b32 b32",
    ),
    ("{vabsdiff,vmax}{.u32,.s32}{.u32,.s32}.T{,.sat}{.add,.min,.max}", "u32 s32", "b32 = b32 b32 b32"),
    ("{vshl,vshr}{.u32,.s32}{.u32,.s32}.u32{,.sat}{.clamp,.wrap}{.add,.min,.max}", "", "b32 = b32 n b32"),
    ("vmad{.u32,.s32}{.u32,.s32}.T{,.sat}{.shr7,.shr15}", "u32 s32", "b32 = b32 b32 b32"),
    ("vmad{.u32,.s32}{.u32,.s32}.T.po{,.sat}{,.shr7}", "u32 s32", "b32 = b32 b32 b32"),
    ("vset{.u32,.s32}.T{.lt,.ge}{.add,.min,.max}", "u32 s32", "b32 = b32 b32 b32"),
    ("{vset2,vset4}{.u32,.s32}.T{.eq,.ne,.lt,.le,.gt,.ge}{,.add}", "u32 s32", "b32 = b32 b32 b32"),
];

/// Video instructions on pieces of their operands: patterns of three operands, and what the operands name.
const PIECES: &[(&str, Selectors)] = &[
    ("{vadd,vsub,vabsdiff,vmin,vmax}{.u32,.s32}{.u32,.s32}.s32{,.sat}", picked(None, Piece::Byte(1), Piece::Half(1))),
    (
        "{vadd,vsub,vabsdiff,vmin,vmax}{.u32,.s32}{.u32,.s32}.u32{,.sat}",
        picked(Some(Piece::Half(1)), Piece::Whole, Piece::Byte(3)),
    ),
    (
        "{vadd,vsub,vabsdiff,vmin,vmax}{.u32,.s32}{.u32,.s32}.s32{,.sat}",
        picked(Some(Piece::Byte(2)), Piece::Half(0), Piece::Byte(0)),
    ),
    ("{vadd,vsub}{.u32,.s32}{.u32,.s32}.s32.sat{.add,.min}", picked(None, Piece::Half(1), Piece::Whole)),
    (
        "{vshl,vshr}{.u32,.s32}{.u32,.s32}.u32{,.sat}{.clamp,.wrap}",
        picked(Some(Piece::Half(0)), Piece::Byte(2), Piece::Byte(1)),
    ),
    ("vset{.u32,.s32}.s32{.lt,.ge}", picked(Some(Piece::Byte(3)), Piece::Half(1), Piece::Byte(0))),
    ("vmad{.u32,.s32}{.u32,.s32}{.u32,.s32}{,.sat}", picked(None, Piece::Byte(1), Piece::Half(1))),
    ("vmad{.u32,.s32}{.u32,.s32}{.u32,.s32}{,.sat}{,.shr7}", Selectors { negate: [true, false, false], ..WHOLE }),
    ("vmad{.u32,.s32}{.u32,.s32}{.u32,.s32}{,.sat}{,.shr15}", Selectors { negate: [false, false, true], ..WHOLE }),
    (
        "{vadd2,vsub2,vavrg2,vabsdiff2,vmin2,vmax2}{.u32,.s32}{.u32,.s32}.s32{,.sat,.add}",
        Selectors { mask: 0b01, from_a: Some([3, 0, 0, 0]), from_b: Some([1, 2, 0, 0]), ..WHOLE },
    ),
    (
        "{vadd4,vsub4,vavrg4,vabsdiff4,vmin4,vmax4}{.u32,.s32}{.u32,.s32}.s32{,.sat,.add}",
        Selectors { mask: 0b1011, from_a: Some([7, 0, 5, 2]), from_b: Some([1, 6, 3, 4]), ..WHOLE },
    ),
    (
        "vset4{.u32,.s32}.s32{.lt,.ge}{,.add}",
        Selectors { mask: 0b0110, from_a: Some([2, 4, 1, 0]), from_b: None, ..WHOLE },
    ),
];

/// Operands as they are.
const WHOLE: Selectors = picked(None, Piece::Whole, Piece::Whole);

const fn picked(d: Option<Piece>, a: Piece, b: Piece) -> Selectors {
    Selectors { d, a, b, negate: [false; 3], mask: 0, from_a: None, from_b: None }
}

const ATOMICS: &[(&str, &str, &str)] = &[
    ("atom{.global,.shared}{.and,.or,.xor,.exch}.T", "b32 b64", "TT = T T"),
    ("atom{.global,.shared}.add.T", "u32 s32 u64 f32 f64", "TT = T T"),
    ("atom{.global,.shared}.add.noftz.T", "f16 f16x2 bf16 bf16x2", "TT = T T"),
    ("atom{.global,.shared}{.min,.max}.T", "u32 s32 u64 s64", "TT = T T"),
    ("atom{.global,.shared}{.inc,.dec}.u32", "", "b32*2 = u32 u32"),
    ("atom{.global,.shared}.cas.T", "b16 b32 b64", "TT = T T T"),
    ("red{.global,.shared}{.and,.or,.xor}.T", "b32 b64", "T = T T"),
    ("red{.global,.shared}.add.T", "u32 s32 u64 f32 f64", "T = T T"),
    ("red{.global,.shared}.add.noftz.T", "f16 f16x2 bf16 bf16x2", "T = T T"),
    ("red{.global,.shared}{.min,.max}.T", "u32 s32 u64 s64", "T = T T"),
    ("red{.global,.shared}{.inc,.dec}.u32", "", "u32 = u32 u32"),
    ("atom{.global,.shared}.add.T", "f32 f64", "TT = nan:T nan:T"),
    ("atom{.global,.shared}.add.noftz.T", "f16 f16x2 bf16 bf16x2", "TT = nan:T nan:T"),
    ("red{.global,.shared}.add.T", "f32 f64", "T = nan:T nan:T"),
    ("red{.global,.shared}.add.noftz.T", "f16 f16x2 bf16 bf16x2", "T = nan:T nan:T"),
    ("red{.global,.shared}.add.f32", "", "f32 = tiny:f32 tiny:f32"),
    ("red.global.add.v2.f32", "", "b32*2 = f32*2 f32*2"),
    ("red.global.add.v4.f32", "", "b32*4 = f32*4 f32*4"),
    ("red.global{.add,.min,.max}.noftz.v2.T", "f16x2 bf16x2", "b32*2 = T*2 T*2"),
    ("red.global{.add,.min,.max}.noftz.v4.T", "f16x2 bf16x2", "b32*4 = nan:T*4 nan:T*4"),
    ("red.global{.add,.min,.max}.noftz.v2.T", "f16 bf16", "b16*2 = T*2 T*2"),
    ("red.global{.add,.min,.max}.noftz.v8.T", "f16 bf16", "b16*8 = T*8 T*8"),
];

const CARRIES: &[(&str, &str, &str)] = &[
    ("add.cc.T;addc.T", "u32 s32 u64 s64", "TT = T T T T"),
    ("add.cc.T;addc.cc.T", "u32 s32 u64 s64", "TT = T T T T"),
    ("sub.cc.T;subc.T", "u32 s32 u64 s64", "TT = T T T T"),
    ("sub.cc.T;subc.cc.T", "u32 s32 u64 s64", "TT = T T T T"),
    ("mad.lo.cc.T;madc.hi.T", "u32 s32 u64 s64", "TT = T T T T"),
    ("mad.hi.cc.T;madc.lo.T", "u32 s32 u64 s64", "TT = T T T T"),
    ("add.cc.T;addc.cc.T;addc.T", "u32 s32 u64 s64", "TTT = T T T T T T"),
    ("sub.cc.T;subc.cc.T;subc.T", "u32 s32 u64 s64", "TTT = T T T T T T"),
    ("mad.lo.cc.T;madc.lo.T", "u32 s32 u64 s64", "TT = T T T T"),
    ("mad.hi.cc.T;madc.hi.T", "u32 s32 u64 s64", "TT = T T T T"),
    ("mad.lo.cc.T;madc.hi.cc.T;addc.T", "u32 s32 u64 s64", "TTT = T T T T T T"),
];

/// `(form, registers of d, bits of d, a, b, c)`: counts of registers, classes.
type MatrixRow = (&'static str, (u32, usize), (Class, usize), (Class, usize), (Class, usize));

const F16: Class = Class::Pair(5, 10);
const BF16: Class = Class::Pair(8, 7);
const F32: Class = Class::Float(8, 23);
const F64: Class = Class::Float(11, 52);
const S32: Class = Class::Integer(32);
const BITS: Class = Class::Packed;
const FAR16: Class = Class::Scattered(5, 10);
const FAR_BF16: Class = Class::Scattered(8, 7);
const FAR32: Class = Class::Scattered(8, 23);
const TINY16: Class = Class::TinyPair(5, 10);
const TINY32: Class = Class::Tiny(8, 23);
const NAN64: Class = Class::Nan(11, 52);

/// Sparse products: as [`MATRICES`], with the class of the metadata and the highest sparsity selector.
const SPARSE: &[(MatrixRow, Class, u32)] = &[
    (("m16n8k16.row.col.f16.f16.f16.f16", (32, 2), (F16, 2), (F16, 2), (F16, 2)), Class::TwoOfFour, 3),
    (("m16n8k16.row.col.f32.f16.f16.f32", (32, 4), (F16, 2), (F16, 2), (F32, 4)), Class::TwoOfFour, 3),
    (("m16n8k16.row.col.f32.bf16.bf16.f32", (32, 4), (BF16, 2), (BF16, 2), (F32, 4)), Class::TwoOfFour, 3),
    (("m16n8k8.row.col.f32.tf32.tf32.f32", (32, 4), (F32, 2), (F32, 2), (F32, 4)), Class::OneOfTwo, 3),
];

const MATRICES: &[MatrixRow] = &[
    ("m16n8k8.row.col.f16.f16.f16.f16", (32, 2), (F16, 2), (F16, 1), (F16, 2)),
    ("m16n8k8.row.col.f32.f16.f16.f32", (32, 4), (F16, 2), (F16, 1), (F32, 4)),
    ("m16n8k16.row.col.f16.f16.f16.f16", (32, 2), (F16, 4), (F16, 2), (F16, 2)),
    ("m16n8k16.row.col.f32.f16.f16.f32", (32, 4), (F16, 4), (F16, 2), (F32, 4)),
    ("m16n8k8.row.col.f32.bf16.bf16.f32", (32, 4), (BF16, 2), (BF16, 1), (F32, 4)),
    ("m16n8k16.row.col.f32.bf16.bf16.f32", (32, 4), (BF16, 4), (BF16, 2), (F32, 4)),
    ("m16n8k4.row.col.f32.tf32.tf32.f32", (32, 4), (F32, 2), (F32, 1), (F32, 4)),
    ("m16n8k8.row.col.f32.tf32.tf32.f32", (32, 4), (F32, 4), (F32, 2), (F32, 4)),
    ("m16n8k32.row.col.f32.e4m3.e4m3.f32", (32, 4), (BITS, 4), (BITS, 2), (F32, 4)),
    ("m16n8k32.row.col.f32.e4m3.e5m2.f32", (32, 4), (BITS, 4), (BITS, 2), (F32, 4)),
    ("m16n8k32.row.col.f32.e5m2.e5m2.f32", (32, 4), (BITS, 4), (BITS, 2), (F32, 4)),
    ("m16n8k16.row.col.f32.e4m3.e4m3.f32", (32, 4), (BITS, 2), (BITS, 1), (F32, 4)),
    ("m8n8k4.row.col.f64.f64.f64.f64", (64, 2), (F64, 1), (F64, 1), (F64, 2)),
    ("m16n8k4.row.col.f64.f64.f64.f64", (64, 4), (F64, 2), (F64, 1), (F64, 4)),
    ("m16n8k8.row.col.f64.f64.f64.f64", (64, 4), (F64, 4), (F64, 2), (F64, 4)),
    ("m16n8k16.row.col.f64.f64.f64.f64", (64, 4), (F64, 8), (F64, 4), (F64, 4)),
    ("m8n8k4.row.col.f16.f16.f16.f16", (32, 4), (F16, 2), (F16, 2), (F16, 4)),
    ("m8n8k4.row.row.f32.f16.f16.f32", (32, 8), (F16, 2), (F16, 2), (F32, 8)),
    ("m8n8k4.col.col.f32.f16.f16.f32", (32, 8), (F16, 2), (F16, 2), (F32, 8)),
    ("m8n8k4.col.row.f32.f16.f16.f32", (32, 8), (F16, 2), (F16, 2), (F32, 8)),
    ("m16n8k32.row.col.f32.e5m2.e4m3.f32", (32, 4), (BITS, 4), (BITS, 2), (F32, 4)),
    ("m16n8k32.row.col.f16.e4m3.e4m3.f16", (32, 2), (BITS, 4), (BITS, 2), (F16, 2)),
    ("m16n8k32.row.col.f16.e5m2.e4m3.f16", (32, 2), (BITS, 4), (BITS, 2), (F16, 2)),
    ("m16n8k32.row.col.f16.e5m2.e5m2.f16", (32, 2), (BITS, 4), (BITS, 2), (F16, 2)),
    ("m16n8k16.row.col.f32.e4m3.e5m2.f32", (32, 4), (BITS, 2), (BITS, 1), (F32, 4)),
    ("m16n8k16.row.col.f32.e5m2.e5m2.f32", (32, 4), (BITS, 2), (BITS, 1), (F32, 4)),
    ("m16n8k16.row.col.f16.e4m3.e4m3.f16", (32, 2), (BITS, 2), (BITS, 1), (F16, 2)),
    ("m16n8k16.row.col.f16.e5m2.e5m2.f16", (32, 2), (BITS, 2), (BITS, 1), (F16, 2)),
    ("m8n8k4.row.row.f16.f16.f16.f16", (32, 4), (F16, 2), (F16, 2), (F16, 4)),
    ("m8n8k4.col.col.f16.f16.f16.f16", (32, 4), (F16, 2), (F16, 2), (F16, 4)),
    ("m8n8k4.col.row.f16.f16.f16.f16", (32, 4), (F16, 2), (F16, 2), (F16, 4)),
    ("m8n8k4.row.col.f32.f16.f16.f32", (32, 8), (F16, 2), (F16, 2), (F32, 8)),
    ("m8n8k4.row.col.f32.f16.f16.f16", (32, 8), (F16, 2), (F16, 2), (F16, 4)),
    ("m8n8k4.col.row.f32.f16.f16.f16", (32, 8), (F16, 2), (F16, 2), (F16, 4)),
    // Few terms of far exponents: where alignment and cutting off show.
    ("m16n8k8.row.col.f16.f16.f16.f16", (32, 2), (FAR16, 2), (FAR16, 1), (FAR16, 2)),
    ("m16n8k16.row.col.f16.f16.f16.f16", (32, 2), (FAR16, 4), (FAR16, 2), (FAR16, 2)),
    ("m16n8k16.row.col.f32.f16.f16.f32", (32, 4), (FAR16, 4), (FAR16, 2), (FAR32, 4)),
    ("m16n8k8.row.col.f32.f16.f16.f32", (32, 4), (FAR16, 2), (FAR16, 1), (FAR32, 4)),
    ("m16n8k16.row.col.f32.bf16.bf16.f32", (32, 4), (FAR_BF16, 4), (FAR_BF16, 2), (FAR32, 4)),
    ("m16n8k8.row.col.f32.bf16.bf16.f32", (32, 4), (FAR_BF16, 2), (FAR_BF16, 1), (FAR32, 4)),
    ("m16n8k4.row.col.f32.tf32.tf32.f32", (32, 4), (FAR32, 2), (FAR32, 1), (FAR32, 4)),
    ("m16n8k8.row.col.f32.tf32.tf32.f32", (32, 4), (FAR32, 4), (FAR32, 2), (FAR32, 4)),
    // Terms about the smallest normal number, and NaNs of any payload.
    ("m16n8k16.row.col.f16.f16.f16.f16", (32, 2), (TINY16, 4), (TINY16, 2), (TINY16, 2)),
    ("m16n8k16.row.col.f32.f16.f16.f32", (32, 4), (TINY16, 4), (TINY16, 2), (TINY32, 4)),
    ("m16n8k8.row.col.f32.tf32.tf32.f32", (32, 4), (TINY32, 4), (TINY32, 2), (TINY32, 4)),
    ("m16n8k4.row.col.f64.f64.f64.f64", (64, 4), (NAN64, 2), (NAN64, 1), (NAN64, 4)),
];

/// Shapes of integer products: `(shape, types, a, b, c)` registers.
const INTEGER_MATRICES: &[(&str, &str, usize, usize, usize)] = &[
    ("m8n8k16", "s8 u8", 1, 1, 2),
    ("m16n8k16", "s8 u8", 2, 1, 4),
    ("m16n8k32", "s8 u8", 4, 2, 4),
    ("m8n8k32", "s4 u4", 1, 1, 2),
    ("m16n8k32", "s4 u4", 2, 1, 4),
    ("m16n8k64", "s4 u4", 4, 2, 4),
];

fn expand(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.find('{') else { return vec![pattern.to_owned()] };
    let close = open + pattern[open..].find('}').expect("braces are paired");
    (pattern[open + 1..close].split(','))
        .flat_map(|choice| expand(&format!("{}{choice}{}", &pattern[..open], &pattern[close + 1..])))
        .collect()
}

fn class(name: &str) -> Class {
    if let Some((kind, name)) = name.split_once(':') {
        return match (kind, class(name)) {
            ("tie", Class::Float(exponent, fraction)) => Class::Tie(exponent, fraction),
            ("tiny", Class::Float(exponent, fraction)) => Class::Tiny(exponent, fraction),
            ("tiny", Class::Pair(exponent, fraction)) => Class::TinyPair(exponent, fraction),
            ("nan", Class::Float(exponent, fraction)) => Class::Nan(exponent, fraction),
            ("nan", Class::Pair(exponent, fraction)) => Class::NanPair(exponent, fraction),
            _ => panic!("no class of operands is {kind}:{name}"),
        };
    }
    match name {
        "segment" => Class::Segment,
        "oob" => Class::OutOfBounds,
        "f16" => Class::Float(5, 10),
        "bf16" => Class::Float(8, 7),
        "f32" => Class::Float(8, 23),
        "f64" => Class::Float(11, 52),
        "f16x2" => F16,
        "bf16x2" => BF16,
        "u16x2" | "s16x2" => Class::Integer(32),
        "n" => Class::Small,
        "m" => Class::Moderate,
        "x" => Class::Packed,
        name => Class::Integer(name[1..].parse().expect("a type with its width")),
    }
}

fn wide(name: &str) -> String {
    let bits: u32 = name[1..].parse().expect("a type with its width");
    format!("{}{}", &name[..1], 2 * bits)
}

fn add_pattern(cases: &mut Vec<Case>, (pattern, types, signature): (&str, &str, &str), exactness: Exactness) {
    let pattern = (pattern.replace("ROUNDED_ONLY", ROUNDED_ONLY).replace("ROUNDED", ROUNDED))
        .replace("UNORDERED", UNORDERED)
        .replace("ORDERED", ORDERED);
    let types: Vec<&str> = if types.is_empty() { vec![""] } else { types.split(' ').collect() };
    for form in expand(&pattern) {
        for t in &types {
            let (output, inputs) = signature.split_once(" = ").expect("a signature has a result");
            let named = |token: &str| match token {
                "W" => wide(t),
                other => other.replace('T', t),
            };
            let vector = |token: &str| {
                let (token, count) = token.split_once('*').unwrap_or((token, "1"));
                (class(&named(token)), count.parse().expect("a count"))
            };
            let inputs = inputs.split(' ').map(|token| match token.strip_prefix("#0x") {
                Some(digits) => Operand::Immediate(u32::from_str_radix(digits, 16).expect("hexadecimal digits")),
                None if token == "p" => Operand::Predicate,
                None => {
                    let (class, count) = vector(token);
                    Operand::Registers(class, count)
                }
            });
            let inputs: Vec<_> = inputs.collect();
            let output = match output {
                "p" => Output::Predicates(1),
                "pq" => Output::Predicates(2),
                "dp" => Output::Both,
                "TT" | "TTT" => Output::Registers(class(t).bits(), output.len()),
                token => {
                    let (class, count) = vector(token);
                    Output::Registers(class.bits(), count)
                }
            };
            // The type stands where the pattern says: the `T` behind a dot.
            let words = form.split('.').map(|word| match word {
                "T" => (*t).to_owned(),
                word => word.strip_prefix("T;").map_or(word.to_owned(), |rest| format!("{t};{rest}")),
            });
            let form = words.collect::<Vec<_>>().join(".");
            cases.push(Case { id: String::new(), selectors: Selectors::default(), form, output, inputs, exactness });
        }
    }
}

/// All cases, in a fixed order.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for table in [ARITHMETIC, FLOATS, CARRIES, COMPARISONS, CONVERSIONS, CROSS, VIDEO, ATOMICS] {
        table.iter().for_each(|&row| add_pattern(&mut cases, row, Exactness::Bits));
    }
    APPROXIMATE.iter().for_each(|&row| add_pattern(&mut cases, row, Exactness::Approximate));
    for &(shape, (bits, count), a, b, c) in MATRICES {
        let form = format!("mma.sync.aligned.{shape}");
        let inputs = [a, b, c].map(|(class, count)| Operand::Registers(class, count)).to_vec();
        cases.push(Case {
            id: String::new(),
            selectors: Selectors::default(),
            form,
            output: Output::Registers(bits, count),
            inputs,
            exactness: Exactness::Bits,
        });
    }
    for &((shape, (bits, count), a, b, c), metadata, most) in SPARSE {
        for selector in 0..=most {
            for words in ["sp", "sp::ordered_metadata"] {
                let form = format!("mma.{words}.sync.aligned.{shape}");
                let registers = [a, b, c, (metadata, 1)].map(|(class, count)| Operand::Registers(class, count));
                let inputs = registers.into_iter().chain([Operand::Immediate(selector)]).collect();
                let output = Output::Registers(bits, count);
                cases.push(Case {
                    id: String::new(),
                    selectors: Selectors::default(),
                    form,
                    output,
                    inputs,
                    exactness: Exactness::Bits,
                });
            }
        }
    }
    for &(shape, types, a, b, c) in INTEGER_MATRICES {
        for left in types.split(' ') {
            for right in types.split(' ') {
                for satfinite in ["", ".satfinite"] {
                    let form = format!("mma.sync.aligned.{shape}.row.col{satfinite}.s32.{left}.{right}.s32");
                    let inputs = [(BITS, a), (BITS, b), (S32, c)]
                        .map(|(class, count)| Operand::Registers(class, count))
                        .to_vec();
                    cases.push(Case {
                        id: String::new(),
                        selectors: Selectors::default(),
                        form,
                        output: Output::Registers(32, c),
                        inputs,
                        exactness: Exactness::Bits,
                    });
                }
            }
        }
    }
    for (shape, a, b, c) in [("m8n8k128", 1, 1, 2), ("m16n8k128", 2, 1, 4), ("m16n8k256", 4, 2, 4)] {
        for count in ["xor", "and"] {
            let form = format!("mma.sync.aligned.{shape}.row.col.s32.b1.b1.s32.{count}.popc");
            let inputs =
                [(BITS, a), (BITS, b), (S32, c)].map(|(class, count)| Operand::Registers(class, count)).to_vec();
            cases.push(Case {
                id: String::new(),
                selectors: Selectors::default(),
                form,
                output: Output::Registers(32, c),
                inputs,
                exactness: Exactness::Bits,
            });
        }
    }
    for &(pattern, selectors) in PIECES {
        let first = cases.len();
        // Without a secondary operation the third operand is what a piece is put into; all of `d` has none.
        let merges = selectors.d.is_some()
            || pattern.starts_with("vmad")
            || selectors.mask != 0
            || pattern.contains(".add,.min");
        let signature = if merges { "b32 = b32 b32 b32" } else { "b32 = b32 b32" };
        add_pattern(&mut cases, (pattern, "", signature), Exactness::Bits);
        cases[first..].iter_mut().for_each(|case| case.selectors = selectors);
    }
    let mut seen = std::collections::HashMap::new();
    for case in &mut cases {
        let count = seen.entry(case.form.clone()).or_insert(0);
        *count += 1;
        case.id = if *count == 1 { case.form.clone() } else { format!("{}#{count}", case.form) };
    }
    cases
}
