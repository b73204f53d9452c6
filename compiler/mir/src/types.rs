//! The scalar types of values. Aggregates do not exist here: they are several values, or bytes in memory.

/// The type of a value: what a PTX register can hold.
///
/// Integers carry no sign (operations do), addresses are [`Type::I64`]. `Void` is the type of an instruction that has none.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Type {
    /// No type.
    Void,
    /// True or false: a predicate.
    Bool,
    /// 8 bits.
    I8,
    /// 16 bits.
    I16,
    /// 32 bits.
    I32,
    /// 64 bits; also every address.
    I64,
    /// 128 bits.
    I128,
    /// IEEE 754 binary16.
    F16,
    /// bfloat16.
    Bf16,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
}

impl Type {
    /// Every type that a value can have, in the order of declaration.
    pub const VALUES: [Type; 10] = [
        Type::Bool,
        Type::I8,
        Type::I16,
        Type::I32,
        Type::I64,
        Type::I128,
        Type::F16,
        Type::Bf16,
        Type::F32,
        Type::F64,
    ];

    /// The name in the text form.
    pub fn name(self) -> &'static str {
        match self {
            Type::Void => "void",
            Type::Bool => "bool",
            Type::I8 => "i8",
            Type::I16 => "i16",
            Type::I32 => "i32",
            Type::I64 => "i64",
            Type::I128 => "i128",
            Type::F16 => "f16",
            Type::Bf16 => "bf16",
            Type::F32 => "f32",
            Type::F64 => "f64",
        }
    }

    /// The type named `name`, if there is one.
    pub fn from_name(name: &str) -> Option<Type> {
        Type::VALUES.into_iter().find(|ty| ty.name() == name)
    }

    /// How many bits a value has; a `Bool` has 1.
    pub fn bits(self) -> u32 {
        match self {
            Type::Void => 0,
            Type::Bool => 1,
            Type::I8 => 8,
            Type::I16 | Type::F16 | Type::Bf16 => 16,
            Type::I32 | Type::F32 => 32,
            Type::I64 | Type::F64 => 64,
            Type::I128 => 128,
        }
    }

    /// How many bytes a value takes in memory; a `Bool` takes 1.
    pub fn size_bytes(self) -> u32 {
        self.bits().div_ceil(8)
    }

    /// The bits that a value may have set.
    pub fn mask(self) -> u128 {
        if self.bits() == 128 { u128::MAX } else { (1 << self.bits()) - 1 }
    }

    /// Whether this is an integer; `Bool` is none.
    pub fn is_integer(self) -> bool {
        TypeSet::INTEGERS.contains(self)
    }

    /// Whether this is a floating-point type.
    pub fn is_float(self) -> bool {
        TypeSet::FLOATS.contains(self)
    }

    /// The integer of the same width as this float, or this integer itself.
    pub fn as_integer(self) -> Type {
        match self {
            Type::F16 | Type::Bf16 => Type::I16,
            Type::F32 => Type::I32,
            Type::F64 => Type::I64,
            other => other,
        }
    }

    /// The integer of `bits` bits, if there is one.
    pub fn integer(bits: u32) -> Option<Type> {
        [Type::I8, Type::I16, Type::I32, Type::I64, Type::I128].into_iter().find(|ty| ty.bits() == bits)
    }
}

/// A set of types, for the rule tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TypeSet(u16);

impl TypeSet {
    /// No type at all: the instruction has none.
    pub const NONE: TypeSet = TypeSet(1 << Type::Void as u16);
    /// Truth values.
    pub const BOOL: TypeSet = TypeSet(1 << Type::Bool as u16);
    /// `I8` to `I128`.
    pub const INTEGERS: TypeSet = TypeSet(
        1 << Type::I8 as u16
            | 1 << Type::I16 as u16
            | 1 << Type::I32 as u16
            | 1 << Type::I64 as u16
            | 1 << Type::I128 as u16,
    );
    /// `I32` and `I64`.
    pub const WORDS: TypeSet = TypeSet(1 << Type::I32 as u16 | 1 << Type::I64 as u16);
    /// `F16` to `F64`.
    pub const FLOATS: TypeSet =
        TypeSet(1 << Type::F16 as u16 | 1 << Type::Bf16 as u16 | 1 << Type::F32 as u16 | 1 << Type::F64 as u16);
    /// `F32` and `F64`.
    pub const WIDE_FLOATS: TypeSet = TypeSet(1 << Type::F32 as u16 | 1 << Type::F64 as u16);

    /// The types of either set.
    pub const fn or(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 | other.0)
    }

    /// Whether `ty` is one of them.
    pub const fn contains(self, ty: Type) -> bool {
        self.0 >> ty as u16 & 1 != 0
    }
}

/// Integers and truth values.
pub const BITS: TypeSet = TypeSet::INTEGERS.or(TypeSet::BOOL);
/// Every type a value can have.
pub const ANY: TypeSet = BITS.or(TypeSet::FLOATS);
/// What memory holds: everything but truth values, which are stored as bytes.
pub const STORED: TypeSet = TypeSet::INTEGERS.or(TypeSet::FLOATS);
