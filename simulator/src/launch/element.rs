//! The element types of arguments: names, sizes, literals, comparison.

use super::LaunchError;
use super::small_float::{BF16, E4M3, E5M2, F16, SmallFloat};

/// What numbers a type holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Binary floating point.
    Float,
    /// Integers from zero.
    Unsigned,
    /// Two's complement.
    Signed,
}

/// The type of a scalar or of a buffer's elements.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is named as PTX spells it")]
pub enum Element {
    F64,
    F32,
    F16,
    Bf16,
    E4m3,
    E5m2,
    U8,
    U16,
    U32,
    U64,
    S8,
    S16,
    S32,
    S64,
}

struct Row {
    element: Element,
    /// The first is ours, the others are understood.
    names: &'static [&'static str],
    size_bytes: usize,
    class: Class,
    /// NumPy's type string without the byte order.
    npy: &'static str,
}

const fn row(
    element: Element,
    names: &'static [&'static str],
    size_bytes: usize,
    class: Class,
    npy: &'static str,
) -> Row {
    Row { element, names, size_bytes, class, npy }
}

/// In the order of the enum.
const TABLE: [Row; 14] = [
    row(Element::F64, &["f64", "float64", "double"], 8, Class::Float, "f8"),
    row(Element::F32, &["f32", "float32", "float"], 4, Class::Float, "f4"),
    row(Element::F16, &["f16", "float16", "half"], 2, Class::Float, "f2"),
    row(Element::Bf16, &["bf16", "bfloat16"], 2, Class::Float, "V2"),
    row(Element::E4m3, &["e4m3", "float8_e4m3fn", "fp8_e4m3"], 1, Class::Float, "V1"),
    row(Element::E5m2, &["e5m2", "float8_e5m2", "fp8_e5m2"], 1, Class::Float, "V1"),
    row(Element::U8, &["u8", "uint8", "b8", "bool", "pred"], 1, Class::Unsigned, "u1"),
    row(Element::U16, &["u16", "uint16", "b16"], 2, Class::Unsigned, "u2"),
    row(Element::U32, &["u32", "uint32", "b32"], 4, Class::Unsigned, "u4"),
    row(Element::U64, &["u64", "uint64", "b64", "usize"], 8, Class::Unsigned, "u8"),
    row(Element::S8, &["s8", "i8", "int8"], 1, Class::Signed, "i1"),
    row(Element::S16, &["s16", "i16", "int16"], 2, Class::Signed, "i2"),
    row(Element::S32, &["s32", "i32", "int32", "int"], 4, Class::Signed, "i4"),
    row(Element::S64, &["s64", "i64", "int64", "isize"], 8, Class::Signed, "i8"),
];

impl Element {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Element> {
        TABLE.iter().map(|row| row.element)
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The type of this name (`f32`, `float32`, `i32`, …), if it is one.
    pub fn named(name: &str) -> Option<Element> {
        TABLE.iter().find(|row| row.names.contains(&name)).map(|row| row.element)
    }

    /// Its name as PTX spells it.
    pub fn name(self) -> &'static str {
        self.row().names[0]
    }

    /// Size of one element.
    pub fn size_bytes(self) -> usize {
        self.row().size_bytes
    }

    /// What numbers it holds.
    pub fn class(self) -> Class {
        self.row().class
    }

    /// NumPy's type string, little-endian: `<f4`, `|u1`. NumPy has no bf16 and fp8; raw bytes stand for them (`<V2`, `|V1`).
    pub fn npy_type(self) -> String {
        let order = if self.size_bytes() == 1 { '|' } else { '<' };
        format!("{order}{}", self.row().npy)
    }

    /// Whether a file's numbers of `npy` (without the byte order) are this type's bytes: its own, the unsigned type or raw bytes of the
    /// same size for what NumPy lacks, booleans for bytes.
    pub fn accepts_npy(self, npy: &str) -> bool {
        let lacks = matches!(self, Element::Bf16 | Element::E4m3 | Element::E5m2);
        npy == self.row().npy
            || npy == "b1" && self == Element::U8
            || lacks && (npy == format!("u{}", self.size_bytes()) || npy == format!("V{}", self.size_bytes()))
    }

    fn small_float(self) -> Option<SmallFloat> {
        match self {
            Element::F16 => Some(F16),
            Element::Bf16 => Some(BF16),
            Element::E4m3 => Some(E4M3),
            Element::E5m2 => Some(E5M2),
            _ => None,
        }
    }

    /// How many bits of a number in [0, 1) it keeps exactly: the significand's for floats, all for integers.
    pub fn significand_bits(self) -> u32 {
        match self {
            Element::F64 => 53,
            Element::F32 => 24,
            _ => self.small_float().map_or(8 * self.size_bytes() as u32, |format| format.fraction_bits + 1),
        }
    }

    /// The element's bits (in the low bytes) for a literal: `1.5`, `-inf`, `nan`, `0x3c00` for bits of any type, `true`.
    ///
    /// # Errors
    /// Where the text is no number of the type, or one beyond its range.
    pub fn parse(self, text: &str) -> Result<u64, LaunchError> {
        let wrong = || LaunchError::new(format_args!("'{text}' is no {} number", self.name()));
        let mask = u64::MAX >> (64 - 8 * self.size_bytes());
        let digits = text.replace('_', "");
        if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            let bits = u64::from_str_radix(hex, 16).map_err(|_| wrong())?;
            return if bits <= mask { Ok(bits) } else { Err(self.beyond(text)) };
        }
        match self.class() {
            Class::Float => {
                let value: f64 = digits.parse().map_err(|_| wrong())?;
                let bits = match self {
                    Element::F64 => value.to_bits(),
                    // Straight from the text, so that nothing rounds twice.
                    Element::F32 => u64::from(digits.parse::<f32>().map_err(|_| wrong())?.to_bits()),
                    _ => self.bits_of(value),
                };
                if value.is_finite() && !self.number(bits).is_finite() { Err(self.beyond(text)) } else { Ok(bits) }
            }
            Class::Unsigned if self == Element::U8 && matches!(text, "true" | "false") => Ok(u64::from(text == "true")),
            _ => {
                let value: i128 = digits.parse().map_err(|_| wrong())?;
                let bits = 8 * self.size_bytes() as u32;
                let fits = match self.class() {
                    Class::Signed => -(1 << (bits - 1)) <= value && value < 1 << (bits - 1),
                    _ => 0 <= value && value < 1 << bits,
                };
                if fits { Ok(value as u64 & mask) } else { Err(self.beyond(text)) }
            }
        }
    }

    fn beyond(self, text: &str) -> LaunchError {
        LaunchError::new(format_args!("{text} is beyond the range of {}", self.name()))
    }

    /// The bits of the number nearest to `value`; integers cut the fraction off and keep the low bits.
    pub fn bits_of(self, value: f64) -> u64 {
        match self {
            Element::F64 => value.to_bits(),
            Element::F32 => u64::from((value as f32).to_bits()),
            _ => match self.small_float() {
                Some(format) => u64::from(format.encode(value)),
                None => value as i128 as u64 & (u64::MAX >> (64 - 8 * self.size_bytes())),
            },
        }
    }

    /// The number that bits mean; 64-bit integers beyond 2^53 are rounded.
    pub fn number(self, bits: u64) -> f64 {
        match self {
            Element::F64 => f64::from_bits(bits),
            Element::F32 => f64::from(f32::from_bits(bits as u32)),
            _ => match self.small_float() {
                Some(format) => format.decode(bits as u32),
                None => self.integer(bits) as f64,
            },
        }
    }

    /// The integer that bits mean; floats give their bits.
    pub fn integer(self, bits: u64) -> i128 {
        let unused = 64 - 8 * self.size_bytes() as u32;
        match self.class() {
            Class::Signed => i128::from(((bits << unused) as i64) >> unused),
            _ => i128::from(bits),
        }
    }

    /// A number as text: the shortest that gives the same bits again.
    pub fn show(self, bits: u64) -> String {
        match (self, self.class()) {
            (Element::F64, _) => format!("{:?}", f64::from_bits(bits)),
            (_, Class::Float) => format!("{:?}", self.number(bits) as f32),
            _ => self.integer(bits).to_string(),
        }
    }

    /// The bits of element `index` of a buffer's bytes.
    ///
    /// # Panics
    /// Where the buffer is shorter.
    pub fn at(self, bytes: &[u8], index: usize) -> u64 {
        let size = self.size_bytes();
        let mut word = [0; 8];
        word[..size].copy_from_slice(&bytes[index * size..][..size]);
        u64::from_le_bytes(word)
    }

    /// How many representable numbers lie between two; 0 for equal ones (both zeros are), the largest where one is NaN.
    pub fn distance_ulp(self, left: u64, right: u64) -> u64 {
        if self.class() != Class::Float {
            return u64::try_from(self.integer(left).abs_diff(self.integer(right))).unwrap_or(u64::MAX);
        }
        match (self.number(left).is_nan(), self.number(right).is_nan()) {
            (true, true) => return 0,
            (false, false) => {}
            _ => return u64::MAX,
        }
        let sign = 1_u64 << (8 * self.size_bytes() - 1);
        let place = |bits: u64| {
            let magnitude = i128::from(bits & (sign - 1));
            if bits & sign != 0 { -magnitude } else { magnitude }
        };
        u64::try_from(place(left).abs_diff(place(right))).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_enum_and_names_are_unique() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.element as usize, index);
            for name in row.names {
                assert_eq!(Element::named(name), Some(row.element), "{name}");
            }
        }
    }

    #[test]
    fn literals_are_checked_against_the_range() {
        assert_eq!(Element::U8.parse("255"), Ok(255));
        assert_eq!(Element::S8.parse("-128"), Ok(0x80));
        assert_eq!(Element::F32.parse("0.1"), Ok(0x3dcc_cccd));
        assert_eq!(Element::F16.parse("1.5"), Ok(0x3e00));
        assert_eq!(Element::E4m3.parse("-448"), Ok(0xfe));
        assert_eq!(Element::F32.parse("0x7fc00001"), Ok(0x7fc0_0001));
        assert_eq!(Element::F64.parse("-inf"), Ok(f64::NEG_INFINITY.to_bits()));
        assert_eq!(Element::U64.parse("18_446_744_073_709_551_615"), Ok(u64::MAX));
        for (element, text, said) in [
            (Element::U8, "256", "256 is beyond the range of u8"),
            (Element::U32, "-1", "-1 is beyond the range of u32"),
            (Element::F16, "70000", "70000 is beyond the range of f16"),
            (Element::F32, "1e40", "1e40 is beyond the range of f32"),
            (Element::S32, "1.5", "'1.5' is no s32 number"),
            (Element::U16, "0x10000", "0x10000 is beyond the range of u16"),
        ] {
            assert_eq!(element.parse(text).map_err(|error| error.0), Err(said.to_owned()));
        }
    }

    #[test]
    fn distances_count_representable_numbers_across_zero() {
        let f32_bits = |value: f32| u64::from(value.to_bits());
        let distance = |left, right| Element::F32.distance_ulp(f32_bits(left), f32_bits(right));
        assert_eq!(distance(0.0, -0.0), 0);
        assert_eq!(distance(f32::from_bits(1), -f32::from_bits(1)), 2);
        assert_eq!(distance(1.0, 1.0 + f32::EPSILON), 1);
        assert_eq!(distance(f32::NAN, -f32::NAN), 0);
        assert_eq!(distance(f32::NAN, 1.0), u64::MAX);
        assert_eq!(Element::S8.distance_ulp(0x80, 0x7f), 255);
    }
}
