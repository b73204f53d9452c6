//! Operands, 16 bytes each.

use crate::ids::{FunctionId, LabelId, OperandRange, PrototypeId, RegisterId, TargetListId, VariableId};
use crate::special::SpecialRegister;

/// What an address counts from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AddressBase {
    /// Nothing: an absolute address.
    Absolute,
    /// A register's value.
    Register(RegisterId),
    /// A variable's address in its own space.
    Variable(VariableId),
    /// A function's address.
    Function(FunctionId),
}

/// A piece of a register: an element of a vector register, or what a video instruction selects.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "each is named as PTX spells it")]
pub enum Part {
    X,
    Y,
    Z,
    W,
    /// `.b2`, `.b3210`: how many byte numbers (1–4), and the numbers, one a nibble, the one written last lowest.
    Bytes(u8, u16),
    /// `.h1`, `.h10`: the same for 16-bit halves.
    Halves(u8, u16),
}

/// One operand. Elements of vectors and lists stand in [`crate::Module::operands`] too, before their owner.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operand {
    /// A register of the instruction's function.
    Register(RegisterId),
    /// A negated predicate register, `!%p1`.
    Negated(RegisterId),
    /// A piece of a register.
    Part(RegisterId, Part),
    /// An integer literal or constant expression: 64 bits, negative values in two's complement.
    Integer(u64),
    /// `0fXXXXXXXX`: the bits of a 32-bit float.
    F32(u32),
    /// `0dXXXXXXXXXXXXXXXX` or a decimal literal: the bits of a 64-bit float.
    F64(u64),
    /// `[base+offset]`, offset in bytes.
    Address(AddressBase, i32),
    /// `[a, b, …]`: the operand of texture, surface, tensor and mapped-address instructions. Its elements.
    Bracket(OperandRange),
    /// A variable's address as a value, `symbol+offset` (bytes).
    Variable(VariableId, i32),
    /// A function's address as a value, or the callee of a call.
    Function(FunctionId),
    /// A branch target.
    Label(LabelId),
    /// A list of possible targets: `.branchtargets`, `.calltargets`.
    Targets(TargetListId),
    /// A `.callprototype`.
    Prototype(PrototypeId),
    /// A special register.
    Special(SpecialRegister),
    /// `{a, b, …}`: its elements.
    Vector(OperandRange),
    /// `(a, b)` of a call: arguments or results.
    List(OperandRange),
    /// `d|p`: two results. Its two elements.
    Pair(OperandRange),
    /// `_`: a result nobody wants, or an absent operand.
    Sink,
    /// A name that the text does not declare; an error was reported.
    Unresolved,
}

const _: () = assert!(size_of::<Operand>() == 16);
