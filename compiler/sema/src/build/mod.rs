//! Typed bodies → place form.

mod expr;
mod pattern;
mod place;

use std::rc::Rc;

use rustc_hash::FxHashMap;
use rustg_base::Span;

use crate::closures::{CaptureMode, ClosureKind};
use crate::hir::*;
use crate::infer::Inferred;
use crate::items::DefId;
use crate::place::{
    Block, BlockId, Body, Callee, Const, Local as Slot, LocalDecl, Operand, Place, Rvalue, Step, Stmt as PlaceStmt,
    StmtKind, Terminator,
};
use crate::program::Program;
use crate::traits::Solver;
use crate::types::{ClosureId, Ty, TyKind, known};

struct LoopTarget {
    id: LoopId,
    /// Where `break` goes, and where its value does.
    exit: BlockId,
    value: Place,
    /// Where `continue` goes.
    next: BlockId,
}

pub(crate) struct Builder<'a> {
    program: &'a mut Program,
    owner: DefId,
    hir: Rc<HirBody>,
    types: Rc<Inferred>,
    body: Body,
    block: BlockId,
    locals: FxHashMap<LocalId, Slot>,
    /// What the closure captured: where it lies.
    captured: FxHashMap<LocalId, Place>,
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
        let body = self.build(id, &hir, &types);
        if self.diagnostics.len() > before {
            return None;
        }
        let body = Rc::new(body);
        self.check_moves(&body);
        if self.diagnostics.len() > before {
            return None;
        }
        self.bodies.insert(id, Some(body.clone()));
        Some(body)
    }

    fn build(&mut self, id: DefId, hir: &Rc<HirBody>, types: &Rc<Inferred>) -> Body {
        let mut builder = Builder::new(self, id, hir.clone(), types.clone());
        builder.declare(types.result.0, None, true, Span::default());
        let entry = builder.add_block();
        builder.block = entry;
        let parameters: Vec<(PatId, Ty)> =
            hir.parameters.iter().map(|pat| (*pat, builder.pattern_type(*pat))).collect();
        builder.parameters(&parameters);
        if let Some(value) = hir.value {
            builder.expr_into(Place::new(Slot(0)), value);
        }
        builder.end(Terminator::Return);
        let body = builder.body;
        for &closure in &types.closures {
            self.build_closure(closure, hir, types);
        }
        body
    }

    fn build_closure(&mut self, id: ClosureId, hir: &Rc<HirBody>, types: &Rc<Inferred>) {
        let closure = self.closures[id.0 as usize].clone();
        let mut builder = Builder::new(self, closure.owner, hir.clone(), types.clone());
        builder.declare(closure.result, None, true, Span::default());
        let args = builder.program.identity_args(closure.owner);
        let own = builder.program.types.intern(TyKind::Closure(id, args));
        let kind = closure.kind.unwrap_or(ClosureKind::Fn);
        let env_type = match kind {
            ClosureKind::Fn => builder.program.types.reference(own, false),
            ClosureKind::FnMut => builder.program.types.reference(own, true),
            ClosureKind::FnOnce => own,
        };
        let env = builder.declare(env_type, None, kind == ClosureKind::FnOnce, Span::default());
        for (at, capture) in closure.captures.iter().enumerate() {
            let mut place = Place::new(env);
            if kind != ClosureKind::FnOnce {
                place = place.then(Step::Deref);
            }
            place = place.then(Step::Field(at as u32));
            if capture.mode != CaptureMode::Value {
                place = place.then(Step::Deref);
            }
            builder.captured.insert(capture.local, place);
        }
        let entry = builder.add_block();
        builder.block = entry;
        let expr = &hir.closures[closure.index.index()];
        let parameters: Vec<(PatId, Ty)> =
            expr.parameters.iter().map(|(pat, _)| (*pat, builder.pattern_type(*pat))).collect();
        builder.parameters(&parameters);
        builder.body.parameter_count += 1;
        builder.expr_into(Place::new(Slot(0)), expr.body);
        builder.end(Terminator::Return);
        let body = Rc::new(builder.body);
        self.check_moves(&body);
        self.closures[id.0 as usize].body = Some(body);
    }
}

impl<'a> Builder<'a> {
    fn new(program: &'a mut Program, owner: DefId, hir: Rc<HirBody>, types: Rc<Inferred>) -> Builder<'a> {
        Builder {
            program,
            owner,
            hir,
            types,
            body: Body { owner, locals: Vec::new(), parameter_count: 0, blocks: Vec::new() },
            block: BlockId(0),
            locals: FxHashMap::default(),
            captured: FxHashMap::default(),
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
        self.body.locals.push(LocalDecl { ty, name, is_mutable, span });
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
