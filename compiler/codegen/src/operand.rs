//! Operands as PTX writes them.

use std::fmt;

use rustg_mir::types::Type;

use crate::registers::Register;

/// A register or an immediate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operand {
    Register(Register),
    /// The bits of an integer of up to 64 bits.
    Integer(u64),
    /// The bits of an `f32`.
    Single(u32),
    /// The bits of an `f64`.
    Double(u64),
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Register(register) => register.fmt(f),
            Operand::Integer(bits) => write!(f, "{bits}"),
            Operand::Single(bits) => write!(f, "0f{bits:08X}"),
            Operand::Double(bits) => write!(f, "0d{bits:016X}"),
        }
    }
}

impl Operand {
    /// The immediate of a constant, where its type has one.
    pub fn immediate(ty: Type, bits: u128) -> Option<Operand> {
        match ty {
            Type::F32 => Some(Operand::Single(bits as u32)),
            Type::F64 => Some(Operand::Double(bits as u64)),
            // There are no immediates of 16-bit floats and predicates.
            Type::F16 | Type::Bf16 | Type::Bool | Type::I128 | Type::Void => None,
            _ => Some(Operand::Integer(bits as u64)),
        }
    }
}
