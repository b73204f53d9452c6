//! Virtual registers: classes, and which value lies where.

use std::fmt;

use rustg_mir::types::Type;

/// The class of a register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Class {
    /// A predicate.
    Predicate,
    /// 16 bits: halves.
    Short,
    /// 32 bits, narrower integers too.
    Word,
    /// 64 bits.
    Long,
}

impl Class {
    pub const ALL: [Class; 4] = [Class::Predicate, Class::Short, Class::Word, Class::Long];

    /// The class that a value of this type lies in; each half of a 128-bit integer is a `Long`.
    pub fn of(ty: Type) -> Class {
        match ty {
            Type::Bool => Class::Predicate,
            Type::F16 | Type::Bf16 => Class::Short,
            Type::I64 | Type::F64 | Type::I128 => Class::Long,
            _ => Class::Word,
        }
    }

    pub fn prefix(self) -> &'static str {
        match self {
            Class::Predicate => "%p",
            Class::Short => "%h",
            Class::Word => "%r",
            Class::Long => "%rd",
        }
    }

    /// The untyped type of its declaration and of moves.
    pub fn suffix(self) -> &'static str {
        match self {
            Class::Predicate => "pred",
            Class::Short => "b16",
            Class::Word => "b32",
            Class::Long => "b64",
        }
    }
}

/// A register by class and number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Register {
    pub class: Class,
    pub number: u32,
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.class.prefix(), self.number)
    }
}

/// How many registers of each class are in use.
#[derive(Default)]
pub(crate) struct Registers {
    counts: [u32; 4],
}

impl Registers {
    pub fn add(&mut self, class: Class) -> Register {
        let count = &mut self.counts[class as usize];
        *count += 1;
        Register { class, number: *count }
    }

    /// The declarations of all registers.
    pub fn declarations(&self) -> String {
        let used = Class::ALL.into_iter().filter(|class| self.counts[*class as usize] > 0);
        used.map(|class| {
            format!("\t.reg .{} {}<{}>;\n", class.suffix(), class.prefix(), self.counts[class as usize] + 1)
        })
        .collect()
    }
}
