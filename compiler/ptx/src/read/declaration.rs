//! Registers, variables and parameters.

use rustg_base::{Diagnostic, Span, StringId};

use super::cursor::shown;
use super::names::{Binding, Numbered};
use super::{REGISTERS_MAX, Read, Reader};
use crate::ids::{RegisterId, VariableId};
use crate::module::{Linkage, Register, RegisterBlock, Space, Variable};
use crate::table;
use crate::types::Type;

/// Bytes of one variable; ptxas accepts less.
const VARIABLE_BYTES_MAX: u64 = 1 << 40;

/// Variables of all runs (`a<4>`) of a module: a few bytes of text must not take much memory.
const RUN_VARIABLES_MAX: u32 = 1 << 20;

/// What stands before a variable's name.
#[derive(Clone, Copy)]
pub(super) struct Qualifiers {
    pub(super) space: Space,
    pub(super) linkage: Linkage,
    pub(super) kind: Option<Type>,
    pub(super) lanes: u8,
    pub(super) align_bytes: Option<u32>,
    pub(super) pointee: Option<(Space, u32)>,
    pub(super) managed: bool,
    pub(super) unified: Option<(u64, u64)>,
}

impl Qualifiers {
    pub(super) fn new(space: Space, linkage: Linkage) -> Qualifiers {
        Qualifiers {
            space,
            linkage,
            kind: None,
            lanes: 1,
            align_bytes: None,
            pointee: None,
            managed: false,
            unified: None,
        }
    }
}

/// The state space that `word` names in a declaration.
pub(super) fn space_of(word: &[u8]) -> Option<Space> {
    Some(match word {
        b"reg" => Space::Register,
        b"sreg" => Space::Special,
        b"const" => Space::Constant,
        b"global" => Space::Global,
        b"local" => Space::Local,
        b"param" => Space::Parameter,
        b"shared" | b"shared::cta" => Space::Shared,
        b"shared::cluster" => Space::SharedCluster,
        b"tex" => Space::Texture,
        _ => return None,
    })
}

impl<'t> Reader<'t> {
    /// Dotted words between a space and a name: type, vector, alignment, attributes.
    pub(super) fn qualifiers(&mut self, qualifiers: &mut Qualifiers) -> Read<()> {
        loop {
            self.blank();
            let start = self.at;
            // `.const[2]`: the banks of old texts are one space today.
            if self.peek() == b'[' && qualifiers.kind.is_none() && qualifiers.space == Space::Constant {
                self.at += 1;
                self.integer()?;
                self.expect(b']', "behind a bank")?;
                continue;
            }
            if self.peek() != b'.' {
                return Ok(());
            }
            match self.dotted() {
                b"align" => qualifiers.align_bytes = Some(self.alignment()?),
                b"v2" => qualifiers.lanes = 2,
                b"v4" => qualifiers.lanes = 4,
                b"v3" => qualifiers.lanes = 3,
                b"ptr" => self.pointee(qualifiers)?,
                b"attribute" => self.attributes(qualifiers)?,
                word => {
                    let kind = std::str::from_utf8(word).ok().and_then(table::type_of);
                    match kind {
                        Some(kind) if qualifiers.kind.is_none() => qualifiers.kind = Some(kind),
                        _ => {
                            let span = self.span_from(start);
                            return self.fail(span, format!("{} is no part of a declaration", shown(word)));
                        }
                    }
                }
            }
        }
    }

    pub(super) fn alignment(&mut self) -> Read<u32> {
        self.blank();
        let start = self.at;
        let value = self.small_integer("an alignment")?;
        if !value.is_power_of_two() {
            let span = self.span_from(start);
            return self.fail(span, format!("an alignment is a power of two, not {value}"));
        }
        Ok(value)
    }

    /// `.ptr`, then a space and `.align`.
    fn pointee(&mut self, qualifiers: &mut Qualifiers) -> Read<()> {
        let mut pointee = (Space::Generic, 4);
        for word in ["const", "global", "local", "shared"] {
            if self.take_word(&format!(".{word}")) {
                pointee.0 = space_of(word.as_bytes()).unwrap_or(Space::Generic);
            }
        }
        if self.take_word(".align") {
            pointee.1 = self.alignment()?;
        }
        qualifiers.pointee = Some(pointee);
        Ok(())
    }

    /// `(.managed, .unified(a, b))` behind `.attribute`.
    fn attributes(&mut self, qualifiers: &mut Qualifiers) -> Read<()> {
        self.expect(b'(', "behind `.attribute`")?;
        loop {
            if self.take_word(".managed") {
                qualifiers.managed = true;
            } else if self.take_word(".unified") {
                qualifiers.unified = Some(self.unified()?);
            } else {
                return self.unexpected("expected `.managed` or `.unified`");
            }
            if !self.take(b',') {
                return self.expect(b')', "to close the attributes");
            }
        }
    }

    /// `(a, b)` behind `.unified`.
    pub(super) fn unified(&mut self) -> Read<(u64, u64)> {
        self.expect(b'(', "behind `.unified`")?;
        let first = self.integer()?.bits;
        self.expect(b',', "between the two halves of a unified id")?;
        let second = self.integer()?.bits;
        self.expect(b')', "behind a unified id")?;
        Ok((first, second))
    }

    /// A declaration of variables up to its `;`, from the space on.
    pub(super) fn variables(&mut self, space: Space, linkage: Linkage) -> Read<()> {
        let mut qualifiers = Qualifiers::new(space, linkage);
        self.qualifiers(&mut qualifiers)?;
        loop {
            if space == Space::Register {
                self.registers(&qualifiers)?;
            } else {
                self.variable(&qualifiers)?;
            }
            if !self.take(b',') {
                return self.expect(b';', "behind a declaration");
            }
        }
    }

    fn registers(&mut self, qualifiers: &Qualifiers) -> Read<()> {
        let (name, span) = self.name("a register's name")?;
        let Some(kind) = qualifiers.kind else {
            return self.fail(span, format!("{} has no type", shown(name)));
        };
        let Some(function) = self.function else {
            let diagnostic = Diagnostic::error(span, "registers are declared inside of functions only")
                .with_help("PTX has no registers at module scope since version 2.0");
            self.report(diagnostic);
            return Ok(());
        };
        let register = Register { kind, lanes: qualifiers.lanes };
        let count = if self.take(b'<') { Some(self.count()?) } else { None };
        let base = self.module.functions[function.index()].registers.start as usize;
        let first = self.module.registers.len() - base;
        let added = count.unwrap_or(1) as usize;
        if self.module.registers.len() + added > REGISTERS_MAX {
            return self.fail(span, format!("a module has at most {REGISTERS_MAX} registers"));
        }
        self.module.registers.resize(base + first + added, register);
        let first = RegisterId::new(first);
        let name_id = self.intern(name);
        self.module.register_blocks.push(RegisterBlock { name: name_id, first, count, register, span });
        let twice = match count {
            Some(count) => self.names.bind_numbered(name, Numbered { first: first.0, count, variables: false }),
            None => self.names.bind(name, Binding::Register(first)).is_some(),
        };
        if twice {
            return self.fail(span, format!("{} is declared twice in this scope", shown(name)));
        }
        Ok(())
    }

    /// A variable from its name on: dimensions, initialiser.
    pub(super) fn variable(&mut self, qualifiers: &Qualifiers) -> Read<VariableId> {
        let (name, span) = self.name("a variable's name")?;
        let Some(kind) = qualifiers.kind else {
            return self.fail(span, format!("{} has no type", shown(name)));
        };
        if self.peek() == b'<' {
            return self.numbered_variables(name, qualifiers);
        }
        let mut dimensions = Vec::new();
        while self.take(b'[') {
            if self.take(b']') {
                dimensions.push(0);
            } else {
                dimensions.push(self.integer()?.bits);
                self.expect(b']', "behind an array's length")?;
            }
            if dimensions.len() > 16 {
                return self.fail(span, "arrays have at most 16 dimensions here");
            }
        }
        let id = self.add_variable(name, span, kind, dimensions, qualifiers)?;
        if self.take(b'=') {
            self.initialiser(id)?;
        }
        Ok(id)
    }

    /// `.param .b32 a<4>;`: a run of variables.
    fn numbered_variables(&mut self, name: &'t [u8], qualifiers: &Qualifiers) -> Read<VariableId> {
        self.at += 1;
        let start = self.at;
        let count = self.count()?;
        let span = self.span_from(start);
        if count == 0 || count > 1 << 16 {
            return self.fail(span, "a run has from 1 to 65536 variables");
        }
        self.run_variables += count;
        if self.run_variables > RUN_VARIABLES_MAX {
            return self.fail(span, format!("a module has at most {RUN_VARIABLES_MAX} variables in runs"));
        }
        let kind = qualifiers.kind.unwrap_or(Type::B8);
        let first = VariableId::new(self.module.variables.len());
        let prefix = String::from_utf8_lossy(name);
        for number in 0..count {
            let name = self.module.strings.intern(&format!("{prefix}{number}"));
            self.push_variable(name, span, kind, Vec::new(), qualifiers)?;
        }
        if self.names.bind_numbered(name, Numbered { first: first.0, count, variables: true }) {
            return self.fail(span, format!("{} is declared twice in this scope", shown(name)));
        }
        Ok(first)
    }

    /// Adds a variable to the module and binds its name.
    pub(super) fn add_variable(
        &mut self,
        name: &'t [u8],
        span: Span,
        kind: Type,
        dimensions: Vec<u64>,
        qualifiers: &Qualifiers,
    ) -> Read<VariableId> {
        let name_id = self.intern(name);
        let id = self.push_variable(name_id, span, kind, dimensions, qualifiers)?;
        if let Some(Binding::Variable(before)) = self.names.find_here(name)
            && self.function.is_none()
            && self.redeclare(before, id)
        {
            return Ok(before);
        }
        // `_` names the parameters of prototypes, all alike.
        if name != b"_" {
            self.declare(name, Binding::Variable(id), span)?;
        }
        Ok(id)
    }

    fn push_variable(
        &mut self,
        name: StringId,
        span: Span,
        kind: Type,
        dimensions: Vec<u64>,
        qualifiers: &Qualifiers,
    ) -> Read<VariableId> {
        let lanes = if qualifiers.lanes == 3 { 4 } else { qualifiers.lanes };
        let element = kind.size_bytes() as u64 * lanes as u64;
        // A length that is left out counts one here, so that the product of the others is bounded too.
        let size = dimensions.iter().try_fold(element, |size, &count| size.checked_mul(count.max(1)));
        if size.is_none_or(|size| size > VARIABLE_BYTES_MAX) {
            return self.fail(span, "this variable is larger than any memory");
        }
        let size_bytes = dimensions.iter().product::<u64>() * element;
        let id = VariableId::new(self.module.variables.len());
        let initial = self.module.initial_bytes.len() as u32;
        self.module.variables.push(Variable {
            name,
            space: qualifiers.space,
            kind,
            lanes: qualifiers.lanes,
            dimensions,
            size_bytes,
            align_bytes: qualifiers.align_bytes.unwrap_or(element as u32),
            linkage: qualifiers.linkage,
            initial: initial..initial,
            initialised: false,
            pointee: qualifiers.pointee,
            managed: qualifiers.managed,
            unified: qualifiers.unified,
            register: None,
            function: self.function,
            span,
        });
        Ok(id)
    }

    /// A module-scope variable declared again: `.extern` and its definition, in either order, are one entry.
    fn redeclare(&mut self, before: VariableId, id: VariableId) -> bool {
        let (old, new) = (&self.module.variables[before.index()], &self.module.variables[id.index()]);
        let agree = old.space == new.space && old.kind == new.kind;
        if !agree || (old.linkage != Linkage::Extern && new.linkage != Linkage::Extern) {
            return false;
        }
        let defines = old.linkage == Linkage::Extern;
        if let Some(new) = self.module.variables.pop()
            && defines
        {
            self.module.variables[before.index()] = new;
        }
        true
    }
}
