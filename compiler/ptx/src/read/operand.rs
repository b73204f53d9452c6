//! Operands of instructions.

use rustg_base::{Diagnostic, Span};

use super::cursor::{CLASS, DIGIT, IDENTIFIER, shown};
use super::names::{Binding, Names};
use super::{DEPTH_MAX, Read, Reader, Stop};
use crate::ids::{LabelId, OperandRange, RegisterId};
use crate::module::Label;
use crate::operand::{AddressBase, Operand, Part};
use crate::special::SpecialRegister;

/// A label that was used and not yet placed.
pub(super) const UNPLACED: u32 = u32::MAX;

impl<'t> Reader<'t> {
    /// Reads one operand.
    #[inline]
    pub(super) fn operand(&mut self) -> Read<Operand> {
        self.blank();
        let first = self.simple_operand()?;
        self.blank();
        if self.peek() == b'|' {
            return self.pair(first);
        }
        Ok(first)
    }

    #[inline]
    fn simple_operand(&mut self) -> Read<Operand> {
        let byte = self.peek();
        let class = CLASS[byte as usize];
        if class & IDENTIFIER != 0 && class & DIGIT == 0 {
            return self.named_operand();
        }
        match byte {
            b'[' => self.bracket(),
            b'{' => {
                self.at += 1;
                self.elements(b'}').map(Operand::Vector)
            }
            b'!' if matches!(self.peek_at(1), b'%' | b' ' | b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'$') => self.negated(),
            _ => self.immediate(),
        }
    }

    fn pair(&mut self, first: Operand) -> Read<Operand> {
        self.at += 1;
        self.blank();
        let second = self.simple_operand()?;
        let start = self.module.operands.len() as u32;
        self.module.operands.extend([first, second]);
        Ok(Operand::Pair(OperandRange { start, count: 2 }))
    }

    fn negated(&mut self) -> Read<Operand> {
        let start = self.at;
        self.at += 1;
        self.blank();
        match self.named_operand()? {
            Operand::Register(register) => Ok(Operand::Negated(register)),
            Operand::Unresolved => Ok(Operand::Unresolved),
            _ => {
                let span = self.span_from(start);
                self.fail(span, "`!` negates predicate registers only")
            }
        }
    }

    /// Elements up to `close`; the opening bracket has been read.
    pub(super) fn elements(&mut self, close: u8) -> Read<OperandRange> {
        let base = self.stack.len();
        if self.take(close) {
            return Ok(OperandRange { start: self.module.operands.len() as u32, count: 0 });
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            self.depth -= 1;
            let at = self.at as u32;
            return self.fail(Span::new(at, at + 1), format!("operands nest at most {DEPTH_MAX} deep"));
        }
        let mut result = Ok(());
        loop {
            match self.operand() {
                Ok(operand) => self.stack.push(operand),
                Err(Stop) => {
                    result = Err(Stop);
                    break;
                }
            }
            if self.take(b',') {
                continue;
            }
            if !self.take(close) {
                result = self.unexpected(&format!("expected `,` or `{}`", close as char));
            }
            break;
        }
        self.depth -= 1;
        result?;
        self.gather(base)
    }

    /// Moves what was read since `base` into the module's operands.
    fn gather(&mut self, base: usize) -> Read<OperandRange> {
        let start = self.module.operands.len() as u32;
        let Ok(count) = u16::try_from(self.stack.len() - base) else {
            let at = self.at as u32;
            return self.fail(Span::new(at, at + 1), "a list has at most 65535 elements");
        };
        self.module.operands.extend_from_slice(&self.stack[base..]);
        self.stack.truncate(base);
        Ok(OperandRange { start, count })
    }

    /// `[base+offset]`, or `[a, b, …]`.
    fn bracket(&mut self) -> Read<Operand> {
        self.at += 1;
        self.blank();
        let start = self.at;
        let class = CLASS[self.peek() as usize];
        let base = if class & IDENTIFIER != 0 && class & DIGIT == 0 {
            match self.named_operand()? {
                Operand::Register(register) => AddressBase::Register(register),
                Operand::Variable(variable, offset) => {
                    return self.address_end(AddressBase::Variable(variable), offset);
                }
                Operand::Function(function) => AddressBase::Function(function),
                Operand::Integer(value) => return self.address_end(AddressBase::Absolute, value as i32),
                Operand::Unresolved => AddressBase::Absolute,
                Operand::Label(label) => {
                    let name = self.module.labels[label.index()].name;
                    let name = self.module.strings.get(name).to_owned();
                    let span = self.span_from(start);
                    self.forget(label);
                    return self.undeclared(name.as_bytes(), span);
                }
                _ => {
                    let span = self.span_from(start);
                    return self.fail(span, "an address begins with a register, a variable or a number");
                }
            }
        } else if self.peek() == b'{' || self.peek() == b'[' {
            return self.unexpected("expected an address");
        } else {
            let offset = self.offset()?;
            return self.address_end(AddressBase::Absolute, offset);
        };
        self.blank();
        let mut offset = 0;
        if self.peek() == b'+' {
            self.at += 1;
            offset = self.offset()?;
        }
        self.address_end(base, offset)
    }

    #[inline]
    fn address_end(&mut self, base: AddressBase, offset: i32) -> Read<Operand> {
        let address = Operand::Address(base, offset);
        if self.take(b']') {
            if self.peek() == b'.' && self.take_word(".unified") {
                self.module.unified_accesses.push(self.module.instructions.len() as u32);
            }
            return Ok(address);
        }
        if !self.take(b',') {
            return self.unexpected("expected `]`, `,` or `+`");
        }
        let base_of_stack = self.stack.len();
        self.stack.push(match (base, offset) {
            (AddressBase::Register(register), 0) => Operand::Register(register),
            (AddressBase::Variable(variable), offset) => Operand::Variable(variable, offset),
            _ => address,
        });
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            self.depth -= 1;
            let at = self.at as u32;
            return self.fail(Span::new(at, at + 1), format!("operands nest at most {DEPTH_MAX} deep"));
        }
        let mut rest = Ok(());
        loop {
            match self.operand() {
                Ok(operand) => self.stack.push(operand),
                Err(stop) => {
                    rest = Err(stop);
                    break;
                }
            }
            if !self.take(b',') {
                break;
            }
        }
        self.depth -= 1;
        rest?;
        self.expect(b']', "to close this address")?;
        self.gather(base_of_stack).map(Operand::Bracket)
    }

    /// A constant offset in bytes, of 32 bits.
    fn offset(&mut self) -> Read<i32> {
        self.blank();
        let start = self.at;
        let value = self.integer()?.bits as i64;
        match i32::try_from(value) {
            Ok(value) => Ok(value),
            Err(_) if u32::try_from(value).is_ok() => Ok(value as u32 as i32),
            Err(_) => {
                let span = self.span_from(start);
                self.fail(span, "the offset of an address has 32 bits")
            }
        }
    }

    /// An operand that begins with an identifier.
    #[inline]
    fn named_operand(&mut self) -> Read<Operand> {
        if let Some(register) = self.numbered_register() {
            return if self.peek() == b'.' { self.part(register) } else { Ok(Operand::Register(register)) };
        }
        let start = self.at;
        let mut digits_start = start;
        loop {
            let class = CLASS[self.peek() as usize];
            if class & IDENTIFIER == 0 {
                break;
            }
            self.at += 1;
            if class & DIGIT == 0 {
                digits_start = self.at;
            }
        }
        let name = &self.text[start..self.at];
        if !self.names.overlap()
            && let Some(register) = self.names.find_numbered(name, digits_start - start)
        {
            if self.peek() == b'.' {
                return self.part(register);
            }
            return Ok(Operand::Register(register));
        }
        self.other_name(name, digits_start - start, start)
    }

    /// Takes a register such as `%rd12`, whose prefix was looked up before: nearly every name in a body, hence in one pass over its bytes.
    #[inline(always)]
    fn numbered_register(&mut self) -> Option<RegisterId> {
        let name = &self.text[self.at..];
        let mut key = Names::EMPTY_KEY;
        let mut at = 0;
        while at < Names::KEY_BYTES_MAX
            && let Some(&byte) = name.get(at)
            && CLASS[byte as usize] & (IDENTIFIER | DIGIT) == IDENTIFIER
        {
            key = Names::longer_key(key, byte);
            at += 1;
        }
        let digits_start = at;
        let mut number = 0u32;
        while at < digits_start + 9
            && let Some(byte) = name.get(at).filter(|byte| byte.is_ascii_digit())
        {
            number = number * 10 + (byte - b'0') as u32;
            at += 1;
        }
        let is_number = at > digits_start && (name[digits_start] != b'0' || at == digits_start + 1);
        if !is_number || self.names.overlap() || name.get(at).is_some_and(|&b| CLASS[b as usize] & IDENTIFIER != 0) {
            return None;
        }
        let register = self.names.find_cached(key, number)?;
        self.at += at;
        Some(register)
    }

    fn other_name(&mut self, name: &'t [u8], digits_start: usize, start: usize) -> Read<Operand> {
        if let Some(binding) = self.names.find(name) {
            return match binding {
                Binding::Register(register) if self.peek() == b'.' => self.part(register),
                Binding::Register(register) => Ok(Operand::Register(register)),
                Binding::Function(function) => Ok(Operand::Function(function)),
                Binding::Label(label) => Ok(Operand::Label(label)),
                Binding::Targets(targets) => Ok(Operand::Targets(targets)),
                Binding::Prototype(prototype) => Ok(Operand::Prototype(prototype)),
                Binding::Variable(variable) => {
                    if let Some(register) = self.module.variables[variable.index()].register {
                        return Ok(Operand::Register(register));
                    }
                    if self.take(b'+') {
                        let offset = self.offset()?;
                        return Ok(Operand::Variable(variable, offset));
                    }
                    Ok(Operand::Variable(variable, 0))
                }
            };
        }
        let numbered = self.names.find_numbered(name, digits_start);
        if let Some(register) = numbered.or_else(|| self.names.find_odd_numbered(name, digits_start)) {
            return if self.peek() == b'.' { self.part(register) } else { Ok(Operand::Register(register)) };
        }
        if let Some(variable) = self.names.find_numbered_variable(name, digits_start) {
            return Ok(Operand::Variable(variable, 0));
        }
        if name == b"_" {
            return Ok(Operand::Sink);
        }
        if name == b"WARP_SZ" {
            self.at = start;
            return self.immediate();
        }
        if name[0] == b'%' {
            return self.special(name, start);
        }
        // A label that is placed further down.
        let span = self.span_from(start);
        Ok(Operand::Label(self.use_label(name, span)))
    }

    /// The label `name`, which may be placed later.
    pub(super) fn use_label(&mut self, name: &'t [u8], span: Span) -> LabelId {
        let id = LabelId::new(self.module.labels.len());
        let name_id = self.intern(name);
        self.module.labels.push(Label { name: name_id, instruction: UNPLACED, span });
        self.names.bind(name, Binding::Label(id));
        id
    }

    fn special(&mut self, name: &'t [u8], start: usize) -> Read<Operand> {
        let mut end = self.at;
        if self.peek() == b'.' && CLASS[self.peek_at(2) as usize] & IDENTIFIER == 0 {
            end += 2;
        }
        let found = SpecialRegister::find(&self.text[start..end.min(self.text.len())]);
        if let Some(special) = found {
            self.at = end;
            return Ok(Operand::Special(special));
        }
        let span = self.span_from(start);
        self.undeclared(name, span)
    }

    /// Reports a name that nothing declares.
    #[cold]
    pub(super) fn undeclared<T>(&mut self, name: &[u8], span: Span) -> Read<T> {
        let mut diagnostic =
            Diagnostic::error(span, format!("{} is not declared", shown(name))).with_primary("not found");
        if self.gives_hints()
            && let Some(close) = self.names.nearest(name)
        {
            diagnostic = diagnostic.with_help(format!("a name like it is {}", shown(close)));
        }
        self.report(diagnostic);
        Err(Stop)
    }

    /// `.x`, `.b0`, `.h10` behind a register.
    fn part(&mut self, register: RegisterId) -> Read<Operand> {
        let start = self.at;
        let word = self.dotted();
        let digits = |word: &[u8], most: u8| {
            (1..=4).contains(&word.len()).then_some(())?;
            word.iter().try_fold(0u16, |all, &digit| {
                (b'0'..=b'0' + most).contains(&digit).then(|| all << 4 | (digit - b'0') as u16)
            })
        };
        let part = match word {
            b"x" | b"r" => Some(Part::X),
            b"y" | b"g" => Some(Part::Y),
            b"z" | b"b" => Some(Part::Z),
            b"w" | b"a" => Some(Part::W),
            [b'b', rest @ ..] => digits(rest, 7).map(|numbers| Part::Bytes(rest.len() as u8, numbers)),
            [b'h', rest @ ..] => digits(rest, 3).map(|numbers| Part::Halves(rest.len() as u8, numbers)),
            _ => None,
        };
        match part {
            Some(part) => Ok(Operand::Part(register, part)),
            None => {
                let span = self.span_from(start);
                let diagnostic = Diagnostic::error(span, "no such part of a register")
                    .with_help("elements are `.x`, `.y`, `.z`, `.w`; bytes `.b0` to `.b7`; halves `.h0` to `.h3`");
                self.report(diagnostic);
                Err(Stop)
            }
        }
    }
}
