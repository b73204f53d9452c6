//! Scopes: where variables and temporaries end. Only what is borrowed needs to be told.

use rustg_base::Span;

use crate::hir::*;
use crate::place::{BlockId, Local as Slot, Place, Rvalue, Step, StmtKind};

use super::Builder;

/// What is known of a variable or temporary while its body is built.
pub(super) mod slot_flags {
    /// It, or something within it, is borrowed somewhere.
    pub const BORROWED: u8 = 1;
    /// It lives longer than its statement, or has ended already.
    pub const KEPT: u8 = 2;
}

impl Builder<'_> {
    /// Opens a scope; what is declared from now on ends with it.
    pub(super) fn open_scope(&mut self) {
        self.scopes.push(Vec::new());
    }

    /// Ends the innermost scope.
    pub(super) fn close_scope(&mut self, span: Span) {
        self.end_scopes(self.scopes.len() - 1, span);
        self.scopes.pop();
    }

    /// Says that what the scopes from `depth` on declare has ended; they stay open for the code that follows.
    pub(super) fn end_scopes(&mut self, depth: usize, span: Span) {
        let ended: Vec<Slot> = self.scopes[depth..].iter().flatten().rev().copied().collect();
        let end = Span::new(span.end.saturating_sub(1).max(span.start), span.end);
        for slot in ended {
            self.push(StmtKind::End(slot), end);
        }
    }

    /// The first temporary that is made from now on.
    pub(super) fn mark(&self) -> usize {
        self.body.locals.len()
    }

    /// Ends the borrowed temporaries made since `mark`, those left out that live longer.
    pub(super) fn end_temporaries(&mut self, mark: usize, until: usize, span: Span) {
        for at in mark..until {
            let is_over = self.slots[at] == slot_flags::BORROWED && self.body.locals[at].name.is_none();
            if is_over {
                self.slots[at] |= slot_flags::KEPT;
                self.push(StmtKind::End(Slot(at as u32)), span);
            }
        }
    }

    /// Notes what a statement borrows.
    pub(super) fn note_borrow(&mut self, value: &Rvalue) {
        if let Rvalue::Ref(_, place) = value
            && !place.steps.contains(&Step::Deref)
        {
            self.slots[place.local.0 as usize] |= slot_flags::BORROWED;
        }
    }

    /// Notes the temporaries of an initialiser that live as long as the variable.
    pub(super) fn extend(&mut self, init: ExprId) {
        let depth = self.scopes.len() - 1;
        self.extend_to(init, depth);
    }

    /// Notes that the temporary under a place lives as long as the scope.
    pub(super) fn extend_operand(&mut self, id: ExprId, depth: usize) {
        match &self.hir.clone().expr(id).kind {
            ExprKind::Field(inner, _) | ExprKind::Index(inner, _) => self.extend_operand(*inner, depth),
            ExprKind::Local(_) | ExprKind::Path(_) | ExprKind::Deref(_) => {}
            _ => {
                self.extended.insert(id, depth);
                self.extend_to(id, depth);
            }
        }
    }

    fn extend_to(&mut self, id: ExprId, depth: usize) {
        match &self.hir.clone().expr(id).kind {
            ExprKind::Ref(_, inner) => self.extend_operand(*inner, depth),
            ExprKind::Tuple(items) | ExprKind::Array(items) => {
                items.iter().for_each(|item| self.extend_to(*item, depth));
            }
            ExprKind::Record(_, fields, _) => fields.iter().for_each(|(_, value, _)| self.extend_to(*value, depth)),
            ExprKind::Cast(inner, _) => self.extend_to(*inner, depth),
            ExprKind::Block(_, Some(tail), _) => self.extend_to(*tail, depth),
            ExprKind::If(_, then, Some(otherwise)) => {
                self.extend_to(*then, depth);
                self.extend_to(*otherwise, depth);
            }
            ExprKind::Match(_, arms) => arms.iter().for_each(|arm| self.extend_to(arm.body, depth)),
            ExprKind::Call(callee, arguments) if self.is_constructor(*callee) => {
                arguments.iter().for_each(|argument| self.extend_to(*argument, depth));
            }
            _ => {}
        }
    }

    fn is_constructor(&self, callee: ExprId) -> bool {
        use crate::items::DefKind;
        self.types
            .callees
            .get(&callee)
            .is_some_and(|(def, _)| matches!(self.program.def(*def).kind, DefKind::Struct | DefKind::Variant))
    }

    /// Keeps an extended temporary until its scope ends.
    pub(super) fn keep(&mut self, id: ExprId, place: &Place) {
        if let Some(&depth) = self.extended.get(&id) {
            self.slots[place.local.0 as usize] |= slot_flags::KEPT;
            self.scopes[depth].push(place.local);
        }
    }

    /// Leaves out the ends of what is never borrowed.
    pub(super) fn drop_needless_ends(&mut self) {
        let slots = &self.slots;
        for block in &mut self.body.blocks {
            block.stmts.retain(|stmt| match stmt.kind {
                StmtKind::End(slot) => slots[slot.0 as usize] & slot_flags::BORROWED != 0,
                _ => true,
            });
        }
    }

    /// Ends the temporaries of a condition where it held; in `fail` too, where the edition ends them before `else`.
    pub(super) fn end_condition(&mut self, mark: usize, until: usize, span: Span, fail: BlockId) {
        if self.program.edition < rustg_syntax::Edition::E2024 {
            return;
        }
        let before: Vec<u8> = self.slots[mark..until].to_vec();
        self.end_temporaries(mark, until, span);
        let block = std::mem::replace(&mut self.block, fail);
        self.slots[mark..until].copy_from_slice(&before);
        self.end_temporaries(mark, until, span);
        self.block = block;
    }

    /// Where a statement is.
    pub(super) fn stmt_span(&self, stmt: &Stmt) -> Span {
        match stmt {
            Stmt::Expr(value, _) => self.hir.expr(*value).span,
            Stmt::Let(pat, _, init, _) => init.map_or(self.hir.pat(*pat).span, |init| self.hir.expr(init).span),
        }
    }

    /// Notes the type that a declaration writes, if it names lifetimes.
    pub(super) fn annotate(&mut self, pat: PatId, written: Option<Written>) {
        if let (Some(written), PatKind::Binding(local, None, None)) = (written, &self.hir.clone().pat(pat).kind)
            && let Some(&slot) = self.locals.get(local)
        {
            let file = self.program.file(self.program.def(self.owner).file);
            if file.node_text(written.node).contains('\'') {
                self.body.annotations.push((slot, written));
            }
        }
    }
}
