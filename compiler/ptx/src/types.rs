//! The types of PTX: fundamental, packed, sub-byte and alternate floating-point formats.

/// What the bits of a type mean.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TypeClass {
    /// `.u*`
    Unsigned,
    /// `.s*`
    Signed,
    /// `.f*`, `.bf*`, `.tf32`, `.e*m*`, `.ue*m*`
    Float,
    /// `.b*`: untyped bits.
    Bits,
    /// `.pred`
    Predicate,
    /// `.texref`, `.samplerref`, `.surfref`
    Opaque,
}

macro_rules! types {
    ($($name:ident $text:literal $bits:literal $class:ident $lanes:literal;)*) => {
        /// A type, as it stands behind a dot (PTX ISA 5.2, 5.2.3, 5.2.5).
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "each is named as PTX spells it")]
        pub enum Type { $($name),* }

        impl Type {
            /// All types.
            pub const ALL: &[Type] = &[$(Type::$name),*];

            /// The spelling without the dot.
            pub fn text(self) -> &'static str {
                const TEXT: &[&str] = &[$($text),*];
                TEXT[self as usize]
            }

            /// Bits of the whole type; 1 for predicates, 64 for opaque references.
            pub fn bits(self) -> u32 {
                const BITS: &[u16] = &[$($bits),*];
                BITS[self as usize] as u32
            }

            /// What the bits mean.
            pub fn class(self) -> TypeClass {
                const CLASS: &[TypeClass] = &[$(TypeClass::$class),*];
                CLASS[self as usize]
            }

            /// How many values are packed in it: 2 for `.f16x2`, 1 for scalars.
            pub fn packed(self) -> u32 {
                const LANES: &[u8] = &[$($lanes),*];
                LANES[self as usize] as u32
            }
        }
    };
}

types! {
    U8 "u8" 8 Unsigned 1;
    U16 "u16" 16 Unsigned 1;
    U32 "u32" 32 Unsigned 1;
    U64 "u64" 64 Unsigned 1;
    S8 "s8" 8 Signed 1;
    S16 "s16" 16 Signed 1;
    S32 "s32" 32 Signed 1;
    S64 "s64" 64 Signed 1;
    F16 "f16" 16 Float 1;
    F32 "f32" 32 Float 1;
    F64 "f64" 64 Float 1;
    B8 "b8" 8 Bits 1;
    B16 "b16" 16 Bits 1;
    B32 "b32" 32 Bits 1;
    B64 "b64" 64 Bits 1;
    B128 "b128" 128 Bits 1;
    Pred "pred" 1 Predicate 1;
    F16x2 "f16x2" 32 Float 2;
    Bf16 "bf16" 16 Float 1;
    Bf16x2 "bf16x2" 32 Float 2;
    Tf32 "tf32" 32 Float 1;
    F32x2 "f32x2" 64 Float 2;
    U16x2 "u16x2" 32 Unsigned 2;
    S16x2 "s16x2" 32 Signed 2;
    U8x4 "u8x4" 32 Unsigned 4;
    S8x4 "s8x4" 32 Signed 4;
    E4m3 "e4m3" 8 Float 1;
    E5m2 "e5m2" 8 Float 1;
    E3m2 "e3m2" 6 Float 1;
    E2m3 "e2m3" 6 Float 1;
    E2m1 "e2m1" 4 Float 1;
    E4m3x2 "e4m3x2" 16 Float 2;
    E5m2x2 "e5m2x2" 16 Float 2;
    E3m2x2 "e3m2x2" 16 Float 2;
    E2m3x2 "e2m3x2" 16 Float 2;
    E2m1x2 "e2m1x2" 8 Float 2;
    E4m3x4 "e4m3x4" 32 Float 4;
    E5m2x4 "e5m2x4" 32 Float 4;
    E3m2x4 "e3m2x4" 32 Float 4;
    E2m3x4 "e2m3x4" 32 Float 4;
    E2m1x4 "e2m1x4" 16 Float 4;
    S2f6x2 "s2f6x2" 16 Float 2;
    Ue8m0 "ue8m0" 8 Float 1;
    Ue8m0x2 "ue8m0x2" 16 Float 2;
    Ue4m3 "ue4m3" 8 Float 1;
    U4 "u4" 4 Unsigned 1;
    S4 "s4" 4 Signed 1;
    U2 "u2" 2 Unsigned 1;
    S2 "s2" 2 Signed 1;
    B1 "b1" 1 Bits 1;
    B2 "b2" 2 Bits 1;
    B4 "b4" 4 Bits 1;
    B4x16 "b4x16" 64 Bits 16;
    B4x16P64 "b4x16_p64" 128 Bits 16;
    B6x16P32 "b6x16_p32" 128 Bits 16;
    B6p2x16 "b6p2x16" 128 Bits 16;
    B8x16 "b8x16" 128 Bits 16;
    B1024 "b1024" 1024 Bits 1;
    Texref "texref" 64 Opaque 1;
    Samplerref "samplerref" 64 Opaque 1;
    Surfref "surfref" 64 Opaque 1;
}

impl Type {
    /// The type spelt `text`, without its dot.
    pub fn find(text: &[u8]) -> Option<Type> {
        Type::ALL.iter().copied().find(|t| t.text().as_bytes() == text)
    }

    /// Bytes that one value takes in memory: sub-byte types and predicates one.
    pub fn size_bytes(self) -> u32 {
        self.bits().div_ceil(8)
    }

    /// Whether the value is a float in any format.
    pub fn is_float(self) -> bool {
        self.class() == TypeClass::Float
    }

    /// Whether the value is a two's complement integer.
    pub fn is_signed(self) -> bool {
        self.class() == TypeClass::Signed
    }

    /// Whether the value is an integer, signed or not.
    pub fn is_integer(self) -> bool {
        matches!(self.class(), TypeClass::Signed | TypeClass::Unsigned)
    }
}
