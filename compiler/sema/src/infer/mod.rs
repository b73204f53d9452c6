//! Inference: a type for each expression and pattern of a body, what paths and methods mean, adjustments, closures' captures.

mod call;
mod expr;
mod method;
mod operator;
mod path;
mod pattern;

use std::rc::Rc;

use rustc_hash::FxHashMap;
use rustg_base::{Diagnostic, Span};

use crate::closures::Closure;
use crate::hir::*;
use crate::items::{DefId, DefKind};
use crate::program::Program;
use crate::signatures::{HOLE, Predicate, TypeScope};
use crate::source::FileId;
use crate::traits::{Selection, Solver, VarKind};
use crate::types::{Args, ClosureId, Ty, TyKind, flags, known};

/// What is done to a value before its context sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Adjust {
    /// `*`
    Deref,
    /// `*` by the trait `Deref`: the target's type.
    Overloaded(Ty),
    /// `&` or `&mut`
    Borrow(bool),
    /// A reference to an array becomes one to a slice, or a reference or pointer a pointer of the type.
    To(Ty),
}

/// What inference found.
#[derive(Clone, Debug, Default)]
pub struct Inferred {
    /// By expression, before adjustments.
    pub expr_types: Vec<Ty>,
    /// By pattern, behind the references that were looked through.
    pub pat_types: Vec<Ty>,
    /// By variable.
    pub local_types: Vec<Ty>,
    /// What is done to an expression's value.
    pub adjustments: FxHashMap<ExprId, Vec<Adjust>>,
    /// What a path or method call, or an operator that is a method, means.
    pub callees: FxHashMap<ExprId, (DefId, Args)>,
    /// What a pattern's path means.
    pub pat_paths: FxHashMap<PatId, (DefId, Args)>,
    /// The references that a pattern looks through.
    pub pat_derefs: FxHashMap<PatId, u32>,
    /// Which variables of patterns are references to what they match.
    pub binding_refs: FxHashMap<PatId, Option<bool>>,
    /// The place of a field among its structure's.
    pub field_numbers: FxHashMap<ExprId, u32>,
    /// The constant generic parameters that paths name.
    pub const_params: FxHashMap<ExprId, u32>,
    /// The closures, by their place in the body.
    pub closures: Vec<ClosureId>,
    /// What the body returns.
    pub result: Ty0,
}

/// A type that has a default, for tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ty0(pub Ty);

impl Default for Ty0 {
    fn default() -> Ty0 {
        Ty0(known::ERROR)
    }
}

/// What an expression's context wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expect {
    Nothing,
    /// A hint.
    Has(Ty),
    /// It is cast to that.
    Cast(Ty),
}

impl Expect {
    fn ty(self) -> Option<Ty> {
        match self {
            Expect::Has(ty) => Some(ty),
            _ => None,
        }
    }
}

pub(crate) struct Obligation {
    pub predicate: Predicate,
    pub span: Span,
}

/// Something that waits until types are known.
enum Deferred {
    Cast(ExprId, ExprId, Ty),
    Binary(ExprId, BinaryOp, ExprId, ExprId, Ty, Ty, Ty),
}

struct LoopState {
    id: LoopId,
    /// The type of values that `break` brings; none where none may.
    value: Option<Ty>,
    has_break: bool,
}

pub(crate) struct Infer<'a> {
    pub(crate) solver: Solver<'a>,
    pub(crate) body: Rc<HirBody>,
    owner: DefId,
    file: FileId,
    out: Inferred,
    obligations: Vec<Obligation>,
    deferred: Vec<Deferred>,
    loops: Vec<LoopState>,
    result: Ty,
    diverges: bool,
}

impl Program {
    /// Infers a body.
    pub(crate) fn infer_body(&mut self, owner: DefId, body: Rc<HirBody>) -> Option<Inferred> {
        let before = self.diagnostics.len();
        let file = self.def(owner).file;
        let env = self.predicates_of(owner);
        let (parameters, result) = match self.def(owner).kind {
            DefKind::Fn => {
                let signature = self.signature_of(owner);
                (signature.parameters.clone(), signature.result)
            }
            _ => (Vec::new(), self.item_type(owner)),
        };
        let solver = Solver::new(self, env);
        let mut infer = Infer {
            solver,
            owner,
            file,
            out: Inferred {
                expr_types: vec![known::ERROR; body.exprs.len()],
                pat_types: vec![known::ERROR; body.pats.len()],
                local_types: Vec::new(),
                ..Inferred::default()
            },
            body: body.clone(),
            obligations: Vec::new(),
            deferred: Vec::new(),
            loops: Vec::new(),
            result,
            diverges: false,
        };
        infer.out.local_types = (0..body.locals.len()).map(|_| infer.solver.fresh(VarKind::Any)).collect();
        infer.result = infer.solver.normalize(result);
        let result = infer.result;
        for (pat, ty) in body.parameters.iter().zip(parameters) {
            let ty = infer.solver.normalize(ty);
            infer.check_pat(*pat, ty, None);
        }
        if let Some(value) = body.value {
            infer.check_coerce(value, result);
        }
        let out = infer.finish();
        let is_new_error = self.diagnostics.len() > before;
        (!is_new_error).then_some(out)
    }
}

impl Infer<'_> {
    pub(crate) fn program(&mut self) -> &mut Program {
        self.solver.program
    }

    fn types(&mut self) -> &mut crate::types::Types {
        &mut self.solver.program.types
    }

    fn intern(&mut self, kind: TyKind) -> Ty {
        self.solver.program.types.intern(kind)
    }

    fn lang(&self, name: &str) -> Option<DefId> {
        self.solver.program.lang_item(name)
    }

    fn span(&self, id: ExprId) -> Span {
        self.body.expr(id).span
    }

    fn shown(&mut self, ty: Ty) -> String {
        let ty = self.solver.resolve(ty);
        match self.solver.var_kind(ty) {
            Some(VarKind::Int) => "{integer}".to_owned(),
            Some(VarKind::Float) => "{float}".to_owned(),
            _ => self.solver.program.type_name(ty),
        }
    }

    fn error(&mut self, span: Span, code: &'static str, message: impl Into<String>) {
        let file = self.file;
        self.program().report(file, Diagnostic::error(span, message).with_code(code));
    }

    fn refuse(&mut self, span: Span, what: &str) -> Ty {
        let file = self.file;
        self.program().refuse(file, span, what);
        known::ERROR
    }

    fn mismatch(&mut self, span: Span, expected: Ty, found: Ty) {
        if self.has_error(expected) || self.has_error(found) {
            return;
        }
        let (expected, found) = (self.shown(expected), self.shown(found));
        let file = self.file;
        let error = Diagnostic::error(span, "mismatched types")
            .with_code("E0308")
            .with_primary(format!("expected `{expected}`, found `{found}`"));
        self.program().report(file, error);
    }

    fn has_error(&mut self, ty: Ty) -> bool {
        let ty = self.solver.resolve(ty);
        self.solver.program.is_error(ty)
    }

    // Written types.

    fn scope(&self, module: DefId) -> TypeScope {
        TypeScope { owner: self.owner, module, file: self.file, holes: true, infers: false }
    }

    fn written_type(&mut self, written: Written) -> Ty {
        let scope = self.scope(written.module);
        let ty = self.program().lower_type(&scope, written.node);
        self.fill_holes(ty)
    }

    /// The type with a variable of its own for each hole, and projections normalised.
    fn fill_holes(&mut self, ty: Ty) -> Ty {
        let ty = self.fill_holes_inner(ty);
        self.solver.normalize(ty)
    }

    fn fill_holes_inner(&mut self, ty: Ty) -> Ty {
        if !self.types().has(ty, flags::INFER) {
            return ty;
        }
        match self.types().kind(ty) {
            TyKind::Infer(HOLE) => self.solver.fresh(VarKind::Any),
            TyKind::Infer(_) => ty,
            _ => {
                let mut parts = Vec::new();
                self.types().map_parts(ty, &mut |_, part| {
                    parts.push(part);
                    part
                });
                let parts: Vec<Ty> = parts.into_iter().map(|part| self.fill_holes_inner(part)).collect();
                let mut at = 0;
                self.types().map_parts(ty, &mut |_, _| {
                    at += 1;
                    parts[at - 1]
                })
            }
        }
    }

    // Obligations.

    fn require(&mut self, predicate: Predicate, span: Span) {
        self.obligations.push(Obligation { predicate, span });
    }

    /// Asks for what an item asks of its arguments.
    fn require_predicates(&mut self, id: DefId, args: &[Ty], span: Span) {
        let predicates = self.program().predicates_of(id);
        for predicate in predicates.iter() {
            let predicate = self.program().substitute_predicate(*predicate, args);
            self.require(predicate, span);
        }
    }

    /// Looks at what waits until nothing changes.
    fn process(&mut self) {
        loop {
            let mut changed = self.solver.retry_waiting();
            let open = std::mem::take(&mut self.obligations);
            for obligation in open {
                match self.try_obligation(&obligation) {
                    Some(true) => changed = true,
                    Some(false) => {}
                    None => self.obligations.push(obligation),
                }
            }
            let deferred = std::mem::take(&mut self.deferred);
            for item in deferred {
                match item {
                    Deferred::Binary(id, op, left, right, left_type, right_type, result)
                        if self.solver.var_kind(left_type) != Some(VarKind::Any) =>
                    {
                        let ty = self.binary_of(id, op, left, right, left_type, right_type);
                        if !self.solver.unify(ty, result) {
                            self.mismatch(self.span(id), result, ty);
                        }
                        changed = true;
                    }
                    other => self.deferred.push(other),
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Whether an obligation is done with (true: something was learnt), or nothing while it cannot be told.
    fn try_obligation(&mut self, obligation: &Obligation) -> Option<bool> {
        match obligation.predicate {
            Predicate::Trait(trait_id, args) => match self.solver.select(trait_id, args) {
                Selection::Yes(_) => {
                    self.note_closure_trait(trait_id, args, obligation.span);
                    Some(true)
                }
                Selection::Maybe => None,
                Selection::No => {
                    let list: Vec<Ty> = self.types().list(args).to_vec();
                    if !list.iter().any(|ty| self.has_error(*ty)) {
                        let mut name = self.program().path_of(trait_id);
                        name = name.rsplit("::").next().unwrap_or(&name).to_owned();
                        if list.len() > 1 {
                            let rest: Vec<String> = list[1..].iter().map(|ty| self.shown(*ty)).collect();
                            name = format!("{name}<{}>", rest.join(", "));
                        }
                        let ty = self.shown(list[0]);
                        self.error(
                            obligation.span,
                            "E0277",
                            format!("the trait bound `{ty}: {name}` is not satisfied"),
                        );
                    }
                    Some(false)
                }
            },
            Predicate::Projection(item, args, value) => {
                let ty = self.solver.project(item, args)?;
                let value = self.solver.normalize(value);
                if !self.solver.unify(ty, value) {
                    let name = self.solver.program.strings.get(self.solver.program.def(item).name).to_owned();
                    let (expected, found) = (self.shown(value), self.shown(ty));
                    self.error(
                        obligation.span,
                        "E0271",
                        format!("type mismatch: `{name}` should be `{expected}`, is `{found}`"),
                    );
                }
                Some(true)
            }
        }
    }

    // Coercion.

    /// Checks an expression where a value of type `expected` is wanted.
    fn check_coerce(&mut self, id: ExprId, expected: Ty) -> Ty {
        let found = self.check(id, Expect::Has(expected));
        self.coerce(id, found, expected);
        expected
    }

    /// Makes the value of `id`, of type `found`, one of `expected`; what is needed is noted.
    fn coerce(&mut self, id: ExprId, found: Ty, expected: Ty) {
        if !self.try_coerce(id, found, expected) {
            self.mismatch(self.value_span(id), expected, found);
        }
    }

    /// Where a block's value comes from.
    fn value_span(&self, id: ExprId) -> Span {
        match &self.body.expr(id).kind {
            ExprKind::Block(_, Some(tail), _) => self.value_span(*tail),
            _ => self.span(id),
        }
    }

    fn try_coerce(&mut self, id: ExprId, found: Ty, expected: Ty) -> bool {
        let (found, expected) = (self.solver.shallow(found), self.solver.shallow(expected));
        match (self.solver.kind(found), self.solver.kind(expected)) {
            (TyKind::Never, _) => true,
            (TyKind::Ref(from, from_mutable), TyKind::Ref(to, to_mutable)) if from_mutable || !to_mutable => {
                let saved = self.solver.commit_if(|solver| solver.unify(from, to));
                if saved {
                    if from_mutable {
                        self.adjust(id, &[Adjust::Deref, Adjust::Borrow(to_mutable)]);
                    }
                    return true;
                }
                if let (TyKind::Array(element, _), TyKind::Slice(wanted)) =
                    (self.solver.kind(from), self.solver.kind(to))
                {
                    if self.solver.unify(element, wanted) {
                        if from_mutable {
                            self.adjust(id, &[Adjust::Deref, Adjust::Borrow(to_mutable)]);
                        }
                        self.adjust(id, &[Adjust::To(expected)]);
                        return true;
                    }
                    return false;
                }
                // Through references to references, and `Deref`.
                let mut steps = vec![Adjust::Deref];
                let mut at = from;
                for _ in 0..8 {
                    let Some((next, step)) = self.autoderef(at) else { return false };
                    steps.push(step);
                    at = next;
                    if self.solver.commit_if(|solver| solver.unify(at, to)) {
                        steps.push(Adjust::Borrow(to_mutable));
                        self.adjust(id, &steps);
                        return true;
                    }
                }
                false
            }
            (TyKind::Ref(from, from_mutable), TyKind::Ptr(to, to_mutable)) if from_mutable || !to_mutable => {
                let fits = self.solver.unify(from, to);
                if fits {
                    self.adjust(id, &[Adjust::To(expected)]);
                }
                fits
            }
            (TyKind::Ptr(from, true), TyKind::Ptr(to, false)) => {
                let fits = self.solver.unify(from, to);
                if fits {
                    self.adjust(id, &[Adjust::To(expected)]);
                }
                fits
            }
            _ => self.solver.unify(found, expected),
        }
    }

    fn adjust(&mut self, id: ExprId, steps: &[Adjust]) {
        self.out.adjustments.entry(id).or_default().extend_from_slice(steps);
    }

    /// One step behind a reference or by the trait `Deref`: the type there, and the adjustment that leads to it.
    fn autoderef(&mut self, at: Ty) -> Option<(Ty, Adjust)> {
        let (target, step) = match self.solver.kind(at) {
            TyKind::Ref(target, _) => (target, Adjust::Deref),
            _ => self.overloaded_deref(at).map(|target| (target, Adjust::Overloaded(target)))?,
        };
        Some((self.solver.resolve(target), step))
    }

    /// What `*` of a value gives by the trait `Deref`.
    fn overloaded_deref(&mut self, ty: Ty) -> Option<Ty> {
        let ty = self.solver.resolve(ty);
        if !matches!(self.solver.kind(ty), TyKind::Adt(..) | TyKind::Param(_)) {
            return None;
        }
        let trait_id = self.lang("Deref")?;
        if !self.solver.holds(trait_id, ty) {
            return None;
        }
        let name = self.program().strings.intern("Target");
        let item = self.program().assoc_item(trait_id, name)?;
        let args = self.types().args(&[ty]);
        self.solver.project(item, args)
    }

    // The end.

    fn finish(mut self) -> Inferred {
        self.process();
        // What literals are when nothing says it.
        for round in 0..2 {
            for at in 0..self.out.expr_types.len() {
                let ty = self.out.expr_types[at];
                self.fall_back(ty);
            }
            for at in 0..self.out.local_types.len() {
                let ty = self.out.local_types[at];
                self.fall_back(ty);
            }
            self.process();
            if round == 0 {
                let casts = std::mem::take(&mut self.deferred);
                for item in casts {
                    match item {
                        Deferred::Cast(id, operand, to) => self.check_cast(id, operand, to),
                        other => self.deferred.push(other),
                    }
                }
            }
        }
        if let Some(Deferred::Binary(id, ..)) = self.deferred.first() {
            let span = self.span(*id);
            self.error(span, "E0282", "type annotations needed");
        }
        let has_errors = !self.solver.program.diagnostics.is_empty();
        let open: Vec<(Predicate, Span)> = self.obligations.iter().map(|open| (open.predicate, open.span)).collect();
        for (predicate, span) in open {
            let (Predicate::Trait(_, args) | Predicate::Projection(_, args, _)) = predicate;
            let list: Vec<Ty> = self.types().list(args).to_vec();
            if !has_errors && !list.iter().any(|ty| self.has_error(*ty)) {
                self.error(span, "E0283", "type annotations needed");
            }
        }
        let mut out = std::mem::take(&mut self.out);
        for at in 0..out.local_types.len() {
            let ty = self.solver.resolve(out.local_types[at]);
            if self.types().has(ty, flags::INFER) && self.solver.program.diagnostics.is_empty() {
                let span = self.body.locals[at].span;
                self.error(span, "E0282", "type annotations needed");
            }
            out.local_types[at] = ty;
        }
        for ty in out.expr_types.iter_mut().chain(&mut out.pat_types) {
            *ty = self.solver.resolve(*ty);
        }
        for at in 0..out.expr_types.len() {
            if self.types().has(out.expr_types[at], flags::INFER) && self.solver.program.diagnostics.is_empty() {
                let span = self.body.exprs[at].span;
                self.error(span, "E0282", "type annotations needed");
            }
        }
        for (_, args) in out.callees.values_mut().chain(out.pat_paths.values_mut()) {
            *args = self.solver.resolve_args(*args);
        }
        for steps in out.adjustments.values_mut() {
            for step in steps {
                if let Adjust::To(ty) | Adjust::Overloaded(ty) = step {
                    *ty = self.solver.resolve(*ty);
                }
            }
        }
        out.result = Ty0(self.solver.resolve(self.result));
        for &id in &out.closures {
            let closure = self.solver.program.closures[id.0 as usize].clone();
            let parameters = self.solver.resolve(closure.parameters);
            let result = self.solver.resolve(closure.result);
            let slot = &mut self.solver.program.closures[id.0 as usize];
            (slot.parameters, slot.result) = (parameters, result);
        }
        out
    }

    fn fall_back(&mut self, ty: Ty) {
        let ty = self.solver.resolve(ty);
        match self.solver.var_kind(ty) {
            Some(VarKind::Int) => _ = self.solver.unify(ty, known::I32),
            Some(VarKind::Float) => _ = self.solver.unify(ty, known::F64),
            Some(VarKind::Any) => {}
            None => {
                let mut parts = Vec::new();
                if self.types().has(ty, flags::INFER) {
                    self.types().map_parts(ty, &mut |_, part| {
                        parts.push(part);
                        part
                    });
                }
                parts.into_iter().for_each(|part| self.fall_back(part));
            }
        }
    }

    /// Notes that a closure of this body was asked for one of the traits of calls: what it is, its body tells later.
    fn note_closure_trait(&mut self, trait_id: DefId, args: Args, span: Span) {
        let self_type = self.types().list(args)[0];
        if let TyKind::Closure(id, _) = self.solver.kind(self_type)
            && let Some(kind) = self.solver.program.call_trait_kind(trait_id)
        {
            self.solver.program.closures[id.0 as usize].required.push((kind, span));
        }
    }

    /// Makes the closures' entries, before their bodies are looked at.
    fn closure_entry(&mut self, index: ClosureIndex) -> ClosureId {
        while self.out.closures.len() <= index.index() {
            let id = ClosureId(self.solver.program.closures.len() as u32);
            let at = ClosureIndex(self.out.closures.len() as u32);
            let closure = Closure {
                owner: self.owner,
                index: at,
                span: Span::default(),
                expected: None,
                required: Vec::new(),
                parameters: known::ERROR,
                result: known::ERROR,
                kind: None,
                captures: Vec::new(),
                body: None,
            };
            self.solver.program.closures.push(closure);
            self.out.closures.push(id);
        }
        self.out.closures[index.index()]
    }
}
