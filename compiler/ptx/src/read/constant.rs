//! Literals and constant expressions (PTX ISA 4.5), folded while they are read.

use rustg_base::{Diagnostic, Span};

use super::cursor::{CLASS, IDENTIFIER, shown};
use super::{DEPTH_MAX, Read, Reader};
use crate::operand::Operand;

/// A folded integer: 64 bits and whether they are read as `.s64`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Integer {
    pub(super) bits: u64,
    pub(super) signed: bool,
}

#[derive(Clone, Copy)]
enum Number {
    Integer(Integer),
    F32(u32),
    F64(u64),
}

/// Binary operators, weakest first (PTX ISA table 3).
const OPERATORS: &[(&[u8], u8)] = &[
    (b"||", 1),
    (b"&&", 2),
    (b"|", 3),
    (b"^", 4),
    (b"&", 5),
    (b"==", 6),
    (b"!=", 6),
    (b"<=", 7),
    (b">=", 7),
    (b"<<", 8),
    (b">>", 8),
    (b"<", 7),
    (b">", 7),
    (b"+", 9),
    (b"-", 9),
    (b"*", 10),
    (b"/", 10),
    (b"%", 10),
];

impl<'t> Reader<'t> {
    /// An immediate operand: a literal or a constant expression.
    pub(super) fn immediate(&mut self) -> Read<Operand> {
        self.blank();
        // Nearly all immediates are plain decimal numbers.
        let start = self.at;
        let mut value = 0u64;
        while self.peek().is_ascii_digit() && self.at - start < 18 {
            value = value * 10 + (self.peek() - b'0') as u64;
            self.at += 1;
        }
        let plain = self.at > start && (self.text[start] != b'0' || self.at == start + 1);
        if plain && matches!(self.peek(), b',' | b';' | b'}' | b']' | b')') {
            return Ok(Operand::Integer(value));
        }
        self.at = start;
        Ok(match self.expression(0)? {
            Number::Integer(integer) => Operand::Integer(integer.bits),
            Number::F32(bits) => Operand::F32(bits),
            Number::F64(bits) => Operand::F64(bits),
        })
    }

    /// A constant expression that must be an integer.
    pub(super) fn integer(&mut self) -> Read<Integer> {
        self.blank();
        let start = self.at;
        match self.expression(0)? {
            Number::Integer(integer) => Ok(integer),
            _ => {
                let span = self.span_from(start);
                self.fail(span, "expected an integer, found a floating-point number")
            }
        }
    }

    /// A constant expression that must be an integer below 2³².
    pub(super) fn small_integer(&mut self, what: &str) -> Read<u32> {
        self.blank();
        let start = self.at;
        let value = self.integer()?.bits;
        match u32::try_from(value) {
            Ok(value) => Ok(value),
            Err(_) => {
                let span = self.span_from(start);
                self.fail(span, format!("{what} must be from 0 to {}", u32::MAX))
            }
        }
    }

    /// A count in angle brackets, from behind the `<` to behind the `>`.
    pub(super) fn count(&mut self) -> Read<u32> {
        self.blank();
        let start = self.at;
        // Comparisons and shifts are left out: they would take the closing bracket.
        let value = match self.expression(8)? {
            Number::Integer(integer) => u32::try_from(integer.bits).ok(),
            _ => None,
        };
        let span = self.span_from(start);
        self.expect(b'>', "behind a count")?;
        match value {
            Some(value) => Ok(value),
            None => self.fail(span, "a count is an integer from 0 to 4294967295"),
        }
    }

    fn expression(&mut self, weakest: u8) -> Read<Number> {
        self.depth += 1;
        let result = if self.depth > DEPTH_MAX {
            let at = self.at as u32;
            self.fail(Span::new(at, at + 1), format!("expressions nest at most {DEPTH_MAX} deep"))
        } else {
            self.expression_inner(weakest)
        };
        self.depth -= 1;
        result
    }

    fn expression_inner(&mut self, weakest: u8) -> Read<Number> {
        let start = self.at;
        let mut left = self.unary()?;
        loop {
            self.blank();
            let rest = &self.text[self.at..];
            if weakest == 0 && rest.first() == Some(&b'?') {
                self.at += 1;
                let condition = self.as_integer(left, start)?;
                let yes = self.expression(0)?;
                self.expect(b':', "between the two values of `?`")?;
                let no = self.expression(0)?;
                left = if condition.bits != 0 { yes } else { no };
                continue;
            }
            let Some(&(operator, strength)) = OPERATORS.iter().find(|(operator, _)| rest.starts_with(operator)) else {
                return Ok(left);
            };
            // A single `|` separates the two results of one operand, outside of parentheses.
            if strength <= weakest || (operator == b"|" && self.depth == 1) {
                return Ok(left);
            }
            self.at += operator.len();
            let right = self.expression(strength)?;
            let (a, b) = (self.as_integer(left, start)?, self.as_integer(right, start)?);
            let Some(value) = fold(operator, a, b) else {
                let span = self.span_from(start);
                return self.fail(span, "this constant expression divides by zero");
            };
            left = Number::Integer(value);
        }
    }

    fn as_integer(&mut self, number: Number, start: usize) -> Read<Integer> {
        match number {
            Number::Integer(integer) => Ok(integer),
            _ => {
                let span = self.span_from(start);
                self.fail(span, "floating-point numbers cannot stand in an expression")
            }
        }
    }

    fn unary(&mut self) -> Read<Number> {
        self.blank();
        let start = self.at;
        let byte = self.peek();
        match byte {
            b'-' | b'+' | b'~' | b'!' => {
                self.at += 1;
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    let span = self.span_from(start);
                    self.depth -= 1;
                    return self.fail(span, format!("expressions nest at most {DEPTH_MAX} deep"));
                }
                let value = self.unary();
                self.depth -= 1;
                let value = value?;
                let float = match (byte, value) {
                    (b'-', Number::F32(bits)) => Some(Number::F32(bits ^ 1 << 31)),
                    (b'-', Number::F64(bits)) => Some(Number::F64(bits ^ 1 << 63)),
                    (b'+', Number::F32(_) | Number::F64(_)) => Some(value),
                    _ => None,
                };
                if let Some(float) = float {
                    return Ok(float);
                }
                let a = self.as_integer(value, start)?;
                Ok(Number::Integer(match byte {
                    b'-' => Integer { bits: a.bits.wrapping_neg(), signed: a.signed },
                    b'~' => Integer { bits: !a.bits, signed: a.signed },
                    b'!' => Integer { bits: (a.bits == 0) as u64, signed: true },
                    _ => a,
                }))
            }
            b'(' => {
                self.at += 1;
                for (cast, signed) in [(".s64", true), (".u64", false)] {
                    if self.take_word(cast) {
                        self.expect(b')', "behind the type of a cast")?;
                        let value = self.expression(11)?;
                        let bits = self.as_integer(value, start)?.bits;
                        return Ok(Number::Integer(Integer { bits, signed }));
                    }
                }
                let value = self.expression(0)?;
                self.expect(b')', "to close this expression")?;
                Ok(value)
            }
            b'0'..=b'9' => self.number(),
            b'.' if self.peek_at(1).is_ascii_digit() => self.number(),
            b'W' if self.text[start..].starts_with(b"WARP_SZ") && CLASS[self.peek_at(7) as usize] & IDENTIFIER == 0 => {
                self.at += 7;
                Ok(Number::Integer(Integer { bits: 32, signed: true }))
            }
            _ => self.unexpected("expected a number"),
        }
    }

    fn number(&mut self) -> Read<Number> {
        let start = self.at;
        let bits_of = |reader: &mut Self, digits: usize| {
            let text = reader.text.get(start + 2..start + 2 + digits);
            let value = text.filter(|text| text.iter().all(u8::is_ascii_hexdigit)).and_then(|text| {
                let text = std::str::from_utf8(text).ok()?;
                u64::from_str_radix(text, 16).ok()
            });
            reader.at = (start + 2 + digits).min(reader.text.len());
            value
        };
        let value = match (self.peek(), self.peek_at(1)) {
            (b'0', b'f' | b'F') => bits_of(self, 8).map(|bits| Number::F32(bits as u32)),
            (b'0', b'd' | b'D') => bits_of(self, 16).map(Number::F64),
            (b'0', b'x' | b'X') => self.radix(2, 16),
            (b'0', b'b' | b'B') => self.radix(2, 2),
            _ => self.decimal(),
        };
        let ends = CLASS[self.peek() as usize] & IDENTIFIER == 0;
        match value {
            Some(value) if ends => Ok(value),
            _ => {
                while CLASS[self.peek() as usize] & IDENTIFIER != 0 {
                    self.at += 1;
                }
                let span = self.span_from(start);
                let text = shown(&self.text[start..self.at]);
                let help =
                    "integers have up to 64 bits; exact floats are `0f` and 8, or `0d` and 16 hexadecimal digits";
                self.report(Diagnostic::error(span, format!("{text} is not a number")).with_help(help));
                Err(super::Stop)
            }
        }
    }

    /// Digits behind a prefix of `skip` bytes, and the suffix `U`.
    fn radix(&mut self, skip: usize, radix: u32) -> Option<Number> {
        self.at += skip;
        let start = self.at;
        let mut value = 0u64;
        while let Some(digit) = (self.peek() as char).to_digit(radix) {
            value = value.checked_mul(radix as u64)?.checked_add(digit as u64)?;
            self.at += 1;
        }
        (self.at > start).then_some(())?;
        let unsigned = self.peek() == b'U';
        self.at += unsigned as usize;
        Some(Number::Integer(Integer { bits: value, signed: !unsigned && value <= i64::MAX as u64 }))
    }

    fn decimal(&mut self) -> Option<Number> {
        let start = self.at;
        let mut end = start;
        let digit = |at: usize| self.text.get(at).is_some_and(u8::is_ascii_digit);
        while digit(end) {
            end += 1;
        }
        let mut is_float = false;
        if self.text.get(end) == Some(&b'.') {
            is_float = true;
            end += 1;
            while digit(end) {
                end += 1;
            }
        }
        if matches!(self.text.get(end), Some(b'e' | b'E')) {
            let sign = matches!(self.text.get(end + 1), Some(b'+' | b'-')) as usize;
            if digit(end + 1 + sign) {
                is_float = true;
                end += 1 + sign;
                while digit(end) {
                    end += 1;
                }
            }
        }
        if !is_float {
            return self.radix(0, if self.text[start] == b'0' && digit(start + 1) { 8 } else { 10 });
        }
        let text = std::str::from_utf8(&self.text[start..end]).ok()?;
        self.at = end;
        text.parse::<f64>().ok().map(|value| Number::F64(value.to_bits()))
    }
}

fn fold(operator: &[u8], a: Integer, b: Integer) -> Option<Integer> {
    let signed = a.signed && b.signed;
    let (x, y) = (a.bits, b.bits);
    let (sx, sy) = (x as i64, y as i64);
    let truth = |value: bool| Some(Integer { bits: value as u64, signed: true });
    let bits = match operator {
        b"+" => x.wrapping_add(y),
        b"-" => x.wrapping_sub(y),
        b"*" => x.wrapping_mul(y),
        b"/" | b"%" if y == 0 => return None,
        b"/" if signed => sx.wrapping_div(sy) as u64,
        b"%" if signed => sx.wrapping_rem(sy) as u64,
        b"/" => x / y,
        b"%" => x % y,
        b"&" => x & y,
        b"|" => x | y,
        b"^" => x ^ y,
        b"<<" => return Some(Integer { bits: if y < 64 { x << y } else { 0 }, signed: a.signed }),
        b">>" => {
            let bits = match a.signed {
                true => (sx >> y.min(63)) as u64,
                false if y < 64 => x >> y,
                false => 0,
            };
            return Some(Integer { bits, signed: a.signed });
        }
        b"==" => return truth(x == y),
        b"!=" => return truth(x != y),
        b"<" => return truth(if signed { sx < sy } else { x < y }),
        b"<=" => return truth(if signed { sx <= sy } else { x <= y }),
        b">" => return truth(if signed { sx > sy } else { x > y }),
        b">=" => return truth(if signed { sx >= sy } else { x >= y }),
        b"&&" => return truth(x != 0 && y != 0),
        b"||" => return truth(x != 0 || y != 0),
        _ => return None,
    };
    Some(Integer { bits, signed })
}
