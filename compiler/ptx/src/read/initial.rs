//! Initialisers of variables (PTX ISA 5.4.4, 5.4.5): bytes, and the words that hold addresses.

use rustg_base::Span;

use super::cursor::{CLASS, DIGIT, IDENTIFIER, shown};
use super::names::Binding;
use super::{Read, Reader};
use crate::ids::VariableId;
use crate::module::{Relocation, RelocationTarget};
use crate::operand::Operand;
use crate::types::{Type, TypeClass};

/// Initial bytes of a whole module.
const BYTES_MAX: u64 = 1 << 28;

/// The variable that is filled.
struct Filling {
    variable: VariableId,
    kind: Type,
    /// Dimensions, the vector's lanes last.
    dimensions: Vec<u64>,
    /// Where its bytes begin in the module's.
    base: usize,
}

impl<'t> Reader<'t> {
    /// What stands behind the `=` of a variable.
    pub(super) fn initialiser(&mut self, variable: VariableId) -> Read<()> {
        let entry = &self.module.variables[variable.index()];
        let mut dimensions = entry.dimensions.clone();
        if entry.lanes > 1 {
            dimensions.push(entry.lanes as u64);
        }
        let base = self.module.initial_bytes.len();
        let filling = Filling { variable, kind: entry.kind, dimensions, base };
        if entry.kind.class() == TypeClass::Opaque {
            self.blank();
            return self.opaque();
        }
        let count = self.fill(&filling, 0, 0)?;
        let end = self.module.initial_bytes.len() as u32;
        let entry = &mut self.module.variables[variable.index()];
        entry.initial = base as u32..end;
        entry.initialised = true;
        if entry.dimensions.first() == Some(&0) {
            entry.dimensions[0] = count;
            let lanes = if entry.lanes == 3 { 4 } else { entry.lanes as u64 };
            let element = entry.kind.size_bytes() as u64 * lanes;
            entry.size_bytes = entry.dimensions.iter().fold(element, |size, &count| size.saturating_mul(count));
        }
        Ok(())
    }

    /// Fills dimension `level` from byte `offset` on. How many elements were given.
    fn fill(&mut self, filling: &Filling, level: usize, offset: u64) -> Read<u64> {
        self.blank();
        let start = self.at;
        if self.peek() != b'{' {
            if level < filling.dimensions.len() {
                return self.unexpected("expected `{` of an array's values");
            }
            self.value(filling, offset)?;
            return Ok(1);
        }
        if level >= filling.dimensions.len() {
            // `.b32 x = {1}`: braces around a scalar.
            if level > filling.dimensions.len() {
                return self.unexpected("expected a value: there are more braces than dimensions");
            }
            self.at += 1;
            self.value(filling, offset)?;
            self.take(b',');
            self.expect(b'}', "behind the value")?;
            return Ok(1);
        }
        self.at += 1;
        let inner = filling.dimensions[level + 1..].iter().product::<u64>() * filling.kind.size_bytes() as u64;
        let length = filling.dimensions[level];
        // An inner array may also be given flat: `u32 a[2][2] = {1, 2, 3, 4}`.
        let mut flat = 0u64;
        let mut count = 0u64;
        loop {
            if self.take(b'}') {
                break;
            }
            self.blank();
            if self.peek() == b'{' || level + 1 == filling.dimensions.len() {
                self.fill(filling, level + 1, offset + count * inner)?;
                count += 1;
            } else {
                self.value(filling, offset + flat * filling.kind.size_bytes() as u64)?;
                flat += 1;
                count = (flat * filling.kind.size_bytes() as u64).div_ceil(inner.max(1));
            }
            if length != 0 && count > length {
                let span = Span::new(start as u32, start as u32 + 1);
                return self.fail(span, format!("there are more values than the array's length {length}"));
            }
            if !self.take(b',') {
                self.expect(b'}', "or `,` behind a value")?;
                break;
            }
        }
        Ok(count)
    }

    /// One number or address at byte `offset` of the variable.
    fn value(&mut self, filling: &Filling, offset: u64) -> Read<()> {
        self.blank();
        let start = self.at;
        let kind = filling.kind;
        let class = CLASS[self.peek() as usize];
        if class & IDENTIFIER != 0 && class & DIGIT == 0 && !self.text[start..].starts_with(b"WARP_SZ") {
            return self.address(filling, offset, None);
        }
        let value = self.immediate()?;
        self.blank();
        if self.peek() == b'(' {
            let Operand::Integer(mask) = value else { return self.unexpected("expected `,` or `}`") };
            self.at += 1;
            self.address(filling, offset, Some(mask))?;
            return self.expect(b')', "behind a masked address");
        }
        let bits = match (kind, value) {
            (Type::F64, Operand::F32(bits)) => (f32::from_bits(bits) as f64).to_bits(),
            (Type::F64, Operand::F64(bits)) => bits,
            (Type::F64, Operand::Integer(value)) => (value as i64 as f64).to_bits(),
            (Type::F32, Operand::F64(bits)) => (f64::from_bits(bits) as f32).to_bits() as u64,
            (Type::F32, Operand::F32(bits)) => bits as u64,
            (Type::F32, Operand::Integer(value)) => (value as i64 as f32).to_bits() as u64,
            (Type::B32 | Type::B64, Operand::F32(bits)) => bits as u64,
            (Type::B64, Operand::F64(bits)) => bits,
            (_, Operand::Integer(value)) => value,
            _ => {
                let span = self.span_from(start);
                return self.fail(span, format!("a `.{}` cannot start with a floating-point number", kind.text()));
            }
        };
        self.write(filling, offset, bits, start)
    }

    fn write(&mut self, filling: &Filling, offset: u64, bits: u64, start: usize) -> Read<()> {
        let size = filling.kind.size_bytes() as usize;
        let at = filling.base as u64 + offset;
        // Inner arrays are filled up with zeros: how much a text may take is bounded by its size.
        let bytes_max = BYTES_MAX.min((1 << 22) + 1024 * self.text.len() as u64);
        if at + size as u64 > bytes_max {
            let span = self.span_from(start);
            return self.fail(span, format!("initial values take at most {bytes_max} bytes in a module of this size"));
        }
        let at = at as usize;
        let end = self.module.initial_bytes.len().max(at + size);
        self.module.initial_bytes.resize(end, 0);
        let bytes = bits.to_le_bytes();
        let kept = size.min(8);
        self.module.initial_bytes[at..at + kept].copy_from_slice(&bytes[..kept]);
        Ok(())
    }

    /// `name`, `name+8`, `generic(name)+8`.
    fn address(&mut self, filling: &Filling, offset: u64, mask: Option<u64>) -> Read<()> {
        let (mut name, mut span) = self.name("a name")?;
        let mut generic = false;
        self.blank();
        if name == b"generic" && self.peek() == b'(' {
            self.at += 1;
            generic = true;
            (name, span) = self.name("a variable's name")?;
            self.expect(b')', "behind `generic(name`")?;
        }
        self.blank();
        let addend = match self.peek() {
            b'+' | b'-' => self.integer()?.bits as i64,
            _ => 0,
        };
        let target = match self.names.find(name) {
            Some(Binding::Variable(variable)) => RelocationTarget::Variable(variable),
            Some(Binding::Function(function)) => RelocationTarget::Function(function),
            _ => return self.fail(span, format!("{} is not a declared variable or function", shown(name))),
        };
        let size_bytes = filling.kind.size_bytes() as u8;
        if mask.is_none() && size_bytes < 4 {
            let message = format!("an address does not fit into `.{}`", filling.kind.text());
            return self.fail(span, message);
        }
        let variable = filling.variable;
        self.module.relocations.push(Relocation {
            variable,
            offset_bytes: offset,
            size_bytes,
            target,
            addend,
            generic,
            mask,
        });
        self.write(filling, offset, 0, span.start as usize)
    }

    /// `{ key = value, … }` of a sampler or texture: read and dropped, because no unit samples here.
    fn opaque(&mut self) -> Read<()> {
        self.expect(b'{', "of a sampler's fields")?;
        loop {
            self.blank();
            match self.peek() {
                b'}' => {
                    self.at += 1;
                    return Ok(());
                }
                b',' | b'=' => self.at += 1,
                byte if CLASS[byte as usize] & IDENTIFIER != 0 => {
                    while CLASS[self.peek() as usize] & IDENTIFIER != 0 {
                        self.at += 1;
                    }
                }
                _ => return self.unexpected("expected a field of a sampler or texture"),
            }
        }
    }
}
