//! Directives of modules and bodies.

use rustg_base::{Diagnostic, Span};

use super::cursor::shown;
use super::declaration::{Qualifiers, space_of};
use super::names::Binding;
use super::{Read, Reader};
use crate::ids::{FunctionId, PrototypeId, TargetListId};
use crate::module::{Linkage, Prototype, Space, Target, TargetList, Version};

/// The newest version whose grammar is known here.
const NEWEST: Version = Version { major: 9, minor: 5 };

fn linkage_of(word: &[u8]) -> Option<Linkage> {
    Some(match word {
        b"extern" => Linkage::Extern,
        b"visible" => Linkage::Visible,
        b"weak" => Linkage::Weak,
        b"common" => Linkage::Common,
        _ => return None,
    })
}

impl<'t> Reader<'t> {
    /// A statement at module scope.
    pub(super) fn module_statement(&mut self) -> Read<()> {
        let start = self.at;
        match self.peek() {
            b'.' => {}
            b';' => {
                self.at += 1;
                return Ok(());
            }
            b'@' => {
                // `@@DWARF …`: debug information of compilers before PTX 2.0, a line each.
                if self.peek_at(1) == b'@' {
                    self.at += memchr::memchr(b'\n', &self.text[start..]).unwrap_or(self.text.len() - start);
                    return Ok(());
                }
                return self.unexpected("expected a directive");
            }
            _ => return self.labelled_or_unexpected(),
        }
        let mut linkage = Linkage::Internal;
        loop {
            let word = self.dotted();
            if let Some(found) = linkage_of(word) {
                linkage = found;
                self.blank();
                continue;
            }
            if let Some(space) = space_of(word) {
                return self.variables(space, linkage);
            }
            return match word {
                b"entry" => self.function(start, linkage, true),
                b"func" => self.function(start, linkage, false),
                b"version" => self.version(start),
                b"target" => self.target(),
                b"address_size" => self.address_size(),
                b"file" => self.file(),
                b"section" => self.section(start),
                b"loc" => self.loc(start),
                b"pragma" => {
                    let mut pragmas = std::mem::take(&mut self.module.pragmas);
                    let result = self.strings(&mut pragmas);
                    self.module.pragmas = pragmas;
                    result?;
                    self.expect(b';', "behind `.pragma`")
                }
                b"alias" => self.alias(),
                b"language" => {
                    self.blank();
                    let language = if self.peek() == b'"' {
                        self.string()?
                    } else {
                        let (name, _) = self.name("a language")?;
                        self.intern(name)
                    };
                    self.module.language = Some(language);
                    self.take(b';');
                    Ok(())
                }
                _ => {
                    let span = self.span_from(start);
                    self.fail(span, format!("`.{}` is not a directive of a module", String::from_utf8_lossy(word)))
                }
            };
        }
    }

    /// `name: .callprototype …;` at module scope.
    fn labelled_or_unexpected(&mut self) -> Read<()> {
        let start = self.at;
        let name = self.identifier();
        let span = self.span_from(start);
        if !name.is_empty() && self.take(b':') && self.take_word(".callprototype") {
            return self.labelled_directive(".callprototype", name, span);
        }
        self.at = start;
        self.unexpected("expected a directive")
    }

    /// A directive inside of a body.
    pub(super) fn body_directive(&mut self) -> Read<()> {
        let start = self.at;
        let mut linkage = Linkage::Internal;
        loop {
            let word = self.dotted();
            if word == b"loc" {
                return self.loc(start);
            }
            if let Some(found) = linkage_of(word) {
                linkage = found;
                self.blank();
                continue;
            }
            if let Some(space) = space_of(word) {
                return self.variables(space, linkage);
            }
            return match word {
                b"file" => self.file(),
                b"pragma" => self.body_pragma(),
                b"section" => self.section(start),
                b"maxnreg" | b"maxntid" | b"reqntid" | b"minnctapersm" | b"maxnctapersm" => {
                    let Some(function) = self.function else { return self.unexpected("expected a statement") };
                    self.function_directive(function, word)?;
                    self.take(b';');
                    Ok(())
                }
                _ => {
                    let span = self.span_from(start);
                    self.fail(
                        span,
                        format!("`.{}` is not a directive of a function's body", String::from_utf8_lossy(word)),
                    )
                }
            };
        }
    }

    fn body_pragma(&mut self) -> Read<()> {
        let mut pragmas = Vec::new();
        self.strings(&mut pragmas)?;
        let instruction = self.module.instructions.len() as u32;
        self.module.statement_pragmas.extend(pragmas.into_iter().map(|pragma| (instruction, pragma)));
        self.expect(b';', "behind `.pragma`")
    }

    /// Strings separated by commas.
    pub(super) fn strings(&mut self, strings: &mut Vec<rustg_base::StringId>) -> Read<()> {
        loop {
            strings.push(self.string()?);
            if !self.take(b',') {
                return Ok(());
            }
        }
    }

    fn version(&mut self, start: usize) -> Read<()> {
        self.blank();
        let at = self.at;
        let major = self.digits();
        let dot = self.peek() == b'.';
        self.at += dot as usize;
        let minor = self.digits();
        let (Some(major), true, Some(minor)) = (major, dot, minor) else {
            self.at = at;
            return self.unexpected("expected a version such as `8.0`");
        };
        let version = Version { major, minor };
        self.module.version = version;
        let span = self.span_from(start);
        if major > NEWEST.major || (major == NEWEST.major && minor > NEWEST.minor) {
            let message = format!("PTX {major}.{minor} is newer than {}.{}", NEWEST.major, NEWEST.minor);
            let mut diagnostic = Diagnostic::error(span, message).with_help(
                "what it adds is kept as unknown; an unknown instruction is an error only when it is executed",
            );
            diagnostic.severity = rustg_base::diagnostic::Severity::Warning;
            self.report(diagnostic);
        } else if major < 1 {
            return self.fail(span, format!("there is no PTX {major}.{minor}"));
        }
        Ok(())
    }

    fn digits(&mut self) -> Option<u16> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        std::str::from_utf8(&self.text[start..self.at]).ok()?.parse().ok()
    }

    fn target(&mut self) -> Read<()> {
        let mut target = Target::default();
        loop {
            let (name, span) = self.name("a target such as `sm_90`")?;
            if let Some(digits) = name.strip_prefix(b"sm_").or_else(|| name.strip_prefix(b"compute_")) {
                let text = std::str::from_utf8(digits).unwrap_or_default();
                let number = text.trim_end_matches(['a', 'f']);
                target.suffix = text[number.len()..].chars().next();
                match number.parse() {
                    Ok(sm) if text.len() - number.len() <= 1 => target.sm = sm,
                    _ => return self.fail(span, format!("{} is not a target", shown(name))),
                }
            } else if name == b"debug" {
                target.debug = true;
            } else {
                let option = self.intern(name);
                target.options.push(option);
            }
            if !self.take(b',') {
                break;
            }
        }
        self.take(b';');
        self.module.target = target;
        Ok(())
    }

    fn address_size(&mut self) -> Read<()> {
        self.blank();
        let start = self.at;
        let bits = self.integer()?.bits;
        if bits != 32 && bits != 64 {
            let span = self.span_from(start);
            return self.fail(span, format!("addresses have 32 or 64 bits, not {bits}"));
        }
        self.take(b';');
        self.module.address_size = bits as u8;
        Ok(())
    }

    /// `.alias alias, function;`
    fn alias(&mut self) -> Read<()> {
        let alias = self.declared_function()?;
        self.expect(b',', "between an alias and its function")?;
        let target = self.declared_function()?;
        self.module.aliases.push((alias, target));
        self.expect(b';', "behind `.alias`")
    }

    pub(super) fn declared_function(&mut self) -> Read<FunctionId> {
        let (name, span) = self.name("a function's name")?;
        match self.names.find(name) {
            Some(Binding::Function(function)) => Ok(function),
            _ => self.undeclared(name, span),
        }
    }

    /// `name: .branchtargets …;` and its kin.
    pub(super) fn labelled_directive(&mut self, word: &str, name: &'t [u8], span: Span) -> Read<()> {
        if word == ".callprototype" {
            return self.prototype(name, span);
        }
        let is_branch = word == ".branchtargets";
        let (mut labels, mut functions) = (Vec::new(), Vec::new());
        loop {
            if is_branch {
                let (label, at) = self.name("a label")?;
                match self.names.find(label) {
                    Some(Binding::Label(label)) => labels.push(label),
                    None => {
                        let label = self.use_label(label, at);
                        labels.push(label);
                    }
                    Some(_) => return self.fail(at, format!("{} is not a label", shown(label))),
                }
            } else {
                functions.push(self.declared_function()?);
            }
            if !self.take(b',') {
                break;
            }
        }
        self.expect(b';', "behind a list of targets")?;
        let Some(function) = self.function else { return self.fail(span, "targets are listed inside of functions") };
        let id = TargetListId::new(self.module.target_lists.len());
        let name_id = self.intern(name);
        self.module.target_lists.push(TargetList { name: name_id, labels, functions, is_branch, function, span });
        self.declare(name, Binding::Targets(id), span)
    }

    /// `name: .callprototype (result) _ (parameters) .noreturn;`
    fn prototype(&mut self, name: &'t [u8], span: Span) -> Read<()> {
        let id = PrototypeId::new(self.module.prototypes.len());
        self.blank();
        self.names.open();
        let returns = self.optional_parameters();
        let returns = match returns {
            Ok(returns) => returns,
            Err(stop) => {
                self.names.close(|_, _| {});
                return Err(stop);
            }
        };
        let result = self.name("`_` in place of a function's name").and_then(|_| self.optional_parameters());
        self.names.close(|_, _| {});
        let parameters = result?;
        let mut prototype = Prototype {
            name: self.intern(name),
            returns,
            parameters,
            noreturn: false,
            abi_preserve: None,
            abi_preserve_control: None,
            function: self.function,
            span,
        };
        loop {
            if self.take_word(".noreturn") {
                prototype.noreturn = true;
            } else if self.take_word(".abi_preserve") {
                prototype.abi_preserve = Some(self.small_integer("a number of registers")?);
            } else if self.take_word(".abi_preserve_control") {
                prototype.abi_preserve_control = Some(self.small_integer("a number of registers")?);
            } else {
                break;
            }
        }
        self.expect(b';', "behind a prototype")?;
        self.module.prototypes.push(prototype);
        self.declare(name, Binding::Prototype(id), span)
    }

    /// A parameter list in parentheses, if one stands here; its range in the module's variables.
    pub(super) fn optional_parameters(&mut self) -> Read<std::ops::Range<u32>> {
        let first = self.module.variables.len() as u32;
        if !self.take(b'(') {
            return Ok(first..first);
        }
        if self.take(b')') {
            return Ok(first..first);
        }
        loop {
            self.parameter()?;
            if !self.take(b',') {
                break;
            }
        }
        self.expect(b')', "to close the parameters")?;
        Ok(first..self.module.variables.len() as u32)
    }

    fn parameter(&mut self) -> Read<()> {
        self.blank();
        let start = self.at;
        let word = self.dotted();
        let space = match space_of(word) {
            Some(space @ (Space::Parameter | Space::Register)) => space,
            _ => {
                let span = self.span_from(start);
                return self.fail(span, "a parameter begins with `.param` or `.reg`");
            }
        };
        let mut qualifiers = Qualifiers::new(space, Linkage::Internal);
        self.qualifiers(&mut qualifiers)?;
        self.blank();
        let is_run = {
            let at = self.at;
            self.identifier();
            self.blank();
            let found = self.peek() == b'<';
            self.at = at;
            found
        };
        if is_run {
            let span = Span::new(self.at as u32, self.at as u32 + 1);
            return self.fail(span, "a parameter has a name of its own");
        }
        let id = self.variable(&qualifiers)?;
        if space == Space::Register
            && let Some(function) = self.function
        {
            self.parameter_register(id, function);
        }
        Ok(())
    }

    /// Checks what a whole text must have.
    pub(super) fn check_head(&mut self) {
        if self.module.version.major == 0 && self.diagnostics.is_empty() {
            let end = self.text.len().min(1) as u32;
            let diagnostic = Diagnostic::error(Span::new(0, end), "a PTX text begins with `.version`")
                .with_help("for example `.version 8.0`, then `.target sm_90` and `.address_size 64`");
            self.report(diagnostic);
        }
    }

    /// Reads `operand` forms of a directive's dimensions: one to three numbers.
    pub(super) fn dimensions(&mut self) -> Read<[u32; 3]> {
        let mut dimensions = [1; 3];
        for (index, dimension) in dimensions.iter_mut().enumerate() {
            if index > 0 && !self.take(b',') {
                break;
            }
            *dimension = self.small_integer("a dimension")?;
        }
        Ok(dimensions)
    }
}
