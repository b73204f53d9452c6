//! Shared memory: it is declared by statics, never a value of one thread, without content at first, and no more than a block has.

use rustg_base::{Diagnostic, Span};
use rustg_mir::ids::FunctionId;
use rustg_mir::immediate::Space;
use rustg_mir::module::Module;
use rustg_mir::opcode::Opcode;

use crate::items::DefId;
use crate::place::{Body, Const, Operand, Rvalue, StmtKind};
use crate::program::Program;
use crate::source::is_expr;
use crate::types::{Ty, TyKind};

/// What a block has of memory that is declared: PTX ISA, `.shared`; more is dynamic.
pub(crate) const STATIC_SHARED_BYTES_MAX: u64 = 48 * 1024;

impl Program {
    /// A `SharedArray` as a variable would be memory of one thread.
    pub(crate) fn check_shared_values(&mut self, body: &Body) {
        for local in &body.locals {
            if !self.holds_shared(local.ty, 0) {
                continue;
            }
            // The value may be that of the constant itself, on its way into a variable.
            let span = if local.span == Span::default() { self.first_use(body, local.ty) } else { local.span };
            let name = self.shared_name(local.ty);
            let error = Diagnostic::error(span, format!("`{name}` as a value: shared memory is declared by a static"))
                .with_code("G0105")
                .with_primary("a variable is memory of one thread, which no other sees")
                .with_help(format!("declare `static mut NAME: {name} = SharedArray::UNINIT;` and use it in `unsafe`"));
            let file = self.def(body.owner).file;
            return self.report(file, error);
        }
    }

    /// The type as it is declared: an alignment that is not asked for is left out.
    fn shared_name(&self, ty: Ty) -> String {
        let name = self.type_name(ty);
        name.strip_suffix(", 0>").map_or(name.clone(), |name| format!("{name}>"))
    }

    fn first_use(&self, body: &Body, ty: Ty) -> Span {
        let mut stmts = body.blocks.iter().flat_map(|block| &block.stmts);
        let found = stmts.find(|stmt| {
            matches!(&stmt.kind, StmtKind::Assign(_, Rvalue::Use(Operand::Const(Const::Item(_, _, of)))) if *of == ty)
        });
        found.map_or_else(|| self.name_span(body.owner), |stmt| stmt.span)
    }

    fn holds_shared(&self, ty: Ty, depth: u32) -> bool {
        if depth > 8 {
            return false;
        }
        match self.types.kind(ty) {
            TyKind::Adt(id, _) if self.is_lang(id, "SharedArray") => true,
            TyKind::Array(element, _) => self.holds_shared(element, depth + 1),
            TyKind::Tuple(items) => self.types.list(items).iter().any(|ty| self.holds_shared(*ty, depth + 1)),
            _ => false,
        }
    }

    /// Shared memory begins without content: a static of it must say `UNINIT`.
    pub(crate) fn check_shared_static(&mut self, id: DefId) {
        let def = self.def(id).clone();
        let file = self.file(def.file);
        let Some(value) = file.child_where(def.node, is_expr) else { return };
        if file.node_text(value).trim_end().ends_with("UNINIT") {
            return;
        }
        let error = Diagnostic::error(file.span(value), "shared memory has no content when a kernel begins")
            .with_code("G0106")
            .with_help("write `SharedArray::UNINIT`, let the threads fill it, and put `thread::sync_threads()` before the first read");
        self.report(def.file, error);
    }
}

/// The declared shared memory that a kernel reaches: bytes, and the name and size of each piece.
pub(crate) fn shared_bytes(module: &Module, kernel: FunctionId) -> (u64, Vec<(String, u64)>) {
    let (mut open, mut seen) = (vec![kernel], vec![false; module.functions.len()]);
    let mut globals = Vec::new();
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut seen[at.index()], true) {
            continue;
        }
        let function = &module.functions[at.index()];
        for inst in function.blocks().flat_map(|block| function.insts(block)) {
            let inst = function.inst(inst);
            match inst.opcode {
                Opcode::Call => open.push(FunctionId(inst.a)),
                Opcode::GlobalAddress if !globals.contains(&inst.a) => globals.push(inst.a),
                _ => {}
            }
        }
    }
    let pieces: Vec<(String, u64)> = (globals.into_iter())
        .map(|global| &module.globals[global as usize])
        .filter(|global| global.space == Space::Shared)
        .map(|global| (module.strings.get(global.name).to_owned(), global.size_bytes))
        .collect();
    (pieces.iter().map(|(_, size)| size).sum(), pieces)
}
