//! The table of operations: name, operands, types, results and effects. Printer, parser, verifier, interpreter and
//! passes read it; none of them repeats it.

use crate::types::{ANY, BITS, STORED, TypeSet};

/// What the fields of an instruction hold, see [`crate::function::InstData`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// `a`, `b`: low and high half of the bits; where `aux` is 1, `a` is the list of four 32-bit pieces.
    Constant,
    /// `a` is a value.
    Unary,
    /// `a` and `b` are values.
    Binary,
    /// `a`, `b` and `c` are values.
    Ternary,
    /// `a` and `b` are values, `aux` the [`crate::immediate::Condition`].
    Compare,
    /// `a` is a slot.
    Slot,
    /// `a` is a global.
    Global,
    /// `a` is a function.
    Function,
    /// `aux` is the [`crate::immediate::Special`].
    Special,
    /// `a` is the address, `b` the offset in bytes, `aux` the [`crate::immediate::Memory`].
    Load,
    /// As `Load`; `c` is the value.
    Store,
    /// As `Load`; `c` is how many values, 2, 4 or 8.
    LoadVector,
    /// As `Load`; `c` is the list of values.
    StoreVector,
    /// `a` is the address, `b` the value, `c` the [`crate::immediate::Rmw`], `aux` the memory.
    Rmw,
    /// `a` is the address, `b` the expected and `c` the new value, `aux` the memory.
    CompareExchange,
    /// `aux` is the memory, of which ordering and scope count.
    Fence,
    /// `a` is the number of the barrier, 0 to 15; `aux` is 1 where every thread of a warp is known to arrive together.
    Barrier,
    /// `a` is the mask of the lanes.
    WarpBarrier,
    /// `a` is the value, `b` the lane, distance or mask, `c` the mask of the lanes, `aux` the [`crate::immediate::Shuffle`] and the width.
    Shuffle,
    /// `a` is the truth value, `b` the mask of the lanes, `aux` the [`crate::immediate::Vote`].
    Vote,
    /// `a` is the value, `b` the mask of the lanes; `aux` is 1 for "all".
    Match,
    /// `a` is the value, `b` the mask of the lanes, `aux` the [`crate::immediate::Rmw`].
    Reduce,
    /// `a` is the function, `c` the list of arguments.
    Call,
    /// `a` is the signature, `b` the address of the function, `c` the list of arguments.
    CallIndirect,
    /// `a` is the truth value, `b` the site, `c` the list of the values it reports.
    Assert,
    /// `b` is the site, `c` the list of the values it reports.
    Panic,
    /// `a` is the format's string, `c` the list of values.
    Print,
    /// `c` is the target: a list of the block and its arguments.
    Jump,
    /// `a` is the truth value, `b` the target if true, `c` the target if false.
    Branch,
    /// `a` is the value, `c` the list: default target, then for each case the key's low and high half and its target.
    Switch,
    /// `c` is the list of what is returned.
    Return,
    /// Nothing.
    Nothing,
}

/// What an operand must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Want {
    /// The instruction's own type.
    Same,
    /// A truth value.
    Bool,
    /// An `I64` that is an address.
    Address,
    /// An `I32`: shift amounts, lanes, masks.
    I32,
    /// An integer narrower than the instruction's type.
    Narrower,
    /// An integer wider than the instruction's type.
    Wider,
    /// An integer of half the width.
    Half,
    /// Any integer.
    Integer,
    /// Any float.
    Float,
    /// Another type of the same width.
    SameWidth,
}

/// What an instruction yields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Yields {
    /// Nothing.
    Nothing,
    /// One value of the instruction's type.
    Same,
    /// A truth value.
    Bool,
    /// One value of the instruction's type, and whether it overflowed or, for shuffles, was read from an active lane.
    SameAndBool,
    /// An address.
    Address,
    /// An `I32`.
    I32,
    /// An `I32` and a truth value.
    I32AndBool,
    /// `c` values of the instruction's type.
    Vector,
    /// What the called signature returns.
    Signature,
}

/// What an instruction does beside yielding values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effects(u8);

impl Effects {
    /// Nothing: it may be removed, repeated, merged and executed early.
    pub const NONE: Effects = Effects(0);
    /// The first two operands may change places.
    pub const COMMUTES: Effects = Effects(1);
    /// It reads memory.
    pub const READS: Effects = Effects(2);
    /// It writes memory, or does what must happen as often as it stands there.
    pub const WRITES: Effects = Effects(4);
    /// It may end the thread: what stands before it must have happened, what stands after it must not.
    pub const MAY_END: Effects = Effects(8);
    /// Lanes meet in it: it is never moved across, duplicated into or merged from divergent control.
    pub const CONVERGENT: Effects = Effects(16);
    /// It ends its block.
    pub const TERMINATOR: Effects = Effects(32);
    /// Everything at once, what a call of an unknown function may do.
    pub const CALL: Effects = Effects(2 | 4 | 8 | 16);

    const fn and(self, other: Effects) -> Effects {
        Effects(self.0 | other.0)
    }

    /// Whether all of `other` holds.
    pub const fn has(self, other: Effects) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether it can be removed where its results are not used, merged with its equal, and moved to where its operands are known.
    pub const fn is_pure(self) -> bool {
        self.0 & !Effects::COMMUTES.0 == 0
    }

    /// Whether it can be removed where its results are not used.
    pub const fn is_removable(self) -> bool {
        self.0 & !(Effects::COMMUTES.0 | Effects::READS.0) == 0
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Info {
    /// The name in the text form.
    pub name: &'static str,
    /// What the fields hold.
    pub shape: Shape,
    /// What the instruction's type may be.
    pub types: TypeSet,
    /// What its values must be, in the order of the fields.
    pub wants: &'static [Want],
    /// What it yields.
    pub yields: Yields,
    /// What it does.
    pub effects: Effects,
}

macro_rules! opcodes {
    ($($(#[$doc:meta])* $opcode:ident $name:literal $shape:ident $types:expr, [$($want:ident)*] $yields:ident $($effect:ident)*;)*) => {
        /// An operation.
        #[repr(u8)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Opcode { $($(#[$doc])* $opcode,)* }

        /// The table, indexed by [`Opcode`].
        pub static OPCODES: &[(Opcode, Info)] = &[$((Opcode::$opcode, Info {
            name: $name,
            shape: Shape::$shape,
            types: $types,
            wants: &[$(Want::$want),*],
            yields: Yields::$yields,
            effects: Effects::NONE$(.and(Effects::$effect))*,
        }),)*];
    };
}

const INTEGERS: TypeSet = TypeSet::INTEGERS;
const FLOATS: TypeSet = TypeSet::FLOATS;
const WORDS: TypeSet = TypeSet::WORDS;
const NONE: TypeSet = TypeSet::NONE;
const BOOL: TypeSet = TypeSet::BOOL;

opcodes! {
    /// The bits written in it.
    Const "const" Constant ANY, [] Same;
    /// The address of a slot, in the thread's own memory.
    SlotAddress "slot_address" Slot NONE, [] Address;
    /// The address of a module's variable.
    GlobalAddress "global_address" Global NONE, [] Address;
    /// The address of a function, for indirect calls.
    FunctionAddress "function_address" Function NONE, [] Address;
    /// A value that the launch fixed for this thread: `tid.x` and its like, `I32`.
    Special "special" Special NONE, [] I32;
    /// The clock in cycles, another one at each reading.
    Clock "clock" Nothing NONE, [] Address WRITES;

    /// Sum, wrapping.
    Add "add" Binary INTEGERS, [Same Same] Same COMMUTES;
    /// Difference, wrapping.
    Sub "sub" Binary INTEGERS, [Same Same] Same;
    /// Product, wrapping.
    Mul "mul" Binary INTEGERS, [Same Same] Same COMMUTES;
    /// Product of two unsigned halves, whole.
    MulWideU "mul_wide_u" Binary INTEGERS, [Half Half] Same COMMUTES;
    /// Product of two signed halves, whole.
    MulWideS "mul_wide_s" Binary INTEGERS, [Half Half] Same COMMUTES;
    /// Upper half of the unsigned product.
    MulHighU "mul_high_u" Binary INTEGERS, [Same Same] Same COMMUTES;
    /// Upper half of the signed product.
    MulHighS "mul_high_s" Binary INTEGERS, [Same Same] Same COMMUTES;
    /// Unsigned quotient; all ones where the divisor is 0 (PTX's `div` does not trap).
    DivU "div_u" Binary INTEGERS, [Same Same] Same;
    /// Signed quotient towards zero; all ones where the divisor is 0, MIN where it is MIN by -1.
    DivS "div_s" Binary INTEGERS, [Same Same] Same;
    /// Unsigned remainder; all ones where the divisor is 0.
    RemU "rem_u" Binary INTEGERS, [Same Same] Same;
    /// Signed remainder with the dividend's sign; all ones where the divisor is 0, 0 where it is MIN by -1.
    RemS "rem_s" Binary INTEGERS, [Same Same] Same;
    /// Sum, and whether the unsigned sum wrapped.
    AddOverflowU "add_overflow_u" Binary INTEGERS, [Same Same] SameAndBool COMMUTES;
    /// Sum, and whether the signed sum wrapped.
    AddOverflowS "add_overflow_s" Binary INTEGERS, [Same Same] SameAndBool COMMUTES;
    /// Difference, and whether the unsigned difference wrapped.
    SubOverflowU "sub_overflow_u" Binary INTEGERS, [Same Same] SameAndBool;
    /// Difference, and whether the signed difference wrapped.
    SubOverflowS "sub_overflow_s" Binary INTEGERS, [Same Same] SameAndBool;
    /// Product, and whether the unsigned product wrapped.
    MulOverflowU "mul_overflow_u" Binary INTEGERS, [Same Same] SameAndBool COMMUTES;
    /// Product, and whether the signed product wrapped.
    MulOverflowS "mul_overflow_s" Binary INTEGERS, [Same Same] SameAndBool COMMUTES;
    /// Sum, held at the unsigned maximum.
    AddSaturateU "add_saturate_u" Binary INTEGERS, [Same Same] Same COMMUTES;
    /// Sum, held at the signed bounds.
    AddSaturateS "add_saturate_s" Binary INTEGERS, [Same Same] Same COMMUTES;
    /// Difference, held at 0.
    SubSaturateU "sub_saturate_u" Binary INTEGERS, [Same Same] Same;
    /// Difference, held at the signed bounds.
    SubSaturateS "sub_saturate_s" Binary INTEGERS, [Same Same] Same;
    /// The lesser, unsigned.
    MinU "min_u" Binary INTEGERS, [Same Same] Same COMMUTES;
    /// The lesser, signed.
    MinS "min_s" Binary INTEGERS, [Same Same] Same COMMUTES;
    /// The greater, unsigned.
    MaxU "max_u" Binary INTEGERS, [Same Same] Same COMMUTES;
    /// The greater, signed.
    MaxS "max_s" Binary INTEGERS, [Same Same] Same COMMUTES;
    /// Bits set in both.
    And "and" Binary BITS, [Same Same] Same COMMUTES;
    /// Bits set in either.
    Or "or" Binary BITS, [Same Same] Same COMMUTES;
    /// Bits set in one.
    Xor "xor" Binary BITS, [Same Same] Same COMMUTES;
    /// Every bit turned round.
    Not "not" Unary BITS, [Same] Same;
    /// Shift left by the amount modulo the width.
    Shl "shl" Binary INTEGERS, [Same I32] Same;
    /// Shift right by the amount modulo the width, zeros coming in.
    ShrU "shr_u" Binary INTEGERS, [Same I32] Same;
    /// Shift right by the amount modulo the width, the sign coming in.
    ShrS "shr_s" Binary INTEGERS, [Same I32] Same;
    /// Rotation to the left by the amount modulo the width.
    RotateLeft "rotate_left" Binary INTEGERS, [Same I32] Same;
    /// Zeros above the highest set bit; the width for 0.
    LeadingZeros "leading_zeros" Unary INTEGERS, [Same] Same;
    /// Zeros below the lowest set bit; the width for 0.
    TrailingZeros "trailing_zeros" Unary INTEGERS, [Same] Same;
    /// Set bits.
    CountOnes "count_ones" Unary INTEGERS, [Same] Same;
    /// Bytes in the opposite order.
    SwapBytes "swap_bytes" Unary INTEGERS, [Same] Same;
    /// Bits in the opposite order.
    ReverseBits "reverse_bits" Unary INTEGERS, [Same] Same;
    /// Whether the condition holds between two integers or truth values.
    Compare "compare" Compare BITS, [Same Same] Bool;
    /// The second operand where the first is true, else the third.
    Select "select" Ternary ANY, [Bool Same Same] Same;
    /// A base address and a distance in bytes; the result points into what the base points into.
    Offset "offset" Binary NONE, [Address Address] Address;

    /// A narrower integer, zeros above; of a truth value, 0 or 1.
    Extend "extend_u" Unary INTEGERS, [Narrower] Same;
    /// A narrower integer, its sign above.
    ExtendS "extend_s" Unary INTEGERS, [Narrower] Same;
    /// The low bits of a wider integer.
    Truncate "truncate" Unary INTEGERS, [Wider] Same;
    /// The same bits as another type of that width.
    Bitcast "bitcast" Unary STORED, [SameWidth] Same;
    /// An unsigned integer as the nearest float, ties to even.
    FromU "float_from_u" Unary FLOATS, [Integer] Same;
    /// A signed integer as the nearest float, ties to even.
    FromS "float_from_s" Unary FLOATS, [Integer] Same;
    /// A float towards zero as an unsigned integer, held at its bounds; 0 for a NaN.
    ToU "float_to_u" Unary INTEGERS, [Float] Same;
    /// A float towards zero as a signed integer, held at its bounds; 0 for a NaN.
    ToS "float_to_s" Unary INTEGERS, [Float] Same;
    /// A float as the nearest of another float type, ties to even.
    ConvertFloat "float_convert" Unary FLOATS, [Float] Same;

    /// Float sum, nearest, never contracted.
    FloatAdd "float_add" Binary FLOATS, [Same Same] Same COMMUTES;
    /// Float difference.
    FloatSub "float_sub" Binary FLOATS, [Same Same] Same;
    /// Float product.
    FloatMul "float_mul" Binary FLOATS, [Same Same] Same COMMUTES;
    /// Float quotient.
    FloatDiv "float_div" Binary FLOATS, [Same Same] Same;
    /// Float remainder with the dividend's sign, exact.
    FloatRem "float_rem" Binary FLOATS, [Same Same] Same;
    /// `a * b + c`, rounded once.
    Fma "fma" Ternary FLOATS, [Same Same Same] Same COMMUTES;
    /// The sign bit turned round, of a NaN too.
    FloatNeg "float_neg" Unary FLOATS, [Same] Same;
    /// The sign bit cleared, of a NaN too.
    FloatAbs "float_abs" Unary FLOATS, [Same] Same;
    /// The first operand with the second one's sign bit.
    CopySign "copy_sign" Binary FLOATS, [Same Same] Same;
    /// Square root, nearest.
    SquareRoot "square_root" Unary FLOATS, [Same] Same;
    /// The lesser; the other one where one is a NaN; -0 before +0.
    FloatMin "float_min" Binary FLOATS, [Same Same] Same COMMUTES;
    /// The greater; the other one where one is a NaN; -0 before +0.
    FloatMax "float_max" Binary FLOATS, [Same Same] Same COMMUTES;
    /// Towards minus infinity, as a whole number.
    Floor "floor" Unary FLOATS, [Same] Same;
    /// Towards infinity, as a whole number.
    Ceil "ceil" Unary FLOATS, [Same] Same;
    /// Towards zero, as a whole number.
    Trunc "trunc" Unary FLOATS, [Same] Same;
    /// To the nearest whole number, ties away from zero.
    Round "round" Unary FLOATS, [Same] Same;
    /// To the nearest whole number, ties to even.
    RoundEven "round_even" Unary FLOATS, [Same] Same;
    /// Whether the condition holds between two floats.
    FloatCompare "float_compare" Compare FLOATS, [Same Same] Bool;

    /// A value from memory.
    Load "load" Load STORED, [Address] Same READS;
    /// A value to memory.
    Store "store" Store STORED, [Address Same] Nothing WRITES;
    /// Adjacent values from memory, in one access.
    LoadVector "load_vector" LoadVector STORED, [Address] Vector READS;
    /// Adjacent values to memory, in one access.
    StoreVector "store_vector" StoreVector STORED, [Address] Nothing WRITES;
    /// Atomic read-modify-write; yields what was there.
    AtomicRmw "atomic_rmw" Rmw STORED, [Address Same] Same READS WRITES;
    /// Atomic compare-and-exchange; yields what was there.
    CompareExchange "compare_exchange" CompareExchange INTEGERS, [Address Same Same] Same READS WRITES;
    /// Orders this thread's accesses.
    Fence "fence" Fence NONE, [] Nothing READS WRITES;
    /// Waits for the block's threads and orders their accesses.
    Barrier "barrier" Barrier NONE, [] Nothing READS WRITES CONVERGENT;
    /// Waits for lanes of the warp and orders their accesses.
    WarpBarrier "warp_barrier" WarpBarrier NONE, [I32] Nothing READS WRITES CONVERGENT;

    /// Another lane's value, and whether that lane took part.
    Shuffle "shuffle" Shuffle STORED, [Same I32 I32] SameAndBool CONVERGENT;
    /// A decision of the lanes: `all`, `any`, `uniform`.
    Vote "vote" Vote NONE, [Bool I32] Bool CONVERGENT;
    /// The lanes for which it is true, a bit each.
    Ballot "ballot" Vote NONE, [Bool I32] I32 CONVERGENT;
    /// The lanes with an equal value (`any`), or all of them if all are equal, else 0 (`all`); and whether all are equal.
    Match "match" Match WORDS, [Same I32] I32AndBool CONVERGENT;
    /// The lanes' values reduced to one.
    Reduce "reduce" Reduce WORDS, [Same I32] Same CONVERGENT;
    /// The lanes that execute this instruction together.
    ActiveMask "active_mask" Nothing NONE, [] I32 CONVERGENT;

    /// Calls a function of the module.
    Call "call" Call NONE, [] Signature READS WRITES MAY_END CONVERGENT;
    /// Calls the function at an address.
    CallIndirect "call_indirect" CallIndirect NONE, [Address] Signature READS WRITES MAY_END CONVERGENT;
    /// Panics at its site where the operand is false.
    Assert "assert" Assert NONE, [Bool] Nothing MAY_END;
    /// Writes a formatted line on the host.
    Print "print" Print NONE, [] Nothing WRITES;

    /// Goes to a block.
    Jump "jump" Jump NONE, [] Nothing TERMINATOR;
    /// Goes to one of two blocks.
    Branch "branch" Branch NONE, [Bool] Nothing TERMINATOR;
    /// Goes to the block of the case that equals the value.
    Switch "switch" Switch INTEGERS, [Same] Nothing TERMINATOR;
    /// Ends the function.
    Return "return" Return NONE, [] Nothing TERMINATOR;
    /// Panics at its site.
    Panic "panic" Panic NONE, [] Nothing TERMINATOR MAY_END;
    /// Ends the thread.
    Exit "exit" Nothing NONE, [] Nothing TERMINATOR MAY_END;
    /// Ends the grid with an error.
    Trap "trap" Nothing NONE, [] Nothing TERMINATOR MAY_END;
    /// Is never reached.
    Unreachable "unreachable" Nothing NONE, [] Nothing TERMINATOR;
}

impl Opcode {
    /// The table's row.
    pub fn info(self) -> &'static Info {
        &OPCODES[self as usize].1
    }

    /// What it does beside yielding values.
    pub fn effects(self) -> Effects {
        self.info().effects
    }

    /// Whether it ends its block.
    pub fn is_terminator(self) -> bool {
        self.effects().has(Effects::TERMINATOR)
    }

    /// The operation named `name`, if there is one.
    pub fn from_name(name: &str) -> Option<Opcode> {
        OPCODES.iter().find(|(_, info)| info.name == name).map(|(opcode, _)| *opcode)
    }
}

const _: () = assert!(Effects::CALL.0 & Effects::TERMINATOR.0 == 0 && BOOL.contains(crate::types::Type::Bool));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_opcodes_and_names_are_distinct() {
        let mut names: Vec<_> = OPCODES.iter().map(|(_, info)| info.name).collect();
        assert!(OPCODES.iter().enumerate().all(|(at, (opcode, _))| at == *opcode as usize));
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
