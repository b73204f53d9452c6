//! Heads of kernels and functions.

use rustg_base::{Diagnostic, Span};

use super::cursor::shown;
use super::names::Binding;
use super::{Read, Reader};
use crate::ids::{FunctionId, RegisterId, VariableId};
use crate::module::{Directives, Function, Linkage, Register, RegisterBlock};

impl<'t> Reader<'t> {
    /// A function or kernel, from behind `.func` or `.entry` to its `}` or `;`.
    pub(super) fn function(&mut self, start: usize, linkage: Linkage, is_entry: bool) -> Read<()> {
        let id = FunctionId::new(self.module.functions.len());
        let module = &self.module;
        let registers = module.registers.len() as u32;
        let blocks = module.register_blocks.len() as u32;
        let variables = module.variables.len() as u32;
        let labels = module.labels.len() as u32;
        let locations = module.locations.len() as u32;
        let instructions = module.instructions.len() as u32;
        let empty = self.module.strings.intern("");
        self.module.functions.push(Function {
            name: empty,
            is_entry,
            is_defined: false,
            linkage,
            returns: variables..variables,
            parameters: variables..variables,
            variables: variables..variables,
            directives: Directives::default(),
            registers: registers..registers,
            register_blocks: blocks..blocks,
            instructions: instructions..instructions,
            labels: labels..labels,
            locations: locations..locations,
            name_span: Span::default(),
            span: Span::default(),
        });
        self.function = Some(id);
        self.names.open();
        let head = self.function_head(id);
        let result = match head {
            Ok(name) => self.function_rest(id, name),
            Err(stop) => {
                self.skip_body();
                Err(stop)
            }
        };
        self.names.close(|_, _| {});
        self.function = None;
        let module = &mut self.module;
        let function = &mut module.functions[id.index()];
        function.registers.end = module.registers.len() as u32;
        function.register_blocks.end = module.register_blocks.len() as u32;
        function.variables.end = module.variables.len() as u32;
        function.labels.end = module.labels.len() as u32;
        function.locations.end = module.locations.len() as u32;
        function.instructions.end = module.instructions.len() as u32;
        function.span = Span::new(start as u32, self.at as u32);
        match result {
            Ok((name, span)) => self.register_function(id, name, span),
            Err(stop) => {
                if self.module.functions[id.index()].name == empty {
                    self.module.functions.pop();
                }
                Err(stop)
            }
        }
    }

    fn function_head(&mut self, id: FunctionId) -> Read<(&'t [u8], Span)> {
        let mut returns = self.module.variables.len() as u32..self.module.variables.len() as u32;
        self.blank();
        if self.peek() == b'.' {
            self.head_directives(id)?;
        }
        if self.peek() == b'(' {
            returns = self.optional_parameters()?;
        }
        let (name, span) = self.name("a function's name")?;
        let name_id = self.intern(name);
        // The function's own name is visible inside of it, for recursion.
        let known = match self.names.find(name) {
            Some(Binding::Function(_)) => true,
            _ => false,
        };
        let parameters = self.optional_parameters()?;
        if !known {
            self.names.bind(name, Binding::Function(id));
        }
        let function = &mut self.module.functions[id.index()];
        function.name = name_id;
        function.name_span = span;
        function.returns = returns;
        function.parameters = parameters;
        function.variables.start = self.module.variables.len() as u32;
        self.head_directives(id)?;
        Ok((name, span))
    }

    fn function_rest(&mut self, id: FunctionId, head: (&'t [u8], Span)) -> Read<(&'t [u8], Span)> {
        if self.take(b';') {
            return Ok(head);
        }
        self.expect(b'{', "of a body, or `;`,")?;
        self.module.functions[id.index()].is_defined = true;
        self.body();
        Ok(head)
    }

    /// Skips a body whose head could not be read.
    fn skip_body(&mut self) {
        self.recover_to_body();
        if self.peek() == b'{' {
            let mut open = 0u32;
            while self.at < self.text.len() {
                match self.text[self.at] {
                    b'{' => open += 1,
                    b'}' => {
                        open -= 1;
                        if open == 0 {
                            self.at += 1;
                            return;
                        }
                    }
                    b'"' => self.skip_string(),
                    _ => {}
                }
                self.at += 1;
            }
        }
    }

    fn recover_to_body(&mut self) {
        self.stack.clear();
        while self.at < self.text.len() && !matches!(self.text[self.at], b'{' | b';') {
            self.at += 1;
        }
    }

    fn head_directives(&mut self, id: FunctionId) -> Read<()> {
        loop {
            self.blank();
            if self.peek() != b'.' {
                return Ok(());
            }
            let word = self.dotted();
            self.function_directive(id, word)?;
        }
    }

    /// A directive between a function's parameters and its body.
    pub(super) fn function_directive(&mut self, id: FunctionId, word: &[u8]) -> Read<()> {
        let end = self.at;
        let mut directives = std::mem::take(&mut self.module.functions[id.index()].directives);
        let result = self.read_directive(&mut directives, word, end);
        self.module.functions[id.index()].directives = directives;
        result
    }

    fn read_directive(&mut self, directives: &mut Directives, word: &[u8], end: usize) -> Read<()> {
        match word {
            b"maxnreg" => directives.maxnreg = Some(self.small_integer("a number of registers")?),
            b"maxntid" => directives.maxntid = Some(self.dimensions()?),
            b"reqntid" => directives.reqntid = Some(self.dimensions()?),
            b"minnctapersm" => directives.minnctapersm = Some(self.small_integer("a number of blocks")?),
            b"maxnctapersm" => directives.maxnctapersm = Some(self.small_integer("a number of blocks")?),
            b"explicitcluster" => directives.explicitcluster = true,
            b"reqnctapercluster" => directives.reqnctapercluster = Some(self.dimensions()?),
            b"maxclusterrank" => directives.maxclusterrank = Some(self.small_integer("a number of blocks")?),
            b"blocksareclusters" => directives.blocksareclusters = true,
            b"noreturn" => directives.noreturn = true,
            b"abi_preserve" => directives.abi_preserve = Some(self.small_integer("a number of registers")?),
            b"abi_preserve_control" => {
                directives.abi_preserve_control = Some(self.small_integer("a number of registers")?);
            }
            b"pragma" => {
                self.strings(&mut directives.pragmas)?;
                self.take(b';');
            }
            b"attribute" => {
                self.expect(b'(', "behind `.attribute`")?;
                if !self.take_word(".unified") {
                    return self.unexpected("expected `.unified`");
                }
                directives.unified = Some(self.unified()?);
                self.expect(b')', "to close the attributes")?;
            }
            _ => {
                let span = Span::new((end - word.len() - 1) as u32, end as u32);
                return self
                    .fail(span, format!("`.{}` is not a directive of a function", String::from_utf8_lossy(word)));
            }
        }
        Ok(())
    }

    /// Gives a register parameter its register.
    pub(super) fn parameter_register(&mut self, id: VariableId, function: FunctionId) {
        let entry = &mut self.module.variables[id.index()];
        let base = self.module.functions[function.index()].registers.start as usize;
        let first = RegisterId::new(self.module.registers.len() - base);
        let register = Register { kind: entry.kind, lanes: entry.lanes };
        entry.register = Some(first);
        let (name, span) = (entry.name, entry.span);
        self.module.registers.push(register);
        self.module.register_blocks.push(RegisterBlock { name, first, count: None, register, span });
    }

    /// Makes a function known by its name; joins a declaration with its definition.
    fn register_function(&mut self, id: FunctionId, name: &'t [u8], span: Span) -> Read<()> {
        match self.names.find_here(name) {
            None => {
                self.names.bind(name, Binding::Function(id));
                Ok(())
            }
            Some(Binding::Function(before)) => {
                let Some(new) = self.module.functions.pop() else { return Ok(()) };
                let old = &self.module.functions[before.index()];
                if old.is_defined && new.is_defined {
                    let label = old.name_span;
                    let diagnostic = Diagnostic::error(span, format!("{} is defined twice", shown(name)))
                        .with_label(label, "first defined here");
                    self.report(diagnostic);
                    return Ok(());
                }
                if new.is_defined || !old.is_defined {
                    self.adopt(before, new);
                }
                Ok(())
            }
            Some(_) => {
                self.module.functions.pop();
                self.fail(span, format!("{} is declared twice", shown(name)))
            }
        }
    }

    /// Puts a definition in its declaration's place.
    fn adopt(&mut self, before: FunctionId, new: Function) {
        let moved = FunctionId::new(self.module.functions.len());
        for variable in &mut self.module.variables[new.returns.start as usize..] {
            if variable.function == Some(moved) {
                variable.function = Some(before);
            }
        }
        for list in self.module.target_lists.iter_mut().rev().take_while(|list| list.function == moved) {
            list.function = before;
        }
        for prototype in self.module.prototypes.iter_mut().rev().take_while(|p| p.function == Some(moved)) {
            prototype.function = Some(before);
        }
        self.module.functions[before.index()] = new;
    }
}
