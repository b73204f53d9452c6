//! Typed bodies → place form.

mod closure;
mod expr;
mod operand;
mod pattern;
mod place;
mod scope;

use std::rc::Rc;

use rustc_hash::FxHashMap;
use rustg_base::Span;

use crate::hir::*;
use crate::infer::Inferred;
use crate::items::{DefId, def_flags};
use crate::place::{
    Block, BlockId, Body, Callee, Const, Local as Slot, LocalDecl, Operand, Place, Rvalue, Stmt as PlaceStmt, StmtKind,
    Terminator,
};
use crate::program::Program;
use crate::traits::Solver;
use crate::types::{Ty, known};

struct LoopTarget {
    id: LoopId,
    /// Where `break` goes, and where its value does.
    exit: BlockId,
    value: Place,
    /// Where `continue` goes.
    next: BlockId,
    /// The scopes that are open around it.
    depth: usize,
}

pub(crate) struct Builder<'a> {
    program: &'a mut Program,
    owner: DefId,
    hir: Rc<HirBody>,
    types: Rc<Inferred>,
    body: Body,
    block: BlockId,
    locals: FxHashMap<LocalId, Slot>,
    /// The closure that is built.
    closure: Option<ClosureIndex>,
    /// Variables of what is around the closure, as long as it is built.
    outer: Vec<(Slot, LocalId)>,
    /// The open scopes: what each declares.
    scopes: Vec<Vec<Slot>>,
    /// By variable: what [`scope::slot_flags`] says.
    slots: Vec<u8>,
    /// The places that the pattern which is bound moved out of.
    pattern_moves: Vec<Place>,
    /// Whether constants that are lent lie in global memory: some outlive the function.
    promotes: bool,
    /// Where the value is that patterns are tested against.
    tested: Span,
    /// Expressions whose temporary lives as long as a scope.
    extended: FxHashMap<ExprId, usize>,
    loops: Vec<LoopTarget>,
    copies: FxHashMap<Ty, bool>,
}

impl Program {
    /// The place form of a function, constant or static, made once; none where it is wrong or has no body.
    pub(crate) fn body_of(&mut self, id: DefId) -> Option<Rc<Body>> {
        if let Some(known) = self.bodies.get(&id) {
            return known.clone();
        }
        self.bodies.insert(id, None);
        let before = self.diagnostics.len();
        let hir = Rc::new(self.lower_body(id)?);
        if self.diagnostics.len() > before {
            return None;
        }
        let types = Rc::new(self.infer_body(id, hir.clone())?);
        let mut body = self.build(id, &hir, &types, false);
        if self.diagnostics.len() > before {
            return None;
        }
        self.check_moves(&body);
        if self.diagnostics.len() > before {
            return None;
        }
        // The library's own bodies are held to this by its tests, not by every user again.
        if self.checks_library || !self.has_flag(id, def_flags::LIBRARY) {
            let order = closure_order(&hir, None);
            let closures: Vec<_> = order.into_iter().filter_map(|at| types.closures.get(at.index()).copied()).collect();
            if self.check_borrows(id, &body, &closures) {
                // A constant that is lent leaves the function: it must lie elsewhere than in the function's own memory.
                body = self.build(id, &hir, &types, true);
            }
            if !self.has_flag(id, def_flags::LIBRARY) {
                for closure in closures {
                    if let Some(body) = self.closures[closure.0 as usize].body.clone() {
                        self.check_shared_values(&body);
                    }
                }
                self.check_shared_values(&body);
            }
            if self.diagnostics.len() > before {
                return None;
            }
        }
        let body = Rc::new(body);
        self.bodies.insert(id, Some(body.clone()));
        Some(body)
    }

    fn build(&mut self, id: DefId, hir: &Rc<HirBody>, types: &Rc<Inferred>, promotes: bool) -> Body {
        for at in closure_order(hir, None) {
            if let Some(&closure) = types.closures.get(at.index()) {
                self.build_closure(closure, hir, types, promotes);
            }
        }
        let mut builder = Builder::new(self, id, hir.clone(), types.clone());
        builder.promotes = promotes;
        builder.declare(types.result.0, None, true, Span::default());
        let entry = builder.add_block();
        builder.block = entry;
        builder.open_scope();
        let parameters: Vec<(PatId, Ty)> =
            hir.parameters.iter().map(|pat| (*pat, builder.pattern_type(*pat))).collect();
        builder.parameters(&parameters);
        if let Some(value) = hir.value {
            builder.expr_into(Place::new(Slot(0)), value);
        }
        let span = hir.value.map_or(Span::default(), |value| hir.expr(value).span);
        builder.close_scope(span);
        builder.end(Terminator::Return);
        builder.drop_needless_ends();
        builder.body
    }
}

/// The closures of a body: before each those within it, and those before it.
fn closure_order(hir: &HirBody, parent: Option<ClosureIndex>) -> Vec<ClosureIndex> {
    let mut order = Vec::new();
    for (at, closure) in hir.closures.iter().enumerate() {
        if closure.parent == parent {
            let index = ClosureIndex(at as u32);
            order.extend(closure_order(hir, Some(index)));
            order.push(index);
        }
    }
    order
}

impl<'a> Builder<'a> {
    fn new(program: &'a mut Program, owner: DefId, hir: Rc<HirBody>, types: Rc<Inferred>) -> Builder<'a> {
        Builder {
            program,
            owner,
            hir,
            types,
            body: Body { owner, locals: Vec::new(), parameter_count: 0, blocks: Vec::new(), annotations: Vec::new() },
            block: BlockId(0),
            locals: FxHashMap::default(),
            closure: None,
            outer: Vec::new(),
            scopes: Vec::new(),
            slots: Vec::new(),
            promotes: false,
            pattern_moves: Vec::new(),
            tested: Span::default(),
            extended: FxHashMap::default(),
            loops: Vec::new(),
            copies: FxHashMap::default(),
        }
    }

    /// The type of what a pattern is matched against, references that it looks through included.
    fn pattern_type(&mut self, pat: PatId) -> Ty {
        // Parameters' types are those of the signature; the pattern's own lies behind the references.
        let ty = self.types.pat_types[pat.index()];
        match self.types.pat_derefs.get(&pat) {
            None => ty,
            Some(&count) => {
                let mut ty = ty;
                for _ in 0..count {
                    ty = self.program.types.reference(ty, false);
                }
                ty
            }
        }
    }

    fn parameters(&mut self, parameters: &[(PatId, Ty)]) {
        let mut slots = Vec::new();
        for (pat, ty) in parameters {
            let span = self.hir.pat(*pat).span;
            let slot = match self.hir.pat(*pat).kind {
                PatKind::Binding(local, None, None) => {
                    let declared = self.hir.locals[local.index()];
                    let slot = self.declare(*ty, Some(declared.name), declared.is_mutable, declared.span);
                    self.locals.insert(local, slot);
                    slot
                }
                _ => self.declare(*ty, None, false, span),
            };
            slots.push(slot);
        }
        self.body.parameter_count = parameters.len() as u32;
        for ((pat, _), slot) in parameters.iter().zip(slots) {
            if !matches!(self.hir.pat(*pat).kind, PatKind::Binding(_, None, None)) {
                self.bind(*pat, Place::new(slot));
            }
        }
    }

    fn declare(&mut self, ty: Ty, name: Option<rustg_base::StringId>, is_mutable: bool, span: Span) -> Slot {
        self.body.locals.push(LocalDecl { ty, name, is_mutable, is_promoted: false, span });
        self.slots.push(0);
        Slot(self.body.locals.len() as u32 - 1)
    }

    fn temp(&mut self, ty: Ty, span: Span) -> Place {
        Place::new(self.declare(ty, None, true, span))
    }

    fn add_block(&mut self) -> BlockId {
        self.body.blocks.push(Block { stmts: Vec::new(), terminator: Terminator::Open });
        BlockId(self.body.blocks.len() as u32 - 1)
    }

    /// Ends the block that is built, unless it has ended.
    fn end(&mut self, terminator: Terminator) {
        let block = &mut self.body.blocks[self.block.0 as usize];
        if block.terminator == Terminator::Open {
            block.terminator = terminator;
        }
    }

    /// Ends the block and goes on in a new one that nothing leads to yet.
    fn end_dead(&mut self, terminator: Terminator) {
        self.end(terminator);
        self.block = self.add_block();
    }

    fn push(&mut self, kind: StmtKind, span: Span) {
        let block = &mut self.body.blocks[self.block.0 as usize];
        if block.terminator == Terminator::Open {
            block.stmts.push(PlaceStmt { kind, span });
        }
    }

    fn assign(&mut self, place: Place, value: Rvalue, span: Span) {
        self.note_borrow(&value);
        self.push(StmtKind::Assign(place, value), span);
    }

    fn call(&mut self, dest: Place, callee: Callee, arguments: Vec<Operand>, span: Span) {
        self.push(StmtKind::Call(dest, callee, arguments), span);
    }

    fn is_copy(&mut self, ty: Ty) -> bool {
        if let Some(&known) = self.copies.get(&ty) {
            return known;
        }
        let env = self.program.predicates_of(self.owner);
        let answer = Solver::new(self.program, env).is_copy(ty);
        self.copies.insert(ty, answer);
        answer
    }

    /// What a place of that type gives where its value is used.
    fn take(&mut self, place: Place, ty: Ty) -> Operand {
        if self.is_copy(ty) { Operand::Copy(place) } else { Operand::Move(place) }
    }

    fn unit(&self) -> Operand {
        Operand::Const(Const::Unit(known::UNIT))
    }

    fn bits(&self, bits: u128, ty: Ty) -> Operand {
        Operand::Const(Const::Bits(bits, ty))
    }
}

/// What the check of patterns asks of a builder.
impl Builder<'_> {
    pub(crate) fn program_mut(&mut self) -> &mut Program {
        self.program
    }

    pub(crate) fn hir_of(&self) -> Rc<HirBody> {
        self.hir.clone()
    }

    pub(crate) fn file_of_owner(&self) -> crate::source::FileId {
        self.program.def(self.owner).file
    }

    pub(crate) fn type_of_pattern(&self, pat: PatId) -> Ty {
        self.types.pat_types[pat.index()]
    }

    pub(crate) fn pattern_span(&self, pat: PatId) -> Span {
        self.hir.pat(pat).span
    }

    pub(crate) fn pattern_def(&self, pat: PatId) -> Option<(DefId, crate::types::Args)> {
        self.types.pat_paths.get(&pat).copied()
    }

    pub(crate) fn value_type(&self, id: ExprId) -> Ty {
        self.types.expr_types[id.index()]
    }

    pub(crate) fn path_constant(&self, id: ExprId) -> Option<(DefId, Ty)> {
        let (def, _) = *self.types.callees.get(&id)?;
        Some((def, self.types.expr_types[id.index()]))
    }
}
